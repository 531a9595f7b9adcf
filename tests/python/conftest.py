"""Fixtures shared by the project's tests: copies of the project, and the public data beside it."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from support.cpu_table import CpuTable
from support.postgres_database import PostgresDatabase
from support.project import ENGINES, PINNED, REPOSITORY, Project
from support.spark_database import SparkDatabase
from support.templates import Templates

sys.path.insert(0, str(REPOSITORY / "scripts"))

from engine_servers.postgres import PostgresServer
from engine_servers.spark import SparkServer

# The same examples on every run, so that a red build can be repeated.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("exploring", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

LONG_FILES = (
    *("test_spark", "test_equivalence", "test_dirty_data", "test_postgres", "test_synapscale"),
    *("test_faults", "test_fresh_clone", "test_repository"),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--engine", action="append", choices=ENGINES, help="leave out the tests of other engines"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "engine(name): needs a server; `--engine` leaves it out")
    config.pluginmanager.register(CpuTable(config))


def start_order(item: pytest.Item) -> int:
    """Return the place of a test's file: long files first, so that no process waits at the end."""
    name = item.path.stem
    return LONG_FILES.index(name) if name in LONG_FILES else len(LONG_FILES)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the tests of engines that were not asked for; a test without a mark is DuckDB's."""
    items.sort(key=start_order)
    chosen = config.getoption("--engine") or ENGINES
    names = {
        item: {mark.args[0] for mark in item.iter_markers("engine")} or {"duckdb"} for item in items
    }
    left_out = [item for item in items if not names[item] <= set(chosen)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server of this test process, stopped at its end."""
    # Not below pytest's folders: under root only root may enter those.
    folder = Path(tempfile.mkdtemp(prefix="llm_finops_postgres_"))
    try:
        with PostgresServer(folder) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def spark_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkServer]:
    """A Spark cluster of this test process, stopped at its end."""
    with SparkServer(tmp_path_factory.mktemp("spark_server")) as server:
        yield server


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """Parsed copies of the project, which other copies start from."""
    own = tmp_path_factory.getbasetemp()
    # Processes that run beside each other have folders beside each other.
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    return Templates(own / "templates", shared / "parsed")


@pytest.fixture(scope="module", autouse=True)
def database_names(templates: Templates) -> None:
    """Number databases from one in each file: what was parsed for a name serves the next file."""
    templates.databases = 0


@pytest.fixture(scope="session")
def make_project(
    templates: Templates,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Callable[..., Project]:
    """Return a function that makes a fresh copy of the project, its raw area empty.

    `vars` are written into its dbt_project.yml. On PostgreSQL each copy of a test file has a
    database of its own, on Spark schemas of its own, named after its folder, on one server.
    """

    def make_on_postgres(path: Path, vars: Mapping[str, Any]) -> Project:
        templates.databases += 1
        name = f"llm_finops_{templates.databases}"
        database = PostgresDatabase(request.getfixturevalue("postgres_server"), name)
        shutil.copytree(templates.parsed_on_postgres(vars, database), path)
        return Project(path, "postgres", database, vars=vars)

    def make_on_spark(path: Path, vars: Mapping[str, Any]) -> Project:
        # No earlier parse would be of use: it is another one for every schema.
        database = SparkDatabase(request.getfixturevalue("spark_server"), path.parent.name)
        templates.copy(path, {**vars, "raw_schema": f"{database.name}_raw"})
        return Project(path, "spark", spark=database, vars=vars)

    def make(
        name: str = "project",
        sources: Sequence[str] = ("events",),
        engine: str = "duckdb",
        vars: Mapping[str, Any] | None = None,
    ) -> Project:
        path = tmp_path_factory.mktemp(name) / "llm_finops"
        all_vars = {"sources": list(sources), **(vars or {})}
        if engine == "spark":
            return make_on_spark(path, all_vars)
        if engine == "postgres":
            return make_on_postgres(path, all_vars)
        shutil.copytree(templates.parsed(all_vars), path)
        return Project(path, engine, templates=templates, vars=all_vars)

    return make


@pytest.fixture
def project(make_project: Callable[..., Project]) -> Project:
    """One fresh copy of the project for one test."""
    return make_project()


@pytest.fixture(scope="session")
def hand_worked_project(make_project: Callable[..., Project]) -> Project:
    """The calls of tests/fixtures/hand_worked, loaded and built, data tests passed; read only."""
    project = make_project("hand_worked", vars=PINNED)
    events = project.path / "tests" / "fixtures" / "hand_worked" / "events.csv"
    project.load(events, loaded_at="2026-11-20T00:00:00+00:00")
    project.build(all_tests=True)
    return project


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The public data sets that lie beside the checkout."""
    path = REPOSITORY.parent / "shared" / "data"
    if not path.is_dir():
        pytest.skip("the public data sets are not beside this checkout (../shared/data)")
    return path
