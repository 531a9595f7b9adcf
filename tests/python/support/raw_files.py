"""What the loader's tests share: writing files, calling the loader, looking into the raw area."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import load_raw
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

Loader = Callable[..., int]

HEADER = "event_id,started_at,input_tokens,output_tokens"
GOOD_ROW = "a,2026-02-16T00:00:00Z,10,2"
GOOD = f"{HEADER}\n{GOOD_ROW}\n"

# Rows of an application's tables, with what is required of them.
CREATED = "2024-08-01T10:00:00Z"
LLM = {
    "id": "llm-1",
    "name": "gpt-4o",
    "provider": "openai",
    "cost_per_token_input": 0.000005,
    "cost_per_token_output": 0.000015,
    "created_at": CREATED,
    "updated_at": CREATED,
}
USAGE = {
    "id": "u-1",
    "llm_id": "llm-1",
    "input_tokens": 10,
    "output_tokens": 2,
    "created_at": CREATED,
}
USER = {"id": "ada", "created_at": CREATED}


def loader(monkeypatch: pytest.MonkeyPatch, raw_dir: Path, *fixed: str) -> Loader:
    """Return a function that runs the loader's command line on files; it returns the exit code."""

    def run(*files: Path, options: Sequence[str] = ()) -> int:
        arguments = [*map(str, files), *fixed, "--raw-dir", str(raw_dir), *options]
        monkeypatch.setattr(sys, "argv", ["load_raw.py", *arguments])
        return load_raw.main()

    return run


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def jsonl_line(**values: Any) -> str:
    row = {"event_id": "a", "started_at": "2026-02-16T00:00:00Z"}
    return json.dumps(row | {"input_tokens": 1, "output_tokens": 2} | values) + "\n"


def picture(folder: Path) -> dict[str, str]:
    """Every file under a folder with the hash of its bytes."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def query(sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        return connection.execute(sql).fetchall()


def loaded(
    raw_dir: Path, columns: str, table: str = "events/llm_usage_events"
) -> list[tuple[Any, ...]]:
    return query(f"select {columns} from '{raw_dir}/{table}/*.parquet' order by all")


def manifest(raw_dir: Path) -> list[tuple[Any, ...]]:
    return query(f"select * from '{raw_dir}/load_manifest/*.parquet' order by loaded_at, batch_id")


def jsonl(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def folder_of(path: Path, **tables: Sequence[dict[str, Any]]) -> Path:
    """Write one JSONL file for each table."""
    for name, rows in tables.items():
        write(path / f"{name}.jsonl", jsonl(*rows))
    return path


def parquet(path: Path, row: dict[str, Any], **arrays: pa.Array) -> Path:
    """Write one row to Parquet, some of its columns with a type of their own."""
    created = pa.array([datetime(2024, 8, 1, 10, tzinfo=UTC)], pa.timestamp("us", tz="UTC"))
    columns = {name: pa.array([value]) for name, value in row.items()}
    columns |= {name: created for name in ("created_at", "updated_at") if name in columns}
    pq.write_table(pa.table(columns | arrays), path)
    return path
