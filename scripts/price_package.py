"""What the genai-prices package says, as the periods, models and names that the seeds hold."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal

from genai_prices.types import (
    ClauseEquals,
    ClauseOr,
    ConditionalPrice,
    MatchLogic,
    ModelInfo,
    ModelPrice,
    Provider,
    StartDateConstraint,
    TieredPrices,
    TimeOfDateConstraint,
)
from price_rows import BOOK, FEMTO, FOREVER, Key, RefusedError, Row, instant_text

PACKAGE = "genai-prices"
# Quoted prices have nine decimals, as `llm_prices.quoted_price`.
QUOTE = 10**9
PROVIDERS = (
    "anthropic", "aws", "azure", "cerebras", "cohere", "deepseek", "fireworks", "google", "groq",
    "mistral", "openai", "openrouter", "together", "x-ai",
)  # fmt: skip
# Package price key -> component of `llm_price_components.csv`.
COMPONENTS = {
    "input_mtok": "input",
    "cache_read_mtok": "cache_read",
    "cache_write_mtok": "cache_write_5m",
    "cache_write_1h_mtok": "cache_write_1h",
    "input_audio_mtok": "input_audio",
    "output_mtok": "output",
    "output_reasoning_mtok": "reasoning",
    "output_audio_mtok": "output_audio",
    "cache_audio_read_mtok": "cache_read_audio",
    "input_image_mtok": "input_image",
    "cache_image_read_mtok": "cache_read_image",
    "output_image_mtok": "output_image",
    "input_video_mtok": "input_video",
    "output_video_mtok": "output_video",
    "web_searches_kcount": "web_search",
    "storage_searches_kcount": "file_search",
    "input_mchars": "input_character",
    "input_text_messages_kcount": "input_message",
    "input_document_kpages": "page",
    "input_annotated_document_kpages": "annotated_page",
    "audio_hours": "audio_minute",
}
# The package prices audio by the hour as a whole and again as input; one of the two is enough.
SECOND_NAMES = {"input_audio_hours": "audio_hours"}

# What a request must say to the package to be priced in a tier.
TIER_CONTEXTS = {
    "batch": ({"processing": "batch"},),
    "flex": ({"service_tier": "flex"},),
    "priority": ({"service_tier": "priority"},),
    "fast": ({"service_tier": "fast"}, {"speed": "fast"}),
}
# What a tier bills at the standard price where the package names no price of the tier's own; any
# other component must not take it. Fees per call are not discounted, and Google bills cache hits in
# batch "at the standard context caching rates": https://github.com/pydantic/genai-prices/pull/547
STANDARD_IN_EVERY_TIER = frozenset({"web_search", "file_search"})
STANDARD_IN_TIER = {("google", "batch"): frozenset({"cache_read", "cache_read_audio"})}
# Prefixes that gateways put before a provider's own model name.
NAME_PREFIXES = {
    "anthropic": ("anthropic/",),
    "aws": ("bedrock/", "bedrock/converse/", "bedrock/invoke/"),
    "azure": ("azure/", "azure_ai/", "azure/global/", "azure/global-standard/"),
    "cerebras": ("cerebras/",),
    "cohere": ("cohere/", "cohere_chat/"),
    "deepseek": ("deepseek/",),
    "fireworks": ("fireworks_ai/",),
    "google": ("publishers/google/models/", "models/", "vertex_ai/", "gemini/", "google/"),
    "groq": ("groq/",),
    "mistral": ("mistral/", "mistralai/"),
    "openai": ("openai/",),
    "openrouter": ("openrouter/",),
    "together": ("together_ai/",),
    "x-ai": ("x-ai/", "xai/"),
}

# Names that the package reads as a sibling with other prices, and that nobody gives us prices of.
# GovCloud costs a fifth more in LiteLLM's list; the package read the prices of us-east-1.
WITHHELD_NAMES = {
    "aws": {
        "us-gov.anthropic.claude-haiku-5-5",
        "us-gov.anthropic.claude-sonnet-5",
        "us-gov.anthropic.claude-sonnet-5-5",
    },
    "azure": {"gpt-4o-mini-search-preview", "gpt-4o-mini-search-preview-2025-03-11"},
}
# Bedrock: `bedrock/<region>/<id>`, as LiteLLM names a model and `catalogue_name` an ARN. In the
# United States every model costs what its plain id costs; elsewhere many cost up to two thirds
# more, in GovCloud all a fifth more: unpriced. Claude since version 3 costs the same in every
# commercial region: LiteLLM's `model_prices_and_context_window.json` 1.110.2, bedrock/<region>/*.
BEDROCK_US_REGIONS = ("us-east-1", "us-east-2", "us-west-1", "us-west-2")
BEDROCK_REGIONS = (
    *BEDROCK_US_REGIONS, "ca-central-1", "sa-east-1", "eu-central-1", "eu-central-2", "eu-north-1",
    "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3", "ap-northeast-1",
    "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2", "ap-southeast-1",
    "ap-southeast-2", "ap-southeast-3", "ap-southeast-4",
)  # fmt: skip
# First parts of an id that name where an inference profile runs, not who made the model.
BEDROCK_PROFILES = frozenset(("us", "us-gov", "eu", "apac", "global", "jp", "au", "in", "regional"))
BEDROCK_SAME_EVERYWHERE = re.compile(r"anthropic\.claude-(3|opus|sonnet|haiku|fable)")
# Vertex: `locations/<location>/publishers/<maker>/models/<id>`. Outside `global`, Gemini since 3.1
# and Claude since 4.5 cost a tenth more, and nobody says since when: unpriced. The same file,
# `regional_endpoint_uplift_multiplier`.
VERTEX_LOCATIONS = (
    "us-central1", "us-east1", "us-east4", "us-east5", "us-south1", "us-west1", "us-west4",
    "northamerica-northeast1", "southamerica-east1", "europe-central2", "europe-north1",
    "europe-southwest1", "europe-west1", "europe-west2", "europe-west3", "europe-west4",
    "europe-west6", "europe-west8", "europe-west9", "asia-east1", "asia-east2", "asia-northeast1",
    "asia-northeast3", "asia-south1", "asia-southeast1", "australia-southeast1",
)  # fmt: skip
VERTEX_MAKERS = {"gemini-": "google", "claude-": "anthropic"}
VERTEX_SAME_EVERYWHERE = re.compile(
    r"gemini-(1\.5|2\.0|2\.5)-(pro|flash|flash-lite)(-00\d)?"
    r"|claude-3-[a-z0-9-]+@\d+|claude-(opus|sonnet)-4(-1)?@\d+"
)

# The package writes a free model as one without any price.
FREE_SUFFIX = ":free"
FREE = ModelPrice(input_mtok=Decimal(0), output_mtok=Decimal(0))
# Who sells whose models at that provider's own prices. Azure's global deployments cost what OpenAI
# charges; the package also falls back to Anthropic, DeepSeek, xAI and Moonshot for Azure, and to
# Anthropic for Google, but there the seller publishes prices of its own.
LENDERS = {"azure": "openai"}
# Tokens only: the seller's fees per call are its own.
LENT_KEYS = ("input_mtok", "cache_read_mtok", "cache_write_mtok", "output_mtok")
# Undated prices whose days the provider has published; curated rows hold what came before and
# after: https://api-docs.deepseek.com/news/news250821 ends the discount of 2025-02-26.
OFF_PEAK_DISCOUNT = ("2025-02-26 16:30:00", "2025-09-05 16:00:00")
PUBLISHED_SPANS = {
    ("deepseek", "deepseek-chat"): OFF_PEAK_DISCOUNT,
    ("deepseek", "deepseek-reasoner"): OFF_PEAK_DISCOUNT,
}
# Whose dates are days on which upstream read the list: 206 of OpenRouter's 211 are four days.
READ_DATES = frozenset({"openrouter"})
# Prices that no row can state, and why.
TEN_SECONDS = "a request is billed as ten seconds or more, which no price per minute says"
TWO_ENDPOINTS = "input nearly free and output at its full price: no endpoint has both"
SKIPPED_MODELS = {
    ("groq", "whisper-large-v3"): TEN_SECONDS,
    ("groq", "whisper-large-v3-turbo"): TEN_SECONDS,
    ("openrouter", "~deepseek/deepseek-v4-flash-latest"): TWO_ENDPOINTS,
    ("openrouter", "~z-ai/glm-latest"): TWO_ENDPOINTS,
}
# OpenRouter bills a Gemini cache write as input and five minutes of storage, and lists the storage:
# https://openrouter.ai/docs/features/prompt-caching
STORAGE_FEE = "its price of a cache write is the storage alone"
SKIPPED_CONTEXTS = {"route": "usage does not report the route, which is no tier of the model"}

Quote = Decimal | TieredPrices
# Component -> quoted price and the confidence in it.
Quotes = dict[str, tuple[Quote, str]]
PriceSet = dict[str, Quote]


@dataclass(frozen=True)
class Period:
    """One price of one key over [valid_from, valid_to); texts as in the seed, '' is open."""

    valid_from: str
    valid_to: str
    usd_per_unit: Decimal
    quoted_price: Decimal
    per: int
    confidence: str

    @property
    def end(self) -> str:
        return self.valid_to or FOREVER


class LentModel(ModelInfo):
    """A model that one provider sells at the price of another."""


def lent_price(prices: ModelPrice) -> ModelPrice:
    return ModelPrice(**{key: getattr(prices, key) for key in LENT_KEYS})


def lent_models(lender: Provider, names: set[str]) -> Iterator[ModelInfo]:
    """Yields the lender's models that the names mean, at standard prices per token."""
    meant = {model.id for name in names if (model := lender.find_model(name)) is not None}
    for model in lender.models:
        if model.id in meant:
            yield LentModel(
                id=model.id,
                match=model.match,
                name=model.name,
                context_window=model.context_window,
                prices=[
                    ConditionalPrice(price.constraint, prices=lent_price(price.prices))
                    for price in conditional_prices(model)
                ],
            )


def is_storage_fee(provider_id: str, prices: ModelPrice) -> bool:
    """Whether the price of a cache write leaves out what is written."""
    if provider_id != "openrouter" or prices.cache_write_mtok is None:
        return False
    (_, write), *_ = bands(prices.cache_write_mtok)
    return prices.input_mtok is not None and write < next(bands(prices.input_mtok))[1]


def usable_model(provider_id: str, model: ModelInfo) -> ModelInfo:
    """The model with the prices that the seeds can state."""
    conditions = [copy(price) for price in conditional_prices(model)]
    for price in conditions:
        if is_storage_fee(provider_id, price.prices):
            price.prices = ModelPrice(**vars(price.prices) | {"cache_write_mtok": None})
        if model.id.endswith(FREE_SUFFIX) and not price_set(price.prices):
            price.prices = FREE
    return replace(model, prices=conditions)


def offered_providers(package: list[Provider], known: list[Row]) -> list[Provider]:
    """The providers of the seeds; what a seller lends stands behind its own models."""
    by_id = {provider.id: provider for provider in package}
    providers = []
    for provider in package:
        if provider.id not in PROVIDERS:
            continue
        models = [usable_model(provider.id, model) for model in provider.models]
        if provider.id in LENDERS:
            names = {row["model_name"] for row in known if row["provider_id"] == provider.id}
            foreign = {name for name in names if provider.find_model(name) is None}
            models += lent_models(by_id[LENDERS[provider.id]], foreign)
        providers.append(replace(provider, models=models))
    return providers


def skipped(package: list[Provider]) -> Iterator[str]:
    """Yields a line for each price or model of the package that the seeds leave out, and why."""
    for provider in package:
        for model in provider.models if provider.id in PROVIDERS else ():
            name = f"skipped   {provider.id}/{model.id}"
            prices = [price.prices for price in conditional_prices(model)]
            if (provider.id, model.id) in SKIPPED_MODELS:
                yield f"{name}: {SKIPPED_MODELS[provider.id, model.id]}"
            elif not model.id.endswith(FREE_SUFFIX) and not any(map(price_set, prices)):
                yield f"{name}: the package has no price for it"
            if any(is_storage_fee(provider.id, price) for price in prices):
                yield f"{name} cache write: {STORAGE_FEE}"
            for variant in model.price_variants or ():
                for context in variant.when.keys() & SKIPPED_CONTEXTS.keys():
                    route = f"{context} {variant.when[context]}"
                    yield f"{name} with {route}: {SKIPPED_CONTEXTS[context]}"


def exact_names(match: MatchLogic) -> Iterator[str]:
    """Yields the names that a model's match clauses spell out."""
    if isinstance(match, ClauseEquals):
        yield match.equals
    elif isinstance(match, ClauseOr):
        for clause in match.or_:
            yield from exact_names(clause)


def located_names(provider_id: str, name: str) -> Iterator[str]:
    """Yields a name's forms that say where the call ran, as far as its price is the same there."""
    maker = name.split(".")[0]
    if provider_id == "aws" and "." in name and "/" not in name and maker not in BEDROCK_PROFILES:
        is_same = BEDROCK_SAME_EVERYWHERE.match(name)
        for region in BEDROCK_REGIONS if is_same else BEDROCK_US_REGIONS:
            yield f"bedrock/{region}/{name}"
    if provider_id == "google" and (publisher := VERTEX_MAKERS.get(name[:7])):
        resource = f"publishers/{publisher}/models/{name}"
        yield resource
        is_same = VERTEX_SAME_EVERYWHERE.fullmatch(name)
        for location in ("global", *VERTEX_LOCATIONS) if is_same else ("global",):
            yield f"locations/{location}/{resource}"


def price_set(prices: ModelPrice) -> PriceSet:
    """Component -> quoted price; refuses a price key that the seeds do not know."""
    found: PriceSet = {}
    values = {
        key: value for key, value in vars(prices).items() if value is not None and key[0] != "_"
    }
    for key, value in values.items():
        if key in SECOND_NAMES:
            if values.get(SECOND_NAMES[key]) != value:
                raise RefusedError(
                    f"{PACKAGE}: {key} differs from {SECOND_NAMES[key]}; add a component for it"
                )
            continue
        if key not in COMPONENTS:
            raise RefusedError(
                f"{PACKAGE}: unknown price key {key}; add it to COMPONENTS and to "
                "llm_price_components.csv"
            )
        found[COMPONENTS[key]] = value
    return found


def conditional_prices(model: ModelInfo) -> list[ConditionalPrice]:
    if isinstance(model.prices, ModelPrice):
        return [ConditionalPrice(prices=model.prices)]
    return model.prices


def start_date(constraint: StartDateConstraint | TimeOfDateConstraint | None) -> date | None:
    return constraint.start_date if isinstance(constraint, StartDateConstraint) else None


def standard_prices(model: ModelInfo, day: date) -> tuple[PriceSet, bool]:
    """The standard price set on a day outside daily windows, and whether its start is known."""
    dated = [
        p for p in conditional_prices(model) if not isinstance(p.constraint, TimeOfDateConstraint)
    ]
    for price in reversed(dated):
        start = start_date(price.constraint)
        if start is None or start <= day:
            return price_set(price.prices), start is not None
    return price_set(dated[0].prices), False


def tier_overrides(model: ModelInfo, tier: str, day: date) -> dict[str, tuple[Quote, date | None]]:
    """Component -> (price, start) that the tier's variants set on a day; the first variant wins."""
    overrides: dict[str, tuple[Quote, date | None]] = {}
    for variant in model.price_variants or ():
        start = start_date(variant.constraint)
        if variant.when in TIER_CONTEXTS[tier] and (start is None or start <= day):
            for component, value in price_set(variant.prices).items():
                overrides.setdefault(component, (value, start))
    return overrides


def check_model(provider: Provider, model: ModelInfo) -> None:
    """Refuses shapes of the package's data that this script would misread."""
    known = [context for contexts in TIER_CONTEXTS.values() for context in contexts]
    for variant in model.price_variants or ():
        # `default` names the standard tier and must not carry prices of its own.
        is_default = variant.when == {"service_tier": "default"} and not price_set(variant.prices)
        is_skipped = not variant.when.keys() - SKIPPED_CONTEXTS.keys()
        if not is_default and not is_skipped and variant.when not in known:
            raise RefusedError(
                f"{PACKAGE}: {provider.id}/{model.id} has a variant for {variant.when}; "
                "map it in TIER_CONTEXTS"
            )
        if isinstance(variant.constraint, TimeOfDateConstraint):
            raise RefusedError(
                f"{PACKAGE}: {provider.id}/{model.id} has a daily window in tier {variant.when}"
            )
    is_dated = any(start_date(price.constraint) for price in conditional_prices(model))
    if is_dated and (provider.id, model.id) in PUBLISHED_SPANS:
        raise RefusedError(
            f"{PACKAGE}: {provider.id}/{model.id} is dated now; take it out of PUBLISHED_SPANS"
        )


def tier_segments(
    provider_id: str, model: ModelInfo, tier: str
) -> Iterator[tuple[date | None, date | None, Quotes]]:
    """Yields (from, to, component -> (price, confidence)), equal neighbours merged."""
    starts = {start_date(p.constraint) for p in conditional_prices(model)}
    starts |= {start_date(v.constraint) for v in model.price_variants or ()}
    days = sorted(start for start in starts if start is not None)
    standard_days = {start_date(p.constraint) for p in conditional_prices(model)}
    segments: list[tuple[date | None, date | None, Quotes]] = []
    for begin, end in zip([None, *days], [*days, None], strict=True):
        standard, is_dated = standard_prices(model, begin or date.min)
        dated = "observed" if provider_id in READ_DATES else "published"
        known = dated if is_dated and not isinstance(model, LentModel) else "inferred"
        prices = {c: (value, known) for c, value in standard.items()}
        if tier != "standard":
            overrides = tier_overrides(model, tier, begin or date.min)
            # Upstream leaves the rest of a tier's set at the standard price: mostly not a fact.
            kept = STANDARD_IN_EVERY_TIER | STANDARD_IN_TIER.get((provider_id, tier), frozenset())
            prices = {
                c: (value, "inferred")
                for c, (value, _) in prices.items()
                if overrides and c in kept
            }
            for component, (value, start) in overrides.items():
                # A tier's date is the day upstream checked it, unless it is a price change's day.
                observed = "published" if start in standard_days else "observed"
                prices[component] = (value, "inferred" if start is None else observed)
        if segments and [(c, p[0]) for c, p in prices.items()] == [
            (c, p[0]) for c, p in segments[-1][2].items()
        ]:
            segments[-1] = (segments[-1][0], end, segments[-1][2])
        else:
            segments.append((begin, end, prices))
    yield from segments


def daily_windows(
    model: ModelInfo,
) -> Iterator[tuple[date | None, date | None, str, str, PriceSet]]:
    """Yields (from, to, tod_from, tod_to, prices); a window starts with the price before it."""
    entries = conditional_prices(model)
    for position, price in enumerate(entries):
        if not isinstance(price.constraint, TimeOfDateConstraint):
            continue
        before = [d for p in entries[:position] if (d := start_date(p.constraint)) is not None]
        after = [d for p in entries[position + 1 :] if (d := start_date(p.constraint)) is not None]
        times = []
        for value in (price.constraint.start_time, price.constraint.end_time):
            if value.tzinfo is not None:
                value = datetime.combine(date(2000, 1, 1), value).astimezone(UTC).time()
            if value.second or value.microsecond:
                raise RefusedError(
                    f"{PACKAGE}: {model.id} has a daily window that is finer than a minute"
                )
            times.append(value.strftime("%H:%M"))
        begin, end = times
        spans = [(begin, end)] if begin < end else [(begin, "24:00"), ("00:00", end)]
        for tod_from, tod_to in spans:
            if tod_from != tod_to:
                yield (
                    max(before, default=None),
                    min(after, default=None),
                    tod_from,
                    tod_to,
                    price_set(price.prices),
                )


def bands(value: Quote) -> Iterator[tuple[int, Decimal]]:
    """Yields (ctx_min, price); the package compares with `>`, ctx_min with `>=`."""
    if isinstance(value, TieredPrices):
        yield 0, value.base
        for tier in value.tiers:
            yield tier.start + 1, tier.price
    else:
        yield 0, value


def exact_price(name: str, quoted: Decimal, per: int) -> tuple[Decimal, Decimal]:
    """Returns (price per unit, quoted price), float noise of upstream rounded away."""
    unit = quoted / per
    if unit * FEMTO != int(unit * FEMTO):
        # More than nine decimals per million are float noise of upstream.
        unit = round(unit, 15)
        quoted = unit * per
    if quoted * QUOTE != int(quoted * QUOTE):
        raise RefusedError(
            f"{PACKAGE}: {name} has no exact price per unit; add its model to SKIPPED_MODELS, "
            "or a component with a unit that fits"
        )
    return unit, quoted


def wanted_periods(providers: list[Provider], per: dict[str, int]) -> dict[Key, list[Period]]:
    """Key -> periods in order of time, as the package sees them today."""
    wanted: dict[Key, list[Period]] = defaultdict(list)

    def add(
        place: tuple[str, str, str],
        window: tuple[str, str, str],
        span: tuple[date | None, date | None],
        prices: Quotes,
    ) -> None:
        provider_id, model_id, tier = place
        begin, end = instant_text(span[0]), instant_text(span[1]) if span[1] else ""
        published = PUBLISHED_SPANS.get((provider_id, model_id))
        begin, end = published or (begin, end)
        for component, (value, confidence) in prices.items():
            for ctx_min, quoted in bands(value):
                key = (BOOK, provider_id, model_id, component, tier, "*", str(ctx_min), *window)
                unit, quoted = exact_price("/".join(key[:4]), quoted, per[component])
                known = "published" if published else confidence
                wanted[key].append(Period(begin, end, unit, quoted, per[component], known))

    for provider in providers:
        for model in provider.models:
            check_model(provider, model)
            if (provider.id, model.id) in SKIPPED_MODELS:
                continue
            for tier in ("standard", *TIER_CONTEXTS):
                for begin, finish, prices in tier_segments(provider.id, model, tier):
                    add((provider.id, model.id, tier), ("", "", ""), (begin, finish), prices)
            for begin, finish, tod_from, tod_to, windowed in daily_windows(model):
                dated = {
                    c: (v, "inferred" if begin is None else "published")
                    for c, v in windowed.items()
                }
                add(
                    (provider.id, model.id, "standard"),
                    ("1-7", tod_from, tod_to),
                    (begin, finish),
                    dated,
                )
    for periods in wanted.values():
        periods.sort(key=lambda period: period.valid_from)
    return dict(wanted)
