"""Exact percentiles computed one month after the other are those of one statement."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support.kill_switch import KILLED, Stop
from support.project import PINNED, Project, utc

MART = "marts.llm_efficiency_stats"
LEFT_TO_HOOK = "'one month' = 'after the other'"


def calls(month: int, latencies: list[int | None], batch: str) -> list[dict[str, Any]]:
    """Return calls of one month of 2026 in two workspaces, one for each latency."""
    return [
        {
            "event_id": f"{batch}/{month}/{number}",
            "started_at": utc(f"2026-{month:02d}-{1 + number % 28:02d}T23:30:00"),
            "provider_name": "openai",
            "request_model": "gpt-4o",
            "input_tokens": 100,
            "output_tokens": 10,
            "workspace_id": "alpha" if number % 3 else "beta",
            "latency_ms": latency,
            "time_to_first_token_ms": None if latency is None else latency // 4,
        }
        for number, latency in enumerate(latencies)
    ]


# With the ledger, or the next run would take every batch for a new one.
RUN = ("run", "--select", "+llm_efficiency_stats", "+usage_load_ledger")


def run(project: Project) -> None:
    project.dbt(*RUN)


def stamps(project: Project) -> dict[str, Any]:
    """Return when each month was computed."""
    return dict(
        project.query(
            f"select cast(usage_month as varchar), max(restated_at) from {MART} group by 1"
        )
    )


def differences(project: Project, of_all_months: str) -> tuple[int, int]:
    """Count the rows of the mart that one statement lacks, and its rows that the mart lacks."""
    one = f"select * exclude (restated_at) from {MART}"
    other = f"select * exclude (restated_at) from ({of_all_months})"
    (counts,) = project.query(
        f"select (select count(*) from ({one} except all {other})),"
        f" (select count(*) from ({other} except all {one}))"
    )
    return counts[0], counts[1]


@pytest.fixture(scope="module")
def built(make_project: Callable[..., Project]) -> tuple[Project, str]:
    """A warehouse of three months, and the mart's query for all of them."""
    project = make_project("months_apart", vars=PINNED)
    rows = [
        *calls(7, [100, 200, 300, 400, None], "first"),
        *calls(8, [7], "first"),
        *calls(9, list(range(10, 400, 7)), "first"),
    ]
    project.load(rows, loaded_at="2026-10-01T00:00:00+00:00")
    project.dbt("seed")
    run(project)
    query = project.compiled("llm_efficiency_stats")
    assert LEFT_TO_HOOK in query
    return project, query.replace(LEFT_TO_HOOK, "true")


def test_a_first_build_holds_every_month(built: tuple[Project, str]) -> None:
    project, of_all_months = built
    assert len(stamps(project)) == 3
    assert differences(project, of_all_months) == (0, 0)


def test_several_months_are_computed_again_and_no_other(built: tuple[Project, str]) -> None:
    project, of_all_months = built
    before = stamps(project)
    late = [*calls(7, [9, 9, 9, 1_000], "late"), *calls(9, [5], "late")]
    project.load(late, loaded_at="2026-10-02T00:00:00+00:00")
    rows = f"select * from {MART} order by all"
    as_it_was = project.query(rows)
    between_the_months = Stop("llm_efficiency_stats", "inside", write=2)
    assert project.start_dbt(*RUN, stop=between_the_months).finish().returncode == KILLED
    assert project.query(rows) == as_it_was
    run(project)
    assert LEFT_TO_HOOK in project.compiled("llm_efficiency_stats")
    assert differences(project, of_all_months) == (0, 0)
    after = stamps(project)
    assert {month for month in after if after[month] != before[month]} == {
        "2026-07-01",
        "2026-09-01",
    }


def test_a_single_month_needs_no_other_statement(built: tuple[Project, str]) -> None:
    project, of_all_months = built
    project.load(calls(8, [8, 9], "later"), loaded_at="2026-10-03T00:00:00+00:00")
    run(project)
    assert LEFT_TO_HOOK not in project.compiled("llm_efficiency_stats")
    assert differences(project, of_all_months) == (0, 0)
