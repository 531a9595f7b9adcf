"""The project on Spark: a full build, then an incremental one, and DuckDB says the same of both."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from typing import Any

import pytest
from mart_export.marts import hash_marts
from support.application import application, llm, write_folder
from support.project import PINNED, Project, utc
from test_equivalence import differences, opened

# The first test waits for two builds on a cluster of two small workers.
pytestmark = [pytest.mark.engine("spark"), pytest.mark.timeout(1800)]

SOURCES = ("events", "synapscale")
MODELS_ONLY = ("--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
# Of the tests, those that follow usage from what was received to the marts: they read what Spark
# wrote and dropped. The SQL of the others is the same everywhere, and each costs Spark seconds.
MODELS_AND_TOTALS = (
    *("--indirect-selection", "empty"),
    *("--select", "resource_type:model", "resource_type:seed", "resource_type:snapshot"),
    "assert_every_received_version_is_accounted_for",
    "assert_facts_keep_every_attempt_and_token",
    "assert_daily_usage_equals_attempts",
    "assert_cost_changes_equal_the_daily_fact",
)
SETTING = "spark.sql.decimalOperations.allowPrecisionLoss"
MakeProject = Callable[..., Project]


def call(event_id: str, started_at: str, **columns: Any) -> dict[str, Any]:
    """Return a call of gpt-4o."""
    return {
        "event_id": event_id,
        "started_at": utc(started_at),
        "provider_name": "openai",
        "request_model": "gpt-4o",
        "input_tokens": 100,
        "output_tokens": 10,
        "workspace_id": "alpha",
    } | columns


def load_first(project: Project) -> None:
    """Load the calls of tests/fixtures/hand_worked, a call alone on its day, an application."""
    events = project.path / "tests" / "fixtures" / "hand_worked" / "events.csv"
    project.load(events, loaded_at="2026-11-20T00:00:00+00:00")
    project.load([call("alone", "2026-09-05T09:00:00")], loaded_at="2026-11-20T01:00:00+00:00")
    folder = write_folder(project.path / "data" / "export", application())
    project.load_folder(folder, load_mode="full", loaded_at="2025-04-01T02:00:00+00:00")


def load_second(project: Project) -> None:
    """Load a new and a late call and one that has moved, then send an old version again; of the
    application another price, and its calls without one.
    """
    clock = utc("2026-11-21T00:00:00")
    changed = [
        call("new", "2026-11-21T09:00:00"),
        call("late", "2026-07-29T09:00:00"),
        call("alone", "2026-09-06T09:00:00", source_updated_at=clock),
    ]
    project.load(changed, loaded_at="2026-11-22T00:00:00+00:00")
    replayed = [call("alone", "2026-09-05T09:00:00"), call("another", "2026-11-21T10:00:00")]
    project.load(replayed, loaded_at="2026-11-23T00:00:00+00:00")
    rows = application()
    rows["llms"][0] = llm("l1", "gpt-4o", "openai", 0.000004, 0.000015) | {
        "updated_at": "2025-04-01T12:00:00Z"
    }
    del rows["usage_logs"][0]
    folder = write_folder(project.path / "data" / "second_export", rows)
    project.load_folder(folder, load_mode="full", loaded_at="2025-04-02T02:00:00+00:00")


@pytest.fixture(scope="module")
def built(make_project: MakeProject) -> tuple[Project, Project]:
    """A full and an incremental build on Spark, and on DuckDB from the same files; read only."""
    spark = make_project("spark_runs", SOURCES, "spark", PINNED)
    duckdb = make_project("spark_twin", SOURCES, vars=PINNED)
    for load, selected in ((load_first, MODELS_ONLY), (load_second, MODELS_AND_TOTALS)):
        load(spark)
        shutil.copytree(spark.raw_dir, duckdb.raw_dir, dirs_exist_ok=True)
        spark.dbt("build", *selected)
        duckdb.dbt("build", *MODELS_ONLY)
    return spark, duckdb


@pytest.fixture
def on_spark(built: tuple[Project, Project]) -> Project:
    return built[0]


@pytest.fixture
def on_duckdb(built: tuple[Project, Project]) -> Project:
    return built[1]


def test_a_full_and_an_incremental_build_give_what_duckdb_gives(
    on_spark: Project, on_duckdb: Project
) -> None:
    assert differences(on_spark, on_duckdb) == []
    with opened(on_spark, "spark") as target:
        rows = {name: found.rows for name, found in hash_marts(target).items()}
    assert len(rows) > 15
    assert rows["fct_llm_usage"] > 30


def test_the_incremental_build_computed_only_what_the_second_load_changed(
    on_spark: Project, on_duckdb: Project
) -> None:
    restatements = (
        "select usage_date, restatement_reason from marts.usage_restatements"
        " where restatement_reason <> 'first_build' order by 1"
    )
    found = on_spark.query(restatements)
    assert found == on_duckdb.query(restatements)
    assert {str(day) for day, _ in found} >= {"2026-07-29", "2026-09-05", "2026-09-06"}
    assert "2026-11-02" not in {str(day) for day, _ in found}
    days = on_spark.query("show partitions marts.fct_llm_usage")
    assert ("usage_date=2026-09-05",) not in days
    assert ("usage_date=2026-09-06",) in days


def test_a_mart_has_the_types_of_its_contract(on_spark: Project) -> None:
    described = dict(row[:2] for row in on_spark.query("describe marts.fct_llm_usage") if row[1])
    assert described["list_cost"] == "decimal(28,15)"
    assert described["started_at"] == "timestamp"
    assert described["usage_date"] == "date"
    assert described["attempt_number"] == "int"


def test_a_snapshot_whose_swap_was_cut_short_is_healed_by_the_next_run(on_spark: Project) -> None:
    snapshot = (
        "select app_llm_id, dbt_valid_from from snapshots.snap_synapscale__llms order by 1, 2"
    )
    before = on_spark.query(snapshot)
    assert len(before) == 4
    on_spark.query(
        "alter table snapshots.snap_synapscale__llms"
        " rename to snapshots.snap_synapscale__llms__dbt_new"
    )
    on_spark.dbt("snapshot")
    assert on_spark.query(snapshot) == before
    names = on_spark.query("show tables in " + f"{on_spark.spark.name}_snapshots")
    assert [name for _, name, _ in names] == ["snap_synapscale__llms"]


def test_a_session_that_would_round_costs_is_refused(on_spark: Project) -> None:
    profile = on_spark.path / "profiles.yml"
    text = profile.read_text()
    try:
        profile.write_text(re.sub(rf'"set:{SETTING}": "false"', f'"set:{SETTING}": "true"', text))
        refused = on_spark.dbt("run", "--select", "dim_dates", check=False)
    finally:
        profile.write_text(text)
    message = " ".join(refused.stdout.split())
    assert refused.returncode != 0
    assert f"{SETTING} is true, and a product of decimals would lose digits of a cost" in message
    assert f'Write "set:{SETTING}": "false" under server_side_parameters' in message
    assert "START sql table model" not in message


def test_a_table_that_is_not_of_raw_files_is_not_dropped(on_spark: Project) -> None:
    schema = f"{on_spark.spark.name}_theirs"
    on_spark.query(f"create schema {schema}")
    on_spark.query(f"create table {schema}.llm_usage_events using parquet as select 1 as id")
    refused = on_spark.dbt("run", "--select", "dim_dates", vars={"raw_schema": schema}, check=False)
    assert "llm_usage_events is a table that this project did not make" in refused.stdout
    assert on_spark.query(f"select id from {schema}.llm_usage_events") == [(1,)]
