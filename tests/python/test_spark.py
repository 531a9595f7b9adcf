"""The project on Spark: it builds, passes its tests and says what DuckDB says."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from application import application, write_folder
from project import Project

pytestmark = pytest.mark.engine("spark")

SOURCES = ("events", "synapscale")
VARS = {"as_of": "2026-12-01", "max_unpriced_token_share": 1, "max_rejected_row_share": 1}
SETTING = "spark.sql.decimalOperations.allowPrecisionLoss"
MakeProject = Callable[..., Project]


def loaded(project: Project) -> Project:
    """Load the calls of tests/fixtures/hand_worked, and a small application beside them."""
    events = project.path / "tests" / "fixtures" / "hand_worked" / "events.csv"
    project.load(events, loaded_at="2026-11-20T00:00:00+00:00")
    folder = write_folder(project.path / "data" / "export", application())
    project.load_folder(folder, load_mode="full", loaded_at="2025-04-01T02:00:00+00:00")
    return project


@pytest.fixture(scope="module")
def on_spark(make_project: MakeProject) -> Project:
    """A full build on Spark with its data tests; read only."""
    project = loaded(make_project("spark_full", SOURCES, engine="spark"))
    project.dbt("build", "--exclude-resource-type", "unit_test", vars=VARS)
    return project


@pytest.fixture(scope="module")
def on_duckdb(make_project: MakeProject) -> Project:
    """The same on DuckDB, without tests; read only."""
    project = loaded(make_project("spark_twin", SOURCES))
    project.dbt("build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "test", vars=VARS)
    return project


def relations(project: Project, layer: str) -> list[str]:
    sql = (
        "select table_name from information_schema.tables where table_schema = ? order by table_name"
    )
    return [name for (name,) in project.query(sql, layer)]


def test_every_mart_says_on_spark_what_it_says_on_duckdb(
    on_spark: Project, on_duckdb: Project
) -> None:
    marts = relations(on_duckdb, "marts")
    assert len(marts) > 15
    differing = {}
    for mart in marts:
        columns = [
            name
            for (name,) in on_duckdb.query(
                "select column_name from information_schema.columns"
                " where table_schema = 'marts' and table_name = ? order by ordinal_position",
                mart,
            )
            if name != "restated_at"
        ]
        query = f"select {', '.join(columns)} from marts.{mart}"
        expected, found = (
            sorted(map(repr, normal(project.query(query)))) for project in (on_duckdb, on_spark)
        )
        if expected != found:
            differing[mart] = [row for row in expected if row not in found][:2]
    assert differing == {}
    assert on_spark.query("select count(*) from marts.fct_llm_usage")[0][0] > 10


def normal(rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Decimals as the number they are: the driver tells no scale."""
    return [tuple(str(v.normalize()) if hasattr(v, "normalize") else v for v in row) for row in rows]


def test_a_mart_has_the_types_of_its_contract(on_spark: Project) -> None:
    described = dict(
        row[:2] for row in on_spark.query("describe marts.fct_llm_usage") if row[1]
    )
    assert described["list_cost"] == "decimal(28,15)"
    assert described["started_at"] == "timestamp"
    assert described["usage_date"] == "date"
    assert described["attempt_number"] == "int"


def test_a_snapshot_whose_swap_was_cut_short_is_healed_by_the_next_run(on_spark: Project) -> None:
    snapshot = "select app_llm_id, dbt_valid_from from snapshots.snap_synapscale__llms order by 1"
    before = on_spark.query(snapshot)
    assert len(before) == 3
    on_spark.query(
        "alter table snapshots.snap_synapscale__llms"
        " rename to snapshots.snap_synapscale__llms__dbt_new"
    )
    on_spark.dbt("snapshot", vars=VARS)
    assert on_spark.query(snapshot) == before
    names = on_spark.query("show tables in " + f"{on_spark.spark.name}_snapshots")
    assert [name for _, name, _ in names] == ["snap_synapscale__llms"]


def test_a_session_that_would_round_costs_is_refused(on_spark: Project) -> None:
    profile = on_spark.path / "profiles.yml"
    text = profile.read_text()
    try:
        profile.write_text(re.sub(rf'"set:{SETTING}": "false"', f'"set:{SETTING}": "true"', text))
        refused = on_spark.dbt("run", "--select", "dim_dates", vars=VARS, check=False)
    finally:
        profile.write_text(text)
    message = " ".join(refused.stdout.split())
    assert refused.returncode != 0
    assert f"{SETTING} is true, and a product of decimals would lose digits of a cost" in message
    assert f'Write "set:{SETTING}": "false" under server_side_parameters' in message
    assert "START sql table model" not in message


def test_a_table_that_is_not_of_raw_files_is_not_dropped(
    on_spark: Project, tmp_path: Path
) -> None:
    schema = f"{on_spark.spark.name}_theirs"
    on_spark.query(f"create schema {schema}")
    on_spark.query(f"create table {schema}.llm_usage_events using parquet as select 1 as id")
    refused = on_spark.dbt(
        "run", "--select", "dim_dates", vars=VARS | {"raw_schema": schema}, check=False
    )
    assert "llm_usage_events is a table that this project did not make" in refused.stdout
    assert on_spark.query(f"select id from {schema}.llm_usage_events") == [(1,)]
