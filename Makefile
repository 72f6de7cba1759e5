# The contributor's commands. Needs Python 3.11 or newer, make, git and a package registry; nothing else.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
ROOMS  := spiders storage sourcing
T      ?= tests
# the order is of tests/conftest.py: what takes longest begins
ABREAST := -n 2 --dist loadgroup --no-loadscope-reorder
# a night starts a process for every source: compiled once, not in each, whatever the environment says
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install run check lint types imports browser test test-all kill rights month bench format record lock wheel-check clean

help:  ## List the targets.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Sourcer needs Python 3.11 or newer; set PYTHON=/path/to/python3.11")'
	@command -v git >/dev/null || { echo "Sourcer reads git histories: install git, then run make again" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

install: $(READY)  ## Create the environment from the hash-pinned requirements.

run: $(READY)  ## Run a whole night on the invented world and print a shortlist.
	$(BIN)/python tests/world night .sourcer

browser:  ## Install Chromium from Debian's packages, unless there is one.
	@command -v chromium >/dev/null || { echo "Installing Chromium for the browser tests"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; } \
	  || { echo "The browser tests need Chromium on the PATH as 'chromium': install it, then run make again" >&2; exit 1; }

test: $(READY) browser  ## Run the whole suite: both databases, the pages in Chromium, kill loops; T=path for a part.
	$(BIN)/python -m pytest -q $(ABREAST) $(T)

check: $(READY)  ## Format, lint, types, imports and the quick tests on SQLite: under two minutes.
	@$(MAKE) --no-print-directory -j 2 types lint imports
	$(BIN)/python -m pytest -q $(ABREAST) -m "not slow and not postgres and not kill and not browser" $(T)

lint:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types:
	$(BIN)/mypy

imports:
	$(BIN)/lint-imports

test-all: test wheel-check  ## Everything, and the wheel in a clean environment.

kill: export SOURCER_KILLS = 200
kill: $(READY)  ## Kill a crawl at 200 random moments on each database and compare the stores.
	$(BIN)/python -m pytest -q -s -m kill tests

rights: export SOURCER_PEOPLE = 2000
rights: $(READY)  ## Erase 1,000 of 2,000 people, crawl three times, rename, import, bring a backup back: nobody returns.
	$(BIN)/python -m pytest -q tests/sourcing/privacy/test_staying_away.py

month: $(READY)  ## Thirty nights of a living, faulty world of 2,000 people against a model of it: an hour.
	rm -rf build/month
	$(BIN)/python tests/world month build/month --size 2000 --nights 30 --faults 0.05

bench: $(READY)  ## Measure resolving beside Splink, searching beside plain SQLite and tantivy, ranking, and the server; into build/bench.
	$(BIN)/python tests/bench/resolve.py build/bench
	$(BIN)/python tests/bench/search.py build/bench
	$(BIN)/python tests/bench/rank.py build/bench
	$(BIN)/python tests/bench/web.py build/bench

format: $(READY)  ## Format and sort imports.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

record: $(READY)  ## Write expected.jsonl of SOURCE's recorded pages, to be read by a person before it is committed.
	$(BIN)/python -m spiders.replay $(SOURCE) --write

lock: $(READY)  ## Pin every dependency with its hashes, without naming where it was found.
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	  --no-emit-index-url --no-emit-find-links --all-extras --group dev pyproject.toml -o requirements.txt

wheel-check: $(READY)  ## Build the wheel, install it in a clean environment and run it from elsewhere.
	rm -rf dist build/wheel-check
	$(BIN)/python -m build --no-isolation --wheel --outdir dist . >/dev/null
	$(PYTHON) -m venv build/wheel-check
	build/wheel-check/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	build/wheel-check/bin/python -m pip install --quiet --disable-pip-version-check --no-deps dist/*.whl
	cd / && $(abspath build/wheel-check)/bin/sourcer version

clean:  ## Remove everything that was built or stored here.
	rm -rf $(VENV) .sourcer dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
