# `make` alone lists the targets. Each sets up the virtual environment that it needs, once.

PYTHON ?= python3
JOBS   ?= 2
# Further arguments, for instance: make pytest ARGS='-k reverse -x', make bench ARGS=--quick
ARGS   ?=

VENV := .venv
BIN  := $(VENV)/bin
PIP  := $(BIN)/python -m pip install --quiet --disable-pip-version-check
CODE := conftest.py graphcomp tests examples benchmarks docs

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test lint format types layers pytest bench publish docs clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/.installed ## Draw, derive, generate, check; the results go to demo_output/
	@$(BIN)/python -m examples.demo

test: lint types layers pytest ## Everything that must hold; CI runs exactly this

lint: $(VENV)/.installed-dev ## Style and likely bugs
	@echo "ruff"
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check . \
	    || { echo "some files are not formatted: run 'make format'" >&2; exit 1; }

types: $(VENV)/.installed-dev ## Type check, strict over the package
	@echo "mypy"
	@$(BIN)/mypy --no-error-summary $(CODE)

layers: $(VENV)/.installed-dev ## Each layer imports only from those below it
	@echo "import layers"
	@$(BIN)/lint-imports --no-logo >$(VENV)/layers.log 2>&1 || { cat $(VENV)/layers.log >&2; exit 1; }

pytest: $(VENV)/.installed-dev ## Tests, doctests, documentation, wheel in clean environments
	@echo "pytest"
	@$(BIN)/python -m pytest -q -n $(JOBS) --dist loadgroup $(ARGS)

format: $(VENV)/.installed-dev ## Format, and repair what can be repaired without a decision
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format .

bench: $(VENV)/.installed-bench ## Benchmarks on one core, against others; the results go to bench_output/
	@$(BIN)/python -m benchmarks $(ARGS)

publish: $(VENV)/.installed-bench ## Put the results of the last whole run of bench into the README and the docs
	@$(BIN)/python -m benchmarks.publish $(or $(ARGS),bench_output)

docs: $(VENV)/.installed-docs ## Documentation as HTML, in docs/_build/
	@$(BIN)/python -m docs.check_formats
	@$(BIN)/python -m sphinx -q -W -b html docs docs/_build
	@echo "docs/_build/index.html"

clean: ## Remove what the tools and the targets made, the virtual environment too
	@rm -rf $(VENV) build dist bench_output demo_output mlp_output docs/_build *.egg-info
	@rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ------------------------------------------------------------------------ virtual environment
$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || \
	    { echo "graphcomp needs Python 3.11 or newer, but there is no '$(PYTHON)' here" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "graphcomp needs Python 3.11 or newer, but '$(PYTHON)' is $$($(PYTHON) -V 2>&1); try: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	    { echo "'$(PYTHON)' cannot make virtual environments; on Debian and Ubuntu run: apt install python3-venv" >&2; exit 1; }
	@echo "setting up $(VENV)"
	@$(PYTHON) -m venv --clear $(VENV)

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	@echo "installing graphcomp into $(VENV)"
	@$(PIP) --editable .
	@touch $@

$(VENV)/.installed-%: pyproject.toml | $(BIN)/python
	@echo "installing graphcomp and its tools ($*) into $(VENV)"
	@$(PIP) --editable '.[$*]'
	@touch $@ $(VENV)/.installed
