"""Scenarios as pytest items: `pytest scenarios/library` runs and judges each file.

A YAML file is taken for a scenario only where one is meant: named itself, in a folder of the ini option
`docktwin_scenarios` (by default the library's), or in a folder named on the command line if it looks like a scenario.
"""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

_SUFFIXES = frozenset({".yaml", ".yml"})
_LIBRARY = Path(__file__).parent / "library"
_KEYS = tuple(re.compile(rf"^{key}\s*:", re.MULTILINE) for key in ("site", "start", "trailers"))
_LOOKED_AT_CHARACTERS = 256 * 1024


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the driver and the folders of scenarios."""
    group = parser.getgroup("docktwin", "truck scenarios")
    group.addoption(
        "--docktwin-driver",
        choices=("inline", "lockstep"),
        default="inline",
        help="how scenarios run: in one process, or in two on a real NATS server",
    )
    parser.addini("docktwin_scenarios", "folders whose YAML files are scenarios", type="paths", default=[str(_LIBRARY)])


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A file that is meant as a scenario becomes one item."""
    if file_path.suffix not in _SUFFIXES or not _is_meant(file_path, parent.config):
        return None
    collector: pytest.Collector = import_module("scenarios.pytest_scenarios").ScenarioCollector.from_parent(
        parent, path=file_path
    )
    return collector


def _is_meant(path: Path, config: pytest.Config) -> bool:
    named = {(config.invocation_params.dir / argument.split("::", 1)[0]).resolve() for argument in config.args}
    folders = {Path(folder).resolve() for folder in config.getini("docktwin_scenarios")}
    resolved = path.resolve()
    return resolved in named or resolved.parent in folders or (resolved.parent in named and _looks_like_one(path))


def _looks_like_one(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            text = file.read(_LOOKED_AT_CHARACTERS)
    except OSError:
        return False
    return all(key.search(text) for key in _KEYS)
