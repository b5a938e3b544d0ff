"""Errors of the framework, designed for the person who reads them.

DesignedError                a fault that somebody can act on
└── PipeError                any of the framework's
    ├── BrokenExtension      an entry point that fails to load
    ├── AmbiguousExtension   two distributions provide one name
    ├── UnknownExtension     nobody provides the name
    ├── NotInstalled         a package that is not there
    ├── NoContext            not running inside a workspace
    ├── InvalidContext       what says so cannot be read
    ├── InvalidConfig        a config entry that its service cannot use
    ├── AssetError
    │   ├── AssetMissing     the store does not hold the revision
    │   ├── AssetDamaged     what the store holds is not what was stored
    │   ├── AssetRefused     a file that cannot be an asset
    │   ├── InvalidDigest    a text that names no content
    │   ├── AlgorithmMissing content that cannot be hashed here
    │   ├── StoreFull        no space left while storing
    │   ├── StoreForbidden   the store does not let this account in
    │   │   └── StoreLoginNeeded  the project's server wants a login, or another one
    │   ├── StoreReadOnly    the store cannot be written from this machine
    │   ├── StoreUnreachable the store does not answer
    │   ├── NotInBucket      a remote's bucket has no such key
    │   ├── InvalidBucket    a URL that names no bucket
    │   └── LibraryMissing   what reaches a bucket is not installed here
    ├── ProductError
    │   ├── InvalidProduct   what makes up a product breaks a rule; lists every problem
    │   └── UnknownAsset     a product has no asset of that name
    ├── TaskError
    │   ├── ProcessFailed    `process()` raised
    │   ├── WroteOutside     `process()` wrote outside its scratch folder
    │   ├── ScratchNotEmpty  the scratch folder given holds something
    │   ├── InvalidRelease   the description of the published task cannot be read
    │   ├── NoTask           the workspace has no task
    │   ├── SeveralTasks     the workspace has several
    │   └── UnknownCommand
    └── PacklError
        ├── NotAPackl        no readable pyproject.toml with a [project] table
        └── InvalidPackl     the pyproject.toml breaks a rule; lists every problem
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Callable, ClassVar, Dict, Tuple

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**options: Any) -> Callable[[type], type]:
        return lambda made: made


@dataclass_transform(eq_default=False)
class DesignedError(Exception):
    """A fault with a stable `code`, its values as fields, and a `hint` that is an action.

    What a subclass annotates are its fields, in the order of its arguments, as in a
    dataclass; but making a hundred dataclasses takes 20 ms of each start, and this does not.
    `says` and `hint` are templates over the fields. Instances survive pickling.
    """

    code: ClassVar[str] = "error"
    says: ClassVar[str] = "something went wrong"
    hint: ClassVar[str] = ""
    field_names: ClassVar[Tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        own = cls.__dict__.get("__annotations__")  # noqa: RUF063  # Python 3.9
        if own is None and sys.version_info >= (3, 10):  # 3.14 keeps them elsewhere
            own = cls.__annotations__
        named = (name for name, kind in (own or {}).items() if not str(kind).startswith("ClassVar"))
        cls.field_names = cls.field_names + tuple(named)

    def __init__(self, *args: Any, **named: Any) -> None:
        values = {**dict(zip(self.field_names, args)), **named}
        missing = [name for name in self.field_names if name not in values]
        values.update({name: getattr(type(self), name) for name in missing if hasattr(self, name)})
        if values.keys() != set(self.field_names) or len(args) > len(self.field_names):
            raise TypeError(f"{type(self).__name__} takes {', '.join(self.field_names)}")
        self.__dict__.update(values)
        super().__init__(*(values[name] for name in self.field_names))

    @property
    def fields(self) -> Dict[str, Any]:
        return {name: getattr(self, name) for name in self.field_names}

    @property
    def advice(self) -> str:
        """The hint, with the error's values filled in."""
        return self.hint.format_map(self._texts())

    def __str__(self) -> str:
        return self.says.format_map(self._texts())

    def _texts(self) -> Dict[str, Any]:
        return {
            name: ("; ".join(map(str, value)) or "none") if isinstance(value, tuple) else value
            for name, value in self.fields.items()
        }

    def __reduce__(self) -> Tuple[Any, ...]:
        return type(self), tuple(self.fields.values())


class PipeError(DesignedError):
    """Root of the framework's errors."""

    code: ClassVar[str] = "pipe"


class BrokenExtension(PipeError):
    """An entry point that cannot be loaded; the others still work."""

    group: str
    name: str
    distribution: str
    reason: str
    code = "pipe.broken-extension"
    says = "{name!r} of {distribution} ({group}) cannot be loaded: {reason}"
    hint = "fix or remove {distribution}; everything else keeps working"


class AmbiguousExtension(PipeError):
    """Two distributions provide one name and neither depends on the other."""

    group: str
    name: str
    distributions: Tuple[str, ...]
    code = "pipe.ambiguous-extension"
    says = "{name!r} ({group}) is provided by {distributions}, and neither depends on the other"
    hint = (
        "let one of them depend on the other, or choose in a config packl: "
        'the `choose` config entry {{"{group}": {{"{name}": "<distribution>"}}}}'
    )


class UnknownExtension(PipeError, KeyError):
    """No installed distribution provides the name."""

    group: str
    name: str
    known: Tuple[str, ...]
    code = "pipe.unknown-extension"
    says = "no installed packl provides {name!r} ({group}); there are: {known}"
    hint = "add a dependency on the packl that provides {name!r}"


class NotInstalled(PipeError):
    package: str
    code = "pipe.not-installed"
    says = "{package} is not installed here"
    hint = "run `pipl work sync`, or add a dependency on it"


class NoContext(PipeError):
    """The interpreter does not belong to a workspace."""

    prefix: str
    code = "pipe.no-context"
    says = "{prefix} is not the environment of a workspace"
    hint = "run this inside a workspace: `pipl work shell` or `pipl work run …`"


class InvalidContext(PipeError):
    """The file that says which workspace an environment belongs to cannot be read."""

    path: str
    reason: str
    code = "pipe.invalid-context"
    says = "{path} does not say which workspace this is: {reason}"
    hint = "write it again with `pipl work sync`"


class InvalidConfig(PipeError):
    """A config entry that its service cannot use; lists every problem."""

    name: str
    problems: Tuple[str, ...]
    code = "pipe.invalid-config"
    says = "the config entry {name!r} cannot be used: {problems}"
    hint = "correct it in the config packl that declares it"


class AssetError(PipeError):
    code: ClassVar[str] = "asset"


class AssetMissing(AssetError):
    """The store does not hold this revision."""

    revision: str
    where: str
    asset: str = "of unknown name"
    code = "asset.missing"
    says = "asset {asset} (revision {revision}) is not in the store {where}"
    hint = (
        "fetch it with `pipl asset pull`, ask who runs the store to restore it, or publish the "
        "task that makes it again"
    )


class AssetDamaged(AssetError):
    """The bytes in the store do not have the digest that names them."""

    revision: str
    where: str
    found: str
    code = "asset.damaged"
    says = "revision {revision} is damaged in the store {where}: {found}"
    hint = "mend the store with `pipl asset fsck --repair`, or publish the task again"


class AssetRefused(AssetError):
    """A path that cannot be stored as an asset."""

    path: str
    reason: str
    code = "asset.refused"
    says = "{path} cannot be an asset: {reason}"
    hint = (
        "an asset is a regular file, a folder of regular files, or a frame sequence, which "
        "nobody writes to meanwhile: rename, move or copy what is named"
    )


class InvalidDigest(AssetError):
    """A text that is not `algorithm:hex` of a known algorithm."""

    text: str
    code = "asset.invalid-digest"
    says = "{text!r} is not a digest"
    hint = "a digest is written as blake3: or sha256: and 64 hexadecimal digits"


class AlgorithmMissing(AssetError):
    """Content whose digest cannot be computed in this interpreter."""

    algorithm: str
    code = "asset.algorithm-missing"
    says = "digests by {algorithm} cannot be computed here: its package is not installed"
    hint = "install the package {algorithm} in this environment, or run this with `pipl asset`"


class StoreFull(AssetError):
    """No space left while storing; nothing half-written remains."""

    where: str
    code = "asset.store-full"
    says = "no space left while storing in {where}; nothing was stored"
    hint = "free space there and run the command again"


class StoreReadOnly(AssetError):
    """A store that this machine can only read from."""

    where: str
    code = "asset.store-read-only"
    says = "assets can only be read from {where}, not stored"
    hint = "run this as a user who may write there; what tasks make is stored by publishing them"


class StoreUnreachable(AssetError):
    """The store, or the server in front of it, does not answer."""

    where: str
    reason: str
    code = "asset.store-unreachable"
    says = "the asset store {where} cannot be reached: {reason}"
    hint = "check that the project's server runs and the store is mounted, then run this again"


class StoreForbidden(AssetError):
    """The store answers, but does not let this account do it."""

    where: str
    reason: str
    code = "asset.store-forbidden"
    says = "the asset store {where} does not let this account in: {reason}"
    hint = "check the credentials in the environment, or ask who runs the store for access"


class StoreLoginNeeded(StoreForbidden):
    """The project's server refuses whoever asks; also where a login has expired."""

    code = "asset.store-login-needed"
    says = "the project's server {where} refuses: {reason}"
    hint = "log in with `pipl login USER`, or ask who runs the project for access"


class NotInBucket(AssetError):
    """A bucket holds nothing under this key."""

    key: str
    where: str
    code = "asset.not-in-bucket"
    says = "{where} holds nothing under the key {key}"
    hint = "push the asset again from a store that holds it"


class InvalidBucket(AssetError):
    """A URL that cannot be a place of assets."""

    url: str
    reason: str
    code = "asset.invalid-bucket"
    says = "{url} is no place for assets: {reason}"
    hint = "write a folder, s3://, gs://, az://, sftp:// or https://; logins come from elsewhere"


class LibraryMissing(AssetError):
    """A remote that only an optional library can reach."""

    library: str
    where: str
    code = "asset.library-missing"
    says = "{library} is not installed here, so {where} cannot be reached"
    hint = "install {library}, or run `pipl work sync`"


class ProductError(PipeError):
    code: ClassVar[str] = "product"


class InvalidProduct(ProductError):
    product: str
    problems: Tuple[str, ...]
    code = "product.invalid"
    says = "product {product} cannot be made: {problems}"
    hint = "correct what the task's process() gives for this product"


class UnknownAsset(ProductError, KeyError):
    product: str
    name: str
    known: Tuple[str, ...]
    code = "product.unknown-asset"
    says = "{product} has no asset {name!r}; it has: {known}"
    hint = "choose one of these, or update {product}"


class TaskError(PipeError):
    code: ClassVar[str] = "task"


class ProcessFailed(TaskError):
    task: str
    reason: str
    code = "task.process-failed"
    says = "process() of {task} failed: {reason}"
    hint = "read the log above, fix the task, bump its version and publish it again"


class WroteOutside(TaskError):
    """`process()` touched files outside its scratch folder."""

    task: str
    paths: Tuple[str, ...]
    code = "task.wrote-outside"
    says = "process() of {task} wrote outside its scratch folder: {paths}"
    hint = "write below the `scratch` folder that process() is given"


class ScratchNotEmpty(TaskError):
    """Leftovers of another run would be taken for this one's."""

    path: str
    code = "task.scratch-not-empty"
    says = "the scratch folder {path} is not empty"
    hint = "give process() a new folder"


class InvalidRelease(TaskError):
    """What describes the published task is not its description."""

    path: str
    reason: str
    code = "task.invalid-release"
    says = "{path} does not describe a published task: {reason}"
    hint = "write name, version, sha256 and lock as JSON"


class NoTask(TaskError):
    code = "task.none"
    says = "no task is installed here"
    hint = "create one with `pipl packl create --template task NAME`, or `create_task PACKL TYPE`"


class SeveralTasks(TaskError):
    tasks: Tuple[str, ...]
    code = "task.several"
    says = "there are several tasks here: {tasks}"
    hint = "choose one: `task --task NAME COMMAND`"


class UnknownCommand(TaskError):
    task: str
    command: str
    known: Tuple[str, ...]
    code = "task.unknown-command"
    says = "{task} has no command {command!r}; it has: {known}"
    hint = "run `task` alone to list the commands"


class PacklError(PipeError):
    code: ClassVar[str] = "packl"


class NotAPackl(PacklError):
    path: str
    reason: str
    code = "packl.not-a-packl"
    says = "{path} is not a packl: {reason}"
    hint = "create one with `pipl packl create NAME`"


class InvalidPackl(PacklError):
    path: str
    problems: Tuple[str, ...]
    code = "packl.invalid"
    says = "{path} is not a valid packl: {problems}"
    hint = "correct its pyproject.toml"
