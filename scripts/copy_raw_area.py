"""Copy what a folder of raw files holds to the raw tables of a PostgreSQL target.

Usage: python scripts/copy_raw_area.py --target postgres [--raw-dir data/raw] [--raw-schema raw]

A batch keeps its id, its instant and its counts, so that both raw areas build the same marts; one
that the target holds already is left alone. Each load of the folder is one transaction, in the
order of the loads: a copy that was cut short goes on where it stopped. A target that reads the
folder itself (DuckDB, Spark) needs no copy.

Exit codes: 0 copied or already there, 1 refused (the data), 2 usage or environment.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
from raw_area import fail, new_connection, quoted
from raw_loading.area import RawArea, TableState
from raw_loading.batches import Batch, Content
from raw_loading.declaration import Table, find_table
from raw_loading.file_area import FileArea, batch_files
from raw_loading.problems import BadData, BadSetup
from raw_loading.targets import add_area_options, find_area

Load = tuple[datetime, str]


def manifest_of(connection: duckdb.DuckDBPyConnection, folder: FileArea) -> list[tuple[Any, ...]]:
    """Return a row of each batch of a folder, in the order of the loads."""
    files = quoted(str(folder.manifest / "*.parquet"))
    return connection.execute(
        "select loaded_at, load_mode, source_name, table_name, file_name, batch_id, content_hash,"
        f" row_count, input_tokens, output_tokens from read_parquet({files})"
        " order by loaded_at, load_mode, source_name, table_name, batch_id"
    ).fetchall()


def loads_of(
    rows: Sequence[tuple[Any, ...]], tables: Mapping[tuple[str, str], Table], folder: FileArea
) -> Iterator[tuple[Load, list[Batch]]]:
    """Yield instant, mode and batches of each load that a manifest names."""
    stored = {key: batch_files(folder.folder(table)) for key, table in tables.items()}
    for (loaded_at, mode), load in groupby(rows, key=lambda row: row[:2]):
        yield (
            (loaded_at, mode),
            [stored_batch(tables[row[2:4]], stored[row[2:4]], *row[4:]) for row in load],
        )


def stored_batch(
    table: Table, files: Mapping[str, Path], file_name: str, batch_id: str, *content: Any
) -> Batch:
    """Return a batch of a folder as if it had just been staged."""
    return Batch(table, Path(file_name), files[batch_id], batch_id, Content(*content))


def states_of(
    connection: duckdb.DuckDBPyConnection, area: RawArea, tables: list[Table]
) -> list[TableState]:
    """Return what an area knows of some tables; refuse it where it is not as the loader left it."""
    known = {source: area.known_batches(connection, source) for source, _ in map(key_of, tables)}
    states = [TableState(table, known[table.source].get(table.name, [])) for table in tables]
    for state in states:
        area.check(state)
    return states


def key_of(table: Table) -> tuple[str, str]:
    return table.source, table.name


def copy(folder: FileArea, area: RawArea) -> list[str]:
    """Copy the batches that the area does not hold; return one line about each load."""
    with area.locked() as staging, new_connection("1GB", threads=2) as connection:
        rows = manifest_of(connection, folder)
        tables = {key: find_table(*key) for key in (row[2:4] for row in rows)}
        states_of(connection, folder, list(tables.values()))
        loads = list(loads_of(rows, tables, folder))
        states = states_of(connection, area, list(tables.values()))
        known = {(key_of(state.table), batch.batch_id) for state in states for batch in state.known}
        said = []
        for (loaded_at, mode), load in loads:
            new = [batch for batch in load if (key_of(batch.table), batch.batch_id) not in known]
            if new:
                # Left-overs are looked for once: what was copied since then is none.
                area.publish(connection, staging, states, new, loaded_at, mode)
                states = []
                copied = sum(batch.content.rows for batch in new)
                said.append(
                    f"load of {loaded_at:%Y-%m-%d %H:%M}: {len(new)} batches, {copied:,} rows"
                )
    return said or [f"{len(loads)} loads, all of them there already"]


def main() -> int:
    parser = argparse.ArgumentParser(description="Copy a folder of raw files to a target's tables.")
    add_area_options(parser)
    arguments = parser.parse_args()
    raw_dir: Path = arguments.raw_dir
    try:
        area = find_area(arguments.target, raw_dir, arguments.raw_schema)
        if isinstance(area, FileArea):
            print(f"{arguments.target or 'DuckDB'} reads {raw_dir} itself: nothing to copy")
            return 0
        if not any((raw_dir / "load_manifest").glob("*.parquet")):
            raise BadSetup(f"{raw_dir} holds no load: load there first, or name it with --raw-dir")
        messages = copy(FileArea(raw_dir), area)
    except BadData as problem:
        return fail(1, str(problem))
    except BadSetup as problem:
        return fail(2, str(problem))
    print("\n".join(messages))
    return 0


if __name__ == "__main__":
    sys.exit(main())
