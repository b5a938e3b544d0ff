"""What `process()` is given: where it may write, what it may read, and products to fill."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, List, Sequence, Tuple, Union

from pipl_pipe.asset.reference import name_problems
from pipl_pipe.asset.types import asset_types
from pipl_pipe.errors import BrokenExtension, InvalidProduct, PathError, UnknownExtension
from pipl_pipe.names import normalised
from pipl_pipe.product import make


@dataclass(frozen=True)
class Source:
    """A file or folder that becomes an asset; `type` is an asset type's registered name."""

    name: str
    type: str
    path: Path


@dataclass
class ProductBuilder:
    """A product to be made, filled by `add`. What is wrong with it is said after `process()`."""

    package: str
    type: str
    requires: Tuple[str, ...]
    sources: List[Source] = field(default_factory=list)

    def add(self, name: str, asset_type: str, source: Union[str, Path]) -> None:
        """Make a file or folder an asset of the product.

        It is stored after `process()` has returned, so it must stay as it is until then; its
        basename comes from the asset type.
        """
        self.sources.append(Source(name, asset_type, Path(source)))


@dataclass
class Job:
    """One run of `process()`.

    `scratch` is the only place that may be written; it is empty, the current folder, and gone
    later. `assets` is the workspace's asset view; `version` is the task's, and the products'.
    """

    scratch: Path
    assets: Path
    version: str
    products: List[ProductBuilder] = field(default_factory=list)

    def product(
        self, name: str, type_name: str = "product", *, requires: Sequence[str] = ()
    ) -> ProductBuilder:
        """A product to fill, with the import name `name`.

        `requires` are PEP 508 requirements of the product beyond the packls that declare its
        types, such as other products.
        """
        builder = ProductBuilder(name, type_name, tuple(requires))
        self.products.append(builder)
        return builder


def check(task: str, products: List[ProductBuilder]) -> None:
    """Raises InvalidProduct with every problem of a product, before anything is stored."""
    seen: Dict[str, str] = {normalised(task): "the task itself"}
    for product in products:
        problems = make.problems_of(product.package, product.type, product.requires)
        other = seen.setdefault(normalised(product.package), product.package)
        if [one.package for one in products].count(product.package) > 1:
            problems.append("process() makes it twice")
        elif other != product.package:
            problems.append(f"its name is taken by {other}")
        for source in product.sources:
            found = _source_problems(product.package, source)
            problems += [f"asset {source.name!r}: {one}" for one in found]
        if problems:
            raise InvalidProduct(product.package, tuple(problems))


def _source_problems(product: str, source: Source) -> Tuple[str, ...]:
    """What is wrong with its name, its content, or its type's naming convention."""
    try:
        kind = asset_types()[source.type]
        problems = (*name_problems(source.name), *kind.problems_of(source.path))
        if not problems:
            kind.make_basename(product, source.name, source.path)
        return problems
    except PathError as fault:
        return (str(fault),)
    except (UnknownExtension, BrokenExtension) as fault:
        return (str(fault),)
