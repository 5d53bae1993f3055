"""Which mutants a run comes past: nothing can notice a bug where the run is the same with it.

A copy of the code notes, mutant by mutant, that the bug would have made a difference at its place: the branch was
taken, the check struck, the two sides of a comparison were equal, the step was done. One run tells it of all mutants,
so that each is then asked only where it can show.
"""

from __future__ import annotations

import ast
from importlib.util import cache_from_source
from pathlib import Path
from typing import TYPE_CHECKING

from tests.mutation.mutants import Mutant

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_NOTED = '''\
REACHED = set()

def told(number, value):
    """A test, noted if it holds: without its branch there would be a difference."""
    if value:
        REACHED.add(number)
    return value

def compared(number, left, right, sign):
    """A comparison, noted if both sides are equal: only there it is off by one."""
    if left == right:
        REACHED.add(number)
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[sign]
'''
_SIGNS: dict[type[ast.cmpop], str] = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
_OF_TESTS = ("drop a branch", "skip a check")
_OF_STEPS = ("drop a step", "swap two steps")


def make_noting(code: Path, mutants: Sequence[Mutant]) -> None:
    """Change this copy so that it notes which of these mutants it comes past, by their place in the list."""
    (code / "twin" / "reached.py").write_text(_NOTED, "utf-8")
    by_file: dict[str, list[tuple[int, Mutant]]] = {}
    for number, mutant in enumerate(mutants):
        by_file.setdefault(mutant.file, []).append((number, mutant))
    for file, numbered in by_file.items():
        path = code / file
        path.write_text(_noting(path.read_text("utf-8"), numbered), "utf-8")
        Path(cache_from_source(str(path))).unlink(missing_ok=True)


def _noting(source: str, numbered: Iterable[tuple[int, Mutant]]) -> str:
    tree = ast.parse(source)
    _Noting(source, numbered).visit(tree)
    first = next(i for i, it in enumerate(tree.body) if not isinstance(it, ast.Expr) and not _is_future(it))
    tree.body[first:first] = ast.parse("from twin import reached as _reached").body
    return ast.unparse(ast.fix_missing_locations(tree))


def _is_future(step: ast.stmt) -> bool:
    return isinstance(step, ast.ImportFrom) and step.module == "__future__"


class _Noting(ast.NodeTransformer):
    def __init__(self, source: str, numbered: Iterable[tuple[int, Mutant]]) -> None:
        self._lines = source.splitlines(keepends=True)
        self._numbers: dict[tuple[str, int, int], int] = {}
        for number, mutant in numbered:
            end = mutant.start if mutant.rule == "swap two steps" else mutant.end
            self._numbers[mutant.rule, mutant.start, end] = number
        self._begins = [0]
        for line in self._lines:
            self._begins.append(self._begins[-1] + len(line))

    def visit(self, node: ast.AST) -> ast.AST | list[ast.stmt]:
        if isinstance(node, ast.If):
            numbers = self._at(_OF_TESTS, node.test)
            self.generic_visit(node)
            for number in numbers:
                node.test = _call("told", number, node.test)
            return node
        if isinstance(node, ast.Compare):
            numbers = self._at(("off by one",), node)
            self.generic_visit(node)
            for number in numbers:
                sign = ast.Constant(_SIGNS[type(node.ops[0])])
                return _call("compared", number, node.left, node.comparators[0], sign)
            return node
        self.generic_visit(node)
        if isinstance(node, ast.Expr | ast.Assign | ast.AugAssign):
            noted = [ast.Expr(_call("told", number, ast.Constant(value=True))) for number in self._at(_OF_STEPS, node)]
            return [*noted, node] if noted else node
        return node

    def _at(self, rules: Iterable[str], node: ast.expr | ast.stmt) -> list[int]:
        start = self._offset(node.lineno, node.col_offset)
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        end = self._offset(node.end_lineno, node.end_col_offset)
        keys = [(rule, start, start if rule == "swap two steps" else end) for rule in rules]
        return [self._numbers[key] for key in keys if key in self._numbers]

    def _offset(self, line: int, column_bytes: int) -> int:
        return self._begins[line - 1] + len(self._lines[line - 1].encode()[:column_bytes].decode())


def _call(name: str, number: int, *args: ast.expr) -> ast.Call:
    called = ast.Attribute(ast.Name("_reached", ast.Load()), name, ast.Load())
    return ast.Call(called, [ast.Constant(number), *args], [])
