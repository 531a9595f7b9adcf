"""The raw area: its lock, what its manifest knows, and what a killed load left behind."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
from raw_area import quoted

from raw_loading.declaration import Table
from raw_loading.problems import BadSetup


@dataclass(frozen=True)
class KnownBatch:
    """One row of the manifest, as far as a later load asks."""

    batch_id: str
    content_hash: str
    load_mode: str


@contextmanager
def locked(raw_dir: Path) -> Iterator[Path]:
    """Lock the raw area, yield a folder for unfinished files, and leave none of them behind."""
    try:
        raw_dir.mkdir(parents=True, exist_ok=True)
        handle = os.open(raw_dir, os.O_RDONLY)
    except OSError as error:
        raise BadSetup(f"{raw_dir}: cannot be used as the raw area ({error.strerror})") from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BadSetup(f"{raw_dir}: another load is running; wait for it") from None
        for left_behind in raw_dir.glob(".loading-*"):
            shutil.rmtree(left_behind)
        staging = raw_dir / f".loading-{os.getpid()}"
        staging.mkdir()
        try:
            yield staging
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    finally:
        os.close(handle)
        if not any(raw_dir.iterdir()):
            raw_dir.rmdir()


def read_manifest(
    connection: duckdb.DuckDBPyConnection, raw_dir: Path, source: str
) -> dict[str, list[KnownBatch]]:
    """Return the batches of each declared table of a source, oldest load first."""
    if not any((raw_dir / "load_manifest").glob("*.parquet")):
        return {}
    rows = connection.execute(
        "select table_name, batch_id, content_hash, load_mode "
        f"from read_parquet({quoted(str(raw_dir / 'load_manifest' / '*.parquet'))}) "
        "where source_name = ? order by loaded_at, batch_id",
        [source],
    ).fetchall()
    known: dict[str, list[KnownBatch]] = {}
    for table, *row in rows:
        known.setdefault(table, []).append(KnownBatch(*row))
    return known


def check_batches(raw_dir: Path, table: Table, known: list[KnownBatch]) -> None:
    """Refuse a table whose batches are gone, or lie under its other name."""
    for batch in known:
        name = f"{batch.batch_id}.parquet"
        if (raw_dir / table.source / table.folder / name).is_file():
            continue
        for other in table.names:
            if (raw_dir / table.source / other / name).is_file():
                raise BadSetup(
                    f"{raw_dir}: {table.name} was loaded as {other} before and lies in "
                    f"{table.source}/{other}/; load it under that name, as dbt reads one folder"
                )
        raise BadSetup(
            f"{raw_dir}: the manifest names batch {batch.batch_id}, whose file is gone from "
            f"{table.source}/{table.folder}/; restore it, or delete load_manifest/{name} to "
            "load its file again"
        )


def remove_orphans(raw_dir: Path, table: Table, known: list[KnownBatch]) -> None:
    """Remove the batches that a killed load left without a manifest row."""
    ids = {batch.batch_id for batch in known}
    for path in sorted((raw_dir / table.source / table.folder).glob("*.parquet")):
        if path.stem in ids:
            continue
        if re.fullmatch("[0-9a-f]{32}", path.stem):
            path.unlink()
            print(f"removed {path.name}, left behind by a load that did not finish")
        else:
            print(f"warning: {path} was not written by the loader", file=sys.stderr)
