"""A tree of folders and what is known of a path in it (seed document of Path Partout)."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping

from pipl_pipe.errors import InvalidValue, MissingFields
from pipl_pipe.path.notations.partout.configuration import Configuration
from pipl_pipe.path.notations.partout.diskpath import DiskPath


class TreePath:
    """Values of a configuration's variables, read from paths and made into paths.

    `info` may be changed freely. Numbers may be given as int and are filled up to the length
    that the variable has where they are written.
    """

    def __init__(self, configuration: Configuration) -> None:
        """Get one by `tree.get_from_config`, `get_from_path`, `get_from_label(s)`."""
        self._configuration = configuration
        self.info: Dict[str, Any] = dict.fromkeys(configuration.variables)
        """Every variable to its value; None where it has none. What stands there beside the
        variables is not used."""

    @property
    def config_filepath(self) -> str:
        """The configuration file, such as `P:/path_partout.conf`."""
        return self._configuration.path

    @property
    def available_info(self) -> List[str]:
        """The variables of the configuration and of those linked to it."""
        return list(self._configuration.variables)

    @property
    def available_labels(self) -> List[str]:
        return list(self._configuration.labels)

    @property
    def available_label(self) -> List[str]:
        """`available_labels`; the document uses both names."""
        return self.available_labels

    @property
    def available_aggregates(self) -> List[str]:
        return list(self._configuration.aggregates)

    def populate_info(self, info: Mapping[str, Any]) -> None:
        """Set several variables at once.

        Raises InvalidValue for a value of what is no variable here, so that a slip shows; one
        that is None is left out, so that the info of another tree can be handed on.
        """
        for name, value in info.items():
            if name in self._configuration.variables:
                self.info[name] = value
            elif value is not None:
                known = ", ".join(self._configuration.variables)
                raise InvalidValue(name, repr(value), f"it is no variable here; there are {known}")

    def fill_with_label(self, label: str, path: str) -> None:
        """Set the variables of a label from a path; an optional one that it lacks becomes None.

        Where a path can be read in several ways, what is known already decides. Raises
        UnknownTemplate, PathMismatch, AmbiguousPath, PathTooLong; `info` then stays as it is.
        """
        self.info.update(self._configuration.read(label, path, self.info))

    def fill_with_aggregate(self, aggregate: str, text: str) -> None:
        """Set the variables of an aggregate from its text. Raises as `fill_with_label` does."""
        self.info.update(self._configuration.aggregate(aggregate).read(text, self.info))

    def get_label_path(self, label: str) -> str:
        """The label's path, as the system of its volume writes it: `P:\\a\\b` or `/mnt/a/b`.

        Raises UnknownTemplate, MissingFields with every missing variable, InvalidValue for a
        value with separators, NUL or another length, PathTooLong.
        """
        expression = self._configuration.label(label)
        missing = expression.missing(self.info)
        if missing:
            raise MissingFields(label, tuple(missing))
        return str(DiskPath.parse(expression.write(self.info)))

    def get_aggregate(self, aggregate: str) -> str:
        """The aggregate's text. Raises UnknownTemplate, MissingFields, InvalidValue."""
        expression = self._configuration.aggregate(aggregate)
        missing = expression.missing(self.info)
        if missing:
            raise MissingFields(aggregate, tuple(missing))
        return expression.write(self.info)

    def __repr__(self) -> str:
        given = {name: value for name, value in self.info.items() if value is not None}
        return f"<TreePath {self.config_filepath} {given}>"
