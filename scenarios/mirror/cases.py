"""Cases as the backend believes them, held against where they are.

Cases are known by the tracks of perception. A track that is no case, or is two, is in the trailer until somebody
finds out. Not compared: where a case lies or stands in a trailer whose wall has come down unseen, or in which people
have been at work: the next scan tells. Where a robot was lost with its last words, a case may be anywhere as far as
anybody knows: then it is unknown, or where it was before, until people have seen to it.
"""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

from sim.case import Case

if TYPE_CHECKING:
    from backend.core.dock import Case as Believed
    from scenarios.mirror.look import Look
    from sim.robot import Robot
    from sim.trailer import Trailer

CODE = "twin_case"
_IN_TRAILER = ("trailer", "floor")
_RANKS: dict[str, int] = {"unknown": 0, "trailer": 0, "floor": 0, "hand": 1, "conveyor": 2}
_PLACES = {"delivered": "delivered", "on_conveyor": "conveyor", "in_hand": "hand"}
_LAST = 3
"""What comes after what: a case goes no way back."""
_BY_A_PLAN = frozenset({"PICKING", "PLACING", "CLEARING_FLOOR", "WAITING_FOR_CONVEYOR", "AWAITING_ASSIST"})
_FINAL = frozenset({"delivered", "carried_out"})


class Followed:
    """What is remembered of a trailer: the tracks to follow, and who has worked there."""

    def __init__(self) -> None:
        self.tracks_seen = 0
        self.left: dict[str, None] = {}
        """Tracks that have not come to their end."""
        self.robots: dict[str, int] = {}
        """Those that have an order here, and their boots."""
        self.carried_out = 0
        """By people, as many as at the last look."""
        self.is_disturbed = True
        """Cases may lie where nobody has said."""
        self.is_doubtful = False
        """The words of a robot that was here are lost."""

    def note_robots(self, look: Look, trailer: Trailer) -> None:
        """Who is here, and whether the words of one that was are lost."""
        for robot_id, boot in list(self.robots.items()):
            robot = look.dock.robots[robot_id]
            is_lost = robot.is_dead or robot.is_doubled or robot.endpoint.boot != boot
            if is_lost or look.loses_for_good(f"robot/{robot_id}"):
                self.is_doubtful = True
                if look.has_heard(f"robot/{robot_id}"):  # else that it has started again is on its way
                    del self.robots[robot_id]
        door = look.dock.doors.get(trailer.door_id or "")
        speakers = [f"operator/{entity}" for entity in look.dock.operators.pools]
        if door is not None:
            speakers.append(f"conveyor/{door.plan.conveyor_id}")
        if any(look.loses_for_good(speaker) for speaker in speakers):
            self.is_doubtful = True
        for robot in look.dock.robots.values():
            if robot.order is not None and robot.order.data.trailer_id == trailer.trailer_id:
                self.robots[robot.robot_id] = robot.endpoint.boot


def compare_cases(look: Look, trailer: Trailer, followed: Followed) -> None:
    """Every case that is known and has not come to its end."""
    followed.note_robots(look, trailer)
    it = look.state.trailers.get(trailer.trailer_id)
    if it is None or not _is_all_told(look, trailer, followed):
        return
    if trailer.load is None:
        return
    entity = f"trailer/{trailer.trailer_id}"
    gone = Counter([case.whereabouts for case in trailer.cases.values()])
    _note_moves(look, trailer, followed, gone["carried_out"])
    if len(it.cases) > followed.tracks_seen:
        followed.left.update(dict.fromkeys(islice(it.cases, followed.tracks_seen, None)))
        followed.tracks_seen = len(it.cases)
    for track_id in list(followed.left):
        _compare_case(look, entity, trailer, it.cases[track_id], followed)
    if not followed.is_doubtful:  # each real case is told of once, and of those that are gone none is missing
        look.same(CODE, entity, "cases delivered", it.inducted, gone["delivered"])
        carried_out = sum(case.recovered is not None for case in it.cases.values())
        look.same(CODE, entity, "cases carried out", carried_out, gone["carried_out"])


def _is_all_told(look: Look, trailer: Trailer, followed: Followed) -> bool:
    """Whether nothing is under way of all who may speak of its cases."""
    speakers = [f"operator/{entity}" for entity in look.dock.operators.pools]
    speakers += [f"robot/{robot_id}" for robot_id in followed.robots]
    door = look.dock.doors.get(trailer.door_id or "")
    if door is not None:
        speakers.append(f"conveyor/{door.plan.conveyor_id}")
    if not look.has_heard(*speakers):
        return False
    if any(look.state.robots[robot_id].is_lost for robot_id in followed.robots):
        return False  # what it holds is unknown until it speaks
    for robot_id in list(followed.robots):
        order = look.dock.robots[robot_id].order
        if order is None or order.data.trailer_id != trailer.trailer_id:
            del followed.robots[robot_id]  # all that it had to say is here
    return True


def _note_moves(look: Look, trailer: Trailer, followed: Followed, carried_out: int) -> None:
    """Whether cases may have moved since the last look at the wall, and nobody has said so.

    What comes down when people take something away nobody tells, nor what does while no robot looks.
    """
    robots = [look.dock.robots[robot_id] for robot_id in followed.robots]
    inside = [it for it in robots if it.started_in == trailer.trailer_id and not it.is_zombie]
    working = [it for it in inside if it.unloading is not None]  # one that leaves looks at nothing
    if carried_out != followed.carried_out or not working:
        followed.carried_out = carried_out
        followed.is_disturbed = True
    elif any(it.mailbox.awaits == "plan" for it in working):
        followed.is_disturbed = False


def _compare_case(look: Look, entity: str, trailer: Trailer, it: Believed, followed: Followed) -> None:
    case = trailer.by_track.get(it.track_id)
    if not isinstance(case, Case):
        so: tuple[str, ...] = _IN_TRAILER if case is not None else ("retracted",)
    else:
        so = _places(trailer, case, is_seen=not (followed.is_disturbed or followed.is_doubtful))
        if case.whereabouts in _FINAL and it.place in so:
            _compare_end(look, entity, it, case, followed)
            return
    if it.place in so or (followed.is_doubtful and _RANKS.get(it.place, 0) <= _RANKS.get(so[0], _LAST)):
        return  # what was told last of it is lost
    look.same(CODE, entity, f"case {it.track_id}", it.place, " or ".join(so))


def _places(trailer: Trailer, case: Case, *, is_seen: bool) -> tuple[str, ...]:
    if case.whereabouts != "in_trailer":
        return (case.mark or "manual" if case.whereabouts == "carried_out" else _PLACES[case.whereabouts],)
    lies_on_floor = case.case_id in trailer.state.floor
    if case.case_id in trailer.falling:
        return (case.mark, *_IN_TRAILER) if case.mark is not None else _IN_TRAILER
    if case.mark is not None:
        return (case.mark, "floor") if lies_on_floor else (case.mark,)
    if is_seen:
        return ("floor",) if lies_on_floor else ("trailer",)
    return _IN_TRAILER


def _compare_end(look: Look, entity: str, it: Believed, case: Case, followed: Followed) -> None:
    """What is known of a case at its end."""
    del followed.left[it.track_id]
    if followed.is_doubtful:
        return
    if it.label is not None:
        look.same(CODE, entity, f"label of {it.track_id}", it.label, case.loaded.label)
    if case.picked_us is not None:
        look.same(CODE, entity, f"weight of {it.track_id}", it.weight_kg, case.loaded.weight_kg)


def compare_scan(look: Look, robot: Robot) -> None:
    """A robot at a wall and the backend mean the same scan."""
    has_looked = robot.mailbox.awaits == "plan" or robot.state in _BY_A_PLAN
    if robot.started_in is None or not has_looked or robot.is_dead or robot.is_doubled:
        return
    entity = f"robot/{robot.robot_id}"
    if not look.has_heard(entity) or look.loses_for_good(entity):
        return
    it = look.state.trailers.get(robot.started_in)
    scan = None if it is None else it.scan
    look.same(CODE, entity, "scan", None if scan is None else scan.scan_id, robot.last_scan_id)
    if scan is not None and it is not None:
        look.same(CODE, entity, "scan complete", scan.is_complete, true=True)
