"""JUnit XML of a suite, as CI systems read it: one test case a scenario and seed."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from twin.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scenarios.suite import Job, Outcome

_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def make_room(path: Path) -> None:
    """Remove the report of an earlier suite, before anything is run: nobody shall read it as that of this one.

    Raises ConfigError for a place that cannot be written.
    """
    folder = path.absolute().parent
    if path.is_symlink() or (path.exists() and not path.is_file()):
        got = "a folder" if path.is_dir() else "a link or a device"
        msg = f"--junit {path}: got {got}, expected a file; nothing was run"
        raise ConfigError(msg)
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        msg = (
            f"--junit {path}: got a place that cannot be written, expected a file in a folder that can; nothing was run"
        )
        raise ConfigError(msg)
    path.unlink(missing_ok=True)


def write_junit(path: Path, outcomes: Sequence[Outcome], *, changed: Mapping[Job, str], wall_s: float) -> None:
    """Write what became of the runs, at once. `changed`: what the terminal says of one that is not as its baseline.

    Raises ConfigError.
    """
    try:
        part = path.with_name(f".{path.name}.part")
        part.write_bytes(junit_xml(outcomes, changed=changed, wall_s=wall_s))
        os.replace(part, path)  # noqa: PTH105 - the one that is atomic by its documentation
    except OSError as error:
        msg = f"{path}: the JUnit file cannot be written: {error.strerror or error}"
        raise ConfigError(msg, hint="Choose another file with --junit.") from error


def junit_xml(outcomes: Sequence[Outcome], *, changed: Mapping[Job, str], wall_s: float) -> bytes:
    """The document."""
    counts = {
        "tests": len(outcomes),
        "failures": sum(o.word == "failed" or (o.word == "passed" and o.job in changed) for o in outcomes),
        "errors": sum(o.word == "error" for o in outcomes),
        "skipped": sum(o.word == "skipped" for o in outcomes),
    }
    attributes = {"name": "docktwin", **{name: str(number) for name, number in counts.items()}, "time": f"{wall_s:.3f}"}
    root = ET.Element("testsuites", attributes)
    suite = ET.SubElement(root, "testsuite", attributes)
    for outcome in outcomes:
        _case(suite, outcome, changed.get(outcome.job, ""))
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _case(suite: ET.Element, outcome: Outcome, change: str) -> None:
    folder = Path(outcome.job.target).parent.as_posix().strip("/.").replace("/", ".")
    case = ET.SubElement(
        suite,
        "testcase",
        {
            "classname": folder or "library",
            "name": f"{outcome.scenario}, seed {outcome.job.seed}",
            "file": outcome.job.target,
            "time": f"{outcome.content.get('wall_s') or 0.0:.3f}",
        },
    )
    if outcome.word == "skipped":
        ET.SubElement(case, "skipped", {"message": _legal(outcome.sentence)})
    elif outcome.word != "passed":
        tag = "error" if outcome.word == "error" else "failure"
        told = "\n".join(part for part in (outcome.told or outcome.sentence, change) if part)
        element = ET.SubElement(case, tag, {"message": _legal(outcome.sentence), "type": outcome.alike[0]})
        element.text = _legal(told)
    elif change:
        element = ET.SubElement(case, "failure", {"message": "not as its baseline", "type": "baseline"})
        element.text = _legal(change)


def _legal(text: str) -> str:
    """The text without the characters that XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)
