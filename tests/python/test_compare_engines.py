"""What `compare_engines.py` calls equal, what it calls different, and how it says so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import yaml
from mart_export.contracts import read_contracts
from mart_export.marts import hash_marts
from support.project import REPOSITORY, Project, clean_environment

COLUMNS = """
    llm_costs_daily_key varchar, usage_date date, workspace_id varchar, user_id varchar,
    requests bigint, list_cost decimal(38, 15), is_complete boolean, seen_at timestamp,
    mean_latency_ms decimal(28, 6), first_loaded_at timestamp
"""
ROWS = [
    "('k1', '2026-11-01', 'w', 'a|b', 1, 0.100000000000001, true, '2026-11-01 10:00:00.000001',"
    " 1000.5, '2026-11-02 00:00:00')",
    "('k2', '2026-11-02', 'w', '~', 2, null, false, null, null, null)",
    "('k3', '2026-11-03', 'ünï', null, 3, 2.5, null, '2026-11-01 10:00:00', 0, null)",
    "('k4', '2026-11-03', 'w', '', 12, -0.000000000000001, true, '1999-12-31 23:59:59', 7, null)",
]


def make_mart(
    folder: Path,
    name: str,
    rows: list[str],
    columns: str = COLUMNS,
    mart: str = "llm_costs_daily",
    time_zone: str = "UTC",
) -> Path:
    """Write a DuckDB file with one mart."""
    file = folder / f"{name}.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(f"set TimeZone = '{time_zone}'")
        connection.execute("create schema if not exists marts")
        connection.execute(f"create or replace table marts.{mart} ({columns})")
        if rows:
            connection.execute(f"insert into marts.{mart} values {', '.join(rows)}")
    return file


def compare_engines(*arguments: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, REPOSITORY / "scripts" / "compare_engines.py", *arguments]
    return subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        env=clean_environment(**settings),
    )


@pytest.fixture
def original(tmp_path: Path) -> Path:
    return make_mart(tmp_path, "original", ROWS)


def changed(tmp_path: Path, original: Path, *change: tuple[str, str]) -> str:
    """Compare the rows with a copy in which each `(old, new)` is replaced; it must differ."""
    rows = "\n".join(ROWS)
    for old, new in change:
        assert rows.count(old) == 1
        rows = rows.replace(old, new)
    other = make_mart(tmp_path, "other", rows.splitlines())
    result = compare_engines(original, other)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "1 marts differ" in result.stdout
    assert result.stderr == ""
    return result.stdout


def test_equal_rows_are_equal_in_any_order_and_time_zone(tmp_path: Path, original: Path) -> None:
    other = make_mart(tmp_path, "other", ROWS[::-1], time_zone="Asia/Tokyo")
    result = compare_engines(original, other, TZ="America/New_York")
    assert (result.returncode, result.stderr) == (0, "")
    assert "all marts are equal" in result.stdout


def test_an_instant_is_the_same_in_any_session(tmp_path: Path) -> None:
    hashes = set()
    for zone, text in (("UTC", "10:00:00"), ("Asia/Tokyo", "19:00:00")):
        row = f"('2026-11-01 {text}'::timestamptz)"
        file = make_mart(tmp_path, text[:2], [row], "seen_at timestamptz", time_zone=zone)
        hashes.add(hash_marts(file)["llm_costs_daily"].sha256)
    assert len(hashes) == 1


def test_the_last_digit_of_a_decimal_is_found_and_named(tmp_path: Path, original: Path) -> None:
    told = changed(tmp_path, original, ("0.100000000000001", "0.100000000000002"))
    assert "llm_costs_daily_key = k1" in told
    assert (
        f"list_cost: '0.100000000000001' in {original},"
        f" '0.100000000000002' in {tmp_path / 'other.duckdb'}"
    ) in told
    assert told.count("list_cost") == 1
    assert "1 rows only in" in told


def test_null_and_the_empty_text_are_told_apart(tmp_path: Path, original: Path) -> None:
    told = changed(tmp_path, original, ("'w', '', 12", "'w', null, 12"))
    assert f"user_id: '' in {original}, NULL in" in told


def test_what_looks_like_null_or_a_separator_is_told_apart(tmp_path: Path, original: Path) -> None:
    assert "user_id: '~' in" in changed(tmp_path, original, ("'~'", "null"))
    assert "user_id: '~' in" in changed(tmp_path, original, ("'~'", "'~~'"))
    assert "user_id: 'a|b'" in changed(tmp_path, original, ("'w', 'a|b'", "'w|a', 'b'"))


def test_a_microsecond_and_a_truth_value_count(tmp_path: Path, original: Path) -> None:
    assert "seen_at: '2026-11-01T10:00:00.000001Z'" in changed(
        tmp_path, original, ("10:00:00.000001", "10:00:00.000002")
    )
    assert "is_complete: NULL in" in changed(tmp_path, original, ("2.5, null", "2.5, false"))


def test_a_missing_row_is_found_on_its_side(tmp_path: Path, original: Path) -> None:
    fewer = make_mart(tmp_path, "fewer", ROWS[:-1])
    told = compare_engines(original, fewer).stdout
    assert f"1 rows only in {original}, 0 only in {fewer}" in told
    assert f"llm_costs_daily_key = k4: only in {original}" in told
    assert (
        f"llm_costs_daily_key = k4: only in {original}" in compare_engines(fewer, original).stdout
    )


def test_a_row_that_is_there_twice_is_found(tmp_path: Path, original: Path) -> None:
    twice = make_mart(tmp_path, "twice", [*ROWS, ROWS[1]])
    result = compare_engines(original, twice)
    assert result.returncode == 1
    assert (
        "llm_costs_daily_key = k2\n        the same cells, more often on one side" in result.stdout
    )


def test_a_column_more_and_another_type_are_named(tmp_path: Path, original: Path) -> None:
    rows = [row.removesuffix(")") + ", 'x')" for row in ROWS]
    more = make_mart(tmp_path, "more", rows, COLUMNS + ", extra varchar")
    result = compare_engines(original, more)
    assert result.returncode == 1
    assert f"column extra: not in {original}, text in {more}" in result.stdout
    assert "llm_costs_daily_key =" not in result.stdout
    wide = make_mart(tmp_path, "wide", ROWS, COLUMNS.replace("(38, 15)", "(38, 16)"))
    assert (
        f"column list_cost: decimal(15) in {original}, decimal(16) in {wide}"
        in compare_engines(original, wide).stdout
    )


def test_a_mart_that_one_side_lacks_is_named(tmp_path: Path, original: Path) -> None:
    both = make_mart(tmp_path, "both", ROWS)
    make_mart(tmp_path, "both", ["(1)"], "date_day int", mart="dim_dates")
    result = compare_engines(original, both)
    assert result.returncode == 1
    assert f"different: not in {original}" in result.stdout


def test_approximate_columns_may_differ_by_a_millionth(tmp_path: Path, original: Path) -> None:
    near = make_mart(tmp_path, "near", [row.replace("1000.5", "1000.5005") for row in ROWS])
    assert compare_engines(original, near).returncode == 0
    told = changed(tmp_path, original, ("1000.5", "1000.502"))
    assert "1 rows with approximate columns over the tolerance" in told
    assert "mean_latency_ms: '1000.500000' in" in told
    told = changed(tmp_path, original, ("10:00:00', 0,", "10:00:00', 0.000002,"))
    assert f"mean_latency_ms: '0.000000' in {original}, '0.000002' in" in told
    rounded = make_mart(
        tmp_path, "rounded", [row.replace("10:00:00', 0,", "10:00:00', 0.000001,") for row in ROWS]
    )
    assert compare_engines(original, rounded).returncode == 0
    told = changed(tmp_path, original, ("10:00:00', 0,", "10:00:00', null,"))
    assert f"mean_latency_ms: '0.000000' in {original}, NULL in" in told


def test_load_columns_and_state_are_left_out(tmp_path: Path) -> None:
    columns = "k varchar, loaded_at timestamp"
    one = make_mart(tmp_path, "one", ["('a', '2026-11-01')"], columns, "usage")
    two = make_mart(tmp_path, "two", ["('a', null)"], columns, "usage")
    yaml_of_marts = tmp_path / "usage.yml"
    meta = "config: {meta: {load_audit: true}}"
    yaml_of_marts.write_text(
        f"models:\n  - name: usage\n    columns: [name: k, {{name: loaded_at, {meta}}}]\n"
    )
    contracts = read_contracts(tmp_path)
    assert hash_marts(one) != hash_marts(two)
    assert hash_marts(one, contracts=contracts) == hash_marts(two, contracts=contracts)
    yaml_of_marts.write_text("models:\n  - {name: usage, config: {meta: {state: true}}}\n")
    assert hash_marts(one, contracts=read_contracts(tmp_path)) == {}


def test_every_further_target_is_compared_with_the_first(tmp_path: Path, original: Path) -> None:
    same = make_mart(tmp_path, "same", ROWS)
    other = make_mart(tmp_path, "other", ROWS[1:])
    assert compare_engines(original, same, same).returncode == 0
    result = compare_engines(original, same, other)
    assert result.returncode == 1
    assert f"equal: {original}, {same}" in result.stdout
    assert f"different: {other}" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["original.duckdb"], "name at least two targets"),
        (["original.duckdb", "none.duckdb"], "none.duckdb: no such file: name a DuckDB file"),
        (["original.duckdb", "empty.duckdb"], "schema marts has no table: build it first"),
        (["original.duckdb", "broken.duckdb"], "broken.duckdb: "),
        (["original.duckdb", "original.duckdb", "--select", "llm_cost_daily"], "name one of"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_the_mend(
    tmp_path: Path, original: Path, arguments: list[str], told: str
) -> None:
    duckdb.connect(str(tmp_path / "empty.duckdb")).close()
    (tmp_path / "broken.duckdb").write_text("no database")
    paths = [tmp_path / each if each.endswith(".duckdb") else each for each in arguments]
    result = compare_engines(*paths)
    assert result.returncode == 2, result.stdout
    assert told in result.stderr
    assert "Traceback" not in result.stderr


def test_every_model_that_only_adds_rows_is_marked_as_state() -> None:
    contracts = read_contracts()
    files = (REPOSITORY / "models" / "marts").rglob("*.sql")
    state = {file.stem for file in files if "appended_state(" in file.read_text()}
    assert state == {name for name, contract in contracts.items() if contract.is_state}
    assert "usage_restatements" in state


def test_ratios_and_percentiles_are_marked_approximate() -> None:
    """A quotient cast to `type_ratio()` is rounded by each engine from its own doubles."""
    contracts = read_contracts()
    for file in (REPOSITORY / "models" / "marts").rglob("*.yml"):
        for model in yaml.safe_load(file.read_text())["models"]:
            ratios = {
                column["name"]
                for column in model["columns"]
                if column["data_type"] == "decimal(28, 6)"
            }
            assert ratios == contracts[model["name"]].approximate, model["name"]


@pytest.mark.parametrize("engine", ["postgres", "spark"])
def test_a_server_that_is_not_there_is_named_with_the_mend(project: Project, engine: str) -> None:
    for script, *options in (
        ("compare_engines.py", engine, "duckdb"),
        ("scheduled_build.py", "--selector", "hourly", "--target", engine),
    ):
        result = project.run(
            sys.executable,
            f"scripts/{script}",
            *options,
            check=False,
            LLM_FINOPS_POSTGRES_PORT="1",
            LLM_FINOPS_POSTGRES_PASSWORD="hidden",
            LLM_FINOPS_SPARK_PORT="1",
        )
        assert result.returncode == 2, result.stderr
        assert f"engines.py start {engine}" in result.stderr
        assert "hidden" not in result.stderr + result.stdout
