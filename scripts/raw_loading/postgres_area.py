"""The raw area as tables of a PostgreSQL server: one load is one transaction."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
from psycopg2 import sql
from raw_area import ROOT

from raw_loading.area import KnownBatch, RawArea, TableState, unfinished_folder
from raw_loading.batches import Batch, manifest_query, stamped_query
from raw_loading.declaration import Table, find_manifest
from raw_loading.postgres import Server
from raw_loading.postgres_tables import (
    Place,
    columns_of,
    copy_rows,
    create_indexes,
    create_table,
    differences,
    identifier,
    kind_of,
)
from raw_loading.problems import BadData, BadSetup

# Any number will do, as long as every loader takes the same one.
LOCK = 5_140_617_232
STAGING = ROOT / "data" / "tmp"
NOTHING = "nothing was loaded, the raw area is as it was"


class PostgresArea(RawArea):
    """`<raw_schema>.<table>` and `<raw_schema>.load_manifest`, as dbt's `source()` reads them."""

    def __init__(self, server: Server, project_vars: Mapping[str, Any]) -> None:
        self.server = server
        self.vars = project_vars
        self.connection: Any = None

    @contextmanager
    def locked(self) -> Iterator[Path]:
        """Connect, and wait until no other load writes to this database."""
        self.connection = self.server.connect()
        try:
            with self.transaction("waiting for other loads") as cursor:
                cursor.execute("select pg_try_advisory_lock(%s)", [LOCK])
                if not cursor.fetchone()[0]:
                    waits = f"{self.server.name}: another load is running; waiting for it"
                    print(waits, file=sys.stderr)
                    cursor.execute("select pg_advisory_lock(%s)", [LOCK])
            with unfinished_folder(STAGING) as staging:
                yield staging
        finally:
            self.connection.close()

    @contextmanager
    def transaction(self, doing: str) -> Iterator[Any]:
        """Give a cursor; commit at the end, or roll back and say what could not be done."""
        with self.server.explained(doing), self.connection, self.connection.cursor() as cursor:
            yield cursor

    def known_batches(
        self, connection: duckdb.DuckDBPyConnection, source: str
    ) -> dict[str, list[KnownBatch]]:
        manifest = find_manifest()
        place = self.place_of(manifest)
        with self.transaction(f"reading {'.'.join(place)}") as cursor:
            if not self.is_as_declared(cursor, manifest):
                return {}
            query = (
                "select table_name, batch_id, content_hash, load_mode, row_count from {} "
                "where source_name = %s order by loaded_at, batch_id"
            )
            cursor.execute(sql.SQL(query).format(identifier(place)), [source])
            known: dict[str, list[KnownBatch]] = {}
            for table, *row in cursor:
                known.setdefault(table, []).append(KnownBatch(*row))
        return known

    def check(self, state: TableState) -> None:
        """Refuse a table whose columns changed, whose batches are gone or lie elsewhere."""
        place = self.place_of(state.table)
        expected = [batch.batch_id for batch in state.known if batch.rows]
        with self.transaction(f"reading {'.'.join(place)}") as cursor:
            gone = expected
            if self.is_as_declared(cursor, state.table):
                gone = absent(cursor, place, expected)
            if gone:
                raise BadSetup(self.explain_gone(cursor, state.table, gone[0]))

    def explain_gone(self, cursor: Any, table: Table, batch_id: str) -> str:
        """Say what to do about a row of the manifest whose rows are not there."""
        schema, name = place = self.place_of(table)
        for other in table.names:
            if other == name or kind_of(cursor, (schema, other)) is None:
                continue
            if not absent(cursor, (schema, other), [batch_id]):
                return (
                    f"{self.server.name}: {table.name} was loaded as {other} before and lies in "
                    f"{schema}.{other}; load it under that name, as dbt reads one table"
                )
        manifest = ".".join(self.place_of(find_manifest()))
        return (
            f"{self.server.name}: the manifest names batch {batch_id}, whose rows are gone from "
            f"{'.'.join(place)}; restore them, or delete its row to load its file again: "
            f"delete from {manifest} where batch_id = '{batch_id}'"
        )

    def publish(
        self,
        connection: duckdb.DuckDBPyConnection,
        staging: Path,
        states: Sequence[TableState],
        batches: Sequence[Batch],
        loaded_at: datetime,
        mode: str,
    ) -> None:
        """Copy all batches in one transaction, so that a killed load leaves nothing."""
        try:
            with self.transaction("ending the load") as cursor:
                removed = [line for state in states for line in self.remove_orphans(cursor, state)]
                for batch in batches:
                    self.copy_batch(connection, cursor, batch, loaded_at, mode)
        except (BadData, BadSetup) as problem:
            raise type(problem)(f"{problem}\n{NOTHING}") from None
        for line in removed:
            print(line)

    def copy_batch(
        self,
        connection: duckdb.DuckDBPyConnection,
        cursor: Any,
        batch: Batch,
        loaded_at: datetime,
        mode: str,
    ) -> None:
        """Add the rows of a batch, and its row of the manifest."""
        manifest = find_manifest()
        for table, columns, query in (
            (batch.table, batch.table.written, stamped_query(batch, loaded_at)),
            (manifest, manifest.columns, manifest_query(batch, loaded_at, mode)),
        ):
            place = self.place_of(table)
            with self.server.explained(f"loading {batch.path.name} into {'.'.join(place)}"):
                is_new = create_table(cursor, place, columns)
                copy_rows(connection, cursor, query, place, columns, f"loading {batch.path.name}")
                if is_new:
                    create_indexes(cursor, place, columns)
                # A build that follows at once plans by what the table holds now.
                cursor.execute(sql.SQL("analyze {}").format(identifier(place)))

    def newest(
        self, connection: duckdb.DuckDBPyConnection, table: Table, columns: Sequence[str]
    ) -> datetime | None:
        place = self.place_of(table)
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        query = sql.SQL("select least(max(greatest({})), max(_loaded_at)) from {}")
        with self.transaction(f"reading {'.'.join(place)}") as cursor:
            if not self.is_as_declared(cursor, table):
                return None
            cursor.execute(query.format(names, identifier(place)))
            newest: datetime | None = cursor.fetchone()[0]
        return newest

    def remove_orphans(self, cursor: Any, state: TableState) -> list[str]:
        """Remove the loader's batches that have no row of the manifest; return what to say of it.

        A load of ours leaves none; they are of batches whose row somebody deleted.
        """
        place = self.place_of(state.table)
        known = {batch.batch_id for batch in state.known}
        removed = []
        with self.server.explained(f"reading {'.'.join(place)}"):
            strangers = [batch_id for batch_id in batch_ids(cursor, place) if batch_id not in known]
            for batch_id in strangers:
                if not re.fullmatch("[0-9a-f]{32}", batch_id or ""):
                    print(
                        f"warning: {'.'.join(place)}: batch {batch_id} was not written by the "
                        "loader, and no row of the manifest counts it",
                        file=sys.stderr,
                    )
                    continue
                query = sql.SQL("delete from {} where _batch_id = %s").format(identifier(place))
                cursor.execute(query, [batch_id])
                removed.append(
                    f"removed {cursor.rowcount:,} rows of batch {batch_id} from "
                    f"{'.'.join(place)}, which had no row of the manifest"
                )
        return removed

    def is_as_declared(self, cursor: Any, table: Table) -> bool:
        """Whether the table is there; raise `BadSetup` where it is not what is declared."""
        place = self.place_of(table)
        kind = kind_of(cursor, place)
        if kind is None:
            return False
        if kind not in ("r", "p"):
            raise BadSetup(
                f"{self.server.name}: {'.'.join(place)} is no table, so that nothing can be loaded "
                "into it; rename it, or choose another schema by --raw-schema and var raw_schema"
            )
        found = columns_of(cursor, place)
        problems = differences(place, found, table.written or table.columns)
        if problems:
            raise BadSetup("\n".join(f"{self.server.name}: {problem}" for problem in problems))
        return True

    def place_of(self, table: Table) -> Place:
        """Return schema and name of a table, as the sources' declarations give them to dbt."""
        schema = self.vars.get(f"{table.source}_schema") or self.vars["raw_schema"]
        return str(schema), table.folder


def batch_ids(cursor: Any, place: Place) -> list[str | None]:
    """Return the ids of all batches in a table, by one step in its index for each."""
    if kind_of(cursor, place) is None:
        return []
    query = (
        "with recursive ids as ("
        "(select _batch_id as id from {0} order by 1 limit 1) union all "
        "select (select _batch_id from {0} where _batch_id > ids.id order by 1 limit 1) "
        "from ids where ids.id is not null) "
        "select id from ids where id is not null union all "
        "(select null from {0} where _batch_id is null limit 1)"
    )
    cursor.execute(sql.SQL(query).format(identifier(place)))
    return [row[0] for row in cursor]


def absent(cursor: Any, place: Place, expected: list[str]) -> list[str]:
    """Return the batches of which a table holds no row."""
    query = (
        "select id from unnest(%s::text[]) as ids (id) "
        "where not exists (select from {} where _batch_id = id)"
    )
    cursor.execute(sql.SQL(query).format(identifier(place)), [expected])
    return [row[0] for row in cursor]
