"""Tasks: packls that are applications. A person works with their commands; `process()` makes
products out of what was published.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Dict, Mapping, Optional, Type

from pipl_pipe import context
from pipl_pipe.context import Context
from pipl_pipe.errors import UnknownCommand
from pipl_pipe.extension import Loaded, extensions
from pipl_pipe.product.product import Product
from pipl_pipe.task.command import BoundCommand, command, commands_of

if TYPE_CHECKING:
    from pipl_pipe.task.job import Job

GROUP = "pipl_pipe.tasks"
TYPES_GROUP = "pipl_pipe.task_types"


class Task(Product):
    """A task. Subclass it to define a type, registered in `pipl_pipe.task_types`:

        class Modelling(Task):
            "Model something to put into a set."

            @command
            def build(self, quality: int = 4) -> None:
                "Build the model."
                …  # writes below self.folder, which is published with the packl

            def process(self, job: Job) -> None:
                geometry = job.product("hero_geo", "geometry")
                geometry.add("model", "UsdCrate", self.folder / "model.usdc")

    A task's packl holds `TASK = Modelling("hero_model")`. Its `folder` is its package's, in the
    workspace while it is edited, in the environment once it is installed.
    """

    types_group: ClassVar[str] = TYPES_GROUP
    template: ClassVar[Optional[Mapping[str, str]]] = None
    """More files for `create_task`: path in the packl to text, `$name` and `$distribution` in
    both being filled in; files that exist stay."""
    scene: ClassVar[str] = ""
    """The file that `task edit` opens, as a path from the task's folder; empty: its only one."""

    @property
    def workspace(self) -> Context:
        """The workspace that this runs in. Raises NoContext."""
        return context.current()

    @property
    def asset_view(self) -> Path:
        """Where the workspace shows its products' assets, as `<product>/<basename>`."""
        return self.workspace.assets

    @property
    def commands(self) -> Dict[str, BoundCommand]:
        """Its commands by name."""
        bound = [getattr(self, method) for method in commands_of(type(self))]
        return {one.name: one for one in bound}

    def get_command(self, name: str) -> BoundCommand:
        """A command by its name or its method's. Raises UnknownCommand."""
        commands = self.commands
        found = commands.get(name.replace("_", "-"))
        if found is None:
            raise UnknownCommand(self.name, name, tuple(sorted(commands)))
        return found

    def process(self, job: Job) -> None:
        """Make products of what was published; runs in a clean workspace, without a person.

        Only `job.scratch` may be written. By default a task has no products.
        """

    @command
    def info(self) -> str:
        """Say what this task is, what it can do and what it depends on."""
        lines = [f"{self.name} {self.version} ({self.type_name})"]
        lines += [f"  {one.name:<16} {one.help}" for one in self.commands.values()]
        for product in self.get_dependencies():
            names = ", ".join(product.assets) or "no assets"
            lines.append(f"  uses {product.name} {product.version} ({product.type_name}): {names}")
        return "\n".join(lines)


def task_types() -> Loaded[Type[Task]]:
    """Name to class of the registered task types."""
    return Loaded(extensions(TYPES_GROUP), extra={}, check=_type_problem)


def _type_problem(found: object) -> str:
    is_type = isinstance(found, type) and issubclass(found, Task)
    return "" if is_type else "it is not a subclass of pipl_pipe.task.Task"
