"""(f) the view of costs in real time and (g) the plan's three access paths, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from statistics import median
from typing import Any

from benchmarks.data import RARE_TAGS
from benchmarks.questions import INDEXES
from benchmarks.results import Results
from benchmarks.steps import say, timed

FACT, LIVE = "marts.fct_llm_usage", "marts.llm_usage_live"
LIVE_REPEATS, INDEX_REPEATS = 20, 10
# The first key of the index, and the question.
PATHS = {
    "index_user": (
        "user_id",
        "select count(*), sum(list_cost) from {fact}"
        " where user_id = %(user)s and usage_date between %(first)s and %(last)s",
    ),
    "index_workspace": (
        "workspace_id",
        "select usage_key, list_cost from {fact} where workspace_id = %(workspace)s"
        " and list_cost is not null order by list_cost desc limit 20",
    ),
    "index_tags": (
        "tags",
        "select count(*), sum(list_cost) from {fact} where cast(tags as jsonb) @> %(tags)s",
    ),
}
SAME = (
    "select count(*), sum(list_cost), sum(total_tokens),"
    " sum(cast(hashtextextended(usage_key || '|' || coalesce(cast(list_cost as text), '~'), 0)"
    " as numeric)) from {relation}"
)


def relation_exists(cursor: Any, name: str) -> bool:
    cursor.execute("select to_regclass(%s) is not null", [name])
    return bool(cursor.fetchone()[0])


def milliseconds(cursor: Any, query: str, values: dict[str, Any], repeats: int) -> float:
    """Return the median of a query's time, after one run that warms the cache."""

    def ask() -> None:
        cursor.execute(query, values)
        cursor.fetchall()

    ask()
    return median(timed(ask) for _ in range(repeats)) * 1000


def measure_live_view(
    cursor: Any, load_tail: Callable[[], None], today: date, results: Results
) -> None:
    """Compare view and fact right after a build; then ask for a spend beside an unbuilt tail."""
    sums = []
    for relation in (FACT, LIVE):
        cursor.execute(SAME.format(relation=relation))
        sums.append(cursor.fetchone())
    load_tail()
    cursor.execute(
        f"select user_id from {FACT} where user_id <> 'unattributed'"
        " group by user_id order by count(*) desc limit 1"
    )
    values = {"user": cursor.fetchone()[0], "today": today}
    spend = f"select sum(list_cost) from {LIVE} where user_id = %(user)s and usage_date = %(today)s"
    took = milliseconds(cursor, spend, values, LIVE_REPEATS)
    say(f"  a user's spend of today: {took:.1f} ms")
    results.add(live_milliseconds=took, live_equal=float(sums[0] == sums[1]))


def values_of(cursor: Any, last: date) -> dict[str, Any]:
    """Return a busy user, a middling workspace and a rare tag to ask for."""
    cursor.execute(
        f"select user_id, workspace_id from {FACT} where usage_date = %s"
        " and user_id <> 'unattributed' and workspace_id <> 'unattributed'"
        " group by user_id, workspace_id order by count(*) desc, user_id limit 1",
        [last],
    )
    user, workspace = cursor.fetchone()
    return {
        "user": user,
        "workspace": workspace,
        "first": last - timedelta(days=6),
        "last": last,
        "tags": RARE_TAGS,
    }


def plan_of(cursor: Any, query: str, values: dict[str, Any]) -> str:
    cursor.execute(f"explain {query}", values)
    return "\n".join(line for (line,) in cursor.fetchall())


def index_on(cursor: Any, key: str) -> str:
    """Return the name of the fact's index whose first key is this column or expression."""
    cursor.execute(
        "select cast(indexrelid as regclass) from pg_index where indrelid = %s::regclass"
        " and pg_get_indexdef(indexrelid, 1, true) like %s",
        [FACT, f"%{key}%"],
    )
    ((name,),) = cursor.fetchall()
    return str(name)


def measure_indexes(cursor: Any, last: date, results: Results) -> None:
    """Ask each path with and without its own index; say whether its plan names that index."""
    values = values_of(cursor, last)
    for name, (key, query) in PATHS.items():
        index = index_on(cursor, key)
        query = query.format(fact=FACT)
        after = milliseconds(cursor, query, values, INDEX_REPEATS)
        plan = plan_of(cursor, query, values)
        used = [line.strip().split("  (")[0] for line in plan.splitlines() if "Index" in line]
        cursor.execute("begin")
        cursor.execute(f"drop index {index}")
        before = milliseconds(cursor, query, values, INDEX_REPEATS)
        cursor.execute("rollback")
        say(f"  {name}: {before:.1f} ms without {index}, {after:.1f} ms with")
        results.note(INDEXES, f"plan of {name}", "; ".join(used) or "no index")
        is_named = index.split(".")[-1].strip('"') in plan
        results.add(**{name: float(is_named), f"{name}_before": before, f"{name}_after": after})
