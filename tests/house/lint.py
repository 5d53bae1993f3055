"""The house rules that no ready-made linter knows. Each rule is a function from a source file to what breaks it.

A finding reads `path:line: what is wrong`; paths are relative to the top of the repository, with forward slashes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

MODULE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
FILE_BYTES_MAX = 1024 * 1024

PACKAGES = ("twin", "sim", "backend", "scenarios")

LONG_MODULES: dict[str, str] = {}
"""Modules allowed more than MODULE_LINES_MAX lines, each with its reason."""

TOP_LEVEL = frozenset(
    {
        ".ci",
        ".gitattributes",
        ".gitignore",
        "CHANGELOG.md",
        "LICENSE",
        "Makefile",
        "README.md",
        "backend",
        "deploy",
        "docs",
        "notebooks",
        "pyproject.toml",
        "requirements.lock",
        "scenarios",
        "sim",
        "tests",
        "twin",
    }
)

_FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Source:
    """One Python file."""

    path: str
    text: str
    tree: ast.Module = field(repr=False)

    @classmethod
    def of(cls, path: str, text: str) -> Source:
        return cls(path, text, ast.parse(text, path))

    def lies_under(self, *prefixes: str) -> bool:
        return self.path.startswith(prefixes)


Finding = tuple[int, str]
Rule = Callable[[Source], Iterator[Finding]]


def broken(source: Source) -> list[str]:
    """Everything in `source` that breaks a rule, in the order of the rules."""
    return [f"{source.path}:{line}: {what}" for rule in RULES for line, what in rule(source)]


# --- who may reach the world ---


def _imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything imported at run time."""
    for node in _walk_run_time(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def imported_modules(source: Source) -> set[str]:
    """Top-level names of everything `source` imports at run time."""
    return {name.partition(".")[0] for _, name in _imports(source.tree)}


def _walk_run_time(node: ast.AST) -> Iterator[ast.AST]:
    """Every node below, but nothing that only the type checker reads."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and _dotted(child.test).endswith("TYPE_CHECKING"):
            continue
        yield child
        yield from _walk_run_time(child)


def _dotted(node: ast.expr) -> str:
    """`a.b.c` of a chain of names, with the call parentheses left out; empty for anything else."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr):
            return f"{_dotted(value)}.{attr}"
        case ast.Call(func=func):
            return _dotted(func)
        case _:
            return ""


def _uses(source: Source, names: re.Pattern[str]) -> Iterator[Finding]:
    """Imports and attribute chains that match `names` from their start."""
    for line, name in _imports(source.tree):
        if names.match(name):
            yield line, name
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and names.fullmatch(_dotted(node)):
            yield node.lineno, _dotted(node)


_CLOCKS = re.compile(r"(time(\..*)?|(.*\.)?(datetime|date)\.(now|utcnow|today)|(.*[._])?loop\.time)$")
_DICE = re.compile(r"(random|secrets)(\..*)?$|(numpy|np)\.random\b|uuid\.uuid[14]$|os\.urandom$")
_ENVIRONMENT = re.compile(r"os\.(environ|environb|getenv|putenv)\b")


def reads_the_clock(source: Source) -> Iterator[Finding]:
    """Only twin/clock.py does; benchmarks and soak runs measure with a stop watch of their own."""
    if not source.lies_under("twin/clock.py", "tests/perf/", "tests/soak/"):
        yield from ((line, f"{name}: only twin/clock.py reads clocks") for line, name in _uses(source, _CLOCKS))


def draws_randomness(source: Source) -> Iterator[Finding]:
    """Only twin/rng.py does."""
    if not source.lies_under("twin/rng.py"):
        yield from ((line, f"{name}: only twin/rng.py makes randomness") for line, name in _uses(source, _DICE))


def reads_the_environment(source: Source) -> Iterator[Finding]:
    """Only twin/config.py does."""
    if not source.lies_under("twin/config.py"):
        yield from (
            (line, f"{name}: only twin/config.py reads the environment") for line, name in _uses(source, _ENVIRONMENT)
        )


def prints(source: Source) -> Iterator[Finding]:
    """Only the command line and what it reports do."""
    if source.lies_under("scenarios/cli", "scenarios/report/", "tests/perf/", "tests/soak/"):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and _dotted(node.func) == "print":
            yield node.lineno, "print: only scenarios/cli and scenarios/report speak to people"


def spells_a_subject(source: Source) -> Iterator[Finding]:
    """Only twin/subjects.py does; tests may, to judge it."""
    if source.lies_under("twin/subjects.py", "tests/"):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.match(r"(dock|run)\.v\d", node.value):
            yield node.lineno, f"{node.value!r}: only twin/subjects.py spells a subject"


# --- what happens at import ---

_EFFECTS = re.compile(
    r"(.*\.)?(open|connect|create_engine|create_connection|socket|urlopen|Popen|system|check_output|check_call|"
    r"read_text|read_bytes|write_text|write_bytes|mkdir|unlink|iterdir|glob|rglob|safe_load|loadtxt|getenv|entry_points)$"
    r"|subprocess\.run$|asyncio\.run$|importlib\.resources\..*"
)


def acts_at_import(source: Source) -> Iterator[Finding]:
    """Importing a package connects, opens and reads nothing; a test may read what it is made from."""
    if source.lies_under("tests/"):
        return
    for node in _import_time(source.tree):
        if isinstance(node, ast.Call) and _EFFECTS.match(_dotted(node.func)):
            yield node.lineno, f"{_dotted(node.func)}: nothing connects, opens or reads at import"


def _import_time(node: ast.AST) -> Iterator[ast.AST]:
    """Every node that runs at import: the body of a function does not, its defaults and decorators do."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and _is_main_guard(child):
            continue
        if isinstance(child, _FUNCTION | ast.Lambda):
            yield from _import_time(child.args)
            for decorator in getattr(child, "decorator_list", []):
                yield decorator
                yield from _import_time(decorator)
            continue
        yield child
        yield from _import_time(child)


def _is_main_guard(node: ast.If) -> bool:
    return isinstance(node.test, ast.Compare) and _dotted(node.test.left) == "__name__"


# --- size and words ---


def is_too_long(source: Source) -> Iterator[Finding]:
    """A module has one subject, a function fits a screen."""
    lines = source.text.count("\n")
    if lines > MODULE_LINES_MAX and source.path not in LONG_MODULES:
        yield MODULE_LINES_MAX, f"{lines} lines; a module has at most {MODULE_LINES_MAX}"
    for node in ast.walk(source.tree):
        if isinstance(node, _FUNCTION) and node.end_lineno is not None:
            lines = node.end_lineno - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                yield node.lineno, f"{node.name}: {lines} lines; a function has at most {FUNCTION_LINES_MAX}"


def lacks_a_docstring(source: Source) -> Iterator[Finding]:
    """Every public module, class, function and method of the packages says what it is for."""
    if not source.lies_under(*(f"{package}/" for package in PACKAGES)):
        return
    if source.text.strip() and ast.get_docstring(source.tree) is None:
        yield 1, "the module has no docstring"
    yield from _undocumented(source.tree)


def _undocumented(parent: ast.Module | ast.ClassDef) -> Iterator[Finding]:
    for node in parent.body:
        if not isinstance(node, _FUNCTION | ast.ClassDef) or node.name.startswith("_"):
            continue
        exempt = {_dotted(decorator).rpartition(".")[2] for decorator in node.decorator_list}
        if ast.get_docstring(node) is None and not exempt & {"overload", "override", "setter"}:
            yield node.lineno, f"{node.name} has no docstring"
        if isinstance(node, ast.ClassDef):
            yield from _undocumented(node)


RULES: tuple[Rule, ...] = (
    reads_the_clock,
    draws_randomness,
    reads_the_environment,
    prints,
    spells_a_subject,
    acts_at_import,
    is_too_long,
    lacks_a_docstring,
)


# --- tracked files of every kind ---

_MACHINE_PATH = re.compile(r"(?<![A-Za-z0-9_.])/(?:home|work|root|farm|Users)/[A-Za-z0-9_.-]+")
_INDEX = re.compile(r"--(?:extra-)?index-url|https?://[^\s\"']*/simple\b|\"resolved\": *\"http")
_URL = re.compile(r"(?:https?|file)://")


def foreign_lines(path: str, text: str) -> list[str]:
    """Lines that only make sense on the machine they were written on."""
    patterns = {"a path of one machine": _MACHINE_PATH, "the address of a package index": _INDEX}
    if path.endswith(".lock"):
        patterns["an address in a lock"] = _URL
    return [
        f"{path}:{number}: {what}"
        for number, line in enumerate(text.splitlines(), 1)
        for what, pattern in patterns.items()
        if pattern.search(line)
    ]


def strangers(paths: list[str]) -> set[str]:
    """Names at the top of the repository that have no place there."""
    return {path.partition("/")[0] for path in paths} - TOP_LEVEL
