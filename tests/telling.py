"""What a campaign says while it runs."""

from __future__ import annotations

import sys


def say(text: str) -> None:
    """A line, at once: whoever waits reads along, in a pipe too."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
