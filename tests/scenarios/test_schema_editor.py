"""What editors are told is what the judge does: one set of declarations makes both."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from scenarios.language.source import Source, composed, resolved
from scenarios.schema import json_schema, library, scenario_from_text
from tests.scenarios.days import WHOLE
from twin.errors import ScenarioError

VALIDATOR = Draft202012Validator(json_schema())
LIBRARY = {entry.name: entry.path.read_text("utf-8") for entry in library()}
TEXTS = {**LIBRARY, "whole": WHOLE}


def as_json(node: Node) -> object:
    """A file as an editor sees it."""
    if isinstance(node, MappingNode):
        return {key.value: as_json(value) for key, value in node.value}
    if isinstance(node, SequenceNode):
        return [as_json(item) for item in node.value]
    assert isinstance(node, ScalarNode)
    return resolved(node)


def editor_refuses(text: str) -> bool:
    return not VALIDATOR.is_valid(as_json(composed(Source("day.yaml", text))))


def judge_refuses(text: str) -> bool:
    try:
        scenario_from_text(text, "day.yaml")
    except ScenarioError:
        return True
    return False


def test_the_schema_is_a_schema_and_says_what_every_key_means() -> None:
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    for section in (schema, *schema["$defs"].values()):
        assert section["description"]
        for key, described in section["properties"].items():
            assert described["description"].endswith("."), key


@pytest.mark.parametrize("name", TEXTS)
def test_an_editor_has_nothing_against_what_the_judge_takes(name: str) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(as_json(composed(Source(name, TEXTS[name]))))] == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("cases: 300", "cases: 0"),
        ("cases: 300", "casses: 300"),
        ("cases: 300", "cases: 300\n    orders: all"),
        ("    cases: 300\n", ""),
        ("cases: 300", "cases: 300\n    mean_gap: 1 s"),
        ("  doors: 1", "  doors: none"),
        ("  doors: 1\n", ""),
        ("start: 2026-01-05 06:00", "start: 06:00"),
        ("appointment: 06:10", "appointment: 6:10"),
        ("due: 08:10", "due: 08:10\n    free_time: 1 h"),
        ("due: 08:10", "due: 08:10\n    notice: 10"),
        ("due: 08:10", "due: 08:10\n    notice: 10 minutes"),
        ("expect:", "timeline: [{at: 07:00, fault: robot_silent, robot: r1}]\nexpect:"),
        ("expect:", "timeline: [{at: 07:00, fault: robot_dies, robot: r1, conveyor: c1}]\nexpect:"),
        ("expect:", "timeline: [{fault: robot_dies, robot: r1}]\nexpect:"),
        ("expect:", "timeline: [{at: 07:00, fault: robot_died, robot: r1}]\nexpect:"),
        ("expect:", "lateness: {distribution: normal, mean: 1 s}\nexpect:"),
        ("expect:", "timeline: [{at: 07:00, fault: clock_off, robot: r1}]\nexpect:"),
        ("expect:", "timeline: [{at: 07:00, fault: backend_restarts, for: 1 s}]\nexpect:"),
        ("expect:", "faults: [{fault: backend_restarts, per_hour: 1}]\nexpect:"),
        ("expect:", "faults: [{fault: grip_fails, robot: each}]\nexpect:"),
        ("expect:", "lateness: {distribution: empirical, values: []}\nexpect:"),
        ("  robots: 1\n", "  robots: 1\n  sorter: 2400\n"),
        ("  robots: 1\n", "  robots: [{id: r1, size_max: [1 m, 1 m]}]\n"),
        ("  robots: 1\n", "  robots: [{id: r1, charging: 1 h}]\n"),
        ("{remote: 1, floor: 1}", "{people: [{id: ana, role: boss}]}"),
        ("{remote: 1, floor: 1}", "{people: [{id: ana, role: floor, robots: 3}]}"),
        ("{remote: 1, floor: 1}", "{people: [{id: ana, role: floor, skills: [juggling]}]}"),
        ("{remote: 1, floor: 1}", "{people: [{id: ana, role: floor, shifts: [{from: 06:00}]}]}"),
        ("cases: 300", "cases: 300\n    rates: [{from: 06:00, per_hour: 2}]"),
        ("every_case: [received, damaged]", "every_case: [recieved]"),
        ("kpi: cases_received", "kpi: cases_got"),
        ("    at_least: 295\n", ""),
        ("never: conveyor.jammed.v1", "never: conveyor.jammed"),
    ],
)
def test_an_editor_marks_what_the_judge_would_blame(old: str, new: str) -> None:
    text = LIBRARY["first_truck"]
    assert text.count(old) == 1
    assert judge_refuses(text.replace(old, new))
    assert editor_refuses(text.replace(old, new))


_VALUES = [
    "0",
    "1",
    "-1",
    "2 %",
    "0.5",
    "4 min",
    "-4 min",
    "250 ms",
    "06:30",
    "2026-01-06 06:30",
    "all",
    "true",
    "r1",
    "7",
]
_VALUES += [
    "[]",
    "{}",
    "[received]",
    "null",
    "'7'",
    "1e3",
    "0x10",
    "bricks",
    "3.5 m",
    "+01:00",
    "exception.raised.v1",
    "t-1",
    "2400 /h",
    "27.2 kg",
    "each",
    "robot/each",
    "lognormal",
    "floor",
]


@settings(max_examples=500)
@given(st.data())
def test_an_editor_marks_nothing_in_a_file_that_the_judge_takes(data: st.DataObject) -> None:
    """Any scalar of the library replaced by another value: where the result is a scenario, the editor agrees."""
    text = data.draw(st.sampled_from(sorted(LIBRARY.values())) | st.just(WHOLE))
    nodes = _scalars(composed(Source("day.yaml", text)))
    node = data.draw(st.sampled_from(nodes))
    changed = text[: node.start_mark.index] + data.draw(st.sampled_from(_VALUES)) + text[node.end_mark.index :]
    if not judge_refuses(changed):
        assert not editor_refuses(changed), changed


def _scalars(node: Node) -> list[ScalarNode]:
    if isinstance(node, MappingNode):
        return [scalar for _, value in node.value for scalar in _scalars(value)]
    if isinstance(node, SequenceNode):
        return [scalar for item in node.value for scalar in _scalars(item)]
    assert isinstance(node, ScalarNode)
    return [node]
