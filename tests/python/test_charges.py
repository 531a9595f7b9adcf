"""What usage is bought and sold for, under the agreements of charges_story.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from support.charges_story import (
    AGREEMENTS,
    EXPECTED,
    FACTORS,
    agree,
    charges,
    load,
    own_price,
)
from support.dbt_process import DbtProcess
from support.project import ON_EACH_ENGINE, PINNED, Project

# Read by the guards, and not a view on the seeds.
TABLES_OF_GUARDS = (
    "int_llm_prices_modified",
    "int_agreed_books_dated",
)


@dataclass
class Story:
    """The built story, what it charged, and what a changed factor of the spring left of it."""

    project: Project
    charged: dict[str, Any]
    stamps: dict[str, dict[str, Any]]
    charged_anew: dict[str, Any]
    stamps_anew: dict[str, dict[str, Any]]


def charge_rows(project: Project) -> list[tuple[Any, ...]]:
    """Return the charges without the two instants at their end."""
    rows = project.query("select * from marts.fct_llm_charges_daily order by 1")
    return [row[:-2] for row in rows]


def stamps(project: Project) -> dict[str, dict[str, Any]]:
    """Return when each day of the two facts was computed."""
    computed = {"fct_llm_charges_daily": "charged_at", "fct_llm_usage": "restated_at"}
    return {
        mart: dict(
            project.query(
                f"select cast(usage_date as varchar(10)), max({column})"
                f" from marts.{mart} group by 1"
            )
        )
        for mart, column in computed.items()
    }


@pytest.fixture(scope="module", params=ON_EACH_ENGINE)
def story(
    make_project: Callable[..., Project],
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Story:
    project = make_project("agreed", ("events", "synapscale"), request.param, PINNED)
    agree(project)
    load(project, tmp_path_factory.mktemp("agreed_rows") / "rows")
    project.build(all_tests=True)
    before = (charges(project), stamps(project))
    seed = project.path / "seeds" / "billing" / "price_factors.csv"
    seed.write_text(seed.read_text().replace("*,*,1.2,", "*,*,1.25,"))
    dbt = DbtProcess(project)
    dbt.build()
    return Story(project, *before, charges(project), stamps(project))


def test_each_charge_is_the_one_worked_out_by_hand(story: Story) -> None:
    assert story.charged == EXPECTED


def test_a_changed_factor_charges_its_own_days_again_and_no_other(story: Story) -> None:
    def changed(mart: str) -> set[str]:
        before, after = story.stamps[mart], story.stamps_anew[mart]
        return {day for day in before if before[day] != after[day]}

    assert changed("fct_llm_charges_daily") == {"2026-03-10"}
    assert changed("fct_llm_usage") == set()
    # 4,500 × 1.25; June has a factor of its own.
    assert story.charged_anew["claude"] == ("4500", "4050", "5625", "USD", True)
    assert story.charged_anew["june"] == EXPECTED["june"]


def test_charges_computed_again_are_those_of_a_full_refresh(story: Story) -> None:
    restated = charge_rows(story.project)
    selected = ("--select", "fct_llm_charges_daily", "--full-refresh")
    story.project.dbt("run", *selected)
    assert restated == charge_rows(story.project)


def test_the_margin_is_what_is_left_and_unknown_in_another_currency(story: Story) -> None:
    margins = dict(
        story.project.query(
            "select user_id, case when count(*) = count(margin_cost)"
            " then cast(sum(margin_cost) * 1000000 as integer) end"
            " from marts.fct_llm_charges_daily where source_system = 'events' group by user_id"
        )
    )
    assert margins["june"] == 4550 - 2800
    assert margins["nobody"] == 0
    assert margins["euro"] is None
    assert margins["unknown"] is None


def test_an_account_is_billed_by_its_own_calendar(story: Story) -> None:
    days = dict(
        story.project.query(
            "select user_id, cast(min(billing_date) as varchar(10))"
            " from marts.fct_llm_charges_daily where source_system = 'events' group by user_id"
        )
    )
    # 23:30 UTC is the next day in Berlin; t8 and t9 have no account.
    assert days["cached"] == "2026-03-11"
    assert days["nobody"] == days["euro"] == "2026-03-10"
    assert story.project.query(
        "select billing_account_id, billing_timezone"
        " from intermediate.int_billing_accounts_described order by 1"
    ) == [("t1", "Europe/Berlin"), ("t2", None)]


# --- what is refused ---------------------------------------------------------------------------


@pytest.fixture
def warehouse(story: Story, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy of the built warehouse, free to change."""
    copy = tmp_path / story.project.database.name
    copy.write_bytes(story.project.database.read_bytes())
    # Views on raw files hold paths relative to the project.
    settings: dict[str, Any] = {"file_search_path": str(story.project.path)}
    with duckdb.connect(str(copy), config=settings) as connection:
        yield connection


def insert(warehouse: duckdb.DuckDBPyConnection, seed: str, row: dict[str, Any]) -> None:
    """Insert a row into a seed's table, empty cells as NULL."""
    names = ", ".join(row)
    marks = ", ".join("?" for _ in row)
    warehouse.execute(f"insert into seeds.{seed} ({names}) values ({marks})", list(row.values()))


AGREEMENT, FACTOR = AGREEMENTS[0], FACTORS[0]
REFUSED = {
    "a contract for an unknown workspace": (
        "price_agreements",
        AGREEMENT | {"workspace_id": "w404"},
        "assert_agreements_name_known_holders",
        "the workspace w404, which nobody knows",
    ),
    "a resale plan that nobody knows": (
        "price_agreements",
        {"price_book": "resale:team", "plan": "Gold", "valid_from": "2026-01-01"},
        "assert_agreements_name_known_holders",
        "the plan gold, which nobody knows",
    ),
    "a resale plan without a price": (
        "price_agreements",
        {"price_book": "resale:gold", "tenant_id": "t2", "valid_from": "2026-01-01"},
        "assert_agreed_books_have_prices",
        "it has no price",
    ),
    "a resale plan that has a price too late": (
        "price_agreements",
        {"price_book": "resale:team", "tenant_id": "t2", "valid_from": "2025-12-31"},
        "assert_agreed_books_have_prices",
        "from 2025-12-31, but on some day",
    ),
    "two contracts at once": (
        "price_agreements",
        AGREEMENT | {"price_book": "contract:group", "valid_from": "2026-05-01"},
        "assert_agreements_do_not_overlap",
        "still holds on 2026-05-01, when contract:group starts",
    ),
    "a contract with a workspace of one tenant and of every one": (
        "price_agreements",
        AGREEMENT | {"price_book": "contract:group", "tenant_id": None},
        "assert_agreements_do_not_overlap",
        "w1 of any tenant holds beside contract:acme with that of t1",
    ),
    "a book that is neither": (
        "price_agreements",
        AGREEMENT | {"price_book": "acme"},
        "assert_agreements_are_readable",
        "contract:<name> or resale:<name>",
    ),
    "a plan and a workspace": (
        "price_agreements",
        {"price_book": "resale:team", "plan": "Team", "workspace_id": "w1"}
        | {"valid_from": "2025-01-01", "valid_to": "2025-02-01"},
        "assert_agreements_are_readable",
        "fill in a plan, a tenant_id, or a workspace_id",
    ),
    "one book in two currencies": (
        "price_agreements",
        {"price_book": "resale:euro", "tenant_id": "t2", "valid_from": "2026-01-01"},
        "assert_agreements_are_readable",
        "resale:euro is agreed in several currencies",
    ),
    "a discount of a slip": (
        "price_factors",
        FACTOR | {"model_id": "claude-sonnet-4-5", "factor": "0.0009"},
        "assert_agreed_factors_are_exact",
        "the factor is 0.0009",
    ),
    "a contract in euros": (
        "price_agreements",
        AGREEMENT | {"billing_currency": "EUR"},
        "assert_agreements_are_readable",
        "a contract is in USD",
    ),
    "a currency that is none": (
        "price_agreements",
        {"price_book": "resale:euro", "tenant_id": "t2", "valid_from": "2026-01-01"}
        | {"billing_currency": "E1"},
        "assert_agreements_are_readable",
        "E1 is no currency",
    ),
    "an agreement that ends before it starts": (
        "price_agreements",
        AGREEMENT | {"valid_to": "2025-01-01"},
        "assert_agreements_are_readable",
        "valid_to is not after valid_from",
    ),
    "mixed currencies": (
        "llm_prices",
        own_price("resale:euro", "cache_read", "1.5", "USD"),
        "assert_agreed_prices_fit_the_list",
        "is in USD, its book is agreed in EUR",
    ),
    "a price that changes at noon": (
        "llm_prices",
        own_price("contract:acme", "cache_read", "1") | {"valid_from": "2026-01-01 12:00:00"},
        "assert_agreed_prices_fit_the_list",
        "agreed prices change at 00:00 UTC",
    ),
    "a price of a model that the list does not know": (
        "llm_prices",
        own_price("contract:acme", "input", "1") | {"model_id": "gpt-house"},
        "assert_agreed_prices_fit_the_list",
        "a model without a list price",
    ),
    "a mark-up of 120": (
        "price_factors",
        FACTOR | {"model_id": "claude-sonnet-4-5", "factor": "120"},
        "assert_agreed_factors_are_exact",
        "the factor is 120",
    ),
    "a factor of a model that nobody knows": (
        "price_factors",
        FACTOR | {"model_id": "claude-sonnet-45"},
        "assert_agreed_factors_are_exact",
        "llm_models.csv has no such model",
    ),
    "two factors at once": (
        "price_factors",
        FACTOR | {"factor": "0.85", "valid_from": "2026-05-01"},
        "assert_agreed_factors_are_exact",
        "it still holds on 2026-05-01",
    ),
}


@pytest.mark.parametrize("story", ["duckdb"], indirect=True)
@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_charged_is_refused_with_its_row(
    story: Story, warehouse: duckdb.DuckDBPyConnection, name: str
) -> None:
    seed, row, guard, message = REFUSED[name]
    query = story.project.compiled(guard)
    assert warehouse.execute(query).fetchall() == []
    insert(warehouse, seed, row)
    for model in TABLES_OF_GUARDS:
        warehouse.execute(f"truncate intermediate.{model}")
        warehouse.execute(f"insert into intermediate.{model} {story.project.compiled(model)}")
    found = warehouse.execute(f"select message from ({query})").fetchall()
    assert any(message in text for (text,) in found), found


def test_a_band_of_its_own_is_refused(make_project: Callable[..., Project], tmp_path: Path) -> None:
    project = make_project("refused", ("events", "synapscale"), vars=PINNED)
    agree(project)
    # The list prices the first without a band, the tier of the second not at all, and the third
    # with that band, but from October on.
    october = {"model_id": "gpt-5.4", "service_tier": "flex", "ctx_min": 272_001}
    banded = [
        own_price("contract:acme", "input", "1.5") | {"ctx_min": 500},
        own_price("contract:acme", "output", "3") | {"service_tier": "flex", "ctx_min": 500},
        own_price("contract:acme", "input", "3") | october,
    ]
    project.append_to_seed("llm_prices", banded)
    load(project, tmp_path / "rows")
    selected = ("--select", "+fct_llm_charges_daily", "--exclude-resource-type", "unit_test")
    built = project.dbt("build", *selected, check=False)
    guard = "assert_agreed_prices_fit_the_list"
    assert "has another ctx_min or another week window than the list has" in built.stdout
    refused = {
        text for (text,) in project.query(f"select message from ({project.compiled(guard)})")
    }
    for price in ("gpt-4o/input", "gpt-4o/output", "gpt-5.4/input"):
        assert any(f"{price} has another ctx_min" in text for text in refused), refused
    assert guard in project.failed_tests()
    assert project.statuses()["model.llm_finops.fct_llm_charges_daily"] == "skipped"
    assert project.statuses()["model.llm_finops.fct_llm_usage"] == "success"
