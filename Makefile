# The two commands of the README: `make report` and `make test`. Both set up .venv by themselves.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
# What is installed is what the lock names, byte for byte; then the project itself, which brings nothing along.
LOCKED := $(PIP) --require-hashes --requirement
ITSELF := $(PIP) --no-deps --no-build-isolation --editable .
LOCK := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header \
	--no-emit-index-url --no-emit-find-links pyproject.toml
export MPLBACKEND := svg

.PHONY: report check test fuzz lab lint bench backtest mutations chaos lock clean
.DELETE_ON_ERROR:

report: .venv/report
	$(BIN)/hotline sample data/exports
	$(BIN)/hotline import data/exports/*.xlsx
	$(BIN)/hotline render 2021-W43
	@echo
	@echo "网页：$(CURDIR)/outputs/junan/2021-W43/bulletin.html"
	@echo "PDF： $(CURDIR)/outputs/junan/2021-W43/bulletin.pdf"

# What a change is tried with while it is made, in less than a minute; `make test` is all there is.
check: lint
	$(BIN)/python -m pytest -q -n auto -m "not slow and not deep" --hypothesis-profile=quick

test: lint
	$(BIN)/python -m pytest -n auto

# What `make test` tries smaller, or with the same examples every time: in full size, and with many others. Takes hours.
fuzz: .venv/test
	$(BIN)/python -m pytest -n auto -m "hypothesis or deep" --hypothesis-profile=deep

lint: .venv/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

lab: .venv/report
	$(BIN)/hotline lab

bench: .venv/test
	$(BIN)/python -m benchmarks

backtest: .venv/test
	$(BIN)/python -m benchmarks.backtest

# Mistakes that nobody is told of; kills, full disks and everything at once. MINUTES=60 make chaos
mutations: .venv/test
	$(BIN)/python -m benchmarks.mutations

chaos: .venv/test
	$(BIN)/python -m benchmarks.chaos --minutes $(or $(MINUTES),5)

# The pinned versions with their hashes, for every Python from 3.11 on and every system; names no host.
lock: .venv/test
	$(PIP) uv
	$(LOCK) --upgrade --extra build --output-file requirements.lock
	$(LOCK) --extra build --extra cluster --extra test --constraint requirements.lock --output-file requirements-test.lock

# What is published is moved away first, in one step each: a render beside this publishes anew.
clean:
	rm -rf .venv
	thrown=$$(mktemp -d outputs/.thrown.XXXXXX); \
	find outputs -mindepth 2 -maxdepth 2 -path 'outputs/[!.]*' \( -name .failed -o -not -name '.*' \) | while read -r each; do \
		mkdir -p "$$thrown/$${each%/*}" && mv "$$each" "$$thrown/$${each%/*}"; done; \
	rm -rf "$$thrown"

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "需要 Python 3.11 或更新的版本（现为 `$(PYTHON) --version 2>&1`）；可用 make PYTHON=/路径/python3.12 $(MAKECMDGOALS) 指定。"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/report: .venv/bin/python pyproject.toml requirements.lock
	$(LOCKED) requirements.lock
	$(ITSELF)
	@touch $@

.venv/test: .venv/bin/python pyproject.toml requirements-test.lock
	$(LOCKED) requirements-test.lock
	$(ITSELF)
	@touch $@ .venv/report
