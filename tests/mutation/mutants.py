"""Mutants: small bugs made by rule from the code itself, each one edit of one file.

Five rules: drop a branch, skip a check, drop a step, swap two steps, be off by one at a comparison of instants or
numbers. Left alone is what only watches - assertions, the invariants, and what feeds them: a weaker watch is no wrong
behaviour of a dock, and has tests of its own.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Literal, NamedTuple

from tests.planted.planting import ROOT
from twin.rng import Draws

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACES = ("backend/core", "backend/services", "twin/robot")
Rule = Literal["drop a branch", "skip a check", "drop a step", "swap two steps", "off by one"]
RULES: tuple[Rule, ...] = ("drop a branch", "skip a check", "drop a step", "swap two steps", "off by one")

_WATCHERS = ("backend/core/invariants.py",)
_WATCHING = ("changes.touched", "changes.breach", "invariants.", "self.breaches")
_LEAVES = (ast.Return, ast.Continue, ast.Break, ast.Raise)
_NEIGHBOURS: dict[type[ast.cmpop], str] = {ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">"}


class Mutant(NamedTuple):
    """In `file`, the text from `start` to `end` (offsets in characters) becomes `new`."""

    rule: Rule
    file: str
    line: int
    function: str
    start: int
    end: int
    old: str
    new: str

    @property
    def key(self) -> str:
        """What it is known by as long as the code around it stays: no line number in it."""
        return f"{self.file} {self.function}: {self.rule}: {' '.join(self.old.split())[:80]}"

    def applied(self, source: str) -> str:
        """The source with the bug in it."""
        assert source[self.start : self.end] == self.old, f"{self.key} is stale"
        return source[: self.start] + self.new + source[self.end :]


def all_mutants() -> list[Mutant]:
    """Every mutant of the places, in the order of files and lines."""
    paths = [path for place in PLACES for path in sorted((ROOT / place).rglob("*.py"))]
    files = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in paths}
    found = (it for file, source in files.items() if file not in _WATCHERS for it in _of_file(file, source))
    return list({(it.file, it.start, it.rule): it for it in found}.values())


def sample(mutants: list[Mutant], *, count: int, seed: int) -> list[Mutant]:
    """`count` of them, as many of each rule as there are, by turns; which ones is drawn by the seed."""
    draws = Draws(seed)
    piles = [sorted((it for it in mutants if it.rule == rule), key=lambda it: _lot(draws, it)) for rule in RULES]
    chosen: list[Mutant] = []
    while len(chosen) < count and any(piles):
        chosen += [pile.pop() for pile in piles if pile]
    return sorted(chosen[:count], key=lambda it: (it.file, it.start, it.rule))


def _lot(draws: Draws, mutant: Mutant) -> float:
    return draws.uniforms("mutant", mutant.key)[0]


def _of_file(file: str, source: str) -> Iterator[Mutant]:
    lines = source.splitlines(keepends=True)
    begins = [0]
    for line in lines:
        begins.append(begins[-1] + len(line))

    def make(rule: Rule, function: str, first: ast.AST, last: ast.AST, new: str) -> Mutant:
        start = begins[first.lineno - 1] + _chars(lines[first.lineno - 1], first.col_offset)  # type: ignore[attr-defined]
        end = begins[last.end_lineno - 1] + _chars(lines[last.end_lineno - 1], last.end_col_offset)  # type: ignore[attr-defined]
        return Mutant(rule, file, first.lineno, function, start, end, source[start:end], new)  # type: ignore[attr-defined]

    for function in ast.walk(ast.parse(source)):
        if isinstance(function, ast.FunctionDef) and not function.name.startswith("__"):
            for node in ast.walk(function):
                for rule, first, last, new in _edits(node, source):
                    yield make(rule, function.name, first, last, new)


def _chars(line: str, offset_bytes: int) -> int:
    return len(line.encode()[:offset_bytes].decode())


def _edits(node: ast.AST, source: str) -> Iterator[tuple[Rule, ast.AST, ast.AST, str]]:
    if isinstance(node, ast.If):
        is_check = isinstance(node.body[-1], _LEAVES) and not node.orelse
        yield ("skip a check" if is_check else "drop a branch"), node.test, node.test, "False"
    elif isinstance(node, ast.Compare) and len(node.ops) == 1 and _is_of_numbers(node, source):
        new = _NEIGHBOURS.get(type(node.ops[0]))
        if new is not None:
            left, right = (ast.get_source_segment(source, side) for side in (node.left, node.comparators[0]))
            yield "off by one", node, node, f"{left} {new} {right}"
    for body in (getattr(node, name, None) for name in ("body", "orelse")):
        if isinstance(body, list):
            yield from _steps(body, source)


def _steps(body: list[ast.stmt], source: str) -> Iterator[tuple[Rule, ast.AST, ast.AST, str]]:
    for step in body:
        if _acts(step, source):
            yield "drop a step", step, step, "pass"
    for first, second in zip(body, body[1:], strict=False):
        is_call = isinstance(first, ast.Expr) or isinstance(second, ast.Expr)  # two assignments may stand either way
        if is_call and _acts(first, source) and _acts(second, source) and first.end_lineno != second.lineno:
            one, other = (ast.get_source_segment(source, step) or "" for step in (first, second))
            between = "\n" + " " * first.col_offset
            yield "swap two steps", first, second, f"{other}{between}{one}"


def _acts(step: ast.stmt, source: str) -> bool:
    """Whether the step is a call for its effect, or writes to something that outlives the function."""
    if any(name in (ast.get_source_segment(source, step) or "") for name in _WATCHING):
        return False
    if isinstance(step, ast.Expr):
        return isinstance(step.value, ast.Call)
    targets = step.targets if isinstance(step, ast.Assign) else [step.target] if isinstance(step, ast.AugAssign) else []
    return bool(targets) and all(isinstance(target, ast.Attribute | ast.Subscript) for target in targets)


def _is_of_numbers(node: ast.Compare, source: str) -> bool:
    text = ast.get_source_segment(source, node) or ""
    return "_us" in text or "seq" in text or "epoch" in text or "boot" in text or "len(" in text
