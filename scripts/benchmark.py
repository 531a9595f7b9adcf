"""Measure what the warehouse promises about speed, and write docs/benchmarks.md.

Usage: python scripts/benchmark.py [--rows 10000000] [--postgres-rows 5000000]
           [--only full_run,new_day,pricing,scaling,postgres,live_view,indexes,hundred_million]
           [--repeats 3] [--large] [--workdir DIR] [--keep] [--out docs/benchmarks.md]

Everything of one run stands in one scratch folder and on the same generated usage. `scaling` takes
0.3 and 3 times --rows. --large adds PostgreSQL with four times its rows. `hundred_million` runs
only where --only names it: an hour and 65 GB of disk.

The figures lie beside the report, in docs/benchmarks.json; those of what was not asked for stay as
the run before left them, and each section names its run. A report in its own place also writes the
figures in the prose of README.md and docs/. Progress goes to standard error.

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

from benchmarks import hundred_million, prose, questions, report
from benchmarks.engines import ON_POSTGRES, on_duckdb, on_postgres
from benchmarks.questions import QUESTIONS, read_questions
from benchmarks.results import Results, Run, read
from benchmarks.steps import StepFailed, say
from benchmarks.workbench import Workbench
from generate_events import MIN_ROWS
from raw_area import ROOT, fail

ROWS, POSTGRES_ROWS, LARGEST_ROWS = 10_000_000, 5_000_000, 100_000_000
OUT = ROOT / "docs" / "benchmarks.md"


def command_line() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure what the warehouse promises.")
    parser.add_argument("--rows", type=int, default=ROWS, help="rows of the year on DuckDB")
    parser.add_argument("--postgres-rows", type=int, default=POSTGRES_ROWS)
    parser.add_argument("--hundred-million-rows", type=int, default=LARGEST_ROWS, help="to try it")
    parser.add_argument(
        "--only",
        type=read_questions,
        default=QUESTIONS.keys() - questions.ASKED_FOR_ALONE,
        metavar="NAME,NAME",
    )
    parser.add_argument("--repeats", type=int, default=3, help="medians of so many (default: 3)")
    parser.add_argument("--large", action="store_true", help="PostgreSQL with four times the rows")
    parser.add_argument("--workdir", type=Path, help="where to work (default: a temporary folder)")
    parser.add_argument("--keep", action="store_true", help="leave the working folder in place")
    parser.add_argument("--out", type=Path, default=OUT)
    return parser


def rows_of(question: str, arguments: argparse.Namespace) -> str:
    """Return how many rows a question is measured on."""
    if question in ON_POSTGRES:
        return f"{arguments.postgres_rows:,} on PostgreSQL"
    if question == questions.HUNDRED_MILLION:
        return f"{arguments.hundred_million_rows:,} on DuckDB"
    return f"{arguments.rows:,} on DuckDB"


def run(arguments: argparse.Namespace, workdir: Path) -> Results:
    """Measure in a folder and write the report."""
    bench = Workbench(workdir, arguments.repeats)
    wanted: set[str] = arguments.only
    found = Results()
    try:
        if wanted - ON_POSTGRES - {questions.HUNDRED_MILLION}:
            on_duckdb(bench, wanted, arguments.rows, found)
        if wanted & ON_POSTGRES:
            on_postgres(bench, wanted, arguments.postgres_rows, arguments.large, found)
        if questions.HUNDRED_MILLION in wanted:
            say("a hundred million rows")
            hundred_million.run(bench, arguments.hundred_million_rows, found)
    finally:
        # What was measured before a step failed took hours and is still true.
        results = with_earlier(found, arguments)
        if found.measured():
            report.write(results, arguments.out, arguments.out.with_suffix(".json"))
            if arguments.out == OUT:
                prose.fill_pages(results.shown())
    return results


def with_earlier(found: Results, arguments: argparse.Namespace) -> Results:
    """Return what this run measured and, of the other questions, what an earlier one did."""
    raw = arguments.out.with_suffix(".json")
    measured = found.measured()
    others = QUESTIONS.keys() - measured
    results = read(raw, others) if raw.exists() else Results()
    results.reasons = dict.fromkeys(others - results.measured(), "not asked for") | found.reasons
    results.runs |= {question: Run.of_now(rows_of(question, arguments)) for question in measured}
    results.values |= found.values
    results.facts |= found.facts
    return results


def main(call: Sequence[str] | None = None) -> int:
    arguments = command_line().parse_args(call)
    for name in ("rows", "postgres_rows", "hundred_million_rows"):
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
    print(f"written: {arguments.out} and the .json beside it")
    if missing := results.unmeasured(arguments.only):
        return fail(2, "not measured: " + "; ".join(figure.label for figure in missing))
    return 1 if results.missed() else 0


if __name__ == "__main__":
    sys.exit(main())
