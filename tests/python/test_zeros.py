"""Usage that costs nothing passes every test and reaches every mart, alone or beside other usage.

Zeros come first, before anything else was ever built; then again on a warehouse with history; then
a correction leaves a day with nothing but zeros.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from mart_export.engines import PostgresEngine
from mart_export.marts import hash_marts
from mart_export.targets import Target, open_duckdb
from support.project import ON_EACH_ENGINE, PINNED, Project, utc

FREE = {"provider_name": "openrouter", "request_model": "allenai/molmo-7b-d:free"}
WHISPER = {"request_model": "whisper-1", "status": "error"}
TOKENS = {"input_tokens": 1_000, "output_tokens": 100}
ZERO, LIST = Decimal(0), Decimal("0.0035")

# What each call says beside its id, and its list and billable cost. gpt-4o takes 2.50 USD per
# million input tokens and 10 per million output tokens; nobody prices meter `page` of it.
CASES: dict[str, tuple[dict[str, Any], Decimal | None, Decimal | None]] = {
    "nothing": ({}, ZERO, ZERO),
    "zero-of-a-meter": ({"other_meters": {"file_search": 0}}, ZERO, ZERO),
    "zero-of-an-unpriced-meter": (WHISPER | {"other_meters": {"audio_minute": 0}}, ZERO, ZERO),
    "only-null-meters": ({"other_meters": {"file_search": None}}, ZERO, ZERO),
    "empty-meters": ({"other_meters": {}}, ZERO, ZERO),
    "free-meters": (FREE | {"other_meters": {"web_search": 3}}, ZERO, ZERO),
    "free-model": (FREE | TOKENS, ZERO, ZERO),
    "failed": ({"status": "error"}, ZERO, ZERO),
    "own-key": ({"credential_owner": "customer", "other_meters": {"page": 0}}, ZERO, ZERO),
    "cached-nothing": ({"response_cache_hit": True, "other_meters": {"page": 0}}, ZERO, ZERO),
}
OTHER_CASES: dict[str, tuple[dict[str, Any], Decimal | None, Decimal | None]] = {
    "plain": (TOKENS, LIST, LIST),
    "zero-beside-tokens": (TOKENS | {"other_meters": {"file_search": 0}}, LIST, LIST),
    "failed-with-input": ({"status": "error", "input_tokens": 1_000}, Decimal("0.0025"), ZERO),
    "cached": (TOKENS | {"response_cache_hit": True}, LIST, ZERO),
    "own-key-used": (TOKENS | {"credential_owner": "customer"}, LIST, ZERO),
    "unpriced-meter": ({"other_meters": {"page": 5}}, None, None),
    "unknown-quantity": ({"other_meters": {"file_search": "many"}}, None, None),
}
ALL_CASES = CASES | OTHER_CASES


def call(event_id: str, day: int, user_id: str, **more: Any) -> dict[str, Any]:
    """Return a call without tokens on a day of November."""
    return {
        "event_id": event_id,
        "started_at": utc(f"2026-11-{day:02d}T09:00:00"),
        "provider_name": "openai",
        "request_model": "gpt-4o",
        "input_tokens": 0,
        "output_tokens": 0,
        "workspace_id": "alpha",
        "user_id": user_id,
    } | more


def calls(day: int, cases: dict[str, Any], user_id: str | None = None) -> list[dict[str, Any]]:
    """Return a call of each case, each of a user of its own unless one is given."""
    return [
        call(f"{name}/{day}/{user_id or name}", day, user_id or name, **said)
        for name, (said, _, _) in cases.items()
    ]


def version(day: int, number: int, **more: Any) -> dict[str, Any]:
    """Return a version of the only call of a day."""
    clock = utc(f"2026-11-20T{number:02d}:00:00")
    return call(f"corrected/{day}", day, "corrected", source_updated_at=clock, **more)


LOADS = [
    [*calls(2, CASES), version(6, 1)],
    [
        *calls(3, ALL_CASES),
        *calls(3, ALL_CASES, "mixed"),
        *calls(4, CASES, "only-zeros"),
        call("without-counts", 4, "only-zeros", status="error", output_tokens=None),
        version(6, 2, **TOKENS),
        version(7, 2, **TOKENS, other_meters={"file_search": 2}),
    ],
    [version(6, 3, other_meters={"file_search": 0}), version(7, 3)],
]


@dataclass(frozen=True)
class Built:
    """A warehouse after three loads, each built and tested, and its marts' hashes."""

    project: Project
    hashes: dict[str, str]


def hashes(project: Project) -> dict[str, str]:
    """Return the hash of every mart."""
    engine: Any
    if project.postgres:
        engine = PostgresEngine(project.postgres.connect())
    else:
        engine = open_duckdb(project.database)
    with closing(engine):
        found = hash_marts(Target("built", engine, "marts"))
    return {name: mart.sha256 for name, mart in found.items()}


@pytest.fixture(scope="module", params=ON_EACH_ENGINE)
def built(make_project: Callable[..., Project], request: pytest.FixtureRequest) -> Built:
    project = make_project("zeros", engine=request.param, vars=PINNED)
    free_meter = {
        "price_book": "list", "provider_id": "openrouter", "model_id": FREE["request_model"],
        "component": "web_search", "service_tier": "standard", "region_class": "*", "ctx_min": 0,
        "valid_from": "1970-01-01 00:00:00", "usd_per_unit": 0, "quoted_price": 0, "per": 1000,
        "currency": "USD", "status": "active", "source": "curated", "source_ref": "a test",
        "checked_on": "2026-11-01", "revision": 1, "recorded_on": "2026-11-01",
        "confidence": "published",
    }  # fmt: skip
    project.append_to_seed("llm_prices", [free_meter])
    for number, rows in enumerate(LOADS, start=1):
        project.load(rows, loaded_at=f"2026-11-2{number}T00:00:00+00:00")
        # Tests of single columns once, on all that the loads left.
        project.build(all_tests=number == len(LOADS))
    return Built(project, hashes(project))


@pytest.mark.parametrize("name", ALL_CASES)
def test_each_call_costs_what_it_is_said_to(built: Built, name: str) -> None:
    _, list_cost, billable_cost = ALL_CASES[name]
    found = built.project.query(
        "select distinct list_cost, billable_list_cost from marts.fct_llm_usage"
        f" where event_id like '{name}/%'"
    )
    assert found == [(list_cost, billable_cost)]


def test_nothing_is_lost_but_what_has_no_counts(built: Built) -> None:
    loaded = len({row["event_id"] for rows in LOADS for row in rows})
    assert built.project.query("select count(*) from marts.fct_llm_usage") == [(loaded - 1,)]
    assert built.project.query("select rejection_reason from marts.rejected_llm_usage") == [
        ("missing_tokens",)
    ]


def test_a_user_day_of_zeros_costs_nothing_and_is_complete(built: Built) -> None:
    assert built.project.query(
        "select count(*), sum(list_cost), sum(unpriced_requests) from marts.llm_costs_daily"
        " where user_id in ('only-zeros', 'corrected') or reporting_date = '2026-11-02'"
    ) == [(16, ZERO, 0)]


def test_a_zero_is_charged_nothing_and_leaves_no_charge(built: Built) -> None:
    charged = built.project.query(
        "select distinct user_id, meter, quantity, billable_cost from marts.fct_llm_charges_daily"
        " where user_id in ('only-zeros', 'corrected', 'zero-beside-tokens') order by 1, 2"
    )
    assert charged == [
        ("only-zeros", "input", 1_000, ZERO),
        ("only-zeros", "output", 100, ZERO),
        ("only-zeros", "web_search", 3, ZERO),
        ("zero-beside-tokens", "input", 1_000, Decimal("0.0025")),
        ("zero-beside-tokens", "output", 100, Decimal("0.001")),
    ]


LOST = "delete from marts.fct_llm_charges_daily where user_id = '{}' and meter = '{}'"
DOUBLED = (
    "insert into marts.fct_llm_charges_daily"
    " select * from marts.fct_llm_charges_daily where user_id = '{}' and meter = '{}'"
)
CHARGES = [
    ("plain", "output"),
    ("free-model", "output"),
    ("free-meters", "web_search"),
    ("unpriced-meter", "page"),
    ("unknown-quantity", "file_search"),
]


@pytest.mark.parametrize("built", ["duckdb"], indirect=True)
@pytest.mark.parametrize("change", [LOST, DOUBLED], ids=["lost", "doubled"])
@pytest.mark.parametrize("charge", CHARGES, ids=lambda charge: charge[0])
def test_a_charge_that_is_lost_or_doubled_is_found(
    built: Built, change: str, charge: tuple[str, str]
) -> None:
    query = built.project.compiled("assert_charges_equal_usage")
    # Views on raw files hold paths relative to the project.
    settings: dict[str, Any] = {"file_search_path": str(built.project.path)}
    with duckdb.connect(str(built.project.database), config=settings) as warehouse:
        assert warehouse.execute(query).fetchall() == []
        warehouse.execute("begin")
        warehouse.execute(change.format(*charge))
        assert warehouse.execute(query).fetchall() != []
        warehouse.execute("rollback")


def test_marts_are_those_of_a_full_refresh(built: Built) -> None:
    built.project.dbt("run", "--full-refresh")
    assert hashes(built.project) == built.hashes
