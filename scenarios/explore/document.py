r"""A scenario's file as plain data that can be changed and written again.

>>> document = read("a: 1\nb: [{id: 007, at: 06:00}, no]")
>>> print(written(document), end="")
a: 1
b:
  - {id: 007, at: 06:00}
  - no
"""

from __future__ import annotations

import json
import re
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from scenarios.language.source import QUOTED, Source, composed, resolved

Document = dict[str, Any]
"""Keys and values of a file: mappings, lists and scalars. Never changed in place: a change makes another one."""

_PLAIN = re.compile(r"[A-Za-z0-9_+.%/*-][A-Za-z0-9_+.%/ *:-]*(?<![ :])\Z")
"""Texts that need no quotes; others get them, whether they need them or not."""
_NOT_FIRST = ("- ", "* ", "*", "%")
_WIDTH_MAX = 110


class Verbatim(str):
    """A number that is not written as Python would write it: an id of digits like 007 is such a number."""

    __slots__ = ()


def read(text: str, *, path: str = "scenario.yaml") -> Document:
    """The document in a text. Raises ScenarioError if it is no YAML or no mapping."""
    data = _data(composed(Source(path, text)))
    assert isinstance(data, dict)
    return data


def written(document: Document) -> str:
    """The document as YAML: lists an entry a line, and a mapping in one line if it has room there."""
    return "".join(f"{key}:{_block(value, 0)}" for key, value in document.items())


def _data(node: Node) -> Any:  # noqa: ANN401 - any value of a file
    if isinstance(node, MappingNode):
        return {key.value: _data(value) for key, value in node.value}
    if isinstance(node, SequenceNode):
        return [_data(item) for item in node.value]
    assert isinstance(node, ScalarNode)
    value = resolved(node)
    if isinstance(value, str) or value is None or node.tag == QUOTED:
        return value
    return value if _scalar(value) == node.value else Verbatim(node.value)


def _block(value: Any, indent: int) -> str:  # noqa: ANN401 - any value of a file
    """What follows a key's colon, with its line end."""
    inner = " " * (indent + 2)
    if isinstance(value, list) and value:
        return "\n" + "".join(f"{inner}- {_item(item, indent + 4)}" for item in value)
    flow = _flow(value)
    if isinstance(value, dict) and value and len(flow) > _WIDTH_MAX:
        return "\n" + "".join(f"{inner}{_scalar(key)}:{_block(item, indent + 2)}" for key, item in value.items())
    return f" {flow}\n"


def _item(value: Any, indent: int) -> str:  # noqa: ANN401 - any value of a file
    """What follows the dash of a list, with its line end."""
    flow = _flow(value)
    if not isinstance(value, dict) or len(flow) <= _WIDTH_MAX:
        return f"{flow}\n"
    lines = [f"{_scalar(key)}:{_block(item, indent)}" for key, item in value.items()]
    return (" " * indent).join(lines)


def _flow(value: Any) -> str:  # noqa: ANN401 - any value of a file
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:  # noqa: ANN401 - any scalar
    if isinstance(value, Verbatim):
        return str(value)
    if isinstance(value, str):
        return value if _is_plain(value) else json.dumps(value, ensure_ascii=False)
    if value is None:
        return "null"
    if isinstance(value, float):
        return {"inf": ".inf", "-inf": "-.inf", "nan": ".nan"}.get(repr(value), repr(value))
    return json.dumps(value)


def _is_plain(text: str) -> bool:
    """Whether the text without quotes means itself."""
    if not _PLAIN.match(text) or text.startswith(_NOT_FIRST) or ": " in text or text.endswith("-"):
        return False
    return isinstance(resolved(ScalarNode("plain", text)), str)
