#!/usr/bin/env python3
"""Build or refresh the price seeds from the genai-prices package.

Reads the installed package and the seeds as they stand, and writes what is new to `seeds/pricing/`:
`llm_prices.csv`, `llm_models.csv`, `llm_model_aliases.csv` and `llm_price_hashes.csv`. The package
owns only the rows whose source is `genai-prices`; curated rows and other price books are kept.

History is never rewritten. A new price is a new row, an open period may be closed once, a
correction of a past period is a new row with a higher revision, and a withdrawn announcement is a
new revision with status `cancelled`. The same package and the same seeds change no byte.

Usage:
    python scripts/refresh_prices.py [--seeds DIR] [--recorded-on DAY] [--correct PROVIDER/MODEL]
    python scripts/refresh_prices.py --check

Exit codes: 0 the seeds are up to date or were written, 1 `--check` found a difference,
2 the input is refused; the message names the row and the mend.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import (
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    Provider,
    StartDateConstraint,
    TieredPrices,
    TimeOfDateConstraint,
)

ROOT = Path(__file__).resolve().parent.parent
KNOWN_NAMES = Path(__file__).resolve().parent / "pricing" / "known_model_names.csv"
PACKAGE = "genai-prices"
BOOK = "list"
PROVIDERS = ("anthropic", "deepseek", "google", "mistral", "openai", "x-ai")
UNDATED = "1970-01-01 00:00:00"
FOREVER = "9999-12-31 00:00:00"
FEMTO = 10**15

PRICE_COLUMNS = (
    "price_book", "provider_id", "model_id", "component", "service_tier", "region_class", "ctx_min",
    "valid_from", "valid_to", "dow", "tod_from", "tod_to", "usd_per_unit", "quoted_price", "per",
    "currency", "status", "source", "source_ref", "checked_on", "revision", "recorded_on",
    "confidence",
)  # fmt: skip
MODEL_COLUMNS = (
    "provider_id",
    "model_id",
    "model_name",
    "context_window_tokens",
    "is_deprecated",
    "source",
)
ALIAS_COLUMNS = (
    "provider_id",
    "model_name",
    "model_id",
    "valid_from",
    "valid_to",
    "source",
    "source_ref",
)
COMPONENT_COLUMNS = (
    "component", "kind", "unit", "per", "parent_component", "min_usd_per_unit", "max_usd_per_unit",
    "min_share_of_input", "max_share_of_input", "description",
)  # fmt: skip
HASH_COLUMNS = ("price_row", "content_hash")
KEY_COLUMNS = (
    "price_book", "provider_id", "model_id", "component", "service_tier", "region_class", "ctx_min",
    "dow", "tod_from", "tod_to",
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
    "deepseek": ("deepseek/",),
    "google": ("publishers/google/models/", "models/", "vertex_ai/", "gemini/", "google/"),
    "mistral": ("mistral/", "mistralai/"),
    "openai": ("openai/",),
    "x-ai": ("x-ai/", "xai/"),
}

Row = dict[str, str]
Key = tuple[str, ...]
Quote = Decimal | TieredPrices
# Component -> quoted price and the confidence in it.
Quotes = dict[str, tuple[Quote, str]]
PriceSet = dict[str, Quote]


class RefusedError(Exception):
    """The seeds or the package hold something that must not reach a price sheet."""


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


# --- text ------------------------------------------------------------------------------------


def decimal_text(value: Decimal) -> str:
    """Plain notation without trailing zeros: Decimal('3E-6') -> '0.000003'."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def instant_text(day: date | None) -> str:
    return UNDATED if day is None else f"{day.isoformat()} 00:00:00"


def row_key(row: Row) -> Key:
    return tuple(row[column] for column in KEY_COLUMNS)


def row_name(row: Row) -> str:
    """The name of a price row, as `stg_pricing__llm_prices.price_row` builds it."""
    window = f"{row['dow']}@{row['tod_from']}-{row['tod_to']}" if row["dow"] else "always"
    parts = [row[column] for column in KEY_COLUMNS[:7]]
    return "/".join([*parts, window, row["valid_from"], f"r{row['revision']}"])


def content_hash(row: Row) -> str:
    """MD5 of a closed row, the same as in `assert_price_closed_periods_are_unchanged`."""
    femto_dollars = int(Decimal(row["usd_per_unit"]) * FEMTO)
    text = "|".join(
        [row_name(row), row["valid_to"], str(femto_dollars), row["currency"], row["status"]]
    )
    return hashlib.md5(text.encode()).hexdigest()


def read_csv(path: Path, columns: tuple[str, ...]) -> list[Row]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle)
        if tuple(reader.fieldnames or ()) != columns:
            raise RefusedError(f"{path.name}: expected the columns {', '.join(columns)}")
        rows = []
        for row in reader:
            if None in row or None in row.values():
                raise RefusedError(
                    f"{path.name} line {reader.line_num}: {len(columns)} values expected; "
                    "quote a value that holds a comma"
                )
            rows.append(row)
        return rows


def csv_text(rows: Iterable[Row], columns: tuple[str, ...]) -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


# --- what the package says -------------------------------------------------------------------


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
        if not is_default and variant.when not in known:
            raise RefusedError(
                f"{PACKAGE}: {provider.id}/{model.id} has a variant for {variant.when}; "
                "map it in TIER_CONTEXTS"
            )
        if isinstance(variant.constraint, TimeOfDateConstraint):
            raise RefusedError(
                f"{PACKAGE}: {provider.id}/{model.id} has a daily window in tier {variant.when}"
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
        prices = {
            c: (value, "published" if is_dated else "inferred") for c, value in standard.items()
        }
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
        for component, (value, confidence) in prices.items():
            for ctx_min, quoted in bands(value):
                key = (BOOK, provider_id, model_id, component, tier, "*", str(ctx_min), *window)
                unit = quoted / per[component]
                if unit * FEMTO != int(unit * FEMTO):
                    # More than nine decimals per million are float noise of upstream.
                    unit = round(unit, 15)
                    quoted = unit * per[component]
                end = "" if span[1] is None else instant_text(span[1])
                wanted[key].append(
                    Period(instant_text(span[0]), end, unit, quoted, per[component], confidence)
                )

    for provider in providers:
        for model in provider.models:
            check_model(provider, model)
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


# --- curated rows stand before the package ---------------------------------------------------


def effective_rows(rows: Iterable[Row]) -> list[Row]:
    """The highest revision of each key and start, without cancelled rows."""
    newest: dict[tuple[Key, str], Row] = {}
    for row in rows:
        place = (row_key(row), row["valid_from"])
        if place not in newest or int(row["revision"]) > int(newest[place]["revision"]):
            newest[place] = row
    return [row for row in newest.values() if row["status"] != "cancelled"]


def without_dow(key: Key) -> Key:
    return (*key[:7], *key[8:])


def cut_curated(wanted: dict[Key, list[Period]], rows: list[Row]) -> dict[Key, list[Period]]:
    """Leaves out what curated rows cover; an undated price starts where they end."""
    curated: dict[Key, list[Row]] = defaultdict(list)
    for row in effective_rows(
        row for row in rows if row["price_book"] == BOOK and row["source"] != PACKAGE
    ):
        curated[without_dow(row_key(row))].append(row)
    result: dict[Key, list[Period]] = {}
    for key, periods in wanted.items():
        covering = sorted(curated.get(without_dow(key), []), key=lambda row: row["valid_from"])
        for row in covering:
            now = [period for period in periods if not period.valid_to]
            if not row["valid_to"] and now and now[-1].usd_per_unit != Decimal(row["usd_per_unit"]):
                raise RefusedError(
                    f"llm_prices.csv: the curated row {row_name(row)} is open at "
                    f"{row['usd_per_unit']}, but {PACKAGE} now says "
                    f"{decimal_text(now[-1].usd_per_unit)}. Close the curated row on the day of "
                    "the change."
                )
            if periods and periods[0].valid_from == UNDATED:
                start = max(UNDATED, row["valid_from"])
                periods = [replace(periods[0], valid_from=start), *periods[1:]]
            periods = [piece for period in periods for piece in subtract(period, row)]
        if periods:
            result[key] = periods
    return result


def subtract(period: Period, row: Row) -> Iterator[Period]:
    begin, end = row["valid_from"], row["valid_to"] or FOREVER
    if end <= period.valid_from or begin >= period.end:
        yield period
        return
    if period.valid_from < begin:
        yield replace(period, valid_to=begin)
    if end < period.end:
        yield replace(period, valid_from=end)


# --- the plan: append, close once, correct, cancel -------------------------------------------


class Refresh:
    """Turns the package's periods into the least change of the seed's rows.

    `rows` are the seed's rows and are changed in place only by closing an open period;
    `report` holds one line per change, for people.
    """

    def __init__(self, rows: list[Row], recorded_on: date, correct: frozenset[str]) -> None:
        self.rows = rows
        self.recorded_on = recorded_on
        self.today = instant_text(recorded_on)
        self.correct = correct
        self.report: list[str] = []

    def append(
        self, key: Key, period: Period, revision: int = 1, status: str = "", why: str = "new"
    ) -> None:
        values = dict(zip(KEY_COLUMNS, key, strict=True))
        values |= {
            "valid_from": period.valid_from,
            "valid_to": period.valid_to,
            "usd_per_unit": decimal_text(period.usd_per_unit),
            "quoted_price": decimal_text(period.quoted_price),
            "per": str(period.per),
            "currency": "USD",
            "status": status or ("announced" if period.valid_from > self.today else "active"),
            "source": PACKAGE,
            "source_ref": version(PACKAGE),
            "checked_on": self.recorded_on.isoformat(),
            "revision": str(revision),
            "recorded_on": self.recorded_on.isoformat(),
            "confidence": period.confidence,
        }
        row = {column: values[column] for column in PRICE_COLUMNS}
        self.rows.append(row)
        self.report.append(f"{why:<9} {row_name(row)} = {row['quoted_price']} per {row['per']}")

    def close(self, row: Row, at: str) -> None:
        row["valid_to"] = at
        self.report.append(f"closed    {row_name(row)} at {at}")

    def revise(
        self, key: Key, row: Row, period: Period, status: str = "", why: str = "corrected"
    ) -> None:
        self.append(
            key,
            replace(period, valid_from=row["valid_from"]),
            int(row["revision"]) + 1,
            status,
            why,
        )

    def run(self, wanted: dict[Key, list[Period]]) -> None:
        managed: dict[Key, list[Row]] = defaultdict(list)
        for row in effective_rows(
            row for row in self.rows if row["source"] == PACKAGE and row["price_book"] == BOOK
        ):
            managed[row_key(row)].append(row)
        priced_models = {key[1:3] for key in wanted}
        for key in sorted(set(wanted) | set(managed)):
            rows = sorted(managed.get(key, []), key=lambda row: row["valid_from"])
            if key in wanted:
                self.reconcile(key, rows, wanted[key])
            elif key[1:3] in priced_models:
                self.withdraw(key, rows)

    def reconcile(self, key: Key, rows: list[Row], periods: list[Period]) -> None:
        for period in periods:
            chain = [row for row in rows if period.valid_from <= row["valid_from"] < period.end]
            while (
                len(chain) > 1
                and chain[-1]["valid_from"] > self.today
                and chain[-1]["valid_from"] != period.valid_from
            ):
                # An announced change that the package no longer has: the price before it stays.
                self.revise(key, chain[-1], self.as_period(chain[-1]), "cancelled", "cancelled")
                chain.pop()
                self.revise(
                    key,
                    chain[-1],
                    replace(self.as_period(chain[-1]), valid_to=period.valid_to),
                    why="reopened",
                )
                chain[-1] = self.rows[-1]
            if not chain:
                self.append(key, period)
                continue
            last = chain[-1]
            if Decimal(last["usd_per_unit"]) != period.usd_per_unit:
                self.change(key, last, period)
            elif last["valid_to"] != period.valid_to:
                if last["valid_to"]:
                    self.revise(key, last, period)
                else:
                    self.close(last, period.valid_to)

    def change(self, key: Key, last: Row, period: Period) -> None:
        """The package holds another price where it has no other date."""
        is_correction = (
            last["valid_to"]
            or "/".join(key[1:3]) in self.correct
            or last["valid_from"] >= self.today
        )
        if is_correction:
            self.revise(key, last, period)
        else:
            self.close(last, self.today)
            self.append(key, replace(period, valid_from=self.today, confidence="observed"))

    def withdraw(self, key: Key, rows: list[Row]) -> None:
        """The model is still priced, but no longer this component, tier or window."""
        for row in rows:
            if row["valid_from"] >= self.today:
                self.revise(key, row, self.as_period(row), "cancelled", "cancelled")
            elif not row["valid_to"]:
                self.close(row, self.today)

    @staticmethod
    def as_period(row: Row) -> Period:
        return Period(
            row["valid_from"],
            row["valid_to"],
            Decimal(row["usd_per_unit"]),
            Decimal(row["quoted_price"]),
            int(row["per"]),
            row["confidence"],
        )


# --- checks on the rows as they would be written ----------------------------------------------


def check_rows(rows: list[Row], components: dict[str, Row]) -> None:
    """Refuses a row that would misprice usage.

    Raises:
        RefusedError: naming the row, what is wrong with it and the mend.
    """
    seen: dict[tuple[Key, str, str], Row] = {}
    for row in rows:
        check_amount(row, components)
        place = (row_key(row), row["valid_from"], row["revision"])
        if place in seen:
            raise RefusedError(
                f"llm_prices.csv: {row_name(row)} stands twice; delete one, or raise its revision"
            )
        seen[place] = row
    by_key: dict[Key, list[Row]] = defaultdict(list)
    for row in effective_rows(rows):
        by_key[row_key(row)].append(row)
    for same_key in by_key.values():
        ordered = sorted(same_key, key=lambda row: row["valid_from"])
        for first, second in pairwise(ordered):
            if second["valid_from"] < (first["valid_to"] or FOREVER):
                raise RefusedError(
                    f"llm_prices.csv: {row_name(second)} starts before {row_name(first)} ends "
                    f"({first['valid_to'] or 'open'}). Close the first on {second['valid_from']}, "
                    "or give the second the same valid_from and a higher revision."
                )


def check_amount(row: Row, components: dict[str, Row]) -> None:
    name = f"llm_prices.csv: {row_name(row)}"
    component = components.get(row["component"])
    if component is None:
        raise RefusedError(f"{name}: unknown component; use one of {', '.join(sorted(components))}")
    try:
        unit, quoted, per = (
            Decimal(row["usd_per_unit"]),
            Decimal(row["quoted_price"]),
            int(row["per"]),
        )
        int(row["revision"]), int(row["ctx_min"])
    except (InvalidOperation, ValueError):
        raise RefusedError(
            f"{name}: usd_per_unit, quoted_price, per, revision and ctx_min are numbers"
        ) from None
    if row["valid_to"] and row["valid_to"] <= row["valid_from"]:
        raise RefusedError(f"{name}: valid_to {row['valid_to']} is not after valid_from")
    if unit < 0:
        raise RefusedError(f"{name}: {unit} is negative; a price is 0 or more")
    if unit * per != quoted:
        raise RefusedError(
            f"{name}: usd_per_unit {unit} x per {per} is not quoted_price {quoted}; "
            f"usd_per_unit should be {decimal_text(quoted / per)}"
        )
    if per != int(component["per"]):
        raise RefusedError(
            f"{name}: per is {per}, {row['component']} is quoted per {component['per']}"
        )
    low, high = Decimal(component["min_usd_per_unit"]), Decimal(component["max_usd_per_unit"])
    if unit and not low <= unit <= high:
        raise RefusedError(
            f"{name}: {decimal_text(unit)} USD per {component['unit']} is outside "
            f"{decimal_text(low)} to {decimal_text(high)}: a slip of a unit? If it is true, widen "
            "llm_price_components.csv."
        )


# --- models, aliases, hashes ------------------------------------------------------------------


def refresh_models(rows: list[Row], providers: list[Provider]) -> list[Row]:
    found = {(row["provider_id"], row["model_id"]): row for row in rows}
    for provider in providers:
        for model in provider.models:
            place = (provider.id, model.id)
            if place in found and found[place]["source"] != PACKAGE:
                continue
            found[place] = {
                "provider_id": provider.id,
                "model_id": model.id,
                "model_name": model.name or model.id,
                "context_window_tokens": str(model.context_window or ""),
                "is_deprecated": "true" if model.deprecated else "false",
                "source": PACKAGE,
            }
    return [found[place] for place in sorted(found)]


def refresh_aliases(
    rows: list[Row], providers: list[Provider], known: list[Row], today: str
) -> list[Row]:
    """Resolves known names with the package's matchers; a name that moved keeps its past."""
    rows = [dict(row) for row in rows]
    newest: dict[tuple[str, str], Row] = {}
    for row in sorted(rows, key=lambda row: row["valid_from"]):
        newest[row["provider_id"], row["model_name"]] = row
    names: dict[str, set[str]] = {
        provider.id: {row["model_name"] for row in known if row["provider_id"] == provider.id}
        | {model.id for model in provider.models}
        for provider in providers
    }
    for provider in providers:
        for own_name in {name.strip().lower() for name in names[provider.id]}:
            model = provider.find_model(own_name)
            if model is None:
                is_own_id = any(own_name == other.id for other in provider.models)
                # A model's id need not be a name; a retired model keeps the names it had.
                if is_own_id or (provider.id, own_name) in newest:
                    continue
                raise RefusedError(
                    f"known_model_names.csv: {provider.id}/{own_name} matches no model of "
                    f"{PACKAGE}; mend the spelling or take it out"
                )
            for name in [own_name, *(prefix + own_name for prefix in NAME_PREFIXES[provider.id])]:
                last = newest.get((provider.id, name))
                if last is not None and (last["source"] != PACKAGE or last["model_id"] == model.id):
                    continue
                if last is not None:
                    last["valid_to"] = today
                rows.append({
                    "provider_id": provider.id, "model_name": name, "model_id": model.id,
                    "valid_from": UNDATED if last is None else today, "valid_to": "",
                    "source": PACKAGE, "source_ref": version(PACKAGE),
                })  # fmt: skip
    return sorted(rows, key=lambda row: (row["provider_id"], row["model_name"], row["valid_from"]))


def refresh_hashes(rows: list[Row], prices: list[Row]) -> list[Row]:
    """Adds the hashes of newly closed rows; a closed row that changed is refused."""
    known = {row["price_row"]: row for row in rows}
    for price in prices:
        if not price["valid_to"]:
            continue
        name, digest = row_name(price), content_hash(price)
        if name in known and known[name]["content_hash"] != digest:
            raise RefusedError(
                f"llm_prices.csv: the closed row {name} was edited. Restore it, and append a row "
                f"with the same key and valid_from, revision {int(price['revision']) + 1} and the "
                "right price."
            )
        known.setdefault(name, {"price_row": name, "content_hash": digest})
    present = {row_name(price) for price in prices if price["valid_to"]}
    for name in known:
        if name not in present:
            raise RefusedError(
                f"llm_prices.csv: the closed row {name} was deleted or reopened. Restore it."
            )
    return [known[name] for name in sorted(known)]


# --- command ----------------------------------------------------------------------------------


def sort_key(row: Row) -> tuple[str | int, ...]:
    return (
        *row_key(row)[:6],
        int(row["ctx_min"]),
        *row_key(row)[7:],
        row["valid_from"],
        int(row["revision"]),
    )


def refreshed(
    seeds: Path, recorded_on: date, correct: frozenset[str]
) -> tuple[dict[Path, str], list[str]]:
    """Returns the new text of each seed that changes, and the report."""
    component_rows = read_csv(seeds / "llm_price_components.csv", COMPONENT_COLUMNS)
    components = {row["component"]: row for row in component_rows}
    snapshot = get_snapshot()
    providers = [provider for provider in snapshot.providers if provider.id in PROVIDERS]
    prices = read_csv(seeds / "llm_prices.csv", PRICE_COLUMNS)
    check_rows(prices, components)
    hashes = refresh_hashes(read_csv(seeds / "llm_price_hashes.csv", HASH_COLUMNS), prices)

    per = {name: int(row["per"]) for name, row in components.items()}
    wanted = cut_curated(wanted_periods(providers, per), prices)
    refresh = Refresh(prices, recorded_on, correct)
    refresh.run(wanted)
    check_rows(prices, components)
    if refresh.report:
        prices.sort(key=sort_key)
    hashes = refresh_hashes(hashes, prices)
    models = refresh_models(read_csv(seeds / "llm_models.csv", MODEL_COLUMNS), providers)
    aliases = refresh_aliases(
        read_csv(seeds / "llm_model_aliases.csv", ALIAS_COLUMNS),
        providers,
        read_csv(KNOWN_NAMES, ("provider_id", "model_name")),
        instant_text(recorded_on),
    )
    texts = {
        seeds / "llm_prices.csv": csv_text(prices, PRICE_COLUMNS),
        seeds / "llm_price_hashes.csv": csv_text(hashes, HASH_COLUMNS),
        seeds / "llm_models.csv": csv_text(models, MODEL_COLUMNS),
        seeds / "llm_model_aliases.csv": csv_text(aliases, ALIAS_COLUMNS),
    }
    changed = {
        path: text
        for path, text in texts.items()
        if not path.exists() or path.read_bytes() != text.encode()
    }
    return changed, refresh.report


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--seeds", type=Path, default=ROOT / "seeds" / "pricing", help="folder of the price seeds"
    )
    parser.add_argument(
        "--recorded-on", type=date.fromisoformat, default=None, help="day to record, default today"
    )
    parser.add_argument(
        "--correct",
        action="append",
        default=[],
        metavar="PROVIDER/MODEL",
        help="a changed undated price corrects the whole period, instead of starting a new one",
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if the seeds would change"
    )
    return parser.parse_args()


def main(write: Callable[[str], object] = print) -> int:
    args = parse_args()
    recorded_on = args.recorded_on or datetime.now(tz=UTC).date()
    try:
        changed, report = refreshed(args.seeds, recorded_on, frozenset(args.correct))
    except RefusedError as error:
        print(f"refused: {error}", file=sys.stderr)
        return 2
    for line in report:
        write(line)
    if args.check:
        for path in changed:
            write(
                f"{path.name} differs from {PACKAGE} {version(PACKAGE)}; "
                "run scripts/refresh_prices.py"
            )
        return 1 if changed else 0
    for path, text in changed.items():
        path.write_text(text, encoding="utf-8", newline="")
    write(
        f"{len(report)} price rows changed, {len(changed)} files written"
        if changed
        else "nothing changed"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
