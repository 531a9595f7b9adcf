"""The raw area as Parquet files below one folder, one file for each batch."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from raw_area import publish_all, quoted, run_with_progress

from raw_loading.area import KnownBatch, RawArea, TableState
from raw_loading.batches import Batch, manifest_query, stamped_query
from raw_loading.declaration import Table
from raw_loading.problems import BadSetup

# An engine reads files by their names: batches in the order of their loads leave a table in the
# order of its dates, and a date or a month is then a small part of it.
IN_ORDER = re.compile(r"(?:\d{8}T\d{6}-\d{4,}-)?(.+)")


def batch_of(file: Path) -> str:
    """Return the batch whose rows a file holds."""
    found = IN_ORDER.fullmatch(file.stem)
    assert found
    return found[1]


def batch_files(folder: Path) -> dict[str, Path]:
    """Return the files of a table's folder by their batches."""
    return {batch_of(file): file for file in sorted(folder.glob("*.parquet"))}


class FileArea(RawArea):
    """`<source>/<table>/<load>-<number>-<batch id>.parquet`; `load_manifest/<batch id>.parquet`.

    `<number>` counts within a load; a file that carries its batch id alone is read as well.
    """

    def __init__(self, raw_dir: Path) -> None:
        self.raw_dir = raw_dir
        self.manifest = raw_dir / "load_manifest"

    @contextmanager
    def locked(self) -> Iterator[Path]:
        """Refuse where another load is running; give a folder on the area's own file system."""
        try:
            self.raw_dir.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.raw_dir, os.O_RDONLY)
        except OSError as error:
            raise BadSetup(
                f"{self.raw_dir}: cannot be used as the raw area ({error.strerror})"
            ) from None
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise BadSetup(f"{self.raw_dir}: another load is running; wait for it") from None
            for left_behind in self.raw_dir.glob(".loading-*"):
                shutil.rmtree(left_behind)
            staging = self.raw_dir / f".loading-{os.getpid()}"
            staging.mkdir()
            try:
                yield staging
            finally:
                shutil.rmtree(staging, ignore_errors=True)
        finally:
            os.close(handle)
            if not any(self.raw_dir.iterdir()):
                self.raw_dir.rmdir()

    def known_batches(
        self, connection: duckdb.DuckDBPyConnection, source: str
    ) -> dict[str, list[KnownBatch]]:
        if not any(self.manifest.glob("*.parquet")):
            return {}
        rows = connection.execute(
            "select table_name, batch_id, content_hash, load_mode, row_count "
            f"from read_parquet({quoted(str(self.manifest / '*.parquet'))}) "
            "where source_name = ? order by loaded_at, batch_id",
            [source],
        ).fetchall()
        known: dict[str, list[KnownBatch]] = {}
        for table, *row in rows:
            known.setdefault(table, []).append(KnownBatch(*row))
        return known

    def check(self, state: TableState) -> None:
        """Refuse a table whose batches are gone, or lie under its other name."""
        table = state.table
        files = batch_files(self.folder(table))
        for batch in state.known:
            name = f"{batch.batch_id}.parquet"
            if batch.batch_id in files:
                continue
            for other in table.names:
                if batch.batch_id in batch_files(self.raw_dir / table.source / other):
                    raise BadSetup(
                        f"{self.raw_dir}: {table.name} was loaded as {other} before and lies in "
                        f"{table.source}/{other}/; load it under that name, as dbt reads one folder"
                    )
            raise BadSetup(
                f"{self.raw_dir}: the manifest names batch {batch.batch_id}, whose file is gone "
                f"from {table.source}/{table.folder}/; restore it, or delete load_manifest/{name} "
                "to load its file again"
            )

    def publish(
        self,
        connection: duckdb.DuckDBPyConnection,
        staging: Path,
        states: Sequence[TableState],
        batches: Sequence[Batch],
        loaded_at: datetime,
        mode: str,
    ) -> None:
        """Write the batches aside, then rename all of them into place, and the manifest last."""
        for state in states:
            self.remove_orphans(state)
        data = [staging / f"{batch.batch_id}.data" for batch in batches]
        rows = [staging / f"{batch.batch_id}.row" for batch in batches]
        for batch, partial, row in zip(batches, data, rows, strict=True):
            run_with_progress(
                connection,
                written(stamped_query(batch, loaded_at), partial),
                f"loading {batch.path.name}",
            )
            connection.execute(written(manifest_query(batch, loaded_at, mode), row))
        load = f"{loaded_at.astimezone(UTC):%Y%m%dT%H%M%S}"
        files = [
            self.folder(batch.table) / f"{load}-{number:04}-{batch.batch_id}.parquet"
            for number, batch in enumerate(batches)
        ]
        totals = [self.manifest / f"{batch.batch_id}.parquet" for batch in batches]
        publish_all(list(zip(data, files, strict=True)))
        publish_all(list(zip(rows, totals, strict=True)))

    def newest(
        self, connection: duckdb.DuckDBPyConnection, table: Table, columns: Sequence[str]
    ) -> datetime | None:
        if not any(self.folder(table).glob("*.parquet")):
            return None
        files = quoted(str(self.folder(table) / "*.parquet"))
        found = connection.execute(
            f"select least(max(greatest({', '.join(columns)})), max(_loaded_at)) "
            f"from read_parquet({files}, union_by_name = true)"
        ).fetchone()
        return found[0] if found else None

    def folder(self, table: Table) -> Path:
        return self.raw_dir / table.source / table.folder

    def remove_orphans(self, state: TableState) -> None:
        """Remove the batches that a killed load left without a manifest row."""
        ids = {batch.batch_id for batch in state.known}
        for path in sorted(self.folder(state.table).glob("*.parquet")):
            if batch_of(path) in ids:
                continue
            if re.fullmatch("[0-9a-f]{32}", batch_of(path)):
                path.unlink()
                print(f"removed {path.name}, left behind by a load that did not finish")
            else:
                print(f"warning: {path} was not written by the loader", file=sys.stderr)


def written(query: str, file: Path) -> str:
    """Return the statement that writes a query's rows as Parquet."""
    return f"copy ({query}) to {quoted(str(file))} (format parquet, compression zstd)"
