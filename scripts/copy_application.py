"""Copy an application's own tables from its PostgreSQL database into the raw area.

Usage:
    python scripts/copy_application.py --source synapscale --from postgresql://reader@host/database
        [--application-schema public] [--tables usage_logs users ...] [--full]
        [--batch-rows 500000] [--overlap-minutes 60] [--timezone UTC]
        [--raw-dir data/raw | --target postgres]
    python scripts/copy_application.py --source synapscale --print-role > role.sql

Everything is read in one read-only transaction that shows every table at the same instant, and goes
through the same checks as a file for `load_raw.py`. Columns declared with `stored: false` are never
asked for. A table is copied whole (load mode `full`), so that what is gone is known as deleted;
tables that only grow, those with a `cursor` in the declaration, are appended from the newest row of
the raw area on, less an overlap for rows that were committed late. `--full` copies those whole too.

`--from` is a libpq connection string or the name of an environment variable that holds one, by
default LLM_FINOPS_APPLICATION; a password belongs there or into ~/.pgpass, not on the command line.
`--print-role` prints the SQL for a role that may read these columns and nothing else.

Exit codes: 0 copied or already there, 1 refused (the data), 2 usage or environment.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from load_raw import Load, instant
from raw_area import ROOT, fail, new_connection
from raw_loading.application import Application, ApplicationTable
from raw_loading.application_role import role_sql
from raw_loading.area import RawArea, unfinished_folder
from raw_loading.declaration import Table, find_table, read_yaml, tables_of
from raw_loading.postgres import Server
from raw_loading.problems import BadData, BadSetup
from raw_loading.targets import add_area_options, find_area

DEFAULT_FROM = "LLM_FINOPS_APPLICATION"
ROLE = "llm_finops_reader"


def server_of(text: str) -> Server:
    """Return the server that a connection string, or a variable with one, names."""
    if "://" in text or "=" in text:
        return Server.of_dsn(text, "--from")
    if not os.environ.get(text):
        raise BadSetup(
            f"the environment variable {text} is not set; give it a connection string, such as "
            "postgresql://user@host:5432/database, or name one with --from"
        )
    return Server.of_dsn(os.environ[text], f"the environment variable {text}")


def wanted_tables(source: str, names: list[str] | None) -> list[Table]:
    """Return the tables to copy: of a declared or deployed name, or all."""
    if names:
        return [replace(find_table(source, name), names=(name,)) for name in names]
    return list({table.name: table for table in tables_of(source).values()}.values())


def as_dbt_reads(table: Table) -> Table:
    """Return a table under the name that dbt reads it by in the raw area."""
    names = read_yaml(ROOT / "dbt_project.yml")["vars"].get(f"{table.source}_tables") or {}
    return replace(find_table(table.source, table.name), folder=names.get(table.name, table.name))


class Copy:
    """One copy of an application's tables into a raw area."""

    def __init__(self, application: Application, area: RawArea, loaded_at: datetime) -> None:
        self.application = application
        self.area = area
        self.loaded_at = loaded_at

    def run(self, tables: list[Table], is_full: bool, batch_rows: int, overlap: timedelta) -> None:
        """Copy whole tables together, then each growing one by whole batches; print what came."""
        with self.application.opened(), unfinished_folder(ROOT / "data" / "tmp") as folder:
            found = self.application.find(tables)
            growing = [there for there in found if there.cursor and not is_full]
            self.copy_whole([there for there in found if there not in growing], folder)
            for there in growing:
                self.append(there, folder, batch_rows, overlap)

    def copy_whole(self, found: list[ApplicationTable], folder: Path) -> None:
        """Load tables as they stand, all of them or none."""
        work = []
        for there in found:
            for path in self.application.write_batches(there, folder, rows=None, since=None):
                work.append((as_dbt_reads(there.table), path))
        if work:
            self.load(work, "full")

    def append(self, there: ApplicationTable, folder: Path, rows: int, overlap: timedelta) -> None:
        """Load what was written since the newest row of the raw area, batch by batch."""
        table = as_dbt_reads(there.table)
        columns = [column.name for column in there.cursor]
        with self.area.locked(), new_connection("500MB", threads=1) as connection:
            newest = self.area.newest(connection, table, columns)
        since = newest - overlap if newest else None
        is_empty = True
        for path in self.application.write_batches(there, folder, rows, since):
            self.load([(table, path)], "append")
            is_empty = False
        if is_empty:
            print(
                f"{there.name}: no rows" + (f" since {since:%Y-%m-%d %H:%M} UTC" if since else "")
            )

    def load(self, work: list[tuple[Table, Path]], mode: str) -> None:
        messages = Load(self.area, work[0][0].source, self.loaded_at, mode).run(work)
        print("\n".join(messages), flush=True)


def zone_name(text: str) -> str:
    """Read a zone from the command line."""
    try:
        return ZoneInfo(text).key
    except (KeyError, ValueError, OSError):
        raise argparse.ArgumentTypeError(f"{text!r} is no IANA zone, such as UTC") from None


def positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return value


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Copy an application's tables to the raw area.")
    parser.add_argument("--source", required=True, help="source that declares the tables")
    parser.add_argument(
        "--from",
        dest="origin",
        default=DEFAULT_FROM,
        help="connection string, or environment variable with one (default: %(default)s)",
    )
    parser.add_argument("--application-schema", default="public", help="default: %(default)s")
    parser.add_argument("--tables", nargs="+", metavar="TABLE", help="default: all declared ones")
    parser.add_argument("--full", action="store_true", help="copy tables that only grow whole, too")
    parser.add_argument(
        "--batch-rows",
        type=positive,
        default=500_000,
        help="rows of a batch (default: %(default)s)",
    )
    parser.add_argument(
        "--overlap-minutes",
        type=positive,
        default=60,
        help="read again what is that much older than the newest row (default: %(default)s)",
    )
    parser.add_argument(
        "--timezone", type=zone_name, help="of times that are stored without a zone"
    )
    parser.add_argument("--loaded-at", type=instant, help="instant of the load (default: now)")
    parser.add_argument("--print-role", action="store_true", help="print the reading role's SQL")
    parser.add_argument("--role", default=ROLE, help="its name (default: %(default)s)")
    add_area_options(parser)
    return parser.parse_args()


def main() -> int:
    arguments = read_arguments()
    try:
        tables = wanted_tables(arguments.source, arguments.tables)
        if arguments.print_role:
            print(role_sql(tables, arguments.application_schema, arguments.role))
            return 0
        server = server_of(arguments.origin)
        area = find_area(arguments.target, arguments.raw_dir, arguments.raw_schema)
        application = Application(server, arguments.application_schema, arguments.timezone)
        overlap = timedelta(minutes=arguments.overlap_minutes)
        loaded_at = arguments.loaded_at or datetime.now(UTC)
        copy = Copy(application, area, loaded_at)
        copy.run(tables, arguments.full, arguments.batch_rows, overlap)
    except BadData as problem:
        return fail(1, str(problem))
    except BadSetup as problem:
        return fail(2, str(problem))
    except OSError as error:
        return fail(2, f"{error.filename or arguments.raw_dir}: {error.strerror or error}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
