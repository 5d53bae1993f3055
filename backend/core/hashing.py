"""The state as bytes, and its two hashes."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import msgspec

from backend.core.state import SiteState, Tally

_DIGEST_BYTES = 16


class Snapshot(msgspec.Struct, kw_only=True):
    """All a restart begins from."""

    state: SiteState
    tally: Tally


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Snapshot)
_SORTED = msgspec.json.Encoder(order="deterministic")


def encode(snapshot: Snapshot) -> bytes:
    """Canonical bytes: entries keep the order in which the inputs made them."""
    return _ENCODER.encode(snapshot)


def decode(data: bytes) -> Snapshot:
    """The snapshot of `encode`; raises msgspec.ValidationError for anything else."""
    return _DECODER.decode(data)


def full_hash(state: SiteState) -> str:
    """Of everything."""
    return blake2b(_ENCODER.encode(state), digest_size=_DIGEST_BYTES).hexdigest()


def domain_hash(state: SiteState) -> str:
    """Of what happened on the dock: without boots, epochs, ids, attempts, instants, and in no order of arrival."""
    return blake2b(_SORTED.encode(_domain(state)), digest_size=_DIGEST_BYTES).hexdigest()


def _domain(state: SiteState) -> dict[str, Any]:
    return {
        "trailers": {key: _trailer(state, key) for key in state.trailers},
        "doors": {
            key: (it.trailer_id, it.restrains, it.open_for, it.leveller_down_for, it.people_inside)
            for key, it in state.doors.items()
        },
        "conveyors": {key: (it.is_jammed, it.is_blocked) for key, it in state.conveyors.items()},
        "sorters": {key: it.is_jammed for key, it in state.sorters.items()},
        "robots": {
            key: (
                it.holding,
                it.inside,
                it.order_id,
                it.is_lost,
                it.removed_boot != 0,
                it.stop,
                it.is_paused,
                it.doubled_boot != 0,
            )
            for key, it in state.robots.items()
        },
        "open": sorted(
            f"{it.exception_type} {it.entity} {it.trailer_id} {it.track_id}" for it in state.exceptions.values()
        ),
    }


def _trailer(state: SiteState, trailer_id: str) -> tuple[Any, ...]:
    it = state.trailers[trailer_id]
    cases = {key: (case.place, case.label, case.weight_kg, case.is_skipped) for key, case in it.cases.items()}
    facts = (it.is_announced, it.is_arrived, it.docked_at, it.is_released, it.is_departed, it.has_receipt)
    return (*facts, it.cases_expected, it.due_us, sorted(it.lines_by_part.items()), cases)
