# POSIX sh and GNU make 3.81 (macOS) are enough. Start with `make help`.

PYTHON ?= python3
# Tests run on every engine unless one is named. With a blank for "=" pytest would take the name for
# a path: it reads its options before the file that declares this one.
TESTED := $(if $(filter undefined,$(origin ENGINE)),,--engine=$(ENGINE))
ENGINE ?= duckdb
ENGINES := duckdb postgres spark
# Test files run beside each other; 0 runs them one by one, for a debugger.
TEST_PROCESSES ?= 2
PYTEST_ARGS ?=
BENCHMARK_ARGS ?=
ORACLE_ARGS ?=
MUTANT_ARGS ?=
DEMO_ROWS ?= 50000

VENV := .venv
RAW_DIR := data/raw
DATABASE := $(or $(LLM_FINOPS_DUCKDB_PATH),data/llm_finops.duckdb)

# The stamp's name holds a checksum of the lock and of the environment's place: switching branches
# reinstalls only when the lock differs, and a moved checkout gets scripts that find their Python.
checksum = $(shell { echo "$(abspath $(VENV))"; cat requirements/$(1).txt; } | cksum | cut -d ' ' -f 1)
BASE_TOOLS := $(VENV)/.base-$(call checksum,base)
TEST_TOOLS := $(VENV)/.test-$(call checksum,test)
SPARK_TOOLS := $(VENV)/.spark-$(call checksum,spark)
BENCHMARK_TOOLS := $(VENV)/.benchmark-$(call checksum,benchmark)
LITELLM_VENV := .venv-litellm
LITELLM_TOOLS := $(LITELLM_VENV)/.litellm-$(call checksum,litellm)
DBT2_VENV := .venv-dbt2
DBT2_TOOLS := $(DBT2_VENV)/.dbt2-$(call checksum,dbt2)
install_lock = "$(VENV)/bin/python" -m pip install --quiet --disable-pip-version-check \
	--no-deps --require-hashes -r requirements/$(1).txt

# Lint never opens the warehouse: dbt allows one process per DuckDB file.
scratch = LLM_FINOPS_DUCKDB_PATH=target/lint/scratch.duckdb LLM_FINOPS_TEMP_DIR=target/lint/tmp \
	DBT_TARGET=$(ENGINE) DBT_TARGET_PATH=target/lint DBT_LOG_PATH=target/lint/logs
dbt = DBT_TARGET=$(ENGINE) "$(VENV)/bin/dbt"

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help build test soak lint lint-python lint-types lint-sql lint-yaml docs demo doctor prices \
	price-oracle benchmark mutants dbt2 counts install clean _engine _raw

help: ## List the targets
	@echo "make build && make test; every target:"
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' Makefile
	@echo "Variables: PYTHON=$(PYTHON) ENGINE=$(ENGINE) DEMO_ROWS=$(DEMO_ROWS) TEST_PROCESSES=$(TEST_PROCESSES) PYTEST_ARGS="

build: _engine $(if $(filter spark,$(ENGINE)),$(SPARK_TOOLS),$(BASE_TOOLS)) profiles.yml demo _raw ## From a fresh clone to cost per token: install, demo data, dbt build, a table
	@[ "$(ENGINE)" != duckdb ] || "$(VENV)/bin/python" scripts/warehouse_is_free.py "$(DATABASE)"
	@echo "==> dbt build (its unit tests judge the code, not the data: make test runs them)"
	@$(dbt) build --exclude-resource-type unit_test
	@"$(VENV)/bin/python" scripts/show_costs.py \
		$(if $(filter duckdb,$(ENGINE)),--database "$(DATABASE)",--target $(ENGINE))
	@echo
	@echo "Where to look next"
	@echo "  models/overview.md     which mart answers which question, with queries to copy"
	@echo "  make docs              every model and column described, in one page"
	@echo "  To query, and to build without make:"
	@echo "    . $(VENV)/bin/activate"
	@echo "    dbt show --limit 20 --inline \"select usage_month, round(sum(list_cost), 2) as list_cost_usd, sum(unpriced_requests) as unpriced from {{ ref('cost_per_token') }} group by usage_month order by usage_month desc\""
	@echo "  make doctor            is all well with profile, sources, freshness and prices?"
	@echo "  Your own usage instead of the demo: docs/loading.md, docs/your_own_table.md"

test: _engine $(TEST_TOOLS) $(if $(filter --engine=duckdb --engine=postgres,$(TESTED)),,$(SPARK_TOOLS)) profiles.yml ## Run every test: lint, dbt's data and unit tests, a fresh clone, arithmetic
	@echo "==> pytest"
	@"$(VENV)/bin/python" -m pytest -n $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder \
		$(TESTED) $(PYTEST_ARGS)

soak: $(TEST_TOOLS) $(SPARK_TOOLS) profiles.yml ## Run what takes too long for `make test`: the demo on three engines, kills at every point
	@echo "==> pytest -m soak"
	@"$(VENV)/bin/python" -m pytest -m soak --engine=duckdb --engine=postgres --engine=spark $(PYTEST_ARGS)

mutants: $(TEST_TOOLS) profiles.yml ## Put known faults into the SQL, one at a time, and see that tests find each (MUTANT_ARGS="--only NAME")
	@echo "==> 20 faults, each in a copy of the project (half an hour; the tests must pass without them)"
	@"$(VENV)/bin/python" scripts/mutate.py $(MUTANT_ARGS)

lint: lint-python lint-types lint-sql lint-yaml ## Check Python, types, SQL and YAML
	@echo "==> lint is clean"

lint-python: $(TEST_TOOLS) ## Check Python with ruff, rules and format
	@echo "==> ruff"
	@"$(VENV)/bin/ruff" check scripts tests
	@"$(VENV)/bin/ruff" format --check scripts tests

lint-types: $(TEST_TOOLS) ## Check the types of scripts/ with mypy
	@echo "==> mypy"
	@"$(VENV)/bin/mypy" scripts

lint-sql: $(TEST_TOOLS) profiles.yml ## Check SQL with sqlfluff, as dbt compiles it
	@echo "==> sqlfluff"
	@mkdir -p target/lint
	@code=0; $(scratch) "$(VENV)/bin/sqlfluff" lint models tests >target/lint/sqlfluff.txt 2>&1 || code=$$?; \
		cat target/lint/sqlfluff.txt; \
		! grep -q 'WARNING ' target/lint/sqlfluff.txt || { \
			echo "sqlfluff skipped a file: its WARNING above names file and reason" >&2; exit 1; }; \
		exit $$code

lint-yaml: $(TEST_TOOLS) profiles.yml ## Parse the project with every deprecation and unknown key an error
	@echo "==> strict parse"
	@"$(VENV)/bin/python" scripts/strict_parse.py

docs: _engine $(BASE_TOOLS) profiles.yml $(DATABASE) ## Write the documentation of all models as one page
	@echo "==> dbt docs generate"
	@$(dbt) docs generate --static
	@echo "Open target/static_index.html in a browser; it needs no server."

demo: $(BASE_TOOLS) ## Write the demo's raw data and answer key, unless raw data is there
	@if ls $(RAW_DIR)/load_manifest/*.parquet >/dev/null 2>&1; then \
		echo "==> raw data found in $(RAW_DIR): no demo written"; \
	else \
		echo "==> writing a demo of $(DEMO_ROWS) usage rows to $(RAW_DIR)"; \
		"$(VENV)/bin/python" scripts/generate_demo_data.py --rows $(DEMO_ROWS); \
	fi

doctor: $(BASE_TOOLS) ## Check profile, sources, freshness, columns and prices, and say what to do next
	@DBT_TARGET=$(ENGINE) "$(VENV)/bin/python" scripts/doctor.py

prices: $(TEST_TOOLS) ## Refresh the price seeds from genai-prices, report what changes (PRICES_ARGS="--report report.md")
	@echo "==> refreshing seeds/pricing"
	@DBT_TARGET=$(ENGINE) "$(VENV)/bin/python" scripts/refresh_prices.py $(PRICES_ARGS)

price-oracle: $(TEST_TOOLS) $(LITELLM_TOOLS) ## Write what litellm charges, for the tests to compare; ORACLE_ARGS='--released DAY' after a new version
	@echo "==> asking litellm what the models of seeds/pricing cost"
	@"$(VENV)/bin/python" scripts/price_oracle.py $(ORACLE_ARGS)

benchmark: $(TEST_TOOLS) $(BENCHMARK_TOOLS) $(LITELLM_TOOLS) ## Measure every promise about speed at full size, write docs/benchmarks.md
	@echo "==> benchmark (hours at full size; BENCHMARK_ARGS='--only pricing --rows 1000000' is quicker)"
	@"$(VENV)/bin/python" scripts/benchmark.py $(BENCHMARK_ARGS)

dbt2: $(BASE_TOOLS) $(DBT2_TOOLS) profiles.yml demo ## Build with dbt 2 beside dbt-core and compare the marts cell for cell
	@echo "==> dbt 2 and dbt-core on DuckDB, in target/dbt2"
	@"$(VENV)/bin/python" scripts/compare_dbt2.py

counts: ## Count lines of SQL, YAML, scripts and tests, and what of dbt is replaced
	@count() { git ls-files -- "$$@" | grep . | xargs cat | wc -l; }; \
		printf '%8d  %s\n' \
		"$$(count 'macros/*.sql')" "SQL of macros/" "$$(count 'macros/*.yml')" "YAML of macros/" \
		"$$(count 'models/*.sql')" "SQL of models/" "$$(count 'models/*.yml')" "YAML of models/" \
		"$$(count 'scripts/*.py')" "Python of scripts/" \
		"$$(count 'tests/python/support/*.py' tests/python/conftest.py)" "Python that tests share"
	@echo "materializations of dbt that are replaced:"
	@git ls-files macros | xargs grep -h '{% materialization' | grep -v _in_place | sed 's/^/          /'

install: $(TEST_TOOLS) ## Install the locked dependencies of build and test
	@echo "==> $(VENV) holds requirements/base.txt and requirements/test.txt"

clean: ## Remove what a build makes again; raw data and .venv stay
	rm -rf target logs data/tmp .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -f data/llm_finops.duckdb data/llm_finops.duckdb.wal
	rm -rf data/llm_finops.build data/llm_finops.failed

_engine:
	@case " $(ENGINES) " in *" $(ENGINE) "*) ;; *) \
		echo "ENGINE=$(ENGINE): there is no such engine; there is $(ENGINES)." >&2; exit 2;; esac

# DuckDB and Spark read the raw area's files in place; PostgreSQL gets what it does not hold yet.
_raw: $(BASE_TOOLS) profiles.yml demo
	@[ "$(ENGINE)" = duckdb ] || "$(VENV)/bin/python" scripts/copy_raw_area.py --target $(ENGINE)

profiles.yml:
	@echo "==> copying profiles.yml.example to profiles.yml"
	@cp profiles.yml.example profiles.yml

$(DATABASE):
	@$(MAKE) build

$(BASE_TOOLS):
	@command -v "$(PYTHON)" >/dev/null 2>&1 || { \
		echo "$(PYTHON) not found: install Python 3.11 or newer, or name one:" \
			"make build PYTHON=/path/to/python3" >&2; exit 2; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$(PYTHON) is $$("$(PYTHON)" --version 2>&1), Python 3.11 or newer is needed:" \
			"make build PYTHON=python3.12" >&2; exit 2; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) has no venv module: install it (Debian, Ubuntu: apt install python3-venv)" \
			"or name another Python: make build PYTHON=python3.12" >&2; exit 2; }
	@[ ! -L "$(VENV)" ] || { \
		echo "$(VENV) is a link: making it anew would empty what it points to." \
			"Remove the link (rm $(VENV)) and run make again." >&2; exit 2; }
	@"$(VENV)/bin/pip" --version 2>/dev/null | grep -qF "$(abspath $(VENV))/" \
		&& "$(VENV)/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "==> making $(VENV) with $$("$(PYTHON)" --version)"; \
		"$(PYTHON)" -m venv --clear "$(VENV)"; }
	@echo "==> installing requirements/base.txt (about a minute, once)"
	@$(call install_lock,base)
	@rm -f "$(VENV)"/.base-*
	@touch "$@"

$(TEST_TOOLS): $(BASE_TOOLS)
	@echo "==> installing requirements/test.txt (about a minute, once)"
	@$(call install_lock,test)
	@rm -f "$(VENV)"/.test-*
	@touch "$@"

$(SPARK_TOOLS): $(TEST_TOOLS)
	@echo "==> installing requirements/spark.txt (a minute, once)"
	@$(call install_lock,spark)
	@rm -f "$(VENV)"/.spark-*
	@touch "$@"

$(BENCHMARK_TOOLS): $(TEST_TOOLS)
	@echo "==> installing requirements/benchmark.txt"
	@$(call install_lock,benchmark)
	@rm -f "$(VENV)"/.benchmark-*
	@touch "$@"

# An environment of its own: its pins are not dbt's. Without it the benchmark says "not measured",
# and price-oracle refuses.
$(LITELLM_TOOLS): $(BASE_TOOLS)
	@echo "==> installing requirements/litellm.txt into $(LITELLM_VENV)"
	@"$(PYTHON)" -m venv --clear "$(LITELLM_VENV)" \
		&& "$(LITELLM_VENV)/bin/python" -m pip install --quiet --disable-pip-version-check \
			--no-deps --require-hashes -r requirements/litellm.txt \
		&& touch "$@" || echo "litellm could not be installed: it is not measured" >&2

# An environment of its own: its program is called dbt too.
$(DBT2_TOOLS): $(BASE_TOOLS)
	@echo "==> installing requirements/dbt2.txt into $(DBT2_VENV)"
	@"$(PYTHON)" -m venv --clear "$(DBT2_VENV)"
	@"$(DBT2_VENV)/bin/python" -m pip install --quiet --disable-pip-version-check \
		--no-deps --require-hashes --only-binary :all: -r requirements/dbt2.txt
	@touch "$@"
