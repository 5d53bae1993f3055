from __future__ import annotations

import inspect
import pickle

import pytest

from twin import errors

CLASSES = [cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, errors.DocktwinError)]


@pytest.mark.parametrize("error", CLASSES)
def test_every_error_is_caught_by_the_root(error: type[errors.DocktwinError]) -> None:
    assert issubclass(error, errors.DocktwinError)


def test_no_two_errors_share_a_code() -> None:
    assert len({error.code for error in CLASSES}) == len(CLASSES)


@pytest.mark.parametrize("error", CLASSES)
def test_bad_input_ends_a_command_with_2_and_all_else_with_3(error: type[errors.DocktwinError]) -> None:
    assert error.exit_status == (2 if issubclass(error, errors.BadInputError) else 3)


def test_an_error_carries_its_message_and_a_hint() -> None:
    error = errors.BusConnectError("nobody answers", hint="start a server")
    assert (error.message, error.hint, str(error)) == ("nobody answers", "start a server", "nobody answers")


def test_a_refused_message_says_why_where_and_what() -> None:
    refused = errors.MessageRefused("out_of_range", "$.seq", "got 0")
    assert (refused.refusal, refused.path, refused.detail) == ("out_of_range", "$.seq", "got 0")
    assert str(refused) == "out_of_range at $.seq: got 0"


def test_a_refused_message_passes_from_process_to_process() -> None:
    refused = errors.MessageRefused("out_of_range", "$.seq", "got 0")
    again = pickle.loads(pickle.dumps(refused))  # noqa: S301 - our own bytes
    assert (again.refusal, again.path, again.detail, str(again)) == ("out_of_range", "$.seq", "got 0", str(refused))
