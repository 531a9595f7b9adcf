"""The requests whose costs are compared with genai-prices, and where the two mean to differ."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache

import price_oracle
from genai_prices import Usage
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import (
    ModelInfo,
    ModelPrice,
    Provider,
    StartDateConstraint,
    TieredPrices,
)
from price_package import PACKAGE
from price_rows import BOOK, PRICE_COLUMNS, effective_rows, read_csv

from support.project import REPOSITORY, utc

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


# S1 to S10, which every model is compared in; litellm's fixture has the same.
ORACLE_SHAPES = tuple(
    Shape(
        name,
        columns["input_tokens"],
        columns["output_tokens"],
        columns.get("cache_read_input_tokens", 0),
        columns.get("cache_write_5m_input_tokens", 0),
        columns.get("cache_write_1h_input_tokens", 0),
        columns.get("reasoning_output_tokens", 0),
        tier=columns.get("service_tier", "standard"),
    )
    for name, columns in price_oracle.SHAPES.items()
)
SHAPES = (
    *ORACLE_SHAPES,
    Shape("one odd token", 10_007, 1_013),
    Shape("5m and 1h write", 50_000, 1_000, 7_001, 11_003, 13_007),
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
            ("cached", 50_000, 10_000, 20_000, 5_000),
            ("long and cached", 300_000, 100_000, 50_000, 20_000),
        )
    ),
    Shape("fast plain", 10_000, 1_000, tier="fast"),
    *(Shape(f"{tier} search", 10_000, 1_000, web_searches=3, tier=tier) for tier in TIER_CONTEXTS),
)


LEAN_SHAPES = (
    Shape("cached", 50_000, 1_000, 10_000, 20_000, 5_000),
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
    def place(self) -> tuple[str, str]:
        return self.provider.id, self.model.id

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
    def has_own_tier(self) -> bool:
        return self.shape.tier == "standard" or (
            self.provider.id != "azure" and bool(self.tier_prices)
        )

    @property
    def has_curated_tier(self) -> bool:
        """Whether the seeds have a price of the tier from elsewhere, where the package has none."""
        place = (*self.place, self.shape.tier)
        return not self.has_own_tier and any(
            begin <= self.at and (end is None or self.at < end)
            for begin, end in curated_tiers()[place]
        )

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
        written = self.shape.cache_write_5m + self.shape.cache_write_1h
        if not written or price.cache_write_mtok is None:
            return False
        return first_band(price.cache_write_mtok) < first_band(price.input_mtok)


@dataclass(frozen=True)
class Difference:
    """A class of cases in which this project means to differ from the package."""

    reason: str
    applies: Callable[[Case], bool]
    is_unpriced: bool = False


# Deliberate rules, counted apart from what the two say of one and the same price: the package has
# no answer about a tier that it does not list.
TIER_RULE = Difference(
    "A tier without a price of its own is unpriced; the package charges the standard price, and "
    "on Azure, for what it does not list, OpenAI's price of the tier.",
    lambda case: not case.has_own_tier and not case.has_curated_tier,
    is_unpriced=True,
)
CURATED_TIER = Difference(
    "A tier, or its past, that the package does not list has a curated price; the package charges "
    "the standard price.",
    lambda case: case.has_curated_tier,
)
DIFFERENCES = (
    TIER_RULE,
    CURATED_TIER,
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
        "The package gives every date the cache reads of Gemini 2.5 at a tenth of the input; "
        "Google took a quarter of it until some day before 2025-11-07 "
        "(https://github.com/BerriAI/litellm/pull/16354).",
        lambda case: (
            case.provider.id == "google"
            and case.model.id in ("gemini-2.5-flash", "gemini-2.5-flash-lite", "gemini-2.5-pro")
            and case.shape.tier == "standard"
            and case.shape.cache_read > 0
            and case.at < utc("2025-11-07")
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


# Names that mean another model here than in the package, with the models that they mean: the
# package does not date the names that a provider moves.
MOVED_NAMES = {
    # https://docs.x.ai/developers/migration/may-15-retirement, billed as what they moved to.
    ("x-ai", "grok-3*"): "grok-4.3",
    ("x-ai", "grok-4"): "grok-4.3",
    ("x-ai", "grok-4-*"): "grok-4.3",
    ("x-ai", "grok-code-fast*"): "grok-build-0.1",
    # https://github.com/simonw/llm-prices/pull/63
    ("mistral", "mistral-large-latest"): "mistral-large-2512",
    # https://github.com/promptfoo/promptfoo/pull/9929: it moves as `mistral-medium-latest` does.
    ("mistral", "mistral-medium"): "mistral-medium-latest",
    # A model of its own, whose searches are not GPT-4o mini's: docs/decisions/0011.
    ("openai", "gpt-4o-mini-search-preview*"): "gpt-4o-mini-search-preview",
}
# Their names carry the customer's own ending, so that no list of exact names can hold them.
MODELS_WITHOUT_A_NAME = {"openai/ft:gpt-4o", "openai/ft:gpt-4o-mini"}


def first_band(price: Decimal | TieredPrices) -> Decimal:
    return price.base if isinstance(price, TieredPrices) else price


@cache
def curated_tiers() -> dict[tuple[str, str, str], list[tuple[datetime, datetime | None]]]:
    """(provider, model, tier) -> the times in which a curated row prices the tier's input."""
    found: dict[tuple[str, str, str], list[tuple[datetime, datetime | None]]] = defaultdict(list)
    seed = REPOSITORY / "seeds" / "pricing" / "llm_prices.csv"
    for row in effective_rows(read_csv(seed, PRICE_COLUMNS)):
        if row["source"] == PACKAGE or (row["component"], row["ctx_min"]) != ("input", "0"):
            continue
        if row["price_book"] == BOOK and row["service_tier"] != "standard":
            place = (row["provider_id"], row["model_id"], row["service_tier"])
            end = utc(row["valid_to"]) if row["valid_to"] else None
            found[place].append((utc(row["valid_from"]), end))
    return found


@dataclass(frozen=True)
class Name:
    """A reported name and the time in which it means a model."""

    text: str
    valid_from: datetime
    valid_to: datetime | None

    def means_it(self, at: datetime) -> bool:
        return self.valid_from <= at and (self.valid_to is None or at < self.valid_to)


def known_names() -> dict[tuple[str, str], list[Name]]:
    """(provider, model) -> names of this model, its own id first, then the shortest."""
    names: dict[tuple[str, str], list[Name]] = defaultdict(list)
    with (REPOSITORY / "seeds" / "pricing" / "llm_model_aliases.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            end = utc(row["valid_to"]) if row["valid_to"] else None
            name = Name(row["model_name"], utc(row["valid_from"]), end)
            names[row["provider_id"], row["model_id"]].append(name)
    for place, found in names.items():
        found.sort(key=lambda name: (name.text != place[1].lower(), len(name.text), name.text))
    return names


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
    """S1 to S10, the few others that can differ, and both sides of the model's own thresholds."""
    yield from ORACLE_SHAPES
    for shape in LEAN_SHAPES:
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


def fitting(shape: Shape, price: ModelPrice) -> Shape:
    """A model that has no output, an embedding, is asked for none."""
    has_no_output = price.output_mtok is None and not shape.reasoning
    return replace(shape, output=0) if has_no_output else shape


def cases() -> Iterator[Case]:
    names = known_names()
    for provider, model in sold_models():
        own_names = names[provider.id, model.id]
        is_lean = provider.id in LEAN_PROVIDERS
        for at in instants(model, ORDINARY_DAYS[-1:] if is_lean else ORDINARY_DAYS):
            name = next((name.text for name in own_names if name.means_it(at)), None)
            if name is None:
                continue
            price = model.get_prices(at)
            if is_free(model, price):
                yield Case(provider, model, name, LEAN_SHAPES[0], at)
            if price.input_mtok is None:
                continue
            for asked in lean_shapes(provider, model, price) if is_lean else SHAPES:
                shape = fitting(asked, price)
                if can_be_priced(shape, price):
                    yield Case(provider, model, name, shape, at)
        if provider.id == "deepseek":
            for day in WINDOW_DAYS:
                for time in WINDOW_TIMES:
                    at = utc(f"{day}T{time}:00")
                    yield Case(provider, model, own_names[0].text, ORACLE_SHAPES[1], at)


def is_free(model: ModelInfo, price: ModelPrice) -> bool:
    """The package writes a free model as one without any price."""
    return model.id.endswith(":free") and not price._comparable_values()
