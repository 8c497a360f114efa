# `make demo` shows Fimble at work; `make test` runs every check. Both prepare .venv on first use.
VENV := .venv
PYTHON ?= python3
BIN := $(VENV)/bin

.PHONY: demo test lint unit lock clean

demo: $(VENV)/.installed
	$(BIN)/fimble demo

test: lint unit

lint: $(VENV)/.installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: $(VENV)/.installed
	$(BIN)/fimble models pull
	$(BIN)/pytest

# Hashes are checked for every package; llama-cpp-python is compiled for this machine's processor.
$(VENV)/.installed: pyproject.toml requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

lock:
	uv pip compile pyproject.toml --group dev --generate-hashes --universal --python-version 3.11 \
	    --no-emit-index-url --no-emit-find-links --upgrade -o requirements.lock

clean:
	rm -rf $(VENV)
