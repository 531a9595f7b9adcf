"""A table or view of PostgreSQL is replaced in place, whole or not at all; its readers stay."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.project import Project

pytestmark = pytest.mark.engine("postgres")

FILE = "models/intermediate/loads/int_probe.sql"


@pytest.fixture
def probe(make_project: Callable[..., Project]) -> Project:
    """A project with a table of its own, built once."""
    project = make_project("in_place", engine="postgres")
    call = {"event_id": "1", "started_at": "2026-02-16T00:00:00Z"}
    project.load([call | {"input_tokens": 1, "output_tokens": 1}])
    assert run(project, "table", "1") == 0
    return project


def run(project: Project, materialized: str, value: str) -> int:
    """Build the probe as a table or view of one value; return dbt's exit code."""
    config = f"{{{{ config(materialized=in_place('{materialized}')) }}}}"
    (project.path / FILE).write_text(f"{config}\nselect {value} as value\n")
    return project.dbt("run", "--select", "int_probe", check=False).returncode


def found(project: Project) -> list[tuple[object, ...]]:
    return project.query(
        "select probe.value, tables.table_type from intermediate.int_probe as probe"
        " cross join information_schema.tables where table_name like 'int_probe%'"
    )


def test_a_model_that_fails_leaves_what_was_there_and_may_change_its_kind(probe: Project) -> None:
    # A view is bound when it is created, a table when it is filled.
    assert run(probe, "view", "no_such_column") == 1
    assert run(probe, "table", "1 / cast(0 * random() as integer)") == 1
    assert found(probe) == [(1, "BASE TABLE")]
    assert run(probe, "view", "2") == 0
    assert found(probe) == [(2, "VIEW")]
    assert run(probe, "table", "3") == 0
    assert found(probe) == [(3, "BASE TABLE")]


@pytest.mark.parametrize("materialized", ["table", "view"])
def test_what_reads_a_model_outlives_its_next_builds(probe: Project, materialized: str) -> None:
    """Until its columns change: then the reader would have to be another one."""
    assert probe.postgres
    assert run(probe, materialized, "2") == 0
    connection = probe.postgres.connect()
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("create view public.reader as select value from intermediate.int_probe")
    connection.close()
    assert run(probe, materialized, "3") == 0
    assert probe.query("select value from public.reader") == [(3,)]
    assert run(probe, materialized, "'text'") == 0
    assert probe.query("select to_regclass('public.reader')") == [(None,)]
    assert probe.query("select value from intermediate.int_probe") == [("text",)]


def test_row_security_outlives_every_build_and_stops_one_that_would_drop_it(probe: Project) -> None:
    assert probe.postgres
    table = "intermediate.int_probe"
    probe.postgres.run(f"create policy nobody on {table} using (false)")
    probe.postgres.run(f"alter table {table} enable row level security")
    policies = "select polname::text from pg_policy"
    for options in ((), ("--full-refresh",)):
        assert probe.dbt("run", "--select", "int_probe", *options, check=False).returncode == 0
        assert probe.query(policies) == [("nobody",)]
    assert run(probe, "table", "'text'") == 1
    assert probe.query(policies) == [("nobody",)]
    refused = probe.dbt("run", "--select", "int_probe", "--full-refresh", check=False)
    assert "It has row security, which would be lost" in " ".join(refused.stdout.split())
