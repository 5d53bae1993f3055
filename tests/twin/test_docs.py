"""The reference pages say what the code says, neither less nor more."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import get_args

import pytest

from backend.services.exceptions import POLICIES
from twin import errors
from twin.messages import TYPES
from twin.messages.reference import table, with_table

DOCS = Path(__file__).resolve().parents[2] / "docs"
ERRORS = (DOCS / "errors.md").read_text()
MESSAGES = (DOCS / "messages.md").read_text()
GLOSSARY = (DOCS / "glossary.md").read_text()


def error_classes() -> dict[str, type[errors.DocktwinError]]:
    found: dict[str, type[errors.DocktwinError]] = {}
    waiting: list[type[errors.DocktwinError]] = [errors.DocktwinError]
    while waiting:
        error = waiting.pop()
        if error.__module__ == errors.__name__:
            assert error.code not in found, f"{error.code} stands for two errors"
            found[error.code] = error
        waiting += error.__subclasses__()
    return found


def sections(text: str) -> dict[str, str]:
    """Text below each heading that is an error code."""
    parts = re.split(r"^#{2,3} (E-[A-Z-]+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_error_has_its_heading_and_every_heading_its_error() -> None:
    assert set(sections(ERRORS)) == set(error_classes())


@pytest.mark.parametrize("code", error_classes())
def test_a_section_names_class_and_status_and_says_what_to_do(code: str) -> None:
    section = sections(ERRORS)[code]
    error = error_classes()[code]
    assert section.strip().startswith(f"`{error.__name__}`, status {error.exit_status}.")
    assert "**Do:**" in section or "| do |" in section


def test_every_refusal_of_a_message_is_explained_and_no_other() -> None:
    assert re.findall(r"^\| `([a-z_0-9]+)` \|", sections(ERRORS)["E-MESSAGE"], re.MULTILINE) == list(
        get_args(errors.Refusal)
    )


def test_the_page_of_messages_holds_the_generated_table() -> None:
    assert with_table(MESSAGES) == MESSAGES, "run: python -m twin.messages.reference docs/messages.md"
    assert all(f"`{name}`" in table() for name in TYPES)


def test_the_page_of_messages_names_every_exception_of_the_backend() -> None:
    for exception_type, policy in POLICIES.items():
        assert f"| `{exception_type}` | {policy.level} |" in MESSAGES


def test_the_page_of_messages_explains_every_code_that_a_target_refuses_or_fails_with() -> None:
    explained = set(re.findall(r"`([a-z_]+)`", MESSAGES.split("| code | of |")[1].split("\n\n")[0]))
    reasons = [
        node
        for file in ("sim/robot.py", "sim/mailbox.py", "sim/yard.py")
        for node in ast.walk(ast.parse((DOCS.parent / file).read_text()))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("_why")
    ]
    codes = {
        node.value
        for reason in reasons
        for returned in ast.walk(reason)
        if isinstance(returned, ast.Return) and returned.value is not None
        for node in (returned.value, *ast.iter_child_nodes(returned.value))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert len(codes) > 10
    assert codes <= explained


def test_links_between_the_pages_lead_somewhere() -> None:
    pages = {"errors.md": ERRORS, "messages.md": MESSAGES, "glossary.md": GLOSSARY}
    for text in pages.values():
        for page, anchor in re.findall(r"\]\((\w+\.md)(?:#([a-z-]+))?\)", text):
            target = (DOCS / page).read_text()
            headings = [line.lstrip("# ").lower().replace(" ", "-") for line in target.splitlines() if line[:1] == "#"]
            assert not anchor or anchor in headings, (page, anchor)


def test_the_glossary_defines_each_name_once_in_each_table() -> None:
    for part in GLOSSARY.split("\n## ")[1:]:
        names = re.findall(r"\*\*([^*]+)\*\*", part)
        assert len(names) == len(set(names)), part[:30]


@pytest.mark.parametrize(
    "name",
    [
        "trailer",
        "door",
        "wall",
        "case",
        "track",
        "manifest_line",
        "sorter",
        "conveyor",
        "induction",
        "order",
        "plan",
        "exception",
        "intervention",
        "epoch",
        "boot",
        "window",
        "grant",
        "digest",
        "seq",
        "label",
        "receipt",
        "quarantine",
    ],
)
def test_the_glossary_settles_the_name(name: str) -> None:
    assert f"**{name.replace('_', ' ')}**" in GLOSSARY
