"""What scripts/doctor.py examines: the target, the warehouse opened to read, and dbt's answers."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import duckdb
import yaml
from warehouse import FILE_SETTING, Warehouse

SCRATCH = Path("target/doctor")
SHOWN = 5

Level = Literal["ok", "warning", "problem"]


class CannotExamine(Exception):
    """The examination cannot run; the message names the mend."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; the mend is what to do about it, if anything."""

    level: Level
    text: str
    mend: str | None = None


@dataclass
class Patient:
    """What is examined, and what earlier checks found out for later ones."""

    target: str | None
    vars: dict[str, Any]
    given_vars: str | None
    now: datetime
    warehouse: Warehouse | None = None
    # Whether the target answers, and whether its DuckDB file is there and can be opened to read.
    reachable: bool = True
    # The connection to a PostgreSQL server that answers.
    server: Any = None
    readable: bool = False
    report_error: str = ""
    warnings: Sequence[str] = ()

    def dbt(self, *arguments: str, scratch: bool) -> list[dict[str, Any]]:
        """Run dbt and return the events of its log; with `scratch` it opens no warehouse."""
        command = [str(Path(sys.executable).with_name("dbt")), *arguments]
        command += ["--log-format", "json", "--no-use-colors", "--log-path", str(SCRATCH)]
        if self.warehouse:
            command += ["--target", self.warehouse.target]
        if self.given_vars:
            command += ["--vars", self.given_vars]
        settings = {FILE_SETTING: str(SCRATCH / "scratch.duckdb")} if scratch else {}
        SCRATCH.mkdir(parents=True, exist_ok=True)
        try:
            said = subprocess.run(
                command, env=os.environ | settings, capture_output=True, text=True
            )
        except FileNotFoundError as error:
            raise CannotExamine("dbt is not installed: make install") from error
        return [json.loads(line) for line in said.stdout.splitlines() if line.startswith("{")]

    @cached_property
    def report(self) -> dict[str, Any] | None:
        """What macro raw_source_report returns; None where dbt fails, which `report_error` says."""
        if self.warehouse is None or not self.reachable:
            return None
        file = self.warehouse.file
        # Raw files are read without the warehouse, which somebody may have open.
        scratch = file is not None and (self.reads_files or not file.exists())
        inline = ("compile", "--inline", "{{ raw_source_report() }}")
        events = self.dbt(*inline, "--target-path", str(SCRATCH), scratch=scratch)
        self.warnings = [
            " ".join(event["info"]["msg"].split())
            for event in events
            if event["info"]["name"] == "JinjaLogWarning"
        ]
        for event in events:
            if "compiled" in event["data"]:
                found: dict[str, Any] = json.loads(event["data"]["compiled"])
                return found
        self.report_error = error_of(events)
        return None

    @cached_property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The warehouse, opened to read once dbt has answered; raw files alone where it cannot."""
        if self.readable and self.warehouse and self.warehouse.file:
            return duckdb.connect(str(self.warehouse.file), read_only=True)
        return duckdb.connect()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query on the warehouse or on raw files."""
        if self.server:
            with self.server.cursor() as cursor:
                cursor.execute(sql)
                return list(cursor.fetchall())
        return self.connection.execute(sql).fetchall()

    def has(self, schema: str, relation: str, column: str | None = None) -> bool:
        """Whether the warehouse holds a relation, and a column of it."""
        found = self.rows(
            "select 1 from information_schema.columns"
            f" where table_schema = '{schema}' and table_name = '{relation}'"
            + (f" and column_name = '{column}'" if column else "")
        )
        return bool(found)

    @property
    def engine(self) -> str:
        return self.warehouse.engine if self.warehouse else "duckdb"

    @property
    def reads_files(self) -> bool:
        return self.engine == "duckdb" and self.vars.get("raw_location") == "files"

    @property
    def is_empty(self) -> bool:
        """Whether neither raw files nor marts are there, as in a fresh clone."""
        raw = Path(str(self.vars.get("raw_dir")))
        return self.reads_files and not self.is_built and not any(raw.rglob("*.parquet"))

    def sources(self) -> list[str]:
        """Return the sources that are switched on, with the loader's own at the end."""
        tables = self.report["tables"] if self.report else []
        return sorted(
            {table["source"] for table in tables}, key=lambda name: (name == "loads", name)
        )

    def tables_of(self, source: str) -> list[dict[str, Any]]:
        """Return what the project says of each table of a source."""
        tables = self.report["tables"] if self.report else []
        return [table for table in tables if table["source"] == source]

    @property
    def is_built(self) -> bool:
        return self.warehouse is not None and self.has("marts", "fct_llm_usage")


def named(names: Sequence[str]) -> str:
    """Return the first names of a list, and how many more there are."""
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def connection_error(events: Sequence[Mapping[str, Any]]) -> str | None:
    """Return why `dbt debug` could not connect, on one line; None where it could."""
    results = [
        event["info"]["msg"] for event in events if event["info"]["name"] == "DebugCmdResult"
    ]
    if results and "passed" in results[-1]:
        return None
    told = re.search(r">(.*?)Check your", "".join(results), re.DOTALL)
    return " ".join(told[1].split()) if told else error_of(events)


def error_of(events: Sequence[Mapping[str, Any]]) -> str:
    """Return dbt's first error on one line, without the macros that lead to it."""
    for event in events:
        if event["info"]["level"] == "error":
            message = str(event["data"].get("exc") or event["info"]["msg"])
            kept = [line for line in message.splitlines() if not line.strip().startswith(">")]
            return " ".join(" ".join(kept).split())
    return "dbt ended without an answer"


def project_vars() -> dict[str, Any]:
    """Return the vars of dbt_project.yml; raise CannotExamine where there is none."""
    try:
        project = yaml.safe_load(Path("dbt_project.yml").read_text(encoding="utf-8"))
        settings = project.get("vars") or {}
    except (OSError, yaml.YAMLError, AttributeError) as error:
        raise CannotExamine(f"dbt_project.yml cannot be read: {error}") from error
    return settings | (settings.get(project["name"]) or {})
