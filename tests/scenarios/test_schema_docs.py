"""docs/write-a-scenario.md: its snippets load, its tables are those of the declarations."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import pytest

from scenarios.language.grammar.faults import FAULTS
from scenarios.language.reference import reference_markdown
from scenarios.language.source import Source, composed
from scenarios.schema import load_scenario, scenario_from_text
from tests.scenarios.mistakes import GOOD
from twin.errors import ScenarioError

TOP = Path(__file__).resolve().parents[2]
PAGE = (TOP / "docs" / "write-a-scenario.md").read_text("utf-8")
EXAMPLE = TOP / "docs" / "examples" / "late_truck.yaml"
FIRST, *SNIPPETS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def sections_of(text: str) -> dict[str, str]:
    """The text of each top-level key, comments above it left behind."""
    root = composed(Source("page", text))
    starts = [(key.value, key.start_mark.index) for key, _ in root.value]
    ends = [start for _, start in starts[1:]] + [len(text)]
    return {key: text[start:end] for (key, start), end in zip(starts, ends, strict=True)}


def test_the_first_scenario_loads_and_is_the_file_that_the_commands_name() -> None:
    assert EXAMPLE.read_text("utf-8") == FIRST
    assert (
        load_scenario(EXAMPLE).story == "A truck comes late, a conveyor jams, and still it leaves within its free time."
    )


@pytest.mark.parametrize("number", range(len(SNIPPETS)))
def test_a_snippet_put_into_the_first_scenario_loads(number: int) -> None:
    text = "".join({**sections_of(FIRST), **sections_of(SNIPPETS[number])}.values())
    assert scenario_from_text(text, "day.yaml").day.trailers


def test_there_are_snippets_of_trailers_faults_and_expectations() -> None:
    keys = {key for snippet in SNIPPETS for key in sections_of(snippet)}
    assert {"site", "trailers", "timeline", "faults", "expect", "lateness", "measure", "service"} <= keys


def test_the_reference_is_that_of_the_declarations() -> None:
    assert PAGE.endswith(reference_markdown() + "\n"), "write reference_markdown() after the text of ## Reference"


def test_the_table_of_faults_has_every_fault_and_what_it_takes() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| .*? \| (.*\|.*) \|$", PAGE.partition("## Reference")[0], re.MULTILINE))
    for fault, takes in FAULTS.items():
        needs, _, may_have = rows[fault].partition("|")
        assert tuple(key for key in re.findall(r"`(\w+)`", needs) if key != "all") == takes.needs
        assert tuple(re.findall(r"`(\w+)`", may_have)) == takes.may_have


def test_the_mistakes_it_shows_are_the_mistakes_that_are_told() -> None:
    shown = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)[0]
    text = GOOD.replace("cases: 200", "cases: -40").replace("exception.raised.v1", "exception.risen.v1")
    with pytest.raises(ScenarioError) as caught:
        scenario_from_text(text, "day.yaml")
    assert f"error: {caught.value}\n" == dedent(shown)
