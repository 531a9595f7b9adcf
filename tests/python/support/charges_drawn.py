"""Agreements and calls drawn by chance, the same for the same seed, which the guards accept."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

from price_rows import content_hash, row_name

from support.application import Rows, application, workspace
from support.charges_oracle import read_seed

Row = dict[str, Any]

# Periods start and end on these days; calls are of them, of the days before, and of some between.
CUTS = ("2026-01-01", "2026-03-15", "2026-06-01", "2026-10-14", "")
DAYS = (
    *("2026-01-01", "2026-02-10", "2026-03-14", "2026-03-15", "2026-04-02", "2026-04-03"),
    *("2026-05-31", "2026-06-01", "2026-08-20", "2026-10-13", "2026-10-14", "2026-11-01"),
)
# Models with what they count, and the input from which all is dearer.
MODELS: dict[tuple[str, str], dict[str, int]] = {
    ("openai", "gpt-4o"): {"cache_read": 1},
    ("openai", "gpt-4.1-mini"): {"cache_read": 1, "web_search": 1},
    ("openai", "o3"): {"cache_read": 1, "reasoning": 1},
    ("openai", "gpt-5.4"): {"cache_read": 1, "reasoning": 1, "dearer_from": 272_001},
    ("anthropic", "claude-haiku-4-5"): {"cache_read": 1, "cache_write": 1},
    ("anthropic", "claude-sonnet-4-5"): {
        "cache_read": 1,
        "cache_write": 1,
        "web_search": 1,
        "dearer_from": 200_001,
    },
    ("google", "gemini-2.5-pro"): {"cache_read": 1, "reasoning": 1, "dearer_from": 200_001},
    ("openai", "gpt-house"): {},
}
TENANTS = ("t1", "t2", "t3")
PLANS = {"p1": "Team", "p2": "Gold", "p3": "Free"}
# Workspaces of usage with their tenants: two ids are those of two tenants, two the application does
# not know.
WORKSPACES = (
    *(("w1", "t1"), ("w1", "t2"), ("w2", "t1"), ("w2", "t3"), ("w3", "t1"), ("w4", "t2")),
    *(("w5", "t2"), ("w6", "t3"), ("w7", "t3"), ("w8", "t3"), ("w9", "t1"), ("w10", "t2")),
)
KNOWN_WORKSPACES = {"w1": "t1", "w2": "t1", "w3": "t1", "w4": "t2"} | {
    "w5": "t2",
    "w6": "t3",
    "w7": "t3",
    "w8": "t3",
}
EURO = "resale:euro"
BOOKS = {
    "contract": ("contract:north", "contract:south", "contract:group", "contract:small"),
    "resale": ("resale:team", "resale:gold", "resale:own", EURO),
}
# Whom a book of each kind may be agreed with: no workspace both in one tenant and in every one.
HOLDERS: dict[str, list[Row]] = {
    "contract": [
        {"tenant_id": "t1"},
        {"tenant_id": "t3"},
        {"tenant_id": "t1", "workspace_id": "w1"},
        {"tenant_id": "t2", "workspace_id": "w1"},
        {"workspace_id": "w2"},
        {"workspace_id": "w4"},
        {"workspace_id": "w6"},
    ],
    "resale": [
        {"tenant_id": "t3"},
        {"tenant_id": "t2", "workspace_id": "w1"},
        {"workspace_id": "w3"},
        {"tenant_id": "t3", "workspace_id": "w7"},
        {"workspace_id": "w9"},
        {"plan": "TEAM"},
        {"plan": "gold"},
    ],
}


@dataclass(frozen=True)
class Drawn:
    """Rows of the seeds, of the application's tables, and calls."""

    agreements: list[Row]
    factors: list[Row]
    prices: list[Row]
    hashes: list[Row]
    application: Rows
    calls: list[Row]


def draw(seed: int, seeds: Path, number_of_calls: int) -> Drawn:
    """Draw agreements that fit the list prices in `seeds`, and calls under them."""
    chance = random.Random(seed)
    prices = own_prices(chance, read_seed(seeds / "pricing" / "llm_prices.csv"))
    closed = [row for row in prices if row["valid_to"]]
    return Drawn(
        agreements(chance),
        factors(chance),
        prices,
        [{"price_row": row_name(row), "content_hash": content_hash(row)} for row in closed],
        application_rows(chance),
        [call(chance, number) for number in range(number_of_calls)],
    )


def periods(chance: random.Random) -> list[tuple[str, str]]:
    """Return some of the periods between the cuts, an end left open at the last; none overlap."""
    kept = sorted(chance.sample(range(1, len(CUTS) - 1), chance.randint(0, 2)))
    cuts = [CUTS[number] for number in (0, *kept, -1)]
    return list(pairwise(cuts))


def agreements(chance: random.Random) -> list[Row]:
    """Return for each holder its books one after the other, with gaps."""
    return [
        {
            "price_book": (book := chance.choice(BOOKS[kind])),
            "billing_currency": "eur" if book == EURO else chance.choice(("", "USD")),
            "valid_from": valid_from,
            "valid_to": valid_to,
            **holder,
        }
        for kind, holders in HOLDERS.items()
        for holder in holders
        for valid_from, valid_to in periods(chance)
        if chance.random() < 0.85
    ]


def factors(chance: random.Random) -> list[Row]:
    """Return factors of every rank; each book has one that always holds."""
    rows = []
    for book in (*BOOKS["contract"], *BOOKS["resale"]):
        # The book in euros leaves some models without a price.
        always = (
            ("anthropic", "*") if book == EURO else chance.choice([("*", "*"), ("openai", "*")])
        )
        rows.append((book, always, CUTS[0], ""))
        more = {("google", "*"), ("openai", "*"), *list(MODELS)[:-1]} - {always}
        if book == EURO:
            more -= {("google", "*"), ("google", "gemini-2.5-pro")}
        for llm in chance.sample(sorted(more), 4):
            rows += [(book, llm, *period) for period in periods(chance) if chance.random() < 0.7]
    return [
        {
            "price_book": book,
            "provider_id": provider,
            "model_id": model,
            "factor": f"{Decimal(chance.randint(600, 1500)) / 1000}",
            "valid_from": valid_from,
            "valid_to": valid_to,
        }
        for book, (provider, model), valid_from, valid_to in rows
    ]


def own_prices(chance: random.Random, listed: Sequence[dict[str, str]]) -> list[Row]:
    """Return prices of some models in each book: the list's of their newest dates, moved."""
    rows = []
    for book in (*BOOKS["contract"], *BOOKS["resale"]):
        for llm in chance.sample(list(MODELS)[:-1], 3):
            for tier in ("standard", "batch"):
                rows += prices_of(chance, book, llm, tier, listed)
    return rows


def prices_of(
    chance: random.Random,
    book: str,
    llm: tuple[str, str],
    tier: str,
    listed: Sequence[dict[str, str]],
) -> list[Row]:
    """Return a book's prices of a model on some dates: input, output and two components more."""
    components = {"input", "output"} | set(
        chance.sample(("cache_read", "cache_write_5m", "reasoning", "web_search"), 2)
    )
    has_bands = chance.random() < 0.5
    by_key = {
        (row["component"], row["ctx_min"]): row
        for row in sorted(listed, key=lambda row: (row["valid_from"], int(row["revision"])))
        if row["price_book"] == "list"
        and (row["provider_id"], row["model_id"]) == llm
        and row["service_tier"] == tier
        and row["region_class"] == "*"
        and row["component"] in components
        and (has_bands or row["ctx_min"] == "0")
    }
    rows = []
    for valid_from, valid_to in periods(chance):
        if chance.random() < 0.3:
            continue
        moved = Decimal(chance.randint(5, 15)) / 10
        rows += [
            row
            | {
                "price_book": book,
                "valid_from": f"{valid_from} 00:00:00",
                "valid_to": valid_to and f"{valid_to} 00:00:00",
                "usd_per_unit": f"{Decimal(row['usd_per_unit']) * moved:f}",
                "quoted_price": f"{Decimal(row['quoted_price']) * moved:f}",
                "currency": "EUR" if book == EURO else "USD",
                "source": "agreement",
                "revision": "1",
            }
            for row in by_key.values()
            # A band of a day on which the list has none is refused.
            if row["ctx_min"] == "0" or row["valid_from"] <= f"{valid_from} 00:00:00"
        ]
    return rows


def application_rows(chance: random.Random) -> Rows:
    """Return the application's tables: tenants and workspaces with the plans that they had."""
    rows = application()
    plan = rows["plans"][0]
    rows["plans"] = [plan | {"id": plan_id, "name": name} for plan_id, name in PLANS.items()]
    tenant = rows["tenants"][0]
    rows["tenants"] = [tenant | version for name in TENANTS for version in versions(chance, name)]
    rows["workspaces"] = [
        workspace(name, name, "collaborative", tenant_id, "u1") | version
        for name, tenant_id in KNOWN_WORKSPACES.items()
        for version in versions(chance, name)
    ]
    return rows


def versions(chance: random.Random, holder: str) -> list[Row]:
    """Return a holder's first plan and what it changed to on some afternoons."""
    afternoons = chance.sample(("2026-03-14", "2026-04-02", "2026-05-31"), chance.randint(0, 2))
    changed_at = ["2025-01-01T00:00:00Z", *(f"{day}T15:00:00Z" for day in sorted(afternoons))]
    return [
        {"id": holder, "plan_id": chance.choice(list(PLANS)), "updated_at": at} for at in changed_at
    ]


def call(chance: random.Random, number: int) -> Row:
    """Return a call of a model by somebody on one of the days."""
    (provider, model), counted = chance.choice(list(MODELS.items()))
    workspace_id, tenant_id = chance.choice(WORKSPACES)
    read, write_5m, write_1h = (
        chance.choice((0, chance.randint(1, 900))) * counted.get(name, 0)
        for name in ("cache_read", "cache_write", "cache_write")
    )
    reasoning = chance.randint(0, 300) * counted.get("reasoning", 0)
    fresh = chance.choice((chance.randint(1, 4_000), counted.get("dearer_from", 0)))
    started_at = datetime.fromisoformat(chance.choice(DAYS)).replace(tzinfo=UTC)
    fails = chance.random() < 0.06
    return {
        "event_id": f"call-{number:03d}",
        "started_at": started_at + timedelta(seconds=chance.randrange(86_400)),
        "provider_name": provider,
        "response_model": model,
        "service_tier": chance.choices(("standard", None, "batch", "flex"), (5, 3, 3, 1))[0],
        "input_tokens": fresh + read + write_5m + write_1h,
        "cache_read_input_tokens": read,
        "cache_write_5m_input_tokens": write_5m,
        "cache_write_1h_input_tokens": write_1h,
        "output_tokens": 0 if fails else reasoning + chance.randint(1, 900),
        "reasoning_output_tokens": 0 if fails else reasoning,
        "other_meters": {"web_search": chance.randint(1, 5)} if "web_search" in counted else None,
        "tenant_id": None if chance.random() < 0.02 else tenant_id,
        "workspace_id": None if chance.random() < 0.03 else workspace_id,
        "user_id": f"u{chance.randint(1, 2)}",
        "credential_owner": chance.choices(("platform", "customer"), (12, 1))[0],
        "response_cache_hit": chance.random() < 0.05,
        "status": "error" if fails or chance.random() < 0.03 else "success",
    }
