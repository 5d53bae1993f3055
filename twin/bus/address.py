"""The address of a NATS server, as a person gives it."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from twin.errors import ConfigError

DEFAULT_PORT = 4222
_EXPECTED = "expected one such as nats://127.0.0.1:4222"


def host_and_port(url: str) -> str:
    """`127.0.0.1:4222` of `nats://127.0.0.1:4222`: what a message may show, for a URL may hold a password.

    Raises ConfigError if `url` is no address of a NATS server.
    """
    host, port = _parts(url)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def loopback_only(url: str) -> str:
    """`url` as it came. Raises ConfigError if it is no address of a NATS server or leads to another machine."""
    host, _ = _parts(url)
    if not _is_loopback(host):
        expected = "expected one on this machine: loopback only for now; nothing was run"
        msg = f"got a NATS server at {host_and_port(url)}, {expected}"
        raise ConfigError(
            msg, hint="Give nats://127.0.0.1:PORT, or leave the address out: docktwin then starts its own."
        )
    return url


def _parts(url: str) -> tuple[str, int]:
    try:
        parts = urlsplit(url if "://" in url else f"nats://{url}")
        host, port = parts.hostname, parts.port or DEFAULT_PORT
    except ValueError as error:
        msg = f"got a NATS address that cannot be read ({error}), {_EXPECTED}; nothing was run"
        raise ConfigError(msg) from error
    if parts.scheme != "nats" or not host:
        msg = f"got a NATS address with scheme {parts.scheme!r} and host {host or ''!r}, {_EXPECTED}; nothing was run"
        raise ConfigError(msg)
    return host, port


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
