"""A campaign on the terminal: how far it is, and at the end what was found and the command that shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TextIO

from msgspec import Struct, to_builtins
from rich.text import Text

from scenarios.explore.candidate import Size, fault_count
from scenarios.explore.story import in_words, size_in_words
from scenarios.explore.trial import ERROR, EXPECTATION
from scenarios.report.commands import command
from scenarios.report.console import COMMAND, FAILED, PASSED, SECOND, STRONG, line, wrapped
from scenarios.report.progress import Region
from scenarios.report.words import count, plural, time_of_day
from scenarios.verdict import this_platform, version

if TYPE_CHECKING:
    from scenarios.explore.campaign import Campaign
    from twin.clock import Clock

_LABEL = 9


class Ending(Struct, frozen=True, kw_only=True):
    """How a campaign ended. `file`: None if nothing was written; `origin`: the words of the command that finds it."""

    file: str | None
    origin: tuple[str, ...]
    before: Size | None
    after: Size | None
    wall_s: float
    workers: int
    is_interrupted: bool


class ExploreProgress(Region):
    """How many runs are done, and then how small the failure is by now."""

    def __init__(self, stream: TextIO, *, clock: Clock | None = None) -> None:
        super().__init__(stream, clock=clock)

    def __call__(self, campaign: Campaign) -> None:
        """Tell how far it is."""
        self.show(lambda: progress_line(campaign), lambda: progress_line(campaign))


def progress_line(campaign: Campaign) -> Text:
    """How far a campaign is, in one line."""
    failure, shrinker = campaign.failure, campaign.shrinker
    if failure is None:
        return line(f"  {count(campaign.done)} of {plural(len(campaign.numbers), 'run')} done, none failed")
    told = f"  run {count(failure.run)}: {in_words(failure.finding)}"
    if shrinker is not None:
        left = plural(fault_count(shrinker.best), "fault")
        told += f"; shrinking, {plural(shrinker.runs, 'run')} so far, {left} left"
    return line(told)


def explore_block(campaign: Campaign, ending: Ending) -> list[Text]:
    """All lines of the end of a campaign."""
    lines = [_headline(campaign, ending), Text()]
    if campaign.failure is not None:
        lines += [*_failure(campaign, ending), Text()]
    if campaign.kinds:
        drawn = ", ".join(f"{count(number)} {kind}" for kind, number in sorted(campaign.kinds.items()))
        lines += wrapped(_label("Faults"), f"{count(campaign.kinds.total())} drawn: {drawn}", style=SECOND)
    shrunk = "" if campaign.shrinker is None else f" and {plural(campaign.shrinker.runs, 'run')} to shrink it"
    pool = plural(ending.workers, "process", "processes")
    return [
        *lines,
        line(_label("Time"), f"{plural(campaign.done, 'run')}{shrunk} in {ending.wall_s:.1f} s with {pool}"),
    ]


def explore_object(campaign: Campaign, ending: Ending) -> dict[str, Any]:
    """What `--json` prints of a campaign."""
    failure = campaign.failure
    return {
        "scenario": campaign.base.scenario.name,
        "seed": campaign.seed,
        "version": version(),
        "platform": dict(this_platform()),
        "verdict": _word(campaign, ending).lower(),
        "wall_s": ending.wall_s,
        "runs": {"asked": len(campaign.numbers), "done": campaign.done, "first": campaign.numbers.start},
        "faults_drawn": dict(sorted(campaign.kinds.items())),
        "failure": None
        if failure is None
        else {
            "run": failure.run,
            **to_builtins(failure.finding),
            "found": to_builtins(ending.before),
            "shrunk": to_builtins(ending.after),
            "shrink_runs": 0 if campaign.shrinker is None else campaign.shrinker.runs,
            "file": ending.file,
            "command": None if ending.file is None else ["docktwin", "run", ending.file],
            "found_by": ["docktwin", *ending.origin],
        },
    }


def _word(campaign: Campaign, ending: Ending) -> str:
    if campaign.failure is None:
        return "INTERRUPTED" if ending.is_interrupted else "PASSED"
    return "ERROR" if campaign.failure.finding.what == ERROR else "FAILED"


def _headline(campaign: Campaign, ending: Ending) -> Text:
    word = _word(campaign, ending)
    asked = plural(len(campaign.numbers), "run")
    if campaign.failure is not None:
        run = campaign.failure.run
        told = f"run {count(run)} fails, {count(campaign.done)} of {asked} done" if run else "it fails as it is"
    else:
        told = (
            f"{count(campaign.done)} of {asked} done, none failed" if ending.is_interrupted else f"{asked}, none failed"
        )
    style = {"PASSED": PASSED, "INTERRUPTED": STRONG}.get(word, FAILED)
    return line((word, style), "  ", (f"{campaign.base.scenario.name}, seed {campaign.seed}", STRONG), f": {told}")


def _failure(campaign: Campaign, ending: Ending) -> list[Text]:
    assert campaign.failure is not None
    finding = campaign.failure.finding
    word = {ERROR: "error", EXPECTATION: "not met"}.get(finding.what, "broken")
    lines = wrapped(line("  ", (f"{word:7}", FAILED), "  "), finding.name, style=STRONG)
    at = "" if finding.at_us is None else f"{time_of_day(finding.at_us, campaign.base.scenario.utc_offset_s)}  "
    lines += [*wrapped(line(" " * (_LABEL + 2), at), finding.sentence), Text()]
    if ending.before is not None and ending.after is not None:
        lines.append(line(_label("Found"), size_in_words(ending.before)))
        least = line(_label("Shrunk"), (size_in_words(ending.after), STRONG))
        lines.append(least.append("  (interrupted: not its least)" if ending.is_interrupted else "", style=SECOND))
    if ending.file is not None:
        lines += [line(_label("File"), ending.file), line(_label("See it"), (command("run", ending.file), COMMAND))]
    return [*lines, line(_label("Again"), (command(*ending.origin), COMMAND))]


def _label(label: str) -> Text:
    return line("  ", f"{label:{_LABEL}}")
