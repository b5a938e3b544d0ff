"""Packls for unit tests: installed by writing what an installer writes, into a folder."""

from __future__ import annotations

import os
import sys
import textwrap
from importlib import metadata
from pathlib import Path
from typing import Dict, Iterator, List, Mapping, Sequence, Tuple

import pytest
import tomlkit

import pipl_pipe
from pipl_pipe import context, distributions, registry
from pipl_pipe.asset import reference
from pipl_pipe.asset.reference import ProductAssets, Reference
from pipl_pipe.asset.stores.memory import MemoryStore
from pipl_pipe.context import Context

EntryPoints = Mapping[str, Mapping[str, str]]


class Site:
    """A folder of installed packls."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def install(
        self,
        name: str,
        *,
        version: str = "1.0.0",
        requires: Sequence[str] = (),
        entry_points: EntryPoints = {},  # noqa: B006  # only read
        modules: Mapping[str, str] = {},  # only read
    ) -> None:
        """`modules` maps paths such as `show_pipe/__init__.py` to source text."""
        info = self.folder / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        headers = [f"Name: {name}", f"Version: {version}"]
        headers += [f"Requires-Dist: {one}" for one in requires]
        (info / "METADATA").write_text("Metadata-Version: 2.1\n" + "\n".join(headers) + "\n")
        lines: List[str] = []
        for group, points in entry_points.items():
            lines += [f"[{group}]", *(f"{key} = {target}" for key, target in points.items())]
        (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
        for path, text in modules.items():
            target = self.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(textwrap.dedent(text), encoding="utf-8")
        distributions.refresh()

    def install_pipe(self) -> None:
        """The framework's own entry points, as its pyproject.toml declares them."""
        pyproject = Path(pipl_pipe.__file__).parent / "pyproject.toml"
        project = tomlkit.parse(pyproject.read_text(encoding="utf-8")).unwrap()["project"]
        self.install("pipl-pipe", entry_points=project["entry-points"])

    def install_product(
        self, package: str, assets: Sequence[Reference], *, type: str = "product",
        requires: Sequence[str] = (), version: str = "1.0.0",
    ) -> None:  # fmt: skip
        content = ProductAssets(package, type, version, tuple(assets))
        self.install(
            package.replace("_", "-"),
            version=version,
            requires=["pipl-pipe", *requires],
            entry_points={"pipl_pipe.products": {package: f"{package}:PRODUCT"}},
            modules={
                f"{package}/__init__.py": f"""
                    from pipl_pipe.product import new
                    PRODUCT = new({type!r}, {package!r})
                """,
                f"{package}/{reference.NAME}": reference.render(content),
            },
        )

    @property
    def distributions(self) -> List[metadata.Distribution]:
        return list(metadata.distributions(path=[str(self.folder)]))


SHOW_PIPE = """
    from pathlib import Path
    from pipl_pipe.asset import Asset
    from pipl_pipe.product import Product
    from pipl_pipe.task import Task, command

    class UsdCrate(Asset):
        "One layer of USD."
        extension = "usdc"

    class Textures(Asset):
        shape = "folder"

    class Geometry(Product):
        "Something to put into a set."

    class Modelling(Task):
        "Model something."

        @command
        def build(self, quality: int = 4) -> str:
            "Build the model."
            return f"built with {quality}"

        @command(script="OpenModel", help="Open the model.")
        def open_model(self, path: Path, *, read_only: bool = False) -> str:
            return f"{path} {read_only}"

        def process(self, job):
            model = job.scratch / "model.usdc"
            model.write_bytes(b"points")
            job.product("hero_geo", "geometry").add("model", "UsdCrate", model)
"""
SHOW_POINTS = {
    "pipl_pipe.asset_types": {"UsdCrate": "show_pipe:UsdCrate", "Textures": "show_pipe:Textures"},
    "pipl_pipe.product_types": {"geometry": "show_pipe:Geometry"},
    "pipl_pipe.task_types": {"modelling": "show_pipe:Modelling"},
}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """An empty site folder on the import path; what was imported from it is forgotten later.

    So is what comes from beside it, as packls that are edited do.
    """
    site = Site(tmp_path / "site")
    monkeypatch.syspath_prepend(str(site.folder))
    distributions.refresh()
    registry.forget()
    yield site
    for name, module in list(sys.modules.items()):
        places = [getattr(module, "__file__", None), *getattr(module, "__path__", ())]
        if any(str(place).startswith(f"{tmp_path}{os.sep}") for place in places if place):
            del sys.modules[name]
    monkeypatch.undo()
    distributions.refresh()
    registry.forget()


@pytest.fixture
def show(site: Site) -> Site:
    """A site with the framework and a pipeline's packl, `show-pipe`."""
    site.install_pipe()
    site.install(
        "show-pipe", requires=["pipl-pipe"], entry_points=SHOW_POINTS,
        modules={"show_pipe/__init__.py": SHOW_PIPE},
    )  # fmt: skip
    return site


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Context]:
    """The running interpreter belongs to a workspace of a project that this machine sees."""
    (tmp_path / "MyProject").mkdir()
    (tmp_path / "work").mkdir()
    made = Context(
        workspace=tmp_path / "work",
        project="MyProject",
        url="http://127.0.0.1:3141",
        project_folder=tmp_path / "MyProject",
        index="root/PROJ",
        assets=tmp_path / "work" / "assets",
    )
    file = tmp_path / "pipl.json"
    file.write_text(context.render(made), encoding="utf-8")
    monkeypatch.setenv(context.VARIABLE, str(file))
    context.current.cache_clear()
    yield made
    context.current.cache_clear()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[MemoryStore]:
    """The `asset_store` service, in memory."""
    with registry.replaced("asset_store", MemoryStore(tmp_path / "given")) as made:
        yield made


def stored(store: MemoryStore, folder: Path, basename: str, content: bytes) -> Reference:
    """A file in the store, and the reference to it."""
    folder.mkdir(exist_ok=True)
    (folder / basename).write_bytes(content)
    added = store.add(folder / basename, product="p")
    name = basename.partition(".")[0]
    return Reference(name, "UsdCrate", basename, "file", added.revision, added.size)


def ambiguous_pair(requires: Dict[str, Tuple[str, ...]], site: Site, group: str) -> None:
    """Packls that all provide the name `thing`, each an object saying whose it is."""
    for name, wanted in requires.items():
        package = name.replace("-", "_")
        site.install(
            name,
            requires=wanted,
            entry_points={group: {"thing": f"{package}:THING"}},
            modules={f"{package}/__init__.py": f"THING = {{'of': {name!r}}}\n"},
        )
