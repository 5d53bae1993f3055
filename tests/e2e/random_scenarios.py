"""Scenarios that nobody has thought of: from a seed the text of one, with anything the language can say in it.

Some of its faults are aimed: the scenario is run, and then something strikes a robot at an instant at which it was in
some state before. Up to that instant the run stays as it was, so the blow lands.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from scenarios.language.kinds import duration_text
from scenarios.schema import load_scenario
from twin.clock import US_PER_S, format_time, parse_time
from twin.messages.robot import RobotStateReport
from twin.rng import Draws

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from random import Random

    from scenarios.model import Scenario
    from twin.participant import Delivery

T = TypeVar("T")

START_US = parse_time("2026-01-05T06:00:00.000000Z")
HOURS = 20
"""How long a day may last. Faults end within the first six: what is not finished then hangs."""
_MINUTE_S = 60.0
_STATES_AIMED_AT = (
    "ADVANCING",
    "AWAITING_ASSIST",
    "CLEARING_FLOOR",
    "ENTERING",
    "EXITING",
    "IDLE",
    "PICKING",
    "REMOTE_ASSISTED",
    "SCANNING",
    "STARTUP",
    "TRAVELLING",
    "WAITING_FOR_CONVEYOR",
)
_CSV_COLUMNS = "line_id,po_id,sku,label,quantity,length_m,width_m,height_m,weight_kg"


class Dice:
    """Choices of one seed."""

    def __init__(self, seed: int, what: str) -> None:
        self._random: Random = Draws(seed).stream("random scenario", what)

    def is_hit(self, probability: float) -> bool:
        return self._random.random() < probability

    def one(self, *options: T) -> T:
        return options[int(self._random.random() * len(options))]

    def of(self, options: Sequence[T]) -> T:
        return self.one(*options)

    def whole(self, least: int, most: int) -> int:
        return least + int(self._random.random() * (most - least + 1))

    def real(self, least: float, most: float) -> float:
        return least + self._random.random() * (most - least)

    def few(self, least: int, most: int) -> int:
        """A whole number, mostly a small one."""
        return least + int(self._random.random() ** 2.5 * (most - least + 1))


def write_scenario(seed: int, folder: Path, play: Callable[[Scenario], Iterable[Delivery]]) -> Path:
    """Write the scenario of a seed into the folder; `play` runs a scenario and gives what was on its bus."""
    path = folder / f"random-{seed}.yaml"
    head, timeline = _Author(seed, folder).sections()
    dice = Dice(seed, "aim")
    _write(path, head, timeline)
    for _ in range(dice.one(0, 0, 1, 1, 2, 3)):
        blow = _aimed(dice, play(load_scenario(path)))
        if blow is not None:
            timeline.append(blow)
            _write(path, head, timeline)
    return path


def _write(path: Path, head: dict[str, Any], timeline: list[dict[str, Any]]) -> None:
    lines = ["# Whatever comes."]
    for key, value in {**head, "timeline": timeline}.items():
        if isinstance(value, list) and value:
            lines += [f"{key}:", *(f"  - {json.dumps(entry)}" for entry in value)]
        else:
            lines.append(f"{key}: {json.dumps(value)}")
    path.write_text("\n".join(lines) + "\n", "utf-8")


def _aimed(dice: Dice, deliveries: Iterable[Delivery]) -> dict[str, Any] | None:
    by_state: dict[str, list[tuple[int, str]]] = {}
    for _, message in deliveries:
        if isinstance(message, RobotStateReport) and message.data.robot_state in _STATES_AIMED_AT:
            at = (parse_time(message.time), message.source.rpartition("/")[2])
            by_state.setdefault(message.data.robot_state, []).append(at)
    if not by_state:
        return None
    at_us, robot = dice.of(by_state[dice.of(sorted(by_state))])
    at_us += dice.one(0, 0, 1, dice.whole(0, US_PER_S), dice.whole(0, 30 * US_PER_S))
    if at_us > START_US + 6 * 3600 * US_PER_S:
        return None
    fault = {**_blow(dice), "robot": robot}
    return {"at": _instant(at_us), **fault}


def _blow(dice: Dice) -> dict[str, Any]:
    kind = dice.one("robot_dies", "robot_dies", "robot_dies", "robot_silent", "link", "grip_fails", "case_drops")
    if kind == "robot_dies":
        return {"fault": kind} | ({} if dice.is_hit(0.3) else {"for": _lasting(dice.real(1e-3, 20 * _MINUTE_S))})
    if kind == "robot_silent":
        return {"fault": kind, "for": _lasting(dice.one(dice.real(1e-3, 60), dice.real(1e-3, 20 * _MINUTE_S)))}
    if kind == "link":
        return {"fault": kind, "for": _lasting(dice.real(1e-3, 20 * _MINUTE_S)), "link": _worse(radio(dice, worst=1.0))}
    return {"fault": kind}


def _instant(at_us: int) -> str:
    return format_time(at_us).replace("T", " ").rstrip("Z")


def _at(seconds: float) -> str:
    return _instant(START_US + round(seconds * US_PER_S))


def _lasting(seconds: float) -> str | int:
    return duration_text(round(seconds * US_PER_S)) if seconds else 0


def _share(value: float) -> str:
    return f"{round(100 * value, 3):g} %"


def radio(dice: Dice, *, worst: float) -> dict[str, Any]:
    """A link that loses at most the share `worst`, in any other respect like any."""
    return {
        "uplink": _lasting(dice.one(0, 1e-6, 0.02, 0.02, 0.3, 3.0)),
        "downlink": _lasting(dice.one(0, 1e-6, 0.02, 0.02, 0.3, 3.0)),
        "jitter": _lasting(dice.one(0, 0, 0.01, 0.2, 2.0)),
        "loss": _share(worst * dice.one(0, 0, 0.03, 0.3, dice.real(0, 1), 1)),
        "duplication": _share(dice.one(0, 0.05, 0.5, 1)),
        "reordering": _share(dice.one(0, 0.05, 0.5, 1)),
        "reordering_delay": _lasting(dice.one(0, 0.2, dice.real(0, 10))),
        "retransmit": _lasting(dice.one(0.02, 0.25, 0.25, 3.0, 40.0)),
    }


def _worse(link: dict[str, Any]) -> dict[str, Any]:
    """The same with the site's least latencies: a link may not become faster than those."""
    return {key: value for key, value in link.items() if key not in ("uplink", "downlink")}


class _Author:
    """Writes the sections of one scenario."""

    def __init__(self, seed: int, folder: Path) -> None:
        self._seed = seed
        self._folder = folder
        self._dice = Dice(seed, "scenario")
        self._counts_only = self._dice.is_hit(0.12)
        self._doors = [f"d{n}" for n in range(1, self._dice.few(1, 6) + 1)]
        self._robots = [f"r{n}" for n in range(1, self._dice.few(1, 6) + 1)]
        self._trailers: dict[str, int] = {}

    def sections(self) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        dice = self._dice
        site = self._site()
        trailers = [self._trailer(f"t{n}") for n in range(1, dice.few(1, 8) + 1)]
        head = {
            "seed": self._seed,
            "start": _at(0),
            "until": _at(HOURS * 3600),
            "grace": _lasting(dice.one(3.0, 60.0, 3600.0)),
            "fidelity": "trailer" if self._counts_only else "case",
            "time_grid": _lasting(dice.one(1e-6, 1e-6, 0.001, 0.02, 1.0)),
            "service": {
                "distribution": dice.one("constant", "exponential"),
                "mean": _lasting(dice.one(1e-6, 60, 1800)),
            },
            "site": site,
            "trailers": trailers,
        }
        timeline = [self._fault() for _ in range(dice.one(0, 0, 1, 2, 3, 5, 8))]
        if dice.is_hit(0.2):
            timeline += [self._storm() for _ in range(dice.whole(1, 3))]
        return head, timeline

    def _site(self) -> dict[str, Any]:
        dice = self._dice
        link = radio(dice, worst=dice.one(0.3, 0.3, 0.3, 0.3, 1.0)) if dice.is_hit(0.7) else {}
        decision_s = dice.one(0, 1e-6, 0.05, 0.05, 0.5, 2.0)
        if link.get("downlink") == 0 and decision_s == 0:
            decision_s = 1e-6
        return {
            "id": "bos1",
            "doors": [
                {"id": door, "conveyor": f"c{n}", "position": f"{dice.one(0, 4.0 * n, 60.0):g} m"}
                for n, door in enumerate(self._doors, 1)
            ],
            "robots": [self._robot(robot) for robot in self._robots],
            "state_period": _lasting(dice.one(2.0, 5.0, 10.0, 10.0, 30.0)),
            "decision_latency": _lasting(decision_s),
            "link": link,
            "dock": {
                "docking": _lasting(dice.one(0, 240)),
                "restraint": _lasting(dice.one(0, 15)),
                "door": _lasting(dice.one(0, 45)),
                "departure": _lasting(dice.one(0, 120)),
                "conveyor_length": f"{dice.one(1, 6, 12, 12, 72)} m",
                "robots_travel": dice.is_hit(0.8),
                "no_reads": _share(dice.one(0, 0.01, 0.3)),
            },
            "operators": {
                "remote": dice.one(0, 1, 1, 3),
                "remote_response": _lasting(dice.one(0, 8, 50, 300)),
                "remote_handling": _lasting(dice.one(0, 20)),
                "floor": dice.one(1, 1, 3),
                "floor_response": _lasting(dice.one(0, 120, 120, 2400)),
                "floor_handling": _lasting(dice.one(0, 180)),
                "answers": {
                    "grip_failed": dice.one("retry", "skip", "assist"),
                    "no_read": dice.one("assist", "skip"),
                },
            },
        }

    def _robot(self, robot: str) -> dict[str, Any]:
        dice = self._dice
        return {
            "id": robot,
            "cycle_scale": dice.one(1.0, 1.0, 0.2, 3.0),
            "grip_fails": _share(dice.one(0.015, 0, 0.4)),
            "drops": _share(dice.one(0.002, 0, 0.2)),
            "travel_speed": f"{dice.one(1.0, 0.1):g} m/s",
        }

    def _trailer(self, trailer: str) -> dict[str, Any]:
        dice = self._dice
        entry: dict[str, Any] = {"id": trailer, "unload": dice.one("live", "drop"), "notice": dice.one(0, "30 min")}
        time = _at(dice.one(0, dice.real(0, 600), dice.real(0, 5400)))
        if dice.is_hit(0.3):
            late = dice.one(
                {"distribution": "uniform", "least": "-10 min", "most": "45 min"},
                {"distribution": "normal", "mean": "4 min", "stddev": "9 min"},
            )
            entry |= {"appointment": time, "lateness": late}
        else:
            entry["arrives"] = time
        cases = dice.few(1, 120)
        if dice.is_hit(0.1) and not self._counts_only:
            path = self._folder / f"manifest-{self._seed}-{trailer}.csv"
            cases = self._write_manifest(path)
            entry |= {"manifest": path.name}
        else:
            entry |= {"cases": cases, "purchase_orders": dice.whole(1, min(3, cases))}
        entry["load"] = dice.one("columns", "bricks")
        self._trailers[trailer] = cases
        return entry

    def _write_manifest(self, path: Path) -> int:
        dice = self._dice
        rows = [_CSV_COLUMNS]
        total = 0
        for line in range(1, dice.whole(1, 8) + 1):
            quantity = dice.few(1, 20)
            total += quantity
            label = f"L{dice.whole(1, 3) if dice.is_hit(0.3) else line}"
            sides = [round(dice.real(0.15, 1.0 if dice.is_hit(0.1) else 0.6), 2) for _ in range(3)]
            weight = round(dice.real(0.5, 60 if dice.is_hit(0.2) else 30), 1)
            rows.append(f"l{line},po{line % 3},sku{line},{label},{quantity},{sides[0]},{sides[1]},{sides[2]},{weight}")
        path.write_text("\n".join(rows) + "\n", "utf-8")
        return total

    # -- what goes wrong --------------------------------------------------------------------------------------------

    def _fault(self) -> dict[str, Any]:
        dice = self._dice
        if dice.is_hit(0.3):
            conveyor = {"conveyor": f"c{dice.whole(1, len(self._doors))}"}
            blow: dict[str, Any] = {"fault": dice.one("conveyor_jam", "conveyor_jam", "no_read")} | conveyor
            if blow["fault"] == "conveyor_jam" and dice.is_hit(0.6):
                blow["for"] = _lasting(dice.real(1e-3, 15 * _MINUTE_S))
        else:
            blow = _blow(dice)
            blow["robot"] = "all" if blow["fault"] == "link" and dice.is_hit(0.3) else dice.of(self._robots)
        return self._trigger() | blow

    def _storm(self) -> dict[str, Any]:
        """A radio so bad for so long that messages are given up."""
        dice = self._dice
        link = {"loss": _share(dice.real(0.3, 0.9)), "retransmit": "40 s", "reordering": _share(dice.one(0, 0.5))}
        return self._trigger() | {
            "fault": "link",
            "robot": dice.one("all", dice.of(self._robots)),
            "for": _lasting(dice.real(60, 20 * _MINUTE_S)),
            "link": link,
        }

    def _trigger(self) -> dict[str, Any]:
        dice = self._dice
        if dice.is_hit(0.4):
            return {"at": _at(dice.real(0, 3 * 3600))}
        when: dict[str, Any] = {}
        if dice.is_hit(0.3):
            when["after"] = _at(dice.real(0, 2 * 3600))
        trailer = dice.of(sorted(self._trailers))
        kind = dice.one("held", "docked", "begun", "ended", "placed")
        if kind == "held" and not self._counts_only:
            when["robot_holds_case"] = dice.of(self._robots)
        elif kind == "docked":
            when["trailer_docked"] = trailer
        else:
            cases = self._trailers[trailer]
            most = {"begun": 1, "ended": cases}.get(kind, dice.whole(1, cases))
            when |= {"cases_placed": max(1, most - dice.one(0, 0, 1)), "of_trailer": trailer}
        return {"when": when}
