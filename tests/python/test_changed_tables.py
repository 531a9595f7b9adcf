"""A table whose columns another program changed stops the next run; nothing is built."""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import pytest
from support.project import ON_EACH_ENGINE, Project, utc
from test_spark import call

MODELS_ONLY = ("--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
VARS = {"as_of": "2026-11-01", "max_unpriced_token_share": 1}
MakeProject = Callable[..., Project]


@pytest.fixture(scope="module", params=ON_EACH_ENGINE)
def built(request: pytest.FixtureRequest, make_project: MakeProject) -> Project:
    """A warehouse of one call, and a second call that waits in the raw area."""
    project = make_project("changed_tables", engine=request.param)
    project.load([call("a", "2026-10-01T09:00:00")], loaded_at=utc("2026-10-02T00:00:00"))
    project.dbt("build", "--quiet", *MODELS_ONLY, vars=VARS)
    project.load([call("b", "2026-10-03T09:00:00")], loaded_at=utc("2026-10-04T00:00:00"))
    return project


def change(project: Project, statement: str) -> None:
    """Run a statement on the warehouse, as another program would."""
    if project.postgres:
        with project.postgres.connect() as connection, connection.cursor() as cursor:
            cursor.execute(statement)
    else:
        with duckdb.connect(str(project.database)) as connection:
            connection.execute(statement)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (
            "alter table marts.llm_costs_daily drop column list_cost",
            "marts.llm_costs_daily: column list_cost is missing.",
        ),
        (
            "alter table marts.cost_per_token alter column requests type varchar",
            "marts.cost_per_token: column requests is",
        ),
    ],
)
def test_a_run_stops_before_it_adds_to_a_changed_table(
    built: Project, statement: str, message: str
) -> None:
    change(built, statement)
    stopped = built.dbt("build", "--quiet", *MODELS_ONLY, vars=VARS, check=False)
    assert stopped.returncode == 2
    assert message in stopped.stdout
    assert "Run `dbt build --full-refresh` once" in " ".join(stopped.stdout.split())
    days = "select count(*) from marts.fct_llm_usage"
    assert built.query(days) == [(1,)]
    mart = message.split(":")[0]
    built.dbt("run", "--quiet", "--full-refresh", "--select", mart.split(".")[1], vars=VARS)
    assert built.query(f"select count(*) from {mart}") == [(1,)]


def test_the_mended_warehouse_takes_the_waiting_call_in(built: Project) -> None:
    built.dbt("build", "--quiet", *MODELS_ONLY, vars=VARS)
    (row,) = built.query(
        "select count(*), count(list_cost), sum(list_cost) from marts.llm_costs_daily"
    )
    assert row[:2] == (2, 2)
    assert row[2] == built.query("select sum(list_cost) from marts.fct_llm_usage")[0][0]
