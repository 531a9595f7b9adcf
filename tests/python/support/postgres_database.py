"""The database of one project copy on the tests' PostgreSQL server."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import psycopg2

if TYPE_CHECKING:
    from engine_servers.postgres import PostgresServer

COPY_FORMAT = "format csv, null '\\N', header false"


class PostgresDatabase:
    """A fresh database, owned by the server's ordinary user."""

    def __init__(self, server: PostgresServer, name: str) -> None:
        self.server = server
        self.name = name
        self._copied: set[tuple[str, int, int]] = set()
        with server.connected() as connection, connection.cursor() as cursor:
            # An earlier test file's, of the same name.
            cursor.execute(f'drop database if exists "{name}" with (force)')
        server.create_database(name)

    @property
    def settings(self) -> dict[str, str]:
        """The environment variables that profiles.yml.example reads."""
        values = {
            "host": self.server.host,
            "port": str(self.server.port),
            "user": self.server.user,
            "database": self.name,
        }
        return {f"LLM_FINOPS_POSTGRES_{name.upper()}": value for name, value in values.items()}

    def connect(self, user: str | None = None) -> Any:
        """Return a psycopg2 connection of a user, by default the database's owner, in UTC."""
        return psycopg2.connect(
            host=self.server.host,
            port=self.server.port,
            user=user or self.server.user,
            dbname=self.name,
            options="-c timezone=UTC",
        )

    def execute(
        self,
        fetch: Callable[[Any], list[Any]],
        sql: str,
        parameters: tuple[Any, ...] = (),
        user: str | None = None,
    ) -> list[Any]:
        """Run one statement, `?` for each parameter as on DuckDB, and return what `fetch` reads."""
        connection = self.connect(user)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql.replace("%", "%%").replace("?", "%s"), parameters)
                return fetch(cursor)
        finally:
            connection.close()

    def run(self, sql: str, user: str | None = None) -> None:
        """Run statements that return nothing, in one transaction."""
        self.execute(lambda cursor: [], sql, user=user)

    def copy_raw_files(self, raw_dir: Path, schema: str = "raw") -> None:
        """Make schema `raw` hold what the raw area's files hold, if they have changed."""
        files = {
            (str(file), file.stat().st_size, file.stat().st_mtime_ns)
            for file in raw_dir.rglob("*.parquet")
        }
        if files == self._copied:
            return
        folders = sorted({Path(name).parent for name, _, _ in files})
        connection = self.connect()
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(f"create schema if not exists {schema}")
                for folder in folders:
                    copy_folder(cursor, folder, f'{schema}."{folder.name}"')
        finally:
            connection.close()
        self._copied = files


def copy_folder(cursor: Any, folder: Path, table: str) -> None:
    """Fill one raw table with the rows of a folder's files; views on it survive."""
    rows = f"read_parquet('{folder}/*.parquet', hive_partitioning = false, union_by_name = true)"
    with duckdb.connect() as duck, tempfile.NamedTemporaryFile("r", suffix=".csv") as file:
        duck.execute("set TimeZone = 'UTC'")
        columns = duck.execute(f"describe select * from {rows}").fetchall()
        duck.execute(
            f"copy (select * from {rows}) to '{file.name}'"
            " (format csv, header false, nullstr '\\N', force_quote *)"
        )
        types = {name: kind.replace("DOUBLE", "double precision") for name, kind, *_ in columns}
        declared = ", ".join(f'"{name}" {kind}' for name, kind in types.items())
        cursor.execute(f"create table if not exists {table} ({declared})")
        for name, kind in types.items():
            cursor.execute(f'alter table {table} add column if not exists "{name}" {kind}')
        cursor.execute(f"truncate {table}")
        names = ", ".join(f'"{name}"' for name in types)
        with Path(file.name).open() as csv:
            cursor.copy_expert(f"copy {table} ({names}) from stdin with ({COPY_FORMAT})", csv)
