"""Which questions are answered together: those of one engine on the same usage."""

from __future__ import annotations

from engine_servers.problems import ServerProblem
from generate_events import MIN_ROWS

from benchmarks import full_run, new_day, pricing, questions, scaling
from benchmarks.results import Results
from benchmarks.steps import say
from benchmarks.workbench import Workbench

ON_POSTGRES = {questions.POSTGRES, questions.LIVE_VIEW, questions.INDEXES}


def on_duckdb(bench: Workbench, wanted: set[str], rows: int, results: Results) -> None:
    """Measure what DuckDB answers; a full run stands before everything else."""
    day_seconds = None
    if wanted & {questions.FULL_RUN, questions.NEW_DAY, questions.PRICING}:
        say(f"full run of {rows:,} rows")
        project, seconds, fact_seconds = full_run.run(bench, rows, results)
        if questions.PRICING in wanted:
            say("pricing")
            pricing.run(bench, project, rows, fact_seconds, results)
        if questions.NEW_DAY in wanted:
            say("one new day")
            day_seconds = new_day.run(bench, project, rows, seconds, results)
    if questions.SCALING in wanted:
        say("growth with history")
        scaling.run(bench, rows, max(MIN_ROWS, rows * 3 // 10), day_seconds, results)


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
