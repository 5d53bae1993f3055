"""Golden files: what people see, kept as plain text and reviewed like code.

After a wanted change: `python -m tests.scenarios.report.golden` writes all of them anew; then read the diff.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from scenarios.report.console import say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.text import Text

FOLDER = Path(__file__).parent / "golden"


def shown(lines: Iterable[Text]) -> str:
    """The lines as a pipe gets them."""
    stream = io.StringIO()
    say(lines, stream)
    return stream.getvalue()


def golden(name: str) -> str:
    """What the file holds."""
    return (FOLDER / f"{name}.txt").read_text(encoding="utf-8")


if __name__ == "__main__":
    from tests.scenarios.report.blocks import BLOCKS

    for name, block in BLOCKS.items():
        (FOLDER / f"{name}.txt").write_text(shown(block()), encoding="utf-8")
