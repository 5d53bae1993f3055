"""Settled loads, kept: to settle one takes many seconds, and the same load settles the same way every time.

A file an entry, named by the hash of all that decides how the load settles. Any number of processes may use the folder
at once, without a lock: an entry appears whole or not at all, one that is gone while it is looked for is one that was
never there, and two that settle the same load write the same bytes. What cannot be trusted is removed and settled anew.
"""

from __future__ import annotations

import os
import platform
import tempfile
from contextlib import suppress
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import msgspec
import numpy as np

from sim.physics.code_hash import code_hash

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.load.load import Load

SettledT = TypeVar("SettledT")

_MAGIC = b"docktwin settled load 1\n"
_HASH_BYTES = 32
_HEAD_BYTES = len(_MAGIC) + 2 * _HASH_BYTES

_ENTRY = ".settled"
_PART = ".part"
_PART_AGE_MAX_NS = 3600 * 10**9
"""A part older than this has lost its writer."""
_BLOCK_BYTES = 4096
"""What a file takes at the least: so the number of entries is bounded too."""


class SettledLoads(Generic[SettledT]):
    """The settled loads in `folder`, at most `bytes_max` of them in all; without a folder every load is settled anew.

    `kind`: what a settled load is, anything msgspec can decode, with arrays; a kept one is a computed one to the bit.
    It stands in the module that settles, whose code decides too.
    `engine`: what settles them, and its version. `say` is told, once and in words, that nothing can be kept.
    """

    def __init__(
        self,
        folder: Path | None,
        kind: type[SettledT],
        *,
        engine: str,
        bytes_max: int,
        say: Callable[[str], None],
    ) -> None:
        self._folder = folder
        self._decoder = msgspec.msgpack.Decoder(kind, dec_hook=_array)
        self._surroundings = (engine, version("numpy"), platform.system(), platform.machine(), code_hash())
        """What besides load and parameters decides the last bit of a result."""
        self._bytes_max = bytes_max
        self._say = say
        self._has_said = False

    def settled(self, load: Load, parameters: msgspec.Struct, settle: Callable[[], SettledT]) -> SettledT:
        """The load settled with these parameters: as it was kept, or what `settle` makes of it, kept from now on."""
        if self._folder is None:
            return settle()
        key = self._key(load, parameters)
        kept = self._read(key)
        if kept is not None:
            return kept
        made = settle()
        self._keep(key, msgspec.msgpack.encode(made, enc_hook=_plain))
        return made

    def recalled(self, load: Load, parameters: msgspec.Struct) -> SettledT | None:
        """The load settled with these parameters if it was kept, else None."""
        return None if self._folder is None else self._read(self._key(load, parameters))

    def _key(self, load: Load, parameters: msgspec.Struct) -> bytes:
        cases = [(case.case_id, case.size_m, case.center_m, case.weight_kg, case.wrap) for case in load.cases]
        told = (type(parameters).__qualname__, msgspec.structs.asdict(parameters))
        decisive = (self._surroundings, told, load.interior_m, cases)
        return _hash(msgspec.msgpack.encode(decisive, order="deterministic"))

    # -- reading ----------------------------------------------------------------------------------------------------

    def _read(self, key: bytes) -> SettledT | None:
        path = self._path(key)
        try:
            told = path.stat()
            is_ours = S_ISREG(told.st_mode) and told.st_size <= self._bytes_max
            content = path.read_bytes() if is_ours else b""
        except FileNotFoundError:
            return None
        except OSError:
            content = b""
        kept = self._opened(key, content)
        with suppress(OSError):  # a folder nobody may write to is read all the same
            if kept is None:
                path.unlink()
            else:
                os.utime(path)  # used just now
        return kept

    def _opened(self, key: bytes, content: bytes) -> SettledT | None:
        """What an entry holds; None if it is not what was written under this key."""
        payload = content[_HEAD_BYTES:]
        if content[:_HEAD_BYTES] != _head(key, payload):
            return None
        try:
            return self._decoder.decode(payload)
        except (msgspec.DecodeError, ValueError, TypeError):  # whole, but of another kind
            return None

    # -- writing ----------------------------------------------------------------------------------------------------

    def _keep(self, key: bytes, payload: bytes) -> None:
        content = _head(key, payload) + payload
        if self._folder is None or len(content) > self._bytes_max:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):  # it is being cleared
                self._write(self._path(key), content)
                self._make_room()
        except OSError as error:
            self._say_once(self._folder, error)

    def _write(self, path: Path, content: bytes) -> None:
        handle, part = tempfile.mkstemp(dir=path.parent, prefix=path.stem + ".", suffix=_PART)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(part).chmod(0o644)  # others who share the folder may read it; nothing in it is secret
            Path(part).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(part).unlink()
            raise

    def _make_room(self) -> None:
        """Remove what was not used for longest until the rest is within the bound, and parts that nobody ends."""
        found = sorted(_files(self._folder))
        newest_ns = found[-1].used_ns if found else 0  # what was just written: the clock of the folder
        kept_bytes = sum(file.size_bytes for file in found)
        for file in found:
            is_part = file.path.endswith(_PART)
            if newest_ns - file.used_ns <= _PART_AGE_MAX_NS if is_part else kept_bytes <= self._bytes_max:
                continue
            with suppress(PermissionError):
                Path(file.path).unlink(missing_ok=True)
                kept_bytes -= file.size_bytes

    def _say_once(self, folder: Path, error: OSError) -> None:
        if not self._has_said:
            self._has_said = True
            why = "it is no folder" if isinstance(error, FileExistsError) else error.strerror or error
            self._say(f"settled loads are not kept in {folder}: {why}; every run settles them anew")

    def _path(self, key: bytes) -> Path:
        assert self._folder is not None
        return self._folder / f"{key.hex()}{_ENTRY}"


class _File(NamedTuple):
    """A file of ours; they are in order of use."""

    used_ns: int
    path: str
    size_bytes: int


def _files(folder: Path | None) -> list[_File]:
    """The entries in it and the parts of such; what else lies there is not ours."""
    found = []
    with os.scandir(folder) as there:
        for entry in there:
            if entry.name.endswith((_ENTRY, _PART)):
                with suppress(FileNotFoundError):  # another process was faster
                    told = entry.stat(follow_symlinks=False)
                    blocks = -(-told.st_size // _BLOCK_BYTES)
                    found.append(_File(told.st_mtime_ns, entry.path, max(blocks, 1) * _BLOCK_BYTES))
    return found


def _head(key: bytes, payload: bytes) -> bytes:
    return _MAGIC + key + _hash(key + payload)


def _hash(content: bytes) -> bytes:
    return blake2b(content, digest_size=_HASH_BYTES).digest()


def _plain(thing: object) -> object:
    if isinstance(thing, np.ndarray) and thing.dtype.hasobject is False:
        return thing.dtype.str, thing.shape, thing.tobytes()
    msg = f"{type(thing).__name__} is nothing that can be kept"
    raise NotImplementedError(msg)


def _array(kind: type, told: Any) -> object:  # noqa: ANN401 - what was decoded, not yet looked at
    if getattr(kind, "__origin__", kind) is not np.ndarray:
        msg = f"{kind} is nothing that can be kept"
        raise NotImplementedError(msg)
    dtype, shape, content = told
    return np.frombuffer(content, dtype=np.dtype(dtype)).reshape(shape).copy()
