"""Where the microseconds go: samples of the CPU time of each part of an inline run, by function.

A tracing profiler makes small functions look dear; samples cost the same wherever they fall. What a function of the
library or of C costs is counted to the line of ours that calls it.
"""

from __future__ import annotations

import signal
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.perf import inline
from tests.perf.days import steady_day
from tests.perf.stopwatch import cpu_us, in_turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from tests.perf.days import Size

FILES_SHOWN = 12
FUNCTIONS_SHOWN = 16
SAMPLE_EVERY_S = 0.001
SECONDS_A_PART = 4.0
_TOP = Path(__file__).resolve().parents[2]
_OURS = tuple(f"{_TOP}/{package}/" for package in ("twin", "sim", "backend", "scenarios"))
_MEASURED = cpu_us.__code__


def hot_spots(size: Size) -> list[str]:
    """Lines to print: for each part its dearest functions, microseconds a message."""
    doors = size.inline_doors
    day = steady_day(trailers=list(range(1, doors * size.inline_trailers + 1)), doors=doors, cases=size.inline_cases)
    run = inline.record(day)
    parts: dict[str, Callable[[], float]] = {
        "the simulator without messages": lambda: inline.silent_us(run),
        "the simulator with messages, link and windows": lambda: inline.simulator_us(run),
        "the backend": lambda: inline.backend_us(run),
        "the digest": lambda: inline.digest_us(run),
    }
    lines: list[str] = []
    for title, play in parts.items():
        us_a_message = in_turns({"part": play}, repeats=size.repeats)["part"] / len(run.deliveries)
        samples = sampled(play)
        lines += ["", f"{title}: {us_a_message:.2f} us a message", *dearest(samples, us_a_message)]
    return lines


def sampled(play: Callable[[], float]) -> Counter[str]:
    """Where it was, every millisecond of what `play` measures; played until that is `SECONDS_A_PART`."""
    samples: Counter[str] = Counter()

    def sample(_number: int, frame: FrameType | None) -> None:
        name = _where(frame)
        if name is not None:
            samples[name] += 1

    taken_us = 0.0
    with _sampling(sample):
        while taken_us < SECONDS_A_PART * 1e6:
            taken_us += play()
    return samples


@contextmanager
def _sampling(sample: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    before = signal.signal(signal.SIGPROF, sample)
    signal.setitimer(signal.ITIMER_PROF, SAMPLE_EVERY_S, SAMPLE_EVERY_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        signal.signal(signal.SIGPROF, before)


def _where(frame: FrameType | None) -> str | None:
    """The innermost function of ours, None if nothing is being measured."""
    ours = None
    while frame is not None:
        code = frame.f_code
        if code is _MEASURED:
            return ours or "what is around it"
        if ours is None and code.co_filename.startswith(_OURS):
            ours = f"{Path(code.co_filename).relative_to(_TOP).as_posix()} {code.co_qualname}"
        frame = frame.f_back
    return None


def dearest(samples: Counter[str], whole: float) -> list[str]:
    """The files, then the functions, each with its part of the whole."""
    files: Counter[str] = Counter()
    for name, count in samples.items():
        files[name.partition(" ")[0]] += count
    a_sample = whole / samples.total()
    shown = [*files.most_common(FILES_SHOWN), *samples.most_common(FUNCTIONS_SHOWN)]
    return [f"  {count * a_sample:6.2f}  {name}" for name, count in shown]
