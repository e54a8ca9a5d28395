# keelboat: what people type. Every target works from a fresh clone with nothing set up.

SHELL := /bin/bash
PRESET ?= release
JOBS ?= $(shell nproc)
DATA ?=

.DEFAULT_GOAL := help
.PHONY: help deps configure build test

help: ## This list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' \
	  $(MAKEFILE_LIST)

deps: ## Debian packages, .venv and third-party parts (nothing is done twice)
	@scripts/bootstrap build

configure: deps
	@mkdir -p build
	@cmake --preset $(PRESET) >build/configure-$(PRESET).log 2>&1 || \
	  { cat build/configure-$(PRESET).log >&2; exit 1; }

build: configure ## The binary: build/release/keelboat
	@cmake --build --preset $(PRESET) -j $(JOBS) --target keelboat
	@echo "built: build/$(PRESET)/keelboat"

test: configure ## Unit tests
	@cmake --build --preset $(PRESET) -j $(JOBS)
	@ctest --preset $(PRESET) -j $(JOBS)
