"""Planners that no one should install: whatever they propose, cases fall, and nothing else breaks."""

from __future__ import annotations

from contextlib import contextmanager
from hashlib import blake2b
from typing import TYPE_CHECKING, cast
from unittest.mock import patch

from backend.planning import registry
from backend.planning.ports import UnloadAnswer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backend.planning.ports import UnloadView


def _luck(*key: object) -> int:
    return int.from_bytes(blake2b(repr(key).encode(), digest_size=4).digest())


NONSENSE: list[str] = []
"""Which planner, for each answer that cannot be meant."""
_NONSENSE_LAST = 5


class BottomUp:
    """All that may be taken, the undermost and deepest first."""

    def propose(self, view: UnloadView) -> UnloadAnswer:
        seen = sorted(view.cases, key=lambda it: (it.position_m[2], -it.position_m[0], it.track_id))
        wanted = tuple(it.track_id for it in seen if it.track_id in view.may_take)
        return UnloadAnswer(track_ids=wanted, reason="bottom up")


class Haphazard:
    """Some of the scan, in any order, permitted or not, at once or late; none now and then."""

    def propose(self, view: UnloadView) -> UnloadAnswer:
        luck = _luck(view.now_us, view.trailer_id)
        wanted = sorted((it.track_id for it in view.cases), key=lambda track: _luck(view.now_us, track))
        wanted = wanted[: 1 + luck % max(1, len(wanted))] if luck % 20 else []
        return UnloadAnswer(track_ids=tuple(wanted), reason="why not", latency_us=luck % 3 * 7_000_000)


class Raving:
    """Raises, names what nobody has seen or the same twice, answers nothing or in no time, or is right by chance."""

    def propose(self, view: UnloadView) -> UnloadAnswer:
        names = tuple(it.track_id for it in view.cases)
        kind = _luck(view.now_us, view.trailer_id) % 8
        if kind <= _NONSENSE_LAST:
            NONSENSE.append("unload")
        match kind:
            case 0:
                msg = "it is raining"
                raise RuntimeError(msg)
            case 1:
                return UnloadAnswer(track_ids=("t1-c999999",), reason="an idea")
            case 2:
                return UnloadAnswer(track_ids=names + names, reason="to be sure")
            case 3:
                return cast("UnloadAnswer", None)
            case 4:
                return UnloadAnswer(track_ids=names, reason="tomorrow", latency_us=86_400_000_000)
            case 5:
                return UnloadAnswer(track_ids=names, reason="soon", latency_us=None)  # type: ignore[arg-type] # nonsense
        return UnloadAnswer(track_ids=names, reason="as they come")


STRANGE = {"bottom_up": BottomUp, "haphazard": Haphazard, "raving": Raving}


@contextmanager
def strange_planners() -> Iterator[None]:
    """While this lasts they can be chosen by name."""
    with patch.dict(registry._UNLOAD, STRANGE):
        yield
