"""Every figure that the benchmark prints, with its limit; what was not measured stays visible."""

# One figure a line, however long: a table is read by its columns.
# ruff: noqa: E501
from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["met", "missed", "not measured", ""]


@dataclass(frozen=True)
class Figure:
    """One row of the report. `at_most` and `at_least` are in `unit`; neither: printed beside."""

    key: str
    question: str
    label: str
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def limit(self) -> str:
        if self.at_most is not None:
            return f"≤ {number(self.at_most, self.unit)}"
        if self.at_least is not None:
            return f"≥ {number(self.at_least, self.unit)}"
        return ""

    def verdict(self, value: float | None) -> Verdict:
        """Say whether a value meets the limit."""
        if value is None:
            return "not measured"
        if self.at_most is not None:
            return "met" if value <= self.at_most else "missed"
        if self.at_least is not None:
            return "met" if value >= self.at_least else "missed"
        return ""


def number(value: float, unit: str) -> str:
    """Return a value with its unit, as people write it."""
    if unit == "share":
        return f"{value * 100:.1f} %"
    if unit == "ratio":
        return f"{value:,.2f} ×" if value < 100 else f"{value:,.0f} ×"
    if unit == "count":
        return f"{value:,.0f}"
    return f"{value:,.0f} {unit}" if value >= 1000 else f"{value:.2f} {unit}"


FULL_RUN, NEW_DAY, POSTGRES, PRICING, SCALING, LIVE_VIEW, INDEXES = (
    "full_run", "new_day", "postgres", "pricing", "scaling", "live_view", "indexes",
)  # fmt: skip
QUESTIONS = {
    FULL_RUN: "(a) Full run against a hand-written script",
    NEW_DAY: "(b) One new day on a year of history",
    POSTGRES: "(c) Two marts of PostgreSQL against refreshing materialized views",
    PRICING: "(d) Pricing against libraries that price call by call",
    SCALING: "(e) Ten times the rows",
    LIVE_VIEW: "(f) Costs in real time on PostgreSQL",
    INDEXES: "(g) Access paths on PostgreSQL",
}


def read_questions(text: str) -> set[str]:
    """Read the names of --only."""
    names = set(text.split(","))
    if strangers := names - QUESTIONS.keys():
        raise argparse.ArgumentTypeError(
            f"there is no {', '.join(sorted(strangers))}; there is {', '.join(QUESTIONS)}"
        )
    return names


FIGURES = (
    Figure("full_ratio", FULL_RUN, "dbt run / script, summed model time", "ratio", at_most=1.8),
    Figure("floor_equal", FULL_RUN, "marts equal cell for cell, of those compared", "share", at_least=1),
    Figure("full_seconds", FULL_RUN, "dbt run, summed model time, one dbt thread", "s"),
    Figure("full_wall", FULL_RUN, "dbt run, wall time", "s"),
    Figure("floor_seconds", FULL_RUN, "hand-written script", "s"),
    Figure("rows_per_second", FULL_RUN, "raw rows through all models, a second of wall time", "count"),
    Figure("full_memory", FULL_RUN, "dbt run, peak memory", "GB"),
    Figure("floor_memory", FULL_RUN, "hand-written script, peak memory", "GB"),
    Figure("warehouse_size", FULL_RUN, "warehouse", "GB"),
    Figure("new_day_share", NEW_DAY, "models of one new day / full run", "share", at_most=0.08),
    Figure("scheduled_share", NEW_DAY, "scheduled build with its tests / full run", "share", at_most=0.12),
    Figure("new_day_share_large", SCALING, "models of one new day / full run, three times the rows", "share", at_most=0.05),
    Figure("one_file_share", NEW_DAY, "the same where the year came as one file", "share"),
    Figure("noop_share", NEW_DAY, "nothing new / full run", "share"),
    Figure("empty_share", NEW_DAY, "as many models that select 1, without the project / full run", "share"),
    Figure("empty_scheduled_share", NEW_DAY, "as many models and tests that select 1 as the scheduled build has / full run", "share"),
    Figure("dirty_share", NEW_DAY, "a day with late, replayed, corrected and moved rows / full run", "share"),
    Figure("price_share", NEW_DAY, "a price corrected three months back / full run", "share"),
    Figure("new_day_seconds", NEW_DAY, "models of one new day", "s"),
    Figure("scheduled_seconds", NEW_DAY, "models and tests of the scheduled build", "s"),
    Figure("scheduled_wall", NEW_DAY, "scheduled build, wall time with the copy of the file", "s"),
    Figure("views_ratio", POSTGRES, "refresh of both views / our two marts, last day of a month", "ratio", at_least=5),
    Figure("views_ratio_15th", POSTGRES, "the same for the 15th", "ratio"),
    Figure("views_ratio_sql", POSTGRES, "the same as the first, SQL time only", "ratio"),
    Figure("views_ratio_large", POSTGRES, "the same as the first, four times the rows", "ratio"),
    Figure("views_seconds", POSTGRES, "refresh of both views", "s"),
    Figure("marts_seconds", POSTGRES, "our two marts and what lies between them and the fact", "s"),
    Figure("marts_sql_seconds", POSTGRES, "of that, SQL", "s"),
    Figure("percentiles_seconds", POSTGRES, "the exact percentiles of the month alone, hand-written, on a table of four columns", "s"),
    Figure("marts_fact_seconds", POSTGRES, "bringing the fact itself up to date, before that", "s"),
    Figure("pricing_ratio", PRICING, "read, price and sum / genai-prices", "ratio", at_least=400),
    Figure("pricing_written_ratio", PRICING, "with id and cost written / genai-prices", "ratio", at_least=150),
    Figure("pricing_fact_ratio", PRICING, "the whole fact / genai-prices", "ratio"),
    Figure("pricing_litellm_ratio", PRICING, "read, price and sum / litellm", "ratio"),
    Figure("pricing_rate", PRICING, "read, price and sum, rows a second", "count"),
    Figure("genai_prices_rate", PRICING, "genai-prices, rows a second", "count"),
    Figure("litellm_rate", PRICING, "litellm, rows a second", "count"),
    Figure("scaling_ratio", SCALING, "time of ten times the rows / time of the rows", "ratio", at_most=11),
    Figure("scaling_memory", SCALING, "peak memory of the larger run", "GB", at_most=8),
    Figure("scaling_small", SCALING, "smaller run, summed model time", "s"),
    Figure("scaling_large", SCALING, "larger run, summed model time", "s"),
    Figure("live_milliseconds", LIVE_VIEW, "one user's spend of today, with a tail not yet built", "ms", at_most=200),
    Figure("live_equal", LIVE_VIEW, "llm_usage_live equals the fact right after a build", "share", at_least=1),
    Figure("index_user", INDEXES, "user and date: index scans in EXPLAIN", "share", at_least=1),
    Figure("index_workspace", INDEXES, "workspace and cost: index scans in EXPLAIN", "share", at_least=1),
    Figure("index_tags", INDEXES, "tags: index scans in EXPLAIN", "share", at_least=1),
    Figure("index_user_before", INDEXES, "user and date, without the index", "ms"),
    Figure("index_user_after", INDEXES, "user and date, with it", "ms"),
    Figure("index_workspace_before", INDEXES, "workspace and cost, without the index", "ms"),
    Figure("index_workspace_after", INDEXES, "workspace and cost, with it", "ms"),
    Figure("index_tags_before", INDEXES, "tags, without the index", "ms"),
    Figure("index_tags_after", INDEXES, "tags, with it", "ms"),
)  # fmt: skip


@dataclass
class Results:
    """What was measured, by key of the figure; why not, by question."""

    values: dict[str, float] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)

    def add(self, **values: float) -> None:
        """Note figures by their keys."""
        known = {figure.key for figure in FIGURES}
        if strangers := values.keys() - known:
            raise ValueError(f"no such figure: {', '.join(sorted(strangers))}")
        self.values |= values

    def missed(self) -> list[Figure]:
        """Return the figures that do not meet their limits."""
        return [each for each in FIGURES if each.verdict(self.values.get(each.key)) == "missed"]

    def unmeasured(self, questions: set[str]) -> list[Figure]:
        """Return the figures of these questions that have a limit and no value."""
        return [
            each
            for each in FIGURES
            if each.question in questions and each.limit and each.key not in self.values
        ]
