"""`llm_usage_live` shows before a build what the fact shows after it, but for what waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from support.dbt_process import DbtProcess
from support.kill_switch import KILLED
from support.project import PINNED, Project, utc

EVENING, NIGHT = utc("2026-10-10T20:00:00"), utc("2026-10-11T02:00:00")
Rows = dict[str, dict[str, Any]]


def call(event_id: str, day: str = "10-10", **columns: Any) -> dict[str, Any]:
    """Return a call of gpt-4o on a day of 2026."""
    return {
        "event_id": event_id,
        "started_at": utc(f"2026-{day}T09:00:00"),
        "provider_name": "openai",
        "request_model": "gpt-4o",
        "input_tokens": 100,
        "output_tokens": 10,
        "user_id": "u",
        "workspace_id": "w",
    } | columns


FIRST = [
    call("untouched"),
    call("corrected", source_updated_at=EVENING),
    call("corrected without a clock"),
    call("older version comes", source_updated_at=NIGHT),
    call("version without a clock comes", source_updated_at=NIGHT),
    call("replayed"),
    call("newest version is refused"),
    call("moved"),
    call("corrected twice"),
    call("another user's"),
]
SECOND = [call("corrected twice", output_tokens=11)]
TAIL = [
    call("corrected", output_tokens=20, source_updated_at=NIGHT),
    call("corrected without a clock", output_tokens=21),
    call("older version comes", output_tokens=22, source_updated_at=EVENING),
    call("version without a clock comes", output_tokens=23),
    call("replayed"),
    call("newest version is refused", output_tokens=-1),
    call("moved", "10-12"),
    call("new"),
    call("new and corrected", source_updated_at=EVENING),
    call("new and corrected", output_tokens=24, source_updated_at=NIGHT),
    call("new, then another user's", source_updated_at=EVENING),
    call("new, then another user's", source_updated_at=NIGHT, user_id="v"),
    call("new and there twice", source_updated_at=EVENING),
    call("new and there twice", source_updated_at=EVENING),
    call("another user's", user_id="v"),
    call("new without a price", request_model="nobody-knows-it"),
    call("new and refused", output_tokens=-1),
    call("new with a meter", other_meters={"web_search": 2}),
    call("corrected twice", output_tokens=12),
]
UNBUILT = {
    *("corrected", "corrected without a clock", "replayed", "moved", "new", "new and corrected"),
    *("new without a price", "new with a meter"),
    *("new, then another user's", "new and there twice", "another user's"),
}
# What the view says of itself: these wait for the next run.
WAITS = {"corrected twice", "new with a meter"}
COSTS_WITH_METERS = ("other_meters_cost", "list_cost", "billable_list_cost")


@dataclass
class Live:
    """A project, and what its view and its fact showed before the last build."""

    project: Project
    dbt: DbtProcess
    shown: Rows = field(default_factory=dict)
    built: Rows = field(default_factory=dict)


def rows_of(project: Project, mart: str) -> Rows:
    """Return a mart's rows by event, without what tells of loads and runs."""
    columns = [
        name
        for (name,) in project.query(
            "select column_name from information_schema.columns"
            " where table_schema = 'marts' and table_name = 'llm_usage_live'"
        )
        if name != "is_built"
    ]
    rows = project.records(f"select {', '.join(sorted(columns))} from marts.{mart}")
    return {row["event_id"]: row for row in rows}


@pytest.fixture(
    scope="module",
    params=["duckdb", pytest.param("postgres", marks=pytest.mark.engine("postgres"))],
)
def live(request: pytest.FixtureRequest, make_project: Callable[..., Project]) -> Live:
    """A warehouse built after each of two loads."""
    project = make_project(f"live_{request.param}", engine=request.param, vars=PINNED)
    dbt = DbtProcess(project)
    for number, rows in enumerate((FIRST, SECOND)):
        project.load(rows, loaded_at=utc(f"2026-10-{10 + number}T12:00:00"))
        dbt.build()
    return Live(project, dbt)


# The tests below are one story and run in this order.


def test_right_after_a_build_the_view_is_the_fact(live: Live) -> None:
    fact = rows_of(live.project, "fct_llm_usage")
    assert rows_of(live.project, "llm_usage_live") == fact
    assert fact.keys() == {row["event_id"] for row in FIRST}
    assert live.project.query("select distinct is_built from marts.llm_usage_live") == [(True,)]


def test_a_load_that_is_not_built_is_shown_at_once(live: Live) -> None:
    live.project.load(TAIL, loaded_at=utc("2026-10-12T12:00:00"))
    if live.project.postgres:
        live.project.postgres.copy_raw_files(live.project.raw_dir)
    live.built = rows_of(live.project, "fct_llm_usage")
    live.shown = rows_of(live.project, "llm_usage_live")
    unbuilt = live.project.query("select event_id from marts.llm_usage_live where not is_built")
    assert {event for (event,) in unbuilt} == UNBUILT
    assert live.shown["corrected"]["output_tokens"] == 20
    # 100 x 0.0000025 + 24 x 0.00001 USD.
    assert live.shown["new and corrected"]["list_cost"] == Decimal("0.00049")
    assert live.shown["new without a price"]["list_cost"] is None


@pytest.mark.parametrize("column", ["user_id", "usage_date", "workspace_id", "event_id"])
def test_a_question_about_a_part_is_answered_as_the_whole_is(live: Live, column: str) -> None:
    """What is asked reaches the raw rows, and must leave out none that another one replaces."""
    for value in {row[column] for row in live.shown.values()}:
        asked = live.project.query(
            f"select event_id from marts.llm_usage_live where {column} = ?", value
        )
        shown = [event for event, row in live.shown.items() if row[column] == value]
        assert sorted(event for (event,) in asked) == sorted(shown)


def test_what_waits_for_the_next_run_is_what_the_view_says(live: Live) -> None:
    assert live.shown["corrected twice"] == live.built["corrected twice"]
    metered = live.shown["new with a meter"]
    assert [metered[name] for name in COSTS_WITH_METERS] == [None, None, None]
    assert metered["pricing_status"] == "unpriced_component"
    assert metered["priced_components_cost"] == Decimal("0.00035")


def test_a_run_that_ends_early_leaves_the_view(live: Live) -> None:
    """Every model that the view reads has been made again by then."""
    assert live.dbt.run(model="fct_llm_usage", when="before")[0] == KILLED
    if live.project.postgres:
        assert rows_of(live.project, "llm_usage_live").keys() == live.shown.keys()


def test_after_the_build_the_fact_holds_what_the_view_had_shown(live: Live) -> None:
    live.dbt.build()
    fact = rows_of(live.project, "fct_llm_usage")
    assert fact.keys() == live.shown.keys() >= UNBUILT
    different = {event for event, row in fact.items() if row != live.shown[event]}
    assert different == WAITS
    assert rows_of(live.project, "llm_usage_live") == fact
