"""A story that no file can tell: robots start again by themselves, wherever they are and whatever they hold.

A watchdog in the machine has bitten. What it held it lets go of, it backs out of the trailer without a word, and
seconds later it says that it has started. The last that it said before comes later still, if its radio is bad.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest.mock import patch

from sim.robot import Robot
from tests.e2e.told import told
from twin.clock import US_PER_S
from twin.rng import exponential

if TYPE_CHECKING:
    from scenarios.verdict import Verdict
    from sim.dock import Dock

SEEDS = (1, 2, 3, 11, 53)
EACH_US = 150 * US_PER_S
"""From one start of a robot to the next, on average."""
CALM_AFTER_US = 80 * 60 * US_PER_S
DAY = """\
# Robots start again by themselves, in the middle of everything: what they held lies on the floor, and the work goes on.
site:
  id: bos1
  doors: 2
  robots: 3
  sorter: {id: s1, rate: 3600 /h}
  dock: {docking: 1 min, no_reads: 0 %, ghosts: 2 %, merges: 2 %}
  link: {jitter: 300 ms, loss: 8 %, duplication: 3 %, retransmit: 700 ms}
  operators: {remote: 2, floor: 3, floor_response: 1 min, floor_handling: 1 min}
start: 2026-01-05 06:00
grace: 10 min
trailers:
  - {id: t, count: 10, arrivals: even, mean_gap: 5 min, arrives: 06:05, cases: 40, damaged: 1, too_heavy: 1}
faults:
  - {fault: emergency_stop, robot: each, per_hour: 3, until: 07:00}
  - {fault: operator_pauses, robot: each, per_hour: 3, for: 1 min, until: 07:00}
  - {fault: grip_fails, robot: each, per_hour: 4, until: 07:00}
expect:
  - every_trailer: departed
    by: 08:10
  - every_case: [received, manual, damaged, refused]
  - name: no case is lost over it
    kpi: cases_short
    at_most: 0
  - name: what lies about or stands there robots take, not people
    kpi: cases_manual
    at_most: 12
  - name: nobody is sent to robots that are there again
    never: robot.removed.v1
  - name: many start again
    eventually: robot.factsheet.v1
    at_least: 40
"""


class Restless(Robot):
    """It starts again by itself now and then, within a second of a case more often than not."""

    def __init__(self, dock: Dock, *, robot_id: str, number: int) -> None:
        super().__init__(dock, robot_id=robot_id, number=number)
        self._times = 0
        self._wait()

    def _wait(self) -> None:
        self._times += 1
        gap, state, *_ = self.dock.draws.uniforms("restless", self.robot_id, self._times)
        wanted = ("PICKING", "PLACING", "SCANNING", "ENTERING", "EXITING", "TRAVELLING", "AWAITING_ASSIST", "")
        is_any = state >= 7 / 8
        after_us = round(exponential(gap, EACH_US))
        self.kernel.after(after_us, lambda: self._watch("" if is_any else wanted[int(state * 8)], 600))

    def _watch(self, wanted: str, tries: int) -> None:
        """Bite when it is in the state, or has not been for long."""
        if self.kernel.now_us - self.dock.plan.start_us > CALM_AFTER_US:
            return
        if self.is_dead or (wanted and self.state != wanted and tries):
            self.kernel.after(US_PER_S // 4, lambda: self._watch(wanted, tries - 1))
            return
        self._start_again()
        self._wait()

    def _start_again(self) -> None:
        order, held = self.order, list(self.holding)
        self.die(repair_us=0)
        if order is None:
            return
        trailer = self.dock.trailers[order.data.trailer_id]
        for case in held:
            case.whereabouts = "in_trailer"
            trailer.state.put_on_floor(case.case_id)
        self.repair()


def run() -> Verdict:
    """The verdict of the story: when robots start again the seed draws, and the first that does not pass tells."""
    verdicts = (run_with(seed) for seed in SEEDS)
    first = next(verdicts)
    return next((it for it in verdicts if it.verdict != "passed"), first) if first.verdict == "passed" else first


def run_with(seed: int) -> Verdict:
    """The verdict of the story with one seed."""
    with patch("sim.world.Robot", Restless), patch("sim.assumptions.STARTUP_S", 0.2):
        return told(DAY, "restless_robots", seed=seed)
