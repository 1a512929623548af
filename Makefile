# Two commands do all: `make demo` and `make test`. Both make .venv if it is not there. `make quick` is for every day.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PYTHONHASHSEED = 0

.PHONY: demo test quick lint course clean

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; name one with make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	touch $@

demo: $(VENV)/installed
	$(BIN)/svi-course demo

test: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest

quick: $(VENV)/installed  # under two minutes: the engine, one right and one wrong answer of each exercise
	$(BIN)/python -m pytest -m quick

lint: $(VENV)/installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

course: $(VENV)/installed
	$(BIN)/svi-course build

clean:
	rm -rf $(VENV) demo-class
