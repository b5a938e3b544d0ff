"""The folders with which a project begins (seed document of Path Partout)."""

from __future__ import annotations

import os
from typing import Any, Dict, List, Mapping, Optional, Tuple

from pipl_pipe.errors import MissingFields, NotOnThisSystem
from pipl_pipe.path.notations.partout import current
from pipl_pipe.path.notations.partout.compile import Expression
from pipl_pipe.path.notations.partout.configuration import Configuration
from pipl_pipe.path.notations.partout.diskpath import DiskPath
from pipl_pipe.path.notations.partout.document import Location
from pipl_pipe.path.notations.partout.pattern import variables


def get_required_info(path: str) -> Dict[str, Optional[str]]:
    """The variables that `auto_arbo` lists in the configuration, each None, to be filled in.

    `path` is the configuration file or a path that it holds for. Raises NoConfiguration,
    SeveralConfigurations, InvalidCatalog.
    """
    return dict.fromkeys(current.lookup().holds_for(str(path)).auto_arbo)


get_info_needed = get_required_info
"""The document uses both names."""


def planned(path: str, info: Mapping[str, Any]) -> Tuple[str, ...]:
    """The folders that `generate` makes, those above others first; nothing is made.

    A folder with a variable, optional or not, that `info` lacks is left out with all below it.
    Raises MissingFields where a required value is None, InvalidValue, and as `get_required_info`.
    """
    configuration = current.lookup().holds_for(str(path))
    missing = [name for name in configuration.auto_arbo if info.get(name) in (None, "")]
    if missing:
        raise MissingFields("auto_arbo", tuple(missing))
    return tuple(dict.fromkeys(str(one) for one in _folders(configuration, info)))


def generate(path: str, info: Mapping[str, Any]) -> List[str]:
    """Make the folders of `planned` that are not there, and say which were made.

    Raises NotOnThisSystem before anything is made, OSError, and what `planned` does.
    """
    folders = [DiskPath.parse(one) for one in planned(path, info)]
    natives = [(folder, folder.native(os.name)) for folder in folders]
    foreign = [str(folder) for folder, native in natives if native is None]
    if foreign:
        raise NotOnThisSystem(foreign[0])
    made: List[str] = []
    for _, native in natives:
        if native is not None and not os.path.isdir(native):  # noqa: PTH112  # a text
            os.makedirs(native)  # noqa: PTH103
            made.append(native)
    return made


def _folders(configuration: Configuration, info: Mapping[str, Any]) -> List[DiskPath]:
    given = {name for name, value in info.items() if value not in (None, "")}
    found: List[DiskPath] = []
    for location in configuration.folders:
        known = _known(location, given)
        if known is None:
            continue
        whole = DiskPath.parse(Expression.of("auto_arbo", known).write(info))
        paths = [whole]
        while paths[-1].names:
            paths.append(paths[-1].parent)
        found += [one for one in reversed(paths) if one.names]
    return found


def _known(location: Location, given: "set[str]") -> Optional[Location]:
    """The location as far as all of its variables are given; None if its volume is not."""
    if any(one.name not in given for one in variables(location.volume)):
        return None
    names = []
    for name in location.names:
        if any(one.name not in given for one in variables(name)):
            break
        names.append(name)
    return Location(location.volume, tuple(names))
