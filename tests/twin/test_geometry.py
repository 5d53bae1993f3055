from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.geometry import UPRIGHT, is_unit


def test_upright_is_a_unit_quaternion() -> None:
    assert is_unit(UPRIGHT)


@given(st.floats(0.0, 2 * math.pi))
def test_every_turn_about_the_vertical_is_a_unit_quaternion(angle: float) -> None:
    assert is_unit((0.0, 0.0, math.sin(angle / 2), math.cos(angle / 2)))


@pytest.mark.parametrize("length", [0.0, 0.5, 0.998, 1.002, 2.0])
def test_another_length_is_not(length: float) -> None:
    assert not is_unit((0.0, 0.0, 0.0, length))


@pytest.mark.parametrize("length", [0.9991, 1.0009])
def test_rounding_is_forgiven(length: float) -> None:
    assert is_unit((0.0, 0.0, 0.0, length))
