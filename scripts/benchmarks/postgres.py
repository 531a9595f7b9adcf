"""(c), (f) and (g): what PostgreSQL answers, on one throw-away server with the same usage."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import psycopg2
import yaml
from engine_servers.postgres import PostgresServer
from psycopg2 import sql
from raw_area import ROOT
from raw_loading.postgres import Server
from raw_loading.postgres_area import PostgresArea

from benchmarks.access_paths import measure_indexes, measure_live_view, relation_exists
from benchmarks.data import DIRTY_DAY, FIRST_DAY, NEW_DAY, as_one_file, load_days
from benchmarks.questions import INDEXES, LIVE_VIEW, POSTGRES
from benchmarks.results import Results
from benchmarks.steps import say
from benchmarks.views import MARTS, column_views, percentiles, plan_views
from benchmarks.workbench import DbtRun, Project, Workbench

MIDDLE_DAY = NEW_DAY.replace(day=15)
BETWEEN = [f"fct_llm_usage+,+{mart}" for mart in MARTS]
# Without its ledger a run leaves its batches to the next one, which takes them in again.
COMPLETE = [*(f"+{mart}" for mart in MARTS), "usage_load_ledger"]
KEPT = "kept"


@dataclass(frozen=True)
class Refresh:
    """Seconds of one refresh: the fact, the marts as dbt sums them, the marts' SQL alone."""

    fact: float
    marts: float
    marts_sql: float


def days(first: date, last: date) -> list[date]:
    """Return the days of a range, ends included."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def sql_seconds(log: Path) -> float:
    """Return the time of all statements that models ran, as dbt's log tells it."""
    total = 0.0
    for line in log.read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        if event["info"]["name"] == "SQLQueryStatus":
            node = event["data"].get("node_info", {}).get("unique_id", "")
            total += event["data"]["elapsed"] if node.startswith("model.") else 0.0
    return total


class PostgresBench:
    """A project on a server of its own, with usage loaded day by day."""

    def __init__(
        self, bench: Workbench, server: PostgresServer, rows: int, results: Results
    ) -> None:
        self.server, self.usage, self.results = server, bench.usage(rows), results
        self.repeats, self.rows = bench.repeats, rows
        settings = {
            "DBT_TARGET": "postgres",
            "LLM_FINOPS_POSTGRES_HOST": server.host,
            "LLM_FINOPS_POSTGRES_PORT": str(server.port),
            "LLM_FINOPS_POSTGRES_USER": server.user,
            "LLM_FINOPS_POSTGRES_DATABASE": server.database,
        }
        self.project: Project = bench.project(f"postgres-{rows}", bench.folder, settings)
        project_vars = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["vars"]
        server_of_area = Server.of_dsn(server.dsn, "the benchmark")
        self.project.area = PostgresArea(server_of_area, project_vars)

    @contextmanager
    def connected(self, database: str | None = None, user: str | None = None) -> Iterator[Any]:
        """Give a cursor that commits each statement."""
        connection = psycopg2.connect(
            host=self.server.host,
            port=self.server.port,
            user=user or self.server.user,
            dbname=database or self.server.database,
        )
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()

    def load(self, wanted: Iterable[date]) -> None:
        """Load the usage of some days as one batch, named after the last of them."""
        chosen = list(wanted)
        file = self.project.folder / f"{chosen[-1]}.parquet"
        as_one_file([self.usage.of(day) for day in chosen], file)
        load_days([file], self.project.area)
        file.unlink()

    def copy_database(self, origin: str, copy: str) -> None:
        """Replace one database by a copy of another; nobody may be connected to either."""
        with self.connected("postgres", self.server.superuser) as cursor:
            cursor.execute(
                sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(copy))
            )
            cursor.execute(
                sql.SQL("create database {} template {} owner {} strategy file_copy").format(
                    *[sql.Identifier(name) for name in (copy, origin, self.server.user)]
                )
            )

    def warm(self) -> None:
        """Read every table and index once: a copied database is cold, which the views are not."""
        with self.connected(user=self.server.superuser) as cursor:
            cursor.execute("create extension if not exists pg_prewarm")
            cursor.execute(
                "select sum(pg_prewarm(oid, 'read')) from pg_class"
                " where relkind in ('r', 'i') and not relisshared"
            )

    def run(self, *selected: str) -> DbtRun:
        """Build some models; dbt's log of this run alone stands in logs/dbt.log."""
        log = self.project.folder / "logs" / "dbt.log"
        log.unlink(missing_ok=True)
        options = ["--log-level-file", "debug", "--log-format-file", "json"]
        return self.project.dbt(*options, "run", "--select", *selected)

    def build_history(self, last: date) -> None:
        """Load the days up to one and build what the two marts need, and the live view."""
        say(f"  loading and building up to {last}")
        self.load(days(FIRST_DAY, last))
        live = ["+llm_usage_live"] if self.has_model("llm_usage_live") else []
        self.run(*COMPLETE, *live)

    def has_model(self, name: str) -> bool:
        return any((self.project.folder / "models").rglob(f"{name}.sql"))

    def refresh(self, day: date, repeats: int) -> Refresh:
        """Add a day and return what bringing the two marts up to date took, medians."""
        if repeats > 1:
            self.copy_database(self.server.database, KEPT)
        made = []
        for number in range(repeats):
            if number:
                self.copy_database(KEPT, self.server.database)
            self.warm()
            self.load([day])
            fact = self.run("+fct_llm_usage").seconds
            marts = self.run(*BETWEEN, "--exclude", "fct_llm_usage")
            of_sql = sql_seconds(self.project.folder / "logs" / "dbt.log")
            what = f"slowest models, two marts of {day}, {self.rows:,} rows"
            self.results.note(POSTGRES, what, marts.slowest())
            made.append(Refresh(fact, marts.seconds, of_sql))
            say(f"  {day}: marts {marts.seconds:.2f} s, of it SQL {of_sql:.2f} s")
        return Refresh(
            median(each.fact for each in made),
            median(each.marts for each in made),
            median(each.marts_sql for each in made),
        )


@contextmanager
def started(bench: Workbench, rows: int, results: Results) -> Iterator[PostgresBench]:
    """Give a project on a new server, stopped and removed afterwards."""
    with PostgresServer(bench.folder / f"server-{rows}") as server:
        yield PostgresBench(bench, server, rows, results)


def measure_views(made: PostgresBench, results: Results) -> None:
    """(c): the 15th of the month first, then its last day."""
    middle = made.refresh(MIDDLE_DAY, made.repeats)
    with made.connected() as cursor:
        plan_middle = plan_views(cursor, made.repeats)
    made.load(days(MIDDLE_DAY + timedelta(days=1), NEW_DAY - timedelta(days=1)))
    made.run(*COMPLETE)
    last = made.refresh(NEW_DAY, made.repeats)
    with made.connected() as cursor:
        plan = plan_views(cursor, made.repeats)
        with_columns, equal = column_views(cursor, made.repeats)
        bare = percentiles(cursor, NEW_DAY, made.repeats)
    results.add(
        percentiles_seconds=bare,
        marts_sql_seconds=last.marts_sql,
        views_ratio=plan / last.marts,
        views_ratio_15th=plan_middle / middle.marts,
        views_ratio_sql=plan / last.marts_sql,
        views_seconds=plan,
        column_views_ratio=with_columns / last.marts,
        column_views_equal=equal,
        column_views_seconds=with_columns,
        marts_seconds=last.marts,
        marts_fact_seconds=last.fact,
    )


def run(bench: Workbench, wanted: set[str], rows: int, results: Results) -> None:
    """Measure what is wanted."""
    with started(bench, rows, results) as made:
        if POSTGRES in wanted:
            made.build_history(MIDDLE_DAY - timedelta(days=1))
            measure_views(made, results)
        else:
            made.build_history(NEW_DAY)
        with made.connected() as cursor:
            if INDEXES in wanted:
                measure_indexes(cursor, NEW_DAY, results)
            if LIVE_VIEW not in wanted:
                return
            if not relation_exists(cursor, "marts.llm_usage_live"):
                results.reasons[LIVE_VIEW] = "there is no view llm_usage_live"
                return
            made.run("+llm_usage_live")
            measure_live_view(cursor, lambda: made.load([DIRTY_DAY]), DIRTY_DAY, results)


def run_large(bench: Workbench, rows: int, results: Results) -> None:
    """(c) with more rows: the last day of the month alone, once, since a copy is as large again."""
    with started(bench, rows, results) as made:
        made.build_history(NEW_DAY - timedelta(days=1))
        refresh = made.refresh(NEW_DAY, 1)
        with made.connected() as cursor:
            views = plan_views(cursor, made.repeats)
        results.add(views_ratio_large=views / refresh.marts)
        results.note(
            POSTGRES,
            f"with {rows:,} rows",
            f"refresh of the plan's views {views:.2f} s, our two marts {refresh.marts:.2f} s",
        )
