# Homespun. `make run` and `make test` set up all they need; `make help` lists the rest.

# The first Python that runs and is new enough, unless PYTHON names one.
PYTHON ?= $(shell for p in python3.11 python3.12 python3; do $$p -c '$(SUPPORTED)' 2>/dev/null && { echo $$p; break; }; done)
SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))
BIN := .venv/bin
READY := .venv/.ready
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-warn-script-location

# TORCH_INDEX=URL takes PyTorch from that wheel index: PyTorch publishes one for CPU-only builds and one for
# each CUDA version. Unset, pip's own index decides. The environment remembers its choice.
CHOSEN := $(shell cat .venv/.ready 2>/dev/null)
TORCH_INDEX ?= $(CHOSEN)
ARGS ?=

.PHONY: help run test check stress setup bench clean

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

run: $(READY)  ## start the suite on http://127.0.0.1:7860
	@$(BIN)/homespun ui $(ARGS)

test: $(READY)  ## all tests; those that need a browser skip where there is none
	$(BIN)/python -m pytest $(ARGS)

check: $(READY)  ## lint, format, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

stress: $(READY)  ## the long forms of the tests
	$(BIN)/python -m pytest -m stress --timeout 7200 --hypothesis-profile default $(ARGS)

bench: $(READY)  ## speed beside installed peers, as ratios
	@for name in tokenizer decode embed train rag; do $(BIN)/homespun bench $$name $(ARGS) || exit 1; done

setup: $(READY)  ## the environment in .venv (TORCH_INDEX=URL chooses PyTorch's build)

ifneq ($(TORCH_INDEX),$(CHOSEN))
.PHONY: $(READY)
SWITCH := --force-reinstall
endif
$(READY): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or 3.12 is needed: install it, or say make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@"$(PYTHON)" -c '$(SUPPORTED)' || { echo "$(PYTHON) is not Python 3.11 or 3.12: say make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@test -x $(BIN)/pip || { "$(PYTHON)" -m venv .venv || { rm -rf .venv; exit 1; }; }
	@echo "Installing into .venv: about 1 GB of packages on the first run."
	$(PIP) "$$(grep '^pip==' constraints.txt)"
	$(if $(TORCH_INDEX)$(SWITCH),$(PIP) $(SWITCH) $(if $(TORCH_INDEX),--index-url "$(TORCH_INDEX)") "$$(grep '^torch==' constraints.txt)")
	$(PIP) --constraint constraints.txt --build-constraint constraints.txt --editable ".[dev,hf]"
	@echo "$(TORCH_INDEX)" > $(READY)

clean:  ## the environment and all caches; models and threads stay
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .benchmarks build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
