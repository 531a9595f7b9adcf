"""A scratch folder with a copy of the project, where usage is loaded and dbt runs are timed."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from raw_area import ROOT
from raw_loading.area import RawArea
from raw_loading.file_area import FileArea

from benchmarks.data import Usage, load_days, write_usage
from benchmarks.steps import Step, StepFailed, measure, say

COPIED = ("macros", "models", "scripts", "seeds", "snapshots", "tests")
FILES = (".dbtignore", "dbt_project.yml", "selectors.yml")


@dataclass(frozen=True)
class DbtRun:
    """What one dbt command took: seconds of each node, and the whole as a step."""

    nodes: Mapping[str, float]
    step: Step

    @property
    def seconds(self) -> float:
        """Summed time of all nodes, hooks included."""
        return sum(self.nodes.values())

    def slowest(self, count: int = 8) -> str:
        """Name the nodes that took longest, with their seconds."""
        nodes = sorted(self.nodes.items(), key=lambda node: -node[1])[:count]
        return ", ".join(f"{name} {seconds:.2f} s" for name, seconds in nodes)

    def of(self, models: Sequence[str]) -> float:
        """Summed time of some models, by name."""
        return sum(self.nodes[name] for name in models)


def nodes_of(target: Path) -> dict[str, float]:
    """Return the seconds of each node of the last run; a model goes by its name alone."""
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    return {
        node["unique_id"].removeprefix("model.llm_finops."): node["execution_time"]
        for node in results
    }


class Workbench:
    """The scratch folder of one benchmark; `project()` gives warehouses in it."""

    def __init__(self, folder: Path, repeats: int) -> None:
        self.folder = folder
        self.repeats = repeats
        self.usage = cache(self._write_usage)
        self.history = cache(self._load_history)

    def _write_usage(self, rows: int) -> Usage:
        return write_usage(rows, self.folder / f"usage-{rows}")

    def _load_history(self, rows: int) -> Path:
        """Return a raw area with the year's daily loads."""
        usage = self.usage(rows)
        raw_dir = self.folder / f"raw-{rows}"
        say(f"loading the year of {rows:,} rows, one batch a day")
        load_days(usage.history(), FileArea(raw_dir))
        return raw_dir

    def project(
        self, name: str, raw_dir: Path, settings: Mapping[str, str] | None = None
    ) -> Project:
        """Return a copy of the project that reads a raw area; seeds are there already."""
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for part in COPIED:
            shutil.copytree(
                ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__")
            )
        for part in FILES:
            shutil.copy2(ROOT / part, folder)
        shutil.copy2(ROOT / "profiles.yml.example", folder / "profiles.yml")
        project = Project(folder, raw_dir, settings or {})
        project.dbt("seed")
        return project


class Project:
    """One copy of the project with its own warehouse."""

    def __init__(self, folder: Path, raw_dir: Path, settings: Mapping[str, str]) -> None:
        self.folder, self.raw_dir = folder, raw_dir
        self.area: RawArea = FileArea(raw_dir)
        self.database = folder / "warehouse.duckdb"
        self.target = folder / "target"
        self.temporary = folder / "tmp"
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("DBT_", "LLM_FINOPS_"))
        }
        self.environment = kept | {
            "LLM_FINOPS_DUCKDB_PATH": str(self.database),
            "LLM_FINOPS_TEMP_DIR": str(self.temporary),
            "DBT_TARGET_PATH": str(self.target),
            "DBT_LOG_PATH": str(folder / "logs"),
            **settings,
        }

    @property
    def vars(self) -> str:
        return json.dumps({"raw_dir": str(self.raw_dir), "sources": ["events"]})

    def dbt(self, *arguments: str) -> DbtRun:
        """Run dbt with one thread."""
        command = [str(Path(sys.executable).with_name("dbt")), "--no-use-colors", *arguments]
        command += ["--threads", "1", "--vars", self.vars]
        step = measure(command, self.folder, self.environment, self.temporary)
        return DbtRun(nodes_of(self.target), step)

    def scheduled_build(self) -> DbtRun:
        """Run the scheduled build of every mart, with its tests."""
        command = [sys.executable, "scripts/scheduled_build.py", "--selector", "daily"]
        command += ["--dbt-args", "--threads", "1", "--vars", self.vars]
        step = measure(command, self.folder, self.environment)
        return DbtRun(nodes_of(self.target / "scheduled"), step)

    def keep(self, name: str) -> Callable[[], None]:
        """Keep warehouse, raw area and seeds as they are; the returned call restores them."""
        kept = self.folder / f"{name}.duckdb"
        shutil.copy2(self.database, kept)
        before = set(self.raw_dir.rglob("*.parquet"))
        prices = self.folder / "seeds" / "pricing" / "llm_prices.csv"
        text = prices.read_text(encoding="utf-8")

        def restore() -> None:
            shutil.copy2(kept, self.database)
            for path in set(self.raw_dir.rglob("*.parquet")) - before:
                path.unlink()
            prices.write_text(text, encoding="utf-8")

        return restore


__all__ = ["DbtRun", "Project", "StepFailed", "Workbench"]
