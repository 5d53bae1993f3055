"""The command as people and machines use it: exit status, streams, files."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scenarios import cli
from tests.e2e.small import LATE, LONG, SMALL
from tests.scenarios.test_verdict import KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCKTWIN = [sys.executable, "-m", "scenarios.cli"]
TIMEOUT_S = 60


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a scenario that passes and one that fails; its name has a space."""
    here = tmp_path / "my trucks"
    here.mkdir()
    (here / "small.yaml").write_text(SMALL)
    (here / "late.yaml").write_text(LATE)
    monkeypatch.chdir(here)
    for name in ("FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return here


def call(*arguments: str | bytes) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*DOCKTWIN, *arguments], capture_output=True, text=True, check=False, timeout=TIMEOUT_S)


def test_a_run_that_passes_ends_in_0_with_its_verdict_first_and_nothing_on_stderr(folder: Path) -> None:
    done = call("run", "small.yaml")
    assert done.stderr == ""
    assert done.stdout.startswith("PASSED  small, seed 1: 1 of 1 expectation met, no invariant broken\n")
    assert done.returncode == 0
    assert "Files       runs/small-1/  verdict.json run.mcap trailers.csv cases.csv" in done.stdout
    assert {path.name for path in (folder / "runs" / "small-1").iterdir()} == {
        "verdict.json",
        "run.mcap",
        "trailers.csv",
        "cases.csv",
    }


def test_a_run_that_fails_ends_in_1_and_names_file_and_line(folder: Path) -> None:
    done = call("run", "late.yaml", "--out", "elsewhere")
    assert done.returncode == 1
    assert done.stdout.startswith("FAILED  late, seed 1: 1 of 1 expectation not met")
    assert "late.yaml:10" in done.stdout
    assert "expected  T-1 departed at or before 06:11:00" in done.stdout
    assert "What led there" in done.stdout
    assert (folder / "elsewhere" / "run.mcap").exists()
    assert not (folder / "runs").exists()


@pytest.mark.usefixtures("folder")
def test_json_is_one_object_on_stdout_and_equals_the_file() -> None:
    done = call("run", "small.yaml", "--seed", "5", "--json")
    content = json.loads(done.stdout)
    assert set(content) == KEYS
    assert (content["verdict"], content["seed"], content["driver"], content["fidelity"]) == (
        "passed",
        5,
        "inline",
        "case",
    )
    assert content == json.loads(Path("runs/small-5/verdict.json").read_text())


@pytest.mark.usefixtures("folder")
def test_the_same_seed_gives_the_same_recording_and_diff_says_so() -> None:
    assert call("run", "small.yaml", "--out", "a").returncode == 0
    assert call("run", "small.yaml", "--out", "b").returncode == 0
    assert call("run", "small.yaml", "--seed", "2", "--out", "c").returncode == 0
    assert Path("a/run.mcap").read_bytes() == Path("b/run.mcap").read_bytes()
    same = call("diff", "a/run.mcap", "b/run.mcap")
    assert (same.returncode, same.stdout) == (0, "the same: every message, in order, on its bus time\n")
    other = call("diff", "a/run.mcap", "c/run.mcap")
    assert other.returncode == 1
    assert other.stdout.startswith("different from message ")
    digest = call("digest", "a/run.mcap")
    assert digest.returncode == 0
    stamped = json.loads(Path("a/verdict.json").read_text())["digest"]
    assert digest.stdout.startswith(" ".join(stamped[n : n + 4] for n in range(0, 16, 4)))


@pytest.mark.usefixtures("folder")
def test_the_next_commands_work_when_they_are_pasted() -> None:
    block = call("run", "small.yaml").stdout.split("Next", 1)[1]
    commands = [line.strip().split("  ")[0] for line in block.splitlines() if "docktwin" in line]
    assert len(commands) == 2
    for command in commands:
        done = subprocess.run(["bash", "-c", command], capture_output=True, check=False, timeout=TIMEOUT_S)  # noqa: S607
        assert done.returncode in {0, 1}, done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["frob"], 'error: got "frob", expected a command; nothing was run'),
        (["run"], "error: got no SCENARIO; nothing was run"),
        (["run", "small.yaml", "--sede", "3"], "did you mean --seed?"),
        (["run", "small.yaml", "--seed", "-1"], '--seed: got "-1", expected a whole number 0 to 9007199254740992'),
        (["run", "small.yaml", "--seed", "one"], '--seed: got "one", expected a whole number 0 to 9007199254740992'),
        (["run", "small.yaml", "--driver", "warp"], '--driver: got "warp", expected one of inline, lockstep'),
        (["lst"], 'error: got "lst", expected a command (did you mean list?); nothing was run'),
        (["run", "small.yaml", "more"], 'got "more", which this command does not take'),
        (["run", "small.yaml", "--seed", "9" * 20], "expected a whole number 0 to 9007199254740992"),
        (["run", "small.yaml", "--out", "x" * 300], "File name too long"),
        (["run", "small.yaml", "--out", "small.yaml/runs"], "got a path below the file"),
        (["run", "x" * 300 + ".yaml"], "got no file, expected a scenario"),
        (["run", b"caf\xe9.yaml"], "got a file name that is not UTF-8"),
        (["run", "small.yaml", "--nats-url", "nats://10.0.0.1"], "loopback only for now; nothing was run"),
        (["test", "small.yaml", "--seeds", "99999999"], '--seeds: got "99999999", expected a whole number 1 to 100000'),
        (["test", "small.yaml", "-n", "100000"], "expected a whole number 1 to 256"),
        (["run", "small.yaml", "--dock-planner", "earliest_dew"], "did you mean earliest_due?"),
        (["run", "small.yaml", "--out", "."], "expected an empty one or that of an earlier run"),
        (["run", "no_such_scenario"], "expected a scenario of the library or a path"),
        (["run", "absent.yaml"], "absent.yaml: got no file, expected a scenario"),
        (["run", "small.yaml", "--driver", "inline", "--nats-url", "nats://127.0.0.1:1"], "expected --driver lockstep"),
        (["test", "."], "error: "),
        (["digest", "small.yaml"], "no recording of docktwin"),
        (["digest", "."], "error: .: got a folder, expected the run.mcap of a run"),
        (["run", "first_truk"], "(did you mean first_truck?); nothing was run"),
        (["schema", "poem"], 'got "poem", expected one of scenario, messages'),
    ],
)
def test_bad_input_ends_in_2_with_a_sentence_and_never_a_stack_trace(
    folder: Path, arguments: list[str | bytes], said: str
) -> None:
    (folder / "broken.yaml").write_text(SMALL.replace("cases: 24", "cases: -24"))
    Path(os.fsdecode(b"caf\xe9.yaml")).write_text(SMALL)
    done = call(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert said in done.stderr.replace("\n       ", " ")
    assert "Traceback" not in done.stderr
    assert "docs/errors.md#e-" in done.stderr or re.search(r"docktwin'? schema scenario", done.stderr)


def test_every_mistake_of_a_file_is_shown_at_its_place(folder: Path) -> None:
    (folder / "broken.yaml").write_text(SMALL.replace("cases: 24", "cases: -24").replace("doors: 1", "doors: none"))
    done = call("validate", "small.yaml", "broken.yaml")
    assert done.returncode == 2
    assert done.stdout.startswith("valid  small.yaml: 1 trailer, 1 expectation\n")
    assert "error: 2 mistakes in broken.yaml; nothing was run" in done.stderr
    assert "    cases: -24\n" in done.stderr
    assert "           ^^^" in done.stderr


@pytest.mark.usefixtures("folder")
def test_a_server_that_does_not_answer_ends_in_3_and_json_says_error() -> None:
    done = call("run", "small.yaml", "--nats-url", "nats://127.0.0.1:1", "--json")
    assert done.returncode == 3
    content = json.loads(done.stdout)
    assert (content["verdict"], content["error"]["code"]) == ("error", "E-BUS-CONNECT")
    assert "docs/errors.md#e-bus-connect" in done.stderr
    assert "Traceback" not in done.stderr
    assert not Path("runs").exists()
    assert (content["scenario"], content["driver"]) == ("small", "lockstep")


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "small.yaml", "--frob"],
        ["run"],
        ["run", "small.yaml", "--seed", "one"],
        ["run", "broken.yaml", "--seed", "7"],
        ["run", b"caf\xe9.yaml"],
        ["run", "small.yaml", "--out", "."],
    ],
)
def test_json_is_one_object_for_bad_input_too(folder: Path, arguments: list[str | bytes]) -> None:
    (folder / "broken.yaml").write_text(SMALL.replace("cases: 24", "cases: -24"))
    Path(os.fsdecode(b"caf\xe9.yaml")).write_text(SMALL)
    done = call(*arguments, "--json")
    assert done.returncode == 2
    content = json.loads(done.stdout)
    assert set(content) == KEYS | {"error"}
    assert content["verdict"] == "error"
    assert content["seed"] == (7 if "7" in arguments else None)
    assert content["invariants"]["checked"] is None
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("arguments", [["--frob"], ["--seeds", "0"]])
def test_json_of_a_suite_that_could_not_begin_says_why(arguments: list[str]) -> None:
    done = call("test", "small.yaml", *arguments, "--json")
    content = json.loads(done.stdout)
    assert (done.returncode, content["verdict"], content["error"]["code"]) == (2, "error", "E-USAGE")


@pytest.mark.usefixtures("folder")
def test_output_that_cannot_be_written_is_said_in_a_sentence() -> None:
    for arguments in (["list"], ["run", "small.yaml"], ["run", "small.yaml", "--json"]):
        with Path("/dev/full").open("wb") as full:
            done = subprocess.run(
                [*DOCKTWIN, *arguments], stdout=full, stderr=subprocess.PIPE, check=False, timeout=TIMEOUT_S
            )
        assert done.returncode == 3
        assert done.stderr.startswith(b"error: standard output cannot be written: No space left on device")
        assert b"Traceback" not in done.stderr


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("closed", "said"), [(">&-", ""), ("2>&-", "")])
def test_a_closed_stream_takes_nothing_and_harms_nothing(closed: str, said: str) -> None:
    passes, is_bad = ["run", "small.yaml"], ["run", "absent.yaml"]
    for arguments, status in ((passes, 0), (is_bad, 2)):
        script = f'exec "$@" {closed}'
        done = subprocess.run(  # what was meant for the closed stream does not come out of the other
            ["bash", "-c", script, "-", *DOCKTWIN, *arguments],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT_S,
        )
        assert done.returncode == status, done.stderr
        assert (done.stdout if closed == ">&-" else done.stderr) == said
        assert "error" not in done.stdout


def test_a_path_that_the_encoding_does_not_have_is_escaped(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    for extra, check in (([], b"runs-\\xe9/"), (["--json"], b'"passed"')):
        done = subprocess.run(
            [*DOCKTWIN, "run", "small.yaml", "--out", "runs-\xe9", *extra],
            capture_output=True,
            check=False,
            timeout=TIMEOUT_S,
        )
        assert done.returncode == 0, done.stderr
        assert check in done.stdout
    assert (folder / "runs-\xe9" / "verdict.json").exists()


@pytest.mark.usefixtures("folder")
def test_the_commands_of_an_error_work_when_they_are_pasted() -> None:
    for arguments, said in ((["run", "no_such"], "The scenarios that come with docktwin: "), (["frob"], "options: ")):
        told = call(*arguments).stderr.split(said, 1)[1].splitlines()[0]
        done = subprocess.run(["bash", "-c", told], capture_output=True, check=False, timeout=TIMEOUT_S)  # noqa: S607
        assert done.returncode == 0, done.stderr


def test_a_bug_shows_its_stack_trace_and_ends_in_3(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def bug() -> int:
        return 1 // 0

    monkeypatch.setattr("scenarios.commands.look.list_library", bug)
    assert cli.status_of(["list"]) == 3
    stderr = capsys.readouterr().err
    assert "ZeroDivisionError" in stderr
    assert "a bug in docktwin" in stderr


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("driver", ["inline", "lockstep"])
def test_an_interrupt_ends_in_130_with_one_line_and_nothing_left_running(
    folder: Path, monkeypatch: pytest.MonkeyPatch, sent: signal.Signals, driver: str
) -> None:
    (folder / "long.yaml").write_text(LONG)
    monkeypatch.setenv("TERM", "xterm")
    leader, terminal = pty.openpty()
    with subprocess.Popen(
        [*DOCKTWIN, "run", "long.yaml", "--driver", driver],
        stdout=subprocess.PIPE,
        stderr=terminal,
        start_new_session=True,
    ) as process:
        os.close(terminal)
        seen = "".join(until(leader, " of 16,000 cases"))
        if sent == signal.SIGINT:
            os.killpg(process.pid, sent)  # Ctrl-C reaches all of them
        else:
            process.send_signal(sent)
        seen += "".join(until(leader, None))
        assert process.wait(TIMEOUT_S) == 130
        assert process.stdout is not None
        assert process.stdout.read() == b""
    assert seen.rstrip().endswith("interrupted; everything is stopped")
    assert "Traceback" not in seen
    assert not (folder / "runs" / "long-1").exists()
    left = subprocess.run(["pgrep", "-s", str(process.pid)], capture_output=True, text=True, check=False)  # noqa: S607
    assert left.stdout == ""


def until(descriptor: int, text: str | None) -> Iterator[str]:
    """What is written to the terminal, up to `text` or the end."""
    seen = ""
    while text is None or text not in seen:
        assert select.select([descriptor], [], [], TIMEOUT_S)[0], seen
        try:
            piece = os.read(descriptor, 4096).decode(errors="replace")
        except OSError:
            return
        if not piece:
            return
        seen += piece
        yield piece


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("command", ["schema messages", "list", "run small.yaml --json", "run small.yaml"])
def test_a_reader_that_goes_away_is_no_error(command: str) -> None:
    done = subprocess.run(
        [  # noqa: S607
            "bash",
            "-c",
            f'set -o pipefail; "$0" -m scenarios.cli {command} | true; echo ${{PIPESTATUS[0]}}',
            sys.executable,
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_the_library_is_listed_with_its_stories() -> None:
    done = call("list")
    assert done.returncode == 0
    assert "first_truck " in done.stdout
    assert "One truck, one door, one robot" in done.stdout


@pytest.mark.parametrize("what", ["scenario", "messages"])
def test_a_schema_is_json(what: str) -> None:
    done = call("schema", what)
    assert done.returncode == 0
    assert isinstance(json.loads(done.stdout), dict)


def test_help_needs_no_simulator_no_numbers_and_no_transport() -> None:
    heavy = "{'simpy', 'numpy', 'nats', 'plotly', 'sim', 'backend'}"
    code = f"""
import sys
from scenarios.cli import status_of
status_of(["--help"])
print(sorted({{module.split(".")[0] for module in sys.modules}} & {heavy}))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    for command in ("run", "test", "list", "validate", "schema", "digest", "diff"):
        assert f"  {command} " in done.stdout
