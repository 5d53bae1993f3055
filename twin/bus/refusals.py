"""What every bus refuses in the same words."""

from __future__ import annotations

from twin.errors import TransportError


def closed(name: str) -> TransportError:
    """The connection was closed, or never opened."""
    return TransportError(f"the bus connection {name} is closed")


def too_long(got_bytes: int, bytes_max: int, subject: str) -> TransportError:
    """The payload is longer than the server takes."""
    return TransportError(f"got a payload of {got_bytes:,} bytes on {subject}, expected at most {bytes_max:,}")
