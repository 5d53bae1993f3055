"""Commands of unknown outcome: each is in a list until it is settled, and in an exception that people see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.backend.field import Field
from twin.messages import reply, robot

if TYPE_CHECKING:
    from collections.abc import Callable

    from backend.core.state import SiteState


def in_doubt() -> Field:
    """What became of the robot's plan is not known: its replies are lost."""
    field = Field()
    field.start()
    field.make("robot/r1", reply.CommandCompleted, reply.ReplyData(command_id="x", action_id="x"))
    field.report(state="PICKING", door_id="d1", trailer_id="t-1")
    for _ in range(4):
        field.wait(9)
        field.report(state="PICKING", door_id="d1", trailer_id="t-1")
    return field


def _tell_nobody(state: SiteState) -> None:
    state.exceptions.clear()


def _strike_from_the_list(state: SiteState) -> None:
    state.unknown_actions.clear()


@pytest.mark.parametrize("forget", [_tell_nobody, _strike_from_the_list])
def test_an_unknown_command_that_is_not_shown_or_not_to_be_settled_is_found(
    forget: Callable[[SiteState], None],
) -> None:
    field = in_doubt()
    plan = field.last(robot.AssignPickPlan)
    assert field.backend.state.commands[plan.data.action_id].status == "unknown"
    field.backend.audit()
    assert field.codes() == []
    forget(field.backend.state)
    field.backend.audit()
    assert set(field.codes()) == {"command_forgotten"}
