"""The repository itself: what is committed, what the Makefile offers, what lint accepts."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import show_costs
import strict_parse
import yaml
from support.project import REPOSITORY, clean_environment, project_files

LOCKS = sorted((REPOSITORY / "requirements").glob("*.txt"))
LOCKS = [lock for lock in LOCKS if lock.name != "excludes.txt"]

# Written so that this file does not match itself.
REGISTRY = re.compile(
    r"--?(?:extra-)?index-url|--find-link[s]|--trusted-hos[t]|pythonhoste[d]|/simpl[e]/"
)
ABSOLUTE_PATH = re.compile(r"(?<![\w.~:/}\])-])/(?:home|root|work|Users|mnt|private)/\w")


def text_of(path: Path) -> str | None:
    """Return a file's text, None where it is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def files_matching(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for name in project_files():
        text = text_of(REPOSITORY / name) or ""
        found += [f"{name}: {match[0]}" for match in pattern.finditer(text)]
    return found


def make(*arguments: str, cwd: Path = REPOSITORY) -> subprocess.CompletedProcess[str]:
    """Run make as a person would, not as a child of the make that runs the tests."""
    environment = {
        name: value
        for name, value in clean_environment().items()
        if name not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES"}
    }
    return subprocess.run(
        ["make", *arguments], cwd=cwd, env=environment, capture_output=True, text=True, timeout=600
    )


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (REGISTRY, "--extra-" + "index-url https://example.org"),
        (REGISTRY, "https://files.python" + "hosted.org/packages/x.whl"),
        (ABSOLUTE_PATH, "path: /" + "home/somebody/project"),
        (ABSOLUTE_PATH, '"/' + 'Users/somebody"'),
    ],
)
def test_the_patterns_for_addresses_and_paths_find_them(
    pattern: re.Pattern[str], text: str
) -> None:
    assert pattern.search(text)


def test_no_committed_file_names_a_package_registry() -> None:
    assert files_matching(REGISTRY) == []


def test_no_committed_file_holds_an_absolute_path() -> None:
    assert files_matching(ABSOLUTE_PATH) == []


def test_no_build_or_data_file_is_committed() -> None:
    kinds = {".duckdb", ".parquet", ".whl", ".lock", ".log", ".pyc"}
    assert [str(name) for name in project_files() if name.suffix in kinds] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_a_lock_pins_every_package_with_hashes_and_leaves_the_parser_out(lock: Path) -> None:
    text = lock.read_text()
    packages = [line for line in text.splitlines() if re.match(r"[a-z0-9]", line)]
    assert packages
    unpinned = [line for line in packages if not re.match(r"[\w.-]+(\[[\w,]+\])?==\S+ ", line)]
    assert unpinned == []
    blocks = re.split(r"\n(?=[a-z0-9])", text.strip())
    assert len(blocks) == len(packages)
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert "experimental-parser" not in text
    assert "://" not in text


def test_every_lock_has_its_input_and_every_input_its_lock() -> None:
    inputs = {path.stem for path in (REPOSITORY / "requirements").glob("*.in")}
    assert {lock.stem for lock in LOCKS} == inputs


def test_all_locks_that_hold_duckdb_hold_the_same_version() -> None:
    found = {
        lock.stem: re.findall(r"^duckdb==(\S+)", lock.read_text(), re.MULTILINE) for lock in LOCKS
    }
    assert found["base"]
    assert {version for versions in found.values() for version in versions} == set(found["base"])


def test_make_help_lists_every_target() -> None:
    makefile = (REPOSITORY / "Makefile").read_text()
    declared = re.search(r"^\.PHONY: ((?:.*\\\n)*.*)$", makefile, re.MULTILINE)
    assert declared
    public = {name for name in re.findall(r"[\w-]+", declared[1]) if not name.startswith("_")}
    shown = make("help")
    assert shown.returncode == 0, shown.stderr
    listed = set(re.findall(r"^  ([\w-]+) +\S", shown.stdout, re.MULTILINE))
    assert listed == public
    assert {
        "build",
        "test",
        "lint",
        "docs",
        "help",
        "demo",
        "doctor",
        "prices",
        "benchmark",
    } <= listed


def test_make_alone_shows_the_help() -> None:
    assert make().stdout == make("help").stdout


def test_an_engine_that_there_is_not_is_refused() -> None:
    refused = make("build", "ENGINE=oracle")
    assert refused.returncode == 2
    assert "there is duckdb postgres spark" in refused.stderr


@pytest.mark.parametrize(
    ("target", "file"),
    [
        (["test"], "test_model_names.py"),
        (["test", "ENGINE=duckdb"], "test_model_names.py"),
        (["soak"], "test_soak.py"),
    ],
    ids=" ".join,
)
def test_make_starts_pytest_with_the_tests_of_the_engines_asked_for(
    target: list[str], file: str
) -> None:
    # Other files are not imported: that takes pytest longer than all else here.
    others = f"--ignore-glob=*/test_[!{file[5]}]*"
    tools = [f"VENV={sys.prefix}", "BASE_TOOLS=", "TEST_TOOLS=", "SPARK_TOOLS="]
    started = make(*target, *tools, f"PYTEST_ARGS=--collect-only -q {others}")
    assert started.returncode == 0, started.stdout + started.stderr
    collected = [line for line in started.stdout.splitlines() if f"{file}::" in line]
    assert collected
    needs_a_server = [line for line in collected if re.search("postgres|spark", line)]
    assert bool(needs_a_server) == ("ENGINE=duckdb" not in target)


@pytest.mark.parametrize("engine", [None, "duckdb", "postgres", "spark"])
def test_make_test_installs_spark_only_where_its_tests_run(engine: str | None) -> None:
    named = [f"ENGINE={engine}"] if engine else []
    planned = make("-n", "test", *named, "VENV=not/there").stdout
    assert "requirements/test.txt" in planned
    assert ("requirements/spark.txt" in planned) == (engine in (None, "spark"))


def test_unit_tests_have_names_that_postgresql_can_hold() -> None:
    """dbt names a temporary table after each; PostgreSQL's names end after 63 characters."""
    names = [
        unit["name"]
        for file in (REPOSITORY / "models").rglob("*.yml")
        for unit in yaml.safe_load(file.read_text()).get("unit_tests", [])
    ]
    assert len(names) > 40
    assert [name for name in names if len(name) > 63] == []


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ('case "$1" in -c) exit 1;; *) echo Python 3.9.6;; esac', "Python 3.11 or newer is needed"),
        ('case "$2" in *venv*) exit 1;; esac', "has no venv module"),
        (None, "not found"),
    ],
    ids=["too old", "without venv", "missing"],
)
def test_a_python_that_cannot_build_is_refused_with_the_mend(
    tmp_path: Path, script: str | None, message: str
) -> None:
    python = tmp_path / "python"
    if script:
        python.write_text(f"#!/bin/sh\n{script}\n")
        python.chmod(0o755)
    refused = make("build", f"PYTHON={python}", f"VENV={tmp_path / 'venv'}")
    assert refused.returncode == 2
    assert message in refused.stderr
    assert "make build PYTHON=" in refused.stderr
    assert not (tmp_path / "venv").exists()


@pytest.mark.parametrize("target", ["lint-python", "lint-types", "lint-sql", "lint-yaml"])
def test_lint_is_clean(target: str) -> None:
    # The environment that runs the tests is the one to lint with; nothing is installed.
    result = make(target, f"VENV={sys.prefix}", "TEST_TOOLS=")
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_file_that_sqlfluff_skips_fails_the_lint(tmp_path: Path) -> None:
    for name in ("Makefile", ".sqlfluff"):
        shutil.copy2(REPOSITORY / name, tmp_path)
    shutil.copy2(REPOSITORY / "profiles.yml.example", tmp_path / "profiles.yml")
    (tmp_path / "dbt_project.yml").write_text("{name: llm_finops, profile: llm_finops}\n")
    for folder in ("models", "tests"):
        (tmp_path / folder).mkdir()
    (tmp_path / "models" / "one.sql").write_text("select 1 as id\n")
    tools = [f"VENV={sys.prefix}", "TEST_TOOLS="]
    clean = make("lint-sql", *tools, cwd=tmp_path)
    assert clean.returncode == 0, clean.stdout + clean.stderr

    off = tmp_path / "models" / "off.sql"
    off.write_text("{{ config(enabled=false) }}\nselect 1 as id\n")
    refused = make("lint-sql", *tools, cwd=tmp_path)
    assert refused.returncode != 0
    assert re.search(r"off\.sql because it is disabled", refused.stdout)
    off.unlink()

    reads = "{% if execute %}{{ run_query('from nowhere').rows }}{% endif %}select 1 as id\n"
    (tmp_path / "tests" / "reads.sql").write_text(reads)
    refused = make("lint-sql", *tools, cwd=tmp_path)
    assert refused.returncode != 0
    assert re.search(r"reads\.sql.*name nowhere", refused.stdout, re.DOTALL)


@pytest.mark.parametrize(
    ("file", "text", "complaint"),
    [
        ("models/bad.yml", "models:\n  - {name: dim_dates, meta: {owner: x}}\n", "meta"),
        ("models/bad.yml", "models:\n  - {name: dim_dates, descripton: x}\n", "descripton"),
        (
            "tests/bad.yml",
            "data_tests:\n  - {name: assert_nothing, severity_level: error}\n",
            "severity_level",
        ),
    ],
    ids=["deprecated key", "misspelt key", "unknown key of a test"],
)
def test_strict_parse_refuses_yaml_that_dbt_lets_pass(
    tmp_path: Path, file: str, text: str, complaint: str
) -> None:
    """In a project of one model: what is refused depends on no other file."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "dim_dates.sql").write_text("select 1 as a")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "assert_nothing.sql").write_text("select 1 as a where false")
    project = {"name": "one_model", "profile": "llm_finops", "test-paths": ["tests"]}
    (tmp_path / "dbt_project.yml").write_text(yaml.safe_dump(project))
    shutil.copy(REPOSITORY / "profiles.yml.example", tmp_path / "profiles.yml")
    command = [sys.executable, "scripts/strict_parse.py", "--project-dir", tmp_path]

    def parse() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=REPOSITORY, env=clean_environment(), capture_output=True, text=True
        )

    assert parse().returncode == 0
    (tmp_path / file).write_text(text)
    refused = parse()
    assert refused.returncode == 1, refused.stdout + refused.stderr
    assert complaint in refused.stdout
    assert file in refused.stdout


def test_strict_parse_still_finds_the_private_names_of_dbt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from dbt.jsonschemas import jsonschemas

    monkeypatch.setattr(
        jsonschemas,
        "_JSONSCHEMA_SUPPORTED_ADAPTERS",
        set(jsonschemas._JSONSCHEMA_SUPPORTED_ADAPTERS),
    )
    monkeypatch.setattr(
        jsonschemas, "_ADAPTER_TO_EXTRA_KEYS", dict(jsonschemas._ADAPTER_TO_EXTRA_KEYS)
    )
    assert "duckdb" not in jsonschemas._JSONSCHEMA_SUPPORTED_ADAPTERS, "dbt checks DuckDB by itself"
    strict_parse.enable_schema_checks()
    assert set(strict_parse.ADAPTERS) <= jsonschemas._JSONSCHEMA_SUPPORTED_ADAPTERS


def write_mart(database: Path, rows: str) -> None:
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.cost_per_token (usage_month date, llm_id text, service_tier text,"
            " requests bigint, total_tokens bigint, list_cost decimal(38, 15),"
            " unpriced_requests bigint)"
        )
        if rows:
            connection.execute(f"insert into marts.cost_per_token values {rows}")


def ask_whether_free(file: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "scripts/warehouse_is_free.py", str(file)]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)


def show(database: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            REPOSITORY / "scripts" / "show_costs.py",
            "--database",
            database,
            *arguments,
        ],
        capture_output=True,
        text=True,
        env=os.environ | {"COLUMNS": "60"},
    )


def cells(output: str) -> list[list[str]]:
    """Split the table's rows into their cells."""
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in output.splitlines()
        if line.startswith("| ")
    ]


def test_the_cost_table_adds_tiers_of_the_last_month_to_the_last_digit(tmp_path: Path) -> None:
    write_mart(
        tmp_path / "x.duckdb",
        "('2026-05-01', 'a/one', 'standard', 1000, 2000000, 99999999999999999.000000000000001, 0),"
        "('2026-05-01', 'a/one', 'batch', 1, 0, 0.000000000000002, 0),"
        "('2026-05-01', 'b/two', 'standard', 2, 1000000, 0.25, 0),"
        "('2026-04-01', 'b/two', 'standard', 7, 7, 7, 0)",
    )
    shown = show(tmp_path / "x.duckdb")
    assert shown.returncode == 0, shown.stderr
    assert "2026-05" in shown.stdout
    assert cells(shown.stdout)[1:] == [
        [
            "a/one",
            "1,001",
            "2,000,000",
            "99,999,999,999,999,999.000000000000003",
            "49,999,999,999,999,999.500000",
        ],
        ["b/two", "2", "1,000,000", "0.250000000000000", "0.250000"],
        [
            "all 2",
            "1,003",
            "3,000,000",
            "99,999,999,999,999,999.250000000000003",
            "33,333,333,333,333,333.083333",
        ],
    ]


def test_the_cost_table_never_shows_an_unpriced_llm_as_free(tmp_path: Path) -> None:
    write_mart(
        tmp_path / "x.duckdb",
        "('2026-05-01', 'a/priced', 'standard', 1, 1000000, 3, 0),"
        "('2026-05-01', 'b/partly', 'standard', 2, 1000000, 1.5, 1),"
        "('2026-05-01', 'c/free', 'standard', 1, 10, 0, 0),"
        "('2026-05-01', 'd/unpriced', 'standard', 4, 5000, null, 4)",
    )
    shown = show(tmp_path / "x.duckdb")
    assert cells(shown.stdout)[1:] == [
        ["a/priced", "1", "1,000,000", "3.00", "3.000000"],
        ["b/partly", "2", "1,000,000", "at least 1.50", "incomplete"],
        ["c/free", "1", "10", "0.00", "0.000000"],
        ["d/unpriced", "4", "5,000", "unpriced", "incomplete"],
        ["all 4", "8", "2,005,010", "at least 4.50", "incomplete"],
    ]
    assert "5 requests have no full price" in shown.stdout


def test_the_cost_table_folds_what_is_beyond_the_top_into_one_row(tmp_path: Path) -> None:
    write_mart(
        tmp_path / "x.duckdb",
        "('2026-05-01', 'a/one', 'standard', 1, 10, 3, 0),"
        "('2026-05-01', 'b/two', 'standard', 1, 10, 2, 0),"
        "('2026-05-01', 'c/three', 'standard', 1, 10, 1, 0)",
    )
    names = [row[0] for row in cells(show(tmp_path / "x.duckdb", "--top", "1").stdout)]
    assert names == ["LLM", "a/one", "2 more", "all 3"]


def test_a_warehouse_without_costs_is_answered_with_the_mend(tmp_path: Path) -> None:
    missing = show(tmp_path / "none.duckdb")
    assert (missing.returncode, "make build" in missing.stderr) == (1, True)

    duckdb.connect(str(tmp_path / "unbuilt.duckdb")).close()
    unbuilt = show(tmp_path / "unbuilt.duckdb")
    assert (unbuilt.returncode, "dbt build" in unbuilt.stderr) == (1, True)

    write_mart(tmp_path / "empty.duckdb", "")
    empty = show(tmp_path / "empty.duckdb")
    assert (empty.returncode, "load_raw.py" in empty.stderr) == (1, True)


def test_a_warehouse_that_another_program_writes_is_named_with_that_program(
    tmp_path: Path,
) -> None:
    file = tmp_path / "x.duckdb"
    with duckdb.connect(str(file)):
        busy = show(file)
    assert busy.returncode == 1
    assert f"process {os.getpid()} (python" in busy.stderr
    assert f"has {file} open for writing: wait for it, or end it" in busy.stderr
    assert len(busy.stderr.splitlines()) == 1


def test_make_build_stops_before_dbt_where_another_program_has_the_warehouse_open(
    tmp_path: Path,
) -> None:
    file = tmp_path / "block" / "x.duckdb"
    file.parent.mkdir()
    with duckdb.connect(str(file)):
        busy = ask_whether_free(file)
    assert (busy.returncode, len(busy.stderr.splitlines())) == (1, 1)
    assert f"process {os.getpid()} (python" in busy.stderr
    assert f"has {file} open: wait for it, or end it" in busy.stderr
    file.write_text("no warehouse")
    assert ask_whether_free(file).returncode == ask_whether_free(tmp_path / "none").returncode == 0
    planned = make("-n", "build", f"LLM_FINOPS_DUCKDB_PATH={file}").stdout
    assert planned.index(f'warehouse_is_free.py "{file}"') < planned.index('bin/dbt" build')


def test_a_file_that_cannot_be_read_is_not_taken_for_a_busy_one(tmp_path: Path) -> None:
    file = tmp_path / "block.duckdb"
    file.write_text("no warehouse")
    assert "is no DuckDB file: move it away" in show(file).stderr
    denied = duckdb.IOException(f"Cannot open file {file}: Permission denied")
    assert show_costs.why_unreadable(file, denied) == f"{file} cannot be read: {denied}"

    file.write_text("Dear Sir or Madam, this is a letter and no database at all. " * 200)
    letter = show(file)
    assert (letter.returncode, "move it away" in letter.stderr) == (1, True)


def test_a_total_without_any_price_is_unknown() -> None:
    unpriced = show_costs.Usage("x", 1, 10, None, 1)
    priced = show_costs.Usage("y", 1, 10, Decimal("1.5"), 0)
    assert show_costs.total("both", [unpriced, unpriced]).list_cost is None
    assert show_costs.total("both", [unpriced, priced]).list_cost == Decimal("1.5")
