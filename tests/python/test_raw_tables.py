"""Raw tables in the warehouse build the same marts as raw files, or are named with the mend."""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import pytest
from hash_marts import hash_marts
from project import Project

TABLES = {"llm_usage_events": "events/llm_usage_events", "load_manifest": "load_manifest"}
TABLE_MODE = {"raw_location": "table", "raw_schema": "raw"}


def create_tables(project: Project, loaded: Project, schema: str = "raw") -> None:
    """Copy what the loader wrote for `loaded` to tables in the warehouse of `project`."""
    project.database.parent.mkdir(exist_ok=True)
    with duckdb.connect(str(project.database)) as connection:
        connection.execute(f"create schema {schema}")
        for table, folder in TABLES.items():
            connection.execute(
                f"create table {schema}.{table} as from read_parquet(?)",
                [str(loaded.raw_dir / folder / "*.parquet")],
            )


def change(project: Project, *statements: str) -> None:
    with duckdb.connect(str(project.database)) as connection:
        for statement in statements:
            connection.execute(statement)


def refusal(project: Project, **vars: str) -> str:
    """Run a build that must fail, and return all it printed, on one line."""
    result = project.build(check=False, **vars)
    assert result.returncode != 0, result.stdout
    return " ".join((result.stdout + result.stderr).split())


@pytest.fixture
def tabled(project: Project, hand_worked_project: Project) -> Project:
    """A project whose raw rows stand in tables only."""
    create_tables(project, hand_worked_project)
    assert not list(project.raw_dir.rglob("*.parquet"))
    return project


def test_tables_build_the_same_marts_as_files(
    tabled: Project, hand_worked_project: Project
) -> None:
    tabled.build(as_of="2026-12-01", max_unpriced_token_share=1, **TABLE_MODE)
    from_files = hash_marts(hand_worked_project.database)
    assert len(from_files) >= 13
    assert from_files["fct_llm_usage"].rows > 0
    assert hash_marts(tabled.database) == from_files


def test_rows_that_a_table_lost_fail_the_control_totals(tabled: Project) -> None:
    change(
        tabled,
        "delete from raw.llm_usage_events"
        " where event_id = (select max(event_id) from raw.llm_usage_events)",
    )
    refusal(tabled, as_of="2026-12-01", max_unpriced_token_share="1", **TABLE_MODE)
    assert any("manifest" in name or "batch" in name for name in tabled.failed_tests())


def test_every_fault_of_a_table_is_named_with_its_place_and_mend(tabled: Project) -> None:
    change(
        tabled,
        "drop table raw.load_manifest",
        "alter table raw.llm_usage_events drop column user_id",
        "alter table raw.llm_usage_events alter started_at type timestamp"
        " using started_at at time zone 'UTC'",
    )
    message = refusal(tabled, **TABLE_MODE)
    assert "loads.load_manifest: nothing at (select * from raw.load_manifest)." in message
    assert "raw_location and raw_schema" in message
    assert (
        "events.llm_usage_events.user_id: the column is missing in"
        " (select * from raw.llm_usage_events)" in message
    )
    assert "or add it to your table as text" in message
    assert (
        "events.llm_usage_events.started_at: the type is timestamp, declared is timestamptz"
        " (an instant needs its zone)" in message
    )
    assert "or change the type in your table" in message


def test_a_schema_is_found_in_any_case_and_a_missing_one_is_named(
    make_project: Callable[..., Project], hand_worked_project: Project
) -> None:
    project = make_project("cased")
    create_tables(project, hand_worked_project, schema="Lake")
    command = ("run", "--select", "stg_events__llm_usage")
    project.dbt(*command, vars=TABLE_MODE | {"raw_schema": "LAKE"})
    message = refusal(project, raw_location="table", raw_schema="river")
    assert "nothing at (select * from river.llm_usage_events)" in message
    assert "nothing at (select * from river.load_manifest)" in message


@pytest.mark.parametrize(
    ("vars", "expected"),
    [
        ({"raw_location": "tables"}, "there is no location `tables`; there is files, table"),
        ({"raw_dir": "it's/raw"}, "var raw_dir: it's/raw holds an apostrophe"),
    ],
    ids=["misspelt location", "apostrophe in the folder"],
)
def test_a_raw_area_that_cannot_be_addressed_is_refused(
    project: Project, vars: dict[str, str], expected: str
) -> None:
    assert expected in refusal(project, **vars)
