PYTHON ?= python3.11
PORT ?= 8501
# On this machine alone, its user may write the store. A server that others reach is read-only, and
# answers by every name: which ones this machine has, nobody told it.
HOST ?= 127.0.0.1
BIN := .venv/bin
# Nothing is installed whose content is not the one that was locked.
PIP := --quiet --disable-pip-version-check --no-deps --require-hashes

.PHONY: setup setup-test setup-audit run test test-all attack lint lock audit bundle

setup: .venv/ready

.venv/ready: requirements.lock
	$(PYTHON) -m venv .venv || python3 -m venv .venv
	$(BIN)/python -m pip install $(PIP) -r requirements.lock
	touch $@

setup-test: .venv/ready-test

.venv/ready-test: .venv/ready requirements-test.lock
	$(BIN)/python -m pip install $(PIP) -r requirements-test.lock
	touch $@

run: setup
	SHIGEN_WRITE=$${SHIGEN_WRITE-$(if $(filter 127.0.0.1 localhost,$(HOST)),1,0)} \
	SHIGEN_HOSTS=$${SHIGEN_HOSTS-$(if $(filter 127.0.0.1 localhost,$(HOST)),,*)} \
		$(BIN)/python -m uvicorn app:app --host $(HOST) --port $(PORT) \
		--no-access-log --no-proxy-headers --ws-per-message-deflate false

# One zip for a machine without internet: the app, and the wheels of every pin for Windows and Linux.
bundle: setup
	$(BIN)/python -m deploy.bundling dist/shakai-shigen-map.zip

# Everything that needs no browser and no service, without what is slow or measures seconds.
test: setup-test
	$(BIN)/python -m pytest -n auto --dist worksteal -m "not browser and not service and not slow and not serial"

test-all: test
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "(browser or service or slow) and not serial"
	$(BIN)/python -m pytest -m serial

# What docs/threats.md promises, tried: on the loopback, and ended after ten minutes.
attack: setup-test
	$(BIN)/python -m tests.attack

lint: setup-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

setup-audit: .venv-audit/ready

# Apart from the app's own, whose pins it must not touch.
.venv-audit/ready:
	$(PYTHON) -m venv .venv-audit || python3 -m venv .venv-audit
	.venv-audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit==2.10.1
	touch $@

audit: setup-audit
	.venv-audit/bin/python .ci/audit.py requirements-server.lock

.venv-lock/ready:
	$(PYTHON) -m venv .venv-lock || python3 -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	touch $@

# After a change of the requirements: every pin, theirs too, with the hashes of its files for Linux, Windows and macOS.
lock: .venv-lock/ready
	for each in requirements requirements-server requirements-test; do \
		.venv-lock/bin/uv pip compile $$each.txt --quiet --universal --python-version 3.11 \
			--generate-hashes --no-annotate --no-header --output-file $$each.lock || exit 1; \
	done
