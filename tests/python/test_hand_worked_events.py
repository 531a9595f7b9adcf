"""Calls priced by hand (tests/fixtures/hand_worked) cost what the models say, to the last digit."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from support.project import REPOSITORY, Project

FIXTURE = REPOSITORY / "tests" / "fixtures" / "hand_worked"
KEY = ("event_id", "attempt_number")
NOVEMBER = "usage_month = '2026-11-01'"


def as_expected(column: str, text: str) -> Any:
    """Read one figure of the answer key; an empty one is NULL."""
    if column.endswith("_cost"):
        return Decimal(text) if text else None
    return int(text) if column.endswith(("_tokens", "_number")) else text


def answer_key() -> dict[tuple[str, int], dict[str, Any]]:
    """Return the expected figures by event and attempt."""
    with (FIXTURE / "expected_costs.csv").open(newline="") as file:
        rows = [{c: as_expected(c, t) for c, t in row.items()} for row in csv.DictReader(file)]
    return {(row["event_id"], row["attempt_number"]): row for row in rows}


EXPECTED = answer_key()


@pytest.fixture(scope="module")
def priced(hand_worked_project: Project) -> dict[tuple[str, int], dict[str, Any]]:
    """The built fact by event and attempt."""
    rows = hand_worked_project.records(
        "select *, cast(usage_date as varchar) as usage_day from marts.fct_llm_usage"
    )
    return {(row["event_id"], row["attempt_number"]): row for row in rows}


def test_every_event_is_in_the_fact_once_and_nothing_else(
    hand_worked_project: Project, priced: dict[tuple[str, int], dict[str, Any]]
) -> None:
    assert set(priced) == set(EXPECTED)
    assert hand_worked_project.query("select count(*) from marts.fct_llm_usage") == [
        (len(EXPECTED),)
    ]
    assert hand_worked_project.query("select count(*) from marts.rejected_llm_usage") == [(0,)]


@pytest.mark.parametrize("key", EXPECTED, ids=lambda key: f"{key[0]}-{key[1]}")
def test_each_figure_is_the_one_worked_out_by_hand(
    key: tuple[str, int], priced: dict[tuple[str, int], dict[str, Any]]
) -> None:
    expected, found = dict(EXPECTED[key]), priced[key]
    assert found["usage_day"] == expected.pop("usage_date")
    assert {column: found[column] for column in expected} == expected


def test_the_unit_tests_pass_with_one_source_as_with_two(hand_worked_project: Project) -> None:
    # With two, each engine runs them on the hand-made dirty data.
    said = hand_worked_project.dbt("test", "--select", "test_type:unit").stdout
    passed = re.search(r"(\d+) unit tests in", said)
    assert passed and int(passed[1]) > 30, said[-2000:]


def test_costs_are_exact_decimals(priced: dict[tuple[str, int], dict[str, Any]]) -> None:
    costs = [value for row in priced.values() for name, value in row.items() if "_cost" in name]
    assert costs
    assert {type(value) for value in costs if value is not None} <= {Decimal, str}


def test_the_time_basis_says_which_instant_dates_the_call(
    priced: dict[tuple[str, int], dict[str, Any]],
) -> None:
    by_basis = {key[0]: row["time_basis"] for key, row in priced.items()}
    assert by_basis.pop("end-time-only") == "end"
    assert set(by_basis.values()) == {"start"}


def test_a_month_with_unpriced_calls_says_that_its_cost_is_not_complete(
    hand_worked_project: Project,
) -> None:
    columns = (
        "requests, total_tokens, list_cost, billable_list_cost, unpriced_requests,"
        " unpriced_tokens, priced_components_cost, is_complete"
    )
    expected = {
        ("alpha", "ada"): (
            *(26, 1839128, Decimal("4.419802"), Decimal("4.409802")),
            *(0, 0, Decimal("4.419802"), True),
        ),
    }
    found = {
        row[:2]: row[2:]
        for row in hand_worked_project.query(
            f"select workspace_id, user_id, {columns} from marts.user_monthly_usage"
            f" where {NOVEMBER}"
        )
    }
    incomplete = found.pop(("beta", "bob"))
    assert found == expected
    assert incomplete[:2] == (7, 5962)
    assert incomplete[4:] == (7, 3862, Decimal("0.00675"), False)
    # Nothing here has a whole price, and only the call on the customer's key has a known charge.
    assert incomplete[2:4] == (None, 0)


def test_the_day_and_the_month_of_an_unknown_model_are_not_complete_and_cost_null(
    hand_worked_project: Project,
) -> None:
    unknown = "llm_id = 'openai/house-model-7b'"
    daily = hand_worked_project.query(
        "select reporting_date::varchar, credential_owner, requests, total_tokens, list_cost,"
        " unpriced_requests, unpriced_tokens, is_complete"
        f" from marts.llm_costs_daily where {unknown} order by credential_owner"
    )
    assert daily == [
        ("2026-11-02", "customer", 1, 12, None, 1, 12, False),
        ("2026-11-02", "platform", 1, 1200, None, 1, 1200, False),
    ]
    monthly = hand_worked_project.query(
        "select requests, total_tokens, list_cost, list_usd_per_million_input_tokens,"
        " list_usd_per_million_output_tokens, list_usd_per_million_tokens, unpriced_requests,"
        f" unpriced_tokens, is_complete from marts.cost_per_token where {unknown}"
    )
    assert monthly == [(2, 1212, None, None, None, None, 2, 1212, False)]


def test_the_month_of_a_priced_model_is_complete_and_its_ratio_is_cost_over_tokens(
    hand_worked_project: Project,
) -> None:
    # gpt-4o at priority: 0.00425 USD for 1,000 and 0.0017 USD for 100 tokens.
    assert hand_worked_project.query(
        "select list_usd_per_million_input_tokens, list_usd_per_million_output_tokens,"
        " list_usd_per_million_tokens, is_complete from marts.cost_per_token"
        f" where llm_id = 'openai/gpt-4o' and service_tier = 'priority' and {NOVEMBER}"
    ) == [(Decimal("4.250000"), Decimal("17.000000"), Decimal("5.409091"), True)]


def test_the_unknown_names_stand_in_the_coverage_report(hand_worked_project: Project) -> None:
    rows = hand_worked_project.records("select * from marts.pricing_coverage")
    unpriced = {row["reported_model"]: row for row in rows if row["unpriced_tokens"]}
    assert unpriced["house-model-7b"]["requests"] == 2
    assert unpriced["house-model-7b"]["unpriced_tokens"] == 1212
    assert sum(row["unpriced_tokens"] for row in rows) == 3862


@pytest.fixture
def kept_results(hand_worked_project: Project) -> Iterator[None]:
    """Put the record of the build back: other tests ask it what warned."""
    kept = hand_worked_project.target
    yield
    hand_worked_project.target = kept


@pytest.mark.usefixtures("kept_results")
def test_the_build_stops_when_too_many_tokens_have_no_price(
    hand_worked_project: Project,
) -> None:
    # 3,862 of some three million tokens: more than one in a thousand.
    name = "assert_unpriced_share_is_tolerable"
    hand_worked_project.dbt("test", "--select", name, vars={"max_unpriced_token_share": 0.01})
    stopped = hand_worked_project.dbt(
        "test", "--select", name, vars={"max_unpriced_token_share": 0.001}, check=False
    )
    assert stopped.returncode != 0
    assert hand_worked_project.failed_tests() == {name}


def test_only_ones_own_cost_centres_must_be_of_known_workspaces(
    hand_worked_project: Project,
) -> None:
    test = hand_worked_project.compiled("assert_cost_centers_are_of_known_workspaces")
    assert hand_worked_project.query(test) == []
    (seed,) = re.findall(r'\S*"cost_centers"', test)
    misspelt = test.replace(seed, "(select 'nobody' as workspace_id)")
    ((workspace, message),) = hand_worked_project.query(misspelt)
    assert workspace == "nobody"
    assert message.startswith("cost_centers.csv: nobody knows a workspace nobody;")
