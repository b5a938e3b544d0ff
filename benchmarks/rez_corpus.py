"""rez's own benchmark as data, told by rez: run with a Python that has the PyPI package `rez`.

    python benchmarks/rez_corpus.py OUTPUT.json

The versions of a package are numbered by their order (1.0.0, 2.0.0, …), as they are not those of
PEP 440; a range becomes the least and the greatest number in it, less the holes. What variants
require is left out (there is no choice among variants in PEP 508), and so are weak requirements and
conflicts, and a request for what no package has. So the graph is of the same size, not the same.
"""

from __future__ import annotations

import json
import sys
import tarfile
import tempfile
from bisect import bisect_left
from pathlib import Path
from typing import Any

import rez
from rez.packages import iter_package_families
from rez.version import Requirement, Version

DATA = Path(rez.__file__).parent / "data" / "benchmarking"


def main(output: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(DATA / "packages.tar.gz") as archive:
            archive.extractall(folder, filter="data")
        told = read(folder)
    Path(output).write_text(json.dumps(told), encoding="utf-8")


def read(folder: str) -> dict[str, Any]:
    families = {
        family.name: sorted(family.iter_packages(), key=lambda package: package.version)
        for family in iter_package_families(paths=[str(Path(folder) / "packages")])
    }
    versions = {name: [one.version for one in found] for name, found in families.items()}
    packages = []
    for name, found in families.items():
        for number, package in enumerate(found, start=1):
            texts = [converted(one, versions) for one in package.requires or []]
            packages.append([name, f"{number}.0.0", [text for text in texts if text]])
    requests = []
    for request in json.loads((DATA / "requests.json").read_text(encoding="utf-8")):
        wanted = [converted(Requirement(text), versions) for text in request]
        if "" not in wanted:
            requests.append([text for text in wanted if text])
    return {"packages": packages, "requests": requests}


def converted(requirement: Requirement, versions: dict[str, list[Version]]) -> str | None:
    """A PEP 508 text; None for what is not required, empty where nothing meets it."""
    if requirement.conflict:
        return None
    name = requirement.name
    found = versions.get(name, [])
    inside = [n for n, one in enumerate(found, start=1) if one in requirement.range]
    if not inside:
        return f"{name}>{len(found)}" if found else ""
    low, high = inside[0], inside[-1]
    if len(inside) == len(found):
        return name
    holes = [n for n in range(low, high) if inside[bisect_left(inside, n)] != n]
    limits = [f">={low}", f"<={high}", *(f"!={n}" for n in holes)]
    return f"{name}{','.join(limits)}"


if __name__ == "__main__":
    main(sys.argv[1])
