# `make app` and `make test` do all the set-up themselves; `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check $(if $(CI),--quiet)
MANIFESTS := pyproject.toml requirements.txt
APP_READY := $(VENV)/.app-ready
TEST_READY := $(VENV)/.test-ready

# One thread in numba and sleeping OpenMP workers: on a shared machine, spinning ones are many times slower.
export HF_HUB_OFFLINE ?= 1
export GRADIO_ANALYTICS_ENABLED ?= False
export NUMBA_NUM_THREADS ?= 1
export OMP_WAIT_POLICY ?= passive

# Tests that compare numbers, and what a processor without AVX does in their place.
NUMERIC := tests/losses tests/methods tests/networks tests/training tests/inspection tests/benchmarking tests/checkpoints tests/test_parity.py
PLAIN_CPU := ATEN_CPU_CAPABILITY=default ONEDNN_MAX_CPU_ISA=SSE41

.PHONY: app browser check clean format help imports lint numerics setup space test types unit

help: ## List the targets
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

app: $(APP_READY) ## Set up, then start the app
	@echo "==> Starting the app"
	@$(BIN)/python app.py $(ARGS)

space: $(APP_READY) ## Start the app as Hugging Face Spaces would, and print what that costs
	@$(BIN)/python -m isra_model bench space $(ARGS)

test: setup lint types imports unit ## Set up, then run every check and every test

setup: $(TEST_READY) ## Install everything that development needs

lint: $(TEST_READY) ## Check format and style
	@echo "==> Checking format and style (ruff)"
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@bash .ci/page-style/check

types: $(TEST_READY) ## Check types
	@echo "==> Checking types (mypy --strict)"
	@$(BIN)/mypy

imports: $(TEST_READY) ## Check that no module imports upwards
	@echo "==> Checking the direction of imports (import-linter)"
	@$(BIN)/lint-imports

unit: $(TEST_READY) browser ## Run the tests, those in a browser where there is one
	@if CHROMIUM=$$(bash .ci/browser find); then \
	  echo "==> Running the tests, those in $$CHROMIUM included"; CHROMIUM="$$CHROMIUM" $(BIN)/python -m pytest $(ARGS); \
	else \
	  echo "==> Running the tests without the browser tests"; $(BIN)/python -m pytest -m "not browser" $(ARGS); \
	fi

numerics: $(TEST_READY) ## Run the numeric tests as a plain processor would, with one thread and with two
	@for threads in 1 2; do \
	  echo "==> Numeric tests without vector instructions, threads: $$threads"; \
	  $(PLAIN_CPU) OMP_NUM_THREADS=$$threads $(BIN)/python -m pytest $(NUMERIC) -m "not browser" $(ARGS) || exit 1; \
	done

browser: ## Install Debian's Chromium if there is none and it can be installed
	@bash .ci/browser install

format: $(TEST_READY) ## Format the code and mend what can be mended
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .
	@bash .ci/page-style/check format

clean: ## Remove the environment and every cache
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/pyvenv.cfg:
	@bash .ci/create-venv $(VENV)

$(APP_READY): $(MANIFESTS) | $(VENV)/pyvenv.cfg
	@echo "==> Installing what the app needs into $(VENV) (PyTorch is large: the first time takes minutes)"
	@$(PIP) --editable '.[app]'
	@touch $@

$(TEST_READY): $(MANIFESTS) | $(VENV)/pyvenv.cfg
	@echo "==> Installing what the app and the tests need into $(VENV) (PyTorch is large: the first time takes minutes)"
	@$(PIP) --editable '.[app,data,tensorboard,test]'
	@touch $(APP_READY) $@
