"""Time generated rows through all models: seconds per model, rows per second, memory, size.

The rows are written by generate_events.py, loaded by load_raw.py and built by `dbt seed` and
`dbt run` in a scratch folder with its own raw area and warehouse, which is removed afterwards.
Memory is the highest sum of resident memory over dbt and its children. Tests are not run: they
have their own command. Nothing is asserted: the targets are printed beside what was measured.

Usage: python scripts/benchmark.py [--rows 10000000] [--workdir DIR] [--keep]
Exit codes: 0 measured, 1 a step failed (its output is shown), 2 usage.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import psutil

ROOT = Path(__file__).resolve().parents[1]
TARGET_ROWS, TARGET_SECONDS, TARGET_GIGABYTES = 10_000_000, 90, 6.5
GIGABYTE = 1e9
SAMPLE_SECONDS = 0.05


class StepFailed(Exception):
    """A step ended with an error; the message holds what it printed."""


@dataclass(frozen=True)
class Step:
    """What one command took: wall seconds, and peak resident bytes of it and its children."""

    seconds: float
    peak_bytes: int


def resident_bytes(process: psutil.Process) -> int:
    """Return the resident memory of a process and its children; 0 once it is gone."""
    total = 0
    try:
        for each in [process, *process.children(recursive=True)]:
            try:
                total += each.memory_info().rss
            except psutil.NoSuchProcess:
                continue
    except psutil.NoSuchProcess:
        return 0
    return total


def measure(command: Sequence[str | Path], environment: dict[str, str]) -> Step:
    """Run a command from the project's folder and sample its memory; raise StepFailed."""
    started = time.monotonic()
    child = subprocess.Popen(
        [str(part) for part in command],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    peak = 0
    ended = threading.Event()

    def sample() -> None:
        nonlocal peak
        process = psutil.Process(child.pid)
        while not ended.wait(SAMPLE_SECONDS):
            peak = max(peak, resident_bytes(process))

    sampler = threading.Thread(target=sample, daemon=True)
    sampler.start()
    output, _ = child.communicate()
    ended.set()
    sampler.join()
    if child.returncode != 0:
        raise StepFailed(f"{' '.join(map(str, command))}\n{output[-4000:]}")
    return Step(time.monotonic() - started, peak)


def seconds_by_model(target: Path) -> list[tuple[str, float]]:
    """Return the models of the last run and their seconds, slowest first."""
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    times = [(result["unique_id"].split(".")[-1], result["execution_time"]) for result in results]
    return sorted(times, key=lambda item: (-item[1], item[0]))


def run(rows: int, workdir: Path) -> None:
    """Generate, load and build `rows` events in `workdir`, and print what was measured."""
    raw_dir, events = workdir / "raw", workdir / "events"
    database, target = workdir / "warehouse.duckdb", workdir / "target"
    environment = os.environ | {
        "LLM_FINOPS_DUCKDB_PATH": str(database),
        "LLM_FINOPS_TEMP_DIR": str(workdir / "tmp"),
        "DBT_TARGET_PATH": str(target),
        "DBT_LOG_PATH": str(workdir / "logs"),
    }
    memory = psutil.virtual_memory().total
    print(f"machine: {os.cpu_count()} cores, {memory / GIGABYTE:.0f} GB memory", flush=True)

    scripts = ROOT / "scripts"
    generate: list[str | Path] = [sys.executable, scripts / "generate_events.py"]
    generated = measure([*generate, "--rows", str(rows), "--out", events], environment)
    print(f"generated {rows:,} rows: {generated.seconds:.1f} s", flush=True)
    files = sorted(events.rglob("*.parquet")) if events.is_dir() else [events]
    load: list[str | Path] = [sys.executable, scripts / "load_raw.py", *files, "--raw-dir", raw_dir]
    table = ["--source", "events", "--table", "llm_usage_events"]
    loaded = measure([*load, *table], environment)
    print(f"loaded: {loaded.seconds:.1f} s, peak {loaded.peak_bytes / GIGABYTE:.2f} GB", flush=True)

    dbt = [str(Path(sys.executable).with_name("dbt")), "--no-use-colors"]
    settings = ["--vars", json.dumps({"raw_dir": str(raw_dir), "sources": ["events"]})]
    seeded = measure([*dbt, "seed", *settings], environment)
    print(f"seeds: {seeded.seconds:.1f} s", flush=True)
    built = measure([*dbt, "run", *settings], environment)

    for model, seconds in seconds_by_model(target):
        print(f"  {seconds:8.2f} s  {model}")
    with duckdb.connect(str(database), read_only=True) as connection:
        counted = connection.execute("select count(*) from marts.fct_llm_usage").fetchone()
    facts = counted[0] if counted else 0
    print(f"rows in fct_llm_usage: {facts:,}")
    print(f"dbt run, wall: {built.seconds:.1f} s (target for {TARGET_ROWS:,}: {TARGET_SECONDS} s)")
    print(f"rows per second: {rows / built.seconds:,.0f}")
    print(f"peak memory: {built.peak_bytes / GIGABYTE:.2f} GB (target: {TARGET_GIGABYTES} GB)")
    print(f"warehouse: {database.stat().st_size / GIGABYTE:.2f} GB")


def main() -> int:
    parser = argparse.ArgumentParser(description="Time generated rows through all models.")
    parser.add_argument("--rows", type=int, default=TARGET_ROWS, help="rows to generate")
    parser.add_argument("--workdir", type=Path, help="where to work (default: a temporary folder)")
    parser.add_argument("--keep", action="store_true", help="leave the working folder in place")
    arguments = parser.parse_args()
    if arguments.workdir:
        arguments.workdir.mkdir(parents=True, exist_ok=True)
    workdir = Path(tempfile.mkdtemp(prefix="llm_finops_benchmark_", dir=arguments.workdir))
    try:
        run(arguments.rows, workdir)
    except StepFailed as failed:
        print(failed, file=sys.stderr)
        return 1
    finally:
        if arguments.keep:
            print(f"kept: {workdir}")
        else:
            shutil.rmtree(workdir)
    return 0


if __name__ == "__main__":
    sys.exit(main())
