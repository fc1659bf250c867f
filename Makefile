# Needs python3 (3.11 or newer, with venv), git and make; everything else goes into .venv.
# .venv/.runtime and .venv/.test are copies of the pyproject.toml that was installed, .venv/.locked of
# the requirements.lock.  LOCKED=1: install what that pins, and nothing without its hash.
PYTHON ?= python3
quoted = '$(subst ','\'',$1)'
.DEFAULT_GOAL := help
.PHONY: help env lab test quick test-long test-clone test-guest test-qemu test-offline check bench bench-hub fuzz findings goldens solutions \
	screenshots site test-site stick release changelog conformance lock audit clean qemu-clone remake
runtime := .venv/$(if $(LOCKED),.locked,.runtime)

# An existing .venv that was moved, copied, interrupted or lost its Python is made again.
ifneq ($(wildcard .venv/.runtime),)
ifneq ($(shell sh tools/env.sh sound),yes)
.venv/.runtime .venv/.locked: remake
endif
endif

help:
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

env: $(runtime)  ## prepare .venv, nothing else
	@echo "Ready. Start the lessons with: make lab"

lab: $(runtime)  ## open the lessons in JupyterLab; LOCKED=1: from the pins of requirements.lock
	@.venv/bin/kit lab

test: .venv/.test  ## run every test, at most two cases of each; KIT_TESTS=all: each case, as CI does
	@sh tools/env.sh compile
	@KIT_TESTS=$${KIT_TESTS:-sample} .venv/bin/python -m pytest -n auto --maxprocesses 4 --dist worksteal

quick: .venv/.test  ## run the unit tests: no browser, kernel, QEMU, pip or signal
	@sh tools/env.sh compile
	@.venv/bin/python -m pytest -n auto --maxprocesses 4 --dist worksteal $(QUICK)
QUICK = $(addprefix tests/,actors common/test_plain_text.py common/test_toml_reader.py course git/values logs \
	machine recordings simulation storage trace views/diagram views/models views/reports test_layers.py test_names.py)

test-long: .venv/.test  ## run the same tests with many more inputs, and larger ones (nightly)
	@KIT_TESTS=long .venv/bin/python -m pytest -n auto --maxprocesses 4 --dist worksteal

test-clone: qemu-clone .venv/.test  ## run the tests that need a QEMU clone, named by KIT_QEMU
	@KIT_QEMU=$(call quoted,$(KIT_QEMU)) .venv/bin/python -m pytest -m clone

test-guest: .venv/.test  ## run the tests that boot a real kernel, which is got first (Debian)
	@test -s .guest/vmlinux || .venv/bin/python tools/real_guest.py .guest
	@KIT_GUEST=.guest .venv/bin/python -m pytest -m guest tests/real_qemu/test_real_guest.py

test-qemu: .venv/.test  ## compare any binary with the kit: make test-qemu QEMU=/path/to/qemu-system-ppc64
	$(if $(QEMU),,$(error QEMU must name a binary: make test-qemu QEMU=/path/to/qemu-system-ppc64))
	@KIT_TEST_QEMU=$(call quoted,$(QEMU)) .venv/bin/python -m pytest -m qemu tests/real_qemu/test_any_qemu.py

test-offline: .venv/.test  ## run the tests where there is no network (Linux)
	@unshare $$([ "$$(id -u)" = 0 ] || echo --map-root-user) --net .venv/bin/python tools/offline.py \
	.venv/bin/python -m pytest -n auto --maxprocesses 4 --dist worksteal

check: .venv/.test  ## check format, lint and types
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy

bench: .venv/.test  ## measure how fast the kit is, in Chromium too
	@.venv/bin/python benchmarks/run.py

bench-hub: .venv/.test  ## measure what a lesson takes on a JupyterHub; KIT_QEMU: and a shared clone
	@.venv/bin/python benchmarks/hub.py

fuzz: .venv/.test  ## feed every reader with odd inputs, FUZZ_SECONDS in all (an hour)
	@.venv/bin/python -m tests.fuzz

goldens: .venv/.test  ## draw the pictures anew that the tests compare; review the difference
	@.venv/bin/python -m tests.goldens

solutions: .venv/.test  ## write the teacher's key anew; review the difference
	@.venv/bin/python tools/solutions.py

findings: .venv/.test  ## write docs/findings anew; review the difference
	@.venv/bin/python -m tools.findings

screenshots: .venv/.test  ## take the pictures in the documentation again
	@.venv/bin/python tools/screenshots.py

site: .venv/.runtime  ## make the lessons a web site in dist/site (needs node and npm; the network once)
	@.venv/bin/python -m tools.website -o dist/site

test-site: .venv/.test site  ## run the lessons' browser tests on that site
	@KIT_LAB_URL=dist/site .venv/bin/python -m pytest tests/browser

stick: .venv/.runtime  ## put site, hand-outs and class into one folder: make stick DIR=/media/stick
	$(if $(DIR),,$(error DIR must name a folder: make stick DIR=/media/stick))
	@.venv/bin/python -m tools.website.stick $(call quoted,$(DIR))

release: .venv/.runtime  ## make sdist, wheel, site and hand-outs in dist/release, twice the same
	@.venv/bin/python -m tools.website.release dist/release

conformance: .venv/.test  ## ask the kit and other tools what is taken back: docs/revert-conformance.md (npm, PyPI)
	@.venv/bin/python -m tests.conformance

changelog: .venv/.runtime  ## write CHANGELOG.md anew, as kit changelog reads this repository
	@.venv/bin/python -m tools.website.release --changelog

lock: .venv/.test  ## pin what make lab installs, with hashes (PyPI); review the difference
	@.venv/bin/python -m tools.lock

audit: .venv/.test  ## ask an advisory database about each pin; OFFLINE_OK=1: no database, no failure
	@.venv/bin/python -m tools.audit $(if $(OFFLINE_OK),--offline-ok)

clean:  ## remove .venv and the caches, nothing else
	@rm -rf .venv .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find $(wildcard benchmarks kit tests tools) -name __pycache__ -prune -exec rm -rf {} +

# $(error) and not a failing command: make then prints one line and not two.
.venv/.runtime: pyproject.toml
	$(if $(problem),$(error $(problem)))
	@sh tools/env.sh install $(call quoted,$(PYTHON)) $@ '.[analysis]' 'the kit'
.venv/.locked: requirements.lock pyproject.toml
	$(if $(problem),$(error $(problem)))
	@sh tools/env.sh install-locked $(call quoted,$(PYTHON)) $@
problem = $(shell sh tools/env.sh missing $(call quoted,$(PYTHON)))

.venv/.test: .venv/.runtime
	@sh tools/env.sh install $(call quoted,$(PYTHON)) $@ '.[test]' 'what the tests need'

# The commit that brought the timeout tells a clone of QEMU from any other.
qemu-clone:
	$(if $(shell git -C $(call quoted,$(KIT_QEMU)) cat-file -e '51254ffb32^{commit}' 2>/dev/null || echo no),$(error \
	KIT_QEMU must name a clone of QEMU with its history: make test-clone KIT_QEMU=../qemu))
