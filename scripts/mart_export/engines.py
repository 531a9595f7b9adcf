"""The three engines, as far as reading marts needs them: columns, canonical text, streamed rows."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

from raw_area import quoted

ROWS_AT_A_TIME = 50_000
# What a column holds, whatever an engine calls it.
KINDS = (
    (r"(?:decimal|numeric)\(\d+, ?(\d+)\)", "decimal"),
    (r"(?:tiny|small|big|huge)?int(?:eger)?|int\d+", "whole"),
    (r"varchar.*|text|string|character varying.*", "text"),
    (r"boolean", "boolean"),
    (r"date", "date"),
    (r"timestamp(?:_ntz| without time zone)?", "utc instant"),
    (r"timestamp with time zone", "zoned instant"),
    (r"double(?: precision)?|float|real", "float"),
)

Row = tuple[Any, ...]


def kind_of(type_name: str) -> str:
    """Return the kind of a column, `decimal(<scale>)` for a decimal; its own type if unknown."""
    for pattern, kind in KINDS:
        if found := re.fullmatch(pattern, type_name.lower()):
            return f"{kind}({found[1]})" if kind == "decimal" else kind
    return type_name.lower()


class Engine(ABC):
    """An open connection that only reads."""

    quote = '"'

    def identifier(self, *names: str) -> str:
        """Return a name, with its schema before it, as the engine writes it."""
        doubled = (name.replace(self.quote, self.quote * 2) for name in names)
        return ".".join(f"{self.quote}{name}{self.quote}" for name in doubled)

    def literal(self, text: str) -> str:
        return quoted(text)

    def text_of(self, column: str, kind: str) -> str:
        """Return SQL for a column's canonical text, NULL where it is NULL."""
        name = self.identifier(column)
        if kind in {"utc instant", "zoned instant"}:
            return self.instant_text(name, kind == "zoned instant")
        if kind == "boolean":
            return f"case when {name} then 'true' when not {name} then 'false' end"
        if kind == "date":
            return self.date_text(name)
        return f"cast({name} as {self.text_type})"

    def cell_of(self, column: str, kind: str) -> str:
        """Return SQL for a cell of a line: NULL is `~`, and no text looks like it."""
        text = self.text_of(column, kind)
        if kind == "text":
            text = f"replace(replace({text}, '~', '~~'), '|', '~.')"
        return f"coalesce({text}, '~')"

    def digest(self, columns: dict[str, str]) -> str:
        """Return SQL for the SHA-256, in hex, of a row's line: columns by name, joined by `|`."""
        cells = [self.cell_of(name, columns[name]) for name in sorted(columns)]
        return self.sha256(" || '|' || ".join(cells) or "''")

    @property
    @abstractmethod
    def text_type(self) -> str:
        """Type that holds any text."""

    @abstractmethod
    def sha256(self, text: str) -> str:
        """Return SQL for the SHA-256 of a text's UTF-8 bytes, in lower-case hex."""

    @abstractmethod
    def instant_text(self, name: str, zoned: bool) -> str:
        """Return SQL for an instant as `2026-11-01T00:00:00.000000Z`."""

    @abstractmethod
    def date_text(self, name: str) -> str:
        """Return SQL for a date as `2026-11-01`."""

    @abstractmethod
    def tables(self, schema: str) -> dict[str, dict[str, str]]:
        """Return the kind of each column of each table of a schema.

        A view is none: it holds nothing that could differ from what it reads.
        """

    @abstractmethod
    def stream(self, sql: str) -> Iterator[Row]:
        """Yield the rows of a query, few in memory at a time."""

    @abstractmethod
    def close(self) -> None:
        """Close the connection."""


class DuckDBEngine(Engine):
    """A DuckDB connection; its time zone is of no matter."""

    text_type = "varchar"

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def sha256(self, text: str) -> str:
        return f"sha256({text})"

    def instant_text(self, name: str, zoned: bool) -> str:
        utc = f"{name} at time zone 'UTC'" if zoned else name
        return f"strftime({utc}, '%Y-%m-%dT%H:%M:%S.%fZ')"

    def date_text(self, name: str) -> str:
        return f"strftime({name}, '%Y-%m-%d')"

    def tables(self, schema: str) -> dict[str, dict[str, str]]:
        rows = self.stream(
            "select table_name, column_name, data_type from duckdb_columns()"
            " where database_name = current_database() and table_oid in"
            " (select table_oid from duckdb_tables() where database_name = current_database())"
            f" and schema_name = {quoted(schema)} order by table_name, column_index"
        )
        return grouped(rows)

    def stream(self, sql: str) -> Iterator[Row]:
        cursor = self.connection.cursor()
        try:
            cursor.execute(sql)
            while rows := cursor.fetchmany(ROWS_AT_A_TIME):
                yield from rows
        finally:
            cursor.close()

    def close(self) -> None:
        self.connection.close()


class PostgresEngine(Engine):
    """A psycopg2 connection in one read-only snapshot."""

    text_type = "text"

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True)

    def literal(self, text: str) -> str:
        # A text with a backslash means the same whatever standard_conforming_strings says.
        escaped = text.replace("\\", "\\\\").replace("'", "''")
        return f"E'{escaped}'"

    def sha256(self, text: str) -> str:
        # Other collations sort slower, and not as bytes do.
        return f"""encode(sha256(convert_to({text}, 'UTF8')), 'hex') collate "C\""""

    def instant_text(self, name: str, zoned: bool) -> str:
        utc = f"{name} at time zone 'UTC'" if zoned else name
        return f"""to_char({utc}, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""

    def date_text(self, name: str) -> str:
        return f"to_char({name}, 'YYYY-MM-DD')"

    def tables(self, schema: str) -> dict[str, dict[str, str]]:
        rows = self.stream(
            "select pg_class.relname, attname, format_type(atttypid, atttypmod)"
            " from pg_attribute"
            " join pg_class on pg_class.oid = attrelid"
            " join pg_namespace on pg_namespace.oid = relnamespace"
            f" where nspname = {self.literal(schema)} and relkind in ('r', 'p', 'm')"
            " and attnum > 0 and not attisdropped order by 1, attnum"
        )
        return grouped(rows)

    def stream(self, sql: str) -> Iterator[Row]:
        # A cursor with a name stays on the server; a plain one would bring every row over at once.
        with self.connection.cursor(name=f"rows_{id(sql)}") as cursor:
            cursor.itersize = ROWS_AT_A_TIME
            cursor.execute(sql)
            yield from cursor

    def close(self) -> None:
        self.connection.close()


class SparkEngine(Engine):
    """A PyHive connection to a Thrift server."""

    quote = "`"
    text_type = "string"

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        for setting in (
            "set spark.sql.session.timeZone=UTC",
            # Without it the server collects the whole answer before it sends the first row.
            "set spark.sql.thriftServer.incrementalCollect=true",
        ):
            list(self.stream(setting))

    def literal(self, text: str) -> str:
        escaped = text.replace("\\", "\\\\").replace("'", "\\'")
        return f"'{escaped}'"

    def sha256(self, text: str) -> str:
        return f"sha2({text}, 256)"

    def instant_text(self, name: str, zoned: bool) -> str:
        return f"date_format({name}, \"yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'\")"

    def date_text(self, name: str) -> str:
        return f"date_format({name}, 'yyyy-MM-dd')"

    def tables(self, schema: str) -> dict[str, dict[str, str]]:
        place = self.identifier(schema)
        views = {row[1] for row in self.stream(f"show views in {place}")}
        names = [row[1] for row in self.stream(f"show tables in {place}")]
        return {name: self.columns(schema, name) for name in names if name not in views}

    def columns(self, schema: str, table: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, type_name, *_ in self.stream(f"describe {self.identifier(schema, table)}"):
            # After the columns come the partitions, which are columns already named.
            if not name or name.startswith("#"):
                break
            found[name] = kind_of(type_name)
        return found

    def stream(self, sql: str) -> Iterator[Row]:
        cursor = self.connection.cursor(arraysize=ROWS_AT_A_TIME)
        try:
            cursor.execute(sql)
            if cursor.description:
                while rows := cursor.fetchmany(ROWS_AT_A_TIME):
                    yield from rows
        finally:
            cursor.close()

    def close(self) -> None:
        self.connection.close()


def grouped(rows: Iterator[Sequence[str]]) -> dict[str, dict[str, str]]:
    """Turn rows of table, column and type into kinds by column by table."""
    found: dict[str, dict[str, str]] = {}
    for table, column, type_name in rows:
        found.setdefault(table, {})[column] = kind_of(type_name)
    return found
