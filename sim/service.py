"""How long a robot works at a trailer in the fidelity `trailer`: one draw for the whole of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.rng import empirical, exponential, lognormal_of_mean

if TYPE_CHECKING:
    from sim.plan import ServicePlan
    from twin.rng import Draws


def service_us(plan: ServicePlan, draws: Draws, trailer_id: str) -> int:
    """The service time of a trailer, microseconds: the same whoever serves it when."""
    if plan.distribution == "constant":
        return plan.mean_us
    uniform = draws.uniforms("service", trailer_id)[0]
    match plan.distribution:
        case "exponential":
            return round(exponential(uniform, plan.mean_us))
        case "lognormal":
            return round(lognormal_of_mean(uniform, plan.mean_us, plan.sigma))
        case "empirical":
            return empirical(uniform, plan.values_us)
