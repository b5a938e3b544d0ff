"""The `tasks` service: the tasks of the workspace, usually one, and the task types."""

from __future__ import annotations

from typing import Any, Mapping, Optional, Type

from pipl_pipe.distributions import package_folder
from pipl_pipe.errors import NoTask, SeveralTasks
from pipl_pipe.extension import Loaded, extensions
from pipl_pipe.task.task import GROUP, Task, task_types


class Tasks(Loaded[Task]):
    """Name to task, loaded when looked up."""

    @property
    def types(self) -> Loaded[Type[Task]]:
        """The registered task types by name."""
        return task_types()

    def the(self, name: str = "") -> Task:
        """The named task, else the workspace's own: the only one, or the only one edited here.

        Raises NoTask, SeveralTasks, UnknownExtension, BrokenExtension.
        """
        if name:
            return self[name]
        names = list(self)
        if not names:
            raise NoTask
        if len(names) > 1:
            edited = [one for one in names if self._is_edited(one)]
            if len(edited) != 1:
                raise SeveralTasks(tuple(names))
            names = edited
        return self[names[0]]

    def _is_edited(self, name: str) -> bool:
        return (package_folder(self._found[name].package).parent / "pyproject.toml").is_file()


def tasks(_config: Optional[Mapping[str, Any]] = None) -> Tasks:
    """The service's factory."""
    return Tasks(extensions(GROUP), extra={}, check=_problem)


def _problem(found: object) -> str:
    return "" if isinstance(found, Task) else "it is not a Task"
