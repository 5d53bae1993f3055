from __future__ import annotations

import pytest

from twin.robot_states import STATES, TRANSITIONS, WORKING, is_allowed

INSIDE_TRAILER = WORKING - {"TRAVELLING"}
"""States in which a robot is in a trailer or on its threshold."""


def reachable_from(start: str) -> set[str]:
    found, waiting = {start}, [start]
    while waiting:
        new = TRANSITIONS[waiting.pop()] - found
        found |= new
        waiting += new
    return found


def test_the_table_has_every_state_and_leads_to_states_only() -> None:
    assert set(TRANSITIONS) == STATES
    assert set().union(*TRANSITIONS.values()) <= STATES


def test_there_are_nineteen_states() -> None:
    assert len(STATES) == 19


@pytest.mark.parametrize("state", sorted(STATES))
def test_every_state_can_be_reached_from_off_and_leads_back_to_idle(state: str) -> None:
    assert state in reachable_from("OFFLINE")
    assert "IDLE" in reachable_from(state)


@pytest.mark.parametrize("state", sorted(STATES))
def test_power_can_be_lost_in_any_state(state: str) -> None:
    assert is_allowed(state, "OFFLINE")


@pytest.mark.parametrize("state", sorted(STATES))
def test_to_stay_is_always_allowed(state: str) -> None:
    assert is_allowed(state, state)


def test_a_robot_starts_up_before_it_does_anything() -> None:
    assert TRANSITIONS["OFFLINE"] == {"STARTUP"}
    assert not TRANSITIONS["STARTUP"] & WORKING


def test_a_robot_enters_a_trailer_only_by_travelling_there() -> None:
    outside = STATES - INSIDE_TRAILER - {"PAUSED", "PROTECTIVE_STOP", "FAULT"}
    ways_in = {(before, after) for before in outside for after in TRANSITIONS[before] & INSIDE_TRAILER}
    assert ways_in == {("TRAVELLING", "ENTERING")}


def test_a_robot_leaves_a_trailer_only_by_exiting_or_being_taken_out() -> None:
    ways_out = {(before, "IDLE") for before in INSIDE_TRAILER if "IDLE" in TRANSITIONS[before]}
    assert ways_out == {("EXITING", "IDLE")}


def test_an_emergency_stop_never_leads_straight_back_to_work() -> None:
    assert not TRANSITIONS["EMERGENCY_STOP"] & WORKING
