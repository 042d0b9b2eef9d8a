.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=

.PHONY: help demo test long lint lock clean bench chaos torture real phoenix tau frameworks mutants cluster-rehearsal kubernetes-rehearsal containers image secrets
help: ## say what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 28

.venv/bin/uv:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

.venv/run: requirements.txt | .venv/bin/uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.txt
	@touch $@

.venv/dev: requirements-dev.txt .venv/run
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.txt
	@touch $@

demo: .venv/run ## run the sample invoices on a real Temporal server (ARGS=--unattended, ARGS=--no-model)
	@$(BIN)/python starter.py demo $(ARGS)

test: .venv/dev ## run the tests
	$(BIN)/python -m pytest -n 2 $(ARGS)

long: .venv/dev ## run the tests that `make test` leaves out, and let those that draw their cases draw others
	$(BIN)/python -m pytest -n 2 -m "long or hypothesis" --hypothesis-profile exploring $(ARGS)

real: .venv/dev ## run the tests against real peers (browser, PostgreSQL)
	$(BIN)/python -m pytest tests/real -n 2 --dist loadfile $(ARGS)

chaos: .venv/dev ## kill workers and servers in the middle of cases
	$(BIN)/python -m pytest tests/chaos -n 2 --timeout 900 $(ARGS)

torture: .venv/dev ## 200 cases against kills, restarts, resets, hostile signals and torn files (15 minutes)
	SIGNALBOX_CHAOS_CASES=200 $(BIN)/python -m pytest tests/chaos/test_torture.py -n 2 -rP --timeout 900 $(ARGS)

phoenix: .venv/dev ## send spans to Arize Phoenix, in an environment of its own (625 MB)
	$(BIN)/python -m pytest tests/real/test_phoenix.py --timeout 1800 $(ARGS)

tau: .venv/dev ## all tasks of tau-bench retail, against shops of our own and the MCP server (a quarter of an hour)
	$(BIN)/python -m pytest tests/tau -rP --timeout 900 $(ARGS)

FRAMEWORKS := autogen crewai langgraph openai-agents pydantic-ai
.venv/%/pinned: integrations/frameworks/pinned/%.txt | .venv/dev
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv/$*
	$(BIN)/uv pip install --quiet --python .venv/$*/bin/python --require-hashes -r $<
	@cp $< $@

frameworks: .venv/dev $(FRAMEWORKS:%=.venv/%/pinned) ## let agent frameworks reason, each in an environment of its own (930 MB)
	$(BIN)/python -m pytest tests/frameworks $(ARGS)
	$(BIN)/basedpyright --project tests/frameworks/pyright.json

bench: .venv/dev ## measure a governed case against a bare workflow
	$(BIN)/python -m benchmarks.cases $(ARGS)

cluster-rehearsal: .venv/dev ## build a real cluster, kill parts of it, and write what came of it (ARGS="--report docs/cluster-rehearsal.md")
	$(BIN)/python -m deploy.rehearsal $(ARGS)

kubernetes-rehearsal: .venv/dev ## the same for deploy/kubernetes, on a real control plane with KEDA (ARGS="--report docs/kubernetes-rehearsal.md")
	$(BIN)/python -m deploy.rehearsal.kubernetes $(ARGS)

containers: .venv/dev ## start docker-compose.yml with a container engine, after `make image`, and hurt it
	$(BIN)/python -m pytest tests/containers --timeout 900 $(ARGS)

mutants: .venv/dev ## break the deciding code on purpose and see whether a test notices (half an hour)
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/mutmut run $(ARGS)

lint: .venv/dev ## style, types and import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports
	$(BIN)/python starter.py policy check
	$(BIN)/python starter.py policy test
	$(BIN)/python starter.py people check

lock: .venv/bin/uv ## compile the hash-pinned requirements again
	$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 --no-header pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 --no-header --group dev pyproject.toml -c requirements.txt -o requirements-dev.txt
	for name in $(FRAMEWORKS); do $(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 --no-header --group $$name -o integrations/frameworks/pinned/$$name.txt || exit 1; done

image: ## build the image of workers and commands with Docker; its build id is the version in .env and git's commit
	. ./.env && commit="$$(git describe --always --dirty=-changed --abbrev=10 --exclude='*')" && \
		docker build --tag "signalbox:$$IMAGE_VERSION" --tag "signalbox:$$IMAGE_VERSION-$$commit" \
		--build-arg PYTHON_VERSION="$$PYTHON_VERSION" --build-arg UV_VERSION="$$UV_VERSION" \
		--build-arg VERSION="$$IMAGE_VERSION" --build-arg COMMIT="$$commit" $(ARGS) .

secrets: ## write the passwords of docker-compose.yml that are missing, into .secrets
	sh deploy/secrets.sh .secrets

clean: ## remove everything that was made here
	rm -rf .venv .signalbox mutants .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
