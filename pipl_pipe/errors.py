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
    ├── NotOnThisMachine an application that a packl stands for is not installed here
    ├── EnvConflict      two env sets want one variable to be different things
    ├── PathError
    │   ├── InvalidKey       a key of templates that cannot be
    │   ├── InvalidTemplate  a definition that cannot be; says at which column
    │   ├── InvalidCatalog   a file or config entry of templates; lists every problem
    │   ├── UnknownTemplate  the catalog has no template of that name
    │   ├── PathMismatch     a path that the template cannot have made
    │   ├── AmbiguousPath    a path that the template can have made in two ways
    │   ├── UndecidedPath    a path that could be read in too many ways to try
    │   ├── SeveralTemplates a path that several templates can have made
    │   ├── PathTooLong      longer than any file system or path may be
    │   ├── PathOutside      a path below none of the roots
    │   ├── NoRoot           a platform that the template has no root for
    │   ├── NamesOnly        a template of names asked for paths on the disk
    │   ├── InvalidValue     a value that its key does not take
    │   ├── MissingFields    keys without a value
    │   ├── NoTemplate       a path that none of the templates can have made
    │   ├── NoConfiguration  a path, name or search term that no path_partout.conf answers to
    │   ├── SeveralConfigurations  one that several answer to
    │   ├── InvalidRoots     the variable PATH_PARTOUT_ROOTS cannot be read
    │   └── NotOnThisSystem  files looked for, or folders to be made, on another system's volume
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
    ├── EditorError
    │   ├── NoEditor         nothing here opens such a file
    │   ├── SeveralEditors   several do, and nobody has decided
    │   ├── EditorUnavailable  an editor whose program or package is not there
    │   ├── EnvSetMissing    an editor without the env set that it needs
    │   ├── NothingToEdit    a task without a file that an editor opens
    │   ├── UnknownFile      neither a file of the task nor an asset that it uses
    │   └── SeveralFiles     several are meant
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


class NotOnThisMachine(PipeError):
    code = "env.not_on_this_machine"
    says = "{name} {version} is not installed on this machine; looked at: {looked}"
    hint = "install it, or set {variable} to the folder that it is in"
    name: str
    version: str
    looked: str
    variable: str


class EnvConflict(PipeError):
    code = "env.conflict"
    says = (
        "{first} wants {name} to be {first_value}, {second} wants {second_value}, "
        "and neither depends on the other"
    )
    hint = "choose one in the workspace: pipl work env --choose {name}={first}"
    name: str
    first: str
    first_value: str
    second: str
    second_value: str


class PathError(PipeError):
    code: ClassVar[str] = "path"


class InvalidKey(PathError):
    """A key of templates whose definition breaks a rule."""

    key: str
    problem: str
    code = "path.invalid-key"
    says = "the key {key!r} cannot be used: {problem}"
    hint = "correct it where the keys are defined"


class InvalidTemplate(PathError):
    """A definition that breaks a rule; `column` is 0-based."""

    template: str
    definition: str
    column: int
    problem: str
    code = "path.invalid-template"
    says = "the template {template!r} cannot be used: {problem} (column {column} of {definition!r})"
    hint = "correct its definition, then look at it with `pipl path check`"


class InvalidCatalog(PathError):
    """Templates that cannot be loaded; each problem says where: `file:line:column: what`."""

    catalog: str
    problems: Tuple[str, ...]
    code = "path.invalid-catalog"
    says = "the templates of {catalog} cannot be used: {problems}"
    hint = "correct them, then look at them with `pipl path check`"


class UnknownTemplate(PathError, KeyError):
    template: str
    known: Tuple[str, ...]
    code = "path.unknown-template"
    says = "there is no template {template!r}; there are: {known}"
    hint = "choose one of these, or add a dependency on the packl that has it"


class PathMismatch(PathError):
    """A text that the template cannot have made; `column` (0-based) is where it stops fitting."""

    template: str
    text: str
    column: int
    code = "path.mismatch"
    says = "{text!r} does not fit the template {template!r} from column {column} on"
    hint = "find the template that it fits with `pipl path parse`"


class AmbiguousPath(PathError):
    """A text that the template can have made in two ways, and the keys' types do not decide."""

    template: str
    text: str
    first: Dict[str, Any]
    second: Dict[str, Any]
    code = "path.ambiguous"
    says = "{text!r} fits the template {template!r} as {first} and as {second}"
    hint = "narrow the keys with choices, filter_by or length; `pipl path check` shows where"


class UndecidedPath(PathError):
    """A text with so many ways to read it that they were not all tried."""

    template: str
    text: str
    code = "path.undecided"
    says = "{text!r} could be read by the template {template!r} in too many ways to try them"
    hint = "separate its keys by characters that their values do not have"


class SeveralTemplates(PathError):
    """A text that several templates of a catalog can have made."""

    text: str
    templates: Tuple[str, ...]
    code = "path.several-templates"
    says = "{text!r} fits several templates: {templates}"
    hint = "name the template, or tell them apart: `pipl path check` shows which overlap"


class PathTooLong(PathError):
    """`limit` counts bytes of one file name, or characters of a whole path."""

    text: str
    length: int
    limit: int
    code = "path.too-long"
    says = "{text!r}… has a length of {length}, more than {limit}"
    hint = "shorten the values that make it up"


class PathOutside(PathError):
    """A path that lies below none of the roots."""

    path: str
    roots: Tuple[str, ...]
    code = "path.outside"
    says = "{path!r} lies below none of the roots: {roots}"
    hint = "give a path below one of them, or add its root to the catalog"


class NoRoot(PathError):
    """A template has no root on the platform asked for."""

    template: str
    platform: str
    known: Tuple[str, ...]
    code = "path.no-root"
    says = "the template {template!r} has no root for {platform!r}; there are: {known}"
    hint = "add the platform to the roots of its catalog"


class NamesOnly(PathError):
    """A template of names, of which there are none on the disk."""

    template: str
    code = "path.names-only"
    says = "the template {template!r} makes names, which are not on the disk"
    hint = "name one whose definition is a path; `pipl path check` shows them"


class InvalidValue(PathError):
    """A value that its key does not take."""

    key: str
    value: str
    reason: str
    code = "path.invalid-value"
    says = "the key {key!r} cannot be {value}: {reason}"
    hint = "give a value that the key's definition allows"


class MissingFields(PathError):
    """Keys that the template needs and that have neither value nor default."""

    template: str
    keys: Tuple[str, ...]
    code = "path.missing-fields"
    says = "the template {template!r} lacks values for: {keys}"
    hint = "give a value for each of them"


class NoTemplate(PathError):
    """A path that none of the templates can have made."""

    path: str
    count: int
    code = "path.no-template"
    says = "{path!r} fits none of the {count} templates"
    hint = "see where it stops fitting: `pipl path parse PATH --template NAME`"


class NoConfiguration(PathError):
    """No path_partout.conf is found for a path, a name or a search term."""

    wanted: str
    searched: Tuple[str, ...]
    code = "path.no-configuration"
    says = "no path_partout.conf is found for {wanted}; searched: {searched}"
    hint = (
        "put one into the folder or above it, or one with a fitting scope into a folder of "
        "PATH_PARTOUT_CONF_FOLDERS"
    )


class SeveralConfigurations(PathError):
    """Two files of configuration folders answer equally well."""

    wanted: str
    files: Tuple[str, ...]
    code = "path.several-configurations"
    says = "several configuration files answer equally to {wanted}: {files}"
    hint = "narrow the scopes of one of them, or give it another name or search term"


class InvalidRoots(PathError):
    text: str
    reason: str
    code = "path.invalid-roots"
    says = "PATH_PARTOUT_ROOTS={text!r} cannot be read: {reason}"
    hint = "write it as label=folder&label=folder, each a full path"


class NotOnThisSystem(PathError):
    """A volume that this system has no path for, where files are looked for or made."""

    path: str
    code = "path.not-on-this-system"
    says = "{path} is no path on this system"
    hint = "name the volume by {{{{root:Label}}}} and set PATH_PARTOUT_ROOTS on each system"


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


class EditorError(PipeError):
    code: ClassVar[str] = "editor"


class NoEditor(EditorError):
    """`passed_over` says of those that could open it why they cannot be started."""

    file: str
    passed_over: Tuple[str, ...]
    code = "editor.none"
    says = "no editor of this workspace opens {file} (passed over: {passed_over})"
    hint = (
        "add a packl with such an editor to the task's `edit` extra: "
        "`pipl packl add NAME --extra edit`; or take any one with `task edit --editor NAME`"
    )


class SeveralEditors(EditorError):
    file: str
    editors: Tuple[str, ...]
    code = "editor.several"
    says = "several editors open {file}: {editors}"
    hint = (
        "choose one with `task edit --editor NAME`, or for all in the config entry `editors`, "
        "a table of file extension to editor"
    )


class EditorUnavailable(EditorError):
    editor: str
    distribution: str
    reason: str
    code = "editor.unavailable"
    says = "the editor {editor} of {distribution} cannot be started: {reason}"
    hint = "install it on this machine, or choose another with `task edit --editor NAME`"


class EnvSetMissing(EditorError):
    editor: str
    env_set: str
    code = "editor.env-set-missing"
    says = "the editor {editor} needs the env set {env_set}, which no packl here declares"
    hint = "add the packl that declares it to the task's `edit` extra"


class NothingToEdit(EditorError):
    task: str
    folder: str
    code = "editor.nothing-to-edit"
    says = "{task} has no file that an editor of this workspace opens, below {folder}"
    hint = "make one there, or name a file or an asset: `task edit PATH`"


class UnknownFile(EditorError):
    task: str
    name: str
    known: Tuple[str, ...]
    code = "editor.unknown-file"
    says = "{name!r} is neither a file of {task} nor an asset that it uses; there are: {known}"
    hint = "give one of these, or a path"


class SeveralFiles(EditorError):
    name: str
    files: Tuple[str, ...]
    code = "editor.several-files"
    says = "{name} may mean several files: {files}"
    hint = "name one of them: `task edit PATH`"


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
