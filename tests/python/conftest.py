"""Fixtures shared by the project's tests: copies of the project, and the public data beside it."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings
from support.postgres_database import PostgresDatabase
from support.project import ENGINES, REPOSITORY, Project, copy_project, set_raw_schema, set_sources
from support.spark_database import SparkDatabase

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
def parsed_project(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[tuple[str, ...], str], Path]:
    """Return a function: a copy with these sources that dbt has parsed once; others start there."""

    @cache
    def parsed(sources: tuple[str, ...], engine: str) -> Path:
        path = tmp_path_factory.mktemp("parsed") / "llm_finops"
        path.mkdir()
        copy_project(path)
        set_sources(path, sources)
        Project(path, engine).dbt("parse", check=False)
        # The parse stays in target/; a warehouse that dbt opened on the way does not.
        shutil.rmtree(path / "data")
        return path

    return parsed


@pytest.fixture(scope="session")
def make_project(
    parsed_project: Callable[[tuple[str, ...], str], Path],
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Callable[..., Project]:
    """Return a function that makes a fresh copy of the project, its raw area empty.

    On PostgreSQL each copy has a database of its own, on Spark schemas of its own, named after its
    folder, on one server.
    """

    def make_on_spark(path: Path, sources: tuple[str, ...]) -> Project:
        # No earlier parse would be of use: it is another one for every schema.
        copy_project(path)
        set_sources(path, sources)
        database = SparkDatabase(request.getfixturevalue("spark_server"), path.parent.name)
        set_raw_schema(path, f"{database.name}_raw")
        return Project(path, "spark", spark=database)

    def make(
        name: str = "project", sources: tuple[str, ...] = ("events",), engine: str = "duckdb"
    ) -> Project:
        path = tmp_path_factory.mktemp(name) / "llm_finops"
        if engine == "spark":
            return make_on_spark(path, sources)
        shutil.copytree(parsed_project(sources, engine), path)
        if engine != "postgres":
            return Project(path, engine)
        database = PostgresDatabase(request.getfixturevalue("postgres_server"), path.parent.name)
        return Project(path, engine, database)

    return make


@pytest.fixture
def project(make_project: Callable[..., Project]) -> Project:
    """One fresh copy of the project for one test."""
    return make_project()


@pytest.fixture(scope="session")
def hand_worked_project(make_project: Callable[..., Project]) -> Project:
    """The calls of tests/fixtures/hand_worked, loaded and built, data tests passed; read only."""
    project = make_project("hand_worked")
    events = project.path / "tests" / "fixtures" / "hand_worked" / "events.csv"
    project.load(events, loaded_at="2026-11-20T00:00:00+00:00")
    project.build(as_of="2026-12-01", max_unpriced_token_share=1)
    return project


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The public data sets that lie beside the checkout."""
    path = REPOSITORY.parent / "shared" / "data"
    if not path.is_dir():
        pytest.skip("the public data sets are not beside this checkout (../shared/data)")
    return path
