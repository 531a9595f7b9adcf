"""Measure what the warehouse promises about speed, and write docs/benchmarks.md.

Usage: python scripts/benchmark.py [--rows 10000000] [--postgres-rows 5000000]
           [--only full_run,new_day,pricing,scaling,postgres,live_view,indexes]
           [--repeats 3] [--large] [--add] [--workdir DIR] [--keep] [--out docs/benchmarks.md]

Everything of one run stands in one scratch folder and on the same generated usage. `scaling` takes
0.3 and 3 times --rows. --large adds PostgreSQL with four times its rows. The raw figures are in
target/benchmarks.json; with --add, the figures that it holds of what was not asked for stay in the
report, without, they are printed as not measured. Progress goes to standard error.

Exit codes: 0 measured and every limit met, 1 measured and a limit missed, 2 usage, or a step failed
(its output is shown) or left a figure with a limit unmeasured.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import full_run, new_day, pricing, report, scaling
from benchmarks.figures import (
    FULL_RUN,
    INDEXES,
    LIVE_VIEW,
    NEW_DAY,
    POSTGRES,
    PRICING,
    QUESTIONS,
    SCALING,
    Results,
    read_questions,
)  # fmt: skip
from benchmarks.steps import StepFailed, say
from benchmarks.workbench import Workbench
from engine_servers.problems import ServerProblem
from generate_events import MIN_ROWS
from raw_area import ROOT, fail

ROWS, POSTGRES_ROWS = 10_000_000, 5_000_000
ON_POSTGRES = {POSTGRES, LIVE_VIEW, INDEXES}


def on_duckdb(bench: Workbench, wanted: set[str], rows: int, results: Results) -> None:
    """Measure what DuckDB answers; a full run stands before everything else."""
    if wanted & {FULL_RUN, NEW_DAY, PRICING}:
        say(f"full run of {rows:,} rows")
        project, seconds, fact_seconds = full_run.run(bench, rows, results)
        if PRICING in wanted:
            say("pricing")
            pricing.run(bench, project, rows, fact_seconds, results)
        if NEW_DAY in wanted:
            say("one new day")
            new_day.run(bench, project, rows, seconds, results)
    if SCALING in wanted:
        large = 3 * rows
        say("ten times the rows")
        project, made = scaling.run(bench, max(MIN_ROWS, rows * 3 // 10), large, results)
        new_day.run_large(bench, project, large, made.seconds, results)


def on_postgres(
    bench: Workbench, wanted: set[str], rows: int, is_large: bool, results: Results
) -> None:
    """Measure what PostgreSQL answers, on one throw-away server."""
    from benchmarks import postgres

    say(f"PostgreSQL, {rows:,} rows")
    try:
        postgres.run(bench, wanted, rows, results)
        if is_large:
            postgres.run_large(bench, rows * 4, results)
    except ServerProblem as problem:
        say(f"  {problem}")
        for question in wanted & ON_POSTGRES:
            results.reasons[question] = str(problem)


def command_line() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure what the warehouse promises.")
    parser.add_argument("--rows", type=int, default=ROWS, help="rows of the year on DuckDB")
    parser.add_argument("--postgres-rows", type=int, default=POSTGRES_ROWS)
    parser.add_argument("--only", type=read_questions, default=set(QUESTIONS), metavar="NAME,NAME")
    parser.add_argument("--repeats", type=int, default=3, help="medians of so many (default: 3)")
    parser.add_argument("--large", action="store_true", help="PostgreSQL with four times the rows")
    parser.add_argument("--add", action="store_true", help="keep earlier figures of the others")
    parser.add_argument("--workdir", type=Path, help="where to work (default: a temporary folder)")
    parser.add_argument("--keep", action="store_true", help="leave the working folder in place")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "benchmarks.md")
    parser.add_argument("--raw", type=Path, default=ROOT / "target" / "benchmarks.json")
    return parser


def run(arguments: argparse.Namespace, workdir: Path) -> Results:
    """Measure in a folder and write the report."""
    bench = Workbench(workdir, arguments.repeats)
    results = Results()
    wanted: set[str] = arguments.only
    others = QUESTIONS.keys() - wanted
    results.reasons |= dict.fromkeys(others, "not asked for")
    if arguments.add and arguments.raw.exists():
        report.add_earlier(results, others, arguments.raw)
    rows = f"{arguments.rows:,} on DuckDB, {arguments.postgres_rows:,} on PostgreSQL"
    try:
        if wanted - ON_POSTGRES:
            on_duckdb(bench, wanted, arguments.rows, results)
        if wanted & ON_POSTGRES:
            on_postgres(bench, wanted, arguments.postgres_rows, arguments.large, results)
    finally:
        # What was measured before a step failed took hours and still holds.
        if results.values:
            report.write(results, rows, arguments.out, arguments.raw)
    return results


def main(call: Sequence[str] | None = None) -> int:
    arguments = command_line().parse_args(call)
    for name in ("rows", "postgres_rows"):
        if getattr(arguments, name) < MIN_ROWS:
            return fail(2, f"--{name.replace('_', '-')} must be at least {MIN_ROWS:,}")
    if arguments.repeats < 1:
        return fail(2, "--repeats must be at least 1")
    if arguments.workdir:
        arguments.workdir.mkdir(parents=True, exist_ok=True)
    workdir = Path(tempfile.mkdtemp(prefix="llm_finops_benchmark_", dir=arguments.workdir))
    # PostgreSQL runs as another user where we are root, and must be able to enter.
    workdir.chmod(0o755)
    try:
        results = run(arguments, workdir)
    except StepFailed as failed:
        return fail(2, str(failed))
    finally:
        if arguments.keep:
            say(f"kept: {workdir}")
        else:
            shutil.rmtree(workdir, ignore_errors=True)
    print("\n".join(report.sentences(results)))
    print(f"written: {arguments.out}, {arguments.raw}")
    if missing := results.unmeasured(arguments.only):
        return fail(2, "not measured: " + "; ".join(figure.label for figure in missing))
    return 1 if results.missed() else 0


if __name__ == "__main__":
    sys.exit(main())
