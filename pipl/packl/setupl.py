"""Reading the 2019 prototype's `__setupl__.py`, without executing it.

Such a file is a sequence of assignments of plain values, followed by edits of one form:

    added = 'name>=1'
    values = extra_requires.get('edit')
    if values is None:
        values = []
        extra_requires['edit'] = values
    if added not in values:
        values.append(added)
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path

from pipl.errors.usage import NotMigratable

MAX_BYTES = 1_000_000
Values = dict[str, object]


def read(path: Path) -> Values:
    """The names that the file assigns, with their final values; `_names` are left out.

    Raises NotMigratable, naming the line, for anything but the known forms.
    """
    try:
        source = path.read_text(encoding="utf-8")
        if len(source) > MAX_BYTES:
            raise NotMigratable(str(path), "it is too large")
        tree = ast.parse(source)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError) as fault:
        raise NotMigratable(str(path), str(fault)) from fault
    values: Values = {}
    try:
        _Reader(path, values).statements(tree.body)
    except (TypeError, RecursionError) as fault:  # such as a list as a key
        raise NotMigratable(str(path), str(fault)) from fault
    return {
        name: value
        for name, value in values.items()
        if not name.startswith("_") and name not in ("added", "values")
    }


class _Reader:
    """Follows the statements over `values`, keeping aliases of lists as the file has them."""

    def __init__(self, path: Path, values: Values) -> None:
        self._path = path
        self._values = values

    def statements(self, body: Sequence[ast.stmt]) -> None:
        for statement in body:
            match statement:
                case ast.Expr(value=ast.Constant()):
                    pass  # a docstring
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    self._values[name] = self._value(value)
                case ast.Assign(
                    targets=[ast.Subscript(value=ast.Name(id=name), slice=key)], value=value
                ):
                    self._table(name, statement)[self._value(key)] = self._value(value)
                case ast.If(test=test, body=inner, orelse=[]):
                    if self._holds(test):
                        self.statements(inner)
                case ast.Expr(
                    value=ast.Call(
                        func=ast.Attribute(value=ast.Name(id=name), attr="append"),
                        args=[item],
                        keywords=[],
                    )
                ):
                    self._list(name, statement).append(self._value(item))
                case _:
                    raise self._unknown(statement)

    def _value(self, node: ast.expr) -> object:
        match node:
            case ast.Name(id=name) if name in self._values:
                return self._values[name]
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=name), attr="get"), args=[key], keywords=[]
            ):
                return self._table(name, node).get(self._value(key))
        try:
            return ast.literal_eval(node)
        except ValueError:
            raise self._unknown(node) from None

    def _holds(self, test: ast.expr) -> bool:
        match test:
            case ast.Compare(left=left, ops=[ast.Is()], comparators=[ast.Constant(value=None)]):
                return self._value(left) is None
            case ast.Compare(left=left, ops=[ast.NotIn()], comparators=[ast.Name(id=name)]):
                return self._value(left) not in self._list(name, test)
        raise self._unknown(test)

    def _table(self, name: str, node: ast.stmt | ast.expr) -> dict[object, object]:
        table = self._values.get(name)
        if not isinstance(table, dict):
            raise self._unknown(node)
        return table

    def _list(self, name: str, node: ast.stmt | ast.expr) -> list[object]:
        found = self._values.get(name)
        if not isinstance(found, list):
            raise self._unknown(node)
        return found

    def _unknown(self, node: ast.stmt | ast.expr) -> NotMigratable:
        return NotMigratable(
            str(self._path), f"line {node.lineno} is not a plain value: {ast.unparse(node)[:80]}"
        )
