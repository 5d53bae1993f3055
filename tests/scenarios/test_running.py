"""`from scenarios import run`: what a script may ask for."""

from __future__ import annotations

import pytest

from scenarios import run
from twin.errors import ConfigError


@pytest.mark.parametrize("seed", [True, 1.5, "x", -1])
def test_a_seed_that_is_no_whole_number_is_refused(seed: object) -> None:
    with pytest.raises(ConfigError, match="expected a whole number 0 to"):
        run("first_truck", seed=seed)  # type: ignore[arg-type] # that is the point


def test_a_driver_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ConfigError, match='got "foo", expected one of inline, lockstep; nothing was run'):
        run("first_truck", driver="foo")  # type: ignore[arg-type] # that is the point
