"""How far a run is, on stderr: one region rewritten in place on a terminal, a line every 10 s elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from scenarios.report.console import COMMAND, SECOND, console_on, line
from scenarios.report.words import count, duration, plural, time_of_day
from twin.clock import US_PER_S, SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from rich.console import RenderableType

    from scenarios.run_log import Progress
    from twin.clock import Clock

BAR_COLUMNS = 44
PLAIN_EVERY_US = 10 * US_PER_S


class Region:
    """What is rewritten in place on a terminal, and said now and then elsewhere; gone when its `with` block ends."""

    def __init__(self, stream: TextIO, *, clock: Clock | None = None) -> None:
        self._console = console_on(stream)
        self._clock = clock or SystemClock()
        self._plain_due_us = self._clock.steady_us() + PLAIN_EVERY_US
        self._live = _live_on(self._console) if is_animated(stream) else None

    def __enter__(self) -> Self:
        """Nothing is shown before the first word."""
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the region: what comes next stands where it stood."""
        if self._live is not None:
            self._live.stop()

    def show(self, animated: Callable[[], RenderableType], plain: Callable[[], Text]) -> None:
        """Show the one on a terminal, the other elsewhere if it is time for a line."""
        if self._live is not None:
            self._live.update(animated(), refresh=True)
            return
        now_us = self._clock.steady_us()
        if now_us >= self._plain_due_us:
            self._plain_due_us = now_us + PLAIN_EVERY_US
            self._console.print(plain())


class ProgressRegion(Region):
    """Shows the progress of one run; to be used as `with ProgressRegion(...) as tell: run(progress=tell)`."""

    def __init__(self, stream: TextIO, *, start_us: int, utc_offset_s: int = 0, clock: Clock | None = None) -> None:
        super().__init__(stream, clock=clock)
        self._can_bar = _can_encode(stream, "━─")
        self._start_us = start_us
        self._utc_offset_s = utc_offset_s

    def __call__(self, progress: Progress) -> None:
        """Show this."""
        self.show(lambda: self.region(progress), lambda: self.plain(progress))

    def region(self, progress: Progress) -> Group:
        """Two lines: site time, bar and cases; trailers, exceptions, speed and what is left."""
        done = progress.cases_placed / progress.cases_total if progress.cases_total else 0.0
        filled = int(done * BAR_COLUMNS)
        full, empty = "━─" if self._can_bar else "#-"
        bar = (full * filled, COMMAND), (empty * (BAR_COLUMNS - filled), SECOND)
        first = line("  ", self._time(progress), " ", *bar, " ", _cases(progress))
        return Group(first, line(" " * 11, self._rest(progress)))

    def plain(self, progress: Progress) -> Text:
        """The same in one line."""
        return line("  ", self._time(progress), "  ", _cases(progress), "; ", self._rest(progress))

    def _time(self, progress: Progress) -> str:
        return time_of_day(progress.at_us, self._utc_offset_s)

    def _rest(self, progress: Progress) -> str:
        parts = [f"{count(progress.trailers_done)} of {plural(progress.trailers_total, 'trailer')} done"]
        if progress.exceptions_open:
            parts.append(f"{plural(progress.exceptions_open, 'exception')} open")
        if progress.elapsed_s > 0:
            speed = (progress.at_us - self._start_us) / US_PER_S / progress.elapsed_s
            parts.append(f"{count(round(speed))}x real time")
            if progress.cases_placed and progress.cases_total:
                left_s = progress.elapsed_s * (progress.cases_total / progress.cases_placed - 1)
                parts.append(f"{duration(round(max(left_s, 0)) * US_PER_S)} left")
        return ", ".join(parts)


def is_animated(stream: TextIO) -> bool:
    """Whether the stream is a terminal that can rewrite lines; FORCE_COLOR does not make it one."""
    return stream.isatty() and not console_on(stream).is_dumb_terminal


def _live_on(console: Console) -> Live:
    return Live(console=console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False)


def _cases(progress: Progress) -> str:
    return f"{count(progress.cases_placed)} of {plural(progress.cases_total, 'case')}"


def _can_encode(stream: TextIO, text: str) -> bool:
    try:
        text.encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
