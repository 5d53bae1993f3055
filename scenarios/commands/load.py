"""The commands `docktwin load`. What they do is imported when one is called."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from twin.errors import EXIT_BAD_INPUT

app = typer.Typer(
    name="load",
    rich_markup_mode=None,
)

_Target = Annotated[
    str,
    typer.Argument(
        metavar="MANIFEST|GENERATOR",
        help="A CSV manifest, a generator (columns, bricks, mixed), a truck load of Bischoff and Ratcliff (BR1_01), or "
        "an order of BED-BPP (00100408).",
    ),
]
_Case = Annotated[str, typer.Argument(metavar="CASE", help="Its id, or what follows the trailer in it, as c12.")]
_Cases = Annotated[str | None, typer.Option("--cases", metavar="N", help="How many a generator is asked for. [400]")]
_Seed = Annotated[str | None, typer.Option("--seed", metavar="N", help="Of all that is drawn. [1]")]
_Generator = Annotated[
    str | None, typer.Option("--generator", metavar="G", help="What places the cases of a manifest. [columns]")
]
_Fidelity = Annotated[
    str | None, typer.Option("--fidelity", metavar="case|physics", help="The support graph, or PyBullet. [physics]")
]
_Png = Annotated[Path | None, typer.Option("--png", metavar="FILE", help="A picture of it.")]
_Html = Annotated[Path | None, typer.Option("--html", metavar="FILE", help="A page to turn it in three dimensions.")]


def _call(name: str, *arguments: str, **options: object) -> int:
    loads: Any = import_module("scenarios.commands.loads")
    return int(getattr(loads, name)(*arguments, loads.LoadRequest(**options)))


@app.callback(invoke_without_command=True)
def without_a_command(context: typer.Context) -> None:
    """Look at a load, let it settle, and pick from it."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(EXIT_BAD_INPUT)


@app.command()
def show(
    target: _Target,
    *,
    cases: _Cases = None,
    seed: _Seed = None,
    generator: _Generator = None,
    png: _Png = None,
    html: _Html = None,
) -> int:
    """The load as it was loaded."""
    return _call("show", target=target, cases=cases, seed=seed, generator=generator, png=png, html=html)


@app.command()
def settle(
    target: _Target,
    *,
    cases: _Cases = None,
    seed: _Seed = None,
    generator: _Generator = None,
    fidelity: _Fidelity = None,
    png: _Png = None,
    html: _Html = None,
) -> int:
    """The load as it stands when the doors open."""
    return _call(
        "settle", target=target, cases=cases, seed=seed, generator=generator, fidelity=fidelity, png=png, html=html
    )


@app.command()
def pick(
    case: _Case,
    target: _Target,
    *,
    cases: _Cases = None,
    seed: _Seed = None,
    generator: _Generator = None,
    fidelity: _Fidelity = None,
    png: _Png = None,
    html: _Html = None,
) -> int:
    """The load settles, a robot takes a case out of it, and what falls falls."""
    return _call(
        "pick",
        case,
        target=target,
        cases=cases,
        seed=seed,
        generator=generator,
        fidelity=fidelity,
        png=png,
        html=html,
    )
