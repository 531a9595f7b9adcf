"""A table or view of DuckDB is replaced in place: whole, or not at all."""

from __future__ import annotations

import pytest
from project import Project

FILE = "models/intermediate/loads/int_probe.sql"


@pytest.fixture
def probe(project: Project) -> Project:
    """A project with a table of its own, built once."""
    call = {"event_id": "1", "started_at": "2026-02-16T00:00:00Z"}
    project.load([call | {"input_tokens": 1, "output_tokens": 1}])
    assert run(project, "table", "1") == 0
    return project


def run(project: Project, materialized: str, value: str) -> int:
    """Build the probe as a table or view of one value; return dbt's exit code."""
    config = f"{{{{ config(materialized='{materialized}') }}}}"
    (project.path / FILE).write_text(f"{config}\nselect {value} as value\n")
    return project.dbt("run", "--select", "int_probe", check=False).returncode


def found(project: Project) -> list[tuple[object, ...]]:
    return project.query(
        "select probe.value, tables.table_type from intermediate.int_probe as probe"
        " cross join information_schema.tables where table_name like 'int_probe%'"
    )


@pytest.mark.parametrize("materialized", ["table", "view"])
def test_a_model_that_fails_leaves_what_stood_there(probe: Project, materialized: str) -> None:
    # A view is bound when it is made, a table when it is filled.
    broken = "no_such_column" if materialized == "view" else "error('stopped inside')"
    assert run(probe, materialized, broken) == 1
    assert found(probe) == [(1, "BASE TABLE")]


def test_a_table_becomes_a_view_and_a_table_again(probe: Project) -> None:
    assert run(probe, "view", "2") == 0
    assert found(probe) == [(2, "VIEW")]
    assert run(probe, "table", "3") == 0
    assert found(probe) == [(3, "BASE TABLE")]
