"""The mirror: while a run goes on, what the backend believes is held against what is so."""

from __future__ import annotations

from scenarios.mirror.mirror import Mirror

CODES = {
    "twin_trailer": "a trailer is where it is believed to be, and its papers are known; it gets its receipt",
    "twin_door": "a door holds what it is believed to hold, and as many people are in its cell",
    "twin_belt": "a conveyor or the sorter stands or runs as is believed",
    "twin_robot": "a robot is how and where it is believed to be, and has the order and the cases",
    "twin_case": "a case is where it is believed to be, and each is counted once",
    "twin_command": "what is waited for is under way, or not answered yet; what is under way is waited for",
    "twin_question": "what is so and needs people is asked; what is asked is so, and they know of it",
    "twin_lost": "what is given up for lost is lost, or late",
    "twin_people": "as many people are there as is believed",
}
"""What a breach says does not hold, by its code: docs/invariants.md, "The twin and the truth"."""

__all__ = ["CODES", "Mirror"]
