"""The report: figures with limits first, then what stands beside them; a chart; raw figures."""

# ruff: noqa: E501

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
from collections.abc import Set
from pathlib import Path

import psutil

from benchmarks.figures import FIGURES, QUESTIONS, Figure, Results, number
from benchmarks.steps import GIGABYTE

VERSIONS = ("duckdb", "dbt-core", "dbt-duckdb", "dbt-postgres", "genai-prices")
METHODS = {
    "full_run": "`dbt run` with one thread builds all models of `sources: [events]` from nothing; the"
    " script of `scripts/benchmarks/floor/` makes the same tables from the same raw files and is"
    " given prices and names as resolved. Their rows are hashed, what tells of loads and runs left"
    " out. Memory is the highest sum of resident memory over a command and its children.",
    "new_day": "A year of daily loads stands and is built; one more day is loaded and `dbt run` runs"
    " again, file and raw area as before for every repeat. The day is the last of its month. All"
    " shares are summed time of all nodes over that of the full run of the same year. A bad day"
    " brings rows of five old dates, replays, corrections and a row that moved to another date."
    " The models that select 1 are a project of their own: what dbt takes whatever they do.",
    "postgres": "The last day is loaded and the fact brought up to date; then `dbt run` of the two"
    " marts and of what lies between them and the fact is timed, and both materialized views of the"
    " application's plan are refreshed, not concurrently, on a table with the same usage. Every table"
    " and index is read once before the day is loaded, as refreshing the views again reads theirs.",
    "pricing": "The SQL of the models that resolve names and price, as dbt compiles it, on a Parquet"
    " file of accepted attempts, meters left out; the libraries price"
    " calls of the same file, one process, their objects made before the clock starts.",
    "scaling": "One full run each, every one on a year of daily loads.",
    "live_view": "The last day is loaded and not built; a user's spend of that day is asked of the view"
    " twenty times, the median counts.",
    "indexes": "Each query runs ten times with its index and ten times after it was dropped in a"
    " transaction that is rolled back; the median counts.",
}


def machine() -> str:
    """Return cores, memory and versions."""
    memory = psutil.virtual_memory().total / GIGABYTE
    versions = [f"{name} {importlib.metadata.version(name)}" for name in VERSIONS]
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), {memory:.0f} GB memory,"
        f" Python {platform.python_version()}, {', '.join(versions)}"
    )


def row(figure: Figure, results: Results) -> str:
    """Return a figure as a row of a table."""
    value = results.values.get(figure.key)
    verdict = figure.verdict(value)
    shown = "not measured" if value is None else number(value, figure.unit)
    if verdict == "not measured":
        said = results.reasons.get(figure.key) or results.reasons.get(figure.question, "")
    else:
        said = {"met": "met", "missed": "**MISSED**", "": ""}[verdict]
    return f"| {figure.label} | {shown} | {figure.limit} | {said} |"


def sentences(results: Results) -> list[str]:
    """Say in words which limits are missed and how many could not be judged."""
    lines = [
        f"**{figure.label} is {number(results.values[figure.key], figure.unit)};"
        f" the limit is {figure.limit}.**"
        for figure in results.missed()
    ]
    limited = [figure for figure in FIGURES if figure.limit]
    unmeasured = [figure for figure in limited if figure.key not in results.values]
    met = len(limited) - len(lines) - len(unmeasured)
    lines.append(
        f"{met} of {len(limited)} limits are met, {len(results.missed())} missed,"
        f" {len(unmeasured)} not measured in this run."
    )
    return lines


def markdown(results: Results, rows: str, chart: Path | None) -> str:
    """Return the report."""
    header = ["| figure | measured | limit | |", "|---|---|---|---|"]
    lines = [
        "# Benchmarks",
        "",
        "Written by `make benchmark`: each ratio is of one run, on one machine, on the same data."
        " Ratios travel between machines, seconds do not.",
        "",
        f"Machine: {machine()}. Rows: {rows}.",
        "",
        *[f"{sentence}\n" for sentence in sentences(results)],
        "## Limits",
        "",
        *header,
        *[row(figure, results) for figure in FIGURES if figure.limit],
        "",
    ]
    if chart:
        lines += [f"![Measured, as a share of each limit]({chart.name})", ""]
    for question, title in QUESTIONS.items():
        beside = [each for each in FIGURES if each.question == question and not each.limit]
        lines += [f"## {title}", "", METHODS[question], "", *header]
        lines += [*[row(figure, results) for figure in beside], ""]
    lines += ["## Notes", "", *[f"- {name}: {text}" for name, text in results.facts.items()]]
    return "\n".join(lines).rstrip() + "\n"


def as_json(results: Results, rows: str) -> str:
    """Return the raw figures; what was not measured is null."""
    return json.dumps(
        {
            "machine": machine(),
            "rows": rows,
            "figures": {
                figure.key: {
                    "value": results.values.get(figure.key),
                    "unit": figure.unit,
                    "limit": figure.limit,
                    "verdict": figure.verdict(results.values.get(figure.key)),
                }
                for figure in FIGURES
            },
            "reasons": results.reasons,
            "facts": results.facts,
        },
        indent=2,
    )


def add_earlier(results: Results, questions: Set[str], raw: Path) -> None:
    """Take over the figures that the raw file of an earlier run holds of these questions."""
    earlier = json.loads(raw.read_text(encoding="utf-8"))
    taken = set()
    for figure in FIGURES:
        found = earlier["figures"].get(figure.key, {}).get("value")
        if figure.question in questions and found is not None:
            results.values[figure.key] = found
            taken.add(figure.question)
    titles = [title for question, title in QUESTIONS.items() if question in taken]
    results.facts = earlier["facts"] | results.facts
    results.facts["measured by an earlier run"] = "; ".join(titles) or "nothing"


def used_share(figure: Figure, value: float) -> float:
    """Return how much of its limit a value uses up: above 1 it is missed."""
    if figure.at_most is not None:
        return value / figure.at_most
    assert figure.at_least is not None
    return figure.at_least / value if value else float("inf")


def draw(results: Results, file: Path) -> bool:
    """Draw the limited figures as bars against their limits; False without matplotlib."""
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure as Chart
    except ImportError:
        return False
    shown = [
        figure
        for figure in FIGURES
        if figure.limit and figure.at_least != 1 and figure.key in results.values
    ]
    if not shown:
        return False
    # Text stays text and nothing tells when or how the file was made: small, and equal when equal.
    mpl.rcParams["svg.fonttype"] = "none"
    mpl.rcParams["svg.hashsalt"] = "llm_finops"
    shares = [min(used_share(each, results.values[each.key]), 2.0) for each in shown]
    chart = Chart(figsize=(9, 0.5 + 0.42 * len(shown)), layout="constrained")
    axes = chart.subplots()
    colours = ["#2a7f62" if share <= 1 else "#c0392b" for share in shares]
    bars = axes.barh([each.label for each in shown], shares, color=colours, height=0.6)
    texts = [f"{number(results.values[each.key], each.unit)}  ({each.limit})" for each in shown]
    axes.bar_label(bars, texts, padding=4, fontsize=8)
    axes.axvline(1, color="#333333", linewidth=1)
    axes.set_xlim(0, max([1.6, *[share + 0.5 for share in shares]]))
    axes.set_xlabel("share of the limit that is used; the line is the limit")
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
    file.parent.mkdir(parents=True, exist_ok=True)
    chart.savefig(file, metadata={"Date": None, "Creator": None})
    return True


def write(results: Results, rows: str, out: Path, raw: Path) -> None:
    """Write the report, its chart beside it, and the raw figures."""
    out.parent.mkdir(parents=True, exist_ok=True)
    raw.parent.mkdir(parents=True, exist_ok=True)
    chart = out.with_suffix(".svg")
    drawn = draw(results, chart)
    if not drawn:
        chart.unlink(missing_ok=True)
    out.write_text(markdown(results, rows, chart if drawn else None), encoding="utf-8")
    raw.write_text(as_json(results, rows), encoding="utf-8")
