"""200,000 mutated payloads: each is refused with a code, or is a valid message. Nothing else comes out."""

from __future__ import annotations

from collections import Counter
from typing import get_args

import pytest

from tests.fuzzing import Mutant, Mutator, corpus_of
from twin.errors import MessageRefused, Refusal
from twin.messages import Message, codec
from twin.messages.examples import examples
from twin.subjects import subject_of

MUTANTS = 200_000
SEED = 20_260_105


def outcome(mutant: Mutant) -> str:
    """The code of its refusal, or `valid`; anything else that is raised passes through."""
    try:
        message = codec.decode(mutant.payload, subject=mutant.subject)
    except MessageRefused as error:
        refused = error
    else:
        assert_is_valid(message, mutant.subject)
        return "valid"
    assert refused.path.startswith("$")
    assert refused.message.isprintable()
    codec.peek(mutant.payload, subject=mutant.subject)
    return refused.refusal


def assert_is_valid(message: Message, subject: str) -> None:
    canonical = codec.encode(message)
    assert codec.decode(canonical, subject=subject) == message
    assert subject == subject_of(message)


@pytest.fixture(scope="module")
def outcomes() -> Counter[tuple[str, str]]:
    mutator = Mutator(seed=SEED, corpus=corpus_of(examples().values()))
    counts: Counter[tuple[str, str]] = Counter()
    for number in range(MUTANTS):
        mutant = mutator.next()
        try:
            counts[mutant.how, outcome(mutant)] += 1
        except Exception as error:
            msg = f"mutant {number} of seed {SEED} ({mutant.how}) on {mutant.subject}: {mutant.payload[:2000]!r}"
            raise AssertionError(msg) from error
    return counts


def test_every_mutant_is_refused_with_a_code_or_valid(outcomes: Counter[tuple[str, str]]) -> None:
    assert outcomes.total() == MUTANTS
    assert {code for _, code in outcomes} <= {*get_args(Refusal), "valid"}


def test_the_mutants_reach_every_refusal(outcomes: Counter[tuple[str, str]]) -> None:
    assert set(get_args(Refusal)) <= {code for _, code in outcomes}


def test_no_way_of_mutating_is_idle(outcomes: Counter[tuple[str, str]]) -> None:
    by_way: Counter[str] = Counter()
    for (how, code), count in outcomes.items():
        by_way[how] += count if code != "valid" else 0
    harmless = {how for how, _ in outcomes if not by_way[how]}
    assert harmless == {"spaces"}


def test_what_a_later_version_adds_is_skipped(outcomes: Counter[tuple[str, str]]) -> None:
    assert outcomes["unknown_field", "valid"] > 0
    assert outcomes["spaces", "valid"] > 0
