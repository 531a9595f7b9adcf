"""(a) A full run of all models against a hand-written script that makes the same tables."""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median

from benchmarks import floor
from benchmarks.questions import FULL_RUN
from benchmarks.results import Results
from benchmarks.steps import GIGABYTE, measure, say
from benchmarks.workbench import DbtRun, Project, Workbench

FACT = "fct_llm_usage"


def full_runs(bench: Workbench, project: Project) -> list[DbtRun]:
    """Build all models from nothing, as often as the benchmark repeats."""
    runs = []
    for number in range(bench.repeats):
        project.database.unlink(missing_ok=True)
        project.dbt("seed")
        runs.append(project.dbt("run"))
        say(f"  full run, {number + 1} of {bench.repeats}: {runs[-1].seconds:.1f} s")
    return runs


def run_floor(project: Project) -> tuple[float, int]:
    """Run the script in a process of its own; return its seconds and peak bytes."""
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "benchmarks.floor",
        project.database,
        project.raw_dir,
    ]
    made = measure(
        [*command, project.folder / "floor.duckdb"],
        project.folder / "scripts",
        project.environment,
    )
    return float(made.output.split()[-1]), made.peak_bytes


def run(bench: Workbench, rows: int, results: Results) -> tuple[Project, float, float]:
    """Measure; return the built warehouse, the run's seconds and those of the fact in it."""
    project = bench.project(f"year-{rows}", bench.history(rows))
    runs = full_runs(bench, project)
    seconds = median(each.seconds for each in runs)
    wall = median(each.step.seconds for each in runs)
    floors = []
    for number in range(bench.repeats):
        floors.append(run_floor(project))
        say(f"  script, {number + 1} of {bench.repeats}: {floors[-1][0]:.1f} s")
    floor_seconds = median(each[0] for each in floors)
    compared, wrong = floor.differing(project.database, project.folder / "floor.duckdb")
    if wrong:
        say(f"  the script's tables differ from the marts: {', '.join(wrong)}")
    (project.folder / "floor.duckdb").unlink()
    results.note(FULL_RUN, "slowest models", runs[0].slowest())
    results.note(FULL_RUN, "marts compared", ", ".join(compared))
    results.add(
        full_ratio=seconds / floor_seconds,
        floor_equal=1 - len(wrong) / len(compared),
        full_rows=rows,
        full_seconds=seconds,
        full_wall=wall,
        floor_seconds=floor_seconds,
        rows_per_second=rows / wall,
        full_memory=max(each.step.peak_bytes for each in runs) / GIGABYTE,
        floor_memory=max(each[1] for each in floors) / GIGABYTE,
        warehouse_size=project.database.stat().st_size / GIGABYTE,
    )
    return project, seconds, median(each.nodes[FACT] for each in runs)
