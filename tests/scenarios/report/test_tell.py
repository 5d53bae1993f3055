"""Messages as sentences."""

from __future__ import annotations

import pytest

from scenarios.report.tell import is_abnormal, sentence
from twin.messages.examples import examples

EXAMPLES = examples()


@pytest.mark.parametrize("type_", EXAMPLES)
def test_every_message_is_told_in_one_line_of_words(type_: str) -> None:
    told = sentence(EXAMPLES[type_])
    assert told
    assert "\n" not in told
    assert "_" not in told.replace(type_.rsplit(".", 1)[0], "")
    assert "None" not in told


@pytest.mark.parametrize(
    ("type_", "is_trouble"),
    [
        ("case.picked.v1", False),
        ("conveyor.state.v1", False),
        ("door.opened.v1", False),
        ("conveyor.blocked.v1", True),
        ("sorter.jammed.v1", True),
        ("case.retracted.v1", True),
        ("robot.emergency_stopped.v1", True),
        ("door.person_entered.v1", True),
        ("exception.assigned.v1", True),
    ],
)
def test_what_does_not_happen_on_a_quiet_day_is_abnormal(type_: str, is_trouble: bool) -> None:  # noqa: FBT001 - a table
    assert is_abnormal(EXAMPLES[type_]) is is_trouble
