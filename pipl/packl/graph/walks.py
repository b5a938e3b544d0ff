"""Walking along the edges of any graph: ways, orders, circles."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping


def reached(start: Iterable[str], step: Callable[[str], Iterable[str]]) -> tuple[str, ...]:
    """All that steps lead to, nearest first; of `start` only what they lead back to."""
    found: dict[str, None] = {}
    todo = [name for begin in start for name in step(begin)]
    while todo:
        following: list[str] = []
        for name in todo:
            if name not in found:
                found[name] = None
                following.extend(step(name))
        todo = following
    return tuple(found)


def ways(start: str, step: Callable[[str], Iterable[str]]) -> Mapping[str, str]:
    """For everything that steps from `start` lead to, what is before it on a shortest way."""
    found: dict[str, str] = {}
    todo = [start]
    while todo:
        following = []
        for name in todo:
            for after in step(name):
                if after not in found:
                    found[after] = name
                    following.append(after)
        todo = following
    return found


def way(start: str, goal: str, before: Mapping[str, str]) -> tuple[str, ...]:
    """The way to `goal` that `ways` has found, both ends included."""
    path = [goal]
    while len(path) == 1 or path[-1] != start:
        path.append(before[path[-1]])
    return tuple(reversed(path))


def ordered(names: Collection[str], before: Callable[[str], Iterable[str]]) -> tuple[str, ...]:
    """Topologically: each name after those of `names` that `before` gives for it, else by name.

    Where they go round in a circle, the first by name of what is left comes next.
    """
    left = {name: {one for one in before(name) if one in names and one != name} for name in names}
    placed: list[str] = []
    while left:
        free = sorted(name for name, waits in left.items() if not waits)
        for name in free or [min(left)]:
            placed.append(name)
            del left[name]
        done = set(placed)
        left = {name: waits - done for name, waits in left.items()}
    return tuple(placed)


def shortest_path(
    start: str, goal: str, step: Callable[[str], Iterable[str]]
) -> tuple[str, ...] | None:
    """A shortest way from `start` to `goal` of at least one step, both included; None for none."""
    before = ways(start, step)
    return way(start, goal, before) if goal in before else None


def cycles(
    names: Iterable[str], step: Callable[[str], Iterable[str]]
) -> tuple[tuple[str, ...], ...]:
    """Circles among what `names` lead to, each once with its beginning again at its end.

    Of several through one packl a shortest is told; it begins with the least name.
    """
    found: dict[frozenset[str], tuple[str, ...]] = {}
    looked_at: set[str] = set()
    for name in sorted({*names}):
        if name in looked_at:
            continue
        path = shortest_path(name, name, step)
        if path is not None:
            looked_at.update(path)
            found.setdefault(frozenset(path), _least_first(path))
    return tuple(sorted(found.values()))


def _least_first(path: tuple[str, ...]) -> tuple[str, ...]:
    ring = path[:-1]
    at = ring.index(min(ring))
    return (*ring[at:], *ring[:at], ring[at])
