"""Raw tables in the warehouse build the same marts as raw files, or are named with the mend."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import duckdb
import pytest
from mart_export.marts import hash_marts
from support.project import PINNED, REPOSITORY, Project

TABLES = {"llm_usage_events": "events/llm_usage_events", "load_manifest": "load_manifest"}
TABLE_MODE: dict[str, Any] = {"raw_location": "table", "raw_schema": "raw"}
CONTROL_TOTALS = "assert_every_batch_holds_what_the_loader_counted"


def create_tables(project: Project, loaded: Project) -> None:
    """Copy what the loader wrote for `loaded` to tables in the warehouse of `project`."""
    project.database.parent.mkdir(exist_ok=True)
    with duckdb.connect(str(project.database)) as connection:
        connection.execute("create schema if not exists raw")
        for table, folder in TABLES.items():
            connection.execute(
                f"create or replace table raw.{table} as from read_parquet(?)",
                [str(loaded.raw_dir / folder / "*.parquet")],
            )


def change(project: Project, *statements: str) -> None:
    with duckdb.connect(str(project.database)) as connection:
        for statement in statements:
            connection.execute(statement)


def manifest_row_of_the_guide() -> str:
    """Return the statement with which docs/loading.md writes one batch's row of the manifest."""
    guide = (REPOSITORY / "docs" / "loading.md").read_text(encoding="utf-8")
    found = re.search(r"```sql\n(insert into raw\.load_manifest.*?)```", guide, re.DOTALL)
    assert found
    return found[1]


def refusal(project: Project, **vars: Any) -> str:
    """Run a build that must fail, and return all it printed, on one line."""
    result = project.build(check=False, **vars)
    assert result.returncode != 0, result.stdout
    return " ".join((result.stdout + result.stderr).split())


@pytest.fixture(scope="module")
def warehouse(make_project: Callable[..., Project]) -> Project:
    """A project without raw files; `tabled` puts its raw tables back before each test."""
    return make_project("tables", vars=PINNED | TABLE_MODE)


@pytest.fixture
def tabled(warehouse: Project, hand_worked_project: Project) -> Project:
    create_tables(warehouse, hand_worked_project)
    assert not list(warehouse.raw_dir.rglob("*.parquet"))
    return warehouse


def test_tables_build_the_same_marts_as_files(
    tabled: Project, hand_worked_project: Project
) -> None:
    with duckdb.connect(str(tabled.database)) as connection:
        ((batch_id,),) = connection.execute("select batch_id from raw.load_manifest").fetchall()
    change(
        tabled,
        "truncate raw.load_manifest",
        manifest_row_of_the_guide().replace("'2026-11-01'", f"'{batch_id}'"),
        "alter table raw.llm_usage_events add column nobody_declared_this integer",
    )
    tabled.build()
    from_files = hash_marts(hand_worked_project.database)
    assert len(from_files) >= 13
    assert from_files["fct_llm_usage"].rows > 0
    from_tables = hash_marts(tabled.database)
    # The audit names each batch's file and instant; the guide's row names others.
    assert from_tables.pop("load_audit").rows == from_files.pop("load_audit").rows == 1
    assert from_tables == from_files


def test_rows_that_a_table_lost_fail_the_control_totals(tabled: Project) -> None:
    change(
        tabled,
        "delete from raw.llm_usage_events"
        " where event_id = (select max(event_id) from raw.llm_usage_events)",
    )
    refusal(tabled, as_of="2026-12-01", max_unpriced_token_share=1, **TABLE_MODE)
    assert CONTROL_TOTALS in tabled.failed_tests()
    assert tabled.statuses()["model.llm_finops.fct_llm_usage"] == "skipped"


def test_every_fault_of_a_table_is_named_with_its_place_and_mend(tabled: Project) -> None:
    change(
        tabled,
        "drop table raw.load_manifest",
        "alter table raw.llm_usage_events drop column user_id",
        "alter table raw.llm_usage_events alter started_at type timestamp"
        " using started_at at time zone 'UTC'",
    )
    # DuckDB finds a schema in any case, and so does the check.
    message = refusal(tabled, **TABLE_MODE | {"raw_schema": "RAW"})
    assert "loads.load_manifest: nothing at (select * from RAW.load_manifest)." in message
    assert "raw_location and raw_schema" in message
    assert (
        "events.llm_usage_events.user_id: the column is missing in"
        " (select * from RAW.llm_usage_events)" in message
    )
    assert "or add it to your table as text" in message
    assert (
        "events.llm_usage_events.started_at: the type is timestamp, declared is timestamptz"
        " (an instant needs its zone)" in message
    )
    assert "or change the type in your table" in message


@pytest.mark.parametrize(
    ("vars", "expected"),
    [
        ({"raw_location": "tables"}, "there is no location `tables`; there is files, table"),
        ({"raw_dir": "it's/raw"}, "var raw_dir: it's/raw holds an apostrophe"),
    ],
    ids=["misspelt location", "apostrophe in the folder"],
)
def test_a_raw_area_that_cannot_be_addressed_is_refused(
    project: Project, vars: dict[str, Any], expected: str
) -> None:
    assert expected in refusal(project, **vars)
