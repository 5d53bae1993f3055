"""YAML as 1.2 has it, within bounds, and whatever the bytes: a scenario or our own error."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.language.source import DEPTH_MAX, NODES_MAX, Scalar, Source, composed, resolved
from scenarios.schema import library, scenario_from_text
from twin.clock import SystemClock
from twin.errors import ScenarioError


def value_of(text: str) -> Scalar:
    ((_, value),) = composed(Source("a.yaml", f"a: {text}\n")).value
    return resolved(value)


def sentence_of(text: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        composed(Source("a.yaml", text))
    return caught.value.mistakes[0].sentence


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("06:00:00", "06:00:00"),
        ("1:30", "1:30"),
        ("no", "no"),
        ("on", "on"),
        ("true", True),
        ("FALSE", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("010", 10),
        ("0o10", 8),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("0b1", "0b1"),
        ("+7", 7),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("1.", 1.0),
        (".inf", math.inf),
        ("'7'", "7"),
        ('"true"', "true"),
        ("2026-01-05", "2026-01-05"),
        ("=", "="),
        ("<<", "<<"),
    ],
)
def test_scalars_mean_what_the_core_schema_of_yaml_1_2_says(text: str, value: Scalar) -> None:
    got = value_of(text)
    assert (got, type(got)) == (value, type(value))


def test_a_number_of_a_thousand_digits_is_a_text_and_not_a_crash() -> None:
    assert value_of("9" * 5000) == "9" * 5000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "got an empty file"),
        ("# only a comment\n", "got an empty file"),
        ("{}", "got a mapping"),
        ("- a\n", "got a list"),
        ("7\n", "got 7"),
        ("a:\n\tb: 1\n", "a.yaml:2: got a tab, expected spaces"),
        ("a: 1\n---\nb: 1\n", "a.yaml:2: got a second document"),
        ("a: [1\nb: 2\n", "a.yaml:2: got no YAML"),
        ("a: *b\n", "undefined alias"),
        ("a: 'b\n", "got no YAML"),
        ("a: !!python/name:os.system x\n", "got the tag"),
        ("a: ! x\nb: !x y\n", "a.yaml:2: got the tag !x, expected no tag"),
        ("a: \x07\n", "a.yaml:1: got the control character 0x07"),
        ("a: &b [*b]\n", "got an alias inside its own anchor"),
        ("a: &b {c: *b}\n", "got an alias inside its own anchor"),
        ("[" * 5000, f"got nesting deeper than {DEPTH_MAX}"),
        ("a: " + "{b: " * 5000, f"got nesting deeper than {DEPTH_MAX}"),
        ("- " * 5000, f"got nesting deeper than {DEPTH_MAX}"),
    ],
)
def test_what_is_no_scenario_at_all_is_refused_in_words(text: str, words: str) -> None:
    assert words in sentence_of(text)


def test_a_billion_laughs_are_cut_short() -> None:
    lines = ["a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    began_us = SystemClock().steady_us()
    assert f"got more than {NODES_MAX:,} values" in sentence_of("\n".join(lines))
    assert SystemClock().steady_us() - began_us < 5_000_000


def test_aliases_of_large_values_count_in_full_on_every_use() -> None:
    item = "{" + ", ".join(f"k{n}: {n}" for n in range(1000)) + "}"
    uses = NODES_MAX // 2000
    composed(Source("a.yaml", f"a: &a {item}\nb: [{', '.join(['*a'] * (uses - 2))}]\n"))
    assert "got more than" in sentence_of(f"a: &a {item}\nb: [{', '.join(['*a'] * (uses + 1))}]\n")


def _texts() -> list[str]:
    return [entry.path.read_text("utf-8") for entry in library()]


_SPLICES = [
    "",
    " ",
    "\n",
    ": ",
    "- ",
    "\t",
    "[",
    "{",
    "]",
    "*a",
    "&a ",
    "!!",
    "'",
    '"',
    "#",
    "0",
    "-1",
    "1e9",
    "null",
    "\0",
    "é",
]


@settings(max_examples=400)
@given(st.data())
def test_a_file_however_broken_gives_a_scenario_or_mistakes_in_words(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(_texts()))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 12))
        text = text[:at] + data.draw(st.sampled_from(_SPLICES)) + text[at + cut :]
    _reads_or_refuses(text)


@settings(max_examples=200)
@given(st.data())
def test_lines_swapped_and_doubled_do_no_worse(data: st.DataObject) -> None:
    lines = data.draw(st.sampled_from(_texts())).splitlines()
    for _ in range(data.draw(st.integers(1, 3))):
        taken, put = (data.draw(st.integers(0, len(lines) - 1)) for _ in range(2))
        lines.insert(put, lines[taken] if data.draw(st.booleans()) else lines.pop(taken))
    _reads_or_refuses("\n".join(lines))


@settings(max_examples=200)
@given(st.text(max_size=200))
def test_any_text_at_all_is_read_or_refused(text: str) -> None:
    _reads_or_refuses(text)


def _reads_or_refuses(text: str) -> None:
    error = _refusal(text)
    if error is not None:
        assert error.mistakes
        assert str(error).startswith(f"{len(error.mistakes)} mistake")
        lines = [mistake.line for mistake in error.mistakes]
        assert lines == sorted(lines)


def _refusal(text: str) -> ScenarioError | None:
    try:
        scenario_from_text(text, "day.yaml")
    except ScenarioError as error:
        return error
    return None
