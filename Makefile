# make setup | demo | test | check | bench | soak | lock | clean
# Every tool runs as `.venv/bin/python -m`, by a relative path, so that a checkout may lie in a folder with spaces.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.SILENT:
.NOTPARALLEL:
.PHONY: setup demo test check bench soak lock clean

PYTHON ?= python3.11
VENV := .venv/bin/python
PIP := $(VENV) -m pip -qq --disable-pip-version-check
CODE := twin sim backend scenarios tests
# The environment is ready for this very lock, pyproject and folder (pip writes absolute paths), or it is not.
STAMP := .venv/ready-for
KEY := { pwd -P; cat requirements.lock pyproject.toml; } | sha256sum

setup:
	key=$$($(KEY))
	if [[ -x $(VENV) && "$$(cat $(STAMP) 2>/dev/null)" == "$$key" ]]; then
	  echo "environment ready (offline)"
	  exit
	fi
	if ! command -v $(PYTHON) >/dev/null; then
	  echo "error: $(PYTHON) is not on the PATH; on Debian or Ubuntu: apt-get install python3.11 python3.11-venv" >&2
	  exit 2
	fi
	if ! $(PYTHON) -c 'import ensurepip, venv; ensurepip.version()' 2>/dev/null; then
	  echo "error: $(PYTHON) cannot make virtual environments; on Debian or Ubuntu: apt-get install python3.11-venv" >&2
	  exit 2
	fi
	# No stamp means none yet, or an interrupted set-up: start from nothing.
	[[ -f $(STAMP) && -x $(VENV) ]] || $(PYTHON) -m venv --clear .venv
	rm -f $(STAMP)
	echo "setting up .venv: about a minute, this once"
	if ! $(PIP) install --require-hashes --only-binary :all: -r requirements.lock ||
	   ! $(PIP) install --no-build-isolation --no-deps --editable .; then
	  echo "error: the packages of requirements.lock could not be installed; pip says why in the lines above" >&2
	  echo "The network is needed this once. Run make setup again: it starts over." >&2
	  exit 3
	fi
	echo "$$key" > $(STAMP)
	echo "environment ready"

demo: setup
	$(VENV) -m scenarios.cli run morning_rush --driver lockstep --seed 1

test: setup
	$(VENV) -m pytest -q --durations=10

check: setup
	$(VENV) -m ruff check .
	$(VENV) -m ruff format --check .
	$(VENV) -m mypy
	$(VENV) -c 'from importlinter.cli import lint_imports_command as lint; lint()'
	$(VENV) -m pytest -q tests/house

bench: setup
	$(VENV) -m tests.perf
	$(VENV) -m tests.perf.physics agreement
	$(VENV) -m tests.perf.physics skips

soak: setup
	$(VENV) -m tests.soak
	$(VENV) -m tests.soak.faults
	$(VENV) -m tests.soak.outside_loads
	$(VENV) -m tests.planted.rare
	$(VENV) -m tests.mutation

# Keeps the versions that still fit; remove requirements.lock first to take the newest of everything.
lock: setup
	$(PIP) install uv
	$(VENV) -m uv pip compile pyproject.toml --extra dev --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-header --no-annotate --quiet --output-file requirements.lock

clean:
	rm -rf .venv build dist runs bench.json .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
