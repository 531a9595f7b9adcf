"""The same input gives the same marts, whatever the order and the time in which it was loaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from hash_marts import LOAD_AUDIT_COLUMNS, hash_marts
from project import Project

AS_OF = "2026-11-01"
EXPECTED_MARTS = {
    *("cost_per_token", "dim_dates", "dim_llms", "dim_users", "dim_workspaces", "fct_llm_usage"),
    *("fct_llm_usage_daily", "llm_costs_daily", "llm_efficiency_stats", "pricing_coverage"),
    *("rejected_llm_usage", "user_monthly_usage", "workspace_monthly_usage"),
}


@pytest.fixture(scope="module")
def sample_files(make_project: Callable[..., Project]) -> list[Path]:
    """Two files of generated events that share no event."""
    project = make_project("sample_files")
    whole = project.path / "data" / "sample.parquet"
    project.script("generate_events.py", "--rows", "10000", "--out", whole)
    halves = [whole.with_name(f"half_{number}.parquet") for number in (0, 1)]
    for number, half in enumerate(halves):
        duckdb.sql(
            f"copy (from '{whole}' where hash(event_id) % 2 = {number}) to '{half}'"
            " (format parquet)"
        )
    return halves


def run_models(project: Project) -> None:
    """Build everything but the tests, which change no mart."""
    without_tests = ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
    project.dbt("build", *without_tests, vars={"as_of": AS_OF})


@pytest.fixture(scope="module")
def built(make_project: Callable[..., Project], sample_files: list[Path]) -> Project:
    project = make_project("determinism")
    project.load(sample_files[0], loaded_at="2026-11-02T00:00:00+00:00")
    project.load(sample_files[1], loaded_at="2026-11-03T00:00:00+00:00")
    run_models(project)
    return project


def test_a_second_build_gives_the_same_marts(built: Project) -> None:
    before = hash_marts(built.database)
    assert set(before) >= EXPECTED_MARTS
    assert before["fct_llm_usage"].rows > 9_000
    run_models(built)
    assert hash_marts(built.database) == before


def test_two_independent_batches_may_come_in_either_order(
    make_project: Callable[..., Project], built: Project, sample_files: list[Path]
) -> None:
    reordered = make_project("reordered")
    reordered.load(sample_files[1], loaded_at="2026-11-02T00:00:00+00:00")
    reordered.load(sample_files[0], loaded_at="2026-11-08T00:00:00+00:00")
    run_models(reordered)
    assert hash_marts(reordered.database) == hash_marts(built.database)


def hash_of(tmp_path: Path, rows: str, name: str) -> str:
    """Return the hash of one mart made of a query."""
    database = tmp_path / f"{name}.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema marts")
        connection.execute(f"create table marts.mart as {rows}")
    return hash_marts(database)["mart"].sha256


@pytest.mark.parametrize(
    ("changed", "is_same"),
    [
        ("select * from (values (2, 'b'), (1, 'a')) as t (id, name)", True),
        ("select name, id from (values (1, 'a'), (2, 'b')) as t (id, name)", True),
        (
            "select *, now() as first_loaded_at from (values (1, 'a'), (2, 'b')) as t (id, name)",
            True,
        ),
        ("select * from (values (1, 'a'), (2, 'b'), (2, 'b')) as t (id, name)", False),
        ("select * from (values (1, 'a'), (2, null)) as t (id, name)", False),
        ("select * from (values (1, 'a'), (2, 'B')) as t (id, name)", False),
        ("select * from (values (1, 'a'), (2, 'b')) as t (id, label)", False),
        ("select * from (values (1.00, 'a'), (2.01, 'b')) as t (id, name)", False),
    ],
)
def test_the_hash_sees_rows_and_names_and_neither_order_nor_load(
    tmp_path: Path, changed: str, is_same: bool
) -> None:
    original = hash_of(
        tmp_path, "select * from (values (1, 'a'), (2, 'b')) as t (id, name)", "original"
    )
    assert (hash_of(tmp_path, changed, "changed") == original) is is_same


def test_the_hash_tells_null_from_what_looks_like_it(tmp_path: Path) -> None:
    values = ["null", "''", "'~'", "'~~'", "'|'", "'NULL'"]
    hashes = {
        hash_of(tmp_path, f"select {value}::varchar as a, 'x' as b", f"t{number}")
        for number, value in enumerate(values)
    }
    assert len(hashes) == len(values)


def test_only_load_columns_stand_outside_the_hash(built: Project) -> None:
    assert "usage_date" not in LOAD_AUDIT_COLUMNS
    unhashed = built.query(
        "select distinct column_name from information_schema.columns where table_schema = 'marts'"
        f" and column_name in {LOAD_AUDIT_COLUMNS} order by 1"
    )
    assert unhashed == [("batch_id",), ("first_loaded_at",), ("first_seen_at",)]
