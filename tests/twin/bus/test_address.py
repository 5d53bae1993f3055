from __future__ import annotations

import pytest

from twin.bus.address import host_and_port, loopback_only
from twin.errors import ConfigError


@pytest.mark.parametrize(
    "url",
    [
        "nats://127.0.0.1:4222",
        "nats://localhost",
        "127.0.0.1",
        "nats://[::1]:4222",
        "nats://127.8.0.1:1",
        "localhost:1",
    ],
)
def test_addresses_of_this_machine_pass_unchanged(url: str) -> None:
    assert loopback_only(url) == url


@pytest.mark.parametrize("url", ["nats://10.0.0.5:4222", "nats://example.org", "nats://0.0.0.0:4222", "nats://[::]:1"])
def test_an_address_of_another_machine_is_refused_for_now(url: str) -> None:
    with pytest.raises(ConfigError, match=r"loopback only for now"):
        loopback_only(url)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:4222", "nats://", "nats://127.0.0.1:99999", "nats://127.0.0.1:x", ""]
)
def test_what_is_no_address_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(ConfigError, match=r"expected one such as nats://127\.0\.0\.1:4222"):
        loopback_only(url)


def test_a_message_shows_host_and_port_but_no_password() -> None:
    assert host_and_port("nats://dock:secret@127.0.0.1:4333") == "127.0.0.1:4333"
    assert host_and_port("localhost") == "localhost:4222"
    assert host_and_port("nats://[::1]:1") == "[::1]:1"
