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


_Bounds = tuple[int, int, int]
"""Of a batch that is not made yet: its epoch, and where it ends in the inputs and the outputs that are kept."""


class MemoryLedger:
    """Keeps frozen messages as they are; batches and their chain are made when somebody asks for them.

    Until then a committed batch is guarded by the process alone, as everything here is. A run has almost as many
    batches as messages, and most are never asked for: made at once they cost a run 5 %.
    """

    def __init__(self) -> None:
        self.epoch = 0
        self._batches: list[Batch] = []
        self._links: list[bytes] = []
        self._inputs: list[Input] = []
        self._outputs: list[Delivery] = []
        self._bounds: list[_Bounds] = []
        """Of what is in no batch yet."""
        self._committed = 0
        """So many of them are part of the ledger."""

    def append(self, inputs: Sequence[Input], outputs: Sequence[Delivery], epoch: int) -> None:
        """Add a batch. Raises FencedError if a later epoch has written."""
        if epoch < self.epoch:
            msg = f"epoch {epoch} may not write: epoch {self.epoch} has"
            raise FencedError(msg, hint="another backend has taken over this site; stop this one")
        self.epoch = epoch
        self._inputs += inputs
        self._outputs += outputs
        self._bounds.append((epoch, len(self._inputs), len(self._outputs)))

    def commit(self) -> None:
        """Make what was appended part of the ledger."""
        self._committed = len(self._bounds)

    def _made(self) -> list[Batch]:
        """All that are committed, as batches."""
        inputs = outputs = 0
        for epoch, inputs_end, outputs_end in self._bounds[: self._committed]:
            told, said = self._inputs[inputs:inputs_end], self._outputs[outputs:outputs_end]
            self._batches.append(Batch(epoch, tuple(told), tuple(said)))
            inputs, outputs = inputs_end, outputs_end
        left = self._bounds[self._committed :]
        self._bounds = [(epoch, end - inputs, outputs_end - outputs) for epoch, end, outputs_end in left]
        del self._inputs[:inputs], self._outputs[:outputs]
        self._committed = 0
        return self._batches

    @property
    def batches(self) -> tuple[Batch, ...]:
        """What is committed, in order."""
        return tuple(self._made())

    def inputs(self) -> Iterator[Input]:
        """All committed inputs in applied order."""
        for batch in self._made():
            yield from batch.inputs

    def head(self) -> str:
        """Hash of the whole chain, hexadecimal."""
        for batch in self._made()[len(self._links) :]:
            self._links.append(_link(self._links[-1] if self._links else _GENESIS, batch))
        return (self._links[-1] if self._links else _GENESIS).hex()

    def verify(self) -> int | None:
        """Index of the first batch that is not what was chained, None if the chain is whole."""
        before = _GENESIS
        batches = self._made()
        for index, (link, batch) in enumerate(zip(self._links, batches, strict=False)):
            before = _link(before, batch)
            if before != link:
                return index
        return None if len(self._links) <= len(batches) else len(batches)


def _link(before: bytes, batch: Batch) -> bytes:
    return blake2b(_ENCODER.encode(batch), key=before, digest_size=_DIGEST_BYTES).digest()
