"""Settings: profiles from `docktwin.toml`, single values from the environment; no other module reads the environment.

A profile is a table of the file, and each of its values can be given by a variable, which wins:

    [profiles.sim]
    nats_url = "nats://127.0.0.1:4222"   # or DOCKTWIN_NATS_URL
    hang_guard_s = 60                    # or DOCKTWIN_HANG_GUARD_S
    runs_dir = "runs"                    # or DOCKTWIN_RUNS_DIR
    cache_dir = ""                       # or DOCKTWIN_CACHE_DIR
    cache_bytes_max = 1000000000         # or DOCKTWIN_CACHE_BYTES_MAX
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from twin.bus.address import host_and_port
from twin.errors import ConfigError
from twin.run_control import HANG_GUARD_S

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

DATA_VARIABLE = "DOCKTWIN_DATA"
"""Names the folder of the outside data that tests and scenarios use."""
CONFIG_FILE = "docktwin.toml"
SIM = "sim"
LIVE = "live"
HANG_GUARD_MAX_S = 3600.0
CACHE_BYTES_MAX = 256 * 1024**2
"""What the cache takes unless told otherwise: some 2,500 loads of 1,000 cases."""

_BESIDE_THE_CHECKOUT = Path(__file__).resolve().parents[2] / "shared" / "data"
_VARIABLE_PREFIX = "DOCKTWIN_"
_TABLE = "profiles"


class Profile(BaseSettings):
    """What differs between a simulated and a live site; a field's description is what an error says was expected."""

    model_config = SettingsConfigDict(env_prefix=_VARIABLE_PREFIX, env_ignore_empty=True, extra="forbid", frozen=True)

    nats_url: str | None = Field(None, description="the address of a NATS server")
    """What a lockstep run connects to; None: docktwin starts a server of its own."""
    hang_guard_s: float = Field(
        HANG_GUARD_S, gt=0, le=HANG_GUARD_MAX_S, description=f"seconds above 0, at most {HANG_GUARD_MAX_S:g}"
    )
    """How long the other side of a lockstep run, or a planner, may keep us waiting on the wall clock."""
    runs_dir: Path = Field(Path("runs"), description="a folder")
    """Where runs leave their files unless told otherwise, each in a folder of its own."""
    cache_dir: Path | None = Field(
        default_factory=lambda: platformdirs.user_cache_path("docktwin"), description="a folder, or empty for none"
    )
    """Where what took long to compute is kept, for any run to find; None, written as an empty text: nowhere."""
    cache_bytes_max: int = Field(CACHE_BYTES_MAX, ge=0, description="a whole number of bytes")
    """How much it may hold there; what was not used for longest goes first."""

    @field_validator("cache_dir", mode="before")
    @classmethod
    def _is_switched_off(cls, folder: object) -> object:
        return None if folder == "" else folder

    @field_validator("nats_url")
    @classmethod
    def _is_an_address(cls, url: str | None) -> str | None:
        try:
            if url is not None:
                host_and_port(url)
        except ConfigError as error:
            raise ValueError(error.message) from error
        return url

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the same
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the same
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment first, then the file, whose values the constructor is given."""
        return env_settings, _SwitchedOff(settings_cls), init_settings


class _SwitchedOff(PydanticBaseSettingsSource):
    """An empty variable is as good as none, but for this one, which it switches off."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002 - as there
        variable = f"{_VARIABLE_PREFIX}{field_name.upper()}"
        return os.environ.get(variable), field_name, False

    def __call__(self) -> dict[str, Any]:
        value, name, _ = self.get_field_value(Profile.model_fields["cache_dir"], "cache_dir")
        return {name: value} if value == "" else {}


def load_profile(name: str = SIM, *, config: Path | None = None) -> Profile:
    """The profile `name` of the file `config`, or of docktwin.toml in the working folder if there is one.

    Raises ConfigError, with file and key, if the file cannot be used, or the profile is in neither file nor defaults.
    """
    path = config or Path(CONFIG_FILE)
    profiles = _profiles(path, must_exist=config is not None)
    if name not in profiles:
        msg = f"{path}: got profile {name!r}, expected {_one_of(profiles, name)}"
        raise ConfigError(msg)
    values = profiles[name]
    if not isinstance(values, dict):
        msg = f"{path}: {_TABLE}.{name}: got {values!r}, expected a table"
        raise ConfigError(msg)
    try:
        profile = Profile(**values)
    except ValidationError as error:
        mistakes = [_mistake(details, path, name) for details in error.errors(include_url=False)]
        raise ConfigError("\n".join(mistakes)) from error
    if name == LIVE and profile.nats_url is None:
        msg = f"{path}: {_TABLE}.{name}.nats_url: got nothing, expected the address of the site's NATS server"
        raise ConfigError(msg)
    return profile


def data_dir() -> Path | None:
    """The folder of the outside data: what `DOCKTWIN_DATA` says, else `shared/data` beside the checkout, else None."""
    named = os.environ.get(DATA_VARIABLE)
    if named:
        return Path(named)
    return _BESIDE_THE_CHECKOUT if _BESIDE_THE_CHECKOUT.is_dir() else None


def _profiles(path: Path, *, must_exist: bool) -> dict[str, Any]:
    """The tables of the file, with empty ones for the profiles that always are."""
    content: dict[str, Any] = {}
    try:
        content = tomllib.loads(path.read_bytes().decode())
    except FileNotFoundError as error:
        if must_exist:
            msg = f"{path}: got no such file, expected one with a table [{_TABLE}.{SIM}]"
            raise ConfigError(msg) from error
    except OSError as error:
        msg = f"{path}: the file cannot be read: {error.strerror or error}"
        raise ConfigError(msg) from error
    except ValueError as error:  # no TOML, or no UTF-8
        msg = f"{path}: got a file that is no TOML ({error}), expected tables such as [{_TABLE}.{SIM}]"
        raise ConfigError(msg) from error
    for key in content:
        if key != _TABLE:
            msg = f"{path}: {key}: got a key that is not known, expected {_one_of([_TABLE], key)}"
            raise ConfigError(msg)
    tables = content.get(_TABLE, {})
    if not isinstance(tables, dict):
        msg = f"{path}: {_TABLE}: got {tables!r}, expected a table for each profile"
        raise ConfigError(msg)
    return {SIM: {}, LIVE: {}} | tables


def _mistake(details: ErrorDetails, path: Path, profile: str) -> str:
    key = ".".join(map(str, details["loc"]))
    field = Profile.model_fields.get(key)
    variable = f"{_VARIABLE_PREFIX}{key.upper()}"
    where = f"environment: {variable}" if field and os.environ.get(variable) else f"{path}: {_TABLE}.{profile}.{key}"
    if details["type"] == "value_error":  # ours: it names what was got and expected
        return f"{where}: {details['ctx']['error']}"
    if field is None:
        return f"{where}: got a key that is not known, expected {_one_of(Profile.model_fields, key)}"
    return f"{where}: got {details['input']!r}, expected {field.description}"


def _one_of(known: Iterable[str], got: str) -> str:
    names = sorted(known)
    near = get_close_matches(got, names, n=1)
    return f"one of {', '.join(names)}" + (f"; did you mean {near[0]}?" if near else "")
