"""Check files against a source's declaration and append them to the raw area.

Usage:
    python scripts/load_raw.py FILE [FILE ...] --source events --table llm_usage_events
        [--mapping FILE.yml] [--loaded-at 2026-11-01T02:00:00Z] [--load-mode append|full]
        [--raw-dir data/raw | --target postgres]
    python scripts/load_raw.py FOLDER --source synapscale [--load-mode full] ...

A file is CSV (UTF-8, comma, header), JSONL, both also as .gz, or Parquet, known by its extension.
Of a folder every file is loaded into the table that it is named after. Columns and values are
checked against `models/staging/<source>/_<source>__sources.yml`; an empty text is a missing value
in every format. Each file becomes one batch: its rows with all stored columns, `_loaded_at` and
`_batch_id`, and one row of the manifest, which is written last. The raw area is a folder of Parquet
files, or with `--target` a schema of the PostgreSQL server that dbt builds in.

Nothing is loaded unless all files pass. A batch is known by its content: the typed rows, whatever
their order, the file's name and its format; content that is there already is left alone. Only what
cannot be read as its type is refused here; what can be read but not counted (no id, no time,
negative tokens) is loaded, and the build puts it into `rejected_llm_usage`. See docs/loading.md,
and docs/your_own_table.md for `--mapping`.

Exit codes: 0 loaded or already there, 1 refused (the data), 2 usage or environment.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from raw_area import fail, new_connection
from raw_loading.area import RawArea, TableState
from raw_loading.batches import Batch, batch_id_of, content_of, stage
from raw_loading.declaration import Table, find_table, tables_of
from raw_loading.files import split_name
from raw_loading.mapping import TableMapping, read_mapping
from raw_loading.problems import BadData, BadSetup, suggestion
from raw_loading.targets import add_area_options, find_area

__all__ = ["BadData", "BadSetup", "load", "load_tables", "main"]

MAPPED_TABLE = ("events", "llm_usage_events")


def load(
    files: Sequence[Path],
    source: str,
    table: str,
    area: RawArea,
    loaded_at: datetime,
    mode: str,
    mapping: Path | None = None,
) -> list[str]:
    """Load files into one table, all of them or none; return one line about each."""
    target = find_table(source, table)
    if mapping and (source, table) != MAPPED_TABLE:
        raise BadSetup("--mapping is for --source {} --table {} only".format(*MAPPED_TABLE))
    return Load(area, source, loaded_at, mode).run([(target, file) for file in files], mapping)


def load_tables(
    files: Mapping[str, Path], source: str, area: RawArea, loaded_at: datetime, mode: str
) -> list[str]:
    """Load one file into each table, all of them or none; return one line about each.

    A table goes by its declared or its deployed name. Raises `BadData` for what a file holds and
    `BadSetup` for everything else.
    """
    work: dict[str, tuple[Table, Path]] = {}
    for name, path in files.items():
        table = find_table(source, name)
        if table.name in work:
            raise BadSetup(
                f"{work[table.name][1].name} and {path.name} are both {table.name}; keep one"
            )
        work[table.name] = (table, path)
    return Load(area, source, loaded_at, mode).run(list(work.values()))


def files_of(folder: Path, source: str) -> dict[str, Path]:
    """Return the file of each table in a folder; refuse a file that is no table."""
    tables = tables_of(source)
    files: dict[str, Path] = {}
    problems = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            problems.append(
                f"{path.name}/ is a folder; move it out, or name it in a call of its own"
            )
            continue
        try:
            name, _ = split_name(path)
        except BadSetup as problem:
            problems.append(f"{problem}; move it out")
            continue
        if name not in tables:
            problems.append(
                f"{path.name}: source {source} has no table {name!r}{suggestion(name, tables)}"
            )
        elif name in files:
            problems.append(f"{files[name].name} and {path.name} are both {name}; keep one")
        else:
            files[name] = path
    if problems:
        raise BadSetup("\n".join([*problems, f"nothing of {folder} was loaded"]))
    if not files:
        raise BadSetup(f"{folder}: the folder holds no file")
    return files


class Load:
    """One load: what comes into the raw area together, or not at all."""

    def __init__(self, area: RawArea, source: str, loaded_at: datetime, mode: str) -> None:
        self.area = area
        self.source = source
        self.loaded_at = loaded_at
        self.mode = mode
        self.messages: list[str] = []
        self.problems: list[str] = []

    def run(self, work: list[tuple[Table, Path]], mapping_file: Path | None = None) -> list[str]:
        """Check all files, then publish those whose content is new."""
        with (
            self.area.locked() as staging,
            new_connection("1GB", threads=2, spill_to=staging / "spill") as connection,
        ):
            tables = {table.name: table for table, _ in work}
            mapping = read_mapping(connection, mapping_file, work[0][0]) if mapping_file else None
            known = self.area.known_batches(connection, self.source)
            states = [TableState(table, known.get(table.name, [])) for table in tables.values()]
            for state in states:
                self.area.check(state)

            batches = []
            for state in states:
                files = [path for table, path in work if table.name == state.table.name]
                batches += self.check(connection, staging, state, files, mapping)
            if self.problems:
                raise BadData(
                    "\n".join([*self.problems, "nothing was loaded, the raw area is as it was"])
                )
            self.area.publish(connection, staging, states, batches, self.loaded_at, self.mode)
        return self.messages

    def check(
        self,
        connection: duckdb.DuckDBPyConnection,
        staging: Path,
        state: TableState,
        files: list[Path],
        mapping: TableMapping | None,
    ) -> list[Batch]:
        """Stage a table's files and return those whose content is new."""
        table, known = state.table, state.known
        batch_of_hash = {batch.content_hash: batch.batch_id for batch in known}
        known_ids = {batch.batch_id for batch in known}
        previous = ""
        if self.mode == "full":
            # A whole table may return to what it was, and takes back what was added since: only the
            # newest load, if it was a full one, counts as the same.
            batch_of_hash = {
                batch.content_hash: batch.batch_id
                for batch in known[-1:]
                if batch.load_mode == "full"
            }
            previous = known[-1].batch_id if known else ""

        batches = []
        for number, path in enumerate(files):
            staged = staging / f"{table.name}-{number}.parquet"
            try:
                stage(connection, path, table, staged, self.mode == "full", mapping)
                content = content_of(connection, staged, table.stored, path.name)
                if content.rows == 0 and self.mode != "full":
                    raise BadData(
                        f"{path.name}: the file has no rows, only its columns; export it again, or "
                        "load it with --load-mode full if the table is empty"
                    )
            except BadData as problem:
                self.problems.append(str(problem))
                continue
            batch_id = batch_of_hash.get(content.content_hash) or batch_id_of(
                table, self.mode, content.content_hash, previous
            )
            if content.content_hash in batch_of_hash or batch_id in known_ids:
                self.messages.append(
                    f"{path.name}: already loaded as batch {batch_id}, nothing changed"
                )
                continue
            batch_of_hash[content.content_hash] = batch_id
            batch = Batch(table, path, staged, batch_id, content)
            batches.append(batch)
            self.messages.append(batch.message())
        return batches


def instant(text: str) -> datetime:
    """Read an ISO instant with its zone from the command line."""
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} has no zone; write {text}Z if it is UTC")
    return value.astimezone(UTC)


def load_from(arguments: argparse.Namespace) -> list[str]:
    """Load what the command line asks for; refuse a call that contradicts itself."""
    paths: list[Path] = arguments.paths
    mode = arguments.load_mode
    loaded_at = arguments.loaded_at or datetime.now(UTC)
    if any(path.is_dir() for path in paths):
        if len(paths) > 1:
            raise BadSetup("a folder is loaded alone; name one folder, or files")
        if arguments.table or arguments.mapping:
            raise BadSetup(
                "the files of a folder are named after their tables; drop --table and --mapping"
            )
        files = files_of(paths[0], arguments.source)
        area = find_area(arguments.target, arguments.raw_dir, arguments.raw_schema)
        return load_tables(files, arguments.source, area, loaded_at, mode)
    if not arguments.table:
        raise BadSetup("--table is missing: it says which table the files belong to")
    if mode == "full" and len(paths) > 1:
        raise BadSetup("--load-mode full takes one file: the whole table")
    source, table, mapping = arguments.source, arguments.table, arguments.mapping
    area = find_area(arguments.target, arguments.raw_dir, arguments.raw_schema)
    return load(paths, source, table, area, loaded_at, mode, mapping)


def main() -> int:
    parser = argparse.ArgumentParser(description="Check files and append them to the raw area.")
    parser.add_argument(
        "paths",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="CSV, JSONL or Parquet, or one folder with a file for each table",
    )
    parser.add_argument("--source", required=True, help="source that declares the table")
    parser.add_argument("--table", help="table of the source; not with a folder")
    parser.add_argument(
        "--mapping", type=Path, help="YAML: how the contract's columns come out of the file's"
    )
    add_area_options(parser)
    parser.add_argument("--loaded-at", type=instant, help="instant of the load (default: now)")
    parser.add_argument(
        "--load-mode",
        choices=("append", "full"),
        default="append",
        help="full: the file is the whole table as it stands (default: append)",
    )
    arguments = parser.parse_args()
    try:
        messages = load_from(arguments)
    except BadData as problem:
        return fail(1, str(problem))
    except BadSetup as problem:
        return fail(2, str(problem))
    except OSError as error:
        return fail(2, f"{error.filename or arguments.raw_dir}: {error.strerror or error}")
    print("\n".join(messages))
    return 0


if __name__ == "__main__":
    sys.exit(main())
