"""`docktwin load show`, `settle` and `pick`: what they say, what they draw, and how they refuse."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from scenarios import cli
from scenarios.loads import NamedLoad, worst_pick
from scenarios.schema import scenario_from_text
from sim.load.generators import GENERATORS
from sim.load.manifest_csv import COLUMNS
from sim.load.planned import load_of
from sim.physics.support import SupportGraph
from twin.errors import EXIT_BAD_INPUT, EXIT_INTERRUPTED, EXIT_PASSED
from twin.rng import Draws

SMALL = ("--cases", "60", "--fidelity", "case")
MANIFEST = "\n".join([",".join(COLUMNS), "l1,po1,sku-a,label-a,12,0.4,0.3,0.3,8.5", ""])
SCENARIO = """
# One trailer.
site: {id: bos1, doors: 1, robots: 1}
start: 2026-01-05 06:00
trailers: [{id: t-1, arrives: 06:00, cases: 60, load: GENERATOR}]
expect: [{every_trailer: departed}]
seed: 5
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder whose name has a space; loads that settle are kept below it."""
    here = tmp_path / "my loads"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("DOCKTWIN_CACHE_DIR", str(tmp_path / "kept"))
    return here


def said(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = EXIT_PASSED) -> str:
    """What the command says: on stdout if it worked, else on stderr; nothing on the other."""
    assert cli.status_of(["load", *arguments]) == status
    out, err = capsys.readouterr()
    assert (err if status == EXIT_PASSED else out) == ""
    return " ".join((out if status == EXIT_PASSED else err).split())


def test_show_tells_how_much_is_loaded_and_where(capsys: pytest.CaptureFixture[str]) -> None:
    told = said(capsys, "show", "columns", "--cases", "60")
    assert told.startswith("columns, seed 1: 60 cases loaded")
    assert "12.03 x 2.35 x 2.39 m inside" in told
    assert re.search(r"Kind Cases Size Weight sku-\S+ \d+ \d\.\d\d x \d\.\d\d x \d\.\d\d m \d", told)
    assert "load settle columns --cases 60" in told


def test_what_does_not_fit_is_said_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    told = said(capsys, "show", "columns", "--cases", "2000")
    assert re.search(r"Not loaded [\d,]+ cases: the trailer is full", told)


@pytest.mark.parametrize("generator", sorted(GENERATORS))
def test_the_load_is_that_of_a_scenario_with_this_seed(generator: str) -> None:
    text = SCENARIO.replace("GENERATOR", generator)
    day = scenario_from_text(text, "one_trailer.yaml").day
    load = load_of(day.trailers[0], day, Draws(day.seed))
    assert NamedLoad(target=generator, cases=60, seed=5).load() == load


def test_a_manifest_is_placed_by_the_generator_that_is_named(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    (folder / "a manifest.csv").write_text(MANIFEST)
    assert said(capsys, "show", "a manifest.csv").startswith("a manifest.csv, seed 1: 12 cases loaded")
    told = said(capsys, "show", "a manifest.csv", "--generator", "bricks")
    assert "load settle 'a manifest.csv' --generator bricks" in told


def test_a_manifest_with_mistakes_says_all_of_them(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    (folder / "bad.csv").write_text(MANIFEST.replace("12,", "none,").replace("0.4", "wide"))
    told = said(capsys, "show", "bad.csv", status=EXIT_BAD_INPUT)
    assert "bad.csv:2: quantity" in told
    assert "bad.csv:2: length_m" in told


def test_settle_counts_what_stands(capsys: pytest.CaptureFixture[str]) -> None:
    told = said(capsys, "settle", "columns", *SMALL)
    assert told.startswith("columns, seed 1, settled by the support graph: 60 of 60 cases stand, none fallen")
    assert "Moved none of those that stand At rest all" in told


def test_settle_says_if_the_load_did_not_come_to_rest(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SupportGraph, "is_settled", False)
    assert "At rest not all: the physics stopped looking before" in said(capsys, "settle", "columns", *SMALL)


def test_the_pick_that_show_proposes_brings_down_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    worst = worst_pick(NamedLoad(target="columns", cases=60).load())
    assert worst is not None
    case_id, falls = worst
    assert f"load pick {case_id} columns --cases 60" in said(capsys, "show", "columns", "--cases", "60")
    told = said(capsys, "pick", case_id, "columns", *SMALL)
    assert told.startswith(f"{case_id} is out; {falls} case")
    assert len(re.findall(r"t-1-c\d+ \d\.\d\d m \d\.\d\d s", told)) == falls
    assert f"Stand 60 before, {59 - falls} after" in told
    assert f"Lie loose 0 before, {falls} after" in told


def test_a_case_may_be_named_without_its_trailer(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "pick", "c3", "columns", *SMALL).startswith("t-1-c3 is out")


def test_physics_settles_and_lets_go(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("pybullet")
    load = ("columns", "--cases", "12", "--fidelity", "physics")
    assert re.match(r"columns, seed 1, settled by physics: \d+ of 12 cases stand", said(capsys, "settle", *load))
    assert re.match(r"t-1-c1 is (not )?out", said(capsys, "pick", "c1", *load))


def test_without_pybullet_the_support_graph_is_offered(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "sim.physics.bullet", raising=False)
    monkeypatch.setitem(sys.modules, "pybullet", None)
    told = said(capsys, "settle", "columns", "--cases", "12", status=EXIT_BAD_INPUT)
    assert told.startswith("error: got --fidelity physics without the package pybullet, expected it installed")
    assert "--fidelity case" in told


@pytest.mark.parametrize("command", [("show", "columns", "--cases", "60"), ("settle", "columns", *SMALL)])
def test_a_picture_is_written_and_named(
    capsys: pytest.CaptureFixture[str], folder: Path, command: tuple[str, ...]
) -> None:
    assert "File a picture.png" in said(capsys, *command, "--png", "a picture.png")
    assert [path.name for path in folder.iterdir()] == ["a picture.png"]
    with Image.open(folder / "a picture.png") as picture:
        assert picture.width == 1200


def test_before_and_after_a_pick_stand_side_by_side(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    said(capsys, "pick", "c3", "columns", *SMALL, "--png", "pick.png")
    with Image.open(folder / "pick.png") as picture:
        assert picture.width == 1600


def test_the_page_asks_no_other_host_for_anything_and_says_what_it_shows(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    said(capsys, "pick", "c3", "mixed", "--cases", "1000", "--fidelity", "case", "--html", "load.html")
    page = (folder / "load.html").read_text()
    assert len(page) < 5_000_000
    assert not re.search(r"""(src|href)\s*=|@import|url\(""", page)
    assert re.search(r'role="img" aria-label="The pick of t-1-c3 from mixed, seed 1: [\d,]+ cases in a trailer', page)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("show", "mixd"), 'got "mixd", which is no file (did you mean mixed?); expected a CSV manifest, a generator'),
        (("show", "absent.csv"), "absent.csv: got no readable file (No such file or directory)"),
        (("show", "columns", "--cases", "0"), '--cases: got "0", expected a whole number 1 to 5000'),
        (("show", "columns", "--seed", "-1"), '--seed: got "-1"'),
        (
            ("show", "columns", "--generator", "bricks"),
            "got --generator with columns, expected it with a manifest only",
        ),
        (("show", "BR1_01", "--cases", "5"), "got --cases with BR1_01, expected it with a generator only"),
        (("settle", "columns", "--fidelity", "trailer"), '--fidelity: got "trailer", expected one of case, physics'),
        (("pick", "c61", "columns", *SMALL), 'got case "c61", expected one of t-1-c1 to t-1-c60 (did you mean'),
        (("show", "columns", "--png", "absent/x.png"), "--png absent/x.png: got a folder absent that does not exist"),
        (("show", "columns", "--png", "."), "--png .: got a folder, expected a file"),
        (
            ("show", "columns", "--png", "a.png", "--html", "a.png"),
            "got a.png for --png and for --html, expected two files",
        ),
        (("show", "columns", "--png", "a.jpg"), "--png a.jpg: got a name that ends in .jpg, expected one that ends in"),
        (
            ("show", "columns", "--html", "a"),
            "--html a: got a name that ends in nothing, expected one that ends in .html",
        ),
        (("show", ""), 'got "" for the load, expected a CSV manifest, a generator (columns, bricks, mixed)'),
        (("shw", "columns"), 'got "shw", expected a command (did you mean show?)'),
        (("show",), "got no MANIFEST|GENERATOR"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(
    capsys: pytest.CaptureFixture[str], folder: Path, arguments: tuple[str, ...], expected: str
) -> None:
    told = said(capsys, *arguments, status=EXIT_BAD_INPUT)
    assert told.startswith(f"error: {expected}")
    assert list(folder.iterdir()) == []


def test_load_alone_shows_its_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.status_of(["load"]) == EXIT_BAD_INPUT
    told = capsys.readouterr().out
    assert all(name in told for name in ("show", "settle", "pick"))


def test_a_command_that_shows_no_load_imports_nothing_for_it() -> None:
    heavy = "{'pybullet', 'plotly', 'PIL'} & set(sys.modules)"
    code = f"import sys; from scenarios import cli; cli.status_of(['list']); sys.exit(str({heavy} or ''))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""


def test_an_interrupt_leaves_no_picture(
    capsys: pytest.CaptureFixture[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_picture: object, path: Path) -> None:
        path.write_bytes(b"half of it")
        raise KeyboardInterrupt

    monkeypatch.setattr("scenarios.commands.loads.write_png", interrupted)
    assert cli.status_of(["load", "show", "columns", "--cases", "60", "--png", "x.png"]) == EXIT_INTERRUPTED
    assert "interrupted" in capsys.readouterr().err
    assert list(folder.iterdir()) == []
