"""The audit finds every impossible load, and nothing in a sound one."""

from __future__ import annotations

import math

import msgspec
import pytest

from sim.load.audit import Defect, audit
from sim.load.generators import bricks
from sim.load.goods import draw_goods
from sim.load.load import LabelFault, Load, LoadedCase, ManifestLine, Unplaced, Vector
from twin.rng import Draws

INTERIOR_M = (12.0, 2.4, 2.4)
SIZE_M = (0.6, 0.4, 0.3)


def case(name: str, center_m: Vector, *, size_m: Vector = SIZE_M, wrap: str = "") -> LoadedCase:
    return LoadedCase(
        case_id=name,
        size_m=size_m,
        weight_kg=10.0,
        manifest_line=None,
        sku="sku",
        label="label",
        fault=LabelFault.NONE,
        center_m=center_m,
        wrap=wrap,
    )


def load(*cases: LoadedCase) -> Load:
    return Load(trailer_id="t-1", interior_m=INTERIOR_M, manifest=(), cases=cases)


def found(subject: Load) -> list[tuple[Defect, tuple[str, ...]]]:
    return [(finding.defect, finding.subjects) for finding in audit(subject)]


def test_a_sound_stack_has_no_finding() -> None:
    assert found(load(case("a", (5.0, 0.0, 0.15)), case("b", (5.0, 0.0, 0.45)))) == []


def test_an_empty_trailer_has_no_finding() -> None:
    assert found(load()) == []


@pytest.mark.parametrize("shift_m", [(0.5999, 0.0), (0.0, 0.3998)])
def test_cases_that_share_more_than_the_tolerance_overlap(shift_m: tuple[float, float]) -> None:
    beside = case("b", (5.0 + shift_m[0] - 0.0001, shift_m[1], 0.15))
    assert found(load(case("a", (5.0, 0.0, 0.15)), beside)) == [(Defect.OVERLAPS, ("a", "b"))]


def test_cases_that_share_less_than_the_tolerance_touch() -> None:
    assert found(load(case("a", (5.0, 0.0, 0.15)), case("b", (5.59995, 0.0, 0.15)))) == []


def test_a_case_inside_a_larger_one_overlaps_though_another_lies_between_them_along_the_trailer() -> None:
    long = case("long", (5.0, 0.0, 0.15), size_m=(4.0, 0.4, 0.3))
    between = case("between", (3.5, 1.0, 0.15))
    inside = case("inside", (6.5, 0.0, 0.15))
    assert found(load(long, between, inside)) == [(Defect.OVERLAPS, ("long", "inside"))]


@pytest.mark.parametrize(
    "center_m",
    [(0.29, 0.0, 0.15), (11.71, 0.0, 0.15), (5.0, 1.01, 0.15), (5.0, -1.01, 0.15), (math.nan, 0.0, 0.15)],
)
def test_a_case_through_a_wall_sticks_out(center_m: Vector) -> None:
    assert (Defect.STICKS_OUT, ("a",)) in found(load(case("a", center_m)))


def test_a_stack_through_the_ceiling_sticks_out() -> None:
    stack = [case(f"c{layer}", (5.0, 0.0, 0.15 + 0.3 * layer)) for layer in range(9)]
    assert found(load(*stack)) == [(Defect.STICKS_OUT, ("c8",))]


def test_a_case_on_nothing_floats() -> None:
    assert found(load(case("a", (5.0, 0.0, 0.15)), case("b", (5.0, 0.0, 0.46)))) == [(Defect.FLOATS, ("b",))]


def test_a_wrapped_case_is_not_asked_what_carries_it() -> None:
    assert found(load(case("a", (5.0, 0.0, 0.15)), case("b", (5.0, 0.0, 0.46), wrap="pallet-1"))) == []


def test_a_case_whose_middle_is_beyond_what_carries_it_floats() -> None:
    assert found(load(case("a", (5.0, 0.0, 0.15)), case("b", (5.31, 0.0, 0.45)))) == [(Defect.FLOATS, ("b",))]
    assert found(load(case("a", (5.0, 0.0, 0.15)), case("b", (5.29, 0.0, 0.45)))) == []


def test_a_bridge_on_two_narrow_ends_is_supported() -> None:
    ends = [case("a", (5.0, 0.0, 0.15)), case("b", (6.0, 0.0, 0.15))]
    assert found(load(*ends, case("bridge", (5.5, 0.0, 0.45)))) == []


def test_a_forgotten_case_of_a_line_is_miscounted() -> None:
    goods = draw_goods(Draws(1), trailer_id="t-1", cases=40)
    sound = bricks(goods)
    lost = sound.cases[7]
    short = msgspec.structs.replace(sound, cases=tuple(c for c in sound.cases if c is not lost))
    assert audit(sound) == ()
    assert (Defect.MISCOUNTED, (lost.manifest_line,)) in found(short)


def test_a_reported_case_counts_as_given() -> None:
    line = ManifestLine(line_id="l1", po_id="p", sku="sku", label="x", quantity=1, size_m=SIZE_M, weight_kg=10.0)
    left_over = Unplaced(case=msgspec.structs.replace(case("a", (5.0, 0.0, 0.15)), manifest_line="l1"), reason="full")
    subject = Load(trailer_id="t-1", interior_m=INTERIOR_M, manifest=(line,), cases=(), unplaced=(left_over,))
    assert audit(subject) == ()
    assert found(msgspec.structs.replace(subject, unplaced=())) == [(Defect.MISCOUNTED, ("l1",))]


def test_one_id_for_two_cases_is_found() -> None:
    assert found(load(case("a", (5.0, 0.0, 0.15)), case("a", (8.0, 0.0, 0.15)))) == [(Defect.TWICE, ("a",))]
