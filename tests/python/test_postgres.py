"""The project on PostgreSQL: the same figures, readers of the marts alone, indexes in use."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import psycopg2
import pytest
from support.project import PINNED, Project
from test_hand_worked_events import EXPECTED, KEY

pytestmark = pytest.mark.engine("postgres")

READER = "reader"
RUN = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
VARS = PINNED | {"reader_roles": [READER]}
RELATIONS = """
    select nspname, relname, relkind
    from pg_class inner join pg_namespace on relnamespace = pg_namespace.oid
    where relkind in ('r', 'v', 'm') and nspname !~ '^pg_' and nspname <> 'information_schema'
"""


def database(project: Project) -> Any:
    """Return the copy's database on the tests' server."""
    assert project.postgres
    return project.postgres


def denied(project: Project, sql: str) -> bool:
    """Whether the reader may not run a statement."""
    try:
        database(project).run(sql, user=READER)
    # A view with a CTE is written through by nobody, whatever the rights.
    except (
        psycopg2.errors.InsufficientPrivilege,
        psycopg2.errors.ObjectNotInPrerequisiteState,
    ):
        return True
    return False


@pytest.fixture(scope="module")
def hand_worked(make_project: Callable[..., Project]) -> Project:
    """The calls of tests/fixtures/hand_worked, built with a reader of the marts, tests passed.

    The database's clock stands half an hour off UTC: no model may read it.
    """
    project = make_project("hand_worked_postgres", engine="postgres", vars=VARS)
    server = database(project).server
    with server.connected() as connection, connection.cursor() as cursor:
        cursor.execute(f"create role {READER} login")
        cursor.execute(
            f"alter database {database(project).name} set timezone to 'America/St_Johns'"
        )
    events = project.path / "tests" / "fixtures" / "hand_worked" / "events.csv"
    project.load(events, loaded_at="2026-11-20T00:00:00+00:00")
    project.build(all_tests=True)
    return project


def test_each_figure_is_the_one_worked_out_by_hand(hand_worked: Project) -> None:
    rows = hand_worked.records(
        "select *, cast(usage_date as varchar) as usage_day from marts.fct_llm_usage"
    )
    found = {(row["event_id"], row["attempt_number"]): row for row in rows}
    wanted = {key: dict(row) for key, row in EXPECTED.items()}
    for row in wanted.values():
        row["usage_day"] = row.pop("usage_date")
    assert {key: {name: found[key][name] for name in wanted[key]} for key in found} == wanted
    assert len(rows) == len(found) and set(KEY) < set(rows[0])


def test_the_marts_are_those_of_duckdb_to_the_last_digit(
    hand_worked: Project, hand_worked_project: Project
) -> None:
    on_duckdb = hand_worked_project.database
    equal = hand_worked.script("compare_engines.py", "postgres", on_duckdb, check=False)
    assert equal.returncode == 0, equal.stdout + equal.stderr
    last_digit = (
        "update marts.fct_llm_usage set output_cost = output_cost {} 0.000000000000001"
        " where usage_key ="
        " (select min(usage_key) from marts.fct_llm_usage where output_cost is not null)"
    )
    database(hand_worked).run(last_digit.format("+"))
    told = hand_worked.script("compare_engines.py", on_duckdb, "postgres", check=False)
    database(hand_worked).run(last_digit.format("-"))
    assert told.returncode == 1
    assert "output_cost: '" in told.stdout
    assert "1 marts differ" in told.stdout


def test_source_freshness_is_judged(hand_worked: Project) -> None:
    said = hand_worked.dbt("source", "freshness", "--select", "source:events", check=False)
    assert "freshness of events.llm_usage_events" in said.stdout
    assert "ERROR" not in said.stdout


@pytest.mark.parametrize("rebuild", [(), ("--full-refresh",)], ids=["again", "full_refresh"])
def test_readers_read_every_mart_and_nothing_else_after_every_build(
    hand_worked: Project, rebuild: tuple[str, ...]
) -> None:
    hand_worked.dbt("build", *RUN, *rebuild)
    relations = hand_worked.query(RELATIONS)
    places = {f'{schema}."{name}"' for schema, name, _ in relations}
    marts = {place for place in places if place.startswith("marts.")}
    assert len(marts) > 15
    readable = {
        place for place in places if not denied(hand_worked, f"select from {place} limit 0")
    }
    assert readable == marts
    assert {schema for schema, _, _ in relations} >= {"raw", "staging", "intermediate", "seeds"}
    for place in sorted(marts):
        assert denied(hand_worked, f"delete from {place}"), place
    assert denied(hand_worked, "create table marts.mine (i integer)")


def test_a_role_that_is_no_longer_named_loses_the_marts(hand_worked: Project) -> None:
    marts = ("cost_per_token", "llm_usage_live")
    hand_worked.dbt("run", "--select", *marts, vars={"reader_roles": []})
    assert all(denied(hand_worked, f"select from marts.{mart}") for mart in marts)
    hand_worked.dbt("run", "--select", *marts)
    assert not any(denied(hand_worked, f"select from marts.{mart}") for mart in marts)


def test_a_reader_that_the_server_does_not_know_stops_the_build(hand_worked: Project) -> None:
    said = hand_worked.dbt("run", vars={"reader_roles": ["nobody_such"]}, check=False)
    assert said.returncode != 0
    assert "the server has no role `nobody_such`. Create it" in " ".join(said.stdout.split())


@pytest.mark.parametrize(
    ("fact", "asked"),
    [
        ("fct_llm_usage", "user_id = 'u' order by usage_date desc limit 10"),
        ("fct_llm_usage", "workspace_id = 'w' order by list_cost desc limit 10"),
        ("fct_llm_usage", 'cast(tags as jsonb) @> \'{"team": "search"}\''),
        ("fct_llm_usage", "usage_date = date '2026-11-01'"),
        ("fct_llm_charges_daily", "user_id = 'u' order by usage_date desc limit 10"),
        ("fct_llm_charges_daily", "workspace_id = 'w' order by usage_date desc limit 10"),
        ("fct_llm_charges_daily", "usage_date = date '2026-11-01'"),
        ("fct_llm_charges_daily", "charged_at >= timestamp '2999-01-01'"),
    ],
)
def test_the_facts_access_paths_have_their_index(
    hand_worked: Project, fact: str, asked: str
) -> None:
    plan = database(hand_worked).execute(
        lambda cursor: cursor.fetchall(),
        f"set enable_seqscan = off; explain select * from marts.{fact} where {asked}",
    )
    text = " ".join(line for (line,) in plan)
    assert "Index Scan" in text and "Seq Scan" not in text
    # A filter or a sort on top would mean that the index answers a part of the question only.
    assert "Filter" not in text and "Sort" not in text


def test_a_raw_table_that_the_role_may_not_read_names_the_grant(hand_worked: Project) -> None:
    with database(hand_worked).server.connected(database(hand_worked).name) as connection:
        cursor = connection.cursor()
        cursor.execute("alter table raw.load_manifest owner to postgres")
        cursor.execute("revoke all on raw.load_manifest from llm_finops")
        try:
            said = hand_worked.dbt("run", check=False)
        finally:
            cursor.execute("alter table raw.load_manifest owner to llm_finops")
    assert said.returncode != 0
    told = " ".join(said.stdout.split())
    assert 'role llm_finops may not read "' in told and "grant select on all tables" in told


def test_an_applications_own_types_are_read(make_project: Callable[..., Project]) -> None:
    """JSON as jsonb, an id as uuid, a status as enumeration: what a PostgreSQL application has."""
    project = make_project("own_types", engine="postgres", vars=PINNED)
    events = project.path / "tests" / "fixtures" / "hand_worked" / "events.csv"
    project.load(events, loaded_at="2026-11-20T00:00:00+00:00")
    database(project).copy_raw_files(project.raw_dir)
    database(project).run("""
        create type outcome as enum ('success', 'error');
        alter table raw.llm_usage_events
            alter column status type outcome using cast(status as outcome),
            alter column tags type jsonb using cast(tags as jsonb),
            alter column other_meters type json using cast(other_meters as json),
            alter column conversation_id type uuid
                using cast('00000000-0000-0000-0000-000000000001' as uuid)
    """)
    project.dbt("build", *RUN, "--select", "+fct_llm_usage")
    rows = project.records("select * from marts.fct_llm_usage")
    assert {row["conversation_id"] for row in rows} == {"00000000-0000-0000-0000-000000000001"}
    costs = {(row["event_id"], row["attempt_number"]): row["list_cost"] for row in rows}
    assert costs == {key: row["list_cost"] for key, row in EXPECTED.items()}


def test_the_cost_table_shows_a_servers_last_month(hand_worked: Project) -> None:
    shown = hand_worked.run(sys.executable, "scripts/show_costs.py", "--target", "postgres").stdout
    month, llms = hand_worked.query(
        "select max(usage_month), count(distinct llm_id) from marts.cost_per_token"
        " where usage_month = (select max(usage_month) from marts.cost_per_token)"
    )[0]
    assert f"What the LLMs cost in {month:%Y-%m}" in shown
    assert f"all {llms}" in shown
