# PYTHON may name another interpreter, 3.11 or newer; it is used once, to make .venv.
PYTHON ?= python3
PY := .venv/bin/python
SETUP := $(PYTHON) requirements/install.py
TESTS ?=

.PHONY: run test bench check lock

run:
	@$(SETUP) base postgresql valkey
	@exec $(PY) -m config.supervisor --with-parent

test:
	@$(SETUP) base postgresql valkey dev
	@exec $(PY) -m pytest -n 2 $(TESTS)

bench:
	@$(SETUP) base postgresql valkey dev
	@exec $(PY) -m benchmarks

check:
	@$(SETUP) base postgresql valkey dev
	@exec $(PY) -m config.checks

lock:
	@$(SETUP) base dev
	@$(PY) -m pip install --quiet uv
	@for name in base postgresql valkey dev; do \
	  $(PY) -m uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
	    -o requirements/$$name.txt requirements/$$name.in || exit 1; \
	done
