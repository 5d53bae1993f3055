"""Draws what goes wrong in one run of a campaign: a scenario seed and a few faults, from (seed, run) alone.

A run strikes with a few kinds of faults only, and often at one robot or right after another blow: rare bugs need two
things at once, and a mixture of everything seldom brings them together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from scenarios.language.kinds import duration_text
from twin.clock import US_PER_S
from twin.messages import TYPES, Command
from twin.messages.exception import InterventionRequested
from twin.messages.robot import Resend, Snapshot
from twin.messages.trailer import AssignDoor, ReleaseTrailer
from twin.rng import Draws

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from scenarios.explore.ground import Ground

T = TypeVar("T")
Entry = dict[str, Any]
"""A line of a timeline."""

FAULTS_MAX = 8
KINDS_MAX = 4
SEEDS = 1_000_000
"""So many scenario seeds are drawn from: short enough to read."""
_MINUTE = 60.0


class Kind(NamedTuple):
    """How a fault is drawn. `strikes`: the key that says what. `lasts`: seconds, the least and the most.

    `open`: how often it is left to people to end it; `needs`: the people without whom it would never end.
    `weight`: how often it is chosen. Most rare bugs have a restart or a lost message in them.
    """

    strikes: str = ""
    lasts: tuple[float, float] | None = None
    open: float = 0.0
    needs: tuple[str, ...] = ()
    weight: int = 1


KINDS: dict[str, Kind] = {
    "robot_dies": Kind("robot", (1e-3, 20 * _MINUTE), open=0.3, needs=("floor",), weight=3),
    "robot_silent": Kind("robot", (1e-3, 10 * _MINUTE), weight=2),
    "robot_zombie": Kind("robot", (1.0, 20 * _MINUTE), open=0.4, needs=("floor",)),
    "double_identity": Kind("robot", (1.0, 10 * _MINUTE), open=0.4, needs=("floor",)),
    "clock_off": Kind("robot", (1.0, 20 * _MINUTE)),
    "emergency_stop": Kind("robot", needs=("floor", "remote")),
    "protective_stop": Kind("robot", (0.1, 5 * _MINUTE)),
    "operator_pauses": Kind("robot", (0.1, 5 * _MINUTE)),
    "grip_fails": Kind("robot"),
    "vacuum_lost": Kind("robot", needs=("floor",)),
    "case_drops": Kind("robot"),
    "case_damaged": Kind("robot"),
    "ghost_case": Kind("trailer"),
    "merged_cases": Kind("trailer"),
    "wall_collapse": Kind("trailer"),
    "wrong_door": Kind("trailer"),
    "no_read": Kind("conveyor"),
    "conveyor_jam": Kind("conveyor", (1e-3, 15 * _MINUTE), open=0.4, needs=("floor",)),
    "sorter_down": Kind("sorter", (1.0, 15 * _MINUTE), open=0.4, needs=("floor",)),
    "person_in_cell": Kind("door", (1.0, 10 * _MINUTE)),
    "link": Kind("robot", (1e-3, 20 * _MINUTE), weight=3),
    "partition": Kind("what", (1e-3, 10 * _MINUTE), weight=2),
    "messages_lost": Kind("what", (1e-3, 5 * _MINUTE), weight=4),
    "late_answer": Kind("operator"),
    "double_answer": Kind("operator"),
    "backend_restarts": Kind(weight=2),
}
_TO_ALL, _TO_YARD = (Resend, Snapshot), (AssignDoor, ReleaseTrailer)
_HEARD: dict[str, tuple[str, ...]] = {
    "robot": tuple(name for name, it in TYPES.items() if issubclass(it, Command) and it not in _TO_YARD),
    "yard": tuple(name for name, it in TYPES.items() if it in (*_TO_YARD, *_TO_ALL)),
    "operator": tuple(name for name, it in TYPES.items() if it in (InterventionRequested, *_TO_ALL)),
}
"""What is said to an entity, by its kind; to all others, to be asked how they are and what they have said."""
_ONLY_AT = frozenset({"backend_restarts"})
"""Faults that come at an instant after the start, never when something holds."""


class Drawn(NamedTuple):
    """What one run of a campaign has beyond the scenario."""

    seed: int
    faults: tuple[Entry, ...]


def drawn(seed: int, run: int, ground: Ground) -> Drawn:
    """The scenario's seed and the faults of one run. Half of the runs keep the seed of `ground`: its moments hold."""
    return _Drawing(Dice(seed, run), ground).all()


class Dice:
    """The choices of one run."""

    def __init__(self, seed: int, run: int) -> None:
        self._random: Random = Draws(seed).stream("explore", str(run))

    def is_hit(self, probability: float) -> bool:
        """Whether something of this probability happens."""
        return self._random.random() < probability

    def of(self, options: Sequence[T]) -> T:
        """One of them."""
        return options[int(self._random.random() * len(options))]

    def one(self, *options: T) -> T:
        """One of them."""
        return self.of(options)

    def whole(self, least: int, most: int) -> int:
        """A whole number, bounds included."""
        return least + int(self._random.random() * (most - least + 1))

    def skewed(self, least: float, most: float) -> float:
        """A number between, mostly near the least: short spans matter as much as long ones."""
        return least + self._random.random() ** 3 * (most - least)


class _Drawing:
    def __init__(self, dice: Dice, ground: Ground) -> None:
        self._dice, self._ground = dice, ground
        self._targets: dict[str, Sequence[str]] = {
            "": ("",),
            "robot": ground.robots,
            "trailer": tuple(name for name, _ in ground.trailers),
            "door": ground.doors,
            "conveyor": ground.conveyors,
            "sorter": ground.sorters,
            "operator": ground.operators,
            "what": (
                "all",
                *(f"robot/{robot}" for robot in ground.robots),
                *(f"operator/{role}" for role in ground.operators),
                *(f"door/{door}" for door in ground.doors),
                *(f"conveyor/{conveyor}" for conveyor in ground.conveyors),
                *(f"sorter/{sorter}" for sorter in ground.sorters),
                "yard/yard",
            ),
        }
        self._last_us: int | None = None
        self._is_burst = dice.is_hit(0.3)
        """One blow right after the other, at the same robot and trailer."""
        is_aimed = self._is_burst or dice.is_hit(0.5)
        self._focus = dice.of(ground.robots) if ground.robots and is_aimed else None
        self._trailer = dice.of(self._targets["trailer"]) if self._is_burst and ground.trailers else None

    def all(self) -> Drawn:
        dice = self._dice
        seed = self._ground.seed if dice.is_hit(0.5) else dice.whole(1, SEEDS)
        kinds = [name for name, kind in KINDS.items() if self._can_happen(kind) for _ in range(kind.weight)]
        chosen = [dice.of(kinds) for _ in range(dice.whole(1, KINDS_MAX))]
        faults = tuple(self._fault(dice.of(chosen)) for _ in range(dice.whole(1, FAULTS_MAX)))
        return Drawn(seed, faults)

    def _can_happen(self, kind: Kind) -> bool:
        return bool(self._targets[kind.strikes]) and all(role in self._ground.operators for role in kind.needs)

    def _fault(self, name: str) -> Entry:
        dice, kind = self._dice, KINDS[name]
        target = dice.of(self._targets[kind.strikes])
        if kind.strikes == "robot" and self._focus is not None:
            target = self._focus
        if kind.strikes == "trailer" and self._trailer is not None:
            target = self._trailer
        trigger, struck = self._trigger(can_wait=name not in _ONLY_AT)
        if kind.strikes == "robot" and struck is not None:
            target = struck
        entry: Entry = {**trigger, "fault": name}
        if kind.strikes:
            entry[kind.strikes] = target
        if kind.lasts is not None and not dice.is_hit(kind.open):
            entry["for"] = _span(dice.skewed(*kind.lasts))
        return entry | self._more(name, target)

    def _more(self, name: str, target: str) -> Entry:
        dice = self._dice
        if name == "link":
            all_robots: Entry = {"robot": "all"} if dice.is_hit(0.3) else {}
            return all_robots | {"link": self._radio()}
        if name == "clock_off":
            return {"offset": ("-" if dice.is_hit(0.5) else "") + _span(dice.skewed(1, 10 * _MINUTE))}
        if name == "messages_lost":
            return self._lost(target)
        if name == "wall_collapse":
            return {"share": f"{dice.whole(5, 100)} %"}
        return {}

    def _lost(self, target: str) -> Entry:
        """Of all that goes to and from it, or of one or two types; all of them, or some."""
        dice = self._dice
        some = {} if dice.is_hit(0.3) else {"share": f"{dice.whole(1, 100)} %"}
        if dice.is_hit(0.5):
            return some
        types = types_of(target.partition("/")[0])
        return some | {"types": sorted({dice.of(types) for _ in range(dice.whole(1, 2))})}

    def _radio(self) -> Entry:
        """A bad radio in one to three respects."""
        dice = self._dice
        bad: Entry = {}
        for _ in range(dice.whole(1, 3)):
            bad |= dice.one(
                {"loss": f"{dice.whole(1, 100)} %"},
                {"jitter": _span(dice.skewed(0.01, 3))},
                {"duplication": f"{dice.whole(1, 100)} %"},
                {"reordering": f"{dice.whole(1, 100)} %", "reordering_delay": _span(dice.skewed(0.1, 10))},
                {"loss": f"{dice.whole(1, 100)} %", "retransmit": dice.one("20 ms", "3 s", "40 s")},
                {dice.one("downlink", "downlink", "uplink"): _span(dice.skewed(1, 90))},
            )
        return bad

    # -- when ----------------------------------------------------------------------------------------------------------

    def _trigger(self, *, can_wait: bool) -> tuple[Entry, str | None]:
        """When it begins; and the robot that is in an interesting state just then, if it is aimed."""
        dice, ground = self._dice, self._ground
        how = dice.one("aimed", "aimed", "after another", "after another", "waits", "any time")
        if self._last_us is not None and (self._is_burst or (not can_wait and dice.is_hit(0.8))):
            how = "after another"
        if how == "waits" and can_wait and ground.trailers:
            return {"when": self._condition()}, None
        struck = None
        if how == "aimed" and ground.moments:
            instant = dice.of(ground.moments[dice.of(sorted(ground.moments))])
            struck, at_us = instant.robot_id, instant.at_us + self._delay_us(30)
        elif how == "after another" and self._last_us is not None:
            at_us = self._last_us + self._delay_us(dice.one(1, 10, 60) if self._is_burst else dice.one(10, 120, 900))
        else:
            at_us = ground.clock.start_us + dice.whole(0, ground.span_us)
        at_us = min(at_us, ground.clock.start_us + ground.span_us)
        self._last_us = at_us = max(at_us, ground.clock.start_us + (not can_wait))
        return {"at": ground.clock.text(at_us)}, struck

    def _delay_us(self, most_s: float) -> int:
        dice = self._dice
        return dice.one(0, 1, dice.whole(0, US_PER_S), dice.whole(0, round(most_s * US_PER_S)))

    def _condition(self) -> Entry:
        dice, ground = self._dice, self._ground
        trailer, cases = dice.of(ground.trailers)
        how = dice.one("holds", "docked", "placed", "placed")
        if how == "holds" and ground.robots and cases:
            after_us = ground.clock.start_us + dice.whole(0, ground.span_us)
            return {"robot_holds_case": self._focus or dice.of(ground.robots), "after": ground.clock.text(after_us)}
        if how == "docked" or not cases:
            return {"trailer_docked": trailer}
        placed = dice.one(1, cases, max(1, cases - 1), dice.whole(1, cases))
        return {"cases_placed": placed, "of_trailer": trailer}


def types_of(kind: str) -> tuple[str, ...]:
    """What a kind of entity says and hears; `all`: what any does."""
    if kind == "all":
        kinds = sorted({kind for it in TYPES.values() for kind in it.PUBLISHERS} - {"backend"})
        return tuple(dict.fromkeys(name for each in kinds for name in types_of(each)))
    said = tuple(name for name, it in TYPES.items() if kind in it.PUBLISHERS)
    return said + _HEARD.get(kind, tuple(name for name, it in TYPES.items() if it in _TO_ALL))


def _span(seconds: float) -> str:
    """A duration of at least a millisecond, to the millisecond."""
    return duration_text(max(1, round(seconds * 1000)) * 1000)
