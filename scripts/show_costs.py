"""Show what each LLM cost in the last month of the warehouse, from `marts.cost_per_token`.

Amounts are exact decimals in USD at list price. A cost that misses the price of some request is a
lower bound and says "at least"; one without any price says "unpriced", never 0.

Usage: python scripts/show_costs.py [--database FILE | --target NAME] [--top N]
Exit codes: 0 shown, 1 nothing to show (no warehouse, no mart, no rows; the message names the mend).
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from pathlib import Path
from typing import Any

import duckdb
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text
from warehouse import holder_named_in

DATABASE = "data/llm_finops.duckdb"
COSTS = "marts.cost_per_token"
MONTH_COSTS = """
    select
        usage_month,
        llm_id,
        cast(sum(requests) as bigint),
        cast(sum(total_tokens) as bigint),
        sum(list_cost),
        cast(sum(unpriced_requests) as bigint)
    from {costs}
    where usage_month = (select max(usage_month) from {costs})
    group by usage_month, llm_id
    order by sum(list_cost) desc nulls last, sum(total_tokens) desc, llm_id
"""


class NothingToShowError(Exception):
    """The warehouse has no answer yet; the message names the mend."""


@dataclass(frozen=True)
class Usage:
    """Usage of one LLM, or of several: counts, tokens, and USD at list price where known."""

    name: str
    requests: int
    tokens: int
    list_cost: Decimal | None
    unpriced_requests: int

    @property
    def usd_per_million_tokens(self) -> Decimal | None:
        """Blended price, rounded to six digits; None unless every request has a price."""
        if self.list_cost is None or self.unpriced_requests or not self.tokens:
            return None
        return (self.list_cost * 1_000_000 / self.tokens).quantize(
            Decimal("0.000001"), rounding=ROUND_HALF_UP
        )


def total(name: str, usages: list[Usage]) -> Usage:
    """Add usages up; the cost is None only where none of them has one."""
    costs = [usage.list_cost for usage in usages if usage.list_cost is not None]
    return Usage(
        name=name,
        requests=sum(usage.requests for usage in usages),
        tokens=sum(usage.tokens for usage in usages),
        list_cost=sum(costs, Decimal(0)) if costs else None,
        unpriced_requests=sum(usage.unpriced_requests for usage in usages),
    )


def read_last_month(database: Path) -> tuple[date, list[Usage]]:
    """Return the last month with usage and its LLMs, dearest first; raise NothingToShowError."""
    if not database.is_file():
        raise NothingToShowError(f"{database} does not exist: run `make build`")
    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            rows = connection.execute(MONTH_COSTS.format(costs=COSTS)).fetchall()
    except duckdb.CatalogException as error:
        raise NothingToShowError(
            f"{database} holds no marts.cost_per_token: run `dbt build` and mend what it reports"
        ) from error
    except duckdb.IOException as error:
        raise NothingToShowError(why_unreadable(database, error)) from error
    return last_month(rows)


def why_unreadable(database: Path, error: duckdb.IOException) -> str:
    """Say why a file cannot be read, and what to do where that is known."""
    if writer := holder_named_in(error):
        return f"{writer} has {database} open for writing: wait for it, or end it"
    if "not a valid DuckDB database file" in str(error):
        return f"{database} is no DuckDB file: move it away and run `make build`"
    return f"{database} cannot be read: {error}"


def read_last_month_of_target(name: str) -> tuple[date, list[Usage]]:
    """Return the same of a target of profiles.yml, whatever its engine."""
    from mart_export.targets import NoTarget, open_target

    try:
        target = open_target(name)
        with closing(target.engine):
            if "cost_per_token" not in target.tables():
                raise NothingToShowError(f"{name} holds no {COSTS}: build it first (dbt build)")
            costs = target.engine.identifier(target.schema, "cost_per_token")
            return last_month(list(target.engine.stream(MONTH_COSTS.format(costs=costs))))
    except NoTarget as problem:
        raise NothingToShowError(str(problem)) from problem


def last_month(rows: list[tuple[Any, ...]]) -> tuple[date, list[Usage]]:
    """Return month and LLMs of the query's rows; Spark's driver hands dates out as text."""
    if not rows:
        raise NothingToShowError(
            f"{COSTS} is empty: load usage with scripts/load_raw.py, then `dbt build`; "
            "refused rows stand in marts.rejected_llm_usage"
        )
    return date.fromisoformat(str(rows[0][0])), [Usage(*row[1:]) for row in rows]


def decimal_places(costs: list[Decimal]) -> int:
    """Return how many places show every cost exactly, at least two."""
    places = [-int(cost.normalize().as_tuple().exponent) for cost in costs]
    return max([2, *places])


def cost_text(usage: Usage, places: int) -> str:
    if usage.list_cost is None:
        return "unpriced" if usage.unpriced_requests else "-"
    bound = "at least " if usage.unpriced_requests else ""
    return f"{bound}{usage.list_cost:,.{places}f}"


def price_text(usage: Usage) -> str:
    price = usage.usd_per_million_tokens
    if price is not None:
        return f"{price:,.6f}"
    return "incomplete" if usage.unpriced_requests else "-"


def costs_table(month: date, usages: list[Usage], top: int, fancy: bool) -> Table:
    """Lay out the `top` dearest LLMs, the others in one row, and the total."""
    shown, others = usages[:top], usages[top:]
    if others:
        shown = [*shown, total(f"{len(others)} more", others)]
    everything = total(f"all {len(usages)}", usages)
    places = decimal_places([u.list_cost for u in [*shown, everything] if u.list_cost is not None])

    table = Table(
        title=f"What the LLMs cost in {month:%Y-%m}, at list price",
        title_justify="left",
        box=box.SIMPLE if fancy else box.ASCII,
    )
    rows = [
        (
            usage.name,
            f"{usage.requests:,}",
            f"{usage.tokens:,}",
            cost_text(usage, places),
            price_text(usage),
        )
        for usage in [*shown, everything]
    ]
    table.add_column("LLM", overflow="fold")
    for position, heading in enumerate(("requests", "tokens", "USD", "USD per million"), start=1):
        # A narrow terminal folds the names; it never cuts a number.
        widest = max(len(heading), *(len(row[position]) for row in rows))
        table.add_column(heading, justify="right", no_wrap=True, min_width=widest)
    for row in rows[:-1]:
        table.add_row(Text(row[0]), *row[1:])
    table.add_section()
    table.add_row(*rows[-1])
    return table


def main() -> int:
    parser = argparse.ArgumentParser(description="Show what each LLM cost in the last month.")
    parser.add_argument(
        "--database",
        type=Path,
        default=Path(os.environ.get("LLM_FINOPS_DUCKDB_PATH") or DATABASE),
        help=f"DuckDB file; default: LLM_FINOPS_DUCKDB_PATH, else {DATABASE}",
    )
    parser.add_argument("--target", help="target of profiles.yml, instead of a DuckDB file")
    parser.add_argument("--top", type=int, default=15, help="LLMs shown one by one; default: 15")
    arguments = parser.parse_args()
    if arguments.top < 1:
        parser.error("--top must be 1 or more")
    try:
        month, usages = (
            read_last_month_of_target(arguments.target)
            if arguments.target
            else read_last_month(arguments.database)
        )
    except NothingToShowError as nothing:
        print(f"show_costs.py: {nothing}", file=sys.stderr)
        return 1
    console = Console(highlight=False)
    if not console.is_terminal:
        # A log or a pipe has no width of its own: never cut a number.
        console = Console(highlight=False, width=200)
    # The default 28 digits would round sums of decimal(38, 15).
    with localcontext(prec=60):
        console.print(costs_table(month, usages, arguments.top, fancy=console.is_terminal))
    unpriced = sum(usage.unpriced_requests for usage in usages)
    if unpriced:
        console.print(
            f"{unpriced:,} requests have no full price; marts.pricing_coverage lists their names."
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
