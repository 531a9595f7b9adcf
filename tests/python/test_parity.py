"""The demonstration, clean and dirty, and a published trace cost the same on three engines.

Minutes each: `make soak`. test_compare_engines.py and test_spark.py compare smaller data every day.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from mart_export.contracts import read_contracts
from support.project import REPOSITORY, Project

pytestmark = [
    pytest.mark.soak,
    pytest.mark.engine("postgres"),
    pytest.mark.engine("spark"),
    pytest.mark.timeout(3600),
]

MakeProject = Callable[..., Project]
SOURCES = ("events", "synapscale")
MODELS_ONLY = ("--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
# Spark is asked for what people look at during the day.
ON_SPARK = ("core", "costs", "usage")
VARS = {"as_of": "2027-01-01", "max_unpriced_token_share": 1}


def demonstration(make_project: MakeProject, *options: str) -> Project:
    project = make_project("parity_demo", SOURCES, vars=VARS)
    project.script("generate_demo_data.py", "--rows", "20000", *options)
    return project


def trace(make_project: MakeProject, data: Path) -> Project:
    project = make_project("parity_trace", vars=VARS)
    for variant in ("tiered", "cached"):
        file = project.path / "data" / "inbox" / f"{variant}.parquet"
        file.parent.mkdir(exist_ok=True)
        project.script(
            "import_trace.py", "kv_cache_tester", "--data", data, "--out", file,
            "--variant", variant,
        )  # fmt: skip
        project.load(file, loaded_at="2026-03-01T00:00:00+00:00")
    return project


@pytest.fixture(params=["demo", "dirty demo", "kv_cache_tester"])
def on_duckdb(request: pytest.FixtureRequest, make_project: MakeProject) -> Project:
    if request.param == "kv_cache_tester":
        project = trace(make_project, request.getfixturevalue("shared_data"))
    else:
        project = demonstration(make_project, *(["--dirty"] if "dirty" in request.param else []))
    project.dbt("build", *MODELS_ONLY)
    return project


def twin(make_project: MakeProject, on_duckdb: Project, engine: str) -> Project:
    """Return a project on another engine with the same raw area."""
    name = f"{on_duckdb.path.parent.name}_{engine}"
    sources = ("events",) if "trace" in name else SOURCES
    project = make_project(name, sources, engine, VARS)
    shutil.copytree(on_duckdb.raw_dir, project.raw_dir, dirs_exist_ok=True)
    return project


def marts(*folders: str) -> list[str]:
    """Return the marts of these folders, state left out."""
    contracts = read_contracts()
    return sorted(
        file.stem
        for folder in folders
        for file in (REPOSITORY / "models" / "marts" / folder).glob("*.sql")
        if not contracts[file.stem].is_state
    )


def test_each_mart_has_the_same_hash_on_three_engines(
    make_project: MakeProject, on_duckdb: Project
) -> None:
    on_postgres = twin(make_project, on_duckdb, "postgres")
    on_postgres.dbt("build", *MODELS_ONLY)
    on_spark = twin(make_project, on_duckdb, "spark")
    on_spark.dbt("build", *MODELS_ONLY, "--selector", "hourly")

    all_marts = on_postgres.script(
        "compare_engines.py", "postgres", on_duckdb.database, check=False
    )
    print(all_marts.stdout)
    assert all_marts.returncode == 0, all_marts.stdout + all_marts.stderr
    # The view of costs in real time is not made on Spark.
    selected = [name for name in marts(*ON_SPARK) if name != "llm_usage_live"]
    assert len(selected) > 12
    daily = on_spark.script(
        "compare_engines.py", "spark", on_duckdb.database, "--select", *selected, check=False
    )
    print(daily.stdout)
    assert daily.returncode == 0, daily.stdout + daily.stderr
