"""Roots of paths: a name, and a folder for each platform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Mapping, Optional

from pipl_pipe.path.document import Node, Place

PLATFORMS = ("linux", "darwin", "win32")
DEFAULT = "primary"


@dataclass(frozen=True)
class Root:
    """`here` is the folder on this platform; empty where there is none."""

    name: str
    here: str
    platforms: Mapping[str, str]


@dataclass(frozen=True)
class Roots:
    """Name to root (seed document 001, `Sgtk.roots`)."""

    roots: Mapping[str, Root]

    @classmethod
    def of(cls, nodes: Mapping[str, Node], platform: str, problems: List[str]) -> Roots:
        """What is wrong is appended to `problems`."""
        here = "linux" if platform.startswith("linux") else platform
        roots: Dict[str, Root] = {}
        for name, node in nodes.items():
            platforms: Dict[str, str] = {}
            for one, at, value in node.items():
                if one not in PLATFORMS:
                    known = ", ".join(PLATFORMS)
                    problems.append(f"{at.place}: no platform is called {one!r}: {known}")
                elif value.value is None:
                    continue
                elif not isinstance(value.value, str) or not _is_whole(value.value):
                    problems.append(f"{value.place}: the root {name!r} is no whole path")
                else:
                    platforms[one] = value.value
            if not isinstance(node.value, dict):
                problems.append(f"{node.place}: the root {name!r} is a mapping of platforms")
            roots[name] = Root(name, platforms.get(here, ""), platforms)
        return cls(roots)

    def get(
        self, name: Optional[str], place: Place, template: str, problems: List[str]
    ) -> Optional[Root]:
        """The named root, or the one that needs no name."""
        if name is None:
            only = next(iter(self.roots)) if len(self.roots) == 1 else DEFAULT
            name = DEFAULT if DEFAULT in self.roots else only
        if name not in self.roots:
            known = ", ".join(self.roots) or "none"
            said = f"{template!r} has no root {name!r}; there are: {known}"
            problems.append(f"{place}: {said}; name its folders under `roots:`")
            return None
        return self.roots[name]


def _is_whole(path: str) -> bool:
    """It starts at a root, a drive or a share, and leads through no `..`."""
    text = path.replace("\\", "/")
    starts = text.startswith("/") or (text[1:2] == ":" and text[:1].isalpha())
    return starts and ".." not in text.split("/") and "\0" not in text
