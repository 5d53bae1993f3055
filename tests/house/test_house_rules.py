"""Each house rule catches a planted violation, and lets its innocent look-alike pass."""

from __future__ import annotations

import pytest

from tests.house import lint

DOC = '"""A module."""\n'


def found(rule: lint.Rule, path: str, text: str) -> list[str]:
    return [what for _, what in rule(lint.Source.of(path, DOC + text))]


GUILTY = [
    (lint.reads_the_clock, "sim/robot.py", "import time\n"),
    (lint.reads_the_clock, "sim/robot.py", "from time import monotonic\n"),
    (lint.reads_the_clock, "sim/robot.py", "import datetime\nX = datetime.datetime.now()\n"),
    (lint.reads_the_clock, "sim/robot.py", "from datetime import date\ndef f():\n    return date.today()\n"),
    (lint.reads_the_clock, "tests/sim/test_robot.py", "def f():\n    import time\n"),
    (lint.reads_the_clock, "backend/host.py", "def f():\n    return asyncio.get_running_loop().time()\n"),
    (lint.draws_randomness, "sim/link.py", "import random\n"),
    (lint.draws_randomness, "sim/link.py", "from random import Random\n"),
    (lint.draws_randomness, "sim/link.py", "import secrets\n"),
    (lint.draws_randomness, "sim/link.py", "import numpy as np\nX = np.random.default_rng(1)\n"),
    (lint.draws_randomness, "sim/link.py", "from numpy.random import default_rng\n"),
    (lint.draws_randomness, "sim/link.py", "from uuid import uuid4\n"),
    (lint.draws_randomness, "sim/link.py", "import uuid\nX = uuid.uuid4()\n"),
    (lint.reads_the_environment, "backend/host.py", "import os\nX = os.environ['HOME']\n"),
    (lint.reads_the_environment, "backend/host.py", "from os import getenv\n"),
    (lint.prints, "backend/host.py", "def f():\n    print('here')\n"),
    (lint.spells_a_subject, "sim/gateway.py", "X = 'dock.v1.bos1'\n"),
    (lint.spells_a_subject, "sim/gateway.py", "def f(site):\n    return f'run.v1.{site}.hello'\n"),
    (lint.acts_at_import, "twin/bus/nats.py", "X = open('a')\n"),
    (lint.acts_at_import, "twin/bus/nats.py", "from pathlib import Path\nX = Path('a').read_text()\n"),
    (lint.acts_at_import, "twin/bus/nats.py", "class A:\n    X = create_engine('sqlite://')\n"),
    (lint.acts_at_import, "twin/bus/nats.py", "def f(x=open('a')):\n    pass\n"),
    (lint.acts_at_import, "twin/bus/nats.py", "@wrap(open('a'))\ndef f():\n    pass\n"),
    (lint.acts_at_import, "twin/bus/nats.py", "if True:\n    import subprocess\n    subprocess.run(['ls'])\n"),
    (lint.is_too_long, "sim/world.py", "X = 1\n" * lint.MODULE_LINES_MAX),
    (lint.is_too_long, "sim/world.py", "def f():\n" + "    x = 1\n" * lint.FUNCTION_LINES_MAX),
    (lint.is_too_long, "sim/world.py", "class A:\n    async def f():\n" + "        x = 1\n" * lint.FUNCTION_LINES_MAX),
    (lint.lacks_a_docstring, "sim/world.py", "def f():\n    pass\n"),
    (lint.lacks_a_docstring, "sim/world.py", "class A:\n    pass\n"),
    (lint.lacks_a_docstring, "sim/world.py", "class A:\n    '''A.'''\n    async def f():\n        pass\n"),
]

INNOCENT = [
    (lint.reads_the_clock, "twin/clock.py", "import time\n"),
    (lint.reads_the_clock, "sim/robot.py", "from twin.clock import now\nfrom datetime import datetime, time_zone\n"),
    (lint.reads_the_clock, "sim/robot.py", "def f(message):\n    return message.time, message.door.now()\n"),
    (lint.draws_randomness, "twin/rng.py", "import random\n"),
    (lint.draws_randomness, "sim/link.py", "if TYPE_CHECKING:\n    from random import Random\n"),
    (lint.draws_randomness, "sim/link.py", "def f(draws):\n    return draws.random()\n"),
    (lint.reads_the_environment, "twin/config.py", "import os\nX = os.environ\n"),
    (lint.reads_the_environment, "backend/host.py", "import os\nX = os.cpu_count()\n"),
    (lint.prints, "scenarios/cli.py", "def f():\n    print('PASSED')\n"),
    (lint.prints, "scenarios/cli/main.py", "def f():\n    print('PASSED')\n"),
    (lint.spells_a_subject, "twin/subjects.py", "X = 'dock.v1'\n"),
    (lint.spells_a_subject, "sim/gateway.py", "X = 'a dock.v1 subject'\n"),
    (lint.acts_at_import, "twin/bus/nats.py", "def f():\n    return open('a')\n"),
    (lint.acts_at_import, "twin/bus/nats.py", "X = lambda: open('a')\n"),
    (lint.acts_at_import, "twin/bus/nats.py", "if __name__ == '__main__':\n    open('a')\n"),
    (lint.is_too_long, "sim/world.py", "X = 1\n" * (lint.MODULE_LINES_MAX - 1)),
    (lint.is_too_long, "sim/world.py", "def f():\n" + "    x = 1\n" * (lint.FUNCTION_LINES_MAX - 1)),
    (lint.lacks_a_docstring, "sim/world.py", "def f():\n    '''A.'''\n    def g():\n        pass\n"),
    (lint.lacks_a_docstring, "sim/world.py", "def _f():\n    pass\n"),
    (lint.lacks_a_docstring, "sim/world.py", "@overload\ndef f():\n    ...\n"),
    (lint.lacks_a_docstring, "tests/test_world.py", "def test_f():\n    pass\n"),
]


@pytest.mark.parametrize(("rule", "path", "text"), GUILTY)
def test_a_planted_violation_is_found(rule: lint.Rule, path: str, text: str) -> None:
    assert len(found(rule, path, text)) >= 1


@pytest.mark.parametrize(("rule", "path", "text"), INNOCENT)
def test_an_innocent_look_alike_passes(rule: lint.Rule, path: str, text: str) -> None:
    assert found(rule, path, text) == []


def test_every_rule_has_a_planted_violation_and_an_innocent_look_alike() -> None:
    assert {rule for rule, _, _ in GUILTY} == {rule for rule, _, _ in INNOCENT} == set(lint.RULES)


def test_a_module_without_a_docstring_is_found() -> None:
    assert lint.broken(lint.Source.of("sim/world.py", "X = 1\n")) == ["sim/world.py:1: the module has no docstring"]


def test_a_finding_names_its_file_and_line() -> None:
    assert lint.broken(lint.Source.of("sim/world.py", DOC + "\nimport time\n")) == [
        "sim/world.py:3: time: only twin/clock.py reads clocks"
    ]


FOREIGN = [
    ("docs/a.md", "see /" + "home/ana/docktwin"),
    ("docs/a.md", "cd /" + "work/main"),
    ("Makefile", "pip install --" + "index-url x"),
    ("Makefile", "pip install --" + "extra-index-url x"),
    ("docs/a.md", "https://example.org/" + "simple/"),
    ("requirements.lock", "numpy @ https://example.org/numpy.whl"),
]


@pytest.mark.parametrize(("path", "text"), FOREIGN)
def test_a_line_that_only_makes_sense_on_one_machine_is_found(path: str, text: str) -> None:
    assert len(lint.foreign_lines(path, "a line\n" + text + "\n")) == 1


@pytest.mark.parametrize("text", ["docs/work/main.md", "https://cloudevents.io", "--no-emit-index-url", "/usr/bin/env"])
def test_a_line_that_makes_sense_anywhere_passes(text: str) -> None:
    assert lint.foreign_lines("docs/a.md", text) == []


def test_a_stranger_at_the_top_is_found() -> None:
    assert lint.strangers(["twin/clock.py", "notes.txt", "scratch/a.py"]) == {"notes.txt", "scratch"}
