"""Raw tables in PostgreSQL: as declared, found different, filled from a stream."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
from psycopg2 import sql
from raw_area import progress_bar

from raw_loading.declaration import COST_TYPE, Column

# The first of the names that macros/engines/raw_types.sql reads without a cast. JSON is a text, as
# on the other engines: `jsonb` would order its names anew and write its numbers its own way.
POSTGRES_TYPES = {
    "json": "text",
    "double": "double precision",
    "decimal": COST_TYPE.replace("decimal", "numeric"),
}
TYPE_NAMES = {
    "timestamptz": "timestamp with time zone",
    "timestamp": "timestamp without time zone",
}
BLOCK = 65_536
Place = tuple[str, str]


def type_of(column: Column) -> str:
    """Return PostgreSQL's type of a declared column, as its catalogue writes it."""
    kind = POSTGRES_TYPES.get(column.data_type, column.data_type)
    return TYPE_NAMES.get(kind, kind).replace(", ", ",")


def identifier(place: Place) -> sql.Identifier:
    return sql.Identifier(*place)


def kind_of(cursor: Any, place: Place) -> str | None:
    """Return what a name stands for, as pg_class says it: `r` for a table; None for nothing."""
    cursor.execute(
        "select c.relkind from pg_class as c join pg_namespace as n on n.oid = c.relnamespace "
        "where n.nspname = %s and c.relname = %s",
        place,
    )
    found = cursor.fetchone()
    return found[0] if found else None


def columns_of(cursor: Any, place: Place) -> dict[str, str]:
    """Return the columns of a table and their types, whoever may read them."""
    cursor.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute "
        "where attrelid = (select c.oid from pg_class as c "
        "join pg_namespace as n on n.oid = c.relnamespace where n.nspname = %s and c.relname = %s) "
        "and attnum > 0 and not attisdropped order by attnum",
        place,
    )
    return dict(cursor.fetchall())


def create_table(cursor: Any, place: Place, columns: Sequence[Column]) -> bool:
    """Create a table, and its schema, where there is none; return whether it is new."""
    cursor.execute("select 1 from pg_namespace where nspname = %s", [place[0]])
    if cursor.fetchone() is None:
        cursor.execute(sql.SQL("create schema {}").format(sql.Identifier(place[0])))
    if kind_of(cursor, place) is not None:
        return False
    items = [
        sql.SQL("{} {}").format(sql.Identifier(column.name), sql.SQL(type_of(column)))
        for column in columns
    ]
    body = sql.SQL(", ").join(items)
    cursor.execute(sql.SQL("create table {} ({})").format(identifier(place), body))
    return True


def create_indexes(cursor: Any, place: Place, columns: Sequence[Column]) -> None:
    """Index the columns that are declared so; quicker on rows that are there already."""
    for column in columns:
        if column.indexed:
            statement = sql.SQL("create index on {} ({})")
            name = sql.Identifier(column.name)
            cursor.execute(statement.format(identifier(place), name))
        if column.name == "_batch_id":
            # Among few batches the planner takes each for most of the table, and reads all of it.
            statement = sql.SQL("alter table {} alter column {} set (n_distinct = -0.0001)")
            cursor.execute(statement.format(identifier(place), sql.Identifier(column.name)))


def differences(place: Place, found: dict[str, str], expected: Sequence[Column]) -> list[str]:
    """Return a sentence with its mend for each column that is missing or has another type."""
    name = ".".join(place)
    others = [column for column in found if column not in {each.name for each in expected}]
    problems = []
    for column in expected:
        kind = type_of(column)
        if column.name not in found:
            renamed = f", or rename the one it became ({', '.join(others)})" if others else ""
            problems.append(
                f"{name}.{column.name}: the column is missing; add it{renamed}: "
                f'alter table {name} add column "{column.name}" {kind}'
            )
        elif found[column.name] != kind:
            problems.append(
                f"{name}.{column.name}: the type is {found[column.name]}, declared is {kind}; "
                f'change it back: alter table {name} alter column "{column.name}" type {kind} '
                f'using "{column.name}"::{kind}'
            )
    return problems


def copy_rows(
    connection: duckdb.DuckDBPyConnection,
    cursor: Any,
    query: str,
    place: Place,
    columns: Sequence[Column],
    what: str,
) -> None:
    """Stream the rows of a query of DuckDB into a table, a block at a time."""
    names = sql.SQL(", ").join(sql.Identifier(column.name) for column in columns)
    ordered = ", ".join(column.sql_name for column in columns)
    statement = sql.SQL("copy {} ({}) from stdin (format csv)").format(identifier(place), names)
    with csv_stream(connection, f"select {ordered} from ({query})", what) as stream:
        cursor.copy_expert(statement, stream, size=BLOCK)


class CsvStream:
    """What a query yields, as CSV; reading ends with the query's error if it has one."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, query: str) -> None:
        self.connection = connection
        self.error: BaseException | None = None
        self.reading, self.writing = os.pipe()
        self.statement = f"copy ({query}) to '/dev/fd/{self.writing}' (format csv, header false)"
        self.worker = threading.Thread(target=self.write, daemon=True)
        self.on_block: Callable[[], None] = lambda: None

    def write(self) -> None:
        try:
            self.connection.execute(self.statement)
        except BaseException as raised:  # handed to the reader's thread
            self.error = raised
        finally:
            os.close(self.writing)

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes, none at the end."""
        self.on_block()
        block = os.read(self.reading, size)
        if not block:
            self.worker.join()
            if self.error:
                raise self.error
        return block


@contextmanager
def csv_stream(connection: duckdb.DuckDBPyConnection, query: str, what: str) -> Iterator[CsvStream]:
    """Run a query beside the reader of its rows, with a bar; stop it where the reader stops."""
    stream = CsvStream(connection, query)
    with progress_bar(what) as advance:
        stream.on_block = lambda: advance(connection.query_progress())
        stream.worker.start()
        try:
            yield stream
        finally:
            # Without a reader the writer fails at once, instead of waiting for ever.
            os.close(stream.reading)
            stream.worker.join()
