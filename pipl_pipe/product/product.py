"""Products: libraries of assets, each a packl with a type.

A product wheel's package instantiates its type by name (`PRODUCT = new("geometry", "hero_geo")`)
and holds the references to its assets in `assets.json`.
"""

from __future__ import annotations

import contextlib
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import ClassVar, Dict, Iterator, Mapping, Optional, Tuple, Type, Union

from pipl_pipe.asset import reference, types
from pipl_pipe.asset.reference import ProductAssets
from pipl_pipe.asset.types import Asset
from pipl_pipe.distributions import Extension, package_folder, required_names
from pipl_pipe.errors import (
    AmbiguousExtension,
    BrokenExtension,
    InvalidProduct,
    NotInstalled,
    UnknownAsset,
)
from pipl_pipe.extension import Extensions, Loaded, extensions
from pipl_pipe.names import normalised

GROUP = "pipl_pipe.products"
TYPES_GROUP = "pipl_pipe.product_types"


class Assets(Mapping[str, Asset]):
    """A product's assets by name, also as attributes: `product.assets.model`.

    Looking up raises UnknownAsset (a KeyError).
    """

    def __init__(self, product: str, assets: Dict[str, Asset]) -> None:
        self._product = product
        self._assets = assets

    def __getitem__(self, name: str) -> Asset:
        if name not in self._assets:
            raise UnknownAsset(self._product, name, tuple(sorted(self._assets)))
        return self._assets[name]

    def __getattr__(self, name: str) -> Asset:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self[name]
        except UnknownAsset as fault:
            raise AttributeError(str(fault)) from fault

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._assets))

    def __len__(self) -> int:
        return len(self._assets)


class Product:
    """A product as the packls that depend on it see it. Subclass it to define a type:

        class Geometry(Product):
            "Something to put into a set."

            @property
            def model(self) -> Path:
                return self.asset("model").path

    and register it: `[project.entry-points."pipl_pipe.product_types"] geometry = "…:Geometry"`.
    """

    types_group: ClassVar[str] = TYPES_GROUP

    def __init__(self, package: str, *, type_name: str = "") -> None:
        """`package` is the packl's import name; a type is usually known by its class."""
        self.name = package
        self._type_name = type_name

    def __repr__(self) -> str:
        return f"<{self.type_name} {self.name}>"

    @property
    def distribution(self) -> str:
        """Its name on the index."""
        return normalised(self.name)

    @cached_property
    def type_name(self) -> str:
        """The name that its type is registered by."""
        return self._type_name or _registered_name(type(self))

    @property
    def version(self) -> str:
        """The installed version. Raises NotInstalled."""
        return str(self._installed().version)

    @cached_property
    def folder(self) -> Path:
        """The folder of its package, installed or being edited."""
        return package_folder(self.name)

    @cached_property
    def assets(self) -> Assets:
        """Its assets; none for a packl without `assets.json`. Raises InvalidProduct."""
        content = read_assets(self.name)
        references = content.assets if content is not None else ()
        return Assets(self.name, types.made(self.name, references))

    def asset(self, name: str) -> Asset:
        """Raises UnknownAsset."""
        return self.assets[name]

    def get_dependencies(self, type: Union[str, Type[Product], None] = None) -> Tuple[Product, ...]:
        """The products that its packl requires directly, by name; of one type if given.

        A type is a class or the registered name of one. Raises NotInstalled where its packl is
        not, BrokenExtension for a product that cannot be loaded.
        """
        wanted = required_names(self._installed().requires or ())
        group = extensions(GROUP)
        mine = [group[name] for name in group if group[name].distribution in wanted]
        return tuple(one for one in map(_loaded, mine) if _is_of(one, type))

    def _installed(self) -> metadata.Distribution:
        try:
            return metadata.distribution(self.distribution)
        except metadata.PackageNotFoundError as fault:
            raise NotInstalled(self.name) from fault


def product_types() -> Loaded[Type[Product]]:
    """Name to class of the registered product types."""
    return Loaded(extensions(TYPES_GROUP), extra={}, check=_type_problem)


def new(type_name: str, package: str) -> Product:
    """The product of a package. Raises UnknownExtension, BrokenExtension for its type."""
    return product_types()[type_name](package, type_name=type_name)


def read_assets(package: str) -> Optional[ProductAssets]:
    """The `assets.json` of a package, which is not imported; None where it has none.

    Raises NotInstalled, InvalidProduct.
    """
    path = package_folder(package) / reference.NAME
    try:
        if path.stat().st_size > reference.MAX_BYTES:
            raise InvalidProduct(package, (f"its {reference.NAME} is too large",))
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as fault:
        raise InvalidProduct(package, (f"its {reference.NAME} cannot be read: {fault}",)) from fault
    return reference.parse(text, product=package)


def _loaded(extension: Extension) -> Product:
    found = extension.load()
    if not isinstance(found, Product):
        raise extension.broken("it is not a Product")
    return found


def _is_of(product: Product, wanted: Union[str, Type[Product], None]) -> bool:
    if wanted is None:
        return True
    if isinstance(wanted, str):
        if product.type_name == wanted:
            return True
        types = product_types()
        return wanted in types and isinstance(product, types[wanted])
    return isinstance(product, wanted)


def _registered_name(kind: Type[Product]) -> str:
    """By which name a class, or the nearest one that it inherits from, is registered."""
    group = extensions(kind.types_group)
    bases = (one for one in kind.__mro__ if issubclass(one, Product))
    return next(filter(None, (_name_in(group, one) for one in bases)), kind.__name__)


def _name_in(group: Extensions, kind: Type[Product]) -> str:
    """The name of exactly this class in a group; empty if it is not there."""
    top = kind.__module__.partition(".")[0]
    for name in group:
        with contextlib.suppress(AmbiguousExtension, BrokenExtension):  # then it is another's
            extension = group[name]
            if extension.value.replace(" ", "") == f"{kind.__module__}:{kind.__qualname__}":
                return name
            if extension.package == top and extension.load() is kind:
                return name  # registered where it is re-exported
    return ""


def _type_problem(found: object) -> str:
    is_type = isinstance(found, type) and issubclass(found, Product)
    return "" if is_type else "it is not a subclass of pipl_pipe.product.Product"
