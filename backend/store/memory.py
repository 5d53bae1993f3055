"""The ledger in memory: a chain of hashed batches, for suites and for judging the other ledgers."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from twin.errors import FencedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backend.services.ledger import Input
    from twin.participant import Delivery

_ENCODER = msgspec.msgpack.Encoder()
_DIGEST_BYTES = 32
_GENESIS = bytes(_DIGEST_BYTES)


class Batch(NamedTuple):
    """One transaction."""

    epoch: int
    inputs: tuple[Input, ...]
    outputs: tuple[Delivery, ...]


class MemoryLedger:
    """Keeps frozen messages as they are; the chain is brought up to date when somebody asks for its head.

    Until then a committed batch is guarded by the process alone, as everything here is.
    """

    def __init__(self) -> None:
        self.epoch = 0
        self._batches: list[Batch] = []
        self._open: list[Batch] = []
        self._links: list[bytes] = []

    def append(self, inputs: Sequence[Input], outputs: Sequence[Delivery], epoch: int) -> None:
        """Add a batch. Raises FencedError if a later epoch has written."""
        if epoch < self.epoch:
            msg = f"epoch {epoch} may not write: epoch {self.epoch} has"
            raise FencedError(msg, hint="another backend has taken over this site; stop this one")
        self.epoch = epoch
        self._open.append(Batch(epoch, tuple(inputs), tuple(outputs)))

    def commit(self) -> None:
        """Make what was appended part of the ledger."""
        self._batches += self._open
        self._open.clear()

    @property
    def batches(self) -> tuple[Batch, ...]:
        """What is committed, in order."""
        return tuple(self._batches)

    def inputs(self) -> Iterator[Input]:
        """All committed inputs in applied order."""
        for batch in self._batches:
            yield from batch.inputs

    def head(self) -> str:
        """Hash of the whole chain, hexadecimal."""
        for batch in self._batches[len(self._links) :]:
            self._links.append(_link(self._links[-1] if self._links else _GENESIS, batch))
        return (self._links[-1] if self._links else _GENESIS).hex()

    def verify(self) -> int | None:
        """Index of the first batch that is not what was chained, None if the chain is whole."""
        before = _GENESIS
        for index, (link, batch) in enumerate(zip(self._links, self._batches, strict=False)):
            before = _link(before, batch)
            if before != link:
                return index
        return None if len(self._links) <= len(self._batches) else len(self._batches)


def _link(before: bytes, batch: Batch) -> bytes:
    return blake2b(_ENCODER.encode(batch), key=before, digest_size=_DIGEST_BYTES).digest()
