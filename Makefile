# make study: the demonstration, from nothing. make test: the whole suite. make lint: style.
# make simulate: how often verdicts err, into docs/statistics.md. make docs: the pages that are generated.
# make bench: how fast, beside Keras' own fit and a plain PyTorch loop, into benchmarks/RESULTS.md.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: study test lint format messages simulate docs bench clean

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

# the error rates of docs/statistics.md, about 25 minutes
simulate: .venv/installed
	$(BIN)/python simulations/verdicts.py
	$(BIN)/python simulations/searches.py

# the cards of docs/remedies.md; the pages that are written from the studies in docs/evidence
docs: .venv/installed
	$(BIN)/python docs/remedies.py
	$(BIN)/python docs/precision.py
	$(BIN)/python docs/reproduction.py
	$(BIN)/python docs/lesson.py

# more than an hour of two idle cores; BENCH="--only b" runs a part of it, BENCH=--help tells the options
bench: .venv/installed .venv-bench/installed
	$(BIN)/python benchmarks/bench.py $(BENCH)

# after a sentence has changed: what then lacks its translation has an empty msgstr
messages: .venv/installed
	mkdir -p build
	$(BIN)/pybabel -q extract -F pyproject.toml --no-default-keywords -k say -k plural:2,3 --no-location -o build/messages.pot .
	$(BIN)/pybabel -q update -i build/messages.pot -l ko -o src/regimen/language/ko.po --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date

# torch comes first and pinned: an unpinned one may bring gigabytes of accelerator libraries
.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

# what the benchmark compares with; torch is pinned here for the same reason
.venv-bench/installed: benchmarks/constraints.txt
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check -c benchmarks/constraints.txt tensorflow-cpu keras jax torch numpy
	touch $@

clean:
	rm -rf .venv .venv-bench studies build dist src/*.egg-info .pytest_cache .ruff_cache .hypothesis
