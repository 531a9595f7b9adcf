"""The demonstration comes out of the warehouse as its answer key says, which no model has seen."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from support.project import REPOSITORY, Project

OVERVIEW = REPOSITORY / "models" / "overview.md"
Key = dict[str, Any]


@pytest.fixture(scope="module")
def demo(make_project: Callable[..., Project]) -> Project:
    """A small demonstration, loaded and built with all its tests; read only."""
    project = make_project("demo", sources=("events", "synapscale"))
    project.script("generate_demo_data.py", "--rows", "12000")
    project.build(all_tests=True)
    return project


@pytest.fixture(scope="module")
def key(demo: Project) -> Key:
    found: Key = json.loads((demo.path / "data" / "demo" / "answer_key.json").read_text())
    return found


def test_the_scan_for_personal_data_reads_every_mart() -> None:
    scan = (REPOSITORY / "tests/integrity/assert_marts_hold_no_personal_data.sql").read_text()
    marts = {path.stem for path in (REPOSITORY / "models" / "marts").rglob("*.sql")}
    assert len(marts) > 15
    scanned = set(re.findall(r"^    '(\w+)',$", scan, flags=re.MULTILINE))
    assert scanned == marts - {"llm_usage_live"}


def test_the_doctor_finds_nothing_to_do(demo: Project) -> None:
    (newest,) = demo.query("select max(loaded_at) from marts.load_audit")[0]
    found = demo.script("doctor.py", "--now", str(newest)).stdout
    assert re.findall("^(?:warning|problem).*", found, re.MULTILINE) == []
    assert "nothing to mend" in found


def text_columns(demo: Project) -> list[tuple[str, str]]:
    """Return (relation, column) of every text column of the marts and of every stored table."""
    return demo.query("""
        select table_schema || '.' || table_name, column_name
        from information_schema.columns
        inner join information_schema.tables using (table_schema, table_name)
        where
            data_type = 'VARCHAR'
            and table_schema <> 'seeds'
            and (table_type = 'BASE TABLE' or table_schema = 'marts')
    """)


def test_thirteen_months_keep_every_row_token_and_cent(demo: Project, key: Key) -> None:
    found = {
        (source, month): row
        for source, month, *row in demo.query("""
            select
                source_system, strftime(usage_date, '%Y-%m'), count(*), sum(input_tokens),
                sum(output_tokens), count(*) filter (where status = 'error'),
                count(*) filter (where list_cost is null), sum(unpriced_tokens), sum(list_cost),
                sum(billable_list_cost), sum(reported_cost)
            from marts.fct_llm_usage
            group by all
        """)
    }
    expected = {
        (source, month): [
            counts["accepted_rows"],
            counts["input_tokens"],
            counts["output_tokens"],
            counts["error_rows"],
            counts["unpriced_rows"],
            counts["unpriced_tokens"],
            Decimal(counts["list_cost"]),
            Decimal(counts["billable_list_cost"]),
            sum(map(Decimal, counts["reported_cost"].values()), Decimal()),
        ]
        for source, usage in key["usage"].items()
        for month, counts in usage["by_month"].items()
    }
    assert len(expected) == 26
    assert found == expected


def test_the_months_add_up_in_every_mart_that_sums_them(demo: Project, key: Key) -> None:
    rows = sum(usage["total"]["accepted_rows"] for usage in key["usage"].values())
    cost = sum(Decimal(usage["total"]["list_cost"]) for usage in key["usage"].values())
    tokens = sum(
        usage["total"]["input_tokens"] + usage["total"]["output_tokens"]
        for usage in key["usage"].values()
    )
    for mart in (
        "fct_llm_usage_daily",
        "llm_costs_daily",
        "cost_per_token",
        "user_monthly_usage",
        "workspace_monthly_usage",
        "llm_efficiency_stats where is_all_workspaces",
    ):
        assert demo.query(
            f"select sum(requests), sum(total_tokens), sum(list_cost) from marts.{mart}"
        ) == [(rows, tokens, cost)], mart


def test_every_difference_between_reported_and_list_cost_has_its_planted_reason(
    demo: Project, key: Key
) -> None:
    for source, usage in key["usage"].items():
        found = dict(
            demo.query(
                "select difference_reason, sum(requests) from marts.cost_reconciliation"
                " where source_system = ? group by all",
                source,
            )
        )
        assert found == usage["difference_reason"], source
        costs = demo.query(
            "select difference_reason, sum(reported_cost), coalesce(sum(list_cost), 0)"
            " from marts.cost_reconciliation where source_system = ? group by all",
            source,
        )
        assert {reason: amounts for reason, *amounts in costs} == {
            reason: [Decimal(expected["reported_cost"]), Decimal(expected["list_cost"])]
            for reason, expected in usage["difference_costs"].items()
        }, source
        assert "unexplained" not in found
    lines = demo.query("select count(*), count(distinct usage_key) from marts.fct_reported_costs")
    assert lines[0][0] == lines[0][1] > 10_000


def test_the_clock_follows_the_usage_and_not_a_row_from_2099(demo: Project, key: Key) -> None:
    rejected = dict(
        demo.query(
            "select rejection_reason, count(*) from marts.rejected_llm_usage"
            " where source_system = 'synapscale' group by all"
        )
    )
    assert rejected == key["usage"]["synapscale"]["rejected"]
    assert rejected["future_start"] > 0
    assert demo.query("select max(date_day)::varchar from marts.dim_dates") == [("2025-07-31",)]
    # GPT-4o has cost 2.50 since October 2024; a clock in 2099 or in 2024 would not say so.
    assert demo.query(
        "select current_input_price from marts.dim_llms where llm_id = 'openai/gpt-4o'"
    ) == [(Decimal("0.000002500000000"),)]


def test_no_planted_secret_leaves_staging(demo: Project, key: Key) -> None:
    secrets = [text.lower() for texts in key["canaries"].values() for text in texts]
    assert len(secrets) > 300
    columns = text_columns(demo)
    assert len(columns) > 100
    found = [
        (relation, column)
        for relation, column in columns
        if demo.query(
            f'select 1 from (select distinct lower("{column}") as value from {relation}) as v,'
            " unnest(?) as s (secret) where contains(v.value, s.secret) limit 1",
            secrets,
        )
    ]
    assert found == []


def test_what_the_loader_drops_is_nowhere_in_the_raw_area(demo: Project, key: Key) -> None:
    stored = {"full_name", "username"}
    secrets = [
        text for kind, texts in key["canaries"].items() if kind not in stored for text in texts
    ]
    tables = sorted(path.parent for path in demo.raw_dir.glob("synapscale/*/*.parquet"))
    assert len(set(tables)) == 21
    for table in sorted(set(tables)):
        columns = demo.query(f"describe select * from read_parquet('{table}/*.parquet')")
        texts = [name for name, kind, *_ in columns if kind == "VARCHAR"]
        line = " || '|' || ".join(f"coalesce(\"{name}\", '')" for name in texts)
        assert (
            demo.query(
                f"select 1 from (select {line} as line from read_parquet('{table}/*.parquet')),"
                " unnest(?) as s (secret) where contains(line, s.secret) limit 1",
                secrets,
            )
            == []
        ), table.name


def test_an_address_and_a_key_in_a_mart_are_found_and_not_printed(
    demo: Project, tmp_path: Path
) -> None:
    shutil.copytree(demo.path, tmp_path / "llm_finops")
    project = Project(tmp_path / "llm_finops")
    with duckdb.connect(str(project.database)) as connection:
        connection.execute("update marts.dim_users set user_label = 'someone@example.org'")
        connection.execute("update marts.dim_agents set agent_name = 'sk-proj-' || repeat('a1', 9)")
        connection.execute("alter table marts.dim_tenants add column notes varchar")
    result = project.dbt("test", "--select", "assert_marts_hold_no_personal_data", check=False)
    assert project.failed_tests() == {"assert_marts_hold_no_personal_data"}
    for place in ("dim_users.user_label", "dim_agents.agent_name", "dim_tenants.notes"):
        assert place in result.stdout
    assert "someone@" not in result.stdout
    assert "a1a1" not in result.stdout


def test_the_changes_of_cost_add_up_over_the_year(demo: Project) -> None:
    changes, first, last = demo.query("""
        with monthly as (
            select date_trunc('month', reporting_date) as usage_month,
                sum(priced_components_cost) as cost
            from marts.fct_llm_usage_daily group by all
        )
        select
            (select sum(price_effect_cost + volume_effect_cost + mix_effect_cost)
                from marts.cost_change_drivers),
            arg_min(cost, usage_month), arg_max(cost, usage_month)
        from monthly
    """)[0]
    assert changes == last - first != 0


def test_a_price_cut_is_a_price_effect(demo: Project) -> None:
    effects = demo.query("""
        select sum(price_effect_cost), sum(change_in_cost)
        from marts.cost_change_drivers
        where usage_month = '2024-10-01' and llm_id = 'google/gemini-1.5-pro'
    """)
    # From 3.50 and 10.50 to 1.25 and 5.00 on the first of the month: more than half is gone.
    assert effects[0][0] < 0
    spent = demo.query("""
        select sum(priced_components_cost) from marts.cost_per_token
        where usage_month = '2024-10-01' and llm_id = 'google/gemini-1.5-pro'
    """)[0][0]
    assert -effects[0][0] > spent


def test_planted_churners_and_spikes_are_in_the_facts(demo: Project, key: Key) -> None:
    assert key["churners"]
    for churner in key["churners"]:
        last = demo.query(
            "select max(coalesce(started_at, ended_at)) from marts.fct_llm_usage where user_id = ?",
            churner["user_id"],
        )[0][0]
        assert last.isoformat().startswith(churner["last_usage_at"].removesuffix("Z")[:23])
    assert key["spikes"]
    for spike in key["spikes"]:
        calls = demo.query(
            f"select count(*) from marts.fct_llm_usage where {spike['kind']}_id = ?"
            " and source_system = 'synapscale' and list_contains(?, usage_date::varchar)",
            spike["id"],
            spike["days"],
        )
        assert calls == [(sum(spike["calls_by_day"]),)]


def hints() -> list[str]:
    """Return each query that README and `make build` show with dbt."""
    text = "".join((REPOSITORY / name).read_text() for name in ("README.md", "Makefile"))
    shown = re.findall(r'dbt show[^"]*--inline "(.*?)"', text.replace('\\"', '"'), flags=re.DOTALL)
    assert len(shown) >= 3
    return shown


@pytest.mark.parametrize("query", hints())
def test_what_dbt_shows_has_a_cost_and_cuts_nothing(demo: Project, query: str) -> None:
    """dbt show cuts after six columns, 20 characters of a text, three places of a number."""
    query = query.replace("requests_before > 0", "requests_before = 0")
    shown = demo.dbt("show", "--inline", query).stdout
    assert "_usd |" in shown
    assert re.search(r"\| +-?[\d,]+\.\d{2} \|", shown)
    assert "…" not in shown and "..." not in shown


def queries() -> list[str]:
    """Return each query that the overview offers to copy."""
    found = re.findall(r"```sql\n(.*?)```", OVERVIEW.read_text(), flags=re.DOTALL)
    assert len(found) >= 11
    return found


@pytest.mark.parametrize("query", queries())
def test_every_query_of_the_overview_has_an_answer(demo: Project, query: str) -> None:
    one_call = demo.query("select min(event_id) from marts.fct_llm_usage")[0][0]
    # Nothing is restated by a first build; test_restatement.py asks what later ones restated.
    query = query.replace("requests_before > 0", "requests_before = 0")
    assert demo.query(query.replace("EVENT_ID", one_call))
