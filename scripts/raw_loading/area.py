"""What a raw area is to the loader, wherever its rows lie."""

from __future__ import annotations

import fcntl
import os
import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import mkdtemp

import duckdb

from raw_loading.batches import Batch
from raw_loading.declaration import Table


@dataclass(frozen=True)
class KnownBatch:
    """One row of the manifest, as far as a later load asks."""

    batch_id: str
    content_hash: str
    load_mode: str
    rows: int


@dataclass(frozen=True)
class TableState:
    """A table of a load, and the batches that the manifest knows of it, oldest first."""

    table: Table
    known: list[KnownBatch]


class RawArea(ABC):
    """Where batches are kept: whole ones, each with its row of the manifest, never changed.

    All methods but `locked` are called while it is held.
    """

    @abstractmethod
    def locked(self) -> AbstractContextManager[Path]:
        """Keep other loads out, and give a folder for unfinished files that is gone afterwards."""

    @abstractmethod
    def known_batches(
        self, connection: duckdb.DuckDBPyConnection, source: str
    ) -> dict[str, list[KnownBatch]]:
        """Return the batches of each declared table of a source, oldest load first."""

    @abstractmethod
    def check(self, state: TableState) -> None:
        """Raise `BadSetup` for a table that is not as the loader left it."""

    @abstractmethod
    def publish(
        self,
        connection: duckdb.DuckDBPyConnection,
        staging: Path,
        states: Sequence[TableState],
        batches: Sequence[Batch],
        loaded_at: datetime,
        mode: str,
    ) -> None:
        """Add staged batches, all of them or none, the manifest last.

        What a load that did not finish left of these tables is removed.
        """

    @abstractmethod
    def newest(
        self, connection: duckdb.DuckDBPyConnection, table: Table, columns: Sequence[str]
    ) -> datetime | None:
        """Return the latest instant in some columns of a table, none where it holds no row.

        Never later than the last load: a row dated ahead must not hide those that follow it.
        """


@contextmanager
def unfinished_folder(parent: Path) -> Iterator[Path]:
    """Give a folder below `parent` for this process alone; remove those that dead ones left."""
    parent.mkdir(parents=True, exist_ok=True)
    with flocked(parent, fcntl.LOCK_EX):
        for left_behind in parent.glob(".loading-*"):
            with suppress(BlockingIOError), flocked(left_behind, fcntl.LOCK_EX | fcntl.LOCK_NB):
                shutil.rmtree(left_behind)
        folder = Path(mkdtemp(prefix=".loading-", dir=parent))
        handle = os.open(folder, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


@contextmanager
def flocked(folder: Path, kind: int) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, kind)
        yield
    finally:
        os.close(handle)
