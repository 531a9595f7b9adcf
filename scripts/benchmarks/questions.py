"""The questions that the benchmark answers: their names, titles, and how each is measured."""

from __future__ import annotations

import argparse

(
    FULL_RUN, NEW_DAY, POSTGRES, PRICING, SCALING, LIVE_VIEW, INDEXES, HUNDRED_MILLION,
) = (
    "full_run", "new_day", "postgres", "pricing", "scaling", "live_view", "indexes",
    "hundred_million",
)  # fmt: skip
QUESTIONS = {
    FULL_RUN: "(a) Full run against a hand-written script",
    NEW_DAY: "(b) One new day on a year of history",
    POSTGRES: "(c) Two marts of PostgreSQL against refreshing materialized views",
    PRICING: "(d) Pricing against libraries that price call by call",
    SCALING: "(e) How cost grows with history",
    LIVE_VIEW: "(f) Costs in real time on PostgreSQL",
    INDEXES: "(g) Access paths on PostgreSQL",
    HUNDRED_MILLION: "(h) A hundred million rows",
}
# An hour, and 65 GB of disk: only where it is named.
ASKED_FOR_ALONE = {HUNDRED_MILLION}
METHODS = {
    FULL_RUN: "`dbt run` with one thread builds all models of `sources: [events]` from nothing; the"
    " script of `scripts/benchmarks/floor/` makes the marts named in the notes from the same raw"
    " files and is given prices and names as resolved. Their rows are hashed, what tells of loads"
    " and runs left out. Memory is the highest sum of resident memory over a command and its"
    " children.",
    NEW_DAY: "A year of daily loads stands and is built; one more day is loaded and `dbt run` runs"
    " again, file and raw area as before for every repeat. The day is the last of its month. All"
    " shares are summed time of all nodes over that of the full run of the same year. CPU seconds"
    " are user and system time of a command and all its children. A bad day brings rows of five old"
    " dates, replays, corrections and a row that moved to another date. The models that select 1"
    " are a project of their own: what dbt takes whatever they do.",
    POSTGRES: "The last day is loaded and the fact brought up to date; then `dbt run` of the two"
    " marts and of what lies between them and the fact is timed. It is compared with two pairs of"
    " materialized views, refreshed, not concurrently: those of the application's plan, on a table"
    " of the same usage, which hold averages by LLM; and two with the columns of our marts, on our"
    " fact, which hold exact percentiles (p50, p95) by LLM and workspace. Every table and"
    " index is read once before the day is loaded, as refreshing the views again reads theirs.",
    PRICING: "The SQL of the models that resolve names and price, as dbt compiles it, on a Parquet"
    " file of accepted attempts, meters left out; the libraries price calls of the same file, one"
    " process, their objects made before the clock starts.",
    SCALING: "Full runs of 0.3 and 3 times the rows of (b), each on a year of daily loads; then one"
    " new day on the larger year, compared with one new day on the rows of (b) in the same run.",
    LIVE_VIEW: "The last day is loaded and not built; a user's spend of that day is asked of the"
    " view twenty times, the median counts.",
    INDEXES: "Each query runs ten times with its index and ten times after it was dropped in a"
    " transaction that is rolled back; the median counts.",
    HUNDRED_MILLION: "A year of a quarter of the rows, each under four values of `source_instance`,"
    " built from nothing once with the memory limit of `profiles.yml.example`; then runs with"
    " nothing new, then a run for each of the last days of the month, the medians count. Temporary"
    " files are the highest sum of what lay in DuckDB's temporary folder. Measured by hand:"
    " `python scripts/benchmark.py --only hundred_million`.",
}


def read_questions(text: str) -> set[str]:
    """Read the names of --only."""
    names = set(text.split(","))
    if unknown := names - QUESTIONS.keys():
        raise argparse.ArgumentTypeError(
            f"there is no {', '.join(sorted(unknown))}; there is {', '.join(QUESTIONS)}"
        )
    return names
