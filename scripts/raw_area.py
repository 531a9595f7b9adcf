"""What the scripts that write raw files share: connection, progress, publishing, messages."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

ROOT = Path(__file__).resolve().parents[1]


def fail(code: int, message: str) -> int:
    """Print a message to standard error and return the exit code that goes with it."""
    print(message, file=sys.stderr)
    return code


def quoted(text: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def new_connection(
    memory_limit: str, threads: int, spill_to: Path | None = None
) -> duckdb.DuckDBPyConnection:
    """Return an in-memory DuckDB in UTC with a bound on its memory.

    `spill_to` is the folder for what does not fit; without it a query that needs more fails.
    """
    connection = duckdb.connect(
        config={
            "memory_limit": memory_limit,
            "threads": threads,
            "temp_directory": str(spill_to) if spill_to else "",
            # Keeping the order of rows makes DuckDB hold what it cannot write yet.
            "preserve_insertion_order": False,
        }
    )
    connection.execute("set TimeZone = 'UTC'")
    # DuckDB counts its progress only when its own bar is on; ours prints it.
    connection.execute("set enable_progress_bar = true")
    connection.execute("set enable_progress_bar_print = false")
    return connection


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[float], None]]:
    """Show a bar, on a terminal only, and give what moves it: a function of the per cent done."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(what, total=100)
        yield lambda percent: bar.update(task, completed=max(0.0, percent))


def run_with_progress(connection: duckdb.DuckDBPyConnection, query: str, what: str) -> list[Any]:
    """Run a query, show a bar meanwhile, and return its rows; silent off a terminal."""
    outcome: list[Any] = []
    error: list[BaseException] = []

    def run() -> None:
        try:
            outcome.extend(connection.execute(query).fetchall())
        except BaseException as raised:  # handed to the caller's thread below
            error.append(raised)

    worker = threading.Thread(target=run, daemon=True)
    with progress_bar(what) as advance:
        worker.start()
        try:
            while worker.is_alive():
                worker.join(timeout=0.1)
                advance(connection.query_progress())
        except KeyboardInterrupt:
            connection.interrupt()
            worker.join()
            raise
    if error:
        raise error[0]
    return outcome


def publish(partial: Path, final: Path) -> None:
    """Move a finished file to its place so that a reader sees all of it or nothing."""
    publish_all([(partial, final)])


def publish_all(moves: Sequence[tuple[Path, Path]]) -> None:
    """Move finished files to their places, the first of them only when all are safe on disk."""
    for partial, _ in moves:
        with partial.open("rb") as handle:
            os.fsync(handle.fileno())
    for partial, final in moves:
        final.parent.mkdir(parents=True, exist_ok=True)
        partial.replace(final)
    for folder in {final.parent for _, final in moves}:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
