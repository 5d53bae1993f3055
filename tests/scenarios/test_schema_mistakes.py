"""Every mistake of a file is said at once, in line order, where it is, with what was got and expected."""

from __future__ import annotations

import pickle
from pathlib import Path
from textwrap import dedent

import pytest

from scenarios.schema import load_scenario, scenario_from_text
from sim.plan import GeneratedLoad
from tests.scenarios.mistakes import CASES, GOOD
from twin.errors import EXIT_BAD_INPUT, ScenarioError
from twin.mistakes import Mistake, described


def mistakes_of(text: str) -> tuple[Mistake, ...]:
    with pytest.raises(ScenarioError) as caught:
        scenario_from_text(text, "day.yaml")
    return caught.value.mistakes


def changed(*changes: tuple[str, str]) -> str:
    text = GOOD
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} names no one place"
        text = text.replace(old, new)
    return text


def test_a_good_file_has_no_mistakes() -> None:
    assert scenario_from_text(GOOD, "day.yaml").name == "day"


def test_mistakes_are_rendered_as_the_terminal_shows_them() -> None:
    first = Mistake(
        path="morning_rush.yaml",
        line=23,
        column=12,
        length=3,
        key="trailers[3].cases",
        got="-40",
        expected="a whole number 1 to 5000",
        excerpt=((22, "  - id: T-1034"), (23, "    cases: -40")),
    )
    second = Mistake(
        path="morning_rush.yaml",
        line=61,
        column=12,
        length=12,
        key="timeline[0].fault",
        got='"robot_silnet"',
        expected="one of conveyor_jam, link_loss, no_read, robot_silent, seal_loss",
        suggestion="robot_silent",
        excerpt=((61, "    fault: robot_silnet"),),
    )
    error = ScenarioError("morning_rush.yaml", [second, first])
    assert f"error: {error}" == dedent("""\
        error: 2 mistakes in morning_rush.yaml; nothing was run

        morning_rush.yaml:23: trailers[3].cases: got -40, expected a whole number 1 to 5000
          22 |   - id: T-1034
          23 |     cases: -40
             |            ^^^

        morning_rush.yaml:61: timeline[0].fault: got "robot_silnet", expected one of
          conveyor_jam, link_loss, no_read, robot_silent, seal_loss
          61 |     fault: robot_silnet
             |            ^^^^^^^^^^^^ did you mean robot_silent?

        All keys and values: docktwin schema scenario""")
    assert error.exit_status == EXIT_BAD_INPUT


def test_a_real_file_says_the_same() -> None:
    text = changed(("cases: 200", "cases: -40"), ("exception.raised.v1", "exception.risen.v1"))
    with pytest.raises(ScenarioError) as caught:
        scenario_from_text(text, "day.yaml")
    assert str(caught.value) == dedent("""\
        2 mistakes in day.yaml; nothing was run

        day.yaml:13: trailers[1].cases: got -40, expected a whole number 1 to 5000
          11 |   - id: t-2
          13 |     cases: -40
             |            ^^^

        day.yaml:22: expect[1].eventually: got "exception.risen.v1", expected a type of message
          (docktwin schema messages lists them)
          22 |   - eventually: exception.risen.v1
             |                 ^^^^^^^^^^^^^^^^^^ did you mean exception.raised.v1?

        All keys and values: docktwin schema scenario""")


def test_an_error_survives_the_way_between_processes() -> None:
    with pytest.raises(ScenarioError) as caught:
        scenario_from_text("site: 1\n", "day.yaml")
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own bytes
    assert (again.mistakes, str(again)) == (caught.value.mistakes, str(caught.value))


@pytest.mark.parametrize(("changes", "mistake"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_mistake_is_said_once_at_its_place(
    changes: list[tuple[str, str]], mistake: tuple[int, str, str, str | None]
) -> None:
    text = changed(*changes)
    (got,) = mistakes_of(text)
    line, key, words, suggestion = mistake
    assert (got.line, got.key, got.suggestion) == (line, key, suggestion)
    assert words in got.sentence
    assert got.sentence.startswith(f"day.yaml:{line}: {key}")
    if got.length:
        marked = text.splitlines()[line - 1][got.column - 1 :]
        assert got.length <= len(marked) or got.got == "nothing"
        assert got.excerpt[-1] == (line, text.splitlines()[line - 1])


def test_all_mistakes_of_a_file_are_said_in_line_order() -> None:
    text = changed(
        ("id: bos1", "id: B"),
        ("cases: 300", "cases: none"),
        ("arrives: 06:20", "arrives: 05:20"),
        ("conveyor: c1", "conveyor: c7"),
        ("for: 4 min", "for: 4 minutes"),
        ("by: 10:00", "by: noon"),
        ("turnaround_min_p90", "turnaround"),
    )
    assert [mistake.line for mistake in mistakes_of(text)] == [3, 10, 12, 17, 18, 21, 24]


def test_what_follows_from_a_mistake_is_not_blamed() -> None:
    start = mistakes_of(changed(("start: 2026-01-05 06:00", "start: 2026-01-05")))
    assert [mistake.key for mistake in start] == ["start"]
    robots = changed(("robots: 2", "robots: [{id: R1}]"), ("fault: conveyor_jam", "fault: robot_dies"))
    robots = robots.replace("conveyor: c1", "robot: r1")
    assert [mistake.key for mistake in mistakes_of(robots)] == ["site.robots[0].id"]
    renamed = changed(("  - id: t-1", "  - idd: t-1"), ("at: 07:00", "when: {trailer_docked: t-1}"))
    assert [mistake.key for mistake in mistakes_of(renamed)] == ["trailers[0].idd"]


def test_an_anchored_mistake_is_said_once_where_it_stands() -> None:
    text = changed(("cases: 300", "cases: &many -4"), ("cases: 200", "cases: *many"))
    (mistake,) = mistakes_of(text)
    assert (mistake.line, mistake.key) == (10, "trailers[0].cases")


def test_an_anchor_is_used_as_if_it_were_written_again() -> None:
    text = changed(("cases: 300", "cases: &many 250"), ("cases: 200", "cases: *many"))
    loads = [trailer.load for trailer in scenario_from_text(text, "day.yaml").day.trailers]
    assert loads == [GeneratedLoad(generator="columns", cases=250)] * 2


def test_a_long_line_is_shown_around_its_mistake() -> None:
    trailers = ", ".join(f"{{id: t-{n}, arrives: 06:10, cases: {300 if n != 9 else 'many'}}}" for n in range(1, 15))
    head, _, tail = GOOD.partition("trailers:\n")
    (mistake,) = mistakes_of(f"{head}trailers: [{trailers}]\n" + tail[tail.index("timeline") :])
    *_, shown, marks = described(mistake).splitlines()
    assert len(shown) <= 88
    begin = marks.index("^")
    assert shown[begin : begin + marks.count("^")] == "many"


def test_nothing_a_terminal_would_obey_is_shown() -> None:
    for text in (changed(("id: bos1", 'id: "\\e[31m"')), changed(("id: bos1", "id: \u202ebos")), "a: \x1b[31m\n"):
        for mistake in mistakes_of(text):
            assert described(mistake).replace("\n", "").isprintable()


def test_a_file_is_blamed_before_it_is_parsed(tmp_path: Path) -> None:
    path = tmp_path / "day.yaml"
    for raw, words in (
        (b"# ok\n\xff\n", "day.yaml:2: got the byte 0xff"),
        (b"#" * 300_000, "got more than 262,144 bytes"),
    ):
        path.write_bytes(raw)
        with pytest.raises(ScenarioError) as caught:
            load_scenario(path)
        assert words in caught.value.mistakes[0].sentence
