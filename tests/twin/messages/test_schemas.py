"""Others judge our messages: the CloudEvents library and schema, the AsyncAPI schema, JSON Schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cloudevents.core.formats.json import JSONFormat
from jsonschema import Draft7Validator

from twin.config import data_dir
from twin.messages import TYPES, Message, codec
from twin.messages.examples import example
from twin.messages.schemas import asyncapi, json_schema

ALL_TYPES = [pytest.param(message_type, id=name) for name, message_type in TYPES.items()]


def outside_schema(name: str) -> dict[str, Any]:
    folder = data_dir()
    path = Path("nowhere") if folder is None else folder / "schemas" / name
    if not path.is_file():
        pytest.skip(f"the published schema {name} is not here: set DOCKTWIN_DATA to a folder that holds schemas/{name}")
    loaded: dict[str, Any] = json.loads(path.read_text())
    return loaded


@pytest.fixture(scope="module")
def cloudevents_schema() -> Draft7Validator:
    return Draft7Validator(outside_schema("cloudevents.json"))


@pytest.mark.parametrize("message_type", ALL_TYPES)
def test_the_example_of_a_type_decodes_to_itself(message_type: type[Message]) -> None:
    assert codec.decode(codec.encode(example(message_type))) == example(message_type)


@pytest.mark.parametrize("message_type", ALL_TYPES)
def test_the_cloudevents_library_reads_every_type(message_type: type[Message]) -> None:
    message = example(message_type)
    event = JSONFormat().read(None, codec.encode(message))
    assert (event.get_id(), event.get_source(), event.get_type()) == (message.id, message.source, message.type)
    assert event.get_extension("seq") == message.seq


@pytest.mark.parametrize("message_type", ALL_TYPES)
def test_the_cloudevents_schema_accepts_every_type(
    message_type: type[Message], cloudevents_schema: Draft7Validator
) -> None:
    cloudevents_schema.validate(json.loads(codec.encode(example(message_type))))


@pytest.mark.parametrize("message_type", ALL_TYPES)
def test_the_json_schema_of_a_type_accepts_its_example(message_type: type[Message]) -> None:
    schema = json_schema(message_type)
    Draft7Validator.check_schema(schema)
    Draft7Validator(schema).validate(json.loads(codec.encode(example(message_type))))


@pytest.mark.parametrize("message_type", ALL_TYPES)
def test_the_json_schema_of_a_type_refuses_what_the_codec_refuses(message_type: type[Message]) -> None:
    judge = Draft7Validator(json_schema(message_type))
    good = json.loads(codec.encode(example(message_type)))
    wrong = [
        {**good, "time": "2026-02-30T06:00:00.000000Z"},
        {**good, "source": "r5"},
        {**good, "seq": 0},
        {**good, "type": "nothing.known.v1"},
        {key: value for key, value in good.items() if key != "data"},
    ]
    assert [judge.is_valid(instance) for instance in wrong] == [False] * len(wrong)


def test_the_asyncapi_document_is_one() -> None:
    judge = Draft7Validator(outside_schema("asyncapi-3.0.0.json"))
    assert [error.message for error in judge.iter_errors(asyncapi())] == []


def test_the_asyncapi_document_names_every_type_once() -> None:
    document = asyncapi()
    names = [message["name"] for message in document["components"]["messages"].values()]
    assert names == list(TYPES)
    assert len(document["channels"]) == len(document["operations"]) == len(TYPES)


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    document = asyncapi()
    references = [value for key, value in walk(document) if key == "$ref"]
    assert len(references) > len(TYPES)
    for reference in references:
        place: Any = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_the_asyncapi_document_uses_no_word_that_only_python_or_newer_drafts_know() -> None:
    assert [value for key, value in walk(asyncapi()) if key == "pattern" and r"\Z" in value] == []
    assert [key for key, _ in walk(asyncapi()) if key in {"prefixItems", "$defs"}] == []


def walk(value: Any) -> list[tuple[str, Any]]:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        return [*value.items(), *(pair for inner in value.values() for pair in walk(inner))]
    return [pair for inner in value for pair in walk(inner)] if isinstance(value, list) else []
