"""Ends a dbt run in the middle of a model, as a crash does, or lets it wait there.

The one thing of dbt that tests replace, and only in the run that is to end: the function that sends
statements.
"""

from __future__ import annotations

import os
import re
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WRITES = re.compile(r"(?:/\*.*?\*/\s*)?(?:delete|insert)\b", re.DOTALL | re.IGNORECASE)
KILLED = -signal.SIGKILL


@dataclass(frozen=True)
class Stop:
    """Where a run stops: `before` a model's first statement or `inside` the model.

    Inside is when its old rows are deleted and the new ones not yet there, or later: before the
    model's `write`th statement that deletes or inserts. With `pause`, a path, the run does not end
    there, but makes that file and waits until the file is gone.
    """

    model: str
    when: str
    pause: str | None = None
    write: int = 1


def stop_at(stop: Stop) -> None:
    """Make the run of this process stop there."""
    from dbt.adapters.sql.connections import SQLConnectionManager

    send = SQLConnectionManager.add_query
    stopped: list[str] = []
    written: list[str] = []

    def sending(self: Any, sql: str, *arguments: Any, **options: Any) -> Any:
        name = str(self.get_thread_connection().name)
        if stopped or not name.endswith(f".{stop.model}"):
            return send(self, sql, *arguments, **options)
        if WRITES.match(sql.strip()):
            written.append(name)
        if stop.when == "before" or len(written) == stop.write:
            stopped.append(name)
            if stop.when == "inside":
                send(self, sql.split(";\n")[0], *arguments, **options)
            stop_here(stop.pause)
        return send(self, sql, *arguments, **options)

    SQLConnectionManager.add_query = sending


def stop_here(pause: str | None) -> None:
    """End this process, or wait while the test does something to the server."""
    if pause is None:
        os.kill(os.getpid(), signal.SIGKILL)
        return
    waited = Path(pause)
    waited.touch()
    while waited.exists():
        time.sleep(0.05)
