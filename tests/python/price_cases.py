"""The requests whose costs are compared with genai-prices, and where the two mean to differ."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from genai_prices import Usage
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import (
    ModelInfo,
    ModelPrice,
    Provider,
    StartDateConstraint,
    TieredPrices,
)
from project import REPOSITORY, utc

# Compared in every shape on every day below.
PROVIDERS = ("anthropic", "deepseek", "google", "mistral", "openai", "x-ai")
# Gateways and clouds: a thousand models more, each in few shapes on one day and its own dates.
LEAN_PROVIDERS = (
    "aws", "azure", "cerebras", "cohere", "fireworks", "groq", "openrouter", "together",
)  # fmt: skip
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
    "2025-02-26", "2025-07-02", "2025-09-05", "2026-07-15", "2026-08-15", "2026-08-19",
    "2026-08-26", "2026-08-29", "2026-09-09", "2026-09-10", "2026-11-18", "2026-11-21",
    "2026-11-22",
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


LEAN_SHAPES = (
    Shape("plain", 10_007, 1_013),
    Shape("cached", 50_000, 1_000, 10_000, 20_000, 5_000),
    Shape("input alone", 10_007, 0),
    Shape("reasoning", 10_000, 5_000, reasoning=4_000),
    Shape("web search", 10_000, 1_000, web_searches=3),
    Shape("audio in and out", 10_000, 1_000, audio_in=4_000, audio_out=600),
    Shape("batch cached", 50_000, 1_000, 10_000, 20_000, 5_000, tier="batch"),
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

    def is_deepseek_v4(self) -> bool:
        models = ("deepseek-flash", "deepseek-v4-flash", "deepseek-v4-pro")
        return self.provider.id == "deepseek" and self.model.id in models

    def writes_cheaper_than_it_reads(self) -> bool:
        """Whether the package prices a cache write below the plain input."""
        price = self.model.get_prices(self.at)
        if not self.shape.cache_write_5m or price.cache_write_mtok is None:
            return False
        return first_band(price.cache_write_mtok) < first_band(price.input_mtok)


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
            case.is_deepseek_v4()
            and case.is_peak()
            and case.at.isoweekday() > 5
            and case.at >= utc("2026-08-23")
        ),
    ),
    Difference(
        "The package gives the peak hours of every date the latest peak price; DeepSeek V4 had "
        "none before 2026-08-17, and V4 Flash another until 2026-09-10 (same issue).",
        lambda case: (
            case.is_deepseek_v4()
            and case.is_peak()
            and case.at < utc("2026-08-17" if case.model.id == "deepseek-v4-pro" else "2026-09-10")
        ),
    ),
    Difference(
        "The package gives every date the prices that DeepSeek V3 and R1 had from 2025-02-26 16:30 "
        "to 2025-09-05 16:00 (https://api-docs.deepseek.com/news/news250821).",
        lambda case: (
            case.provider.id == "deepseek"
            and case.model.id in ("deepseek-chat", "deepseek-reasoner")
            and not utc("2025-02-26T16:30:00") <= case.at < utc("2025-09-05T16:00:00")
        ),
    ),
    Difference(
        "The package has no price for cache reads of Gemini 1.5 Pro; Google had 0.3125 and 0.625 "
        "USD per million (64 % less from 2024-10-01: https://developers.googleblog.com/en/"
        "updated-gemini-models-reduced-15-pro-pricing-increased-rate-limits-and-more/).",
        lambda case: (
            case.provider.id == "google"
            and case.model.id == "gemini-1.5-pro"
            and case.shape.cache_read > 0
        ),
    ),
    Difference(
        "Azure sells OpenAI's tokens at OpenAI's prices, and web searches at a price of its own; "
        "the package falls back to OpenAI's for both.",
        lambda case: case.provider.id == "azure" and case.shape.web_searches > 0,
        is_unpriced=True,
    ),
    Difference(
        "OpenRouter lists the storage fee of a Gemini cache write and bills the input besides "
        "(https://openrouter.ai/docs/features/prompt-caching); the package takes the fee for all.",
        lambda case: case.provider.id == "openrouter" and case.writes_cheaper_than_it_reads(),
    ),
    Difference(
        "The input and the output price of two of OpenRouter's moving names are those of different "
        "endpoints: no request costs both.",
        lambda case: (
            case.provider.id == "openrouter"
            and case.model.id in ("~deepseek/deepseek-v4-flash-latest", "~z-ai/glm-latest")
        ),
        is_unpriced=True,
    ),
)


# Their names carry the customer's own ending, so that no list of exact names can hold them.
MODELS_WITHOUT_A_NAME = {"openai/ft:gpt-4o", "openai/ft:gpt-4o-mini"}


def first_band(price: Decimal | TieredPrices) -> Decimal:
    return price.base if isinstance(price, TieredPrices) else price


# Of names that have moved: before any day on which their models are compared.
FIRST_COMPARED = "2025-07-01"


def known_names() -> dict[tuple[str, str], str]:
    """(provider, model) -> a name that means this model on all days compared, best its own id."""
    names: dict[tuple[str, str], list[str]] = defaultdict(list)
    with (REPOSITORY / "seeds" / "pricing" / "llm_model_aliases.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["valid_from"] < FIRST_COMPARED and not row["valid_to"]:
                names[row["provider_id"], row["model_id"]].append(row["model_name"])
    return {
        place: min(found, key=lambda name: (name != place[1].lower(), len(name), name))
        for place, found in names.items()
    }


def sold_models() -> Iterator[tuple[Provider, ModelInfo]]:
    """Every provider's models, and those of OpenAI's that the seeds list for Azure."""
    providers = {provider.id: provider for provider in get_snapshot().providers}
    for provider_id in (*PROVIDERS, *LEAN_PROVIDERS):
        for model in providers[provider_id].models:
            yield providers[provider_id], model
    own = {model.id for model in providers["azure"].models}
    with (REPOSITORY / "seeds" / "pricing" / "llm_models.csv").open(newline="") as file:
        listed = {row["model_id"] for row in csv.DictReader(file) if row["provider_id"] == "azure"}
    for model in providers["openai"].models:
        if model.id in listed - own:
            yield providers["azure"], model


def instants(model: ModelInfo, ordinary_days: Iterable[datetime]) -> Iterator[datetime]:
    """Ordinary days, and the last second before and the first second of every dated price."""
    yield from ordinary_days
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


def lean_shapes(provider: Provider, model: ModelInfo, price: ModelPrice) -> Iterator[Shape]:
    """The few shapes that can differ for this model, and both sides of its own thresholds."""
    for shape in LEAN_SHAPES:
        if shape.reasoning and price.output_reasoning_mtok is None:
            continue
        if not shape.output and price.output_mtok is not None:
            continue
        if shape.tier == "standard" or (model.price_variants and provider.id != "azure"):
            yield shape
    if isinstance(price.input_mtok, TieredPrices):
        for tier in price.input_mtok.tiers:
            yield Shape(f"at {tier.start}", tier.start, 1_000, 1_000, 1_000, 1_000)
            yield Shape(f"above {tier.start}", tier.start + 1, 1_000, 1_000, 1_000, 1_000)


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
    for provider, model in sold_models():
        name = names.get((provider.id, model.id))
        if name is None:
            continue
        is_lean = provider.id in LEAN_PROVIDERS
        for at in instants(model, ORDINARY_DAYS[-1:] if is_lean else ORDINARY_DAYS):
            price = model.get_prices(at)
            if is_free(model, price):
                yield Case(provider, model, name, LEAN_SHAPES[1], at)
            if price.input_mtok is None:
                continue
            for shape in lean_shapes(provider, model, price) if is_lean else SHAPES:
                if can_be_priced(shape, price):
                    yield Case(provider, model, name, shape, at)
        if provider.id == "deepseek":
            for day in WINDOW_DAYS:
                for time in WINDOW_TIMES:
                    yield Case(provider, model, name, SHAPES[2], utc(f"{day}T{time}:00"))


def is_free(model: ModelInfo, price: ModelPrice) -> bool:
    """The package writes a free model as one without any price."""
    return model.id.endswith(":free") and not price._comparable_values()
