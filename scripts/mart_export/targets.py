"""Open what is compared: a target of profiles.yml, or a DuckDB file."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import postgres_connection
import spark_connection
from engine_servers.problems import ServerProblem
from warehouse import NoProfile, find_warehouse

from mart_export.engines import DuckDBEngine, Engine, PostgresEngine, SparkEngine

SERVERS = ("postgres", "spark")


class NoTarget(Exception):
    """A target cannot be read, and what to do about it."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(f"{what}: {mend}")


@dataclass(frozen=True)
class Target:
    """What is compared, by the name it was called with, and the schema that holds its marts."""

    name: str
    engine: Engine
    schema: str

    def tables(self) -> dict[str, dict[str, str]]:
        """Return the kind of each column by table; raise NoTarget where there is no table."""
        found = self.engine.tables(self.schema)
        if not found:
            raise NoTarget(
                f"{self.name}: schema {self.schema} has no table",
                "build it first (dbt build), or name the schema with --schema",
            )
        return found


def marts_schema(schema: str) -> str:
    """Return the marts' schema of a target, as the macro generate_schema_name writes it."""
    return "marts" if schema == "main" else f"{schema}_marts"


def open_target(name: str, schema: str | None = None) -> Target:
    """Open a DuckDB file, or else the target of profiles.yml; raise NoTarget."""
    if Path(name).is_file():
        return Target(name, open_duckdb(Path(name)), schema or "marts")
    if Path(name).suffix:
        raise NoTarget(f"{name}: no such file", "name a DuckDB file or a target of profiles.yml")
    try:
        warehouse = find_warehouse(name)
    except NoProfile as problem:
        raise NoTarget(problem.what, problem.mend) from problem
    schema = schema or marts_schema(str(warehouse.connection.get("schema", "main")))
    if warehouse.file:
        return Target(name, open_duckdb(warehouse.file), schema)
    if warehouse.engine not in SERVERS:
        raise NoTarget(f"{name}: engine {warehouse.engine}", "compare duckdb, postgres or spark")
    try:
        return Target(name, open_server(warehouse.engine, warehouse.connection), schema)
    except ServerProblem as problem:
        raise NoTarget(f"{name}: {problem.what}", problem.mend) from problem
    except Exception as error:  # each driver, and the network below it, fails in its own way
        message = " ".join(str(error).split()) or type(error).__name__
        for secret in warehouse.secrets:
            message = message.replace(secret, "***")
        raise NoTarget(f"{name}: {message}", "correct the target in profiles.yml") from error


def open_server(engine: str, connection: Mapping[str, Any]) -> Engine:
    """Connect to a server as dbt would."""
    if engine == "postgres":
        return PostgresEngine(postgres_connection.connect(connection))
    return SparkEngine(spark_connection.connect(connection))


def open_duckdb(file: Path) -> DuckDBEngine:
    """Open a DuckDB file for reading only."""
    if not file.is_file():
        raise NoTarget(f"{file}: no such database", "build it first (dbt build)")
    try:
        connection = duckdb.connect(str(file), read_only=True, config={"memory_limit": "4GB"})
    except duckdb.Error as error:
        mend = "wait for the process that writes to it" if "lock" in str(error) else "build it anew"
        raise NoTarget(f"{file}: {' '.join(str(error).split())}", mend) from error
    connection.execute("set preserve_insertion_order = false")
    return DuckDBEngine(connection)


def close_all(targets: list[Target]) -> None:
    """Close every target, also where one no longer answers."""
    for target in targets:
        with suppress(Exception):
            target.engine.close()
