"""Asset types: what kind of file, folder or frame sequence an asset is, and how it is named.

A pipeline's packl declares its own, by entry point:

    [project.entry-points."pipl_pipe.asset_types"]
    UsdCrate = "show_pipe.assets:UsdCrate"

or, for a type that only one's own code uses, by the `registered` decorator on import.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Dict, Iterable, List, Tuple, Type, TypeVar

from pipl_pipe import context, registry
from pipl_pipe.asset.facts.bounds import Facts
from pipl_pipe.asset.facts.sequence import FRAME
from pipl_pipe.asset.reference import Reference
from pipl_pipe.errors import BrokenExtension
from pipl_pipe.extension import Loaded, extensions

GROUP = "pipl_pipe.asset_types"
_registered: Dict[str, Type[Asset]] = {}
T = TypeVar("T", bound="Type[Asset]")


class Asset:
    """An asset of a product. Subclass it to define a type:

        class UsdCrate(Asset):
            "One layer of USD, binary."
            extension = "usdc"

    `shape` is "file", "folder" or "sequence" (a flat folder of numbered frames). `naming` is
    the naming convention: a template over `{product}`, `{name}`, `{extension}` and `{source}`,
    or `@template` for one in the `path` service; empty, it is name and extension. Override
    `problems_of` to refuse what is not right, and `facts_of` for what people want to know. A
    type whose large, uncompressed files are saved again and again with small edits, such as
    `.blend`, `.usdc`, `.abc` and `.vdb`, sets `chunked`: remotes are then sent only the parts
    of a file that changed (docs/decisions/0010-content-defined-chunks.md says for which files
    that pays).
    """

    shape: ClassVar[str] = "file"
    extension: ClassVar[str] = ""
    naming: ClassVar[str] = ""
    chunked: ClassVar[bool] = False

    def __init__(self, product: str, reference: Reference) -> None:
        """`product` is the product's import name."""
        self.product = product
        self.reference = reference

    @classmethod
    def make_basename(cls, product: str, name: str, source: Path) -> str:
        """How a new asset's file or folder is called, by `naming`; published ones keep their names.

        `source` is what it is made from. Override it for what no template can say. Raises
        InvalidTemplate, UnknownTemplate, MissingFields, InvalidValue, PathTooLong.
        """
        from pipl_pipe.asset import naming  # most processes name no asset

        fields = {"product": product, "name": name, "extension": cls.extension}
        return naming.made(cls._naming(), {**fields, "source": source.name})

    @classmethod
    def read_basename(cls, basename: str) -> Dict[str, str]:
        """The fields that `naming` made a basename of, such as `{"name": "model", …}`.

        Raises InvalidTemplate, UnknownTemplate, PathMismatch, AmbiguousPath.
        """
        from pipl_pipe.asset import naming

        return naming.read(cls._naming(), basename, cls.extension)

    @classmethod
    def _naming(cls) -> str:
        return cls.naming or ("{name}.{extension}" if cls.extension else "{name}")

    @classmethod
    def problems_of(cls, source: Path) -> Tuple[str, ...]:
        """Why a source cannot become an asset of this type; empty if it can.

        Called before it is stored. An override adds to what this one finds.
        """
        if not source.exists():
            return (f"{source} does not exist",)
        if cls.shape == "file":
            return () if source.is_file() else (f"{source} is not a file",)
        if not source.is_dir():
            return (f"{source} is not a folder",)
        names = sorted(path.name for path in source.iterdir())
        return _sequence_problems(source, names) if cls.shape == "sequence" else ()

    @classmethod
    def facts_of(cls, source: Path) -> Facts:
        """What people want to know of a source, recorded once when it is stored.

        Names are lower case with `_`; values texts, numbers, truth values and lists of these;
        at most 64, of 4,000 bytes together as JSON. They must follow from the content alone.
        By default what OpenImageIO and usd-core tell of a file, by its extension, and the
        frames of a sequence; nothing where these are not installed. An override may add to
        what this one finds.
        """
        from pipl_pipe.asset.facts import reading  # starting to record, not to read, may take long

        return reading.facts_of(source, cls.shape)

    @property
    def name(self) -> str:
        return self.reference.name

    @property
    def basename(self) -> str:
        return self.reference.basename

    @property
    def revision(self) -> str:
        """The digest that names its content, such as `sha256:…`."""
        return self.reference.revision

    @property
    def size(self) -> int:
        """Of all its files, in bytes."""
        return self.reference.size

    @property
    def facts(self) -> Facts:
        """What was recorded when it was stored, such as `resolution`; may be empty."""
        return self.reference.facts

    @property
    def path(self) -> Path:
        """Where this very version is, for reading. Raises AssetMissing, AssetDamaged."""
        path: Path = registry.get("asset_store").path(self.product, self.reference)
        return path

    @property
    def view_path(self) -> Path:
        """Where it is in the workspace's asset view, with no version in the path."""
        return context.current().assets / self.product / self.basename

    def __repr__(self) -> str:
        return f"<{self.reference.type} {self.product}/{self.name} {self.revision[:19]}>"


class File(Asset):
    """Any file; it keeps its name."""

    naming = "{source}"


class Folder(Asset):
    """Any folder of files."""

    shape = "folder"


class Sequence(Asset):
    """Numbered frames in one flat folder, such as `beauty.1001.exr`."""

    shape = "sequence"


def registered(asset_type: T) -> T:
    """Class decorator: makes the type known under its class name once it is imported.

    An entry point of the same name wins.
    """
    _registered[asset_type.__name__] = asset_type
    return asset_type


def asset_types() -> Loaded[Type[Asset]]:
    """Name to class, loaded when looked up. Raises UnknownExtension, BrokenExtension."""
    return Loaded(extensions(GROUP), extra=_registered, check=_checked)


def made(product: str, references: Iterable[Reference]) -> Dict[str, Asset]:
    """Assets by name. One whose type is missing or broken is a plain Asset: it can be copied."""
    types = asset_types()
    assets: Dict[str, Asset] = {}
    for reference in references:
        try:
            kind = types.get(reference.type, Asset)
        except BrokenExtension:
            kind = Asset
        assets[reference.name] = kind(product, reference)
    return assets


def _checked(found: object) -> str:
    is_type = isinstance(found, type) and issubclass(found, Asset)
    return "" if is_type else "it is not a subclass of pipl_pipe.asset.Asset"


def _sequence_problems(folder: Path, names: List[str]) -> Tuple[str, ...]:
    if not names:
        return (f"{folder} holds no frames",)
    found = {name: FRAME.fullmatch(name) for name in names}
    stray = [name for name, match in found.items() if match is None]
    if stray:
        return tuple(f"{folder / name} is not a numbered frame" for name in stray[:10])
    kinds = sorted({f"{match['head']}#{match['tail']}" for match in found.values() if match})
    if len(kinds) > 1:
        return (f"{folder} holds several sequences: {', '.join(kinds[:10])}",)
    return ()
