"""What a robot sees of the truth, and all that the backend knows of a load: tracks, and where they seem to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim import assumptions
from twin.messages.wall import SeenCase
from twin.rng import normal

if TYPE_CHECKING:
    from sim.physics.port import LoadState
    from sim.truth import Case, Trailer
    from twin.rng import Draws


class Perception:
    """The tracks of one trailer, numbered in the order first seen; every robot that works there shares them."""

    def __init__(self, trailer: Trailer, draws: Draws) -> None:
        self._trailer = trailer
        self._draws = draws
        self._scans = 0
        self._sightings: dict[str, SeenCase] = {}
        """The latest of each case: most look the same from scan to scan."""

    def next_scan_id(self) -> str:
        """The name of the next scan of this trailer."""
        self._scans += 1
        return f"{self._trailer.trailer_id}-s{self._scans}"

    def track_of(self, case: Case) -> str:
        """The track of a case; one that was never seen is given the next number."""
        if case.track_id is None:
            tracks = self._trailer.by_track
            case.track_id = f"{self._trailer.trailer_id}-c{len(tracks) + 1}"
            tracks[case.track_id] = case
        return case.track_id

    def see(self, state: LoadState) -> list[SeenCase]:
        """The cases that can be seen now: of the standing load what is visible, then what lies on the floor."""
        cases = self._trailer.cases
        seen = [
            self._sighting(cases[case_id], state.visible_fraction(case_id), lies_on_floor=False)
            for case_id in state.visible()
        ]
        seen += [self._sighting(cases[case_id], 1.0, lies_on_floor=True) for case_id in state.floor]
        return seen

    def _sighting(self, case: Case, fraction: float, *, lies_on_floor: bool) -> SeenCase:
        sighting = self._sightings.get(case.case_id)
        fraction = round(fraction, 3)
        if sighting is None or sighting.visible_fraction != fraction or sighting.lies_on_floor is not lies_on_floor:
            sighting = self._sightings[case.case_id] = self._look(case, fraction, lies_on_floor=lies_on_floor)
        return sighting

    def _look(self, case: Case, fraction: float, *, lies_on_floor: bool) -> SeenCase:
        loaded = case.loaded
        x, y, z = loaded.center_m
        if lies_on_floor:
            x = max(x - assumptions.FLOOR_SHIFT_M, loaded.size_m[0] / 2.0)
            z = loaded.size_m[2] / 2.0
        # Keyed by the case and where it is: how often it is looked at depends on the planner.
        noise = self._draws.uniforms("perception", loaded.case_id, 2 if lies_on_floor else 1)
        dx, dy, dz = [normal(uniform, 0.0, assumptions.POSITION_STDDEV_M) for uniform in noise[:3]]
        return SeenCase(
            track_id=self.track_of(case),
            position_m=(round(x + dx, 4), round(y + dy, 4), round(z + dz, 4)),
            size_m=loaded.size_m,
            visible_fraction=fraction,
            lies_on_floor=lies_on_floor,
        )
