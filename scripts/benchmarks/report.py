"""The report: limits first, then each question with its run, its method and all its figures."""

from __future__ import annotations

from pathlib import Path

from benchmarks.chart import draw
from benchmarks.figures import FIGURES, Figure, number
from benchmarks.questions import METHODS, QUESTIONS
from benchmarks.results import Results, as_json

HEADER = ["| figure | measured | limit | |", "|---|---|---|---|"]


def row(figure: Figure, results: Results) -> str:
    """Return a figure as a row of a table."""
    value = results.values.get(figure.key)
    verdict = figure.verdict(value)
    shown = "not measured" if value is None else number(value, figure.unit)
    if verdict == "not measured":
        said = results.reasons.get(figure.key) or results.reasons.get(figure.question, "not yet")
    else:
        said = {"met": "met", "missed": "**MISSED**", "": ""}[verdict]
    return f"| {figure.label} | {shown} | {figure.limit} | {said} |"


def sentences(results: Results) -> list[str]:
    """Say in words which limits are missed and how many were not measured."""
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
        f" {len(unmeasured)} not measured."
    )
    return lines


def origin(question: str, results: Results) -> str:
    """Say which run measured a question."""
    run = results.runs.get(question)
    if not run:
        return f"Not measured: {results.reasons.get(question, 'no run')}."
    return f"Measured on {run.day}, commit {run.commit}. Rows: {run.rows}. Machine: {run.machine}."


def section(question: str, results: Results) -> list[str]:
    """Return a question's heading, run, method, figures and notes."""
    figures = [row(each, results) for each in FIGURES if each.question == question]
    notes = [f"- {name}: {text}" for name, text in results.facts.get(question, {}).items()]
    lines = [f"## {QUESTIONS[question]}", "", origin(question, results), "", METHODS[question], ""]
    return [*lines, *HEADER, *figures, "", *notes, *([""] if notes else [])]


def markdown(results: Results, chart: Path | None) -> str:
    """Return the report."""
    lines = [
        "# Benchmarks",
        "",
        "Written by `make benchmark`. Each section names the run that measured it; within a section"
        " all figures are of one run, on one machine, on the same data. Ratios travel between"
        " machines, seconds do not.",
        "",
        *[f"{sentence}\n" for sentence in sentences(results)],
        "## Limits",
        "",
        *HEADER,
        *[row(figure, results) for figure in FIGURES if figure.limit],
        "",
    ]
    if chart:
        lines += [f"![Measured, as a share of each limit]({chart.name})", ""]
    for question in QUESTIONS:
        lines += section(question, results)
    return "\n".join(lines).rstrip() + "\n"


def write(results: Results, out: Path, raw: Path) -> None:
    """Write the report, its chart beside it, and the raw figures."""
    out.parent.mkdir(parents=True, exist_ok=True)
    raw.parent.mkdir(parents=True, exist_ok=True)
    chart = out.with_suffix(".svg")
    drawn = draw(results, chart)
    if not drawn:
        chart.unlink(missing_ok=True)
    out.write_text(markdown(results, chart if drawn else None), encoding="utf-8")
    raw.write_text(as_json(results), encoding="utf-8")
