"""`docktwin load show`, `settle` and `pick`: a load as it was loaded, as it stands, and what a pick does to it."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from scenarios.commands.options import whole_number
from scenarios.commands.places import check_file
from scenarios.loads import NamedLoad, Settled, case_of, physics_for, picked, settled, shifts_m, worst_pick
from scenarios.report.console import SECOND, line, say
from scenarios.report.loads import files_block, load_block, picked_block, settled_block
from scenarios.report.progress import Region
from scenarios.report.words import count, plural
from scenarios.schema import SEED_MAX
from sim.physics.boxes import boxes_of
from sim.physics.picture import Mark, Pixels, frame_of, render, side_by_side, write_png
from sim.plan import Fidelity
from twin.errors import EXIT_PASSED, BadInputError, ConfigError, UsageError
from twin.rng import Draws

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from sim.load.load import Load
    from sim.physics.boxes import Boxes
    from sim.physics.port import Physics

CASES_MAX = 5000
_HOW: dict[Fidelity, str] = {"case": "the support graph", "physics": "physics"}
_PICK_DEPTH_M, _PICK_WIDTH_PX = 4.5, 800
"""A pick is drawn nearer: the first metres of the load, before and after it."""


class LoadRequest(Struct, frozen=True, kw_only=True):
    """The options of `docktwin load` as they were typed."""

    target: str
    cases: str | None = None
    seed: str | None = None
    generator: str | None = None
    fidelity: str | None = None
    png: Path | None = None
    html: Path | None = None

    def named(self) -> NamedLoad:
        """Which load is meant. Raises UsageError."""
        seed = 1 if self.seed is None else whole_number("--seed", self.seed, least=0, most=SEED_MAX)
        cases = None if self.cases is None else whole_number("--cases", self.cases, least=1, most=CASES_MAX)
        return NamedLoad(target=self.target, seed=seed, cases=cases, generator=self.generator)

    def the_fidelity(self) -> Fidelity:
        """Whose physics is meant. Raises UsageError."""
        if self.fidelity is None or self.fidelity == "physics":
            return "physics"
        if self.fidelity != "case":
            msg = f'--fidelity: got "{self.fidelity}", expected one of {", ".join(_HOW)}; nothing was run'
            raise UsageError(msg)
        return "case"

    def check_pictures(self) -> list[Path]:
        """The files that will be written. Raises ConfigError for a place that cannot be."""
        if self.png is not None and self.html is not None and self.png.absolute() == self.html.absolute():
            msg = f"got {self.png} for --png and for --html, expected two files; nothing was run"
            raise ConfigError(msg)
        asked = {"png": self.png, "html": self.html}
        for kind, path in asked.items():
            if path is not None:
                check_file(f"--{kind}", path, ending=f".{kind}")
        return [path for path in asked.values() if path is not None]


def show(request: LoadRequest) -> int:
    """The load as it was loaded; the exit status. Raises BadInputError."""
    named, files = request.named(), request.check_pictures()
    load = _loaded(named)
    boxes = boxes_of(load.cases)
    title = f"{named.words()}: {plural(len(load.cases), 'case')} as loaded"
    if request.png is not None:
        _write(request.png, render(boxes, frame_of(load.interior_m, [boxes]), title=title))
    if request.html is not None:
        _write_page(request.html, load, boxes, {}, title=title, sentence=_sentence(load, boxes, {}))
    say(load_block(named, load, worst_pick(load), files), sys.stdout)
    return EXIT_PASSED


def settle(request: LoadRequest) -> int:
    """The load as it stands when the doors open; the exit status. Raises BadInputError."""
    named, fidelity, files = request.named(), request.the_fidelity(), request.check_pictures()
    load = _loaded(named)
    stood = _settled(load, physics_for(fidelity))
    boxes, marks = stood.state.boxes(), stood.marks(load)
    title = f"{named.words()}: settled by {_HOW[fidelity]}, {_standing(boxes, marks)}"
    if request.png is not None:
        _write(request.png, render(boxes, frame_of(load.interior_m, [boxes]), title=title, marks=marks))
    if request.html is not None:
        _write_page(request.html, load, boxes, marks, title=title, sentence=_sentence(load, boxes, marks))
    shifts = shifts_m(load, stood.state)
    say([*settled_block(named, load, stood, shifts, _HOW[fidelity]), *files_block(files)], sys.stdout)
    return EXIT_PASSED


def pick(case: str, request: LoadRequest) -> int:
    """The load before and after a pick; the exit status. Raises BadInputError."""
    named, fidelity, files = request.named(), request.the_fidelity(), request.check_pictures()
    load = _loaded(named)
    case_id = case_of(load, case)
    physics = physics_for(fidelity)
    stood = _settled(load, physics)
    done = picked(stood.state, case_id, physics, Draws(named.seed))
    before, after, marks = done.before.boxes(), done.after.boxes(), done.marks()
    taken = before.only([before.ids.index(case_id)]) if done.extraction.came_out else None
    titles = f"Before: {case_id} is to be picked", f"After: {done.words()}"
    if request.png is not None:
        frame = frame_of(load.interior_m, [before, after], depth_m=_PICK_DEPTH_M, width_px=_PICK_WIDTH_PX)
        at_first = dict.fromkeys(done.before.floor, Mark.LOOSE) | {case_id: Mark.PICKED}
        pictures = (
            render(before, frame, title=titles[0], marks=at_first),
            render(after, frame, title=titles[1], marks=marks, taken=taken),
        )
        _write(request.png, side_by_side(pictures))
    if request.html is not None:
        sentence = f"The pick of {case_id} from {named.words()}: {_sentence(load, after, marks)}"
        _write_page(request.html, load, after, marks, taken=taken, title=titles[1], sentence=sentence)
    stood_before = sum(map(done.before.stands, before.ids))
    say([*picked_block(stood, done, stood_before), *files_block(files)], sys.stdout)
    return EXIT_PASSED


def _loaded(named: NamedLoad) -> Load:
    load = named.load()
    if not load.cases:
        reasons = sorted({left.reason for left in load.unplaced})
        msg = f"{named.target}: got no case that fits ({', '.join(reasons)}), expected at least one; nothing was run"
        raise BadInputError(msg)
    return load


def _settled(load: Load, physics: Physics[Any]) -> Settled:
    with Region(sys.stderr) as region:
        told = line((f"settling {plural(len(load.cases), 'case')}", SECOND))
        region.show(lambda: told, lambda: told)
        return settled(load, physics)


# -- pictures --------------------------------------------------------------------------------------------------------


def _standing(boxes: Boxes, marks: Mapping[str, Mark]) -> str:
    fallen = sum(mark in {Mark.FALLEN, Mark.LOOSE} for mark in marks.values())
    return f"{count(len(boxes.ids) - fallen)} stand, {count(fallen) if fallen else 'none'} fallen"


def _sentence(load: Load, boxes: Boxes, marks: Mapping[str, Mark]) -> str:
    """What a picture of a load shows, for those who do not see it."""
    length_m, width_m, height_m = load.interior_m
    moved = sum(mark is Mark.MOVED for mark in marks.values())
    told = f"{plural(len(boxes.ids), 'case')} in a trailer of {length_m:.2f} x {width_m:.2f} x {height_m:.2f} m: "
    return f"{told}{_standing(boxes, marks)}, {count(moved) if moved else 'none'} moved."


def _write(path: Path, picture: Pixels) -> None:
    _whole(path, lambda part: write_png(picture, part))


def _write_page(
    path: Path,
    load: Load,
    boxes: Boxes,
    marks: Mapping[str, Mark],
    *,
    title: str,
    sentence: str,
    taken: Boxes | None = None,
) -> None:
    # Plotly takes a while to import, and most loads are shown without it.
    from scenarios.report.load_figures import case_words, load_figure, write_page  # noqa: PLC0415

    words = {case.case_id: case_words(case) for case in load.cases}
    figure = load_figure(boxes, load.interior_m, words=words, marks=marks, taken=taken)
    _whole(path, lambda part: write_page(figure, part, title=title, sentence=sentence))


def _whole(path: Path, write: Callable[[Path], None]) -> None:
    """Write the file whole or not at all. Raises ConfigError."""
    part = path.with_name(f".{path.name}.part")
    try:
        write(part)
        part.replace(path)
    except OSError as error:
        msg = f"{path}: the picture cannot be written: {error.strerror or error}"
        raise ConfigError(msg) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
