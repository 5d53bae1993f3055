"""What a robot sees of the truth, and all that the backend knows of a load: tracks, and where they seem to be.

Perception errs in three ways. A case may be missed in one scan, and seen in the next. A ghost is a track of nothing: it
is seen in every scan until somebody has tried it. Two new neighbours may be seen as one case: neither is seen by itself
until a robot grips it and finds two, or until one of them is no longer where it stood; then the track goes on as the
other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from sim import assumptions
from twin.geometry import UPRIGHT
from twin.messages.wall import SeenCase
from twin.rng import empirical, normal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.case import Case
    from sim.load.load import Vector
    from sim.physics.port import LoadState
    from sim.trailer import Trailer
    from twin.geometry import Orientation
    from twin.rng import Draws


class Sight(Struct, frozen=True, kw_only=True):
    """How well robots see. Probabilities: of a ghost in a scan, of two seen as one, of a case missed in a scan."""

    ghosts: float = 0.0
    merges: float = 0.0
    misses: float = 0.0
    position_stddev_m: float = assumptions.POSITION_STDDEV_M


class Ghost(NamedTuple):
    """A track of nothing."""

    track_id: str


class Merged(NamedTuple):
    """A track of two cases that stand side by side and are seen as one."""

    track_id: str
    cases: tuple[Case, Case]


class Perception:
    """The tracks of one trailer, numbered in the order first seen; every robot that works there shares them.

    `forced`: `ghost_case` puts a ghost into the next scan, `merged_cases` merges the first new neighbours from then on.
    """

    def __init__(self, trailer: Trailer, draws: Draws, sight: Sight) -> None:
        self._trailer = trailer
        self._draws = draws
        self._sight = sight
        self._scans = 0
        self._tracks = 0
        self._sightings: dict[str, _Sighting] = {}
        """The latest of each case: most look the same from scan to scan."""
        self._ghosts: dict[str, SeenCase] = {}
        self._merged: dict[str, Merged] = {}
        """By case id, each of the two."""
        self.forced: set[str] = set()

    @property
    def position_stddev_m(self) -> float:
        """Of each coordinate of a seen case's centre."""
        return self._sight.position_stddev_m

    # -- tracks -----------------------------------------------------------------------------------------------------

    @property
    def scan_id(self) -> str:
        """The name of the latest scan of this trailer."""
        return f"{self._trailer.trailer_id}-s{self._scans}"

    def track_of(self, case: Case) -> str:
        """The track of a case; one that was never seen by itself is given the next number, or goes on as its pair."""
        if case.track_id is None:
            pair = self._merged.get(case.case_id)
            if pair is not None:
                self._go_on_as(pair, case)
            else:
                self._name(case)
        assert case.track_id is not None, "it has just been named"
        return case.track_id

    def ghosts(self) -> list[str]:
        """The tracks of ghosts that nobody has retracted, in the order first seen."""
        return list(self._ghosts)

    def cases_seen(self) -> list[Case]:
        """The cases that have a track, alone or with another, in the order first seen."""
        seen: list[Case] = []
        for it in self._trailer.by_track.values():
            if isinstance(it, Merged):
                seen += it.cases
            elif not isinstance(it, Ghost):
                seen.append(it)
        return seen

    def retract(self, track_id: str) -> None:
        """Somebody has tried a ghost: it is not seen again. The track is one, else the caller has a bug."""
        del self._ghosts[track_id]
        del self._trailer.by_track[track_id]

    def split(self, track_id: str) -> tuple[str, ...]:
        """A robot has found that a track is of two cases; returns their tracks, which begin with this."""
        merged = self._trailer.by_track[track_id]
        assert isinstance(merged, Merged), f"{track_id} is one case, or none"
        self._part(merged)
        return tuple(self._name(case) for case in merged.cases)

    def _next_track(self) -> str:
        self._tracks += 1
        return f"{self._trailer.trailer_id}-c{self._tracks}"

    def _name(self, case: Case) -> str:
        case.track_id = self._next_track()
        self._trailer.by_track[case.track_id] = case
        return case.track_id

    def _part(self, merged: Merged) -> None:
        for case in merged.cases:
            del self._merged[case.case_id]
        del self._trailer.by_track[merged.track_id]

    def _go_on_as(self, merged: Merged, case: Case) -> None:
        """The pair is no more: its track is that of one of them, the other will be seen as new."""
        self._part(merged)
        case.track_id = merged.track_id
        self._trailer.by_track[merged.track_id] = case

    # -- what is seen -----------------------------------------------------------------------------------------------

    def see(self, state: LoadState) -> list[SeenCase]:
        """The next scan: of the standing load what is visible, what lies on the floor, and ghosts."""
        self._scans += 1
        cases = self._trailer.cases
        visible = could_see = state.visible()
        floor: Sequence[str] = state.floor
        if self._sight.misses:
            noticed = self._noticed([*visible, *floor])
            visible = [case_id for case_id in visible if case_id in noticed]
            floor = [case_id for case_id in floor if case_id in noticed]
        if self._merged or self._sight.merges or self.forced:
            seen = self._see_merged(state, visible)
        else:
            seen = [self._sighting(cases[case_id], state) for case_id in visible]
        seen += [self._sighting(cases[case_id], state, lies_on_floor=True) for case_id in floor]
        if self._ghosts or self._sight.ghosts or self.forced:
            self._haunt(could_see)
            seen += self._ghosts.values()
        return seen

    def _noticed(self, could_see: Sequence[str]) -> set[str]:
        """Those not missed: at least one, for who misses all takes the trailer for empty."""
        draws = {case_id: self._draws.uniforms("miss", case_id, self._scans)[0] for case_id in could_see}
        misses = min(self._sight.misses, max(draws.values(), default=0.0))
        return {case_id for case_id, uniform in draws.items() if uniform >= misses}

    def _sighting(self, case: Case, state: LoadState, *, lies_on_floor: bool = False) -> SeenCase:
        case_id = case.case_id
        fraction = 1.0 if lies_on_floor else round(state.visible_fraction(case_id), 3)
        pose = state.center_m(case_id), state.orientation_xyzw(case_id)
        known = self._sightings.get(case_id)
        if (
            known is not None
            and known.seen.visible_fraction == fraction
            and known.seen.lies_on_floor is lies_on_floor
            and known.pose == pose
        ):
            return known.seen
        center_m, orientation_xyzw = pose
        seen = SeenCase(
            track_id=self.track_of(case),
            position_m=self._noisy(center_m, case_id, lies_on_floor=lies_on_floor),
            size_m=case.loaded.size_m,
            orientation_xyzw=_as_told(orientation_xyzw),
            visible_fraction=fraction,
            lies_on_floor=lies_on_floor,
        )
        self._sightings[case_id] = _Sighting(seen, pose)
        return seen

    def _noisy(self, center_m: Vector, case_id: str, *, lies_on_floor: bool = False) -> Vector:
        # Keyed by the case and whether it stands: how often it is looked at depends on the planner.
        noise = self._draws.uniforms("perception", case_id, 2 if lies_on_floor else 1)
        x, y, z = center_m
        dx, dy, dz = [normal(uniform, 0.0, self._sight.position_stddev_m) for uniform in noise[:3]]
        return round(x + dx, 4), round(y + dy, 4), round(z + dz, 4)

    # -- two seen as one --------------------------------------------------------------------------------------------

    def _see_merged(self, state: LoadState, visible: Sequence[str]) -> list[SeenCase]:
        """As without merging, but what is merged is seen once, where the first of the two stands in the list."""
        self._part_the_moved(state)
        self._merge_the_new(state, visible)
        cases = self._trailer.cases
        seen: list[SeenCase] = []
        pairs: set[str] = set()
        for case_id in visible:
            merged = self._merged.get(case_id)
            if merged is None:
                seen.append(self._sighting(cases[case_id], state))
            elif merged.track_id not in pairs:
                pairs.add(merged.track_id)
                seen.append(self._look_at_pair(merged, state))
        return seen

    def _part_the_moved(self, state: LoadState) -> None:
        """Where one of a pair has fallen or is gone, the track goes on as the other; where both have, as the first."""
        for merged in dict.fromkeys(self._merged.values()):
            standing = [case for case in merged.cases if state.stands(case.case_id)]
            if len(standing) < len(merged.cases):
                self._go_on_as(merged, (standing or merged.cases)[0])

    def _merge_the_new(self, state: LoadState, visible: Sequence[str]) -> None:
        """Only cases never seen before are merged, so that no track that is known is taken back."""
        cases = self._trailer.cases
        new = {it: None for it in visible if cases[it].track_id is None and it not in self._merged}
        for case_id in new:
            if case_id in self._merged:
                continue
            chance, which, *_ = self._draws.uniforms("merge", case_id)
            is_forced = "merged_cases" in self.forced
            if not is_forced and chance >= self._sight.merges:
                continue
            neighbours = [it for it in state.beside(case_id) if it in new and it not in self._merged]
            if neighbours:
                self.forced.discard("merged_cases")
                pair = Merged(self._next_track(), (cases[case_id], cases[empirical(which, neighbours)]))
                self._trailer.by_track[pair.track_id] = pair
                for case in pair.cases:
                    self._merged[case.case_id] = pair

    def _look_at_pair(self, merged: Merged, state: LoadState) -> SeenCase:
        """One box around both."""
        one, other = (_ends(state.center_m(case.case_id), case.loaded.size_m) for case in merged.cases)
        low = [min(a, b) for (a, _), (b, _) in zip(one, other, strict=True)]
        high = [max(a, b) for (_, a), (_, b) in zip(one, other, strict=True)]
        fractions = [state.visible_fraction(case.case_id) for case in merged.cases]
        x, y, z = [(a + b) / 2.0 for a, b in zip(low, high, strict=True)]
        dx, dy, dz = [round(b - a, 4) for a, b in zip(low, high, strict=True)]
        return SeenCase(
            track_id=merged.track_id,
            position_m=self._noisy((x, y, z), merged.cases[0].case_id),
            size_m=(dx, dy, dz),
            visible_fraction=round(sum(fractions) / len(fractions), 3),
        )

    # -- what is not there ------------------------------------------------------------------------------------------

    def _haunt(self, visible: Sequence[str]) -> None:
        """Perhaps this look shows one more ghost.

        Drawn by the number of the look, for it is looks that err: a planner that asks for more of them meets more
        ghosts. By chance only where something is there to be mistaken, else an empty trailer might never be left.
        """
        chance, which, *_ = self._draws.uniforms("ghost", self._trailer.trailer_id, self._scans)
        is_forced = "ghost_case" in self.forced
        self.forced.discard("ghost_case")
        if not is_forced and (chance >= self._sight.ghosts or not visible):
            return
        models = visible or tuple(self._trailer.cases)
        if not models:
            return
        loaded = self._trailer.cases[empirical(which, models)].loaded
        x, y, z = loaded.center_m
        track_id = self._next_track()
        # A reflection: as large as a case that is there, and by its depth nearer the door.
        self._ghosts[track_id] = SeenCase(
            track_id=track_id,
            position_m=(round(max(x - loaded.size_m[0], loaded.size_m[0] / 2.0), 4), round(y, 4), round(z, 4)),
            size_m=loaded.size_m,
        )
        self._trailer.by_track[track_id] = Ghost(track_id)


class _Sighting(NamedTuple):
    """A case as it was seen last, and how it lay then."""

    seen: SeenCase
    pose: tuple[Vector, Orientation]


def _ends(center_m: Vector, size_m: Vector) -> list[tuple[float, float]]:
    """From where to where it reaches along x, y and z, if it stands square."""
    return [(middle - size / 2.0, middle + size / 2.0) for middle, size in zip(center_m, size_m, strict=True)]


def _as_told(orientation_xyzw: Orientation) -> Orientation:
    if orientation_xyzw is UPRIGHT:
        return UPRIGHT
    x, y, z, w = (round(part, 4) for part in orientation_xyzw)
    return UPRIGHT if (x, y, z, w) == UPRIGHT else (x, y, z, w)
