"""Commands of a task: methods that also run from the command line, arguments and all."""

from __future__ import annotations

import argparse
import inspect
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import (
    Any,
    Callable,
    Dict,
    List,
    Literal,
    Optional,
    Sequence,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    overload,
)

from pipl_pipe.errors import DesignedError

Method = Callable[..., Any]
_PLAIN = (str, int, float, Path)


@dataclass(frozen=True)
class BoundCommand:
    """A command of one task. Calling it calls the method; `main` takes a command line.

    `name` is the method's with dashes; `script` is the console script that a task's packl
    declares for it, as `script = "package:TASK.method.main"`.
    """

    task: Any
    method: Method
    name: str
    script: str
    help: str

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.method(self.task, *args, **kwargs)

    def main(self, arguments: Optional[Sequence[str]] = None) -> int:
        """Run with the words of a command line (the process's own by default).

        Prints what the method returns, unless that is its exit status; a designed error is
        printed with its hint and gives 1.
        """
        given = sys.argv[1:] if arguments is None else list(arguments)
        program = Path(sys.argv[0]).name if arguments is None else f"task {self.name}"
        values = vars(self.parser(program).parse_args(given))
        extra = values.pop("*", [])
        try:
            result = self.method(self.task, *_positional(self.method, values), *extra, **values)
        except DesignedError as fault:
            return show_error(fault)
        if isinstance(result, int) and not isinstance(result, bool):
            return result
        if result is not None:
            sys.stdout.write(f"{result}\n")
        return 0

    def parser(self, program: str) -> argparse.ArgumentParser:
        """What the method's signature means on a command line."""
        parser = argparse.ArgumentParser(prog=program, description=self.help)
        hints = get_type_hints(self.method)
        for parameter in list(inspect.signature(self.method).parameters.values())[1:]:
            _add(parser, parameter, hints.get(parameter.name, str))
        return parser


class Command:
    """A method marked by `command`; looked up on a task it gives a BoundCommand."""

    def __init__(self, method: Method, *, script: str = "", help: str = "") -> None:
        self.method = method
        self.name = method.__name__.replace("_", "-")
        self.script = script
        self.help = help or (inspect.getdoc(method) or "").partition("\n")[0]
        self.__doc__ = method.__doc__

    @overload
    def __get__(self, task: None, owner: type) -> Command: ...

    @overload
    def __get__(self, task: object, owner: type) -> BoundCommand: ...

    def __get__(self, task: Optional[object], owner: type) -> Union[Command, BoundCommand]:
        if task is None:
            return self
        script = self.script_of(getattr(task, "distribution", ""))
        return BoundCommand(task, self.method, self.name, script, self.help)

    def script_of(self, distribution: str) -> str:
        """The console script's name: its own, else the packl's and the command's."""
        return self.script or f"{distribution}-{self.name}"


@overload
def command(method: Method) -> Command: ...


@overload
def command(*, script: str = "", help: str = "") -> Callable[[Method], Command]: ...


def command(
    method: Optional[Method] = None, *, script: str = "", help: str = ""
) -> Union[Command, Callable[[Method], Command]]:
    """Make a task's method a command: `@command` or `@command(script="OpenScene", help="…")`.

    Its parameters become options and arguments by their names, annotations and defaults; the
    first line of its docstring is its help unless one is given.
    """
    if method is not None:
        return Command(method)
    return lambda marked: Command(marked, script=script, help=help)


def commands_of(kind: type) -> Dict[str, Command]:
    """The commands of a task type by method name, inherited ones included."""
    found = {name: inspect.getattr_static(kind, name) for name in dir(kind)}
    return {name: one for name, one in found.items() if isinstance(one, Command)}


def show_error(fault: DesignedError) -> int:
    """Print a designed error for a person; returns the exit status."""
    sys.stderr.write(f"error: {fault}\n")
    if fault.advice:
        sys.stderr.write(f"hint: {fault.advice}\n")
    return 1


def _positional(method: Method, values: Dict[str, Any]) -> List[Any]:
    """Take the values that must be given by position out of `values`."""
    by_position = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = list(inspect.signature(method).parameters.values())[1:]
    return [values.pop(one.name) for one in parameters if one.kind in by_position]


def _add(parser: argparse.ArgumentParser, parameter: inspect.Parameter, hint: Any) -> None:
    option = f"--{parameter.name.replace('_', '-')}"
    if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
        parser.add_argument("*", nargs="*", metavar=parameter.name, type=_of(hint))
    elif parameter.kind is inspect.Parameter.VAR_KEYWORD:
        return
    elif hint is bool:
        default = parameter.default is True
        action = argparse.BooleanOptionalAction
        parser.add_argument(option, dest=parameter.name, action=action, default=default)
    elif parameter.default is inspect.Parameter.empty:
        named = parameter.kind is inspect.Parameter.KEYWORD_ONLY
        flags: Dict[str, Any] = {"dest": parameter.name, "required": True} if named else {}
        name = option if named else parameter.name
        parser.add_argument(name, type=_of(hint), choices=_choices(hint), **flags)
    else:
        parser.add_argument(
            option,
            dest=parameter.name,
            type=_of(hint),
            choices=_choices(hint),
            default=parameter.default,
            help=f"default: {parameter.default}",
        )


def _of(hint: Any) -> Callable[[str], Any]:
    """What reads a word: the annotated type, inside Optional too; else the text itself."""
    options = [one for one in get_args(hint) if one is not type(None)]
    if get_origin(hint) is Literal:
        return type(options[0])
    plain = options[0] if len(options) == 1 else hint
    return plain if plain in _PLAIN else str


def _choices(hint: Any) -> Optional[Sequence[Any]]:
    return get_args(hint) if get_origin(hint) is Literal else None
