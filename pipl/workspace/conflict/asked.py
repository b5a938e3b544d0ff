"""What a workspace asks a resolver for, by whom: its own requirements and its edited packls'."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import InvalidRequirement, Requirement

from pipl.env.declared import Declared
from pipl.env.install import Resolve
from pipl.env.interpreter import Interpreter
from pipl.packl.graph.needs import extra_of
from pipl.workspace.conflict import stand_in
from pipl.workspace.conflict.stand_in import Head
from pipl.workspace.folder import Workspace
from pipl_pipe import packl
from pipl_pipe.names import normalised
from pipl_pipe.packl import Packl


@dataclass(frozen=True)
class Asked:
    """A requirement that somebody here has written, and so can change.

    `packl` is the normalised name of the edited packl that holds it (None: the workspace),
    `extra` the extra of the packl that it belongs to.
    """

    owner: str
    packl: str | None
    text: str
    extra: str | None = None

    @property
    def requirement(self) -> Requirement:
        return Requirement(self.text)

    @property
    def name(self) -> str:
        return normalised(self.requirement.name)

    @property
    def loose(self) -> str:
        """The requirement without its specifier."""
        loose = self.requirement
        loose.specifier = type(loose.specifier)()
        return str(loose)


@dataclass(frozen=True)
class Question:
    """A resolve of a workspace, with the packls that are edited there."""

    workspace: str
    wanted: Resolve
    edited: tuple[Packl, ...]

    @classmethod
    def of(cls, workspace: Workspace, wanted: Resolve) -> Question:
        """Raises NotAPackl, InvalidPackl."""
        return cls(workspace.name, wanted, tuple(map(packl.read, wanted.editables)))

    @property
    def asked(self) -> tuple[Asked, ...]:
        """Everything that counts here, as it is written."""
        found = [Asked(self.workspace, None, text) for text in self.wanted.requirements]
        for one in self.edited:
            name = normalised(one.name)
            found += [Asked(one.name, name, text) for text in one.dependencies]
            for extra, texts in one.extras.items():
                if normalised(extra) in set(map(normalised, self.wanted.extras)):
                    found += [Asked(one.name, name, text, extra) for text in texts]
        return tuple(one for one in found if counts(one.text, self.wanted.python))

    def changed(
        self, change: Mapping[Asked, str | None], folder: Path, released: Declared | None = None
    ) -> Resolve:
        """What to resolve if requirements read otherwise (None: were not there).

        Edited packls are stood in for by empty ones, made in `folder`, that require the same;
        so is a package of the index, as if `released` were what there is of it.
        """
        own = [Asked(self.workspace, None, text) for text in self.wanted.requirements]
        editables = [stand_in.make(folder, _head(one, change)) for one in self.edited]
        editables += [stand_in.make(folder, _head_of(released))] if released else []
        return dataclasses.replace(
            self.wanted, requirements=_replaced(own, change), editables=tuple(editables)
        )


def is_requirement(text: str) -> bool:
    try:
        Requirement(text)
    except InvalidRequirement:
        return False
    return True


def counts(text: str, python: Interpreter) -> bool:
    """Whether a requirement can be read and is meant for this platform and Python."""
    try:
        marker = Requirement(text).marker
    except InvalidRequirement:
        return False
    if marker is None:
        return True
    here = {key: str(value) for key, value in default_environment().items()}
    here.update(python_version=python.minor, python_full_version=str(python.version), extra="")
    return marker.evaluate(here)


def _replaced(asked: Iterable[Asked], change: Mapping[Asked, str | None]) -> tuple[str, ...]:
    texts = (change.get(one, one.text) for one in asked)
    return tuple(text for text in texts if text is not None)


def _head(one: Packl, change: Mapping[Asked, str | None]) -> Head:
    name = normalised(one.name)

    def changed(texts: Iterable[str], extra: str | None = None) -> tuple[str, ...]:
        return _replaced((Asked(one.name, name, text, extra) for text in texts), change)

    extras = {extra: changed(texts, extra) for extra, texts in one.extras.items()}
    return Head(one.name, one.version, one.requires_python, changed(one.dependencies), extras)


def _head_of(released: Declared) -> Head:
    extras: dict[str, list[str]] = {}
    dependencies: list[str] = []
    for text in released.requires:
        extra = extra_of(Requirement(text))
        (dependencies if extra is None else extras.setdefault(extra, [])).append(text)
    return Head(
        released.name,
        released.version,
        released.requires_python,
        tuple(dependencies),
        {extra: tuple(texts) for extra, texts in extras.items()},
    )
