"""Which code computes physics here: results of other code are not taken for its own."""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from importlib.resources import files

_PACKAGES = ("sim.load", "sim.physics", "sim", "twin")
"""What a load is made of, what it settles by, and the numbers and draws of both."""


@cache
def code_hash() -> str:
    """The hash of the sources, in hexadecimal digits, as they were when this process first asked."""
    found = [(package, each.name, each) for package in _PACKAGES for each in files(package).iterdir()]
    digest = blake2b(digest_size=16)
    for package, name, file in sorted(found, key=lambda it: it[:2]):
        if name.endswith(".py"):
            digest.update(f"{package}/{name}\0".encode() + file.read_bytes())
    return digest.hexdigest()
