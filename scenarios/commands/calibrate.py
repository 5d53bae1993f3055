"""The commands `docktwin calibrate`. What they do is imported when one is called."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from twin.errors import EXIT_BAD_INPUT

app = typer.Typer(name="calibrate", rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def without_a_command(context: typer.Context) -> None:
    """Fit the tables of the fidelity case to physics."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(EXIT_BAD_INPUT)


@app.command()
def physics(
    *,
    seeds: Annotated[str | None, typer.Option("--seeds", metavar="N", help="One load each. [30]")] = None,
    picks: Annotated[str | None, typer.Option("--picks", metavar="N", help="From each load. [8]")] = None,
    cases: Annotated[
        str | None, typer.Option("--cases", metavar="N", help="In a load, from a third of it upwards. [200]")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Where the files go. [runs/calibrate-physics]")
    ] = None,
    workers: Annotated[str | None, typer.Option("-n", "--workers", metavar="N", help="Processes. [one a core]")] = None,
) -> int:
    """Pick from seeded loads by physics, and fit what falls and when a seal lets go."""
    calibrating: Any = import_module("scenarios.commands.calibrating")
    request = calibrating.CalibrateRequest(seeds=seeds, picks=picks, cases=cases, out=out, workers=workers)
    return int(calibrating.calibrate(request))
