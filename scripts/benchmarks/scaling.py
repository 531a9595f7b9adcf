"""(e) How cost grows: full runs of two sizes, and one new day on two sizes of history."""

from __future__ import annotations

from benchmarks import new_day
from benchmarks.results import Results
from benchmarks.steps import GIGABYTE, say
from benchmarks.workbench import DbtRun, Project, Workbench


def full_run(bench: Workbench, rows: int) -> tuple[Project, DbtRun]:
    """Build all models of a year from nothing, once."""
    project = bench.project(f"year-{rows}", bench.history(rows))
    made = project.dbt("run")
    say(f"  full run of {rows:,} rows: {made.seconds:.1f} s")
    return project, made


def run(
    bench: Workbench, rows: int, small: int, day_seconds: float | None, results: Results
) -> None:
    """Measure; `day_seconds` is what a new day on `rows` took, where it is measured."""
    large = 3 * rows
    _, first = full_run(bench, small)
    if day_seconds is None:
        project, _ = full_run(bench, rows)
        day_seconds = new_day.seconds_of(bench, project, rows, results)
    project, second = full_run(bench, large)
    results.add(
        scaling_ratio=second.seconds / first.seconds,
        scaling_memory=second.step.peak_bytes / GIGABYTE,
        scaling_rows_small=small,
        scaling_rows_large=large,
        scaling_small=first.seconds,
        scaling_large=second.seconds,
    )
    day_large = new_day.seconds_of(bench, project, large, results)
    results.add(
        new_day_growth=day_large / day_seconds,
        new_day_share_large=day_large / second.seconds,
        new_day_large=day_large,
        new_day_base=day_seconds,
    )
