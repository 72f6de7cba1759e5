# The contributor's commands. Needs Python 3.11 or newer, make, git and a package registry; nothing else.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
PEERS  := build/peers/.ready
SPARK  := build/spark/site/.ready
ROOMS  := spiders storage sourcing
T      ?= tests
# the order is of tests/conftest.py: what takes longest begins
ABREAST := -n 2 --dist loadgroup --no-loadscope-reorder
# a night starts a process for every source: compiled once, not in each, whatever the environment says
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install run check lint types imports browser office sheets test test-all kill rights month bench bench-quick java spark-test format record lock wheel-check clean

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

office:
	@command -v soffice >/dev/null || { echo "Installing LibreOffice Calc for the tests of spreadsheets"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libreoffice-calc >/dev/null; } \
	  || { echo "These tests need LibreOffice on the PATH as 'soffice': install it, then run make again" >&2; exit 1; }

sheets: $(READY) office  ## Let LibreOffice open our files: none of 200 planted formulas is evaluated.
	$(BIN)/python -m pytest -q tests/sourcing/export/sheets.py

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

# What only a measurement needs stays out of the environment, for what rests on it is not to be run with.
$(PEERS): tests/bench/peers.txt $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --upgrade \
	  --target $(@D) -r tests/bench/peers.txt
	@touch $@

bench: $(READY) $(PEERS)  ## Measure every row of the evaluation beside its peer, an hour; into build/bench.
	@failed=0; for one in begin feeds git crawl intake search resolve rank web audit; do \
	  $(BIN)/python tests/bench/$$one.py build/bench || failed=1; done; \
	$(BIN)/python tests/bench/turns.py build/bench || failed=1; exit $$failed

bench-quick: $(READY) $(PEERS)  ## The same with small inputs and without ranking and the server: five minutes.
	$(BIN)/python tests/bench/begin.py build/bench-quick
	$(BIN)/python tests/bench/feeds.py build/bench-quick
	$(BIN)/python tests/bench/git.py build/bench-quick --commits 3000
	$(BIN)/python tests/bench/crawl.py build/bench-quick --rounds 1
	$(BIN)/python tests/bench/intake.py build/bench-quick --sizes 10000,40000
	$(BIN)/python tests/bench/search.py build/bench-quick --sizes 20000 --questions 200
	$(BIN)/python tests/bench/resolve.py build/bench-quick --sizes 20000
	$(BIN)/python tests/bench/turns.py build/bench-quick

java:  ## Install Java 17 from Debian's packages, unless there is one as new.
	@java -version 2>&1 | grep -qE '"(1[7-9]|2[0-9])' || { echo "Installing Java 17 for Spark"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends openjdk-17-jre-headless >/dev/null; } \
	  || { echo "Spark needs Java 17 or newer on the PATH: install it, then run make again" >&2; exit 1; }

# 430 MB that few need: beside the environment, and only what is pinned here
$(SPARK): tests/spark/requirements.txt $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --upgrade \
	  --target $(@D) -r tests/spark/requirements.txt
	@touch $@

spark-test: export PYTHONPATH = $(abspath $(dir $(SPARK)))
spark-test: $(READY) $(SPARK) java  ## Links, people and scores of an invented store on DuckDB and on a Spark cluster of this machine: the same; S=options.
	$(BIN)/python tests/spark build/spark $(S)

format: $(READY)  ## Format and sort imports.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

record: $(READY)  ## Write expected.jsonl of SOURCE's recorded pages, to be read by a person before it is committed.
	$(BIN)/python -m spiders.replay $(SOURCE) --write

lock: $(READY)  ## Pin every dependency with its hashes, without naming where it was found.
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	  --no-emit-index-url --no-emit-find-links --extra demo --extra mcp --group dev pyproject.toml -o requirements.txt
	echo 'pyspark>=4.0,<4.1' | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	  --no-header --no-emit-index-url --no-emit-find-links - -o tests/spark/requirements.txt
	echo hatchling | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	  --no-header --no-emit-index-url --no-emit-find-links -c requirements.txt pyproject.toml - -o config/deploy/requirements.txt

wheel-check: $(READY)  ## Build the wheel, install it in a clean environment and run it from elsewhere.
	rm -rf dist build/wheel-check
	$(BIN)/python -m build --no-isolation --wheel --outdir dist . >/dev/null
	$(PYTHON) -m venv build/wheel-check
	build/wheel-check/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	build/wheel-check/bin/python -m pip install --quiet --disable-pip-version-check --no-deps dist/*.whl
	cd / && $(abspath build/wheel-check)/bin/sourcer version

clean:  ## Remove everything that was built or stored here.
	rm -rf $(VENV) .sourcer dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
