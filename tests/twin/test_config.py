from __future__ import annotations

from pathlib import Path

import pytest

from twin.config import Profile, load_profile
from twin.errors import ConfigError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, and none of our variables set."""
    monkeypatch.chdir(tmp_path)
    for name in Profile.model_fields:
        monkeypatch.delenv(f"DOCKTWIN_{name.upper()}", raising=False)
    return tmp_path


def values(profile: Profile) -> tuple[str | None, float, Path]:
    return profile.nats_url, profile.hang_guard_s, profile.runs_dir


def test_without_a_file_the_simulated_profile_starts_its_own_server() -> None:
    assert values(load_profile()) == (None, 60.0, Path("runs"))


def test_the_file_in_the_working_folder_is_read(folder: Path) -> None:
    (folder / "docktwin.toml").write_text(
        '[profiles.sim]\nnats_url = "nats://127.0.0.1:4333"\nhang_guard_s = 5\nruns_dir = "out put"\n'
        '[profiles.live]\nnats_url = "nats://127.0.0.1:4444"\n'
    )
    assert values(load_profile()) == ("nats://127.0.0.1:4333", 5, Path("out put"))
    assert load_profile("live").nats_url == "nats://127.0.0.1:4444"
    assert load_profile("live").hang_guard_s == 60.0


def test_a_given_file_is_read_instead(folder: Path) -> None:
    (folder / "docktwin.toml").write_text("[profiles.sim]\nhang_guard_s = 5\n")
    (folder / "other.toml").write_text("[profiles.night]\nhang_guard_s = 7\n")
    assert load_profile("night", config=folder / "other.toml").hang_guard_s == 7
    assert load_profile(config=folder / "other.toml").hang_guard_s == 60


def test_the_environment_wins_over_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "docktwin.toml").write_text('[profiles.sim]\nhang_guard_s = 5\nruns_dir = "here"\n')
    monkeypatch.setenv("DOCKTWIN_HANG_GUARD_S", "9.5")
    monkeypatch.setenv("DOCKTWIN_NATS_URL", "nats://127.0.0.1:1")
    monkeypatch.setenv("DOCKTWIN_RUNS_DIR", "")  # empty is not set
    monkeypatch.setenv("DOCKTWIN_DATA", "/elsewhere")  # not the profile's
    assert values(load_profile()) == ("nats://127.0.0.1:1", 9.5, Path("here"))


def test_the_cache_lies_in_the_users_cache_folder_unless_told_otherwise(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "of the user"))  # Linux; other platforms have folders of theirs
    told = load_profile().cache_dir
    assert told is not None
    assert told.name == "docktwin"
    (folder / "docktwin.toml").write_text('[profiles.sim]\ncache_dir = "kept here"\ncache_bytes_max = 1000\n')
    assert (load_profile().cache_dir, load_profile().cache_bytes_max) == (Path("kept here"), 1000)
    monkeypatch.setenv("DOCKTWIN_CACHE_DIR", "kept there")
    assert load_profile().cache_dir == Path("kept there")


def test_an_empty_text_switches_the_cache_off_in_the_file_and_in_the_environment(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "docktwin.toml").write_text('[profiles.sim]\ncache_dir = ""\n')
    assert load_profile().cache_dir is None
    (folder / "docktwin.toml").write_text('[profiles.sim]\ncache_dir = "kept here"\n')
    monkeypatch.setenv("DOCKTWIN_CACHE_DIR", "")
    assert load_profile().cache_dir is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "[profiles.sim]\nhang_guard_s = -1\n",
            "docktwin.toml: profiles.sim.hang_guard_s: got -1, expected seconds above 0, at most 3600",
        ),
        (
            '[profiles.sim]\nhang_guard_s = "long"\n',
            "docktwin.toml: profiles.sim.hang_guard_s: got 'long', expected seconds above 0, at most 3600",
        ),
        (
            "[profiles.sim]\nnats_ulr = 1\n",
            (
                "docktwin.toml: profiles.sim.nats_ulr: got a key that is not known, "
                "expected one of cache_bytes_max, cache_dir, hang_guard_s, nats_url, runs_dir; "
                "did you mean nats_url?"
            ),
        ),
        ("[profiles.sim]\nruns_dir = 3\n", "docktwin.toml: profiles.sim.runs_dir: got 3, expected a folder"),
        (
            "[profiles.sim]\ncache_dir = 3\n",
            "docktwin.toml: profiles.sim.cache_dir: got 3, expected a folder, or empty for none",
        ),
        (
            "[profiles.sim]\ncache_bytes_max = -1\n",
            "docktwin.toml: profiles.sim.cache_bytes_max: got -1, expected a whole number of bytes",
        ),
        (
            '[profiles.sim]\nnats_url = "http://dock:secret@x"\n',
            (
                "docktwin.toml: profiles.sim.nats_url: got a NATS address with scheme 'http' and host 'x', "
                "expected one such as nats://127.0.0.1:4222; nothing was run"
            ),
        ),
        ("[profiles]\nsim = 1\n", "docktwin.toml: profiles.sim: got 1, expected a table"),
        ("profiles = 1\n", "docktwin.toml: profiles: got 1, expected a table for each profile"),
        (
            "[profile.sim]\n",
            "docktwin.toml: profile: got a key that is not known, expected one of profiles; did you mean profiles?",
        ),
    ],
)
def test_a_mistake_is_named_with_file_key_what_was_got_and_expected(folder: Path, content: str, message: str) -> None:
    (folder / "docktwin.toml").write_text(content)
    with pytest.raises(ConfigError) as caught:
        load_profile()
    assert caught.value.message == message


def test_all_mistakes_of_a_profile_are_named_at_once(folder: Path) -> None:
    (folder / "docktwin.toml").write_text("[profiles.sim]\nhang_guard_s = 0\nruns_dir = 3\n")
    with pytest.raises(ConfigError) as caught:
        load_profile()
    assert [line.split(": ")[1] for line in caught.value.message.splitlines()] == [
        "profiles.sim.hang_guard_s",
        "profiles.sim.runs_dir",
    ]


def test_a_wrong_variable_is_named_not_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "docktwin.toml").write_text("[profiles.sim]\nhang_guard_s = 5\n")
    monkeypatch.setenv("DOCKTWIN_HANG_GUARD_S", "soon")
    with pytest.raises(ConfigError, match=r"^environment: DOCKTWIN_HANG_GUARD_S: got 'soon', expected seconds"):
        load_profile()


@pytest.mark.parametrize("content", [b"[profiles.sim\n", b"\xff\xfe", b"a = 1\na = 2\n"])
def test_a_file_that_is_no_toml_is_named(folder: Path, content: bytes) -> None:
    (folder / "docktwin.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=r"docktwin\.toml: got a file that is no TOML"):
        load_profile()


def test_a_given_file_that_is_missing_or_a_folder_is_named(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml: got no such file"):
        load_profile(config=folder / "nowhere.toml")
    with pytest.raises(ConfigError, match="the file cannot be read: Is a directory"):
        load_profile(config=folder)


def test_an_unknown_profile_offers_the_near_one() -> None:
    with pytest.raises(ConfigError, match=r"got profile 'smi', expected one of live, sim; did you mean sim\?"):
        load_profile("smi")


def test_a_live_site_needs_an_address() -> None:
    with pytest.raises(ConfigError, match=r"profiles\.live\.nats_url: got nothing, expected the address"):
        load_profile("live")
