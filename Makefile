# make study: the demonstration, from nothing. make test: the whole suite. make lint: style.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: study test lint format clean

study: .venv/installed
	$(BIN)/regimen study

test: .venv/installed
	$(BIN)/python -m pytest

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: .venv/installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# torch comes first and pinned: an unpinned one may bring gigabytes of accelerator libraries
.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

clean:
	rm -rf .venv studies build dist src/*.egg-info .pytest_cache .ruff_cache .hypothesis
