"""Source `synapscale`: an application's tables become usage, members and prices of their own."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from mart_export.marts import hash_marts
from support.application import (
    DEPLOYED_NAMES,
    OPTIONAL_TABLES,
    Rows,
    application,
    usage,
    without_columns,
    write_folder,
)
from support.project import Project

SOURCE = ("synapscale",)
LOADED_AT = "2025-04-01T02:00:00+00:00"
VARS: dict[str, Any] = {
    "as_of": "2025-05-01",
    "max_unpriced_token_share": 1,
    "max_rejected_row_share": 1,
}
WITHOUT_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
MakeProject = Callable[..., Project]


def complete() -> Rows:
    """Return the application with two calls more, whose counts do not add up."""
    rows = application()
    rows["usage_logs"] += [
        usage("total_only", input_tokens=0, output_tokens=0, total_tokens=1100),
        usage("wrong_total", total_tokens=1101),
    ]
    return rows


def older() -> Rows:
    """Return the application as it was before it had tenants, plans and invoices."""
    rows = without_columns(application(), "tenant_id", "plan_id")
    return {table: rows[table] for table in rows if table not in OPTIONAL_TABLES}


def loaded(project: Project, rows: Rows, loaded_at: str = LOADED_AT, **names: str) -> Project:
    """Load one whole export of the application."""
    folder = write_folder(project.path / "data" / f"export_{loaded_at[:10]}", rows, names)
    project.load_folder(folder, load_mode="full", loaded_at=loaded_at)
    return project


def run_models(project: Project, **vars: Any) -> None:
    """Build everything but the tests, which change no mart."""
    project.dbt("build", *WITHOUT_TESTS, vars=vars)


def refusal(project: Project, *arguments: str, **vars: Any) -> str:
    """Run a build that must fail, and return all it printed, on one line."""
    result = project.dbt("build", *arguments, vars=vars, check=False)
    assert result.returncode != 0, result.stdout
    return " ".join((result.stdout + result.stderr).split())


def hashes(project: Project) -> dict[str, str]:
    return {mart: found.sha256 for mart, found in hash_marts(project.database).items()}


@pytest.fixture(scope="module")
def built(make_project: MakeProject) -> Project:
    project = loaded(make_project("application", SOURCE, vars=VARS), complete())
    project.build(all_tests=True)
    return project


@pytest.fixture(scope="module")
def built_older(make_project: MakeProject) -> Project:
    """An application without tenants and optional tables, built with its data tests."""
    project = loaded(make_project("older", SOURCE, vars=VARS), older())
    project.build()
    return project


def test_each_call_is_charged_to_the_first_that_is_known(built: Project) -> None:
    assert built.query(
        "select event_id, tenant_id, workspace_id, user_id, agent_id, llm_id"
        " from marts.fct_llm_usage where event_id like 'g%' order by event_id"
    ) == [
        ("g1", "t1", "w1", "u1", "a1", "openai/gpt-4o"),
        ("g2", "t1", "w1", "u1", "a1", "anthropic/claude-3-haiku"),
        ("g3", "t2", "unattributed", "u2", "unattributed", "openai/gpt-4o"),
        ("g4", *["unattributed"] * 4, "openai/gpt-4o"),
        ("g5", "t1", "w1", "u1", "a1", "openai/gpt-4o"),
        ("g6", "t1", "w1", "u1", "a1", "openai/gpt-4o"),
        ("g7", "t1", "w1", "u1", "a1", "openai/gpt-4o"),
        ("g8", "t2", "w3", "u1", "a1", "unattributed/unattributed"),
        ("g9", "t2", "w2", "u3", "a1", "own cluster/home-grown"),
    ]


def test_cost_is_at_list_price_and_charged_where_the_platform_pays(built: Project) -> None:
    # gpt-4o in March 2025: 2.50 and 10.00 USD per million; claude-3-haiku 0.25 and 1.25.
    gpt, haiku = Decimal("0.0035"), Decimal("0.000375")
    assert built.query(
        "select event_id, status, billing_status, pricing_status, list_cost, billable_list_cost,"
        " reported_cost from marts.fct_llm_usage where event_id like 'g%' order by event_id"
    ) == [
        ("g1", "success", "billable", "priced", gpt, gpt, Decimal("0.0065")),
        ("g2", "success", "billable", "priced", haiku, haiku, haiku),
        ("g3", "success", "billable", "priced", gpt, gpt, Decimal("0.0065")),
        ("g4", "success", "billable", "priced", gpt, gpt, Decimal("0.0065")),
        ("g5", "success", "customer_owned", "priced", gpt, 0, 0),
        ("g6", "error", "failed_not_charged", "priced", Decimal("0.0025"), 0, 0),
        ("g7", "error", "billable", "priced", gpt, gpt, None),
        ("g8", "success", "billable", "unpriced_model", None, None, Decimal("0.0065")),
        ("g9", "success", "billable", "unpriced_model", None, None, Decimal("0.0065")),
    ]


def test_a_call_that_knows_only_its_total_is_refused(built: Project) -> None:
    assert built.query(
        "select source_record_id, rejection_reason, reported_cost from marts.rejected_llm_usage"
    ) == [("total_only", "missing_tokens", "0.006500000000000")]


def test_a_total_that_does_not_add_up_is_named_and_changes_nothing(built: Project) -> None:
    assert built.statuses()["test.llm_finops.assert_synapscale_totals_are_sums"] == "warn"
    assert built.query(
        "select input_tokens, output_tokens, total_tokens from marts.fct_llm_usage"
        " where event_id = 'wrong_total'"
    ) == [(1000, 100, 1100)]


def test_equal_names_stay_two_members(built: Project) -> None:
    assert built.query(
        "select tenant_id, tenant_name, plan_name from marts.dim_tenants"
        " where not is_inferred order by 1"
    ) == [("t1", "Acme", "Team"), ("t2", "Acme", "Team")]
    assert built.query(
        "select workspace_id, workspace_name, workspace_type, tenant_id, owner_user_id, is_inferred"
        " from marts.dim_workspaces where not is_unattributed order by 1"
    ) == [
        ("w1", "Research", "collaborative", "t1", "u1", False),
        ("w2", "Research", "collaborative", "t2", "u2", False),
        ("w3", None, "unknown", "unattributed", "unattributed", True),
    ]
    assert built.query(
        "select workspace_id, requests from marts.workspace_monthly_usage order by 1"
    ) == [("unattributed", 2), ("w1", 6), ("w2", 1), ("w3", 1)]


def test_the_applications_own_price_stands_beside_the_list_price(built: Project) -> None:
    # The application bills gpt-4o at 5 and 15 USD per million: 0.0065 for g1, g3, g4, g5, g7 and
    # wrong_total, 0.005 for g6, which has no output.
    assert built.query(
        "select llm_id, app_priced_requests, app_cost, list_cost_of_app_priced,"
        " app_price_difference, has_app_price_difference from marts.pricing_coverage order by 1"
    ) == [
        ("anthropic/claude-3-haiku", 1, Decimal("0.000375"), Decimal("0.000375"), 0, False),
        ("openai/gpt-4o", 7, Decimal("0.044"), Decimal("0.0235"), Decimal("0.0205"), True),
        ("own cluster/home-grown", 1, Decimal("0.0012"), None, None, False),
        ("unattributed/unattributed", 0, None, None, None, False),
    ]


def test_names_of_people_reach_no_mart(built: Project) -> None:
    tables = built.query(
        "select table_schema, table_name from information_schema.tables"
        " where table_schema in ('marts', 'intermediate', 'snapshots')"
    )
    assert ("marts", "dim_users") in tables
    shown = " union all ".join(
        f"select '{table}' from {schema}.{table} as row"
        " where regexp_matches(row::varchar, '(?i)adalina|bertrand|cleonice')"
        for schema, table in tables
    )
    assert built.query(shown) == []
    assert built.query("select distinct user_label from marts.dim_users") == [(None,)]


def test_the_deployed_names_build_the_same_marts(make_project: MakeProject, built: Project) -> None:
    project = loaded(make_project("deployed", SOURCE, vars=VARS), complete(), **DEPLOYED_NAMES)
    assert not (project.raw_dir / "synapscale" / "usage_logs").exists()
    run_models(project, synapscale_tables=DEPLOYED_NAMES)
    found, expected = hashes(project), hashes(built)
    # A load is known by its table's name too.
    assert {mart for mart in expected if found[mart] != expected[mart]} == {"load_audit"}
    assert len(found) >= 17 and found.keys() == expected.keys()


def test_an_application_without_tenants_and_optional_tables_is_whole(built_older: Project) -> None:
    assert built_older.query(
        "select tenant_id, requests from"
        " (select tenant_id, sum(requests) as requests from marts.fct_llm_usage_daily group by 1)"
    ) == [("unattributed", 9)]
    assert (
        built_older.query(
            "select workspace_name, plan_name from marts.dim_workspaces where not is_inferred"
        )
        == [("Research", None)] * 2
    )
    assert built_older.query("select tenant_id from marts.dim_tenants") == [("unattributed",)]


def create_tables(project: Project, origin: Project, *changes: str) -> None:
    """Copy what the loader wrote for `origin` to tables of schema `app`, and change them."""
    project.database.parent.mkdir(exist_ok=True)
    with duckdb.connect(str(project.database)) as connection:
        connection.execute("create schema raw; create schema app")
        folders = [("app", folder) for folder in (origin.raw_dir / "synapscale").iterdir()]
        for schema, folder in [*folders, ("raw", origin.raw_dir / "load_manifest")]:
            connection.execute(
                f"create table {schema}.{folder.name} as from read_parquet(?)",
                [str(folder / "*.parquet")],
            )
        for change in changes:
            connection.execute(change)


IN_TABLES = {"raw_location": "table", "synapscale_schema": "app"}


def test_tables_of_another_version_build_the_same_marts(
    make_project: MakeProject, built_older: Project
) -> None:
    tenants = [
        f"alter table app.{folder.name} drop column tenant_id"
        for folder in (built_older.raw_dir / "synapscale").iterdir()
        if folder.name not in {"llms", *OPTIONAL_TABLES}
    ]
    project = make_project("tables", SOURCE, vars=VARS)
    create_tables(
        project,
        built_older,
        *tenants,
        "alter table app.workspaces drop column plan_id",
        "alter table app.users add column favourite_colour varchar",
        "alter table app.users add column email varchar",
        "alter table app.workspace_members alter id type bigint",
        "alter table app.usage_logs alter cost_usd type decimal(20, 8)",
    )
    result = project.dbt("build", *WITHOUT_TESTS, vars=IN_TABLES)
    assert hashes(project) == hashes(built_older)
    # A column that is declared and never stored is no surprise.
    warning = "has columns that nobody declared, and that are not read: favourite_colour."
    assert " ".join(result.stdout.split()).count(warning) == 1


def test_a_missing_table_a_changed_type_and_a_missing_column_are_named_with_the_mend(
    make_project: MakeProject, built_older: Project
) -> None:
    project = make_project("spoilt", SOURCE, vars=VARS)
    create_tables(
        project,
        built_older,
        "drop table app.usage_logs",
        "drop table app.tags",
        "alter table app.llms alter cost_per_token_input type varchar",
        "alter table app.messages alter created_at type timestamp"
        " using created_at at time zone 'UTC'",
        "alter table app.agents drop column name",
    )
    message = refusal(project, **IN_TABLES)
    assert (
        "synapscale.tags: nothing at (select * from app.tags). Neither is there usage_logs."
        in message
    ) or (
        "synapscale.usage_logs: nothing at (select * from app.usage_logs). Neither is there tags."
        in message
    )
    assert "give them in var synapscale_tables" in message
    assert "leave synapscale out of var sources" in message
    assert (
        "synapscale.llms.cost_per_token_input: the type is varchar, declared is double" in message
    )
    assert (
        "synapscale.messages.created_at: the type is timestamp, declared is timestamptz" in message
    )
    assert "synapscale.agents.name: the column is missing" in message


@pytest.mark.parametrize(
    ("vars", "expected"),
    [
        (
            {"synapscale_tables": {"usage_log": "llms_usage_logs"}},
            "var synapscale_tables: there is no table `usage_log`",
        ),
        (
            {"user_label": "email"},
            "var user_label: there is no label `email`; there is none, username, full_name.",
        ),
    ],
    ids=["misspelt table", "unknown label"],
)
def test_a_var_that_names_nothing_is_refused(
    built_older: Project, vars: dict[str, Any], expected: str
) -> None:
    assert expected in refusal(built_older, **vars)


def columns_of_marts(project: Project) -> list[tuple[Any, ...]]:
    return project.query(
        "select table_name, column_name, data_type from information_schema.columns"
        " where table_schema = 'marts' order by table_name, ordinal_position"
    )


def test_an_empty_application_builds_empty_marts(make_project: MakeProject, built: Project) -> None:
    project = make_project("empty", SOURCE, vars=VARS)
    rows = application()
    folder = project.path / "data" / "empty"
    folder.mkdir(parents=True)
    for table in rows:
        names = [name for name, _ in project.declared_columns("synapscale", table)]
        header = ",".join(name for name in names if not name.startswith("_"))
        (folder / f"{table}.csv").write_text(header + "\n")
    project.load_folder(folder, load_mode="full", loaded_at="2025-03-01T02:00:00+00:00")
    project.build()
    counts = {name: found.rows for name, found in hash_marts(project.database).items()}
    members = {"dim_agents", "dim_tenants", "dim_users", "dim_workspaces"}
    assert {name for name, count in counts.items() if count} == {*members, "dim_llms", "load_audit"}
    assert {counts[name] for name in members} == {1}
    assert columns_of_marts(project) == columns_of_marts(built)
    # What comes after an empty build is a first build: nothing of it may be lost.
    loaded(project, complete())
    run_models(project)
    found, expected = hashes(project), hashes(built)
    # A full load is known by the one before it, too, and these marts name loads.
    name_loads = {"load_audit", "rejected_llm_usage", "usage_load_ledger"}
    assert {mart for mart in expected if found[mart] != expected[mart]} == name_loads


def test_without_the_application_its_dimensions_are_empty_and_typed(
    hand_worked_project: Project, built: Project
) -> None:
    assert columns_of_marts(hand_worked_project) == columns_of_marts(built)
    assert hand_worked_project.query("select * from marts.dim_workspace_members") == []
    assert (
        hand_worked_project.query(
            "select distinct table_schema from information_schema.tables"
            " where table_name like '%synapscale%'"
        )
        == []
    )


def test_var_user_label_chooses_the_name(built_older: Project) -> None:
    # Last of the tests of this project, because it changes it.
    models = ["stg_synapscale__users", "int_users_described", "dim_users"]
    built_older.dbt("run", "--select", *models, vars={"user_label": "full_name"})
    assert built_older.query(
        "select user_id, user_label from marts.dim_users where not is_inferred order by 1"
    ) == [("u1", "Adalina Example"), ("u2", "Bertrand Example"), ("u3", "Cleonice Example")]
