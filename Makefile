PYTHON ?= python3.11
PORT ?= 8501
# On this machine alone, its user may write the store; a server that others reach is read-only.
HOST ?= 127.0.0.1
BIN := .venv/bin

.PHONY: setup setup-test setup-audit run test test-all lint audit

setup: .venv/ready

.venv/ready: requirements.txt
	$(PYTHON) -m venv .venv || python3 -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

setup-test: .venv/ready-test

.venv/ready-test: .venv/ready requirements-server.txt requirements-test.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-test.txt
	touch $@

run: setup
	SHIGEN_WRITE=$${SHIGEN_WRITE-$(if $(filter 127.0.0.1 localhost,$(HOST)),1,0)} \
		$(BIN)/python -m uvicorn app:app --host $(HOST) --port $(PORT) \
		--no-access-log --no-proxy-headers --ws-per-message-deflate false

# Everything that needs no browser and no service, without what is slow or measures seconds.
test: setup-test
	$(BIN)/python -m pytest -n auto --dist worksteal -m "not browser and not service and not slow and not serial"

test-all: test
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "(browser or service or slow) and not serial"
	$(BIN)/python -m pytest -m serial

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
	.venv-audit/bin/python .ci/audit.py requirements.txt requirements-server.txt
