"""The graph of a workspace, read from its lock, its packls and what is installed."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from pipl.env.declared import Declared, parse
from pipl.env.lock import Lock, LockedPackage
from pipl.errors.env import NotInLock
from pipl.index.name import IndexName
from pipl.project.binding import Binding
from pipl.workspace.folder import Workspace
from pipl.workspace.graph import reading
from pipl.workspace.graph.drawing import dot, mermaid, tree
from pipl.workspace.graph.graph import LockGraph
from pipl.workspace.graph.why import why

BINDING = Binding("Show", "http://127.0.0.1:1", IndexName("root", "PROJ"))


class Show:
    """A workspace on the disk, with what is installed in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "sh010"
        self.site = self.folder / ".VENV" / "lib" / "python3.11" / "site-packages"
        self.site.mkdir(parents=True)
        self.packages: list[LockedPackage] = []

    def install(
        self, name: str, version: str, requires: Sequence[str] = (), *, kind: str = ""
    ) -> None:
        info = self.site / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        lines = [f"Name: {name}", f"Version: {version}"]
        lines += [f"Requires-Dist: {text}" for text in requires]
        text = "\n".join(["Metadata-Version: 2.1", *lines, "", "Requires-Dist: not-this"])
        (info / "METADATA").write_text(text, encoding="utf-8")
        if kind:
            (info / "pipl.json").write_text(json.dumps({"kind": kind}), encoding="utf-8")
        self.lock(name, version)

    def lock(self, name: str, version: str) -> None:
        url = f"http://127.0.0.1:1/{name}.whl"
        self.packages.append(
            LockedPackage.of_file(
                name=name, version=version, url=url, filename=f"{name}.whl", sha256="0" * 64
            )
        )

    def edit(self, name: str, requires: Sequence[str], extras: str = "") -> None:
        folder = self.folder / name
        folder.mkdir()
        (folder / "pyproject.toml").write_text(
            f'[project]\nname = "{name}"\nversion = "0.1"\ndependencies = {json.dumps(requires)}\n'
            f"{extras}\n[tool.pipl]\nkind = 'task'\n",
            encoding="utf-8",
        )
        self.packages.append(LockedPackage(name.replace("_", "-"), directory=name, editable=True))

    def graph(self, *requirements: str, known: dict[str, Declared] | None = None) -> LockGraph:
        workspace = Workspace(self.folder, BINDING, requirements)
        lock = Lock(tuple(self.packages))
        return reading.graph(workspace, lock, lambda packages: known or {})


@pytest.fixture
def show(tmp_path: Path) -> Show:
    """A task edited here that requires an asset and a tool; the asset's rig wants the tool too."""
    show = Show(tmp_path)
    show.install("hero-geo", "1.2", kind="product")
    show.install("hero-rig", "2.0", ["hero_geo>=1", "maya<2027", "numpy; extra == 'fast'"])
    show.install("maya", "2026.1", ["numpy; extra == 'py'"])
    show.install("numpy", "2.0")
    show.edit(
        "hero_anim",
        ["hero-rig[fast]>=2", "maya==2026.*"],
        "[project.optional-dependencies]\ntest = ['pytest']\nother = ['numpy']\n",
    )
    show.install("pytest", "8.0")
    return show


def test_chains_from_the_workspace_down_shortest_first(show: Show) -> None:
    found = why(show.graph(), "Maya", limit=None)
    shown = [[(link.name, link.requirement) for link in chain] for chain in found.chains]
    assert shown == [
        [("hero_anim", "hero_anim"), ("maya", "maya==2026.*")],
        [("hero_anim", "hero_anim"), ("hero-rig", "hero-rig[fast]>=2"), ("maya", "maya<2027")],
    ]
    assert found.complete
    assert {edge.specifier for edge in found.required_by} == {"==2026.*", "<2027"}


def test_extras_count_where_they_are_asked_for(show: Show) -> None:
    graph = show.graph()
    assert [edge.source for edge in graph.arriving("numpy")] == ["hero-rig"]  # not maya[py]
    assert [edge.extra for edge in graph.arriving("pytest")] == ["test"]
    (edge,) = graph.arriving("numpy")
    assert edge.extra == "fast"


def test_a_limit_leaves_chains_out_and_says_so(show: Show) -> None:
    found = why(show.graph(), "maya", limit=1)
    assert (len(found.chains), found.complete) == (1, False)


def test_a_name_that_the_lock_does_not_hold(show: Show) -> None:
    with pytest.raises(NotInLock, match="hero-geo") as caught:
        why(show.graph(), "hero-gea", limit=None)
    assert caught.value.close[0] == "hero-geo"
    with pytest.raises(NotInLock):
        why(show.graph(), "", limit=None)


def test_packls_that_require_each_other_are_named(show: Show) -> None:
    show.install("left", "1", ["right"])
    show.install("right", "1", ["left>=1"])
    graph = show.graph("left")
    assert graph.cycles == (("left", "right", "left"),)
    found = why(graph, "right", limit=None)
    assert [len(chain) for chain in found.chains] == [2]
    assert found.cycle == ("right", "left", "right")
    assert why(graph, "maya", limit=None).cycle == ()
    assert "circle: left -> right -> left" in tree.draw(graph)


def test_many_chains_are_found_quickly_and_bounded(show: Show) -> None:
    """25 layers of two that require both of the next: 2**25 chains."""
    layers = [(f"a{n}", f"b{n}") for n in range(25)]
    for layer, below in zip(layers, [*layers[1:], ()], strict=True):
        for name in layer:
            show.install(name, "1", below)
    found = why(show.graph("a0", "b0"), "a24", limit=10)
    assert (len(found.chains), found.complete) == (10, False)
    assert len(why(show.graph("a0", "b0"), "a24", limit=None).chains) > 10


def test_what_is_not_installed_is_asked_for(show: Show) -> None:
    show.lock("late", "1.0")
    show.lock("lost", "1.0")
    known = parse("Name: late\nVersion: 1.0\nRequires-Dist: maya>2000\n\n")
    assert known is not None
    graph = show.graph("late", "lost", known={"late": known})
    assert [edge.target for edge in graph.leaving("late")] == ["maya"]
    assert not graph.nodes["lost"].known
    assert "not known (pipl work sync): lost" in tree.draw(graph)


def test_another_version_than_the_locked_one_does_not_count(show: Show) -> None:
    show.install("moved", "1.0", ["maya"])
    show.packages.pop()
    show.lock("moved", "2.0")
    assert not show.graph("moved").nodes["moved"].known


def test_what_the_lock_lacks_is_said(show: Show) -> None:
    show.install("liar", "1.0", ["nothing-of-it>=3", "not a requirement!"])
    graph = show.graph("liar")
    assert [edge.requirement for edge in graph.missing] == ["nothing-of-it>=3"]
    assert "missing: liar requires nothing-of-it>=3" in tree.draw(graph)


def test_the_tree_tells_assets_and_tasks_and_nothing_twice(show: Show) -> None:
    drawn = tree.draw(show.graph("maya"))
    assert drawn.splitlines() == [
        "sh010",
        "├── hero_anim 0.1 edited here [task]",
        "│   ├── hero-rig 2.0  (hero-rig[fast]>=2)",
        "│   │   ├── hero-geo 1.2 [asset]  (hero_geo>=1)",
        "│   │   ├── maya 2026.1  (maya<2027)",
        "│   │   └── numpy 2.0  (numpy with extra fast)",
        "│   ├── maya 2026.1  (maya==2026.*)",
        "│   └── pytest 8.0  (pytest with extra test)",
        "└── maya 2026.1",
    ]


def test_mermaid_and_dot_keep_hostile_names_to_themselves(show: Show) -> None:
    graph = show.graph('maya<2027; python_version > "3"')
    chart = mermaid.draw(graph)
    assert chart.startswith("flowchart LR\n")
    assert "|#60;2027|" in chart  # <
    assert ":::asset" in chart and ":::task" in chart and ":::tool" in chart
    text = dot.draw(graph)
    assert text.count("{") == text.count("}") == 1
    assert re.search(r'label="hero-geo\\n1.2", shape=box, style="rounded', text)


def test_no_further_down_than_asked(show: Show) -> None:
    assert set(show.graph().down_to(1).nodes) == {"", "hero-anim"}


@pytest.mark.parametrize(
    "text",
    ["", "Name: x", "Version: 1", "\nName: x\nVersion: 1", "Subject: x\n\nName: y\nVersion: 1"],
)
def test_metadata_without_a_package(text: str) -> None:
    assert parse(text) is None


def test_continued_lines_of_metadata() -> None:
    found = parse("Name: X.Y\nVersion: 1\nRequires-Dist: a\n  >=1\nRequires-Python: >=3\n\nbody")
    assert found == Declared("x-y", "1", ("a >=1",), ">=3")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("maya", "maya"),
        ("Maya (>=2025,<2027)", "Maya<2027,>=2025"),
        ("maya <2027 , ", "maya<2027"),
        ("maya >= 2025 , != 2026.*", "maya!=2026.*,>=2025"),
        ("maya[ py , USD ]~=2025.1", "maya[USD,py]~=2025.1"),
        ("maya==1!2.0", "maya==1!2.0"),
        ("maya>=1; python_version >= '3'", "maya>=1"),
        ("maya===2026.1", "maya===2026.1"),
    ],
)
def test_requirements_as_they_are_written(show: Show, text: str, shown: str) -> None:
    """The quick reading of plain ones agrees with the grammar of PEP 508."""
    show.install("asks", "1.0", [text])
    (edge,) = show.graph("asks").leaving("asks")
    assert edge.requirement == shown
    assert edge.target == "maya"


@pytest.mark.parametrize(
    "text", ["a" + "<1," * 20_000 + ";", "a" + "." * 50_000, "a[" * 20_000, "a>1 <2"]
)
def test_hostile_requirements_end(show: Show, text: str) -> None:
    show.install("asks", "1.0", [text])
    assert show.graph("asks").leaving("asks") == ()
