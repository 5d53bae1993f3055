from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from twin.bus.embedded import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def nats_server() -> Iterator[EmbeddedServer]:
    with EmbeddedServer() as server:
        yield server
