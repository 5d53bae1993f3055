"""The `docktwin` command. Each command is imported when it is called: `--help` needs no simulator.

Exit status: 0 passed, 1 an expectation or invariant failed, 2 bad input, 3 our own or the transport's fault,
130 interrupted. Bad input never ends in a stack trace; a bug always does.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scenarios.commands.calibrate import app as calibrate_app
from scenarios.commands.load import app as load_app
from scenarios.report.usage import usage_error
from twin.errors import EXIT_BAD_INPUT, EXIT_INTERRUPTED, EXIT_OUR_FAULT, DocktwinError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

app = typer.Typer(
    name="docktwin",
    help="Run scripted truck scenarios against the dock's backend, and judge what comes out.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

app.add_typer(load_app)
app.add_typer(calibrate_app)

_Seed = Annotated[str | None, typer.Option("--seed", metavar="N", help="Another seed than the scenario's.")]
_Driver = Annotated[
    str | None,
    typer.Option("--driver", metavar="inline|lockstep", help="One process, or two on a real NATS server. [inline]"),
]
_Fidelity = Annotated[
    str | None,
    typer.Option(
        "--fidelity",
        metavar="trailer|case|physics",
        help="One service time a trailer, a pick cycle a case, or that on a load in PyBullet.",
    ),
]
_DockPlanner = Annotated[str | None, typer.Option("--dock-planner", metavar="P", help="Another dock planner.")]
_UnloadPlanner = Annotated[str | None, typer.Option("--unload-planner", metavar="P", help="Another unload planner.")]
_Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout instead of text.")]
_Workers = Annotated[str | None, typer.Option("-n", metavar="WORKERS", help="Processes. [one a core]")]
_Scenario = Annotated[str, typer.Argument(metavar="SCENARIO", help="A name of the library, or a path.")]


def _command(module: str, name: str) -> Any:  # noqa: ANN401 - any command's function
    return getattr(import_module(f"scenarios.commands.{module}"), name)


@app.command()
def run(  # noqa: PLR0913 - one parameter an option
    scenario: _Scenario,
    *,
    seed: _Seed = None,
    driver: _Driver = None,
    fidelity: _Fidelity = None,
    dock_planner: _DockPlanner = None,
    unload_planner: _UnloadPlanner = None,
    nats_url: Annotated[
        str | None,
        typer.Option("--nats-url", metavar="URL", help="A running NATS server on this machine; implies lockstep."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Where the files go. [runs/SCENARIO-SEED]")
    ] = None,
    as_json: _Json = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Every expectation and every KPI.")] = False,
    replications: Annotated[
        str | None, typer.Option("--replications", metavar="N", help="N seeds upwards; how far the KPIs spread.")
    ] = None,
    workers: Annotated[
        str | None,
        typer.Option("-n", "--workers", metavar="N", help="Processes for replications, or for physics. [one a core]"),
    ] = None,
) -> int:
    """Run one scenario and judge it."""
    request = _command("options", "RunRequest")(
        scenario=scenario,
        seed=seed,
        driver=driver,
        fidelity=fidelity,
        dock_planner=dock_planner,
        unload_planner=unload_planner,
        nats_url=nats_url,
    )
    if replications is None:
        return int(_command("run", "run")(request, out=out, as_json=as_json, is_verbose=verbose, workers=workers))
    of_one_run = {"--out": out is not None, "--nats-url": nats_url is not None, "--verbose": verbose}
    refused = [option for option, is_given in of_one_run.items() if is_given]
    replicate = _command("replicate", "replicate")
    return int(replicate(request, replications, workers=workers, refused=refused, as_json=as_json))


@app.command("test")
def suite(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Scenarios, or folders of them.")],
    *,
    workers: _Workers = None,
    seeds: Annotated[
        str | None, typer.Option("--seeds", metavar="K", help="K seeds each, from the scenario's own upwards. [1]")
    ] = None,
    driver: _Driver = None,
    baseline: Annotated[
        Path | None, typer.Option("--baseline", metavar="DIR", help="Compare the KPIs with those reviewed there.")
    ] = None,
    update: Annotated[
        bool, typer.Option("--update", help="Write these KPIs as the baselines, to be reviewed.")
    ] = False,
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="JUnit XML, one test case a scenario and seed.")
    ] = None,
    as_json: _Json = False,
) -> int:
    """Run many scenarios over one pool of processes, and compare their KPIs with baselines."""
    request = _command("suite", "SuiteRequest")(
        paths=paths,
        workers=workers,
        seeds=seeds,
        driver=driver,
        baseline=baseline,
        is_update=update,
        junit=junit,
    )
    return int(_command("suite", "suite")(request, as_json=as_json))


@app.command()
def explore(  # noqa: PLR0913 - one parameter an option
    scenario: _Scenario,
    *,
    runs: Annotated[str | None, typer.Option("--runs", metavar="N", help="How many runs, at most. [1000]")] = None,
    workers: _Workers = None,
    seed: Annotated[
        str | None, typer.Option("--seed", metavar="S", help="Of all that is drawn. [the scenario's own]")
    ] = None,
    first: Annotated[
        str | None, typer.Option("--first", metavar="K", help="Begin with run K, to repeat it at once. [1]")
    ] = None,
    expectations: Annotated[
        str | None,
        typer.Option(
            "--expectations",
            metavar="safety|all",
            help="What fails besides invariants and errors. safety: a trailer that never departs, a case that is "
            "nowhere; all: whatever the file expects. [safety]",
        ),
    ] = None,
    deadlines: Annotated[
        bool, typer.Option("--deadlines", help="With safety: trailers depart by the file's deadlines.")
    ] = False,
    shrink_runs: Annotated[
        str | None, typer.Option("--shrink-runs", metavar="M", help="Runs spent on shrinking, at most. [300]")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="The scenario that fails. [explore-SCENARIO-WHAT-SEED.yaml]"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite FILE, whoever wrote it.")] = False,
    as_json: _Json = False,
) -> int:
    """Random faults and seeds on top of a scenario; what fails is shrunk, and written as a scenario."""
    request = _command("explore", "ExploreRequest")(
        scenario=scenario,
        runs=runs,
        first=first,
        seed=seed,
        workers=workers,
        expectations=expectations,
        has_deadlines=deadlines,
        shrink_runs=shrink_runs,
        out=out,
        is_forced=force,
    )
    return int(_command("explore", "explore")(request, as_json=as_json))


@app.command("list")
def list_library() -> int:
    """The scenarios of the library."""
    return int(_command("look", "list_library")())


@app.command()
def validate(
    scenarios: Annotated[list[str], typer.Argument(metavar="SCENARIO...", help="Names of the library, or paths.")],
) -> int:
    """Check scenario files; nothing is run."""
    return int(_command("look", "validate")(scenarios))


@app.command()
def schema(what: Annotated[str, typer.Argument(metavar="scenario|messages", help="Of which language.")]) -> int:
    """JSON Schema of scenarios, or AsyncAPI of messages."""
    return int(_command("look", "schema")(what))


@app.command()
def digest(recording: Annotated[Path, typer.Argument(metavar="RECORDING", help="A run.mcap.")]) -> int:
    """The digest of a recording, from its messages."""
    return int(_command("recordings", "digest")(recording))


@app.command()
def diff(
    a: Annotated[Path, typer.Argument(metavar="A", help="A run.mcap.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="Another one.")],
) -> int:
    """The first difference of two recordings, with its cause."""
    return int(_command("recordings", "diff")(a, b))


def main() -> None:
    """The entry point of the command."""
    signal.signal(signal.SIGTERM, _interrupt)  # whoever ends us finds everything stopped, as after Ctrl-C
    _with_streams()
    sys.exit(status_of(sys.argv[1:]))


def status_of(arguments: Sequence[str]) -> int:
    """Run a command line; its exit status."""
    if not arguments:
        app(args=["--help"], prog_name="docktwin", standalone_mode=False)
        return EXIT_BAD_INPUT
    try:
        status = int(app(args=list(arguments), prog_name="docktwin", standalone_mode=False) or 0)
    except DocktwinError as error:
        return _ended_by(error)
    except (KeyboardInterrupt, typer.Abort):
        status = EXIT_INTERRUPTED
    except typer.TyperException as error:
        misuse = usage_error(error)
        _say_in_json(misuse, arguments)
        return _ended_by(misuse)
    except Exception:  # noqa: BLE001 - a bug: it shows, with its stack trace
        traceback.print_exc()
        _console_module().say_plainly("error: a bug in docktwin; the lines above say where", sys.stderr)
        _say_in_json(DocktwinError("a bug in docktwin", hint="Standard error says where."), arguments)
        return EXIT_OUR_FAULT
    if status == EXIT_INTERRUPTED:  # typer makes this of most interrupts, and says nothing
        _console_module().say_plainly("interrupted; everything is stopped", sys.stderr)
    return status


def _ended_by(error: DocktwinError) -> int:
    _show(error)
    return error.exit_status


def _say_in_json(error: DocktwinError, arguments: Sequence[str]) -> None:
    """What a program reads where the command itself could not tell it."""
    if "--json" in arguments:
        content = import_module("scenarios.verdict").error_object(error)
        _console_module().say_json(content, sys.stdout)


def _with_streams() -> None:
    """Streams that came closed lead nowhere; a character that their encoding does not have is escaped."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - as long as the process
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _interrupt(_signal: int, frame: FrameType | None) -> None:
    """As Ctrl-C would, whoever answers it now: an event loop ends its tasks first."""
    handler = signal.getsignal(signal.SIGINT)
    if callable(handler):
        handler(signal.SIGINT, frame)
    else:
        raise KeyboardInterrupt


def _console_module() -> Any:  # noqa: ANN401 - a module
    return import_module("scenarios.report.console")


def _show(error: DocktwinError) -> None:
    lines = import_module("scenarios.report.errors").error_block(error)
    _console_module().say(lines, sys.stderr)


if __name__ == "__main__":
    main()
