"""What dbt itself takes: as many models and tests as a run had, none of which does anything."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from statistics import median

from benchmarks.steps import measure, say
from benchmarks.workbench import Workbench, nodes_of

PROJECT = """\
name: empty
profile: empty
models: {+materialized: view}
"""
PROFILE = """\
empty:
  target: duckdb
  outputs:
    duckdb: {type: duckdb, path: warehouse.duckdb, threads: 1}
"""
KINDS = ("model", "test")


def write_project(folder: Path, models: int, tests: int) -> None:
    """Write a project of its own, without a macro of ours."""
    for name, text in (("dbt_project.yml", PROJECT), ("profiles.yml", PROFILE)):
        (folder / name).write_text(text, encoding="utf-8")
    for kind, count, query in (
        ("models", models, "select 1 as nothing\n"),
        ("tests", tests, "select 1 as nothing where false\n"),
    ):
        (folder / kind).mkdir()
        for number in range(count):
            (folder / kind / f"{kind}_{number}.sql").write_text(query, encoding="utf-8")


def seconds_of(bench: Workbench, name: str, nodes: Iterable[str]) -> float:
    """Return the median summed node time of as many models and tests that do nothing.

    `nodes` are those of a run: a model goes by its name alone, other nodes by kind and name. Seeds,
    snapshots and hooks are left out.
    """
    kinds = [node.split(".")[0] if "." in node else "model" for node in nodes]
    models, tests = (kinds.count(kind) for kind in KINDS)
    folder = bench.folder / f"empty-{name}"
    folder.mkdir()
    write_project(folder, models, tests)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("DBT_")}
    command = [str(Path(sys.executable).with_name("dbt")), "--no-use-colors", "build"]
    taken = []
    for _ in range(bench.repeats):
        measure(command, folder, environment)
        taken.append(sum(nodes_of(folder / "target").values()))
    seconds = median(taken)
    say(f"  {models} models and {tests} tests that do nothing: {seconds:.2f} s")
    return seconds
