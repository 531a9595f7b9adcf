"""Contracted and billable cost of every meter, under agreements drawn by chance, computed twice.

`charges_story.py` holds charges worked out by hand; here the rules meet each other as they do in
nobody's example, and `charges_oracle.py` says what each row must be, to the last digit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, dataclass
from typing import Any

import pytest
from support.application import write_folder
from support.charges_drawn import Drawn, draw
from support.charges_oracle import Charge, Oracle
from support.project import PINNED, Project, utc

SEED, NUMBER_OF_CALLS = 30, 420
# The charges, and the guards that refuse what cannot be charged: what is drawn must be allowed.
BUILT = ("+fct_llm_charges_daily", "path:tests/integrity/charges", "path:tests/integrity/pricing")
KEY = (
    *("usage_date", "tenant_id", "workspace_id", "user_id", "llm_id", "meter"),
    *("contract_book", "resale_book", "billing_currency"),
)
COSTS = ("list_cost", "contracted_cost", "billable_cost")
# Each rule decides this often, or the comparison says nothing of it.
AT_LEAST = 10
RULES = {
    "not billable",
    "contract of its workspace before its tenant",
    "resale of its workspace before its tenant",
    "resale of its tenant before its workspace's plan",
    "resale of its workspace's plan before its tenant's plan",
    "resale of its tenant's plan",
    *(
        f"{side}: {rule}"
        for side in ("bought", "sold in USD", "sold in EUR")
        for rule in ("own", "stand-in", "factor of its model", "factor of its provider", "no price")
    ),
    *(
        f"{side}: {rule}"
        for side in ("bought", "sold in USD")
        for rule in ("factor of all", "list")
    ),
}


@dataclass
class Compared:
    """What the warehouse charges, what the oracle does, and which rules it went by."""

    project: Project
    found: dict[tuple[Any, ...], tuple[Any, ...]]
    expected: dict[tuple[Any, ...], tuple[Any, ...]]
    rules: dict[str, int]


def found_charges(project: Project) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """Return the quantity and costs of each key; a cost is None where a part of it is unknown."""
    known = ", ".join(
        f"case when count(*) = count({cost}) then sum({cost}) end as {cost}" for cost in COSTS
    )
    rows = project.query(
        f"select {', '.join(KEY).replace('usage_date', 'usage_date::varchar', 1)},"
        f" sum(quantity), {known} from marts.fct_llm_charges_daily"
        " where source_system = 'events' group by all"
    )
    return {row[: len(KEY)]: row[len(KEY) :] for row in rows}


def drawn_project(project: Project, drawn: Drawn) -> None:
    """Write what was drawn into a copy's seeds, load it, and build the charges."""
    for seed in ("price_agreements", "price_factors"):
        project.append_to_seed(seed, getattr(drawn, seed.removeprefix("price_")))
    project.append_to_seed("llm_prices", drawn.prices)
    project.append_to_seed("llm_price_hashes", drawn.hashes)
    folder = project.path / "data" / "application"
    write_folder(folder, drawn.application)
    project.load_folder(folder, loaded_at=utc("2026-11-14"))
    project.load(drawn.calls, loaded_at=utc("2026-11-15"))
    project.dbt("build", "--select", *BUILT, "--indirect-selection", "empty")


@pytest.fixture(scope="module")
def compared(make_project: Callable[..., Project]) -> Compared:
    project = make_project("charges_drawn", ("events", "synapscale"), vars=PINNED)
    seeds = project.path / "seeds"
    drawn = draw(SEED, seeds, NUMBER_OF_CALLS)
    drawn_project(project, drawn)
    oracle = Oracle(seeds, drawn.application)
    charges = oracle.charge(drawn.calls)

    def values(charge: Charge) -> tuple[Any, ...]:
        return (charge.quantity, *charge.costs)

    expected = {astuple(key): values(charge) for key, charge in charges.items()}
    return Compared(project, found_charges(project), expected, oracle.rules)


def test_every_charge_is_what_the_oracle_computes(compared: Compared) -> None:
    assert len(compared.expected) > NUMBER_OF_CALLS
    differing = {
        key: (compared.found.get(key), compared.expected.get(key))
        for key in compared.found.keys() | compared.expected.keys()
        if compared.found.get(key) != compared.expected.get(key)
    }
    assert not differing, list(differing.items())[:5]


def test_every_rule_decided_some_charges(compared: Compared) -> None:
    rare = {rule: compared.rules[rule] for rule in RULES if compared.rules[rule] < AT_LEAST}
    assert not rare, (rare, compared.rules)
