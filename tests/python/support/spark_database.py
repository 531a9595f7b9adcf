"""The schemas of one project copy on the tests' Spark cluster."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine_servers.spark import SparkServer

LAYERS = re.compile(r"\b(raw|staging|intermediate|marts|seeds|snapshots)\.(?=[a-z])")
SESSION = {
    "set:spark.sql.ansi.enabled": "true",
    "set:spark.sql.decimalOperations.allowPrecisionLoss": "false",
    "set:spark.sql.session.timeZone": "UTC",
}


class SparkDatabase:
    """Schemas that share a prefix, the copy's name: `<name>_marts`, `<name>_raw`, …"""

    def __init__(self, server: SparkServer, name: str) -> None:
        self.server = server
        self.name = name

    @property
    def settings(self) -> dict[str, str]:
        """The environment variables that profiles.yml.example reads."""
        values = {
            "host": self.server.host,
            "port": str(self.server.port),
            "user": self.server.user,
            "schema": self.name,
        }
        return {f"LLM_FINOPS_SPARK_{name.upper()}": value for name, value in values.items()}

    def execute(
        self, fetch: Callable[[Any], list[Any]], sql: str, parameters: tuple[Any, ...] = ()
    ) -> list[Any]:
        """Run one statement, `?` for each parameter and `marts.` as on DuckDB."""
        from pyhive import hive

        found = LAYERS.sub(rf"{self.name}_\1.", sql)
        connection = hive.connect(
            self.server.host, self.server.port, username=self.server.user, configuration=SESSION
        )
        with connection, connection.cursor() as cursor:
            if parameters:
                cursor.execute(found.replace("%", "%%").replace("?", "%s"), parameters)
            else:
                cursor.execute(found)
            return fetch(DatedCursor(cursor))


class DatedCursor:
    """A cursor whose dates are dates; the driver hands them out as text."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        self.description = [
            (column[0].split(".")[-1], *column[1:]) for column in cursor.description or []
        ]

    def fetchall(self) -> list[tuple[Any, ...]]:
        dated = {
            place for place, (_, kind, *_) in enumerate(self.description) if kind == "DATE_TYPE"
        }
        return [
            tuple(
                date.fromisoformat(value) if place in dated and value else value
                for place, value in enumerate(row)
            )
            for row in self._cursor.fetchall()
        ]
