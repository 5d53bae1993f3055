"""What is expected, in a few words with their units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scenarios.report.words import count, dock_id, duration

if TYPE_CHECKING:
    from collections.abc import Callable

    from scenarios.model import MessagePattern


def pattern_text(pattern: MessagePattern) -> str:
    """The message that is meant."""
    where = ", ".join(f"{key} {value}" for key, value in pattern.where.items())
    told = f"{pattern.type.rsplit('.', 1)[0]}"
    told += f" of {dock_id(pattern.entity)}" if pattern.entity else ""
    return f"{told} with {where}" if where else told


def deadline_text(least: int, deadline_us: int | None, begin_us: int | None, time: Callable[[int], str]) -> str:
    """The least number and the deadline, as a span from `begin_us` or as a time of day."""
    many = "" if least == 1 else f"{count(least)} "
    if deadline_us is None:
        return f">= {count(least)}"
    if begin_us is not None:
        span = duration(deadline_us - begin_us)
        return f"{many}in {span}" if many else f"<= {span}"
    return f"{many}by {time(deadline_us)}"


def bounds_text(least: float | None, most: float | None, write: Callable[[Any], str]) -> str:
    """The bounds of a number, each written by `write`."""
    if least is not None and least == most:
        return write(least)
    if least is not None and most is not None:
        return f"{write(least)} to {write(most)}"
    if most is not None:
        return f"<= {write(most)}"
    return "any" if least is None else f">= {write(least)}"
