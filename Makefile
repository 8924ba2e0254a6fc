# Everything runs from .venv, which each target makes by itself. All it takes is Python 3.11 or newer:
# if `python3` is an older one, name another: make demo PYTHON=python3.12

PYTHON ?= python3
PYTEST_ARGS ?=
LOCK_ARGS ?=

VENV := .venv
READY := $(VENV)/.ready
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo test crash lint bench lock clean

help:  ## Say what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST))

demo: $(READY)  ## Try the bot in a browser, with a local Slack and a local Telegram
	@$(VENV)/bin/engage demo

test: $(READY)  ## Run the tests (PYTEST_ARGS="-k join" for some of them)
	@$(VENV)/bin/python -m pytest -n 2 --dist loadfile $(PYTEST_ARGS)

crash: $(READY)  ## Kill the bot 50 times while 16 people join, on each database
	@ENGAGE_KILLS=50 $(VENV)/bin/python -m pytest -s tests/crash $(PYTEST_ARGS)

lint: $(READY)  ## Check style, types, imports and conversations
	@$(VENV)/bin/ruff check
	@$(VENV)/bin/ruff format --check
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports --no-logo
	@$(VENV)/bin/engage flow lint

bench: $(READY)  ## Measure how many steps a second one process plays
	@$(VENV)/bin/python -m benchmarks
	@$(VENV)/bin/python -m benchmarks.delphi

lock: $(READY)  ## Fit requirements.lock to pyproject.toml (LOCK_ARGS=--upgrade for the newest versions)
	@$(VENV)/bin/pip-compile --quiet --extra dev --build-deps-for editable --allow-unsafe --generate-hashes \
		--strip-extras --no-header --no-annotate --no-emit-options --no-emit-index-url --no-emit-trusted-host \
		--no-emit-find-links --output-file requirements.lock $(LOCK_ARGS) pyproject.toml

clean:  ## Remove what the other targets made, but no database
	@rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .benchmarks
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Hashes are checked for everything installed; the project itself is then added without looking anything up.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Python 3.11 or newer is needed; '$(PYTHON)' is older or missing. Name one: make PYTHON=python3.12" >&2; \
		exit 1; }
	@$(VENV)/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Preparing $(VENV) (about a minute, once)"; $(PYTHON) -m venv --clear $(VENV); }
	@$(PIP) install -qq --require-hashes -r requirements.lock
	@$(PIP) install -qq --no-deps --no-build-isolation -e .
	@touch $@
