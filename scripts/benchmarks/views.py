"""(c) What PostgreSQL itself takes: the plan's views, views with our columns, bare percentiles."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.steps import say, timed

FOLDER = Path(__file__).parent
MARTS = ("user_monthly_usage", "llm_efficiency_stats")
# What the project sets in its own sessions.
SESSION = "set jit = off; set work_mem = '64MB'"


def refreshed(cursor: Any, schema: str, repeats: int) -> float:
    """Return the median of refreshing both views of a schema."""

    def refresh() -> None:
        for mart in MARTS:
            cursor.execute(f"refresh materialized view {schema}.{mart}")

    seconds = median(timed(refresh) for _ in range(repeats))
    say(f"  refresh of both views of schema {schema}: {seconds:.2f} s")
    return seconds


def plan_views(cursor: Any, repeats: int) -> float:
    """Make the plan's table and views of the same usage; return the refresh of both."""
    cursor.execute("drop schema if exists plan cascade")
    cursor.execute((FOLDER / "plan_views.sql").read_text(encoding="utf-8"))
    seconds = refreshed(cursor, "plan", repeats)
    cursor.execute("drop schema plan cascade")
    return seconds


def column_views(cursor: Any, repeats: int) -> tuple[float, float]:
    """Make the views with our columns; return the refresh of both and the share equal to a mart."""
    cursor.execute("drop schema if exists columns cascade")
    cursor.execute(SESSION)
    cursor.execute((FOLDER / "column_views.sql").read_text(encoding="utf-8"))
    seconds = refreshed(cursor, "columns", repeats)
    equal = sum(is_equal(cursor, mart) for mart in MARTS) / len(MARTS)
    cursor.execute("drop schema columns cascade")
    return seconds, equal


def is_equal(cursor: Any, mart: str) -> bool:
    """Say whether a view holds the rows of its mart, in the columns that it has."""
    cursor.execute(f"select * from columns.{mart} limit 0")
    columns = ", ".join(column.name for column in cursor.description)
    view, ours = (f"select {columns} from {schema}.{mart}" for schema in ("columns", "marts"))
    cursor.execute(
        f"select count(*) from (({view} except all {ours}) union all ({ours} except all {view}))"
        " as differing"
    )
    ((differing,),) = cursor.fetchall()
    cursor.execute(f"select count(*) from marts.{mart}")
    ((rows,),) = cursor.fetchall()
    say(f"  {mart}: {differing} rows differ of {rows}")
    return bool(rows and not differing)


def percentiles(cursor: Any, day: date, repeats: int) -> float:
    """Return what the exact percentiles of a day's month take by themselves, hand-written."""
    month = (
        "date_trunc('month', reporting_date) = date_trunc('month', date %s)"
        " and usage_date between %s and %s"
    )
    near = [day, day.replace(day=1) - timedelta(days=1), day + timedelta(days=1)]
    cursor.execute("create schema plan")
    cursor.execute(
        "create table plan.latencies as select llm_id, workspace_id, latency_ms,"
        f" time_to_first_token_ms from marts.fct_llm_usage where {month}",
        near,
    )
    cursor.execute("analyze plan.latencies")
    cursor.execute(SESSION)

    def compute() -> None:
        cursor.execute("drop table if exists percentiles")
        cursor.execute((FOLDER / "percentiles.sql").read_text(encoding="utf-8"))

    compute()
    seconds = median(timed(compute) for _ in range(repeats))
    cursor.execute("drop schema plan cascade")
    say(f"  the percentiles alone: {seconds:.2f} s")
    return seconds
