# Two commands on a new machine: `make bench` and `make test`. Each sets up what it needs.

PYTHON  ?= python3
PROFILE ?= quick
ARGS    ?=
# Minutes for the whole look; without a number the profile's own sizes run, as long as they take.
BUDGET  ?= $(if $(filter quick,$(PROFILE)),5)
# A test file stays in one process, where its arms are traced once.
SPREAD  ?= -n auto --dist loadfile
VENV    := .venv
BIN     := $(VENV)/bin
# The GPU extra where a driver answers; TensorFlow's plain wheel elsewhere.
GPU     := $(shell nvidia-smi >/dev/null 2>&1 && echo gpu)
comma   := ,
PIP     := $(BIN)/python -m pip install --disable-pip-version-check --quiet --constraint constraints.txt

.PHONY: help bench report test lint test-long test-mutants perf perf-check check clean

help:
	@echo "make bench [BUDGET=5]                                       a look that fits into so many minutes"
	@echo "make bench PROFILE=smoke|standard|strong|full [ARGS=...]    train, measure, report"
	@echo "make report                                                 report of the newest study"
	@echo "make test / test-long / test-mutants                        lint, types and tests; the slow rest"
	@echo "make perf / perf-check                                      speed of the suite itself"

bench: $(VENV)/.run
	$(BIN)/bench run --profile $(PROFILE) $(if $(BUDGET),--budget $(BUDGET)) $(ARGS)

report: $(VENV)/.run
	$(BIN)/bench report $(ARGS)

test: lint
	$(BIN)/python -m pytest -m "not slow" $(SPREAD) --durations=10 $(ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test-long: $(VENV)/.dev
	$(BIN)/python -m pytest -m slow $(SPREAD) --durations=10 $(ARGS)

test-mutants: $(VENV)/.dev
	$(BIN)/python -m tests.mutants $(ARGS)

perf: $(VENV)/.dev
	$(BIN)/python -m pytest tests/perf --benchmark-only --benchmark-autosave --benchmark-group-by=func --benchmark-storage=file://results/perf $(ARGS)

perf-check: $(VENV)/.dev
	$(BIN)/python -m bench.cli.perf_check $(ARGS)

clean:
	rm -rf $(VENV) build *.egg-info

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info; ok = (3, 11) <= v < (3, 14); ok or sys.exit("bench: Python 3.11 to 3.13 is needed and $(PYTHON) is %d.%d; try: make PYTHON=python3.12 $(MAKECMDGOALS)" % v[:2])'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) --editable "$(if $(GPU),.[$(GPU)],.)"
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) --editable ".[$(if $(GPU),dev$(comma)$(GPU),dev)]"
	@touch $@ $(VENV)/.run

# A fresh study against the committed baseline: exit code 3 is a regression, 4 nothing comparable. The two are
# different occasions: a step time that changes for all arms counts only with three occasions in the history.
PROCESSES ?= 6
STUDY     := check-$(shell date -u +%Y%m%d-%H%M%S)

.PHONY: compare-env
check: $(VENV)/.run
	$(BIN)/bench baseline show >/dev/null
	$(BIN)/bench run --profile $(PROFILE) --name $(STUDY) --processes $(PROCESSES) \
		--first-seed 0 --exploratory $(ARGS)
	$(BIN)/bench compare baseline $(STUDY)

# make compare-env OLD=tensorflow==2.20.* NEW=tensorflow==2.21.* [PROFILE=quick] [ARGS=...]
compare-env: $(VENV)/.run
	$(BIN)/python -m bench.cli.compare_env --old "$(OLD)" --new "$(NEW)" --processes $(PROCESSES) \
		-- --profile $(PROFILE) $(ARGS)
