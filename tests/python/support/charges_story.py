"""Usage under contracts and resale plans, each charge worked out by hand.

List prices in USD per million: gpt-4o 2.50 in, 1.25 cached, 10 out; claude-sonnet-4-5 3 in, 15 out,
10 per thousand web searches; gemini-2.5-pro 1.25 in, 10 out. What is agreed:

- `contract:acme` with workspace w1 of tenant t1: gpt-4o at 2 and 8, and at 1 and 4 in flex, which
  the list does not price; anthropic's list prices times 0.9.
- `contract:group` with tenant t1: every list price times 0.8.
- `resale:team` with everybody on the plan Team: list prices times 1.2, times 1.3 from June on.
- `resale:euro` with tenant t9, in EUR: gpt-4o at 3 and 12; anthropic's list prices times 0.92.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from support.application import application, usage, write_folder
from support.project import Project, utc

ALWAYS = "2026-01-01"

AGREEMENTS: list[dict[str, Any]] = [
    {
        "price_book": "contract:acme",
        "tenant_id": "t1",
        "workspace_id": "w1",
        "valid_from": ALWAYS,
    },
    {"price_book": "contract:group", "tenant_id": "t1", "valid_from": ALWAYS},
    {"price_book": "resale:team", "plan": "Team", "valid_from": ALWAYS},
    {
        "price_book": "resale:euro",
        "tenant_id": "t9",
        "valid_from": ALWAYS,
        "billing_currency": "EUR",
    },
]
FACTORS: list[dict[str, Any]] = [
    {
        "price_book": "contract:acme",
        "provider_id": "anthropic",
        "model_id": "*",
        "factor": "0.9",
        "valid_from": ALWAYS,
    },
    {
        "price_book": "contract:group",
        "provider_id": "*",
        "model_id": "*",
        "factor": "0.8",
        "valid_from": ALWAYS,
    },
    {
        "price_book": "resale:team",
        "provider_id": "*",
        "model_id": "*",
        "factor": "1.2",
        "valid_from": ALWAYS,
        "valid_to": "2026-06-01",
    },
    {
        "price_book": "resale:team",
        "provider_id": "*",
        "model_id": "*",
        "factor": "1.3",
        "valid_from": "2026-06-01",
    },
    {
        "price_book": "resale:euro",
        "provider_id": "anthropic",
        "model_id": "*",
        "factor": "0.92",
        "valid_from": ALWAYS,
    },
]


def own_price(book: str, component: str, quoted: str, currency: str = "USD") -> dict[str, Any]:
    """Return a price of gpt-4o in a book, quoted per million tokens, from 2026 on."""
    return {
        "price_book": book,
        "provider_id": "openai",
        "model_id": "gpt-4o",
        "component": component,
        "service_tier": "standard",
        "region_class": "*",
        "ctx_min": 0,
        "valid_from": f"{ALWAYS} 00:00:00",
        "usd_per_unit": f"{Decimal(quoted) / 1_000_000:f}",
        "quoted_price": quoted,
        "per": 1_000_000,
        "currency": currency,
        "status": "active",
        "source": "agreement",
        "source_ref": "a test",
        "checked_on": ALWAYS,
        "revision": 1,
        "recorded_on": ALWAYS,
        "confidence": "published",
    }


PRICES = [
    own_price("contract:acme", "input", "1") | {"service_tier": "flex"},
    own_price("contract:acme", "output", "4") | {"service_tier": "flex"},
    own_price("contract:acme", "input", "2"),
    own_price("contract:acme", "output", "8"),
    own_price("resale:euro", "input", "3", "EUR"),
    own_price("resale:euro", "output", "12", "EUR"),
]


def call(event_id: str, tenant: str, workspace: str, model: str, **more: Any) -> dict[str, Any]:
    """Return a call of 1,000 tokens in and 100 out on 10 March 2026."""
    provider = {"gpt": "openai", "cla": "anthropic", "gem": "google"}[model[:3]]
    return {
        "event_id": event_id,
        "started_at": utc("2026-03-10T23:30:00"),
        "provider_name": provider,
        "request_model": model,
        "input_tokens": 1_000,
        "output_tokens": 100,
        "tenant_id": tenant,
        "workspace_id": workspace,
        "user_id": event_id,
    } | more


CALLS = [
    call(
        "cached",
        *("t1", "w1", "gpt-4o"),
        cache_read_input_tokens=400,
        reasoning_output_tokens=40,
    ),
    call("claude", "t1", "w1", "claude-sonnet-4-5"),
    call("searching", "t1", "w1", "claude-sonnet-4-5", other_meters={"web_search": 3}),
    call("group", "t1", "w7", "gpt-4o"),
    call("euro", "t9", "w9", "gpt-4o"),
    call("euro-factor", "t9", "w9", "claude-sonnet-4-5"),
    call("euro-unpriced", "t9", "w9", "gemini-2.5-pro"),
    call("nobody", "t8", "w8", "gpt-4o"),
    call("other-w1", "t7", "w1", "gpt-4o"),
    call("flex", "t1", "w1", "gpt-4o", service_tier="flex", cache_read_input_tokens=400),
    call("odd-meter", "t8", "w8", "gpt-4o", other_meters={"input": 3}),
    call("own-key", "t1", "w1", "gpt-4o", credential_owner="customer"),
    call("june", "t1", "w1", "gpt-4o", started_at=utc("2026-06-02T12:00:00")),
    call("unknown", "t1", "w1", "gpt-house"),
]
# List, contracted and billable cost in millionths, the currency, and whether all three are known.
EXPECTED = {
    # 600 × 2.50 + 400 × 1.25 + 100 × 10; 600 × 2 + 400 × 1.25 + (60 + 40) × 8; list × 1.2.
    "cached": ("3000", "2500", "3600", "USD", True),
    # 3,000 + 1,500; × 0.9; × 1.2.
    "claude": ("4500", "4050", "5400", "USD", True),
    # The same, and three searches at 10,000 each.
    "searching": ("34500", "31050", "41400", "USD", True),
    # 2,500 + 1,000; × 0.8; × 1.2 by the tenant's plan.
    "group": ("3500", "2800", "4200", "USD", True),
    # 1,000 × 3 + 100 × 12.
    "euro": ("3500", "3500", "4200", "EUR", True),
    "euro-factor": ("4500", "4500", "4140", "EUR", True),
    # 1,250 + 1,000; the euro book has neither price nor factor for it.
    "euro-unpriced": ("2250", "2250", None, "EUR", False),
    "nobody": ("3500", "3500", "3500", "USD", True),
    # The workspace of that id of another tenant.
    "other-w1": ("3500", "3500", "4200", "USD", True),
    # 600 × 1 + 400 × 1, no price of a cache read here or in the list, + 100 × 4; nothing × 1.2.
    "flex": (None, "1400", None, "USD", False),
    # What a source calls like a kind of tokens is none, and has no price.
    "odd-meter": (None, None, None, "USD", False),
    "own-key": ("3500", "0", "0", "USD", True),
    # 1,000 × 2 + 100 × 8; 3,500 × 1.3.
    "june": ("3500", "2800", "4550", "USD", True),
    "unknown": (None, None, None, "USD", False),
}


def application_rows() -> dict[str, list[dict[str, Any]]]:
    """Return the application's rows with three tenants' zones, one of which does not exist."""
    rows = application()
    zones = {"t1": "Europe/Berlin", "t2": "Mars/Phobos"}
    for tenant in rows["tenants"]:
        tenant["timezone"] = zones[tenant["id"]]
    rows["usage_logs"] = [usage("g1", created_at="2025-03-10T12:00:00Z")]
    return rows


def agree(project: Project) -> None:
    """Write the agreements of this page into a copy's seeds."""
    project.append_to_seed("price_agreements", AGREEMENTS)
    project.append_to_seed("price_factors", FACTORS)
    project.append_to_seed("llm_prices", PRICES)


def load(project: Project, folder: Path) -> None:
    """Load the application and the calls."""
    on_postgres = {"target": "postgres"} if project.engine == "postgres" else {}
    write_folder(folder, application_rows())
    project.load_folder(folder, loaded_at=utc("2025-04-01T00:00:00"), **on_postgres)
    project.load(CALLS, loaded_at=utc("2026-07-01T00:00:00"), **on_postgres)


def charges(project: Project) -> dict[str, tuple[str | None, ...]]:
    """Return each call's charges as `EXPECTED` writes them."""
    rows = project.query(
        "select user_id, min(billing_currency), min(case when is_complete then 1 else 0 end),"
        " case when count(*) = count(list_cost) then sum(list_cost) end,"
        " case when count(*) = count(contracted_cost) then sum(contracted_cost) end,"
        " case when count(*) = count(billable_cost) then sum(billable_cost) end"
        " from marts.fct_llm_charges_daily where source_system = 'events' group by user_id"
    )
    return {
        user: (*(micro(cost) for cost in costs), currency, bool(complete))
        for user, currency, complete, *costs in rows
    }


def micro(cost: Decimal | None) -> str | None:
    """Write a cost in whole millionths, as far as it has no smaller part."""
    if cost is None:
        return None
    return f"{(Decimal(cost) * 1_000_000).normalize():f}"
