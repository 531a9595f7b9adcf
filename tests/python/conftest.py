"""Fixtures shared by the project's tests: copies of the project, and the public data beside it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings
from project import REPOSITORY, Project, copy_project, set_sources

sys.path.insert(0, str(REPOSITORY / "scripts"))

# The same examples on every run, so that a red build can be repeated.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("exploring", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


@pytest.fixture(scope="session")
def parsed_project(tmp_path_factory: pytest.TempPathFactory) -> Callable[[tuple[str, ...]], Path]:
    """Return a function: a copy with these sources that dbt has parsed once; others start there."""

    @cache
    def parsed(sources: tuple[str, ...]) -> Path:
        path = tmp_path_factory.mktemp("parsed") / "llm_finops"
        path.mkdir()
        copy_project(path)
        set_sources(path, sources)
        Project(path).dbt("parse", check=False)
        # The parse stays in target/; a warehouse that dbt opened on the way does not.
        shutil.rmtree(path / "data")
        return path

    return parsed


@pytest.fixture(scope="session")
def make_project(
    parsed_project: Callable[[tuple[str, ...]], Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Project]:
    """Return a function that makes a fresh copy of the project, its raw area empty."""

    def make(name: str = "project", sources: tuple[str, ...] = ("events",)) -> Project:
        path = tmp_path_factory.mktemp(name) / "llm_finops"
        shutil.copytree(parsed_project(sources), path)
        return Project(path)

    return make


@pytest.fixture
def project(make_project: Callable[..., Project]) -> Project:
    """One fresh copy of the project for one test."""
    return make_project()


@pytest.fixture(scope="session")
def hand_worked_project(make_project: Callable[..., Project]) -> Project:
    """The calls of tests/fixtures/hand_worked, loaded and built, tests passed; read only."""
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
