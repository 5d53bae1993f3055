"""Scenarios from files: read, judged, and built; and what editors are told of the language.

>>> "every_20_ms" in [entry.name for entry in library()]
True
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from scenarios.language import names
from scenarios.language.build import Wishes, built
from scenarios.language.grammar.file import ScenarioFile
from scenarios.language.kinds import Spot, near
from scenarios.language.sections import read_section, section_schema
from scenarios.language.source import FILE_BYTES_MAX, Source, Span, composed, decoded
from twin.errors import BadInputError, ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scenarios.model import Scenario
    from sim.plan import Fidelity

_LIBRARY = Path(__file__).parent / "library"
_LISTED = "The scenarios that come with docktwin: docktwin list"
_MODELINE = re.compile(r"#\s*yaml-language-server\s*:")
SEED_MAX = 2**53
SUFFIXES = (".yaml", ".yml")


class LibraryEntry(Struct, frozen=True, kw_only=True):
    """One scenario of the library: `story` is the first line of its file."""

    name: str
    story: str
    path: Path


def library() -> list[LibraryEntry]:
    """The scenarios that come with docktwin, by name."""
    paths = sorted(_LIBRARY.glob("*.yaml"))
    return [LibraryEntry(name=path.stem, story=story_of(path.read_text("utf-8")), path=path) for path in paths]


def load_scenario(
    name_or_path: str | Path,
    *,
    fidelity: Fidelity | None = None,
    seed: int | None = None,
    dock_planner: str | None = None,
    unload_planner: str | None = None,
) -> Scenario:
    """The scenario in a file, or of this name in the library; what is given here holds instead of what the file says.

    Raises ScenarioError with every mistake of the file, ConfigError for a wish that cannot be granted, BadInputError
    if there is no such file or scenario.
    """
    path = find_scenario(name_or_path)
    try:
        with path.open("rb") as file:
            raw = file.read(FILE_BYTES_MAX + 1)
            path.name.encode()  # a scenario is named after its file, in UTF-8
    except OSError as error:
        msg = f"{path}: got no readable file ({error.strerror}), expected a scenario; nothing was run"
        raise BadInputError(msg) from error
    except UnicodeEncodeError as error:
        msg = f"{path}: got a file name that is not UTF-8, expected a scenario; nothing was run"
        raise BadInputError(msg) from error
    shown = _shortest(path)
    return scenario_from_text(
        decoded(raw, shown),
        shown,
        fidelity=fidelity,
        seed=seed,
        dock_planner=dock_planner,
        unload_planner=unload_planner,
    )


def scenario_from_text(
    text: str,
    path: str | Path,
    *,
    fidelity: Fidelity | None = None,
    seed: int | None = None,
    dock_planner: str | None = None,
    unload_planner: str | None = None,
) -> Scenario:
    """The scenario in a text; `path` names it, manifests are looked for beside it. Raises as `load_scenario` does."""
    wishes = Wishes(
        seed=_granted_seed(seed),
        fidelity=_granted("fidelity", fidelity, names.fidelities()),
        dock_planner=_granted("dock planner", dock_planner, names.dock_planners()),
        unload_planner=_granted("unload planner", unload_planner, names.unload_planners()),
    )
    source = Source(str(path), text)
    root = composed(source)
    file = read_section(ScenarioFile, Spot(source, root, ""), Span(root.start_mark.line + 1, 1, 0))
    return built(file, wishes, name=Path(path).stem, story=story_of(text), folder=Path(path).parent)


def find_scenario(name_or_path: str | Path) -> Path:
    """The file a person means: a path if it looks like one, else a name of the library.

    Raises BadInputError if there is none.
    """
    text = str(name_or_path)
    if isinstance(name_or_path, Path) or text.endswith(SUFFIXES) or "/" in text or "\\" in text:
        path = Path(name_or_path)
        if not os.path.isfile(path):  # noqa: PTH113 - pathlib's raises for a name that is too long
            got = "a folder" if os.path.isdir(path) else "no file"  # noqa: PTH112 - the same
            msg = f"{text}: got {got}, expected a scenario; nothing was run"
            raise BadInputError(msg, hint=_LISTED)
        return path
    path = _LIBRARY / f"{text}.yaml"
    if text in {entry.stem for entry in _LIBRARY.glob("*.yaml")}:
        return path
    nearest = near(text, (entry.stem for entry in _LIBRARY.glob("*.yaml")))
    guess = f" (did you mean {nearest}?)" if nearest else ""
    msg = f'got "{text}", expected a scenario of the library or a path to a .yaml file{guess}; nothing was run'
    raise BadInputError(msg, hint=_LISTED)


def story_of(text: str) -> str:
    r"""The first line of a scenario, if it is a comment.

    >>> story_of("# A truck comes.\nsite: {}")
    'A truck comes.'
    """
    first = text.lstrip("\ufeff").partition("\n")[0].strip()
    return first.lstrip("#").strip() if first.startswith("#") and not _MODELINE.match(first) else ""


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a scenario file, made from the declarations that judge it."""
    definitions: dict[str, Any] = {}
    root = section_schema(ScenarioFile, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "docktwin scenario",
        **root,
        "$defs": definitions,
    }


def _granted_seed(seed: int | None) -> int | None:
    is_whole = isinstance(seed, int) and not isinstance(seed, bool)
    if seed is not None and not (is_whole and 0 <= seed <= SEED_MAX):
        msg = f"seed: got {seed}, expected a whole number 0 to {SEED_MAX}; nothing was run"
        raise ConfigError(msg)
    return seed


def _granted(what: str, wish: Any, known: Iterable[str]) -> Any:  # noqa: ANN401 - a wish is returned as it came
    names_known = sorted(known)
    if wish is not None and wish not in names_known:
        nearest = near(str(wish), names_known)
        guess = f" (did you mean {nearest}?)" if nearest else ""
        msg = f'{what}: got "{wish}", expected one of {", ".join(names_known)}{guess}; nothing was run'
        raise ConfigError(msg)
    return wish


def _shortest(path: Path) -> str:
    """The path as a person would write it from here."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()
