from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from scenarios.conformance import RULES, offences
from scenarios.drivers import run_scenario
from scenarios.schema import load_scenario
from twin.clock import US_PER_S, format_time, parse_time
from twin.messages.envelope import Command, Message
from twin.messages.exception import ExceptionRaised, ExceptionResolved
from twin.messages.robot import AssignOrder
from twin.participant import Delivery


@pytest.fixture(scope="module")
def log() -> list[Delivery]:
    """A day with an emergency stop: questions, answers, orders, plans."""
    return run_scenario(load_scenario("emergency_stop_and_reset")).deliveries


def codes(log: list[Delivery]) -> set[str]:
    return {violation.code for violation in offences(log)}


def with_other(log: list[Delivery], n: int, **changed: Any) -> list[Delivery]:  # noqa: ANN401 - fields of any message
    at_us, message = log[n]
    return [*log[:n], Delivery(at_us, replace(message, **changed)), *log[n + 1 :]]


def nth(log: list[Delivery], kind: type[Message], nth: int = 0) -> int:
    """Where the nth message of a kind by the backend is."""
    return [n for n, (_, it) in enumerate(log) if isinstance(it, kind) and "backend" in it.source][nth]


def test_the_backend_keeps_the_contract(log: list[Delivery]) -> None:
    assert offences(log) == []


def test_a_command_is_not_sent_when_it_has_expired(log: list[Delivery]) -> None:
    n = nth(log, Command, 3)
    late_us = parse_time(log[n].message.data.expires_at)
    assert codes([*log[:n], Delivery(late_us, log[n].message), *log[n + 1 :]]) == {"sent_expired"}
    assert codes([*log[:n], Delivery(late_us - 1, log[n].message), *log[n + 1 :]]) == set()


def test_a_command_is_not_sent_twice_within_a_second(log: list[Delivery]) -> None:
    n = nth(log, Command)
    at_us, message = log[n]
    assert codes([*log[: n + 1], Delivery(at_us + US_PER_S - 1, message), *log[n + 1 :]]) == {"sent_again_at_once"}
    assert codes([*log[: n + 1], Delivery(at_us + US_PER_S, message), *log[n + 1 :]]) == set()


def test_an_action_is_said_anew_only_when_what_was_said_of_it_has_expired(log: list[Delivery]) -> None:
    n = nth(log, AssignOrder)
    command = log[n].message
    anew = replace(command, id=f"{command.id}0", seq=command.seq + 1)
    until_us = parse_time(command.data.expires_at)
    assert "anew_too_soon" in codes([*log[: n + 1], Delivery(until_us - 1, anew)])
    later = replace(anew, data=replace(command.data, expires_at=format_time(until_us + US_PER_S)))
    assert "anew_too_soon" not in codes([*log[: n + 1], Delivery(until_us, later)])
    risen = replace(anew, data=replace(command.data, epoch=command.data.epoch + 1))
    assert "anew_too_soon" not in codes([*log[: n + 1], Delivery(until_us - 1, risen)])


def test_what_is_sent_again_is_the_same(log: list[Delivery]) -> None:
    n = nth(log, Command)
    at_us = log[n].at_us
    other = with_other(log, n, time=format_time(at_us + 1))[n].message
    assert codes([*log[: n + 1], Delivery(at_us + 2 * US_PER_S, other), *log[n + 1 :]]) == {"said_otherwise"}


def test_a_cause_has_been_heard_and_has_to_do_with_what_it_caused(log: list[Delivery]) -> None:
    n = nth(log, ExceptionRaised)
    assert codes(with_other(log, n, causationid="bos1/robot/r1:9:event:9")) == {"cause_unheard"}
    stranger = next(it for _, it in log if it.source == "/bos1/robot/r2")
    assert log[n].message.data.entity == "robot/r1"
    assert codes(with_other(log, n, causationid=stranger.id)) == {"cause_unrelated"}


def test_numbers_follow_one_another(log: list[Delivery]) -> None:
    n = nth(log, ExceptionRaised)
    assert "number_skipped" in codes(with_other(log, n, seq=log[n].message.seq + 1))


def test_an_epoch_never_falls(log: list[Delivery]) -> None:
    n = nth(log, Command)
    assert codes(with_other(log, n, data=replace(log[n].message.data, epoch=2))) == {"epoch_fell"}


def test_an_exception_is_raised_once_and_then_told_of_until_it_is_resolved_once(log: list[Delivery]) -> None:
    raised = nth(log, ExceptionRaised)
    assert "exception_story" in codes(log[:raised] + log[raised + 1 :])
    resolved = nth(log, ExceptionResolved)
    again = with_other(log, resolved, id="bos1/backend/other:1:event:1", seq=1, source="/bos1/backend/other")[resolved]
    assert codes([*log[: resolved + 1], again, *log[resolved + 1 :]]) == {"exception_story"}


def test_the_page_has_each_rule_and_no_other() -> None:
    page = (Path(__file__).parents[2] / "docs" / "invariants.md").read_text("utf-8")
    section = page.partition("## What the backend says\n")[2].partition("\n## ")[0]
    assert dict(re.findall(r"^\| `([a-z_]+)` \| (.+) \|$", section, re.MULTILINE)) == RULES
