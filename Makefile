# The one entry for people and for CI. `make help` lists what there is.
.DEFAULT_GOAL := help
.PHONY: help setup demo test check fix bench

BIN := .venv/bin
# Packages that Debian's Python knows are not ours to import.
unexport PYTHONPATH VIRTUAL_ENV

help: ## say what there is
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

setup: ## make .venv/bin/lading, and install what is missing
	@python3 scripts/bootstrap.py

demo: setup ## train, build, start, predict with examples/digits (KEEP=1 leaves it running)
	@$(BIN)/python scripts/demo.py

# The tests of a file are one story, told by one worker; the longest files are asked for first.
test: ## run all tests (ARGS="tests/unit -k name" for some, ARGS=-n0 for one at a time)
	@python3 scripts/bootstrap.py --tests
	@$(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)

check: setup ## ruff, mypy, import contracts, generated pages; changes nothing
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m lading.settings.schema --check
	@$(BIN)/python scripts/command_reference.py --check

fix: setup ## format, mend what ruff can, write the generated pages anew
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .
	@$(BIN)/python -m lading.settings.schema
	@$(BIN)/python scripts/command_reference.py

bench: setup ## measure, beside the alternatives; writes bench/RESULTS.md
	@$(BIN)/python -m bench
