# Two commands do all: `make demo` and `make test`. Both make .venv if it is not there.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PYTHONHASHSEED = 0

.PHONY: demo test course clean

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; name one with make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	touch $@

demo: $(VENV)/installed
	$(BIN)/svi-course demo

test: $(VENV)/installed
	$(BIN)/python -m pytest

course: $(VENV)/installed
	$(BIN)/svi-course build

clean:
	rm -rf $(VENV) demo-class
