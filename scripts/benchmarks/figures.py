"""Every figure that the benchmark prints, with its limit."""

# One figure a line, however long: a table is read by its columns.
# ruff: noqa: E501
from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from benchmarks.questions import (
    FULL_RUN,
    HUNDRED_MILLION,
    INDEXES,
    LIVE_VIEW,
    NEW_DAY,
    POSTGRES,
    PRICING,
    SCALING,
)  # fmt: skip

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


FIGURES = (
    Figure("full_ratio", FULL_RUN, "dbt run / script, summed model time", "ratio", at_most=1.8),
    Figure("floor_equal", FULL_RUN, "marts equal cell for cell, of those compared", "share", at_least=1),
    Figure("full_rows", FULL_RUN, "raw rows", "count"),
    Figure("full_seconds", FULL_RUN, "dbt run, summed model time, one dbt thread", "s"),
    Figure("full_wall", FULL_RUN, "dbt run, wall time", "s"),
    Figure("floor_seconds", FULL_RUN, "hand-written script", "s"),
    Figure("rows_per_second", FULL_RUN, "raw rows through all models, a second of wall time", "count"),
    Figure("full_memory", FULL_RUN, "dbt run, peak memory", "GB"),
    Figure("floor_memory", FULL_RUN, "hand-written script, peak memory", "GB"),
    Figure("warehouse_size", FULL_RUN, "warehouse", "GB"),
    Figure("new_day_share", NEW_DAY, "models of one new day / full run", "share"),
    Figure("scheduled_share", NEW_DAY, "scheduled build with its tests / full run", "share"),
    Figure("one_file_share", NEW_DAY, "the same where the year came as one file", "share"),
    Figure("noop_share", NEW_DAY, "nothing new / full run", "share"),
    Figure("empty_share", NEW_DAY, "as many models that select 1, without the project / full run", "share"),
    Figure("empty_scheduled_share", NEW_DAY, "as many models and tests that select 1 as the scheduled build has / full run", "share"),
    Figure("dirty_share", NEW_DAY, "a day with late, replayed, corrected and moved rows / full run", "share"),
    Figure("price_share", NEW_DAY, "a price corrected three months back / full run", "share"),
    Figure("new_day_seconds", NEW_DAY, "models of one new day", "s"),
    Figure("scheduled_seconds", NEW_DAY, "models and tests of the scheduled build", "s"),
    Figure("new_day_cpu", NEW_DAY, "one new day, CPU seconds", "s"),
    Figure("noop_cpu", NEW_DAY, "nothing new, CPU seconds", "s"),
    Figure("scheduled_cpu", NEW_DAY, "scheduled build of one new day, CPU seconds", "s"),
    Figure("scheduled_wall", NEW_DAY, "scheduled build, wall time with the copy of the file", "s"),
    Figure("views_ratio", POSTGRES, "refresh of the plan's views / our two marts, last day of a month", "ratio", at_least=5),
    Figure("column_views_ratio", POSTGRES, "refresh of views with our columns / our two marts, last day of a month", "ratio"),
    Figure("column_views_equal", POSTGRES, "views with our columns equal our marts, of those compared", "share", at_least=1),
    Figure("views_ratio_15th", POSTGRES, "the plan's views / our two marts, the 15th", "ratio"),
    Figure("views_ratio_sql", POSTGRES, "the plan's views / our two marts, SQL time only", "ratio"),
    Figure("views_ratio_large", POSTGRES, "the plan's views / our two marts, four times the rows", "ratio"),
    Figure("views_seconds", POSTGRES, "refresh of the plan's views, averages by LLM", "s"),
    Figure("column_views_seconds", POSTGRES, "refresh of views with our columns, exact percentiles by LLM and workspace", "s"),
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
    Figure("new_day_growth", SCALING, "one new day on three times the rows / on the rows", "ratio", at_most=1.4),
    Figure("new_day_share_large", SCALING, "models of one new day / full run, three times the rows", "share", at_most=0.08),
    Figure("new_day_large", SCALING, "models of one new day on three times the rows", "s"),
    Figure("new_day_base", SCALING, "models of one new day on the rows, same run", "s"),
    Figure("scaling_rows_small", SCALING, "raw rows of the smaller run", "count"),
    Figure("scaling_rows_large", SCALING, "raw rows of the larger run", "count"),
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
    Figure("hundred_memory", HUNDRED_MILLION, "full run, peak memory", "GB", at_most=8),
    Figure("hundred_temporary_share", HUNDRED_MILLION, "peak of temporary files / warehouse", "share", at_most=1),
    Figure("hundred_new_day_share", HUNDRED_MILLION, "one new day / full run, a hundred million rows", "share", at_most=0.04),
    Figure("hundred_noop_share", HUNDRED_MILLION, "nothing new / full run, a hundred million rows", "share", at_most=0.015),
    Figure("hundred_rows", HUNDRED_MILLION, "rows", "count"),
    Figure("hundred_full", HUNDRED_MILLION, "full run, summed model time", "s"),
    Figure("hundred_full_cpu", HUNDRED_MILLION, "full run, CPU seconds", "s"),
    Figure("hundred_warehouse", HUNDRED_MILLION, "warehouse after the full run", "GB"),
    Figure("hundred_temporary", HUNDRED_MILLION, "peak of temporary files", "GB"),
    Figure("hundred_new_day", HUNDRED_MILLION, "one new day, summed model time", "s"),
    Figure("hundred_new_day_memory", HUNDRED_MILLION, "one new day, peak memory", "GB"),
    Figure("hundred_noop", HUNDRED_MILLION, "nothing new, summed model time", "s"),
)  # fmt: skip
