"""How a product refers to an asset, and the `assets.json` of a product wheel.

What is read here comes from a wheel that anybody may have written.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Tuple

from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.facts import bounds
from pipl_pipe.asset.facts.bounds import Facts
from pipl_pipe.asset.names import basename_problem
from pipl_pipe.errors import InvalidDigest, InvalidProduct

FORMAT = "pipl-assets/1"
NAME = "assets.json"
SHAPES = ("file", "folder", "sequence")
MAX_BYTES = 16_000_000
MAX_SIZE_BYTES = 1 << 60
MAX_THUMBNAIL_BYTES = 1_000_000
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}")
_TAKEN = ("get", "items", "keys", "values")
"""Attributes of `Product.assets`, where assets are attributes too."""


@dataclass(frozen=True)
class Reference:
    """One asset of a product: what it is called, and which bytes it is.

    `type` is the registered name of its asset type, `revision` the digest of the file, or of
    the manifest of a folder or sequence; `size` is in bytes, of all files together. `facts`
    are for people (see `pipl_pipe.asset.facts.bounds`); `thumbnail` is the revision of a small
    JPEG in the same store, of `thumbnail_size` bytes, and empty where there is none.
    """

    name: str
    type: str
    basename: str
    shape: str
    revision: str
    size: int
    facts: Facts = field(default_factory=dict, hash=False)
    thumbnail: str = ""
    thumbnail_size: int = 0

    @property
    def digest(self) -> Digest:
        return Digest.parse(self.revision)

    @property
    def picture(self) -> Optional[Reference]:
        """The thumbnail as a file that can be laid, pushed and pulled like an asset."""
        if not self.thumbnail:
            return None
        name = f"{self.name}_thumbnail"[:100]
        basename = f"{name}.jpg"
        return Reference(name, "File", basename, "file", self.thumbnail, self.thumbnail_size)


@dataclass(frozen=True)
class ProductAssets:
    """The content of an `assets.json`."""

    product: str
    type: str
    version: str
    assets: Tuple[Reference, ...]


def render(content: ProductAssets) -> str:
    document = {
        "format": FORMAT,
        "product": content.product,
        "type": content.type,
        "version": content.version,
        "assets": [_written(one) for one in sorted(content.assets, key=lambda one: one.name)],
    }
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def parse(text: str, *, product: str) -> ProductAssets:
    """Read an `assets.json`. Raises InvalidProduct, naming `product`, with every problem."""
    if len(text) > MAX_BYTES:
        raise InvalidProduct(product, (f"its {NAME} is larger than {MAX_BYTES} bytes",))
    try:
        document = json.loads(text)
        if document["format"] != FORMAT:
            raise ValueError(f"its format is {document['format']!r}, not {FORMAT}")
        names = [str(document[key]) for key in ("product", "type", "version")]
        references = [
            Reference(
                name=one["name"],
                type=one["type"],
                basename=one["basename"],
                shape=one["shape"],
                revision=one["revision"],
                size=one["size"],
                facts=one.get("facts", {}),
                thumbnail=one.get("thumbnail", ""),
                thumbnail_size=one.get("thumbnail_size", 0),
            )
            for one in document["assets"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
        reason = f"its {NAME} cannot be read: {type(fault).__name__}: {fault}"
        raise InvalidProduct(product, (reason,)) from fault
    problems = problems_of(references)
    if problems:
        raise InvalidProduct(product, problems)
    return ProductAssets(names[0], names[1], names[2], tuple(references))


def problems_of(references: List[Reference]) -> Tuple[str, ...]:
    """Everything that is wrong with the assets of one product; empty if nothing is."""
    problems: List[str] = []
    names: Dict[str, str] = {}
    basenames: Dict[str, str] = {}
    for one in references:
        found = list(_problems(one))
        problems += [f"asset {str(one.name)[:100]!r}: {problem}" for problem in found]
        if found:
            continue
        if one.name in names:
            problems.append(f"asset {one.name!r} is there twice")
        other = basenames.setdefault(one.basename.casefold(), one.name)
        if names.setdefault(one.name, one.name) and other != one.name:
            both = f"{other!r} and {one.name!r}"
            problems.append(f"assets {both} share the basename {one.basename!r}")
    return tuple(problems)


def name_problems(name: object, kind: str = "name") -> List[str]:
    """Why a text cannot be an asset's name, or type; empty if it can."""
    is_word = isinstance(name, str) and _WORD.fullmatch(name)
    return [] if is_word else [f"its {kind} must be letters, digits and _"]


def _problems(one: Reference) -> List[str]:
    problems = [*name_problems(one.name), *name_problems(one.type, "type")]
    if one.name in _TAKEN:
        problems.append(f"its name is one of {', '.join(_TAKEN)}")
    problem = basename_problem(one.basename)
    if problem:
        problems.append(problem)
    if one.shape not in SHAPES:
        problems.append(f"its shape is none of {', '.join(SHAPES)}")
    if type(one.size) is not int or not 0 <= one.size <= MAX_SIZE_BYTES:
        problems.append("its size is not a number of bytes")
    problems += _digest_problems(one.revision)
    if one.thumbnail != "":
        problems += [f"its thumbnail: {problem}" for problem in _digest_problems(one.thumbnail)]
        if type(one.thumbnail_size) is not int or not 0 < one.thumbnail_size <= MAX_THUMBNAIL_BYTES:
            problems.append("its thumbnail has no sensible size")
    return [*problems, *bounds.problems_of(one.facts)]


def _digest_problems(text: Any) -> List[str]:
    try:
        Digest.parse(text if isinstance(text, str) else "")
    except InvalidDigest as fault:
        return [str(fault)]
    return []


def _written(one: Reference) -> Dict[str, Any]:
    """Without what it does not have: an asset without facts is written as ever."""
    optional = ("facts", "thumbnail", "thumbnail_size")
    return {name: value for name, value in vars(one).items() if value or name not in optional}
