"""Prices hold on every day since 2023-11, and agree with the price tables that were read back then.

Everything goes the whole way: events, loader, `dbt run`, `fct_llm_usage`. The tables of seven dated
LiteLLM releases (MIT, BerriAI/litellm) stand beside the checkout. Where ours differ from them,
`known_disagreements_litellm_snapshots.csv` says why and which side we take; a disagreement that is
gone fails.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import duckdb
import pytest
from demo_data.runtime import GATEWAY_PRICES
from demo_data.world import LLMS
from support.project import PINNED, REPOSITORY, Project, utc

SEEDS = REPOSITORY / "seeds" / "pricing"
SNAPSHOTS = REPOSITORY.parent / "shared" / "data" / "litellm_prices" / "raw"
KNOWN = REPOSITORY / "tests" / "fixtures" / "prices" / "known_disagreements_litellm_snapshots.csv"

FIRST_DAY, LAST_DAY = date(2023, 11, 1), date(2026, 11, 28)

# The day from which the public could call the model, as its maker announced it.
LAUNCHES = {
    ("openai", "gpt-3.5-turbo"): "2023-03-01",
    ("openai", "gpt-4"): "2023-03-14",
    ("openai", "gpt-4-turbo"): "2024-04-09",
    ("openai", "gpt-4o"): "2024-05-13",
    ("openai", "gpt-4o-2024-05-13"): "2024-05-13",
    ("openai", "gpt-4o-2024-08-06"): "2024-08-06",
    ("openai", "gpt-4o-mini"): "2024-07-18",
    ("openai", "gpt-4o-mini-2024-07-18"): "2024-07-18",
    ("anthropic", "claude-3-opus"): "2024-03-04",
    ("anthropic", "claude-3-sonnet"): "2024-03-04",
    ("anthropic", "claude-3-haiku"): "2024-03-13",
    ("anthropic", "claude-3-haiku-20240307"): "2024-03-13",
    ("anthropic", "claude-sonnet-4-20250514"): "2025-05-22",
    ("anthropic", "claude-opus-4-1-20250805"): "2025-08-05",
    ("anthropic", "claude-sonnet-4-5-20250929"): "2025-09-29",
    ("anthropic", "claude-haiku-4-5-20251001"): "2025-10-15",
    ("anthropic", "claude-opus-4-5-20251101"): "2025-11-24",
    ("anthropic", "claude-opus-4-6"): "2026-02-05",
    ("google", "gemini-1.5-pro"): "2024-02-15",
    ("google", "gemini-1.5-flash"): "2024-05-14",
    ("google", "gemini-1.5-flash-002"): "2024-09-24",
    ("xai", "grok-2"): "2024-12-12",
    ("deepseek", "deepseek-chat"): "2024-05-06",
    ("deepseek", "deepseek-r1"): "2025-01-20",
    ("together", "llama-3.1-405b"): "2024-07-23",
}
# Names that the traces' publishers made up or left out; the rest must be priced.
ANONYMOUS = {"m-small", "m-mid", "m-large", "mm-image"}
TRACE_NAMES = {"ChatGPT": "gpt-3.5-turbo", "GPT-4": "gpt-4"}

# LiteLLM's name of the seller -> ours; of each only what bills by the token.
SELLERS = {
    "openai": "openai",
    "text-completion-openai": "openai",
    "anthropic": "anthropic",
    "gemini": "google",
    "mistral": "mistral",
    "xai": "x-ai",
    "deepseek": "deepseek",
    "cohere": "cohere",
    "cohere_chat": "cohere",
    "groq": "groq",
}
MODES = {"chat", "completion", "responses", "embedding"}
# Component -> the snapshots' key, and a request of which it is the whole cost.
COMPONENTS = {
    "input": ("input_cost_per_token", {"input_tokens": 1000}),
    "output": ("output_cost_per_token", {"output_tokens": 1000}),
    "cache_read": (
        "cache_read_input_token_cost",
        {"input_tokens": 1000, "cache_read_input_tokens": 1000},
    ),
    "cache_write_5m": (
        "cache_creation_input_token_cost",
        {"input_tokens": 1000, "cache_write_5m_input_tokens": 1000},
    ),
    "cache_write_1h": (
        "cache_creation_input_token_cost_above_1hr",
        {"input_tokens": 1000, "cache_write_1h_input_tokens": 1000},
    ),
}
# Service tier -> what the snapshots' keys of its prices end in.
TIERS = {"standard": "", "batch": "_batches", "flex": "_flex", "priority": "_priority"}


@dataclass(frozen=True)
class Quoted:
    """A price that a snapshot has for a model whose name the seeds know, USD per token."""

    snapshot: date
    provider: str
    name: str
    component: str
    tier: str
    usd_per_token: Decimal

    @property
    def label(self) -> str:
        return f"{self.provider}/{self.name} {self.tier} {self.component} on {self.snapshot}"


@dataclass(frozen=True)
class Disagreement:
    """Prices in which a snapshot and the seeds are known to differ; patterns are the shell's."""

    provider: str
    model: str
    component: str
    tier: str
    snapshot_from: date
    snapshot_to: date
    kind: str
    side: str
    reason: str

    def covers(self, quoted: Quoted) -> bool:
        return (
            quoted.provider == self.provider
            and fnmatchcase(quoted.name, self.model)
            and fnmatchcase(quoted.component, self.component)
            and quoted.tier == self.tier
            and self.snapshot_from <= quoted.snapshot <= self.snapshot_to
        )


def known_disagreements() -> list[Disagreement]:
    with KNOWN.open(newline="", encoding="utf-8") as file:
        return [
            Disagreement(
                provider=row["provider"],
                model=row["model"],
                component=row["component"],
                tier=row["tier"],
                snapshot_from=date.fromisoformat(row["snapshot_from"]),
                snapshot_to=date.fromisoformat(row["snapshot_to"]),
                kind=row["kind"],
                side=row["side"],
                reason=row["reason"],
            )
            for row in csv.DictReader(file)
        ]


def known_names() -> set[tuple[str, str]]:
    with (SEEDS / "llm_model_aliases.csv").open(newline="", encoding="utf-8") as file:
        return {(row["provider_id"], row["model_name"]) for row in csv.DictReader(file)}


def quoted_prices() -> Iterator[Quoted]:
    """What the snapshots say of models that the seeds know by name; nothing without the data."""
    names = known_names()
    for path in sorted(SNAPSHOTS.glob("*.json.gz")):
        snapshot = date.fromisoformat(path.name[:10])
        with gzip.open(path, "rt", encoding="utf-8") as file:
            models = json.load(file, parse_float=Decimal, parse_int=Decimal)
        for name, model in models.items():
            provider = SELLERS.get(model.get("litellm_provider", ""), "")
            if (provider, name.lower()) not in names or model.get("mode") not in MODES:
                continue
            for component, (key, _) in COMPONENTS.items():
                # An embedding has no output; its 0 is no price.
                is_price = component != "output" or model["mode"] != "embedding"
                for tier, ending in TIERS.items():
                    price = model.get(key + ending)
                    if price is not None and is_price:
                        yield Quoted(snapshot, provider, name, component, tier, price)


def days_of(launch: str) -> Iterator[date]:
    day = max(FIRST_DAY, date.fromisoformat(launch))
    while day <= LAST_DAY:
        yield day
        day += timedelta(days=1)


def event(
    event_id: str, provider: str, name: str, at: datetime, columns: dict[str, Any]
) -> dict[str, Any]:
    return {
        "event_id": event_id,
        "started_at": at.isoformat(),
        "provider_name": provider,
        "request_model": name,
        **{"input_tokens": 0, "output_tokens": 0},
        **columns,
    }


@pytest.fixture(scope="module")
def quoted() -> list[Quoted]:
    return list(quoted_prices())


@pytest.fixture(scope="module")
def priced(
    make_project: Callable[..., Project], quoted: list[Quoted]
) -> dict[str, tuple[Decimal | None, str]]:
    """Event id -> `list_cost` and `pricing_status`: a request a day, and one a quoted price."""
    project = make_project("history", vars=PINNED)
    rows = [
        event(
            f"{provider}/{name}/{day}",
            provider,
            name,
            utc(f"{day}T12:00:00"),
            {"input_tokens": 1000, "output_tokens": 1000},
        )
        for (provider, name), launch in LAUNCHES.items()
        for day in days_of(launch)
    ]
    rows += [
        event(
            f"quoted-{position}",
            price.provider,
            price.name,
            utc(f"{price.snapshot}T12:00:00"),
            {**COMPONENTS[price.component][1], "service_tier": price.tier},
        )
        for position, price in enumerate(quoted)
    ]
    project.load(rows, loaded_at="2027-06-01T00:00:00+00:00")
    project.build_fact()
    found = project.query("select event_id, list_cost, pricing_status from marts.fct_llm_usage")
    assert len(found) == len(rows)
    return {event_id: (cost, status) for event_id, cost, status in found}


@pytest.mark.parametrize(
    ("provider", "name"), LAUNCHES, ids=["/".join(place) for place in LAUNCHES]
)
def test_a_model_is_priced_on_every_day(
    provider: str, name: str, priced: dict[str, tuple[Decimal | None, str]]
) -> None:
    days = list(days_of(LAUNCHES[provider, name]))
    assert days[-1] == LAST_DAY
    unpriced = [day for day in days if priced[f"{provider}/{name}/{day}"][1] != "priced"]
    assert not unpriced, f"{len(unpriced)} days, the first is {unpriced[0]}"
    assert all((priced[f"{provider}/{name}/{day}"][0] or 0) > 0 for day in days)


def test_the_application_and_the_demo_name_no_other_model() -> None:
    named = {(llm.provider, llm.name) for llm in LLMS}
    assert len(named) == 12
    assert named <= set(LAUNCHES)
    assert set(GATEWAY_PRICES) <= {name for _, name in LAUNCHES}


def test_the_traces_name_no_other_model(shared_data: Path) -> None:
    traces = ("kv_cache_tester/requests.parquet", "servegen/client_token_means_6h.parquet")
    named = {
        model
        for trace in traces
        for (model,) in duckdb.sql(
            f"select distinct model from read_parquet('{shared_data / trace}')"
        ).fetchall()
    }
    with (shared_data / "burstgpt_meta" / "burstgpt_first42_rows.csv").open(newline="") as file:
        named |= {TRACE_NAMES[row["Model"]] for row in csv.DictReader(file)}
    assert ANONYMOUS & named
    assert named - ANONYMOUS
    assert named - ANONYMOUS <= {name for _, name in LAUNCHES}


@pytest.fixture(scope="module")
def differing(
    quoted: list[Quoted],
    priced: dict[str, tuple[Decimal | None, str]],
    shared_data: Path,
) -> list[tuple[Quoted, Decimal | None]]:
    """The quoted prices that are not ours, and what ours is, USD per 1,000 tokens."""
    costs = [(price, priced[f"quoted-{position}"][0]) for position, price in enumerate(quoted)]
    return [(price, cost) for price, cost in costs if cost != price.usd_per_token * 1000]


def test_prices_agree_with_the_snapshots(
    quoted: list[Quoted],
    differing: list[tuple[Quoted, Decimal | None]],
    record_property: Callable[[str, object], None],
) -> None:
    known = known_disagreements()
    unknown = [
        f"{price.label}: {price.usd_per_token * 1000} per 1,000, ours: {cost}"
        for price, cost in differing
        if not any(row.covers(price) for row in known)
    ]
    assert not unknown, f"{len(unknown)} of {len(quoted)}:\n" + "\n".join(unknown)
    snapshots = Counter(price.snapshot for price in quoted)
    assert (len(snapshots), set(SELLERS.values())) == (7, {price.provider for price in quoted})
    assert {price.tier for price in quoted} == set(TIERS)
    for column in ("provider", "tier"):
        differs = Counter(getattr(price, column) for price, _ in differing)
        for value, count in Counter(getattr(price, column) for price in quoted).items():
            record_property(value, f"{count - differs[value]} of {count} equal")
    for kind in {row.kind for row in known}:
        explained = sum(
            any(row.kind == kind and row.covers(price) for row in known) for price, _ in differing
        )
        record_property(kind, explained)
    assert len(quoted) - len(differing) > 1_800


def test_every_known_disagreement_is_still_one(
    differing: list[tuple[Quoted, Decimal | None]],
) -> None:
    known = known_disagreements()
    covered: dict[Quoted, list[Disagreement]] = defaultdict(list)
    for price, _ in differing:
        covered[price] = [row for row in known if row.covers(price)]
    idle = [row for row in known if not any(row in rows for rows in covered.values())]
    assert not idle, "take these out, nothing differs any more:\n" + "\n".join(map(str, idle))
    twice = [price.label for price, rows in covered.items() if len(rows) > 1]
    assert not twice, f"more than one row explains {twice}"


@pytest.mark.parametrize(
    ("model_id", "component", "prices"),
    [
        # These did change once, with the input: the cut of 2024-12-03.
        ("claude-3-5-haiku-latest", "cache_read", {"0.1", "0.08"}),
        ("claude-2", "input", {"8"}),
        ("claude-2", "output", {"24"}),
        ("claude-instant-1.2", "input", {"0.8"}),
        ("claude-instant-1.2", "output", {"2.4"}),
    ],
)
def test_a_corrected_error_of_a_catalogue_is_no_price_change(
    model_id: str, component: str, prices: set[str]
) -> None:
    with (SEEDS / "llm_prices.csv").open(newline="", encoding="utf-8") as file:
        found = {
            Decimal(row["quoted_price"])
            for row in csv.DictReader(file)
            if (row["provider_id"], row["model_id"]) == ("anthropic", model_id)
            and (row["component"], row["service_tier"]) == (component, "standard")
        }
    assert found == {Decimal(price) for price in prices}
    assert any(row.kind == "upstream_corrected" for row in known_disagreements())
