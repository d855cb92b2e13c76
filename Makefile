# SPDX-License-Identifier: Apache-2.0
# Two commands do everything: `make demo` shows the main job, `make test` proves it.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

export LC_ALL := C.UTF-8
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export RUFF_CACHE_DIR := .cache/ruff
export ANSIBLE_HOME := $(CURDIR)/.cache/ansible

# The first Python 3.11-3.13 that really starts (a version manager's shim may exist and still refuse).
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3; do \
	"$$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo "$$name" && break; done)
BIN := $(CURDIR)/.venv/bin
COLLECTION := collections/ansible_collections/zhengban/baseline

.PHONY: help setup demo check test coverage slow proofs faults bench saltbench fleettest fleetbench guardtest guardbench dnf5test sanity artefact molecule molecule-destroy pages lint-collection types lock clean need-python system system-or-less image windows

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: need-python ## make .venv with everything, install system packages, build the hosts' image
	@$(MAKE) -j2 .venv/stamp-test image

demo: need-python ## the main job on throw-away Debian hosts: audit, plan, enforce, ledger; stays in .demo/
	@$(MAKE) -j2 .venv/stamp-project system-or-less
	$(BIN)/python -m tests.lab.demo

check: need-python .venv/stamp-test ## format, lint, types, dependency direction, host code on old Pythons, YAML, Ansible
	@$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/yamllint --strict .
	$(MAKE) types lint-collection
	$(BIN)/pytest -q tests/architecture

test: need-python setup windows ## check, then all tests but the slow ones, real hosts included; under 15 minutes
	@$(MAKE) check
	$(BIN)/pytest -n 2 --dist loadfile -m "not slow" --ignore tests/architecture tests

coverage: need-python setup ## the tests that need no hosts, with coverage of the core; it doubles their time
	@$(BIN)/pytest -n 2 --dist loadfile -m "not slow" --cov --cov-report=term:skip-covered --ignore tests/hosts tests

slow: need-python setup windows ## the tests marked slow: Salt, runs that are killed, fleets, hosts that lose their Python; needs root
	@$(BIN)/pytest -n 2 --dist loadfile -m slow tests

proofs: need-python .venv/stamp-test ## take each rule of the domain out and see its test fail; policy files of 10 MB and 100,000 entries; about 5 minutes
	@$(BIN)/pytest -n 2 tests/proofs

faults: need-python setup ## kill the writers 200 times each, fill disks, swap files; needs root; about 30 minutes on 2 idle cores
	@$(BIN)/pytest -n 2 --dist loadgroup tests/faults

bench: need-python .venv/stamp-test ## judge 10,000 computers x 2,000 packages; a ledger of 1,000,000 records; each against a peer; about 6 minutes
	@$(BIN)/python -m tests.bench.judge
	$(BIN)/python -m tests.bench.ledger

factsbench: need-python setup ## a host's facts against package_facts, deb and rpm, time above ping and bytes; needs root; about 8 minutes
	@$(BIN)/python -m tests.bench.facts

saltbench: need-python setup ## a user's dpkg to the record through Salt, bursts of events, 2,000 made-up minions; needs root; about 6 minutes
	@$(BIN)/python -m tests.bench.salt

fleettest: need-python setup ## deploy, upgrade in rings, remove urgently and undo on 50 hosts, 20 forks; needs root; about 10 minutes
	@ZHENGBAN_FLEET=50 $(BIN)/pytest tests/hosts/test_workflows.py

fleetbench: need-python setup ## an audit of 50 hosts with nothing to do against package_facts alone; needs root; about 5 minutes
	@$(BIN)/python -m tests.bench.fleet

guardtest: need-python setup ## 500 legitimate transactions on a host with the guard and on one without; needs root; about 7 minutes
	@ZHENGBAN_TRANSACTIONS=500 $(BIN)/pytest tests/hosts/test_guard_legitimate.py

guardbench: need-python setup ## apt-get install of one package and of 200, with the guard and without; needs root; about 7 minutes
	@$(BIN)/python -m tests.bench.guard

dnf5test: need-python setup ## transactions and the guard on hosts with dnf 5, built of Debian's testing; needs root; about 5 minutes
	@$(BIN)/pytest tests/hosts/dnf5

sanity: need-python .venv/stamp-test ## ansible-test sanity and units on each ansible-core with a Python here; about 4 minutes, the next time less
	@$(BIN)/pytest tests/galaxy/test_sanity.py --durations=0

artefact: need-python setup ## build collection and wheel, compare their files, run the demo from them; the role schedule; about 3 minutes
	@$(BIN)/pytest tests/galaxy/test_artefact.py tests/galaxy/test_schedule.py

molecule: need-python setup ## the collection's Molecule scenarios on shared hosts; SCENARIO=deploy runs one and keeps them; under 2 minutes
	@cd $(COLLECTION)
	export PATH=$(BIN):$$PATH ANSIBLE_HOME=$(CURDIR)/.cache/molecule-home NO_COLOR=1 MOLECULE_COMMAND_BORDERS=false
	export ZHENGBAN_MOLECULE_REPOSITORY=$(CURDIR) ZHENGBAN_MOLECULE=$(CURDIR)/.cache/molecule
	export ZHENGBAN_MOLECULE_COLLECTIONS=$(CURDIR)/collections
	if [ -n "$(SCENARIO)" ]; then
		molecule create -s default && molecule test -s $(SCENARIO) --destroy never
	else
		# What an interrupted run has left, and Molecule's memory of it.
		$(MAKE) -C $(CURDIR) molecule-destroy
		molecule test --all --report
	fi

molecule-destroy: ## stop the hosts that `make molecule SCENARIO=…` has kept
	@$(BIN)/python -m tests.lab.molecule stop $(CURDIR)/.cache/molecule
	rm -rf $(CURDIR)/.cache/molecule-home/tmp

pages: need-python .venv/stamp-test ## print the forms of the example office with LibreOffice (installed as root, 300 MB) into docs/forms/
	@$(BIN)/python -m tests.lab.pages

lock: need-python ## resolve the dependencies again and write locks/*.txt
	@$(PYTHON) -m venv --clear .cache/locker
	.cache/locker/bin/pip install --quiet uv
	compile=".cache/locker/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11"
	compile+=" --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links pyproject.toml -"
	requires='import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")'
	$(PYTHON) -c "$$requires" | $$compile --all-extras --output-file locks/test.txt
	$(PYTHON) -c "$$requires" | $$compile --extra ansible --constraint locks/test.txt --output-file locks/demo.txt
	for core in 2.17:3.11 2.21:3.12; do
		echo "ansible-core~=$${core%:*}.0" | .cache/locker/bin/uv pip compile --quiet --upgrade --universal --python-version $${core#*:} \
			--generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links --output-file locks/core-$${core%:*}.txt -
	done
	echo Cython | $${compile/pyproject.toml /} --output-file locks/build.txt

clean: ## stop our hosts; remove .venv, .demo, caches and the hosts' images
	@test -z "$(PYTHON)" || { $(PYTHON) -m tests.lab.hosts clean && $(PYTHON) -m tests.lab.windows.hosts; }
	rm -rf .venv .demo .cache .hypothesis build plugins/zhengban.egg-info zhengban.egg-info

need-python:
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed: install it, or name it with 'make PYTHON=/path/to/python'." >&2; exit 2; }

system:
	@$(PYTHON) -m tests.lab.system

# The demo says what is missing and goes on with less: chroot hosts, or stored facts.
system-or-less:
	@if $(PYTHON) -m tests.lab.system; then $(PYTHON) -m tests.lab.image; fi

image: system
	@$(PYTHON) -m tests.lab.image

# Wine and what makes its products: 700 MB that only the tests want. Without them those tests are skipped.
windows:
	@if $(PYTHON) -m tests.lab.system windows; then $(PYTHON) -m tests.lab.windows.template; fi

# stamp-demo: the small lock; stamp-test: the whole one on top of it; stamp-project: this project, editable.
# Without build isolation: what has no wheel (salt, timelib) is built with the locked setuptools and Cython.
.venv/stamp-demo: locks/demo.txt
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || $(PYTHON) -m tests.lab.system
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install -qq --require-hashes --no-deps --only-binary :all: --requirement locks/demo.txt
	touch $@

.venv/stamp-project: .venv/stamp-demo pyproject.toml
	@$(BIN)/pip install -qq --no-deps --no-build-isolation --editable .
	touch $@

.venv/stamp-test: .venv/stamp-project locks/build.txt locks/test.txt
	@$(BIN)/pip install -qq --require-hashes --no-deps --only-binary :all: --requirement locks/build.txt
	$(BIN)/pip install -qq --require-hashes --no-deps --no-build-isolation --requirement locks/test.txt
	touch $@

# mypy follows neither package-dir nor the editable finder: it gets a tree that links core and host code.
types:
	@rm -rf .cache/tree
	mkdir -p .cache/tree/zhengban
	ln -s $(CURDIR)/plugins/zhengban/* .cache/tree/zhengban/
	ln -s $(CURDIR)/$(COLLECTION)/plugins/module_utils/host .cache/tree/zhengban/host
	cd .cache/tree
	$(BIN)/mypy --config-file $(CURDIR)/pyproject.toml --cache-dir $(CURDIR)/.cache/mypy

lint-collection:
	@cd $(COLLECTION)
	PATH=$(BIN):$$PATH ANSIBLE_COLLECTIONS_PATH=$(CURDIR)/collections ansible-lint -q --offline
	$(BIN)/antsibull-changelog lint
