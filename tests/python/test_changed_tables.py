"""A mart whose columns another program changed is not added to: the next run names it."""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import pytest
from support.project import MODELS_ONLY, ON_EACH_ENGINE, PINNED, Project, utc
from test_spark import call

MakeProject = Callable[..., Project]


@pytest.fixture(scope="module", params=ON_EACH_ENGINE)
def built(request: pytest.FixtureRequest, make_project: MakeProject) -> Project:
    """A warehouse of one call, and a second call that waits in the raw area."""
    project = make_project("changed_tables", engine=request.param, vars=PINNED)
    project.load([call("a", "2026-10-01T09:00:00")], loaded_at=utc("2026-10-02T00:00:00"))
    project.dbt("build", "--quiet", *MODELS_ONLY)
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
    ("mart", "change_made"),
    [
        ("llm_costs_daily", "drop column list_cost"),
        ("cost_per_token", "alter column list_cost type varchar"),
    ],
)
def test_a_mart_with_other_columns_is_not_added_to(
    built: Project, mart: str, change_made: str
) -> None:
    change(built, f"alter table marts.{mart} {change_made}")
    stopped = built.dbt("run", "--quiet", check=False)
    assert stopped.returncode == 1
    assert mart in stopped.stdout
    said = " ".join(stopped.stdout.split())
    if built.postgres:
        assert "has other columns than its model" in said
        assert "run `dbt build --full-refresh` once" in said
    else:
        assert "Re-run the incremental model with `full_refresh: True`" in said
    assert built.query(f"select count(*) from marts.{mart}") == [(1,)]
    built.dbt("run", "--quiet", "--full-refresh", "--select", mart)


def test_after_a_full_refresh_of_those_marts_the_waiting_call_is_there(built: Project) -> None:
    built.dbt("build", "--quiet", *MODELS_ONLY)
    (row,) = built.query(
        "select count(*), count(list_cost), sum(list_cost) from marts.llm_costs_daily"
    )
    assert row[:2] == (2, 2)
    assert row[2] == built.query("select sum(list_cost) from marts.fct_llm_usage")[0][0]
