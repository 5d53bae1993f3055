"""KPIs against reviewed baselines: what counts as a change, and what the files hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.baselines import (
    Comparison,
    as_text,
    compare,
    file_of,
    read_baseline,
    read_baselines,
    unused_in,
    updated,
    write_baseline,
)
from scenarios.kpis import KPIS, TOLERANCES, compute
from scenarios.tolerance import EXACT, Tolerance, tolerance_of
from twin.errors import BadInputError, ConfigError


def a_run(**kpis: float | None) -> dict[str, Any]:
    """The object of a verdict; KPIs that are not given are 100."""
    values = {kpi.name: 100.0 for kpi in KPIS} | kpis
    return {"scenario": "small_day", "seed": 7, "fidelity": "case", "digest": "9f3c", "kpis": values}


def against(before: dict[str, Any], **kpis: float | None) -> Comparison:
    return compare(updated(None, before), a_run(**kpis))


def test_a_run_is_as_its_own_baseline() -> None:
    comparison = against(a_run())
    assert (comparison.word, comparison.holds, comparison.changes) == ("same", True, ())


@pytest.mark.parametrize(
    ("kpi", "was", "now", "word"),
    [
        ("cases_received", 300, 299, "beyond"),
        ("exceptions_raised", 3, 4, "beyond"),
        ("turnaround_min_p50", 100.0, 102.0, "within"),
        ("turnaround_min_p50", 100.0, 98.0, "within"),
        ("turnaround_min_p50", 100.0, 102.1, "beyond"),
        ("turnaround_min_p50", 100.0, 97.9, "beyond"),
        ("robot_utilisation", 0.05, 0.06, "within"),
        ("robot_utilisation", 0.05, 0.061, "beyond"),
        ("detention_h", 0.0, 0.001, "beyond"),
        ("recovery_min_max", None, 2.0, "beyond"),
        ("recovery_min_max", 2.0, None, "beyond"),
        ("recovery_min_max", None, None, "same"),
    ],
)
def test_a_count_is_exact_a_rate_or_span_relative_and_a_share_absolute(
    kpi: str, was: float | None, now: float | None, word: str
) -> None:
    assert against(a_run(**{kpi: was}), **{kpi: now}).word == word


def test_every_unit_has_a_tolerance_and_every_count_is_exact() -> None:
    assert {kpi.unit for kpi in KPIS} == set(TOLERANCES)
    assert all(TOLERANCES[unit] == EXACT for unit in ("cases", "trailers", "exceptions"))


def test_what_is_rounded_away_in_the_file_is_no_change() -> None:
    assert against(a_run(turnaround_min_p50=100 / 3), turnaround_min_p50=100 / 3).word == "same"
    assert against(a_run(cases_received=300), cases_received=300.0).word == "same"


def test_other_messages_alone_are_told_and_do_not_fail() -> None:
    comparison = compare(updated(None, a_run()), {**a_run(), "digest": "77ab"})
    assert (comparison.holds, comparison.is_other_digest) == (True, True)


def test_a_scenario_without_a_baseline_does_not_hold() -> None:
    comparison = compare(None, a_run())
    assert (comparison.word, comparison.holds) == ("absent", False)


@pytest.mark.parametrize(("what", "value"), [("seed", 8), ("fidelity", "trailer")])
def test_a_run_of_another_seed_or_fidelity_is_not_compared(what: str, value: object) -> None:
    comparison = compare(updated(None, a_run()), {**a_run(), what: value})
    assert (comparison.word, comparison.holds, comparison.changes) == ("of_another_run", False, ())
    assert comparison.detail.startswith(f"the baseline is of {what} ")


def test_a_kpi_that_the_baseline_does_not_know_is_new_and_one_that_we_do_not_is_gone() -> None:
    baseline = updated(None, a_run())
    kpis = {("cases_lifted" if name == "cases_manual" else name): it for name, it in baseline.kpis.items()}
    comparison = compare(type(baseline)(**{**_fields(baseline), "kpis": kpis}), a_run())
    assert [(c.kpi, c.verdict) for c in comparison.changes] == [("cases_manual", "new"), ("cases_lifted", "gone")]
    assert [c.kpi for c in comparison.beyond] == ["cases_manual", "cases_lifted"]
    assert not comparison.holds


def test_a_baseline_that_has_lost_its_kpis_does_not_hold() -> None:
    stripped = type(updated(None, a_run()))(**{**_fields(updated(None, a_run())), "kpis": {}})
    comparison = compare(stripped, a_run())
    assert (comparison.word, comparison.holds, len(comparison.beyond)) == ("beyond", False, len(KPIS))


def test_baselines_of_which_nothing_was_run_are_named(tmp_path: Path) -> None:
    for name in ("small_day", "long_day", "late_day"):
        (tmp_path / f"{name}.json").touch()
    assert unused_in(tmp_path, ["small_day", "new_day"]) == ["late_day", "long_day"]
    assert unused_in(tmp_path / "none", []) == []


def _fields(struct: Any) -> dict[str, Any]:  # noqa: ANN401 - any struct
    return {name: getattr(struct, name) for name in struct.__struct_fields__}


# -- files -----------------------------------------------------------------------------------------------------------


def test_a_file_has_one_line_a_kpi_in_the_order_of_the_documentation() -> None:
    lines = as_text(updated(None, a_run(cases_received=4860, turnaround_min_p50=73.2456789012))).splitlines()
    assert lines[:5] == [
        "{",
        '  "scenario": "small_day",',
        '  "seed": 7,',
        '  "fidelity": "case",',
        '  "digest": "9f3c",',
    ]
    assert '    "cases_received": {"value": 4860, "tolerance": 0},' in lines
    assert '    "turnaround_min_p50": {"value": 73.245679, "tolerance": "2 %"},' in lines
    assert [line.split('"')[1] for line in lines[6:-2]] == [kpi.name for kpi in KPIS]


def test_what_is_written_reads_back_and_is_written_once(tmp_path: Path) -> None:
    baseline = updated(None, a_run(recovery_min_max=None))
    assert write_baseline(tmp_path / "new", baseline)
    assert not write_baseline(tmp_path / "new", baseline)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["small_day.json"]
    read = read_baseline(file_of(tmp_path / "new", "small_day"))
    assert read == baseline
    assert compare(read, a_run(recovery_min_max=None)).word == "same"


def test_an_update_keeps_the_tolerances_a_person_has_set(tmp_path: Path) -> None:
    write_baseline(tmp_path, updated(None, a_run()))
    path = file_of(tmp_path, "small_day")
    text = path.read_text().replace(
        '"cases_short": {"value": 100, "tolerance": 0}', '"cases_short": {"value": 100, "tolerance": "7.5 %"}'
    )
    path.write_text(text)
    again = updated(read_baseline(path), a_run(cases_short=250.0))
    assert '"cases_short": {"value": 250, "tolerance": "7.5 %"}' in as_text(again)
    assert as_text(again) == text.replace('"cases_short": {"value": 100', '"cases_short": {"value": 250')


@given(st.dictionaries(st.sampled_from([kpi.name for kpi in KPIS]), st.none() | st.floats(-1e9, 1e9)))
def test_any_figures_survive_their_file(values: dict[str, float | None]) -> None:
    run = a_run(**values)
    assert compare(updated(None, run), run).word == "same"


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        (
            '"tolerance": 0}',
            '"tolerance": "two"}',
            "kpis.cases_announced.tolerance: got 'two', expected a share as \"2 %\"",
        ),
        ('"tolerance": 0}', '"tolerance": -1}', "kpis.cases_announced.tolerance: got -1"),
        ('"value": 100', '"value": "x"', "Expected `float | null`"),
        ('"seed": 7', '"seeed": 7', "unknown field `seeed`"),
        ("{", "", "got no baseline"),
        ("small_day", "large_day", 'got a baseline of "large_day", expected one of "small_day"'),
    ],
)
def test_a_file_that_is_no_baseline_is_blamed_with_its_place(tmp_path: Path, was: str, becomes: str, said: str) -> None:
    write_baseline(tmp_path, updated(None, a_run()))
    path = file_of(tmp_path, "small_day")
    path.write_text(path.read_text().replace(was, becomes, 1))
    with pytest.raises(BadInputError) as caught:
        read_baseline(path)
    assert said in caught.value.message
    assert str(path) in caught.value.message


def test_a_folder_that_is_not_there_is_bad_input_unless_it_will_be_written(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="got no such folder"):
        read_baselines(tmp_path / "no", ["small_day"], may_be_new=False)
    assert read_baselines(tmp_path / "no", ["small_day"], may_be_new=True) == {}
    (tmp_path / "file").touch()
    with pytest.raises(BadInputError, match="got a file, expected a folder"):
        read_baselines(tmp_path / "file", ["small_day"], may_be_new=True)


def test_a_folder_that_cannot_be_written_is_said_in_our_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="the baseline cannot be written"):
        write_baseline(tmp_path / "file" / "below", updated(None, a_run()))


# -- tolerances ------------------------------------------------------------------------------------------------------


@given(st.floats(0, 1e6).filter(lambda number: number == 0 or number > 1e-6))
def test_a_number_is_a_tolerance_as_it_is_written(number: float) -> None:
    assert tolerance_of(tolerance_of(number).as_written()) == Tolerance(absolute=number)


@pytest.mark.parametrize("written", ["2%", "two %", "-1 %", "", -0.1, float("nan"), float("inf")])
def test_what_is_no_tolerance_is_refused(written: str | float) -> None:
    with pytest.raises(ValueError, match="expected a share"):
        tolerance_of(written)


def test_a_quiet_day_has_a_baseline_too() -> None:
    run = {**a_run(), "kpis": compute([])}
    assert compare(updated(None, run), run).word == "same"
