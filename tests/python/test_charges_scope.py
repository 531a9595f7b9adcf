"""A scheduled run tests what it charged: also where the usage is as old as it was.

Three runs: the calls of two days, a call of a third, and a changed factor of the first. The fact's
newest day is the third, the newest charges are those of the first; the second is neither.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from support.dbt_process import DbtProcess
from support.project import PINNED, Project, utc

# The ledger says which batches a run has taken in.
SELECTED = ("--select", "+fct_llm_charges_daily", "+usage_load_ledger")
CHARGED_AGAIN, LEFT_ALONE, COMPUTED = "2026-03-10", "2026-06-02", "2026-07-01"
DECLARED = "fct_llm_charges_daily_never_charges_more_than_is_used"
COMPARING = "assert_charges_equal_usage"
LISTED = "assert_charges_without_agreements_are_list_prices"
# What a slip of a model does to a day's charges, and the guard that says so.
SLIPS = {
    DECLARED: "billable_quantity = quantity + 1",
    COMPARING: "list_cost = list_cost + 1",
    LISTED: "billable_unit_price = 2 * list_unit_price",
}


@dataclass
class Runs:
    """The warehouse after the third run, and the instant from which the first run's days count."""

    project: Project
    first_run: str
    second_run: str


def call(day: str) -> dict[str, Any]:
    return {
        "event_id": day,
        "started_at": utc(f"{day}T12:00:00"),
        "provider_name": "openai",
        "response_model": "gpt-4o",
        "input_tokens": 1_000,
        "output_tokens": 100,
        "tenant_id": "t1",
        "workspace_id": "w1",
    }


@pytest.fixture(scope="module")
def runs(make_project: Callable[..., Project]) -> Runs:
    project = make_project("charged", vars=PINNED)
    contract = {"price_book": "contract:acme", "valid_from": "2026-01-01"}
    project.append_to_seed("price_agreements", [contract | {"workspace_id": "w1"}])
    every_model = contract | {"provider_id": "*", "model_id": "*"}
    spring = every_model | {"factor": "0.9", "valid_to": "2026-06-01"}
    summer = every_model | {"factor": "0.8", "valid_from": "2026-06-01"}
    project.append_to_seed("price_factors", [spring, summer])
    dbt = DbtProcess(project)
    project.load([call(CHARGED_AGAIN), call(LEFT_ALONE)], loaded_at=utc("2026-07-02"))
    dbt.build(*SELECTED)
    project.load([call(COMPUTED)], loaded_at=utc("2026-07-03"))
    dbt.build(*SELECTED)
    ((first, second),) = project.query(
        "select min(restated_at)::varchar, max(restated_at)::varchar from marts.fct_llm_usage"
    )
    seed = project.path / "seeds" / "billing" / "price_factors.csv"
    seed.write_text(seed.read_text().replace("*,*,0.9,", "*,*,0.7,"))
    dbt.build(*SELECTED)
    return Runs(project, first, second)


def days_after(runs: Runs, mart: str, stamp: str) -> set[str]:
    """Return the usage dates of a mart that were computed after the second run."""
    rows = runs.project.query(
        f"select distinct usage_date::varchar from marts.{mart} where {stamp} > ?::timestamp",
        runs.second_run,
    )
    return {day for (day,) in rows}


def test_a_changed_factor_charges_a_day_whose_usage_stays(runs: Runs) -> None:
    assert days_after(runs, "fct_llm_charges_daily", "charged_at") == {CHARGED_AGAIN}
    assert days_after(runs, "fct_llm_charges_daily", "restated_at") == set()
    assert days_after(runs, "fct_llm_usage", "restated_at") == set()


def guards(runs: Runs, since: str) -> dict[str, str]:
    """Return the query of each guard as a scheduled run asks it; no row passes."""
    runs.project.dbt(
        *("compile", "--select", *SLIPS),
        LLM_FINOPS_TEST_SCOPE="restated",
        LLM_FINOPS_TESTED_SINCE=since,
    )
    return {guard: runs.project.compiled(guard) for guard in SLIPS}


def days_under_test(runs: Runs, copy: Path, since: str) -> dict[str, set[str]]:
    """Return, for each guard, the days where it finds charges that have slipped."""
    copy.write_bytes(runs.project.database.read_bytes())
    found: dict[str, set[str]] = {guard: set() for guard in SLIPS}
    queries = guards(runs, since)
    # Views on raw files hold paths relative to the project.
    settings: dict[str, Any] = {"file_search_path": str(runs.project.path)}
    with duckdb.connect(str(copy), config=settings) as warehouse:
        for guard, slip in SLIPS.items():
            assert warehouse.execute(queries[guard]).fetchall() == []
            for day in (CHARGED_AGAIN, LEFT_ALONE, COMPUTED):
                warehouse.begin()
                warehouse.execute(
                    f"update marts.fct_llm_charges_daily set {slip} where usage_date = '{day}'"
                )
                if warehouse.execute(queries[guard]).fetchall():
                    found[guard].add(day)
                warehouse.rollback()
    return found


@pytest.mark.parametrize(
    ("since", "days"),
    [
        ("newest", {CHARGED_AGAIN, COMPUTED}),
        ("later", {CHARGED_AGAIN, COMPUTED}),
        ("first", {CHARGED_AGAIN, COMPUTED, LEFT_ALONE}),
    ],
)
def test_a_scheduled_run_tests_what_it_charged_and_what_it_computed(
    runs: Runs, tmp_path: Path, since: str, days: set[str]
) -> None:
    """A day that was charged again is tested, though its usage is old; one left alone is not."""
    stamp = {"newest": "", "later": "2999-01-01 00:00:00", "first": runs.first_run}[since]
    found = days_under_test(runs, tmp_path / runs.project.database.name, stamp)
    # Declared tests read rows, all of those that the run charged; the others read whole days.
    of_rows = found.pop(DECLARED)
    assert all(tested == days for tested in found.values()), found
    assert of_rows == days - ({COMPUTED} if since != "first" else set())
