"""(e) Ten times the rows: time of a full run and its peak memory."""

from __future__ import annotations

from benchmarks.figures import Results
from benchmarks.steps import GIGABYTE, say
from benchmarks.workbench import DbtRun, Project, Workbench


def full_run(bench: Workbench, rows: int) -> tuple[Project, DbtRun]:
    """Build all models of a year from nothing, once."""
    project = bench.project(f"year-{rows}", bench.history(rows))
    made = project.dbt("run")
    say(f"  full run of {rows:,} rows: {made.seconds:.1f} s")
    return project, made


def run(bench: Workbench, small: int, large: int, results: Results) -> tuple[Project, DbtRun]:
    """Measure both sizes; return the larger one's warehouse and run."""
    _, first = full_run(bench, small)
    project, second = full_run(bench, large)
    results.facts["rows of (e)"] = f"{small:,} and {large:,}"
    results.add(
        scaling_ratio=second.seconds / first.seconds,
        scaling_memory=second.step.peak_bytes / GIGABYTE,
        scaling_small=first.seconds,
        scaling_large=second.seconds,
    )
    return project, second
