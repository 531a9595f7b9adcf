"""Print one SHA-256 per mart, the same wherever the same rows came from.

A mart is hashed as text: its column names, then its rows sorted; decimals with all their digits,
instants in UTC, NULL apart from the empty text. Columns that tell when a row was loaded are left
out, because they follow the load and not the usage.

Usage: python scripts/hash_marts.py [DATABASE] [--schema marts]
Output: sha256, rows and name of each table, by name.
Exit codes: 0 printed, 1 no such database or no table in the schema.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb

LOAD_AUDIT_COLUMNS = ("_batch_id", "_loaded_at", "batch_id", "first_loaded_at", "first_seen_at", "restated_at")
ROWS_AT_A_TIME = 50_000


@dataclass(frozen=True)
class MartHash:
    """Digest and row count of one table."""

    sha256: str
    rows: int


def quoted(name: str) -> str:
    """Return an identifier as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def hash_table(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> MartHash:
    """Hash one table; equal for equal rows, in whatever order they are stored."""
    columns = [
        name
        for (name,) in connection.execute(
            "select column_name from information_schema.columns"
            " where table_schema = ? and table_name = ? order by column_name",
            [schema, table],
        ).fetchall()
        if name not in LOAD_AUDIT_COLUMNS
    ]
    # `~` alone is NULL; in a text it is doubled, as is the separator, so no two rows look alike.
    cells = [
        f"coalesce(replace(replace(cast({quoted(name)} as varchar), '~', '~~'), '|', '~.'), '~')"
        for name in columns
    ]
    line = " || '|' || ".join(cells) or "''"
    rows = connection.execute(
        f"select {line} as line from {quoted(schema)}.{quoted(table)} order by line"
    )
    digest = hashlib.sha256("|".join(columns).encode())
    count = 0
    while chunk := rows.fetchmany(ROWS_AT_A_TIME):
        count += len(chunk)
        digest.update("".join(f"\n{len(line)}:{line}" for (line,) in chunk).encode())
    return MartHash(digest.hexdigest(), count)


def hash_marts(database: Path, schema: str = "marts") -> dict[str, MartHash]:
    """Return the hash of every table of a schema, by name."""
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        tables = connection.execute(
            "select table_name from information_schema.tables where table_schema = ? order by 1",
            [schema],
        ).fetchall()
        return {table: hash_table(connection, schema, table) for (table,) in tables}


def main() -> int:
    parser = argparse.ArgumentParser(description="Print one SHA-256 per mart.")
    parser.add_argument(
        "database",
        nargs="?",
        type=Path,
        default=Path(os.environ.get("LLM_FINOPS_DUCKDB_PATH", "data/llm_finops.duckdb")),
        help="DuckDB file (default: the one of the profile)",
    )
    parser.add_argument("--schema", default="marts", help="schema to hash (default: marts)")
    arguments = parser.parse_args()
    if not arguments.database.is_file():
        print(f"{arguments.database}: no such database; run `make build`", file=sys.stderr)
        return 1
    hashes = hash_marts(arguments.database, arguments.schema)
    for table, found in hashes.items():
        print(f"{found.sha256}  {found.rows:>12,}  {table}")
    if not hashes:
        print(f"{arguments.database}: schema {arguments.schema} has no table", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
