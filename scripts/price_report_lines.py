"""The lines of the report of a price change, as cells of text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal

from price_changes import PriceChange
from price_effects import Effect
from price_rows import UNDATED, Row, decimal_text, llm_id

KINDS = ("corrected", "changed", "cancelled", "announced", "closed", "new")
HEADER = ("change", "model", "price of", "old", "new", "from", "per cent", "usage", "USD")
SUM_HEADER = ("model", "changes", "usage", "USD")
# Columns of numbers stand to the right.
NUMBERS = {"old", "new", "per cent", "usage", "USD", "changes"}
NAMED_PRICES = 4

Cells = tuple[str, ...]
Measured = list[tuple[PriceChange, Effect]]


def price_of(row: Row) -> str:
    """The component, and whatever else limits the price: `input, batch, from 200,001 tokens`."""
    parts = [row["component"]]
    parts += [row["price_book"]] if row["price_book"] != "list" else []
    parts += [row["service_tier"]] if row["service_tier"] != "standard" else []
    parts += [row["region_class"]] if row["region_class"] != "*" else []
    parts += [f"from {int(row['ctx_min']):,} tokens"] if row["ctx_min"] != "0" else []
    parts += [f"days {row['dow']} {row['tod_from']}-{row['tod_to']}"] if row["dow"] else []
    return f"{', '.join(parts)} (per {int(row['per']):,})"


def span(valid_from: str, valid_to: str = "") -> str:
    begin, end = (text.removesuffix(" 00:00:00") for text in (valid_from, valid_to))
    begin = "always" if valid_from == UNDATED else begin
    return f"{begin} to {end}" if end else begin


def percent(old: Row | None, new: Row | None) -> str:
    if not old or not new or not Decimal(old["usd_per_unit"]):
        return "-"
    ratio = Decimal(new["usd_per_unit"]) / Decimal(old["usd_per_unit"])
    return f"{((ratio - 1) * 100).quantize(Decimal('0.1'), rounding=ROUND_HALF_EVEN):+}"


def usd(amount: Decimal) -> str:
    return f"{'+' if amount > 0 else ''}{decimal_text(amount)}" if amount else "0"


def effect_cells(found: Measured, units: Mapping[str, str], is_measured: bool) -> Cells:
    """Usage in each unit, and USD, of some changes together."""
    if not is_measured:
        return "-", "-"
    counts: dict[str, int] = defaultdict(int)
    for change, effect in found:
        counts[units[change.row["component"]]] += effect.units
    used = [f"{count:,} {unit}s" for unit, count in counts.items() if count]
    return ", ".join(used) or "none", usd(sum((effect.usd for _, effect in found), Decimal(0)))


def change_lines(
    measured_changes: Measured, new_models: set[str], units: Mapping[str, str], is_measured: bool
) -> list[Cells]:
    """A line per change, by kind; one line for all the prices of a new model."""
    lines = []
    for kind in KINDS:
        first_prices: dict[str, Measured] = defaultdict(list)
        for change, effect in measured_changes:
            model = llm_id(change.row)
            if change.kind != kind:
                continue
            if model in new_models:
                first_prices[model].append((change, effect))
                continue
            lines.append((
                kind, model, price_of(change.row),
                change.old["quoted_price"] if change.old else "unpriced",
                change.new["quoted_price"] if change.new else "unpriced",
                span(change.valid_from, change.valid_to),
                percent(change.old, change.new),
                *effect_cells([(change, effect)], units, is_measured),
            ))  # fmt: skip
        for model, found in first_prices.items():
            plain = sorted(
                (change.row for change, _ in found),
                key=lambda row: (row["service_tier"] != "standard", int(row["ctx_min"])),
            )
            named = [f"{row['component']} {row['quoted_price']}" for row in plain[:NAMED_PRICES]]
            more = f" and {len(plain) - NAMED_PRICES} more" if len(plain) > NAMED_PRICES else ""
            starts = sorted({change.valid_from for change, _ in found})
            lines.append((
                kind, model, f"{len(found)} first prices", "unpriced", ", ".join(named) + more,
                span(starts[0]), "-",
                *effect_cells(found, units, is_measured),
            ))  # fmt: skip
    return lines


def sum_lines(
    measured_changes: Measured, units: Mapping[str, str], is_measured: bool
) -> list[Cells]:
    """A line per model with usage, dearest effect first, and the total."""
    by_model: dict[str, Measured] = defaultdict(list)
    for change, effect in measured_changes:
        by_model[llm_id(change.row)].append((change, effect))
    sums = {model: sum((e for _, e in found), Effect()) for model, found in by_model.items()}
    ordered = sorted(sums, key=lambda model: (-abs(sums[model].usd), -sums[model].units, model))
    lines = [
        (model, str(len(by_model[model])), *effect_cells(by_model[model], units, is_measured))
        for model in ordered
        if sums[model].units or not is_measured
    ]
    if untouched := len(sums) - len(lines):
        changes = sum(len(by_model[model]) for model in sums if not sums[model].units)
        lines.append((f"{untouched} without usage of theirs", str(changes), "none", "0"))
    everything = effect_cells(measured_changes, units, is_measured)
    return [*lines, (f"all {len(sums)}", str(len(measured_changes)), *everything)]
