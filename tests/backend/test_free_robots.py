"""The kept list of free robots is what looking at every robot gives, whatever changes a robot."""

from __future__ import annotations

from backend.services import policy
from tests.backend.field import Field
from twin.messages import case, reply, robot


def free(field: Field) -> list[str]:
    """The kept list, held against one that is made anew."""
    desk = field.backend._desk
    kept = desk.free_robots.listed()
    robots = [it for it in desk.state.robots.values() if policy.is_robot_free(it)]
    assert [(it.robot_id, it.position_m) for it in kept] == [(it.robot_id, it.position_m) for it in robots]
    return [it.robot_id for it in kept]


def idle() -> Field:
    field = Field(robots=2)
    assert free(field) == []
    field.report("r2")
    field.report("r1")
    assert free(field) == ["r1", "r2"], "in the site's order, not in that of the reports"
    return field


def broken_off() -> Field:
    """One robot whose order has ended while it holds a case."""
    field = Field()
    field.start()
    field.pick("t-1-c1")
    field.reply(field.last(robot.AssignOrder), reply.CommandFailed, "broken")
    field.report(state="EXITING", holding=("t-1-c1",))
    field.report(holding=("t-1-c1",))
    assert free(field) == []
    return field


def test_a_robot_with_a_case_in_its_hand_is_not_free_until_it_is_out_of_it() -> None:
    field = broken_off()
    field.place("t-1-c1")
    field.report()
    assert free(field) == ["r1"]


def test_a_robot_is_free_when_the_late_word_comes_that_it_has_laid_down_its_case() -> None:
    field = broken_off()
    field.report(last_event_seq=field.emitter("robot/r1").seqs["event"] + 1)
    assert free(field) == [], "it says that its hand is empty, and nobody has heard where it put the case"
    field.place("t-1-c1")
    assert free(field) == ["r1"]


def test_a_robot_is_free_when_people_have_taken_the_case_out_of_its_hand() -> None:
    field = broken_off()
    taken = case.CaseRecoveredData(trailer_id="t-1", track_id="t-1-c1", disposition="manual")
    field.say("operator/floor", case.CaseRecovered, taken)
    field.report()
    assert field.codes() == []
    assert free(field) == ["r1"]


def test_a_robot_that_starts_again_is_free_when_it_has_said_how_it_is() -> None:
    field = idle()
    field.emitters.pop("robot/r1")
    field.emitter("robot/r1").boot = 2
    field.say("robot/r1", robot.RobotErrorCleared, robot.RobotErrorClearedData(error_id="e"))
    assert free(field) == ["r2"]
    field.report("r1")
    assert free(field) == ["r1", "r2"]


def test_a_robot_that_is_taken_out_is_not_free() -> None:
    field = idle()
    field.say("operator/floor", robot.RobotRemoved, robot.RobotRemovedData(robot_id="r1", door_id="d1"))
    assert free(field) == ["r2"]


def test_a_silent_robot_is_not_free_until_it_speaks() -> None:
    field = idle()
    field.wait(100)
    assert free(field) == []
    field.report("r2")
    assert free(field) == ["r2"]


def test_a_robot_with_an_order_is_not_free_and_a_restored_backend_knows_it() -> None:
    field = idle()
    field.announce()
    field.arrive()
    field.dock()
    assert free(field) == ["r2"]
    backend = field.backend
    field.backend = type(backend).restore(backend.settings, backend.snapshot())
    assert free(field) == ["r2"]
