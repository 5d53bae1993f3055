"""The file of a failure that was found: what failed, where it comes from, and the scenario that shows it."""

from __future__ import annotations

import re
import shlex
import textwrap
from typing import TYPE_CHECKING

from scenarios.explore.document import written
from scenarios.explore.trial import ERROR, EXPECTATION
from scenarios.report.words import duration, plural

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from scenarios.explore.candidate import Size
    from scenarios.explore.document import Document
    from scenarios.explore.trial import Finding

MARK = "# Found by explore: "
"""How the file of a failure begins: such a file may be written again."""
_COLUMNS = 118
_NAME_MAX = 48


def in_words(finding: Finding) -> str:
    """What failed, in a few words."""
    if finding.what == EXPECTATION:
        return f"not met: {finding.name}"
    return f"error: {finding.name}" if finding.what == ERROR else f"invariant {finding.name} is broken"


def size_in_words(size: Size) -> str:
    """How large a scenario is."""
    parts = [plural(size.faults, "fault"), plural(size.robots, "robot"), plural(size.trailers, "trailer")]
    if size.cases:
        parts.append(plural(size.cases, "case"))
    return f"{', '.join(parts)}, {duration(size.span_us)}"


def file_text(document: Document, finding: Finding, *, origin: Sequence[str], size: Size, story: str) -> str:
    """The whole file. `origin`: the words of the command that found it; `story`: of the scenario it began with."""
    told = [finding.sentence, f"Shrunk to {size_in_words(size)}. It was found by", ""]
    lines = [MARK + in_words(finding) + ".", "#"]
    lines += [f"# {line}" for part in told[:2] for line in textwrap.wrap(part, _COLUMNS, break_long_words=False)]
    lines += [f"#     {shlex.join(origin)}"]
    if story:
        lines += [f"# {line}" for line in textwrap.wrap(f"on: {story}", _COLUMNS, break_long_words=False)]
    return "\n".join([*lines, "", written(document)])


def file_name(scenario: str, finding: Finding, seed: int) -> str:
    """Where it goes unless told otherwise."""
    slug = re.sub(r"[^a-z0-9_]+", "-", finding.name.lower()).strip("-")[:_NAME_MAX].strip("-")
    return f"explore-{scenario}-{slug}-{seed}.yaml"


def is_ours(path: Path) -> bool:
    """Whether the file was written by a campaign."""
    with path.open("rb") as file:
        return file.read(len(MARK)) == MARK.encode()
