"""The table of message types in docs/messages.md, generated: `python -m twin.messages.reference docs/messages.md`."""

from __future__ import annotations

import sys
from itertools import groupby
from pathlib import Path
from typing import Final

from twin.messages import TYPES, Message
from twin.messages.schemas import publishers_of, summary_of

BEGIN: Final = "<!-- generated: begin -->"
END: Final = "<!-- generated: end -->"


def table() -> str:
    """Every message type by family, in Markdown: who publishes it, on which channel, what it means."""
    families = [_family(name, list(types)) for name, types in groupby(TYPES.values(), key=_module)]
    return "\n\n".join(families)


def with_table(document: str) -> str:
    """The document with the part between its marks made anew."""
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


def _module(message_type: type[Message]) -> str:
    return message_type.__module__.rpartition(".")[2]


def _family(name: str, types: list[type[Message]]) -> str:
    rows = [f"### {name}", "", "| type | published by | channel | meaning |", "|---|---|---|---|"]
    for message_type in types:
        publishers = ", ".join(publishers_of(message_type))
        type_name = message_type.__struct_config__.tag
        rows.append(f"| `{type_name}` | {publishers} | {message_type.CHANNEL} | {summary_of(message_type)} |")
    return "\n".join(rows)


def main(path: Path) -> None:
    """Make the generated part of the file anew."""
    path.write_text(with_table(path.read_text()))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
