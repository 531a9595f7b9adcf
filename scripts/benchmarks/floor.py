"""The floor: a hand-written DuckDB script that makes the same final tables.

The tables of `sources: [events]` only, prices and names given to it as the warehouse resolved them.
It ranks only attempts that came more than once, joins each event to one table of names and prices,
and sums the daily table month by month: the quickest way that was found.

Usage: python -m benchmarks.floor WAREHOUSE RAW_DIR FLOOR      (prints its seconds)
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import duckdb
from raw_area import quoted

from benchmarks.steps import say

SQL = Path(__file__).parent / "floor"
# As the profile has it.
MEMORY_LIMIT = "5GB"
DAILY = "fct_llm_usage_daily"
GIVEN = {
    "given_names": "intermediate.int_llm_names_resolved",
    "given_providers": "staging.stg_pricing__llm_provider_aliases",
    "given_sheets": "intermediate.int_llm_price_sheets",
    "given_unit_prices": "intermediate.int_llm_unit_prices",
    "given_models": "intermediate.int_llm_models_listed",
    "given_cost_centers": "intermediate.int_cost_centers_dated",
}
# When a row was loaded or computed follows the runs, not the usage.
RUN_COLUMNS = ("batch_id", "first_loaded_at", "first_seen_at", "restated_at", "charged_at")


def give_prices(connection: duckdb.DuckDBPyConnection, warehouse: Path) -> None:
    """Copy the small tables that the script starts from."""
    # Views of the warehouse name it after its file.
    connection.execute(f"attach {quoted(str(warehouse))} as {warehouse.stem} (read_only)")
    for name, origin in GIVEN.items():
        connection.execute(f"create temp table {name} as from {warehouse.stem}.{origin}")


def months(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Return the first and last day of each month of usage."""
    return connection.execute(
        "select distinct cast(date_trunc('month', usage_date) as varchar),"
        " cast(last_day(usage_date) as varchar) from fct_llm_usage order by 1"
    ).fetchall()


def make_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Run the script."""
    for file in sorted(SQL.glob("*.sql")):
        text = file.read_text(encoding="utf-8")
        if DAILY not in file.name:
            connection.execute(text)
            continue
        for number, (first, last) in enumerate(months(connection)):
            connection.execute(f"set variable first_day = date '{first}'")
            connection.execute(f"set variable last_day = date '{last}'")
            connection.execute(
                text.replace(f"create table {DAILY} as", f"insert into {DAILY}") if number else text
            )
    connection.execute("checkpoint")


def run(warehouse: Path, raw_dir: Path, floor: Path) -> float:
    """Make the tables in a new file and return the seconds."""
    floor.unlink(missing_ok=True)
    settings: dict[str, Any] = {
        "memory_limit": MEMORY_LIMIT,
        "threads": 2,
        "preserve_insertion_order": False,
        "temp_directory": str(floor.with_suffix(".tmp")),
    }
    with duckdb.connect(str(floor), config=settings) as connection:
        connection.execute("set TimeZone = 'UTC'")
        give_prices(connection, warehouse)
        events = raw_dir / "events" / "llm_usage_events" / "*.parquet"
        connection.execute(f"set variable raw_events = {quoted(str(events))}")
        started = time.monotonic()
        make_tables(connection)
        return time.monotonic() - started


def digest(
    connection: duckdb.DuckDBPyConnection, floor_table: str, mart: str
) -> list[tuple[int, int]]:
    """Return rows and the sum of the rows' hashes, of the floor's table and of the mart."""
    columns = connection.execute(
        "select column_name, data_type from duckdb_columns()"
        " where database_name = 'warehouse' and schema_name = 'marts' and table_name = ?"
        " order by column_name",
        [mart],
    ).fetchall()
    cells = [f"cast({name} as {kind})" for name, kind in columns if name not in RUN_COLUMNS]
    return [
        connection.execute(
            f"select count(*), sum(cast(hash({', '.join(cells)}) as hugeint)) from {relation}"
        ).fetchall()[0]
        for relation in (floor_table, f"warehouse.marts.{mart}")
    ]


def differing(warehouse: Path, floor: Path) -> tuple[list[str], list[str]]:
    """Return the marts that were compared, and of these the ones that differ."""
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute(f"attach {quoted(str(warehouse))} as warehouse (read_only)")
        connection.execute(f"attach {quoted(str(floor))} as floor (read_only)")
        names = [
            name
            for (name,) in connection.execute(
                "select table_name from duckdb_tables() where database_name = 'floor' order by 1"
            ).fetchall()
        ]
        wrong = []
        for name in names:
            try:
                ours, marts = digest(connection, f"floor.main.{name}", name)
            except duckdb.BinderException as missing:
                # A column that the script does not make yet.
                say(f"  {name}: {str(missing).splitlines()[0]}")
                wrong.append(name)
                continue
            if ours != marts:
                wrong.append(name)
        return names, wrong


if __name__ == "__main__":
    print(run(*[Path(each) for each in sys.argv[1:4]]))
