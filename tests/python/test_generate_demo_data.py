"""The demonstration is the same on every run, hangs together, and its key tells what is in it."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import generate_demo_data
import pytest
import yaml
from demo_data.files import declared_types
from demo_data.prices import FEMTO, ListPrices
from demo_data.world import make_users, us
from support.project import REPOSITORY, clean_environment

ROWS = 3_000
LOADS = ("load_1_2024-12-01", "load_2_2025-04-01", "load_3_2025-08-01")
WHOLE = {
    *("llms", "users", "workspaces", "workspace_members", "agents", "user_variables"),
    *("workflows", "tenants", "plans", "subscriptions", "coupons"),
}
NEW = {
    *("usage_logs", "messages", "conversations", "conversation_llms", "message_feedbacks"),
    *("tags", "billing_events", "invoices", "analytics_events", "workflow_executions"),
}
Query = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("demo")
    generate_demo_data.write(generate_demo_data.make_demo(ROWS), out)
    return out


@pytest.fixture(scope="module")
def dirty_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dirty")
    generate_demo_data.write(generate_demo_data.make_demo(ROWS, dirty=True), out)
    return out


@pytest.fixture(scope="module")
def key(folder: Path) -> dict[str, Any]:
    return read_key(folder)


def read_key(folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / "answer_key.json").read_text())
    return read


def opened(folder: Path) -> duckdb.DuckDBPyConnection:
    """Return views on the files: appended tables whole, of the others the last load's rows.

    Beside `usage_logs` stands `calls`: its rows without those whose clock is broken.
    """
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    for table in NEW:
        files = f"{folder}/*/synapscale/append/{table}.parquet"
        connection.execute(
            f"create view {table} as from read_parquet('{files}', union_by_name = true)"
        )
    for table in WHOLE:
        files = f"{folder}/{LOADS[-1]}/synapscale/full/{table}.parquet"
        connection.execute(f"create view {table} as from '{files}'")
    connection.execute(
        f"create view events as from '{folder}/*/events/append/llm_usage_events.parquet'"
    )
    connection.execute("create view calls as from usage_logs where created_at < '2099-01-01'")
    for table in ("conversations", "conversation_llms", "invoices", "message_feedbacks"):
        order = "last_used_at" if table == "conversation_llms" else "updated_at"
        connection.execute(
            f"create view newest_{table} as from {table}"
            f" qualify row_number() over (partition by id order by {order} desc) = 1"
        )
    return connection


@pytest.fixture(scope="module")
def query(folder: Path) -> Query:
    connection = opened(folder)

    def run(sql: str) -> list[tuple[Any, ...]]:
        return connection.execute(sql).fetchall()

    return run


def nothing(query: Query, sql: str) -> None:
    """Fail with the first rows of a query that must find none."""
    assert query(f"{sql} limit 5") == []


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*.*"))
    }


# ---- the files -----------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [[], ["--dirty"]], ids=["clean", "dirty"])
def test_same_arguments_give_the_same_bytes(tmp_path: Path, options: list[str]) -> None:
    """Neither the order of a hash nor what ran before in the process may reach the files."""
    for name in ("1", "2"):
        subprocess.run(
            [
                *(sys.executable, str(REPOSITORY / "scripts" / "generate_demo_data.py")),
                *("--rows", "2000", "--out", str(tmp_path / name), *options),
            ],
            env=clean_environment(PYTHONHASHSEED=name),
            check=True,
            capture_output=True,
        )
    first = digests(tmp_path / "1")
    assert first == digests(tmp_path / "2")
    assert len(first) > 60
    if not options:
        here = tmp_path / "3"
        generate_demo_data.write(generate_demo_data.make_demo(2_000), here)
        assert digests(here) == first


def test_every_table_has_its_files_and_only_declared_columns(folder: Path) -> None:
    for load in LOADS:
        assert {path.stem for path in (folder / load / "synapscale/full").iterdir()} == WHOLE
        assert {path.stem for path in (folder / load / "synapscale/append").iterdir()} == NEW
    assert len(WHOLE | NEW) == 21
    for source in ("synapscale", "events"):
        for path in sorted(folder.glob(f"*/{source}/*/*.parquet")):
            columns = duckdb.sql(f"describe from '{path}'").fetchall()
            declared = declared_types(source)[path.stem]
            assert {name for name, *_ in columns} <= declared.keys(), path


def test_the_first_loads_lack_the_columns_of_newer_versions(folder: Path) -> None:
    for table, column in (("usage_logs", "tenant_id"), ("conversations", "tenant_id")):
        for load, has_it in zip(LOADS, (False, True, True), strict=True):
            path = folder / load / "synapscale/append" / f"{table}.parquet"
            assert (column in duckdb.sql(f"from '{path}' limit 0").columns) == has_it


def test_rows_are_as_many_as_asked_for(query: Query) -> None:
    assert query(
        "select (select count(*) from usage_logs) + (select count(*) from events),"
        " (select count(*) from events)"
    ) == [(ROWS, ROWS * 8 // 100)]


def test_usage_fills_the_window_and_no_row_is_younger_than_its_load(
    folder: Path, query: Query
) -> None:
    assert query(
        "select min(created_at)::date, max(created_at)::date, count(distinct date_trunc('month',"
        " created_at)) from calls"
    ) == [(date(2024, 7, 1), date(2025, 7, 31), 13)]
    for load in LOADS:
        for table, column in (("usage_logs", "created_at"), ("messages", "created_at")):
            path = folder / load / "synapscale/append" / f"{table}.parquet"
            late = duckdb.sql(
                f"select count(*) from '{path}' where {column} < '2099-01-01'"
                f" and {column} > timestamptz '{load[-10:]} 02:00:00+00'"
            ).fetchall()
            assert late == [(0,)]


# ---- the tables hang together --------------------------------------------------------------------


def test_every_call_answers_a_message_of_its_conversation_and_user(query: Query) -> None:
    nothing(
        query,
        "select usage_logs.id from usage_logs"
        " left join messages on usage_logs.message_id = messages.id"
        " left join newest_conversations as talks on usage_logs.conversation_id = talks.id"
        " where messages.conversation_id is distinct from usage_logs.conversation_id"
        " or messages.role is distinct from 'assistant'"
        " or talks.user_id is distinct from usage_logs.user_id"
        " or usage_logs.workspace_id <> talks.workspace_id",
    )
    nothing(query, "select id from usage_logs group by id having count(*) > 1")
    nothing(query, "select id from messages group by id having count(*) > 1")


def test_counters_of_conversations_are_the_sums_of_their_calls(query: Query) -> None:
    nothing(
        query,
        """
        with used as (
            select
                conversation_id, llm_id, sum(input_tokens) as input_tokens,
                sum(output_tokens) as output_tokens, sum(cost_usd) as cost_usd,
                count(*) filter (where status = 'success') as messages
            from calls group by all
        )
        select * from used
        full join newest_conversation_llms as told
            on used.conversation_id = told.conversation_id and used.llm_id = told.llm_id
        where used.input_tokens is distinct from told.total_input_tokens
            or used.output_tokens is distinct from told.total_output_tokens
            or used.messages is distinct from told.message_count
            or not abs(used.cost_usd - told.total_cost_usd) < 1e-9
        """,
    )
    nothing(
        query,
        """
        with used as (
            select conversation_id, sum(total_tokens) as tokens from calls group by all
        ),
        written as (
            select conversation_id, count(*) as messages, sum(tokens_used) as tokens
            from messages group by all
        )
        select * from newest_conversations as talks
        full join used on talks.id = used.conversation_id
        full join written on talks.id = written.conversation_id
        where talks.total_tokens_used is distinct from used.tokens
            or talks.total_tokens_used is distinct from written.tokens
            or talks.message_count is distinct from written.messages
        """,
    )


def test_people_belong_to_the_workspaces_they_use(query: Query) -> None:
    nothing(
        query,
        """
        select talks.id
        from newest_conversations as talks
        left join workspace_members as members
            on talks.user_id = members.user_id and talks.workspace_id = members.workspace_id
        where talks.workspace_id is not null
            and talks.user_id in (select id from users)
            and not (
                members.joined_at <= talks.created_at
                and talks.last_message_at < coalesce(members.left_at, 'infinity')
            )
        """,
    )
    nothing(
        query,
        """
        select workspaces.id from workspaces
        left join workspace_members as members
            on workspaces.id = members.workspace_id and workspaces.owner_id = members.user_id
        where members.role is distinct from 'owner' or members.left_at is not null
        """,
    )
    nothing(query, "select * from workspace_members where user_id not in (select id from users)")
    nothing(
        query,
        "select workspaces.id from workspaces left join workspace_members as members"
        " on workspaces.id = members.workspace_id and members.left_at is null"
        " group by workspaces.id, member_count having count(members.id) <> member_count",
    )


def test_charges_equal_the_calls_they_are_for(query: Query) -> None:
    nothing(
        query,
        """
        select charges.id from billing_events as charges
        left join calls on charges.related_usage_log_id = calls.id
        where charges.event_type = 'usage' and (
            charges.amount_usd is distinct from calls.cost_usd
            or charges.user_id is distinct from calls.user_id
            or charges.related_message_id is distinct from calls.message_id
            or calls.user_api_key_used
        )
        """,
    )
    assert query("select count(*) > 500 from billing_events where event_type = 'usage'") == [
        (True,)
    ]
    assert dict(query("select event_type, count(*) from billing_events group by 1")) | {
        "usage": 0
    } == {"usage": 0, "subscription": 26, "credit": 1, "refund": 3}


def test_invoices_add_up_and_hold_the_charges_of_their_month(query: Query) -> None:
    nothing(
        query,
        """
        with lines as (
            select
                id, subtotal, tax_amount, discount_amount, total_amount,
                list_sum(
                    list_transform(
                        json_extract_string(items, '$[*].amount'), lambda a: a::decimal(20, 2)
                    )
                ) as items_total
            from newest_invoices
        )
        select * from lines
        where items_total <> subtotal or total_amount <> subtotal - discount_amount + tax_amount
        """,
    )
    nothing(
        query,
        """
        with charged as (
            select invoice_id, sum(amount_usd::decimal(28, 15)) as amount
            from billing_events group by all
        )
        select * from newest_invoices as invoices
        full join charged on invoices.id = charged.invoice_id
        where not abs(charged.amount - invoices.subtotal) <= 0.02
        """,
    )
    assert query("select count(*), count(distinct invoice_number) from newest_invoices") == [
        (26, 26)
    ]


def test_runs_of_workflows_hold_their_calls(query: Query) -> None:
    nothing(
        query,
        """
        select events.event_id from events
        left join workflow_executions as runs on events.workflow_execution_id = runs.id
        left join workflows on runs.workflow_id = workflows.id
        where not (events.started_at >= runs.started_at and events.ended_at <= runs.completed_at)
            or runs.id is null
            or events.workspace_id is distinct from workflows.workspace_id
            or events.agent_id not in (select id from agents)
            or events.user_id <> runs.user_id
        """,
    )
    nothing(
        query,
        "select workflows.id from workflows"
        " left join workflow_executions as runs on workflows.id = runs.workflow_id"
        " group by workflows.id, execution_count having count(runs.id) <> execution_count",
    )
    nothing(
        query,
        "select id from workflow_executions where completed_nodes + failed_nodes > total_nodes"
        " or abs(actual_duration - epoch(completed_at - started_at)) > 0.001",
    )


def test_feedback_and_tags_are_about_something(query: Query) -> None:
    nothing(
        query,
        "select * from message_feedbacks where message_id not in"
        " (select id from messages where role = 'assistant' and status <> 'error')",
    )
    targets = {
        "conversation": "conversations",
        "message": "messages",
        "user": "users",
        "workspace": "workspaces",
    }
    for kind, table in targets.items():
        # Who was erased later was there when the tag was set.
        nothing(
            query,
            f"select * from tags where target_type = '{kind}'"
            f" and target_id not in (select id from {table})"
            " and target_id not in (select user_id from conversations)",
        )
    assert {kind for (kind,) in query("select distinct target_type from tags")} == set(targets)


# ---- it looks like real use ----------------------------------------------------------------------


def test_a_few_users_make_most_calls_in_office_hours_of_their_zone(query: Query) -> None:
    ((users, top, weekend),) = query(
        """
        with by_user as (select user_id, count(*) as n from calls group by all)
        select
            count(*), list_sum(list_sort(list(n), 'desc')[:8]) / sum(n),
            (select avg((isodow(created_at) > 5)::int) from calls)
        from by_user
        """
    )
    assert users == 80
    assert 0.3 < top < 0.6
    assert 0.03 < weekend < 0.2
    hours = dict(
        query(
            "select tenants.slug, median(hour(calls.created_at)) from calls"
            " join users on calls.user_id = users.id join tenants on users.tenant_id = tenants.id"
            " group by 1"
        )
    )
    assert hours["meridian"] >= hours["harbour"] + 4
    ((before, after),) = query(
        "select count(*) filter (where created_at < '2024-09-01'),"
        " count(*) filter (where created_at >= '2025-06-01') from calls"
    )
    assert after > 1.5 * before


def test_failures_are_followed_by_a_retry_or_another_llm(query: Query) -> None:
    followed = dict(
        query(
            """
            select
                case when good.llm_id = bad.llm_id then 'retry' else 'fallback' end, count(*)
            from calls as bad
            join calls as good
                on bad.message_id = good.message_id
                and bad.status <> 'success' and good.status = 'success'
                and good.created_at > bad.created_at
            group by 1
            """
        )
    )
    assert followed["retry"] > followed["fallback"] > 0
    words = dict(query("select status, count(*) from calls group by 1"))
    assert set(words) == {"success", "error", "timeout", "failed"}
    assert words["success"] > 0.95 * sum(words.values())


def test_llms_are_used_from_the_day_they_are_offered(query: Query) -> None:
    assert query("select count(distinct llm_id) from calls") == [(12,)]
    nothing(
        query,
        "select llms.name from calls join llms on calls.llm_id = llms.id"
        " where calls.created_at < llms.created_at"
        " or (not llms.is_active and calls.created_at >= llms.updated_at + interval '10 minutes')",
    )
    first = dict(
        query(
            "select llms.name, min(calls.created_at)::date from calls"
            " join llms on calls.llm_id = llms.id group by 1"
        )
    )
    assert first["grok-2"] >= date(2024, 12, 1)
    assert first["llama-3.1-405b"] >= date(2024, 7, 23)


def test_costs_are_the_application_s_float_products_but_where_planted(
    folder: Path, query: Query
) -> None:
    """Rows whose cost is not the product at the price of the day: rounded, running total, stale."""
    connection = opened(folder)
    connection.execute(
        f"create view versions as select distinct id, cost_per_token_input as per_input,"
        f" cost_per_token_output as per_output, updated_at"
        f" from read_parquet('{folder}/*/synapscale/full/llms.parquet', union_by_name = true)"
    )
    rows = connection.execute(
        """
        select
            calls.created_at, calls.cost_usd,
            calls.input_tokens * versions.per_input + calls.output_tokens * versions.per_output,
            users.tenant_id = (select id from tenants where slug = 'harbour')
        from calls
        join users on calls.user_id = users.id
        asof join versions on calls.llm_id = versions.id
            and calls.created_at >= case
                when versions.updated_at >= '2025-05-01' then timestamptz '2024-06-03 08:00:00+00'
                else versions.updated_at
            end
        where not calls.user_api_key_used
        """
    ).fetchall()
    assert len(rows) > 2_000
    odd = [row for row in rows if row[1] != row[2]]
    for created_at, cost, product, is_harbour in odd:
        month = f"{created_at:%Y-%m}"
        is_rounded = is_harbour and month < "2024-09" and cost == round(product, 6)
        is_running = "2025-02" <= month < "2025-05" and abs(cost - product) < 1e-12
        is_stale = f"{created_at:%Y-%m-%d}" in {
            *("2024-11-15", "2024-11-16"),
            *("2025-03-10", "2025-03-11"),
        }
        assert is_rounded or is_running or is_stale, created_at
    assert len(odd) > 50


# ---- what the key says ---------------------------------------------------------------------------


def test_the_key_counts_what_the_files_hold(query: Query, key: dict[str, Any]) -> None:
    found = {
        month: figures
        for month, *figures in query(
            "select strftime(created_at, '%Y-%m'), count(*), sum(input_tokens)::bigint,"
            " sum(output_tokens)::bigint, count(*) filter (where status <> 'success'),"
            " count(*) filter (where user_api_key_used) from calls group by 1"
        )
    }
    names = ("accepted_rows", "input_tokens", "output_tokens", "error_rows", "own_key_rows")
    told = key["usage"]["synapscale"]
    assert found == {
        month: [counts[name] for name in names] for month, counts in told["by_month"].items()
    }
    assert told["rejected"] == {"future_start": 6}
    assert told["raw_rows"] == ROWS - ROWS * 8 // 100
    costs = [cost for (cost,) in query("select cost_usd from calls")]
    quantum = Decimal("1e-15")
    total = sum(Decimal(repr(cost)).quantize(quantum) for cost in costs)
    assert Decimal(told["total"]["reported_cost"]["USD"]) == total
    homeless = query(
        "select count(*) from calls join newest_conversations as talks"
        " on calls.conversation_id = talks.id"
        " where coalesce(calls.workspace_id, talks.workspace_id) is null"
    )
    assert homeless == [(told["unattributed"]["workspace"],)]
    assert told["unattributed"]["workspace"] > 0
    from_conversation = query("select avg((workspace_id is null)::int) from calls")
    assert 0.02 < from_conversation[0][0] < 0.06


def test_the_key_counts_the_runtime_s_events(query: Query, key: dict[str, Any]) -> None:
    told = key["usage"]["events"]
    assert query(
        """
        select
            count(*),
            sum(input_tokens + if(input_semantics = 'exclusive',
                cache_read_input_tokens + cache_write_5m_input_tokens, 0))::bigint,
            sum(output_tokens)::bigint, count(*) filter (where status = 'error'),
            count(*) filter (where user_id is null),
            count(*) filter (where request_model = 'atlas-mini-preview'),
            sum(input_tokens + output_tokens)
                filter (where request_model = 'atlas-mini-preview')::bigint,
            sum(reported_cost::decimal(28, 15))
        from events
        """
    ) == [
        (
            told["total"]["accepted_rows"],
            told["total"]["input_tokens"],
            told["total"]["output_tokens"],
            told["total"]["error_rows"],
            told["unattributed"]["user"],
            told["unpriced"]["unpriced_model"]["rows"],
            told["unpriced"]["unpriced_model"]["tokens"],
            Decimal(told["total"]["reported_cost"]["USD"]),
        )
    ]
    everything = sum(
        part["total"]["input_tokens"] + part["total"]["output_tokens"]
        for part in key["usage"].values()
    )
    unpriced = sum(part["total"]["unpriced_tokens"] for part in key["usage"].values())
    assert 0 < unpriced < everything / 100


def test_the_key_explains_every_reported_cost(key: dict[str, Any]) -> None:
    told = key["usage"]["synapscale"]["difference_reason"]
    expected = {
        *("equal", "float_noise", "own_key", "price_drift", "rounded_by_source"),
        "stale_app_price",
    }
    assert set(told) == expected
    assert sum(told.values()) == key["usage"]["synapscale"]["total"]["accepted_rows"]
    assert set(key["usage"]["events"]["difference_reason"]) <= {"equal", "own_key"}


def test_churners_stop_and_everybody_else_is_there_in_the_last_weeks(
    query: Query, key: dict[str, Any]
) -> None:
    last = dict(
        query(
            "select user_id, max(used_at) from ("
            " select user_id, created_at as used_at from calls"
            " union all select user_id, started_at from events where user_id is not null)"
            " group by 1"
        )
    )
    gone = {churner["user_id"]: churner for churner in key["churners"]}
    assert len(gone) == 6
    for user_id, churner in gone.items():
        assert f"{last[user_id]:%Y-%m-%d}" == churner["last_usage_at"][:10] < churner["gone_from"]
        assert churner["days_without_usage"] >= 60
    erased = {user["user_id"] for user in key["changes"]["deleted_users"]}
    staying = [at for user_id, at in last.items() if user_id not in gone.keys() | erased]
    assert len(staying) == 73
    assert min(staying).date() >= date(2025, 7, 1)


def test_spikes_stand_out(key: dict[str, Any]) -> None:
    assert {spike["kind"] for spike in key["spikes"]} == {"workspace", "user"}
    for spike in key["spikes"]:
        usual = spike["calls_of_four_weeks_before"] / 28
        assert len(spike["days"]) == len(spike["calls_by_day"])
        assert min(spike["calls_by_day"]) > 3 * usual


def test_dimensions_change_as_the_key_says(folder: Path, key: dict[str, Any]) -> None:
    def of_load(load: str, table: str, column: str, record_id: str) -> list[Any]:
        rows = duckdb.sql(
            f"select {column} from '{folder}/{load}/synapscale/full/{table}.parquet'"
            f" where id = '{record_id}'"
        ).fetchall()
        return [value for (value,) in rows]

    (renamed,) = key["changes"]["renamed_workspaces"]
    names = [of_load(load, "workspaces", "name", renamed["id"]) for load in LOADS]
    assert names == [[renamed["before"]], [renamed["before"]], [renamed["after"]]]
    (erased,) = key["changes"]["deleted_users"]
    assert erased["accepted_rows"] > 0
    present = [len(of_load(load, "users", "id", erased["user_id"])) for load in LOADS]
    assert present == [1, 1, 0]
    twins = duckdb.sql(
        f"select name, count(distinct tenant_id) from"
        f" '{folder}/{LOADS[0]}/synapscale/full/workspaces.parquet'"
        " group by 1 having count(*) > 1"
    ).fetchall()
    assert twins == [("Research", 2)]
    prices = {
        (load, name): price
        for load in ("load_0_2024-07-01", *LOADS)
        for name, price in duckdb.sql(
            f"select name, cost_per_token_input from '{folder}/{load}/synapscale/full/llms.parquet'"
        ).fetchall()
    }
    assert prices["load_0_2024-07-01", "gpt-4o"] == 0.000005
    assert prices[LOADS[0], "gpt-4o"] == 0.0000025
    assert prices[LOADS[0], "deepseek-chat"] == 0.00000014
    assert prices[LOADS[1], "deepseek-chat"] == 0.00000027
    assert {prices[load, "gemini-1.5-pro"] for load in LOADS} == {0.0000035}


def test_canaries_are_in_the_files_but_in_no_column_that_may_be_shown(
    folder: Path, key: dict[str, Any]
) -> None:
    """A canary that is nowhere proves nothing; one in a stored column is a fault of this data."""
    text = (REPOSITORY / "models/staging/synapscale/_synapscale__sources.yml").read_text()
    tables = {table["name"]: table for table in yaml.safe_load(text)["sources"][0]["tables"]}
    hidden, shown = [], []
    for path in sorted(folder.glob("*/synapscale/*/*.parquet")):
        for column in tables[path.stem]["columns"]:
            if column["data_type"] not in ("text", "json"):
                continue
            is_stored = column.get("config", {}).get("meta", {}).get("stored", True)
            stops = not is_stored or column["name"] in ("username", "full_name")
            names = duckdb.sql(f"from '{path}' limit 0").columns
            if column["name"] in names:
                rows = duckdb.sql(f"select distinct \"{column['name']}\" from '{path}'").fetchall()
                (hidden if stops else shown).extend(value for (value,) in rows if value)
    everything_hidden, everything_shown = "\n".join(hidden), "\n".join(shown)
    for kind, texts in key["canaries"].items():
        assert texts
        for canary in texts:
            assert canary in everything_hidden, kind
            assert canary not in everything_shown, kind


@pytest.mark.parametrize(
    ("provider", "model", "at", "component", "context", "per_million"),
    [
        ("openai", "gpt-4o", "2024-10-01T23:59:59", "input", 1, "5"),
        ("openai", "gpt-4o", "2024-10-02", "output", 1, "10"),
        ("openai", "gpt-4o", "2025-01-01", "cache_read", 1, "1.25"),
        ("google", "gemini-1.5-pro", "2024-09-30", "input", 128_000, "3.5"),
        ("google", "gemini-1.5-pro", "2024-10-01", "input", 128_000, "1.25"),
        ("google", "gemini-1.5-pro", "2024-10-01", "output", 128_001, "10"),
        ("deepseek", "deepseek-chat", "2025-02-01", "input", 1, "0.14"),
        ("deepseek", "deepseek-chat", "2025-03-01T16:29:59", "input", 1, "0.27"),
        ("deepseek", "deepseek-chat", "2025-03-01T16:30:00", "output", 1, "0.55"),
        ("Anthropic", " Claude-3-Haiku ", "2025-01-01", "cache_write_1h", 1, "0.5"),
    ],
)
def test_the_key_s_price_reader_finds_published_prices(
    provider: str, model: str, at: str, component: str, context: int, per_million: str
) -> None:
    prices = ListPrices({"openai", "google", "deepseek", "anthropic"})
    found = prices.resolve(provider, model, us(at))
    assert found is not None
    price = prices.unit_price(found, component, "standard", context, us(at))
    assert price == Decimal(per_million) * FEMTO / 1_000_000


# ---- the dirty demonstration ---------------------------------------------------------------------


def test_the_dirty_demonstration_is_the_clean_one_and_what_the_key_lists(
    folder: Path, dirty_folder: Path
) -> None:
    key = read_key(dirty_folder)
    planted: dict[tuple[str, str], int] = {}
    for defect in key["defects"]:
        place = (defect["source"], defect["table"])
        planted[place] = planted.get(place, 0) + len(defect["ids"])
        if defect["table"] in ("usage_logs", "llm_usage_events"):
            assert defect["outcome"] in {"accepted", "duplicate", "superseded", "rejected"}
            assert (defect["outcome"] == "rejected") == bool(defect["reason"])
    for source, table in (("synapscale", "usage_logs"), ("events", "llm_usage_events")):
        clean = f"read_parquet('{folder}/*/{source}/append/{table}.parquet', union_by_name = true)"
        dirty = clean.replace(str(folder), str(dirty_folder))
        counts = duckdb.sql(
            f"select (select count(*) from {dirty}) - (select count(*) from {clean}),"
            f" (select count(*) from (from {clean} except all from {dirty}))"
        ).fetchall()
        assert counts == [(planted[source, table], 0)]
    names = [(defect["source"], defect["table"], defect["name"]) for defect in key["defects"]]
    assert len(set(names)) == len(names) > 100


def test_refused_rows_are_few_enough_for_a_default_build(dirty_folder: Path) -> None:
    usage = read_key(dirty_folder)["usage"].values()
    refused = sum(sum(part["rejected"].values()) for part in usage)
    assert 40 < refused < 0.05 * sum(part["raw_rows"] for part in usage)
    reasons = {reason for part in usage for reason in part["rejected"]}
    assert reasons == {
        *("missing_event_id", "missing_time", "future_start", "ancient_start", "missing_tokens"),
        *("negative_tokens", "absurd_tokens", "buckets_exceed_input", "parts_exceed_output"),
        "conflicting_versions",
    }


# ---- the command ---------------------------------------------------------------------------------


def test_the_command_loads_what_it_writes_and_refuses_to_load_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = tmp_path / "data" / "raw"
    monkeypatch.setattr(
        sys, "argv", ["generate_demo_data.py", "--rows", "2000", "--dirty", "--raw-dir", str(raw)]
    )
    assert generate_demo_data.main() == 0
    key = read_key(tmp_path / "data" / "demo")
    expected = {
        (part["source"], table, part["loaded_at"][:10]): rows
        for part in key["loads"]
        for table, rows in part["rows"].items()
        if part["mode"] == "append"
    }
    found = {
        (source, table, str(loaded)): rows
        for source, table, loaded, rows in duckdb.sql(
            "select source_name, table_name, loaded_at::date, row_count"
            f" from '{raw}/load_manifest/*.parquet' where load_mode = 'append'"
        ).fetchall()
    }
    assert found == expected
    assert generate_demo_data.main() == 2
    assert "holds raw data already" in capsys.readouterr().err


def test_wrong_arguments_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for rows in ("1999", "1000001"):
        monkeypatch.setattr(
            sys, "argv", ["generate_demo_data.py", "--rows", rows, "--out", str(tmp_path / "x")]
        )
        assert generate_demo_data.main() == 2
        assert "between 2,000 and 1,000,000" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_names_of_people_are_all_different() -> None:
    users = make_users()
    assert len({user.name for user in users}) == len(users) == 80


def test_every_workspace_but_one_has_a_cost_centre(query: Query) -> None:
    seed = REPOSITORY / "seeds" / "dimensions" / "demo_cost_centers.csv"
    ids = {workspace_id for (workspace_id,) in query("select id from workspaces")}
    rows = duckdb.sql(f"select workspace_id, cost_center, valid_from from '{seed}'").fetchall()
    assert len(ids - {workspace_id for workspace_id, *_ in rows}) == 1
    assert {workspace_id for workspace_id, *_ in rows} < ids
    assert {day for *_, day in rows} == {date(2024, 7, 1), date(2025, 1, 1)}
