"""What a robot runs on, if it is not on a tether: a battery that falls at work, slower at rest, and is charged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim import assumptions

if TYPE_CHECKING:
    from sim.kernel import Kernel
    from sim.plan import RobotPlan


class Battery:
    """How full it is follows from when it last changed what it does; full and at rest at first."""

    def __init__(self, kernel: Kernel, *, lasts_us: int, charging_us: int) -> None:
        self._kernel = kernel
        self._lasts_us = lasts_us
        self._charging_us = charging_us
        self._fraction = 1.0
        self._since_us = kernel.now_us
        self._per_us = -assumptions.BATTERY_IDLE_SHARE / lasts_us

    @property
    def fraction(self) -> float:
        """How full it is now, from 0 to 1. An empty one keeps its robot alive: there is a reserve below 0."""
        fraction = self._fraction + self._per_us * (self._kernel.now_us - self._since_us)
        return min(max(fraction, 0.0), 1.0)

    @property
    def must_charge(self) -> bool:
        """Whether a robot with it takes no order before it is charged."""
        return self.fraction < assumptions.BATTERY_CHARGES_BELOW

    @property
    def must_leave(self) -> bool:
        """Whether a robot with it gives its order up."""
        return self.fraction < assumptions.BATTERY_LEAVES_BELOW

    def work(self) -> None:
        """From now on its robot is at an order."""
        self._change(-1.0 / self._lasts_us)

    def rest(self) -> None:
        """From now on its robot is idle, or off."""
        self._change(-assumptions.BATTERY_IDLE_SHARE / self._lasts_us)

    def charge_us(self) -> int:
        """From now on it is charged; returns how long until it is charged enough."""
        missing = max(assumptions.BATTERY_CHARGED - self.fraction, 0.0)
        self._change(1.0 / self._charging_us)
        return round(missing * self._charging_us)

    def rests_us(self) -> int:
        """How long it can rest before it has to be charged; at least 1."""
        left = self.fraction - assumptions.BATTERY_CHARGES_BELOW
        return max(round(left * self._lasts_us / assumptions.BATTERY_IDLE_SHARE), 0) + 1

    def _change(self, per_us: float) -> None:
        self._fraction = self.fraction
        self._since_us = self._kernel.now_us
        self._per_us = per_us


def battery_of(plan: RobotPlan, kernel: Kernel) -> Battery | None:
    """The battery of a robot; None: it is on a tether."""
    if plan.battery_us is None:
        return None
    return Battery(kernel, lasts_us=plan.battery_us, charging_us=plan.charging_us)
