# `make demo` shows Fimble at work; `make test` runs every check, `make test-editors` those in
# real editors (they need npm and what .ci/packages installs). All prepare .venv on first use.
VENV := .venv
PYTHON ?= python3
BIN := $(VENV)/bin

.PHONY: demo test lint unit test-editors test-neovim test-vscode test-others pictures lock clean

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

test-editors: test-neovim test-vscode test-others

test-neovim: needs-tmux needs-npm $(VENV)/.installed-editors editors/neovim/node_modules/.installed
	npm --prefix editors/neovim run --silent lint
	$(BIN)/fimble models pull
	$(BIN)/pytest tests/editors/neovim

# `needs-tmux` fails with a sentence if there is no tmux.
needs-%:
	@command -v $* > /dev/null || { echo "$* is needed: install it with the system's package manager" >&2; exit 1; }

test-vscode: needs-npm needs-chromium needs-rg $(VENV)/.installed
	$(BIN)/fimble models pull
	$(BIN)/pytest tests/editors/vscode

# What the documentation shows of VS Code, made anew by the tests that use it.
pictures: needs-npm needs-chromium needs-rg $(VENV)/.installed
	$(BIN)/pytest tests/editors/vscode --pictures docs/images

test-others: needs-tmux needs-emacs $(VENV)/.installed
	$(BIN)/fimble models pull
	$(BIN)/pytest tests/editors/emacs

# Hashes are checked for every package; llama-cpp-python is compiled for this machine's processor.
$(VENV)/.installed: pyproject.toml requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.installed-editors: $(VENV)/.installed requirements-editors.lock
	$(BIN)/pip install --disable-pip-version-check --require-hashes -r requirements-editors.lock
	touch $@

editors/neovim/node_modules/.installed: editors/neovim/package-lock.json
	npm --prefix editors/neovim ci
	touch $@

lock:
	uv pip compile pyproject.toml --group dev --generate-hashes --universal --python-version 3.11 \
	    --no-emit-index-url --no-emit-find-links --upgrade -o requirements.lock
	uv pip compile --group editors --constraint requirements.lock --generate-hashes --universal --python-version 3.11 \
	    --no-emit-index-url --no-emit-find-links --upgrade -o requirements-editors.lock

clean:
	rm -rf $(VENV)
