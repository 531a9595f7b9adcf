"""The project on PostgreSQL: it builds, and says what DuckDB says."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from project import Project

pytestmark = pytest.mark.engine("postgres")


@pytest.fixture(scope="module")
def hand_worked(make_project: Callable[..., Project]) -> Project:
    """The calls of tests/fixtures/hand_worked, loaded and built, tests passed; read only."""
    project = make_project("hand_worked_pg", engine="postgres")
    events = project.path / "tests" / "fixtures" / "hand_worked" / "events.csv"
    project.load(events, loaded_at="2026-11-20T00:00:00+00:00")
    project.build(as_of="2026-12-01", max_unpriced_token_share=1)
    return project


def test_x(hand_worked):
    print(hand_worked.query("select sum(list_cost) from marts.fct_llm_usage"))
