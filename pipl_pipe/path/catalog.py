"""Many templates, indexed so that finding the one of a path does not try them all."""

from __future__ import annotations

from typing import Generic, Iterable, Iterator, List, Mapping, Protocol, TypeVar

from pipl_pipe.path.compiled import Compiled


class Named(Protocol):
    """What a catalog holds: a notation's template, with what the engine made of it."""

    @property
    def name(self) -> str: ...

    @property
    def compiled(self) -> Compiled: ...


T = TypeVar("T", bound=Named)


class Catalog(Mapping[str, T], Generic[T]):
    """Name to template. Looking up raises UnknownTemplate (a KeyError)."""

    def __init__(self, templates: Iterable[T]) -> None: ...

    def __getitem__(self, name: str) -> T: ...

    def __iter__(self) -> Iterator[str]: ...

    def __len__(self) -> int: ...

    def of(self, text: str) -> List[T]:
        """Every template that can have made a text (with `/`), in the catalog's order."""
