# What people type. Every target works from a fresh clone with nothing set up.

SHELL := /bin/bash
PRESET ?= release
JOBS ?= $(shell nproc)
DATA ?=
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help deps build demo demo-full demo-metabase test test-full test-dev lint format bench clean distclean

# bootstrap GROUP, then configure; quiet unless it fails.
define prepare
	@scripts/bootstrap build $(1)
	@mkdir -p build
	@cmake --preset $(2) >build/configure-$(2).log 2>&1 || \
	  { cat build/configure-$(2).log >&2; exit 1; }
endef

help: ## This list
	@echo "keelboat: MySQL to a Delta lake to DuckDB to dbt marts"
	@echo
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' \
	  $(firstword $(MAKEFILE_LIST))

deps: ## Get what the build needs: Debian packages, .venv, third-party parts
	@scripts/bootstrap build

build: ## Build the program: build/release/keelboat
	$(call prepare,,$(PRESET))
	@cmake --build --preset $(PRESET) -j $(JOBS) --target keelboat
	@echo "built: build/$(PRESET)/keelboat"

demo: ## Run the whole Olist example (DATA=folder of the real CSV files)
	@scripts/bootstrap build demo
	@$(MAKE) --no-print-directory build
	@examples/olist/demo $(if $(DATA),--data "$(DATA)") $(ARGS)

demo-full: ## The same to a bucket and Snowflake: MinIO and a stand-in, on this machine
	@scripts/bootstrap build demo test
	@$(MAKE) --no-print-directory build
	@examples/olist/demo --full $(if $(DATA),--data "$(DATA)") $(ARGS)

demo-metabase: ## 3 million orders from a private Metabase to a DataFrame
	$(call prepare,test,release)
	@cmake --build --preset release -j $(JOBS) --target keelboat_python
	@.venv/bin/python examples/metabase/demo.py $(ARGS)

test: ## Build and run every test: unit tests, then tests/ (logs in build/test)
	$(call prepare,test,$(PRESET))
	@cmake --build --preset $(PRESET) -j $(JOBS)
	@scripts/test $(PRESET)

test-full: test ## `make test`, then what needs larger parts: Spark reads our tables
	@scripts/bootstrap build test full
	@.venv/bin/python -m pytest tests/full

test-dev: ## Unit tests with the address and undefined-behaviour sanitizers
	$(call prepare,test,dev)
	@cmake --build --preset dev -j $(JOBS)
	@ctest --preset dev -j $(JOBS) --no-tests=error

lint: ## Check layers, sizes, formatting, ruff and clang-tidy
	$(call prepare,lint,release)
	@scripts/lint

format: ## Format the C++ and Python sources in place
	@scripts/bootstrap build lint
	@scripts/format

bench: ## Measure against the other tools
	@scripts/bootstrap build demo
	@$(MAKE) --no-print-directory build
	@bench/run $(ARGS)

clean: ## Remove what was built; keep the dependencies
	@rm -rf build/release build/dev build/tsan build/wheel build/test build/lint build/configure-*.log

distclean: ## Remove everything that is not in git's care: build/ and .venv
	@rm -rf build .venv
