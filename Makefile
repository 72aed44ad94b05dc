# `make` alone lists the targets.
SHELL := /bin/sh
PY := .venv/bin/python
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

run: .venv-run ## start the gateway on 127.0.0.1:4000 (HOST, PORT and ARGS="..." change that)
	@exec .venv/bin/plexus serve $(ARGS)

test: .venv-dev ## run the test suite (ARGS="-k name" narrows it)
	@$(PY) -m pytest -n auto --dist worksteal $(ARGS)

check: .venv-dev typing-tree ## format, lint, types, import rules
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

fix: .venv-dev ## reformat and mend what the linter can
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

bench: .venv-dev ## CPU, times and memory beside a bare aiohttp proxy and stock mitmdump
	@$(PY) -m tests.bench $(ARGS)
	@$(PY) -m tests.bench.plan

bench-check: .venv-dev ## has a call become dearer? (ARGS=--update takes today's figures as limits)
	@$(PY) -m tests.bench.check $(ARGS)

soak: .venv-dev ## 100,000 calls, 10,000 broken-off streams: memory, files, tasks back to the start
	@$(PY) -m tests.soak $(ARGS)

conformance: .venv-dev ## every recording through every format (PLEXUS_WIRE_DIR), with a table
	@$(PY) -m tests.conformance $(ARGS)

matrix: .venv-dev ## the official SDKs against every kind of provider, with a table
	@$(PY) -m tests.matrix $(ARGS)

chaos: .venv-dev ## 10,000 calls while providers fail, with a table (ARGS="--calls N --seed N")
	@$(PY) -m tests.chaos $(ARGS)

install: .venv-run ## make .venv with the plexus command in it: .venv/bin/plexus
	@echo "Ready: .venv/bin/plexus --help"

lock: .venv-dev ## renew the hash-pinned locks from pyproject.toml
	@.ci/lock

.venv-run:
	@.ci/bootstrap run

.venv-dev:
	@.ci/bootstrap dev

# Type checkers do not follow the package mapping of pyproject.toml; links show them the tree.
typing-tree:
	@mkdir -p .typing/plexus
	@for f in addons transforms store config certs; do ln -sfn ../../$$f .typing/plexus/$$f; done

.PHONY: help run test check fix bench bench-check soak conformance matrix chaos install lock .venv-run .venv-dev typing-tree
