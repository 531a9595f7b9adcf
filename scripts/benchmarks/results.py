"""What was measured: values by figure, and of each question which run measured it."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import subprocess
from collections.abc import Set
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from raw_area import ROOT

from benchmarks.figures import FIGURES, Figure, number
from benchmarks.steps import GIGABYTE

VERSIONS = ("duckdb", "dbt-core", "dbt-duckdb", "dbt-postgres", "genai-prices")


def machine() -> str:
    """Return cores, memory and versions."""
    memory = psutil.virtual_memory().total / GIGABYTE
    versions = [f"{name} {importlib.metadata.version(name)}" for name in VERSIONS]
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), {memory:.0f} GB memory,"
        f" Python {platform.python_version()}, {', '.join(versions)}"
    )


def commit() -> str:
    """Return the commit that is measured; `-dirty` where the checkout differs from it."""
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--exclude", "*"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return described.stdout.strip() or "unknown"


@dataclass(frozen=True)
class Run:
    """One call of the benchmark: when, of which commit, where, on how many rows."""

    day: str
    commit: str
    machine: str
    rows: str

    @classmethod
    def of_now(cls, rows: str) -> Run:
        return cls(f"{datetime.now(UTC):%Y-%m-%d}", commit(), machine(), rows)


@dataclass
class Results:
    """Values by key of the figure; reasons, runs and facts by question."""

    values: dict[str, float] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)
    facts: dict[str, dict[str, str]] = field(default_factory=dict)

    def add(self, **values: float) -> None:
        """Note figures by their keys."""
        known = {figure.key for figure in FIGURES}
        if unknown := values.keys() - known:
            raise ValueError(f"no such figure: {', '.join(sorted(unknown))}")
        self.values |= values

    def note(self, question: str, name: str, text: str) -> None:
        """Note in words what stands beside the figures of a question."""
        self.facts.setdefault(question, {})[name] = text

    def missed(self) -> list[Figure]:
        """Return the figures that do not meet their limits."""
        return [each for each in FIGURES if each.verdict(self.values.get(each.key)) == "missed"]

    def unmeasured(self, questions: Set[str]) -> list[Figure]:
        """Return the figures of these questions that have a limit and no value."""
        return [
            each
            for each in FIGURES
            if each.question in questions and each.limit and each.key not in self.values
        ]

    def measured(self) -> set[str]:
        """Return the questions that have a value."""
        return {each.question for each in FIGURES if each.key in self.values}

    def shown(self) -> dict[str, str]:
        """Return each value as people read it, by key."""
        return {
            each.key: number(self.values[each.key], each.unit)
            for each in FIGURES
            if each.key in self.values
        }


def as_json(results: Results) -> str:
    """Return all of it; what was not measured is null."""
    shown = results.shown()
    content: dict[str, Any] = {
        "runs": {question: asdict(run) for question, run in results.runs.items()},
        "figures": {
            figure.key: {
                "question": figure.question,
                "value": results.values.get(figure.key),
                "shown": shown.get(figure.key),
                "limit": figure.limit,
                "verdict": figure.verdict(results.values.get(figure.key)),
            }
            for figure in FIGURES
        },
        "reasons": results.reasons,
        "facts": results.facts,
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def read(raw: Path, questions: Set[str]) -> Results:
    """Return what the file of an earlier run holds of some questions."""
    earlier = json.loads(raw.read_text(encoding="utf-8"))
    values = {
        figure.key: value
        for figure in FIGURES
        if figure.question in questions
        and (value := earlier["figures"].get(figure.key, {}).get("value")) is not None
    }
    results = Results(values=values)
    measured = results.measured()
    results.runs = {q: Run(**run) for q, run in earlier["runs"].items() if q in measured}
    results.facts = {q: facts for q, facts in earlier["facts"].items() if q in measured}
    return results
