"""From a product's parts to its wheel: a package that instantiates the type, and references.

The wheel holds nothing of when and where it was made: processing the same release again gives
the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import keyword
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Mapping, Tuple

from pipl_pipe import __version__
from pipl_pipe.asset import reference
from pipl_pipe.asset.disk import files
from pipl_pipe.asset.reference import ProductAssets, Reference
from pipl_pipe.asset.types import asset_types
from pipl_pipe.errors import InvalidProduct
from pipl_pipe.names import normalised
from pipl_pipe.product import provenance
from pipl_pipe.product.product import GROUP, product_types
from pipl_pipe.product.provenance import FRAMEWORK, Item, Provenance, TaskRelease, Tool
from pipl_pipe.product.wheel import Metadata, wheel_name, write_wheel

ASSETS_GROUP = "pipl_pipe.assets"
_PACKAGE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_INIT = '''"""The {type} {package}, made by the task {task}."""

from pipl_pipe.product import new

PRODUCT = new({type!r}, {package!r})
'''


@dataclass(frozen=True)
class Release(TaskRelease):
    """The published task that makes a product, and the packages of its lock."""

    tools: Tuple[Tool, ...] = ()


@dataclass(frozen=True)
class ProductSpec:
    """A product to be made; its version is the release's. `requires` are PEP 508.

    `inputs` are the assets that its task could read.
    """

    package: str
    type: str
    requires: Tuple[str, ...]
    assets: Tuple[Reference, ...]
    inputs: Tuple[Item, ...] = ()


@dataclass(frozen=True)
class Made:
    """A product wheel."""

    package: str
    distribution: str
    version: str
    type: str
    wheel: Path
    sha256: str
    assets: Tuple[Reference, ...]


def make(spec: ProductSpec, release: Release, out: Path) -> Made:
    """Write the product's wheel into the folder `out`.

    Raises InvalidProduct with every problem, StoreFull.
    """
    problems = [
        *problems_of(spec.package, spec.type, spec.requires),
        *reference.problems_of(list(spec.assets)),
    ]
    if problems:
        raise InvalidProduct(spec.package, tuple(problems))
    package, distribution = spec.package, normalised(spec.package)
    path = out / wheel_name(distribution, release.version)
    content = reference.render(
        ProductAssets(package, spec.type, release.version, spec.assets)
    ).encode("utf-8")
    init = _INIT.format(type=spec.type, package=package, task=release.name)
    kind = {"format": "pipl-packl/1", "kind": "product", "type": spec.type}
    with files.storing(out):
        sha256 = write_wheel(
            path,
            name=distribution,
            version=release.version,
            files={
                f"{package}/__init__.py": init.encode("utf-8"),
                f"{package}/{reference.NAME}": content,
            },
            metadata=Metadata(
                summary=f"The {spec.type} {package}, made by the task {release.name}",
                requires=_requires(spec),
                requires_python=">=3.9",
            ),
            entry_points={
                GROUP: {package: f"{package}:PRODUCT"},
                ASSETS_GROUP: {
                    f"{package}.{one.name}": f"{package}:PRODUCT.assets.{one.name}"
                    for one in spec.assets
                },
            },
            dist_info={
                provenance.NAME: _provenance(spec, release, content).encode("utf-8"),
                "pipl.json": _json(kind),
            },
        )
    version = path.name.split("-")[1]
    return Made(package, distribution, version, spec.type, path, sha256, spec.assets)


def problems_of(package: str, type_name: str, requires: Tuple[str, ...]) -> List[str]:
    """What is wrong with a product's name, type and requirements."""
    from packaging.requirements import InvalidRequirement, Requirement  # stdlib-only import

    problems = []
    if not _PACKAGE.fullmatch(package) or keyword.iskeyword(package):
        problems.append(f"{package!r} cannot be imported")
    if normalised(package) in ("pipl", FRAMEWORK):
        problems.append(f"{package!r} is pipl's own")
    types = product_types()
    if type_name not in types:
        known = ", ".join(types) or "none"
        problems.append(f"no packl here declares the product type {type_name!r}, only: {known}")
    for text in requires:
        try:
            Requirement(text)
        except InvalidRequirement as fault:
            problems.append(f"{text!r} is not a requirement: {str(fault).splitlines()[0]}")
    return problems


def _requires(spec: ProductSpec) -> Tuple[str, ...]:
    """Who declares the types, without version (a product is a library), and what was given."""
    from packaging.requirements import Requirement  # stdlib-only import

    types = asset_types()
    declaring = {FRAMEWORK, product_types().distribution(spec.type)}
    declaring.update(types.distribution(one.type) for one in spec.assets)
    chosen: Dict[str, str] = {name: name for name in declaring if name}
    for text in spec.requires:
        chosen[normalised(Requirement(text).name)] = text
    return tuple(chosen[name] for name in sorted(chosen))


def _provenance(spec: ProductSpec, release: Release, content: bytes) -> str:
    task = TaskRelease(release.name, release.version, release.sha256, release.lock, release.file)
    return provenance.render(
        Provenance(
            product=normalised(spec.package),
            version=wheel_name(spec.package, release.version).split("-")[1],
            task=task,
            assets=tuple(Item(f"{spec.package}/{one.name}", one.revision) for one in spec.assets),
            content=f"sha256:{hashlib.sha256(content).hexdigest()}",
            inputs=spec.inputs,
            tools=release.tools,
            versions={FRAMEWORK: __version__},
        )
    )


def _json(document: Mapping[str, object]) -> bytes:
    return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode("utf-8")
