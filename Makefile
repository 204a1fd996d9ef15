# PYTHON may name another interpreter, 3.11 or newer; it is used once, to make .venv.
PYTHON ?= python3
PY := .venv/bin/python
SETUP := $(PYTHON) requirements/install.py
TESTS ?=
FUZZ = tests/compliance/test_inbound_signatures.py tests/compliance/test_feedback_fuzz.py

.PHONY: run test chaos broadcast bench check lock

run:
	@$(SETUP) base postgresql valkey
	@exec $(PY) -m config.supervisor --with-parent

test:
	@$(SETUP) base postgresql valkey dev
	@exec $(PY) -m pytest -n 2 --dist loadfile $(TESTS)

# The tests that kill, race, crowd and fuzz, for longer than every run of all tests would bear; with their figures.
chaos: export HEED_RACES = 5000
chaos: export HEED_CHURN_SECONDS = 60
chaos: export HEED_CRASH_KILLS = 100
chaos: export HEED_FUZZ = 20000
chaos:
	@$(SETUP) base postgresql valkey dev
	@exec $(PY) -m pytest -s $(or $(TESTS),tests/test_races.py tests/test_deadlocks.py tests/test_crash.py $(FUZZ))

# A broadcast to very many, with opt-outs and killed workers in the middle of it; with its figures.
broadcast: export HEED_BROADCAST ?= 100000
broadcast:
	@$(SETUP) base postgresql valkey dev
	@exec $(PY) -m pytest -s tests/test_broadcast.py

bench:
	@$(SETUP) base postgresql valkey dev
	@exec $(PY) -m benchmarks

# The ledger at ten million lines, which takes longer than everything else together.
bench-large: export HEED_BENCH_LINES = 10000000
bench-large:
	@$(SETUP) base postgresql valkey dev
	@exec $(PY) -m benchmarks ledger_at_scale

# No server is asked; the last check is made as if in production, with keys of its own.
check: export HEED_HOME = $(CURDIR)/.venv/check
check:
	@$(SETUP) base postgresql valkey dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	.venv/bin/djade --check --target-version 5.2 $$(find . -name .venv -prune -o -name '*.html' -print)
	.venv/bin/lint-imports
	$(PY) -m mypy
	$(PY) -W "ignore:Got an error checking:RuntimeWarning" manage.py makemigrations --check --dry-run
	HEED_BASE_URL=https://heed.example $(PY) manage.py check --deploy --fail-level WARNING

# Keeps what is pinned where it still fits; UPGRADE=--upgrade takes the newest of everything.
lock:
	@$(SETUP) base dev
	@$(PY) -m pip install --quiet uv
	@for name in base postgresql valkey dev; do \
	  $(PY) -m uv pip compile --quiet $(UPGRADE) --universal --python-version 3.11 --generate-hashes --no-header \
	    -o requirements/$$name.txt requirements/$$name.in || exit 1; \
	done
