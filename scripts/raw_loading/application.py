"""An application's own tables in PostgreSQL: what is there of the declared ones, and their rows."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from psycopg2 import sql
from raw_area import progress_bar

from raw_loading.declaration import Column, Table
from raw_loading.postgres import Server
from raw_loading.problems import BadData, BadSetup, nearest

FETCHED_ROWS = 10_000
READABLE = ("r", "p", "v", "m", "f")


@dataclass(frozen=True)
class FoundColumn:
    """A column as the application has it."""

    kind: str
    is_readable: bool


@dataclass(frozen=True)
class ApplicationTable:
    """A declared table that the application has, under its own name, with what is read of it."""

    table: Table
    name: str
    columns: dict[Column, str] = field(repr=False)
    estimate: int = 0

    @property
    def cursor(self) -> list[Column]:
        """The columns that say when a row was written or changed; none: it is copied whole."""
        return [column for column in self.columns if column.name in self.table.cursor]


class Application:
    """One look at an application's schema: read-only, and every table at the same instant."""

    def __init__(self, server: Server, schema: str, zone: str | None) -> None:
        self.server = server
        self.schema = schema
        self.zone = zone
        self.connection: Any = None

    @contextmanager
    def opened(self) -> Iterator[None]:
        self.connection = self.server.connect()
        try:
            with self.server.explained("opening a read-only transaction"):
                self.connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
                self.fetch("select set_config('row_security', 'off', false)")
                found = self.fetch("select 1 from pg_namespace where nspname = %s", self.schema)
            if not found:
                raise BadSetup(
                    f"{self.server.name} has no schema {self.schema}; name the application's with "
                    "--application-schema"
                )
            yield
        finally:
            self.connection.close()

    def find(self, tables: Sequence[Table]) -> list[ApplicationTable]:
        """Return the declared tables that are there; refuse where one cannot be read as declared.

        What only newer versions have may be missing; what nobody declared is named and left out.
        """
        found: list[ApplicationTable] = []
        problems: list[str] = []
        with self.server.explained(f"looking into schema {self.schema}"):
            for table in tables:
                try:
                    there = self.find_table(table)
                except BadData as problem:
                    problems.append(str(problem))
                    continue
                if there:
                    found.append(there)
        if problems:
            raise BadData("\n".join([*problems, "nothing was copied"]))
        return found

    def find_table(self, table: Table) -> ApplicationTable | None:
        """Return one declared table as the application has it."""
        rows = self.fetch(
            "select c.relname, c.relkind::text, greatest(c.reltuples, 0)::bigint, "
            "has_any_column_privilege(c.oid, 'insert, update') "
            "or has_table_privilege(c.oid, 'delete, truncate') "
            "from pg_class as c join pg_namespace as n on n.oid = c.relnamespace "
            "where n.nspname = %s and c.relname = any(%s)",
            self.schema,
            list(table.names),
        )
        readable = {name: rest for name, kind, *rest in rows if kind in READABLE}
        if not readable:
            if table.is_optional:
                return None
            names = " nor ".join(f"{self.schema}.{name}" for name in table.names)
            raise BadData(
                f"{table.name}: there is no {names}; name the schema with --application-schema, or "
                "the tables to copy with --tables"
            )
        if len(readable) > 1:
            raise BadData(
                f"{table.name}: there are {' and '.join(readable)} in {self.schema}; "
                "name the one to copy with --tables"
            )
        name, (estimate, may_write) = next(iter(readable.items()))
        if may_write:
            print(
                f"warning: {self.schema}.{name}: this role may write to it; "
                "use the one that --print-role makes",
                file=sys.stderr,
            )
        return ApplicationTable(table, name, self.read_columns(table, name), estimate)

    def read_columns(self, table: Table, name: str) -> dict[Column, str]:
        """Return the stored columns that are there, each with the SQL that reads it."""
        rows = self.fetch(
            "select a.attname, format_type(a.atttypid, null), "
            "has_column_privilege(a.attrelid, a.attnum, 'select') "
            "from pg_attribute as a where a.attrelid = %s::regclass "
            "and a.attnum > 0 and not a.attisdropped order by a.attnum",
            sql.Identifier(self.schema, name).as_string(self.connection),
        )
        found = {column: FoundColumn(*rest) for column, *rest in rows}
        place = f"{self.schema}.{name}"
        problems = []
        for unknown in found.keys() - table.offered.keys():
            near = nearest(unknown, table.offered)
            hint = f"; the nearest declared is {near!r}" if near else ""
            print(
                f"warning: {place}.{unknown}: nobody declared it, and it is not read{hint}",
                file=sys.stderr,
            )
        columns = {}
        for column in table.stored:
            there = found.get(column.name)
            if there and there.is_readable:
                try:
                    columns[column] = self.expression(column, there)
                except BadData as problem:
                    problems.append(f"{place}.{column.name}: {problem}")
            elif column.required:
                problems.append(f"{place}.{column.name}: {explain_absent(found, there)}")
            elif there:
                print(
                    f"warning: {place}.{column.name}: this role may not read it; it stays empty",
                    file=sys.stderr,
                )
        if problems:
            raise BadData("\n".join(problems))
        return columns

    def expression(self, column: Column, found: FoundColumn) -> str:
        """Return the SQL that reads a column; its text is what the loader reads in a CSV file."""
        name = '"' + column.name.replace('"', '""') + '"'
        if column.data_type != "timestamptz" or found.kind != "timestamp without time zone":
            return name
        if self.zone is None:
            raise BadData(
                "its times have no zone, and another zone is another day's price; say which one "
                "they are in, with --timezone UTC for most applications"
            )
        zone = sql.Literal(self.zone).as_string(self.connection)
        return f"({name} at time zone {zone})"

    def write_batches(
        self, there: ApplicationTable, folder: Path, rows: int | None, since: datetime | None
    ) -> Iterator[Path]:
        """Write a table's rows to CSV files of at most so many rows; yield each when it is whole.

        Where the table is cut it is in order of the cursor, so that what was loaded says where to
        go on, and a file is gone when the next one is asked for. Without `rows` there is one file,
        even of no rows.
        """
        path = folder / f"{there.name}.csv"
        with (
            self.server.explained(f"reading {self.schema}.{there.name}"),
            self.connection.cursor(name="copy_application") as cursor,
        ):
            cursor.execute(self.query(there, since, is_ordered=rows is not None))
            done = 0
            while True:
                written = self.write_file(there, path, cursor, rows, done)
                if written or rows is None:
                    yield path
                if rows is None:
                    return
                path.unlink()
                if written < rows:
                    return
                done += written

    def write_file(
        self, there: ApplicationTable, path: Path, cursor: Any, rows: int | None, done: int
    ) -> int:
        """Write the next rows of a cursor to one file; return how many there were."""
        written = 0
        with (
            path.open("w", encoding="utf-8", newline="") as file,
            progress_bar(f"copying {there.name}") as advance,
        ):
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow([column.name for column in there.columns])
            while rows is None or written < rows:
                wanted = FETCHED_ROWS if rows is None else min(FETCHED_ROWS, rows - written)
                fetched = cursor.fetchmany(wanted)
                if not fetched:
                    break
                writer.writerows(fetched)
                written += len(fetched)
                advance(100 * (done + written) / max(there.estimate, done + written))
        return written

    def query(self, there: ApplicationTable, since: datetime | None, is_ordered: bool) -> str:
        """Return the query for a table's rows, from an instant on."""
        columns = ", ".join(f"{value}::text" for value in there.columns.values())
        query = f"select {columns} from {self.identifier(there.name)}"
        instants = [there.columns[column] for column in there.cursor]
        if since is not None:
            literal = sql.Literal(since).as_string(self.connection)
            query += " where " + " or ".join(f"{instant} >= {literal}" for instant in instants)
        if is_ordered and instants:
            query += f" order by greatest({', '.join(instants)}) nulls first"
        return query

    def identifier(self, name: str) -> str:
        text: str = sql.Identifier(self.schema, name).as_string(self.connection)
        return text

    def fetch(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(query, list(parameters))
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def explain_absent(found: dict[str, FoundColumn], there: FoundColumn | None) -> str:
    """Say why a required column is not read, and what to do."""
    if there:
        return "this role may not read it; run the SQL of --print-role again"
    return (
        f"the required column is missing; the table has {', '.join(found)}. Where the application "
        "renamed it, give it back its name in a view, and copy that"
    )
