"""JSON Schema and AsyncAPI of the contract, generated from the message types: nothing here is written twice."""

from __future__ import annotations

from inspect import cleandoc
from typing import Any, Final

import msgspec

from twin.ids import TOKEN_PATTERN
from twin.messages import TYPES, Command, Message
from twin.messages.codec import encode
from twin.messages.envelope import MESSAGE_BYTES_MAX
from twin.messages.examples import example
from twin.subjects import subject

CONTENT_TYPE: Final = "application/cloudevents+json"
_CONTRACT_VERSION: Final = "1.0.0"
_REF: Final = "#/components/schemas/{name}"
_CHANNEL_WORDS: Final = {
    "event": "A fact; at least once on the wire, applied exactly once, in order.",
    "reply": "The outcome of a command, said by its target alone; in order.",
    "state": "How an entity is; the latest wins.",
    "command": "An imperative to one entity; identical bytes are sent again until it answers.",
}


def json_schema(message_type: type[Message]) -> dict[str, Any]:
    """The JSON Schema (draft 7) of one message type, complete in itself."""
    (root,), definitions = msgspec.json.schema_components([message_type], ref_template="#/definitions/{name}")
    whole = {"$schema": "http://json-schema.org/draft-07/schema#", **root, "definitions": definitions}
    schema: dict[str, Any] = _portable(whole)
    return schema


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI 3.0 document of the contract, as the backend sees it: it sends commands and receives events."""
    _, components = msgspec.json.schema_components(list(TYPES.values()), ref_template=_REF)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "docktwin robot contract",
            "version": _CONTRACT_VERSION,
            "description": (
                "What simulator, backend and robots of a warehouse dock say to each other. Every message is a "
                f"CloudEvent 1.0 in JSON of at most {MESSAGE_BYTES_MAX // 1024} KiB. `seq` counts 1, 2, 3 ... per "
                "source, boot and channel, for commands per target; `id` names all of these. New fields may come at "
                "any time and are to be skipped; a breaking change is a new type."
            ),
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {_key(name): _channel(message_type) for name, message_type in TYPES.items()},
        "operations": {_key(name): _operation(message_type) for name, message_type in TYPES.items()},
        "components": {
            "messages": {_key(name): _message(message_type) for name, message_type in TYPES.items()},
            "schemas": {name: _portable(schema) for name, schema in components.items()},
        },
    }


def summary_of(message_type: type[Message]) -> str:
    """What a message of this type says, in a sentence."""
    return cleandoc(message_type.__doc__ or "").replace("\n", " ")


def publishers_of(message_type: type[Message]) -> list[str]:
    """The kinds of entity that may publish this type, in order."""
    return sorted(message_type.PUBLISHERS)


def _name(message_type: type[Message]) -> str:
    return str(message_type.__struct_config__.tag)


def _key(name: str) -> str:
    return name.replace(".", "_")


def _channel(message_type: type[Message]) -> dict[str, Any]:
    """A subject with its parameters: kind and entity are the publisher's, of a command the target's."""
    name = _name(message_type)
    token = {"description": f"Matches {TOKEN_PATTERN.replace(_END_OF_TEXT, '$')}."}
    return {
        "address": subject("{site}", "{kind}", "{entity}", message_type.CHANNEL, name),
        "description": _CHANNEL_WORDS[message_type.CHANNEL],
        "messages": {_key(name): {"$ref": f"#/components/messages/{_key(name)}"}},
        "parameters": {
            "site": token,
            "kind": token if issubclass(message_type, Command) else {"enum": publishers_of(message_type)},
            "entity": token,
        },
    }


def _operation(message_type: type[Message]) -> dict[str, Any]:
    key = _key(_name(message_type))
    return {
        "action": "send" if {"backend"} == message_type.PUBLISHERS else "receive",
        "channel": {"$ref": f"#/channels/{key}"},
        "summary": summary_of(message_type),
        "messages": [{"$ref": f"#/channels/{key}/messages/{key}"}],
    }


def _message(message_type: type[Message]) -> dict[str, Any]:
    name = _name(message_type)
    return {
        "name": name,
        "title": name,
        "summary": summary_of(message_type),
        "contentType": CONTENT_TYPE,
        "payload": {"$ref": _REF.format(name=message_type.__name__)},
        "examples": [{"name": "complete", "payload": msgspec.json.decode(encode(example(message_type)))}],
    }


_END_OF_TEXT: Final = r"\Z"


def _portable(schema: Any) -> Any:  # noqa: ANN401 - any JSON value
    """A schema as other tools read it: draft 7 tuples, ECMA 262 patterns, descriptions without Python's indentation."""
    if isinstance(schema, list):
        return [_portable(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {key: _portable(inner) for key, inner in schema.items()}
    if "prefixItems" in changed:
        changed["items"] = changed.pop("prefixItems")
        changed["additionalItems"] = False
    if isinstance(changed.get("pattern"), str):
        changed["pattern"] = changed["pattern"].replace(_END_OF_TEXT, "$")
    if isinstance(changed.get("description"), str):
        changed["description"] = cleandoc(changed["description"])
    return changed
