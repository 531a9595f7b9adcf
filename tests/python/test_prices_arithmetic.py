"""Every priced model of the price list costs what genai-prices says, to the last digit.

The cases go the whole way: events, loader, `dbt build`, `fct_llm_usage`. Where the project means
to differ from the package, a known difference says why; it fails once it is no longer one.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from genai_prices import Usage
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelInfo, ModelPrice, Provider, StartDateConstraint
from project import REPOSITORY, Project, utc

PROVIDERS = ("anthropic", "deepseek", "google", "mistral", "openai", "x-ai")
TIER_CONTEXTS = {
    "standard": {},
    "batch": {"processing": "batch"},
    "flex": {"service_tier": "flex"},
    "priority": {"service_tier": "priority"},
    "fast": {"service_tier": "fast", "speed": "fast"},
}
ORDINARY_DAYS = (utc("2025-07-01T00:00:00"), utc("2026-02-16T12:00:00"), utc("2026-11-18T12:00:00"))
# Minutes at which a daily window opens or closes, on a Wednesday and at the weekend.
WINDOW_TIMES = (
    "00:00", "00:29", "00:30", "00:59", "01:00", "03:59", "04:00", "05:59", "06:00", "09:59",
    "10:00", "16:29", "16:30", "23:59",
)  # fmt: skip
WINDOW_DAYS = (
    "2026-07-15", "2026-08-15", "2026-08-19", "2026-08-26", "2026-08-29", "2026-09-09",
    "2026-09-10", "2026-11-18", "2026-11-21", "2026-11-22",
)  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """Tokens of one request; input is inclusive, reasoning and audio are parts of their side."""

    name: str
    input: int
    output: int
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    reasoning: int = 0
    audio_in: int = 0
    audio_out: int = 0
    web_searches: int = 0
    tier: str = "standard"

    @property
    def usage(self) -> Usage:
        """The request as the package takes it; its cache writes hold every time to live."""
        values = {
            "input_tokens": self.input,
            "output_tokens": self.output,
            "cache_read_tokens": self.cache_read,
            "cache_write_tokens": self.cache_write_5m + self.cache_write_1h,
            "cache_write_1h_tokens": self.cache_write_1h,
            "output_reasoning_tokens": self.reasoning,
            "input_audio_tokens": self.audio_in,
            "output_audio_tokens": self.audio_out,
            "web_searches": self.web_searches,
        }
        return Usage(**{name: value for name, value in values.items() if value})


SHAPES = (
    Shape("plain", 10_000, 1_000),
    Shape("one odd token", 10_007, 1_013),
    Shape("cache read", 100_000, 2_000, cache_read=80_000),
    Shape("cache read and 5m write", 50_000, 1_000, cache_read=10_000, cache_write_5m=30_000),
    Shape("1h write", 50_000, 1_000, cache_write_1h=30_000),
    Shape("5m and 1h write", 50_000, 1_000, 7_001, 11_003, 13_007),
    Shape("reasoning", 10_000, 5_000, reasoning=4_000),
    Shape("at 100,000", 100_000, 1_000),
    Shape("above 100,000", 100_001, 1_000),
    Shape("at 128,000", 128_000, 1_000),
    Shape("above 128,000", 128_001, 1_000),
    Shape("below 200,000", 199_999, 1_000),
    Shape("at 200,000", 200_000, 1_000),
    Shape("above 200,000", 200_001, 1_000),
    Shape("at 272,000", 272_000, 1_000),
    Shape("above 272,000", 272_001, 1_000),
    Shape("long and cached", 300_000, 2_000, 150_000, 50_000, 20_000),
    Shape("web search", 10_000, 1_000, web_searches=3),
    Shape("audio in", 10_000, 1_000, audio_in=4_000),
    Shape("audio in and out", 10_000, 1_000, audio_in=4_000, audio_out=600),
    *(
        Shape(f"{tier} {name}", tokens, 1_000, read, short, long, tier=tier)
        for tier in ("batch", "flex", "priority", "fast")
        for name, tokens, read, short, long in (
            ("plain", 10_000, 0, 0, 0),
            ("cached", 50_000, 10_000, 20_000, 5_000),
            ("long and cached", 300_000, 100_000, 50_000, 20_000),
        )
    ),
    *(Shape(f"{tier} search", 10_000, 1_000, web_searches=3, tier=tier) for tier in TIER_CONTEXTS),
)


@dataclass(frozen=True)
class Case:
    """One request to one model at one instant, and what the package says it costs."""

    provider: Provider
    model: ModelInfo
    name: str
    shape: Shape
    at: datetime

    @property
    def label(self) -> str:
        return (
            f"{self.provider.id}/{self.model.id} {self.shape.name} at {self.at:%Y-%m-%dT%H:%M:%S}"
        )

    @property
    def tier_prices(self) -> list[ModelPrice]:
        """What the package knows of the tier's own prices at this instant."""
        context = TIER_CONTEXTS[self.shape.tier]
        return [
            variant.prices
            for variant in self.model.price_variants or ()
            if variant.prices._comparable_values()
            and all(context.get(key) == value for key, value in variant.when.items())
            and (variant.constraint is None or variant.constraint.active(self.at))
        ]

    @property
    def has_tier(self) -> bool:
        return self.shape.tier == "standard" or bool(self.tier_prices)

    @property
    def borrows_cache_price(self) -> bool:
        """Whether the package prices the tier's cache reads as standard, for want of its own."""
        return (
            self.shape.tier != "standard"
            and self.shape.cache_read > 0
            and self.model.get_prices(self.at).cache_read_mtok is not None
            and all(prices.cache_read_mtok is None for prices in self.tier_prices)
        )

    @property
    def package_cost(self) -> Decimal:
        price = self.model.calc_price(
            self.shape.usage,
            self.provider,
            genai_request_timestamp=self.at,
            price_context=TIER_CONTEXTS[self.shape.tier],
        )
        return price.total_price

    def is_peak(self) -> bool:
        return 1 <= self.at.hour < 4 or 6 <= self.at.hour < 10


@dataclass(frozen=True)
class Difference:
    """A class of cases in which this project means to differ from the package."""

    reason: str
    applies: Callable[[Case], bool]
    is_unpriced: bool = False


DIFFERENCES = (
    Difference(
        "A tier without a price of its own is unpriced; the package charges the standard price.",
        lambda case: not case.has_tier,
        is_unpriced=True,
    ),
    Difference(
        "OpenAI's older models have no price for cache reads in batch: they cost what the tier's "
        "input costs; the package charges the standard price of a cache read.",
        lambda case: case.provider.id == "openai" and case.borrows_cache_price,
    ),
    Difference(
        "The package has no prices above 200,000 input tokens for Claude Sonnet 4; Anthropic has: "
        "6 and 22.50 USD per million on 2025-08-12 (https://www.anthropic.com/news/1m-context).",
        lambda case: (
            case.provider.id == "anthropic"
            and case.model.id == "claude-sonnet-4-0"
            and case.shape.input > 200_000
            and case.at >= utc("2025-08-12")
        ),
    ),
    Difference(
        "DeepSeek's peak hours are Monday to Friday since 2026-08-23; the package cannot say so "
        "(https://github.com/pydantic/genai-prices/issues/582).",
        lambda case: (
            case.model.id in ("deepseek-flash", "deepseek-v4-flash", "deepseek-v4-pro")
            and case.is_peak()
            and case.at.isoweekday() > 5
            and case.at >= utc("2026-08-23")
        ),
    ),
    Difference(
        "The package gives the peak hours of every date the latest peak price; DeepSeek V4 had "
        "none before 2026-08-17, and V4 Flash another until 2026-09-10 (same issue).",
        lambda case: (
            case.model.id in ("deepseek-flash", "deepseek-v4-flash", "deepseek-v4-pro")
            and case.is_peak()
            and case.at < utc("2026-08-17" if case.model.id == "deepseek-v4-pro" else "2026-09-10")
        ),
    ),
)


@dataclass(frozen=True)
class Golden:
    """A cost worked out by hand from a published price, in USD; None is unpriced."""

    provider: str
    model: str
    at: str
    tokens: tuple[int, int]
    cost: str | None
    source: str
    more: dict[str, Any] = field(default_factory=dict)


GOLDEN = (
    Golden(
        "openai",
        "gpt-4",
        "2023-11-16T12:00:00",
        (1000, 1000),
        "0.09",
        "30 and 60 USD per million: https://openai.com/index/gpt-4-research/",
    ),
    Golden("openai", "gpt-4-0613", "2023-11-16T12:00:00", (1, 1), "0.00009", "the same"),
    Golden(
        "openai",
        "gpt-4o",
        "2024-06-01T00:00:00",
        (1000, 1000),
        "0.02",
        "5 and 15 USD per million at launch: https://openai.com/index/hello-gpt-4o/",
    ),
    Golden(
        "openai",
        "gpt-4o",
        "2024-10-01T23:59:59",
        (1000, 1000),
        "0.02",
        "until the name moved on to gpt-4o-2024-08-06",
    ),
    Golden(
        "openai",
        "gpt-4o",
        "2024-10-02T00:00:00",
        (1000, 1000),
        "0.0125",
        "2.50 and 10 USD per million",
    ),
    Golden(
        "openai", "gpt-4o-2024-08-06", "2024-08-06T00:00:00", (1000, 1000), "0.0125", "the same"
    ),
    Golden(
        "openai",
        "gpt-4o-2024-05-13",
        "2026-01-01T00:00:00",
        (1000, 1000),
        "0.02",
        "5 and 15 for ever",
    ),
    Golden(
        "openai", "gpt-4o", "2024-05-12T23:59:59", (1000, 1000), None, "the day before its launch"
    ),
    Golden(
        "anthropic",
        "claude-sonnet-4-20250514",
        "2026-02-16T00:00:00",
        (200_000, 1000),
        "0.615",
        "3 and 15 USD per million up to 200,000: https://www.anthropic.com/news/1m-context",
    ),
    Golden(
        "anthropic",
        "claude-sonnet-4-20250514",
        "2026-02-16T00:00:00",
        (200_001, 1000),
        "1.222506",
        "6 and 22.50 USD per million above 200,000: the same page",
    ),
    Golden(
        "anthropic",
        "claude-sonnet-4-20250514",
        "2026-02-16T00:00:00",
        (300_000, 0),
        "1.62",
        "cache read 0.60, 5-minute write 7.50, 1-hour write 12, input 6",
        {
            "cache_read_input_tokens": 100_000,
            "cache_write_5m_input_tokens": 40_000,
            "cache_write_1h_input_tokens": 50_000,
        },
    ),
    Golden("openai", "gpt-5.4", "2026-11-18T12:00:00", (272_000, 1000), "0.695", "2.50 and 15"),
    Golden("openai", "gpt-5.4", "2026-11-18T12:00:00", (272_001, 1000), "1.382505", "5 and 22.50"),
    Golden(
        "google", "gemini-2.5-pro", "2026-11-18T12:00:00", (200_000, 1000), "0.26", "1.25 and 10"
    ),
    Golden(
        "google",
        "gemini-2.5-pro",
        "2026-11-18T12:00:00",
        (200_001, 1000),
        "0.5150025",
        "2.50 and 15",
    ),
    Golden("x-ai", "grok-4.5", "2026-11-18T12:00:00", (199_999, 1000), "0.405998", "2 and 6"),
    Golden(
        "x-ai", "grok-4.5", "2026-11-18T12:00:00", (200_000, 1000), "0.812", "4 and 12; at 200,000"
    ),
    Golden("openai", "gpt-5.6-luna", "2026-07-29T23:59:59", (100_000, 100_000), "0.7", "1 and 6"),
    Golden(
        "openai", "gpt-5.6-luna", "2026-07-30T00:00:00", (100_000, 100_000), "0.14", "0.20 and 1.20"
    ),
    Golden("openai", "gpt-5.6-sol", "2026-08-20T23:59:59", (100_000, 100_000), "3.5", "5 and 30"),
    Golden("openai", "gpt-5.6-sol", "2026-08-21T00:00:00", (100_000, 100_000), "2.4", "4 and 20"),
    Golden("openai", "o3", "2025-06-09T23:59:59", (100_000, 100_000), "5", "10 and 40"),
    Golden("openai", "o3", "2025-06-10T00:00:00", (100_000, 100_000), "1", "2 and 8"),
    Golden(
        "anthropic",
        "claude-sonnet-4-6",
        "2026-03-12T23:59:59",
        (300_000, 1000),
        "1.8225",
        "6 and 22.50",
    ),
    Golden(
        "anthropic",
        "claude-sonnet-4-6",
        "2026-03-13T00:00:00",
        (300_000, 1000),
        "0.915",
        "3 and 15",
    ),
    Golden(
        "google",
        "gemini-3.6-flash",
        "2026-12-31T23:59:59",
        (100_000, 100_000),
        "0.45",
        "0.75 and 3.75",
    ),
    Golden(
        "google",
        "gemini-3.6-flash",
        "2027-01-01T00:00:00",
        (100_000, 100_000),
        "0.9",
        "1.50 and 7.50",
    ),
    # https://api-docs.deepseek.com/quick_start/pricing: off-peak 0.15 and 0.60, peak twice that.
    Golden(
        "deepseek",
        "deepseek-v4-flash",
        "2026-11-18T03:59:59",
        (100_000, 100_000),
        "0.15",
        "Wednesday peak",
    ),
    Golden(
        "deepseek",
        "deepseek-v4-flash",
        "2026-11-18T04:00:00",
        (100_000, 100_000),
        "0.075",
        "off-peak",
    ),
    Golden(
        "deepseek",
        "deepseek-v4-flash",
        "2026-11-18T10:00:00",
        (100_000, 100_000),
        "0.075",
        "off-peak",
    ),
    Golden(
        "deepseek",
        "deepseek-v4-flash",
        "2026-11-21T02:00:00",
        (100_000, 100_000),
        "0.075",
        "Saturday",
    ),
    Golden(
        "deepseek",
        "deepseek-v4-flash",
        "2026-11-22T07:00:00",
        (100_000, 100_000),
        "0.075",
        "Sunday",
    ),
    Golden(
        "deepseek",
        "deepseek-v4-flash",
        "2026-08-26T02:00:00",
        (100_000, 100_000),
        "0.176",
        "0.44 and 1.32 in peak hours until 2026-09-10: https://github.com/pydantic/genai-prices/pull/581",
    ),
    Golden(
        "deepseek",
        "deepseek-v4-flash",
        "2026-07-15T02:00:00",
        (100_000, 100_000),
        "0.042",
        "0.14 and 0.28 at all hours until 2026-08-17",
    ),
    Golden(
        "anthropic",
        "claude-opus-4-6",
        "2026-11-18T12:00:00",
        (1000, 1000),
        "0.033",
        "US-only inference costs 1.1 times 5 and 25",
        {"region": "us"},
    ),
    Golden(
        "openai",
        "gpt-4.1",
        "2026-10-14T00:00:00",
        (100_000, 0),
        "0.1",
        "batch: input 1, and no price of its own for cache reads",
        {"service_tier": "batch", "cache_read_input_tokens": 80_000},
    ),
    Golden(
        "openai",
        "gpt-4.1",
        "2026-10-13T23:59:59",
        (100_000, 0),
        None,
        "the second before the first date that the package has for batch",
        {"service_tier": "batch"},
    ),
    Golden(
        "google",
        "gemini-2.5-pro",
        "2026-11-18T12:00:00",
        (100_000, 0),
        "0.0225",
        "batch: input 0.625, cache reads at the standard 0.125: "
        "https://github.com/pydantic/genai-prices/pull/547",
        {"service_tier": "batch", "cache_read_input_tokens": 80_000},
    ),
    Golden(
        "anthropic",
        "claude-opus-4-6",
        "2026-11-18T12:00:00",
        (1000, 1000),
        "0.03",
        "5 and 25 in any other region",
        {"region": "eu"},
    ),
)


# Their names carry the customer's own ending, so that no list of exact names can hold them.
MODELS_WITHOUT_A_NAME = {"openai/ft:gpt-4o", "openai/ft:gpt-4o-mini"}


def known_names() -> dict[tuple[str, str], str]:
    """(provider, model) -> a name that means this model at all times, its own id if that does."""
    names: dict[tuple[str, str], str] = {}
    with (REPOSITORY / "seeds" / "pricing" / "llm_model_aliases.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            place = (row["provider_id"], row["model_id"])
            is_permanent = row["valid_from"].startswith("1970") and not row["valid_to"]
            if (
                is_permanent
                and "/" not in row["model_name"]
                and names.get(place) != row["model_id"]
            ):
                names[place] = row["model_name"]
    return names


def instants(model: ModelInfo) -> Iterator[datetime]:
    """Ordinary days, and the last second before and the first second of every dated price."""
    yield from ORDINARY_DAYS
    conditions = model.prices if isinstance(model.prices, list) else []
    constraints = [*conditions, *(model.price_variants or ())]
    days = {
        c.constraint.start_date
        for c in constraints
        if isinstance(c.constraint, StartDateConstraint)
    }
    for day in sorted(days):
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        yield from (midnight - timedelta(seconds=1), midnight)


def can_be_priced(shape: Shape, price: ModelPrice) -> bool:
    """The package charges nothing for a part that it has no price for; such shapes show nothing."""
    return not (
        (shape.web_searches and price.web_searches_kcount is None)
        or (shape.audio_in and price.input_audio_mtok is None)
        or (shape.audio_out and price.output_audio_mtok is None)
        or (shape.output and price.output_mtok is None)
    )


def cases() -> Iterator[Case]:
    names = known_names()
    for provider in get_snapshot().providers:
        if provider.id not in PROVIDERS:
            continue
        for model in provider.models:
            name = names.get((provider.id, model.id))
            if name is None:
                continue
            for at in instants(model):
                price = model.get_prices(at)
                for shape in SHAPES:
                    if price.input_mtok is not None and can_be_priced(shape, price):
                        yield Case(provider, model, name, shape, at)
            if provider.id == "deepseek":
                for day in WINDOW_DAYS:
                    for time in WINDOW_TIMES:
                        yield Case(provider, model, name, SHAPES[2], utc(f"{day}T{time}:00"))


def event(event_id: str, provider: str, model: str, at: datetime, shape: Shape) -> dict[str, Any]:
    return {
        "event_id": event_id,
        "started_at": at.isoformat(),
        "provider_name": provider,
        "request_model": model,
        "service_tier": shape.tier,
        "input_tokens": shape.input,
        "output_tokens": shape.output,
        "cache_read_input_tokens": shape.cache_read,
        "cache_write_5m_input_tokens": shape.cache_write_5m,
        "cache_write_1h_input_tokens": shape.cache_write_1h,
        "reasoning_output_tokens": shape.reasoning,
        "audio_input_tokens": shape.audio_in,
        "audio_output_tokens": shape.audio_out,
        "other_meters": {"web_search": shape.web_searches} if shape.web_searches else None,
    }


@pytest.fixture(scope="module")
def all_cases() -> list[Case]:
    return list(cases())


@pytest.fixture(scope="module")
def costs(make_project: Callable[..., Project], all_cases: list[Case]) -> dict[str, Decimal | None]:
    """Event id -> `list_cost` in the built fact, of every case and golden row."""
    project = make_project("prices")
    rows = [
        event(f"case-{position}", case.provider.id, case.name, case.at, case.shape)
        for position, case in enumerate(all_cases)
    ]
    for position, row in enumerate(GOLDEN):
        shape = Shape("golden", *row.tokens)
        rows.append(
            event(f"golden-{position}", row.provider, row.model, utc(row.at), shape) | row.more
        )
    project.load(rows, loaded_at="2027-06-01T00:00:00+00:00")
    project.dbt("seed")
    project.dbt("run", "--select", "+fct_llm_usage")
    found = dict(project.query("select event_id, list_cost from marts.fct_llm_usage"))
    assert len(found) == len(rows)
    return found


def test_every_model_costs_what_the_package_says(
    all_cases: list[Case], costs: dict[str, Decimal | None]
) -> None:
    wrong: list[str] = []
    compared: Counter[str] = Counter()
    for position, case in enumerate(all_cases):
        cost, expected = costs[f"case-{position}"], case.package_cost
        difference = next((known for known in DIFFERENCES if known.applies(case)), None)
        if difference is None:
            compared[case.provider.id] += 1
            if cost != expected:
                wrong.append(f"{case.label}: {cost}, the package says {expected}")
        elif difference.is_unpriced and cost is not None:
            wrong.append(f"{case.label}: {cost}, but it should be unpriced")
    assert not wrong, f"{len(wrong)} of {len(all_cases)} cases:\n" + "\n".join(wrong[:20])
    assert set(compared) == set(PROVIDERS)
    assert sum(compared.values()) > 10_000


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda difference: difference.reason[:50])
def test_every_known_difference_is_still_one(
    difference: Difference, all_cases: list[Case], costs: dict[str, Decimal | None]
) -> None:
    differing = [
        position
        for position, case in enumerate(all_cases)
        if next((known for known in DIFFERENCES if known.applies(case)), None) is difference
        and costs[f"case-{position}"] != case.package_cost
    ]
    assert differing, f"no case differs any more; take out: {difference.reason}"


@pytest.mark.parametrize(
    "position",
    range(len(GOLDEN)),
    ids=[f"{row.model} at {row.at}: {row.source}"[:80] for row in GOLDEN],
)
def test_golden_costs(position: int, costs: dict[str, Decimal | None]) -> None:
    expected = GOLDEN[position].cost
    assert costs[f"golden-{position}"] == (None if expected is None else Decimal(expected))


def test_only_models_without_a_usable_name_are_left_out() -> None:
    names = known_names()
    left_out = {
        f"{provider.id}/{model.id}"
        for provider in get_snapshot().providers
        if provider.id in PROVIDERS
        for model in provider.models
        if (provider.id, model.id) not in names
    }
    assert left_out == MODELS_WITHOUT_A_NAME
