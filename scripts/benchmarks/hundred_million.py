"""(h) A hundred million rows: a full run from nothing, then runs with nothing new and new days."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from statistics import median

from raw_area import new_connection, quoted
from raw_loading.file_area import FileArea

from benchmarks.data import BATCH_MEMORY, FIRST_DAY, NEW_DAY, Usage, load_days
from benchmarks.questions import HUNDRED_MILLION
from benchmarks.results import Results
from benchmarks.steps import GIGABYTE, StepFailed, say
from benchmarks.workbench import DbtRun, Project, Workbench

INSTANCES = 4
# Raw files, the warehouse of 270 bytes a row, and temporary files of its size.
BYTES_PER_ROW = 650


def check_disk(folder: Path, rows: int) -> None:
    """Stop at once where the disk would be full hours later."""
    needed, free = rows * BYTES_PER_ROW, shutil.disk_usage(folder).free
    if free < needed:
        raise StepFailed(
            f"{rows:,} rows need {needed / GIGABYTE:,.0f} GB in {folder}, {free / GIGABYTE:,.0f} GB"
            " are free: name another folder with --workdir, or fewer --hundred-million-rows"
        )


def under_each_instance(usage: Usage, days: list[date], folder: Path) -> Iterator[Path]:
    """Yield each day's file with its rows under every source instance; it goes once it was used."""
    folder.mkdir(exist_ok=True)
    with new_connection(BATCH_MEMORY, threads=2) as connection:
        for day in days:
            file = folder / f"{day}.parquet"
            connection.execute(
                "copy ("
                " select events.* replace ('instance-' || instance as source_instance)"
                f" from read_parquet({quoted(str(usage.of(day)))}) as events"
                f" cross join range({INSTANCES}) as instances(instance)"
                f") to {quoted(str(file))} (format parquet, compression zstd)"
            )
            yield file
            file.unlink()


def timed_run(project: Project, what: str) -> DbtRun:
    """Run all models and print what it took."""
    made = project.dbt("run")
    say(f"  {what}: {made.seconds:.1f} s, {made.step.peak_bytes / GIGABYTE:.1f} GB")
    return made


def run(bench: Workbench, rows: int, results: Results) -> None:
    """Measure; each figure is noted as soon as it is there."""
    check_disk(bench.folder, rows)
    usage = bench.usage(rows // INSTANCES)
    new_days = [NEW_DAY - timedelta(days=back) for back in range(bench.repeats)][::-1]
    history = [
        FIRST_DAY + timedelta(days=number) for number in range((new_days[0] - FIRST_DAY).days)
    ]
    raw_dir, folder = bench.folder / f"raw-{rows}", bench.folder / f"instances-{rows}"
    say(f"loading {len(history)} days of {rows:,} rows a year")
    loaded = load_days(under_each_instance(usage, history, folder), FileArea(raw_dir))
    project = bench.project(f"year-{rows}", raw_dir)
    say(f"full run of {loaded:,} rows")
    full = timed_run(project, "full run")
    warehouse = project.database.stat().st_size
    results.note(HUNDRED_MILLION, "slowest models", full.slowest())
    results.add(
        hundred_rows=loaded,
        hundred_full=full.seconds,
        hundred_full_cpu=full.step.cpu_seconds,
        hundred_memory=full.step.peak_bytes / GIGABYTE,
        hundred_warehouse=warehouse / GIGABYTE,
        hundred_temporary=full.step.peak_temporary_bytes / GIGABYTE,
        hundred_temporary_share=full.step.peak_temporary_bytes / warehouse,
    )
    noops = [timed_run(project, "nothing new") for _ in range(bench.repeats)]
    noop = median(each.seconds for each in noops)
    results.note(HUNDRED_MILLION, "slowest models, nothing new", noops[-1].slowest())
    results.add(hundred_noop=noop, hundred_noop_share=noop / full.seconds)
    days = []
    for file in under_each_instance(usage, new_days, folder):
        load_days([file], project.area)
        days.append(timed_run(project, f"new day {file.stem}"))
    day = median(each.seconds for each in days)
    results.note(HUNDRED_MILLION, "slowest models, new day", days[-1].slowest())
    results.add(
        hundred_new_day=day,
        hundred_new_day_share=day / full.seconds,
        hundred_new_day_memory=max(each.step.peak_bytes for each in days) / GIGABYTE,
    )
