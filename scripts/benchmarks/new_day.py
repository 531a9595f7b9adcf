"""(b) What a scheduled run costs once a year of history stands."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median

from raw_loading.file_area import FileArea

from benchmarks import empty_project
from benchmarks.data import DIRTY_DAY, NEW_DAY, as_one_file, load_days, loaded_at
from benchmarks.questions import NEW_DAY as QUESTION
from benchmarks.questions import SCALING
from benchmarks.results import Results
from benchmarks.steps import say
from benchmarks.workbench import DbtRun, Project, Workbench

# A price of much used rows, not banded by context, and three months before the newest day.
CORRECTED = {
    "price_book": "list",
    "provider_id": "openai",
    "model_id": "gpt-5.6-luna",
    "component": "output",
    "service_tier": "standard",
    "region_class": "*",
    "ctx_min": "0",
    "valid_to": "",
}
CORRECTED_FROM = NEW_DAY - timedelta(days=92)


def correct_price(file: Path) -> None:
    """Close an open price three months back and put a slightly higher one after it."""
    with file.open(newline="", encoding="utf-8") as opened:
        reader = csv.DictReader(opened)
        names, rows = list(reader.fieldnames or []), list(reader)
    (old,) = [row for row in rows if all(row[name] == value for name, value in CORRECTED.items())]
    instant = f"{CORRECTED_FROM} 00:00:00"
    new = dict(old) | {
        "valid_from": instant,
        "usd_per_unit": f"{old['usd_per_unit']}1",
        "quoted_price": f"{old['quoted_price']}{'' if '.' in old['quoted_price'] else '.'}1",
        "source": "benchmark",
    }
    old["valid_to"] = instant
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.DictWriter(opened, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows([*rows, new])


@dataclass(frozen=True)
class Medians:
    """Medians of repeated runs: summed node time, wall time and CPU seconds."""

    seconds: float
    wall: float
    cpu: float

    @classmethod
    def of(cls, runs: Sequence[DbtRun]) -> Medians:
        return cls(
            median(each.seconds for each in runs),
            median(each.step.seconds for each in runs),
            median(each.step.cpu_seconds for each in runs),
        )


class NewDay:
    """Measures runs on one project, each from the same state."""

    def __init__(
        self,
        bench: Workbench,
        project: Project,
        rows: int,
        results: Results,
        question: str = QUESTION,
        state: str = "year",
    ) -> None:
        self.question = question
        self.bench, self.project, self.rows, self.results = bench, project, rows, results
        self.usage = bench.usage(rows)
        self.restore = project.keep(state)

    def models(self, what: str, change: Callable[[], object]) -> Medians:
        """Return what a run takes after a change."""
        runs = []
        for number in range(self.bench.repeats):
            change()
            runs.append(self.project.dbt("run"))
            say(f"  {what}, {number + 1} of {self.bench.repeats}: {runs[-1].seconds:.2f} s")
            self.restore()
        self.last = runs[-1]
        self.results.note(self.question, f"slowest models, {what}", self.last.slowest())
        return Medians.of(runs)

    def load_new_day(self) -> None:
        load_days([self.usage.of(NEW_DAY)], self.project.area)

    def scheduled(self) -> Medians:
        """Return what a scheduled build of a new day takes."""
        # The first one tests everything: none before it has.
        self.project.scheduled_build()
        self.restore()
        runs = []
        for _ in range(self.bench.repeats):
            self.load_new_day()
            runs.append(self.project.scheduled_build())
            say(f"  scheduled build: {runs[-1].seconds:.1f} s")
            self.restore()
        self.last = runs[-1]
        self.results.note(self.question, "slowest nodes, scheduled build", self.last.slowest(16))
        return Medians.of(runs)

    def dirty(self) -> float:
        """Return the time of a bad day that follows a built good one."""
        self.load_new_day()
        self.project.dbt("run")
        after_good_day = NewDay(self.bench, self.project, self.rows, self.results, state="good-day")
        medians = after_good_day.models(
            "bad day", lambda: load_days([self.usage.of(DIRTY_DAY)], self.project.area)
        )
        self.restore()
        return medians.seconds

    def corrected_price(self) -> float:
        """Return the time of the run after a price was corrected and seeded."""

        def correct() -> None:
            correct_price(self.project.folder / "seeds" / "pricing" / "llm_prices.csv")
            self.project.dbt("seed", "--select", "llm_prices")

        return self.models("price corrected", correct).seconds


def one_file(bench: Workbench, rows: int, results: Results) -> float:
    """Return the time of a new day where the year before it came as one file."""
    usage = bench.usage(rows)
    year = bench.folder / f"one-file-{rows}" / f"{NEW_DAY - timedelta(days=1)}.parquet"
    as_one_file(usage.history(), year)
    raw_dir = bench.folder / f"one-file-{rows}" / "raw"
    load_days([year], FileArea(raw_dir))
    year.unlink()
    project = bench.project(f"one-file-{rows}/project", raw_dir)
    project.dbt("run")
    made = NewDay(bench, project, rows, results).models(
        "new day, year in one file",
        lambda: load_days([usage.of(NEW_DAY)], FileArea(raw_dir)),
    )
    return made.seconds


def run(
    bench: Workbench, project: Project, rows: int, full_seconds: float, results: Results
) -> float:
    """Measure on the warehouse that the full run left behind; return the seconds of a new day."""
    day = NewDay(bench, project, rows, results)
    new_day = day.models("new day", day.load_new_day)
    noop = day.models("nothing new", lambda: None)
    empty = empty_project.seconds_of(bench, "run", day.last.nodes)
    scheduled = day.scheduled()
    empty_scheduled = empty_project.seconds_of(bench, "scheduled", day.last.nodes)
    price = day.corrected_price()
    dirty = day.dirty()
    results.note(QUESTION, "new day loaded at", str(loaded_at(NEW_DAY)))
    results.add(
        new_day_share=new_day.seconds / full_seconds,
        noop_share=noop.seconds / full_seconds,
        empty_share=empty / full_seconds,
        empty_scheduled_share=empty_scheduled / full_seconds,
        scheduled_share=scheduled.seconds / full_seconds,
        price_share=price / full_seconds,
        dirty_share=dirty / full_seconds,
        one_file_share=one_file(bench, rows, results) / full_seconds,
        new_day_seconds=new_day.seconds,
        new_day_cpu=new_day.cpu,
        noop_cpu=noop.cpu,
        scheduled_seconds=scheduled.seconds,
        scheduled_wall=scheduled.wall,
        scheduled_cpu=scheduled.cpu,
    )
    return new_day.seconds


def seconds_of(bench: Workbench, project: Project, rows: int, results: Results) -> float:
    """Return the seconds of a new day alone, on a warehouse that stands."""
    day = NewDay(bench, project, rows, results, SCALING)
    return day.models(f"new day, {rows:,} rows", day.load_new_day).seconds
