from __future__ import annotations

import re

import pytest

from twin.bus.subject_match import matches
from twin.messages import TYPES, Command
from twin.messages.examples import example
from twin.subjects import run_control, subject_of, whole_site

TOKEN = re.compile(r"[a-z0-9_-]{1,32}")


@pytest.mark.parametrize("name", TYPES)
def test_every_subject_has_seven_tokens_and_names_the_type(name: str) -> None:
    tokens = subject_of(example(TYPES[name])).split(".")
    assert len(tokens) == 7
    assert tokens[-1].replace("_", ".") == name.replace("_", ".")
    assert all(TOKEN.fullmatch(token) for token in tokens)


def test_no_two_types_share_a_subject() -> None:
    assert len({name.replace(".", "_") for name in TYPES}) == len(TYPES)


def test_a_commands_subject_is_its_targets() -> None:
    commands = [example(cls) for cls in TYPES.values() if issubclass(cls, Command)]
    for command in commands:
        assert command.target is not None
        kind, entity = command.target.split("/")
        assert subject_of(command).startswith(f"dock.v1.bos1.{kind}.{entity}.command.")


def test_an_events_subject_is_its_publishers() -> None:
    picked = example(TYPES["case.picked.v1"])
    assert subject_of(picked) == "dock.v1.bos1.robot.r5.event.case_picked_v1"


def test_one_wildcard_hears_contract_and_run_control_of_a_site_and_no_other() -> None:
    pattern = whole_site("bos1")
    assert matches(pattern, subject_of(example(TYPES["case.picked.v1"])))
    assert matches(pattern, run_control("bos1", "grant"))
    assert not matches(pattern, run_control("bos2", "grant"))
