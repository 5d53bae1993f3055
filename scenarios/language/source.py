"""The text of a file as nodes that know their place.

PyYAML finds the structure; what a scalar means is decided here, by the core schema of YAML 1.2: PyYAML follows YAML
1.1, which reads 06:00:00 as a number of base 60 and `no` as false.
"""

from __future__ import annotations

import re

import yaml
from msgspec import Struct
from yaml.composer import Composer
from yaml.error import Mark
from yaml.events import AliasEvent, Event
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.parser import Parser
from yaml.reader import Reader, ReaderError
from yaml.resolver import BaseResolver
from yaml.scanner import Scanner

from twin.errors import ScenarioError
from twin.mistakes import Mistake

FILE_BYTES_MAX = 256 * 1024
NODES_MAX = 100_000
"""Values of a file, each alias counted in full: bounds what a few nested aliases can ask for."""
DEPTH_MAX = 32
_GOT_MAX = 60
_DIGITS_MAX = 100
"""Python refuses to convert numbers of thousands of digits; no key takes one of a hundred."""

PLAIN = "plain"
QUOTED = "quoted"

Scalar = None | bool | int | float | str

_INT = re.compile(r"[-+]?[0-9]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_BASED = re.compile(r"0o([0-7]+)|0x([0-9a-fA-F]+)\Z")
_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}


def resolved(node: ScalarNode) -> Scalar:
    """What the scalar means by the core schema of YAML 1.2; quoted, it is text."""
    text: str = node.value
    if node.tag == QUOTED or len(text) > _DIGITS_MAX:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INT.match(text):
        return int(text)
    if _FLOAT.match(text):
        return float(text)
    if based := _BASED.match(text):
        return int(based[1], 8) if based[1] else int(based[2], 16)
    return text


def shown(node: Node) -> str:
    """What was got, as an error says it: -40, "robot_silnet", a list.

    >>> shown(ScalarNode(QUOTED, "no"))
    '"no"'
    """
    if isinstance(node, MappingNode):
        return "a mapping"
    if isinstance(node, SequenceNode):
        return "a list"
    assert isinstance(node, ScalarNode)
    text: str = node.value
    cut = text if len(text) <= _GOT_MAX else text[:_GOT_MAX] + "..."
    value = resolved(node)
    if value is None:
        return "nothing"
    return f'"{printable(cut)}"' if isinstance(value, str) else cut


def printable(text: str) -> str:
    r"""The text on one line, with nothing in it that a terminal would obey.

    >>> printable("a\x1b[31m") == "a\\x1b[31m"
    True
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class Span(Struct, frozen=True):
    """Where something stands: line and column from 1, length in characters."""

    line: int
    column: int
    length: int


class Source:
    """A file: its lines, and the mistakes found in it so far."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self.lines = text.splitlines()
        self.mistakes: list[Mistake] = []
        self._noted: set[tuple[Span, str]] = set()

    def span_of(self, node: Node) -> Span:
        """The node's place; of more than one line, the first."""
        start, end = node.start_mark, node.end_mark
        line = self.lines[start.line] if start.line < len(self.lines) else ""
        length = end.column - start.column if end.line == start.line else len(line.rstrip()) - start.column
        return Span(start.line + 1, start.column + 1, max(length, 1))

    def note(
        self, span: Span, key: str, *, got: str, expected: str, suggestion: str | None = None, item_line: int = 0
    ) -> None:
        """Add a mistake. `item_line`: the line that names the list item it is in, shown above it.

        An anchored value is read once for each alias, but is one mistake.
        """
        if (span, expected) in self._noted:
            return
        self._noted.add((span, expected))
        numbers = [number for number in (item_line, span.line) if 0 < number <= len(self.lines)]
        # Where nothing can be pointed at, the line is of no help either.
        numbers = numbers if span.length else []
        excerpt = tuple((number, self.lines[number - 1]) for number in sorted(set(numbers)) if number <= span.line)
        self.mistakes.append(
            Mistake(
                path=self.path,
                line=span.line,
                column=span.column,
                length=span.length,
                key=key,
                got=got,
                expected=expected,
                suggestion=suggestion,
                excerpt=excerpt,
            )
        )

    def refuse_if_mistaken(self) -> None:
        """Raise ScenarioError with every mistake noted so far, if there is one."""
        if self.mistakes:
            raise ScenarioError(self.path, self.mistakes)


class _PlainOrQuoted(BaseResolver):
    """Leaves the meaning of scalars to `resolved`; a tag written in the file stays as it is, to be refused."""

    def resolve(self, kind: type[Node], value: str, implicit: tuple[bool, bool]) -> str:  # noqa: ARG002 - the base class names it
        if kind is not ScalarNode:
            return "collection"
        return PLAIN if implicit[0] else QUOTED


class _Composer(Reader, Scanner, Parser, Composer, _PlainOrQuoted):
    """Text to nodes, with bounds: PyYAML has none."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        _PlainOrQuoted.__init__(self)
        self._depth = 0
        self._nodes = 0
        self._sizes: dict[int, int] = {}

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        """The next node. Raises MarkedYAMLError also for what is nested too deep, too large or contains itself."""
        event: Event = self.peek_event()  # type: ignore[no-untyped-call]
        before = self._nodes
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise _bound(event, got=f"nesting deeper than {DEPTH_MAX}", expected=f"at most {DEPTH_MAX} levels")
        node: Node | None = super().compose_node(parent, index)
        self._depth -= 1
        if isinstance(event, AliasEvent):
            if id(node) not in self._sizes:
                raise _bound(event, got="an alias inside its own anchor", expected="an alias of something else")
            self._nodes += self._sizes[id(node)]
        else:
            self._nodes += 1
            self._sizes[id(node)] = self._nodes - before
        if self._nodes > NODES_MAX:
            raise _bound(event, got=f"more than {NODES_MAX:,} values", expected="fewer (aliases count in full)")
        if node is not None and node.tag not in {PLAIN, QUOTED, "collection"}:
            raise _bound(event, got=f"the tag {printable(node.tag)}", expected="no tag")
        return node


def _bound(event: Event, *, got: str, expected: str) -> yaml.MarkedYAMLError:
    mark = event.start_mark
    assert isinstance(mark, Mark), "the reader is the one in Python"
    return yaml.MarkedYAMLError(context=expected, problem=got, problem_mark=mark, note=_OURS)


_OURS = "ours"


def decoded(raw: bytes, path: str) -> str:
    """The text of a file. Raises ScenarioError if it is too large or no UTF-8."""
    source = Source(path, "")
    if len(raw) > FILE_BYTES_MAX:
        source.note(Span(1, 1, 0), "", got=f"more than {FILE_BYTES_MAX:,} bytes", expected="no more")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        source.note(Span(line, 1, 0), "", got=f"the byte 0x{raw[error.start]:02x}", expected="text in UTF-8")
        text = ""
    source.refuse_if_mistaken()
    return text


def composed(source: Source) -> MappingNode:
    """The mapping a file holds. Raises ScenarioError if its text is no YAML, or another value."""
    try:
        root = _Composer(source.text).get_single_node()
    except ReaderError as error:
        line = source.text.count("\n", 0, error.position) + 1
        code = ord(error.character) if isinstance(error.character, str) else error.character
        source.note(Span(line, 1, 0), "", got=f"the control character 0x{code:02x}", expected="printable text")
    except yaml.MarkedYAMLError as error:
        _note_syntax(source, error)
    else:
        if isinstance(root, MappingNode) and root.value:
            return root
        got = "an empty file" if root is None else shown(root)
        line = 1 if root is None else root.start_mark.line + 1
        source.note(Span(line, 1, 0), "", got=got, expected="a mapping that begins with site: and start:")
    raise ScenarioError(source.path, source.mistakes)


def _note_syntax(source: Source, error: yaml.MarkedYAMLError) -> None:
    mark = error.problem_mark or error.context_mark
    span = Span(mark.line + 1, mark.column + 1, 1) if mark is not None else Span(1, 1, 0)
    problem, context = str(error.problem), str(error.context or "")
    if error.note == _OURS:
        source.note(span, "", got=problem, expected=context)
        return
    at = source.lines[span.line - 1][span.column - 1 : span.column] if span.line <= len(source.lines) else ""
    if at == "\t":
        source.note(span, "", got="a tab", expected="spaces")
        return
    if "another document" in problem:
        source.note(span, "", got="a second document", expected="one scenario a file")
        return
    begun = f" {context} begun in line {error.context_mark.line + 1}" if context and error.context_mark else ""
    source.note(span, "", got=f"no YAML ({problem}{begun and ','}{begun})", expected="YAML")
