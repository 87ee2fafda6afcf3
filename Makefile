# The only commands to know: make run, make test. `make` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# --- set-up ------------------------------------------------------------------------------------
# Debian packages that the product and its tests call; `make` and git brought you here.
SYSTEM_PACKAGES := python3 python3-venv ca-certificates util-linux mount e2fsprogs dosfstools \
	mtools testdisk fio openssl libssl3 libudev1 libfuse3-3 perl procps fonts-noto-cjk \
	poppler-utils qpdf libnss3-tools smartmontools chromium golang-go golang-golang-x-mod-dev zbar-tools \
	softhsm2
# The lab's: a virtual machine with real drivers, and the programs that other tests ask in it.
SYSTEM_PACKAGES += qemu-system-x86 busybox-static kmod udev usbutils nvme-cli hdparm sg3-utils \
	debian-archive-keyring
# What speaks to phones; the tests hold it against simulated ones.
SYSTEM_PACKAGES += adb fastboot libimobiledevice-utils usbmuxd mtp-tools libusb-1.0-0

.PHONY: system setup
system:
	@missing=""; for p in $(SYSTEM_PACKAGES); do \
	  dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ]; then \
	  echo "Installing Debian packages:$$missing"; \
	  apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	else \
	  echo "MISSING Debian packages:$$missing"; \
	  echo "  install them as root: apt-get install$$missing"; \
	  echo "  linters and unit tests still work if python3-venv is there; nothing on loop drives does"; \
	fi

$(VENV)/.ready: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) -V)"; exit 2; }
	@echo "Creating $(VENV) with pinned, hashed dependencies"
	@rm -rf $(VENV); $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install -qq --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

setup: system ## install system packages, the virtual environment and its dependencies
	@$(MAKE) --silent --no-print-directory $(VENV)/.ready

# --- the product --------------------------------------------------------------------------------
.PHONY: run
PORT ?= 8046
run: setup ## set everything up, do one practice job through the station, leave its page open; PORT=8046
	@$(BIN)/python -m hw_tests.practice .run/station --port $(PORT)

# --- tests: one level each, with its time -------------------------------------------------------
# level NAME, COMMAND: run one level and say how long it took.
level = @start=$$(date +%s); status=0; { $(2); } || status=$$?; \
	echo "== level $(1): $$(( $$(date +%s) - start )) s, exit $$status"; exit $$status

.PHONY: test lint unit loop lab
test: setup ## set everything up, run linters and all tests that this machine can run
	@$(MAKE) --silent --no-print-directory lint unit loop lab

lint: setup ## ruff, mypy --strict, import contracts
	$(call level,lint,$(BIN)/ruff check --quiet . && $(BIN)/ruff format --quiet --check . && $(BIN)/mypy --no-error-summary && { said=$$($(BIN)/lint-imports --no-cache --no-logo) || { echo "$$said"; false; }; })

unit: setup ## unit tests: no root, no devices
	$(call level,unit,$(BIN)/pytest -q -n 2 -o faulthandler_timeout=240)

loop: setup ## tests on loop drives: root needed
	$(call level,loop,$(BIN)/python -m hw_tests)

lab: setup ## tests in a virtual machine with real kernel drivers: root needed
	$(call level,lab,$(BIN)/python -m hw_tests.lab)

.PHONY: soak
SOAK ?= 5000
soak: fuzz ## thousands of drawn fault scripts against whole jobs, and the fuzzer; SOAK=5000
	@$(BIN)/python -m hw_tests.storm --first $$RANDOM --count $(SOAK)

.PHONY: fuzz
FUZZ ?= 100000
fuzz: setup ## every parser of outside bytes against a fuzzer; FUZZ=100000 inputs each
	@$(BIN)/pip install -qq --disable-pip-version-check --require-hashes -r requirements/fuzz.txt
	@$(BIN)/python -m certs.tests.fuzz --runs $(FUZZ)
	@$(BIN)/python -m wipe_station.tests.fuzz --runs $(FUZZ)

.PHONY: mutations
mutations: setup ## break each guard on purpose: a test must notice; root needed
	@$(BIN)/python -m hw_tests.mutations
	@$(BIN)/python -m certs.tests.switch_off

.PHONY: bench
bench: peer-packages ## all benchmarks (root, a quarter of an hour): tables, and plots in docs/plots
	@$(BIN)/python -m benchmarks --plots=docs/plots
	@$(BIN)/python -m benchmarks.peers $(PEERS)

# Programs of others; one that cannot be installed is shown as missing in the table.
PEER_PACKAGES := fio nwipe scrub e2fsprogs coreutils
.PHONY: peer-packages
peer-packages: setup
	@missing=""; for p in $(PEER_PACKAGES); do \
	  dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ] && [ "$$(id -u)" = 0 ]; then \
	  echo "Installing Debian packages:$$missing"; apt-get update -qq || true; \
	  for p in $$missing; do \
	    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$p >/dev/null || echo "NOT INSTALLED: $$p"; done; \
	fi

PEERS ?=
.PHONY: peers
peers: peer-packages ## speed against nwipe, shred, scrub, badblocks and fio; PEERS="--nwipe PATH" adds a newer nwipe
	@$(BIN)/python -m benchmarks.peers $(PEERS)

WIPERS ?=
.PHONY: compare
compare: peer-packages ## the lab's faults against nwipe, shred, scrub, badblocks; WIPERS="--wiper NAME 'COMMAND {device}'"
	@$(BIN)/python -m hw_tests.lab.compare $(WIPERS)

# --- documents ----------------------------------------------------------------------------------
.PHONY: docs
docs: setup ## write the pages that follow from data, and THIRD-PARTY; a unit test compares them
	@$(BIN)/python -m wipe_station.tests.make_docs

# --- housekeeping -------------------------------------------------------------------------------
LOCK = $(BIN)/uv pip compile pyproject.toml --universal --generate-hashes --no-header --no-annotate --python-version 3.11 --quiet
.PHONY: lock clean
lock: setup ## resolve and pin the dependencies anew (uv is fetched for it)
	@$(BIN)/pip install --quiet uv
	$(LOCK) -o requirements/certs.txt
	$(LOCK) --extra pdf -o requirements/pdf.txt
	$(LOCK) --extra station -o requirements/station.txt
	$(LOCK) --extra dev -o requirements/dev.txt
	$(LOCK) --extra fuzz -o requirements/fuzz.txt

clean: ## remove what was built here
	rm -rf $(VENV) .run build *.egg-info .mypy_cache .ruff_cache .hypothesis .benchmarks
