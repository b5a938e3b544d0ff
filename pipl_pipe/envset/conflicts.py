"""Two packls that set one variable to different values, where neither depends on the other."""

from __future__ import annotations

from typing import Callable, Dict, List, Mapping, Tuple

from pipl_pipe.errors import EnvSetConflict
from pipl_pipe.names import normalised
from pipl_pipe.variables import Operation

Depends = Callable[[str, str], bool]
_SETTING = ("set", "unset")


def settled(
    ordered: List[Operation], depends: Depends, prefer: Mapping[str, str]
) -> Tuple[List[Operation], Tuple[EnvSetConflict, ...]]:
    """The operations that apply, and the conflicts that nobody has settled.

    `prefer` names the distribution that a variable (or alias) is set by. Where no one is
    named, none of those in conflict sets it.
    """
    dropped: List[Operation] = []
    faults: List[EnvSetConflict] = []
    for name, candidates in _in_conflict(ordered, depends).items():
        by = {one.source: one for one in candidates}
        preferred = normalised(prefer.get(name, ""))
        if preferred not in by:
            said = tuple(f"{one.source} ({_said(one)}; {one.line})" for one in by.values())
            faults.append(EnvSetConflict(name, said, sorted(by)[0]))
        kinds = {one.action for one in candidates}
        dropped += [
            one
            for one in ordered
            if one.name == name and one.action in kinds and one.source in by.keys() - {preferred}
        ]
    return [one for one in ordered if one not in dropped], tuple(faults)


def _in_conflict(ordered: List[Operation], depends: Depends) -> Dict[str, List[Operation]]:
    """Variables and aliases, and the last operation of each distribution that may decide them."""
    found: Dict[str, List[Operation]] = {}
    for kinds in (_SETTING, ("alias",), ("default",)):
        last: Dict[str, Dict[str, Operation]] = {}
        for one in ordered:
            if one.action in kinds:
                last.setdefault(one.name, {})[one.source] = one
        for name, by in last.items():
            if kinds == ("default",):
                if any(one.name == name and one.action == "set" for one in ordered):
                    continue  # which decides, whatever the order
                decide = [one for one in by if not any(depends(one, other) for other in by)]
            else:
                decide = [one for one in by if not any(depends(other, one) for other in by)]
            if len({(by[one].action, by[one].value) for one in decide}) > 1:
                found[name] = [by[one] for one in decide]
    return found


def _said(one: Operation) -> str:
    return f"{one.action} {one.value!r}" if one.action != "unset" else "unset"
