"""Which rows each load brings, and how they are written: one Parquet file a table.

Instants are microseconds since 1970-01-01T00:00Z in the rows, `timestamptz` in the files.
"""

from __future__ import annotations

import csv
import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml
from raw_area import ROOT, quoted

from demo_data import activity, dimensions
from demo_data.activity import Window
from demo_data.billing import Billing, coupon_rows, subscription_rows
from demo_data.runtime import RuntimeGenerator, execution_rows
from demo_data.usage import UsageGenerator
from demo_data.world import DAY, User, demo_id, iso, us

Row = dict[str, Any]
Tables = dict[str, list[Row]]
EVENTS, SYNAPSCALE = "events", "synapscale"
USAGE_TABLE = {EVENTS: "llm_usage_events", SYNAPSCALE: "usage_logs"}
# The catalogue of LLMs was exported once when the warehouse was set up, all tables from then on.
LOADED_AT = (
    us("2024-07-01T02:00:00"),
    us("2024-12-01T02:00:00"),
    us("2025-04-01T02:00:00"),
    us("2025-08-01T02:00:00"),
)
# The version of the application behind the first loads lacked these columns.
NEWER_FROM = 2
NEWER_COLUMNS = {
    "llms": {"status", "health_status", "response_time_avg_ms", "availability_percentage"},
    "usage_logs": {"tenant_id"},
    "messages": {"tenant_id"},
    "conversations": {"tenant_id"},
    "billing_events": {"tenant_id"},
}
# Rows whose clock is broken: dated in the future, refused, and no reason to move `as_of`.
FUTURE_FROM = us("2099-03-01T00:00:00")
FUTURE_ROWS_PER_LOAD = 2
FUTURE_ROWS = FUTURE_ROWS_PER_LOAD * len(LOADED_AT[1:])


@dataclass
class Load:
    """One load: its number, its instant, and the rows of each (source, mode) by table."""

    number: int
    at: int
    parts: dict[tuple[str, str], Tables] = field(default_factory=dict)

    def folder(self, source: str, mode: str) -> Path:
        """Return the folder of a part, relative to where all files go."""
        return Path(f"load_{self.number}_{iso(self.at)[:10]}") / source / mode

    @property
    def usage_logs(self) -> list[Row]:
        return self.parts[SYNAPSCALE, "append"]["usage_logs"]

    @property
    def events(self) -> list[Row]:
        return self.parts[EVENTS, "append"]["llm_usage_events"]


def future_rows(generator: UsageGenerator, number: int, window: Window) -> list[Row]:
    """Return a load's calls whose time is broken; they are nobody else's copies."""
    inside = [call for call in generator.calls if call.created in window]
    rows = []
    for place in range(FUTURE_ROWS_PER_LOAD):
        row = activity.usage_log_row(inside[len(inside) * (place + 1) // 4])
        row["id"] = demo_id("future_usage_log", f"{number}:{place}")
        row["created_at"] = FUTURE_FROM + number * DAY + place
        rows.append(row)
    return rows


def make_loads(
    users: list[User], generator: UsageGenerator, runtime: RuntimeGenerator
) -> list[Load]:
    """Return all loads with their rows."""
    loads = [
        Load(0, LOADED_AT[0], {(SYNAPSCALE, "full"): {"llms": dimensions.llm_rows(LOADED_AT[0])}})
    ]
    billing = Billing(generator.calls)
    since = 0
    for number, at in enumerate(LOADED_AT[1:], start=1):
        window = Window(since, at)
        conversations = [
            each for each in generator.conversations if not 0 < each.user.deleted <= at
        ]
        seen = dimensions.seen_until(generator.calls, at)
        executions = runtime.executions
        whole: Tables = {
            "llms": dimensions.llm_rows(at),
            "users": dimensions.user_rows(users, seen),
            "workspaces": dimensions.workspace_rows(users, seen),
            "workspace_members": dimensions.member_rows(users, at),
            "agents": dimensions.agent_rows(users, at),
            "user_variables": dimensions.user_variable_rows(users, at),
            "workflows": dimensions.workflow_rows(users, executions, at),
            "tenants": dimensions.tenant_rows(at),
            "plans": dimensions.plan_rows(at),
            "subscriptions": subscription_rows(at),
            "coupons": coupon_rows(at),
        }
        usage_logs = activity.usage_log_rows(generator.calls, window)
        new: Tables = {
            "usage_logs": usage_logs + future_rows(generator, number, window),
            "messages": activity.message_rows(generator.turns, window),
            "conversations": activity.conversation_rows(conversations, window),
            "conversation_llms": activity.conversation_llm_rows(conversations, window),
            "message_feedbacks": activity.feedback_rows(generator.turns, window),
            "tags": activity.tag_rows(conversations, generator.turns, window),
            "billing_events": billing.event_rows(since, at),
            "invoices": billing.invoice_rows(since, at),
            "analytics_events": activity.analytics_rows(conversations, window),
            "workflow_executions": execution_rows(executions, since, at),
        }
        events = [row for row in runtime.events if row["ended_at"] in window]
        parts = {
            (SYNAPSCALE, "full"): whole,
            (SYNAPSCALE, "append"): new,
            (EVENTS, "append"): {"llm_usage_events": events},
        }
        loads.append(Load(number, at, parts))
        since = at
    for load in loads:
        if load.number < NEWER_FROM:
            drop_newer_columns(load)
    return loads


def drop_newer_columns(load: Load) -> None:
    """Take away what an older version of the application did not have."""
    for tables in load.parts.values():
        for table, names in NEWER_COLUMNS.items():
            for row in tables.get(table, []):
                for name in names:
                    del row[name]


@cache
def declared_types(source: str) -> dict[str, dict[str, str]]:
    """Return the declared data type of each column of each table of a source."""
    path = ROOT / "models" / "staging" / source / f"_{source}__sources.yml"
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for entry in yaml.load(path.read_text(encoding="utf-8"), Loader=loader)["sources"]:
        if entry["name"] == source:
            return {
                table["name"]: {column["name"]: column["data_type"] for column in table["columns"]}
                for table in entry["tables"]
            }
    raise ValueError(f"{path.name} declares no source {source}")


def column_sql(name: str, data_type: str) -> str:
    """Return the SQL that types a column which is text, its instants whole microseconds."""
    if data_type == "timestamptz":
        return f'make_timestamptz("{name}"::bigint) as "{name}"'
    if data_type == "timestamp":
        return f'make_timestamp("{name}"::bigint) as "{name}"'
    kind = {"text": "varchar", "json": "varchar", "decimal": "decimal(28, 15)"}.get(data_type)
    return f'"{name}"::{kind or data_type} as "{name}"'


def write_csv(rows: list[Row], path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as handle:
        csv.writer(handle, lineterminator="\n").writerows(row.values() for row in rows)


def csv_to_parquet(
    connection: duckdb.DuckDBPyConnection,
    scratch: Path,
    names: list[str],
    types: dict[str, str],
    path: Path,
) -> None:
    """Type a CSV file without header and write it as Parquet."""
    columns = ", ".join(f"'{name}': 'varchar'" for name in names)
    items = ", ".join(column_sql(name, types[name]) for name in names)
    connection.execute(
        f"copy (select {items} from read_csv({quoted(str(scratch))}, columns = {{{columns}}}, "
        "header = false, auto_detect = false, delim = ',', quote = '\"', escape = '\"')) "
        f"to {quoted(str(path))} (format parquet, compression zstd)"
    )
    scratch.unlink()


def write_loads(loads: list[Load], out: Path) -> None:
    """Write every table of every load below `out`; a table without new rows has no file.

    Rows go through CSV, which base.txt offers no quicker way around; one thread types what the
    other has written.
    """
    config: dict[str, Any] = {"threads": 1, "memory_limit": "1GB"}
    with (
        tempfile.TemporaryDirectory() as folder,
        duckdb.connect(config=config) as connection,
        ThreadPoolExecutor(1) as typing,
    ):
        connection.execute("set TimeZone = 'UTC'")
        jobs: list[Future[None]] = []
        for load in loads:
            for (source, mode), tables in load.parts.items():
                place = out / load.folder(source, mode)
                place.mkdir(parents=True, exist_ok=True)
                types = declared_types(source)
                for table, rows in tables.items():
                    if rows:
                        scratch = Path(folder) / f"{len(jobs)}.csv"
                        write_csv(rows, scratch)
                        path, names = place / f"{table}.parquet", list(rows[0])
                        job = (connection, scratch, names, types[table], path)
                        jobs.append(typing.submit(csv_to_parquet, *job))
        for submitted in jobs:
            submitted.result()
