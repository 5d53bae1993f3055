from __future__ import annotations

from twin.messages.robot import PreviousBoot
from twin.robot import BootCounter


def test_the_first_boot_has_none_before_it() -> None:
    assert (BootCounter().boot, BootCounter().previous) == (1, None)


def test_a_restart_says_where_the_boot_before_ended() -> None:
    boots = BootCounter()
    boots.restart({"event": 12, "reply": 3, "state": 40})
    assert boots.boot == 2
    assert boots.previous == PreviousBoot(boot=1, last_event_seq=12, last_reply_seq=3)


def test_a_boot_that_said_nothing_ended_at_zero() -> None:
    boots = BootCounter(boot=7)
    boots.restart({})
    assert boots.previous == PreviousBoot(boot=7, last_event_seq=0, last_reply_seq=0)


def test_counting_goes_on_from_what_was_kept() -> None:
    before = BootCounter(boot=3)
    before.restart({"event": 1})
    after = BootCounter(boot=before.boot, previous=before.previous)
    assert (after.boot, after.previous) == (4, before.previous)


def test_a_boot_is_numbered_above_one_that_something_else_has_claimed() -> None:
    boots = BootCounter(boot=4)
    boots.restart({"event": 9}, above=7)
    assert boots.boot == 8
    assert boots.previous == PreviousBoot(boot=4, last_event_seq=9, last_reply_seq=0)
    boots.restart({}, above=3)
    assert boots.boot == 9
