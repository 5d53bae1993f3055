"""Mutants: small bugs made by rule from the code itself, each one edit of one file.

Five rules: drop a branch, skip a check, drop a step, swap two steps, be off by one at a comparison of instants or
numbers. Left alone is what changes nothing on any dock:

- what only watches: assertions, the invariants, what reports a breach and the branches around it. A weaker watch is no
  wrong behaviour, and has tests of its own (`tests/backend/core`);
- what only counts: refusals by code, what was resolved how, how often something was abandoned;
- bounds for memory: a comparison of a length with a limit;
- two steps that cannot meet: one writes what the other is not given, or only leaves a mark that is read when the input
  has been folded, or both only forget, or only end, ask, send or wait: then only messages of one instant change places.
"""

from __future__ import annotations

import ast
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple

from tests.planted.planting import ROOT
from twin.rng import Draws

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLACES = ("backend/core", "backend/services", "twin/robot")
Rule = Literal["drop a branch", "skip a check", "drop a step", "swap two steps", "off by one"]
RULES: tuple[Rule, ...] = ("drop a branch", "skip a check", "drop a step", "swap two steps", "off by one")

_WATCHERS = ("backend/core/invariants.py", "backend/core/standing.py", "backend/services/recheck.py")
_WATCHING = (
    "changes.touched",
    "changes.breach",
    "invariants.",
    "self.breaches",
    "next_audit",
    "self._end_input()",
    "self._maintain()",
    "self._record_breaches()",
    "self.audit(",
    "self.violations.append(",
    "self._recheck.",
    "self._rebuild.",
    "rebuilt.",
    "state.ended[",
    "robot.has_gaps = ",
)
_COUNTING = (
    "desk.refuse(",
    ".tally.",
    "state.resolved[",
    "state.abandoned[",
    "tally.inputs",
    "timers_fired",
    ".questions",
    "planner_asked",
)
_MARKS = ("changes.notices.append(", "changes.orders[", "changes.robots[", ".is_dock_due = True")
_ENDS = re.compile(
    r"(exceptions\.)?(resolve\w*|close\w*)\(|(commands\.)?(abandon|ask_how_it_is|doubt)\w*\(|desk\.(arm|set_timer|send)\("
)
"""Calls that end something, ask, send or wait: of two, the order is that of messages and timers of one instant."""
_FORGETS = re.compile(r"\.pop\([^()]*(\([^()]*\))?[^()]*, None\)$")
_BOUND = re.compile(r"len\(.*(_MAX|_max)\b")
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


def all_mutants(code: Path = ROOT) -> list[Mutant]:
    """Every mutant of the places in this copy of the code, in the order of files and lines."""
    paths = [path for place in PLACES for path in sorted((code / place).rglob("*.py"))]
    files = {path.relative_to(code).as_posix(): path.read_text("utf-8") for path in paths}
    found = (it for file, source in files.items() if file not in _WATCHERS for it in of_file(file, source))
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


def of_file(file: str, source: str) -> Iterator[Mutant]:
    """The mutants of one file's source."""
    lines = source.splitlines(keepends=True)
    begins = [0]
    for line in lines:
        begins.append(begins[-1] + len(line))

    def make(rule: Rule, function: str, first: ast.AST, last: ast.AST, new: str) -> Mutant:
        start = begins[first.lineno - 1] + _chars(lines[first.lineno - 1], first.col_offset)  # type: ignore[attr-defined]
        end = begins[last.end_lineno - 1] + _chars(lines[last.end_lineno - 1], last.end_col_offset)  # type: ignore[attr-defined]
        return Mutant(rule, file, first.lineno, function, start, end, source[start:end], new)  # type: ignore[attr-defined]

    tree = ast.parse(source)
    watching = _watching(tree, source)
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and not function.name.startswith("__"):
            for node in ast.walk(function):
                for rule, first, last, new in _edits(node, source):
                    if first not in watching and last not in watching:
                        yield make(rule, function.name, first, last, new)


def _chars(line: str, offset_bytes: int) -> int:
    return len(line.encode()[:offset_bytes].decode())


def _watching(tree: ast.AST, source: str) -> set[ast.AST]:
    """All nodes of steps that only watch or count: what they test, and calls of functions that do nothing else."""
    watchers: set[str] = set()
    functions = [it for it in ast.walk(tree) if isinstance(it, ast.FunctionDef)]
    while more := {it.name for it in functions if _watch(it.body, source, watchers)} - watchers:
        watchers |= more
    steps = [it for it in ast.walk(tree) if isinstance(it, ast.stmt) and _watches(it, source, watchers)]
    steps += [it for it in functions if it.name in watchers]
    return {node for step in steps for node in ast.walk(step)}


def _watch(body: list[ast.stmt], source: str, watchers: set[str]) -> bool:
    idle = (ast.Assert, ast.Pass)
    steps = [it for it in body if not isinstance(it, idle) and not _is_text(it) and not _is_local(it)]
    return bool(steps) and all(_watches(step, source, watchers) for step in steps)


def _watches(step: ast.stmt, source: str, watchers: set[str]) -> bool:
    if isinstance(step, ast.If):
        return _watch(step.body, source, watchers) and (not step.orelse or _watch(step.orelse, source, watchers))
    if isinstance(step, ast.For):
        return _watch(step.body, source, watchers)
    if isinstance(step, ast.Expr) and isinstance(step.value, ast.Call):
        called = step.value.func
        if isinstance(called, ast.Name) and called.id in watchers:
            return True
    elif not isinstance(step, ast.Assign | ast.AugAssign):
        return False
    text = ast.get_source_segment(source, step) or ""
    return any(name in text for name in _WATCHING + _COUNTING)


def _is_text(step: ast.stmt) -> bool:
    return isinstance(step, ast.Expr) and isinstance(step.value, ast.Constant)


def _is_local(step: ast.stmt) -> bool:
    return isinstance(step, ast.Assign) and all(isinstance(target, ast.Name) for target in step.targets)


def _edits(node: ast.AST, source: str) -> Iterator[tuple[Rule, ast.AST, ast.AST, str]]:
    if isinstance(node, ast.If) and not _BOUND.search(ast.get_source_segment(source, node.test) or ""):
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
        if _acts(step):
            yield "drop a step", step, step, "pass"
    for first, second in pairwise(body):
        if _acts(first) and _acts(second) and first.end_lineno != second.lineno and _may_meet(first, second, source):
            one, other = (ast.get_source_segment(source, step) or "" for step in (first, second))
            between = "\n" + " " * first.col_offset
            yield "swap two steps", first, second, f"{other}{between}{one}"


def _may_meet(first: ast.stmt, second: ast.stmt, source: str) -> bool:
    """Whether the order of two steps can matter at all. Two assignments may stand either way."""
    one, other = (ast.get_source_segment(source, step) or "" for step in (first, second))
    if any(mark in step for step in (one, other) for mark in _MARKS) or (
        (_FORGETS.search(one) and _FORGETS.search(other)) or (_ENDS.match(one) and _ENDS.match(other))
    ):
        return False
    calls = [step for step in (first, second) if isinstance(step, ast.Expr)]
    if len(calls) != 1:
        return len(calls) == len((first, second))
    written = second if calls[0] is first else first
    assert isinstance(written, ast.Assign | ast.AugAssign)
    targets = written.targets if isinstance(written, ast.Assign) else [written.target]
    given = {ast.unparse(it) for it in ast.walk(calls[0]) if isinstance(it, ast.Name | ast.Attribute)}
    args = {ast.unparse(it) for it in getattr(calls[0].value, "args", ())}
    owners = {_owner(it) for it in targets}
    is_of_state = "desk" in args and bool(owners & {"state", "desk.state"})
    return is_of_state or bool(owners & args) or any(ast.unparse(it) in given for it in targets)


def _owner(target: ast.expr) -> str:
    """Whose attribute or item is written."""
    return ast.unparse(target.value) if isinstance(target, ast.Attribute | ast.Subscript) else ""


def _acts(step: ast.stmt) -> bool:
    """Whether the step is a call for its effect, or writes to something that outlives the function."""
    if isinstance(step, ast.Expr):
        return isinstance(step.value, ast.Call)
    targets = step.targets if isinstance(step, ast.Assign) else [step.target] if isinstance(step, ast.AugAssign) else []
    return bool(targets) and all(isinstance(target, ast.Attribute | ast.Subscript) for target in targets)


def _is_of_numbers(node: ast.Compare, source: str) -> bool:
    text = ast.get_source_segment(source, node) or ""
    is_number = any(word in text for word in ("_us", "seq", "epoch", "boot", "len("))
    return is_number and not _BOUND.search(text)
