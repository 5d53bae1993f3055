"""Where the outside data are looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from twin.config import DATA_VARIABLE, data_dir


def test_the_environment_names_the_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DATA_VARIABLE, "elsewhere")
    assert data_dir() == Path("elsewhere")


def test_without_it_the_folder_beside_the_checkout_is_used_if_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DATA_VARIABLE, raising=False)
    folder = data_dir()
    assert folder is None or folder.is_dir()
