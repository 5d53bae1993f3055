"""The hash of code as this process has loaded it, whatever its files say by now.

A notebook that was started before an edit goes on with the old code, while a process it starts has the new: they must
not take each other's results for their own, nor leave them to each other.
"""

from __future__ import annotations

import enum
import sys
from functools import cached_property
from hashlib import blake2b
from types import CodeType, FunctionType, ModuleType
from typing import Any

import msgspec
import numpy as np

_OURS = "sim."
_PLAIN = (bool, int, float, complex, str, bytes, type(None), type(...), msgspec.Struct, enum.Enum)


def loaded_code(start: type) -> str:
    """The hash, in hexadecimal digits, of the module of this class and of all of ours that it imports, and they.

    It covers functions, classes and constants. What a function imports only when it is called is not followed.
    """
    names, told = [start.__module__], []
    for name in names:
        module = sys.modules[name]
        for key, value in sorted(vars(module).items()):
            origin = _origin(value)
            if origin.startswith(_OURS) and origin not in names and origin in sys.modules:
                names.append(origin)
            if not (key.startswith("__") and key.endswith("__")):
                told.append((name, key, _told(value, name, ())))
    return blake2b(repr(sorted(told, key=lambda each: each[:2])).encode(), digest_size=16).hexdigest()


def _origin(value: object) -> str:
    """The module a thing comes from, or is; empty if it does not say."""
    origin = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
    return origin if isinstance(origin, str) else ""


def _told(value: Any, module: str, inside: tuple[type, ...]) -> object:  # noqa: ANN401 - anything a module holds
    """The thing in plain words, the same in every process; of what another module defines, only its name.

    `inside`: the classes it is found in.
    """
    if isinstance(value, _PLAIN):
        return repr(value)
    if isinstance(value, tuple | list):
        return [_told(each, module, inside) for each in value]
    if isinstance(value, dict):
        return sorted((repr(key), repr(_told(each, module, inside))) for key, each in value.items())
    if isinstance(value, set | frozenset):
        return sorted(repr(_told(each, module, inside)) for each in value)
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    parts = _parts(_unwrapped(value), module, inside)
    return parts or (_origin(value), getattr(value, "__qualname__", type(value).__qualname__))


def _parts(code: Any, module: str, inside: tuple[type, ...]) -> list[object]:  # noqa: ANN401 - the same
    """What a function or class of this module is made of; nothing of other things."""
    parts: list[Any] = []
    if isinstance(code, CodeType):
        parts = [code.co_name, code.co_names, code.co_varnames, code.co_freevars, code.co_code, code.co_consts]
    elif isinstance(code, FunctionType) and code.__module__ == module:
        parts = [code.__code__, code.__defaults__, code.__kwdefaults__]
    elif isinstance(code, property):
        parts = [code.fget, code.fset]
    elif isinstance(code, type) and code.__module__ == module and code not in inside:
        inside = (*inside, code)
        held = {key: value for key, value in vars(code).items() if _is_written(key, value)}
        parts = [code.__qualname__, held, getattr(code, "__struct_defaults__", ())]
    return [_told(part, module, inside) for part in parts]


def _is_written(key: str, value: object) -> bool:
    """Whether a member of a class is one that its author wrote: others come and go as the class is used."""
    is_special = key.startswith("__") and key.endswith("__")
    return not is_special or isinstance(_unwrapped(value), FunctionType)


def _unwrapped(value: Any) -> Any:  # noqa: ANN401 - the same
    """What a decorator has wrapped."""
    if isinstance(value, cached_property):
        return value.func
    return getattr(value, "__wrapped__", getattr(value, "__func__", value))
