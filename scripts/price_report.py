#!/usr/bin/env python3
"""Report what two price lists charge differently, and what that does to the usage in the warehouse.

One line per price that changed: corrected and changed ones, cancelled and announced ones, closed
ones, new ones; the prices of a model that is new altogether stand in one line. `usage` are the
tokens or calls that the change prices otherwise, `USD` what they cost more at list price, exact:
what was unpriced counts from 0. Sums by model and a total follow.

Usage:
    git show HEAD:seeds/pricing/llm_prices.csv > before.csv
    python scripts/price_report.py --before before.csv [--seeds DIR] [--target NAME]
        [--report FILE.md]

Exit codes: 0 reported, with a line that says so where no warehouse could be asked, 2 a file cannot
be read.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

from price_changes import PriceChange, price_changes
from price_effects import Effect, NoUsage, measured
from price_lookup import MODIFIER_COLUMNS, PriceTable
from price_rows import (
    COMPONENT_COLUMNS,
    PRICE_COLUMNS,
    UNDATED,
    RefusedError,
    Row,
    decimal_text,
    instant_text,
    llm_id,
    read_csv,
)

SEEDS = Path(__file__).resolve().parent.parent / "seeds" / "pricing"
KINDS = ("corrected", "changed", "cancelled", "announced", "closed", "new")
HEADER = ("change", "model", "price of", "old", "new", "from", "per cent", "usage", "USD")
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


def effect_cells(effect: Effect, is_measured: bool) -> Cells:
    return (f"{effect.units:,}", usd(effect.usd)) if is_measured else ("-", "-")


def change_lines(
    measured_changes: Measured, new_models: set[str], is_measured: bool
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
                percent(change.old, change.new), *effect_cells(effect, is_measured),
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
                *effect_cells(sum((effect for _, effect in found), Effect()), is_measured),
            ))  # fmt: skip
    return lines


def sum_lines(measured_changes: Measured, is_measured: bool) -> list[Cells]:
    """A line per model and the total, dearest effect first."""
    by_model: dict[str, list[Effect]] = defaultdict(list)
    for change, effect in measured_changes:
        by_model[llm_id(change.row)].append(effect)
    sums = {model: sum(found, Effect()) for model, found in by_model.items()}
    total = sum(sums.values(), Effect())
    ordered = sorted(sums, key=lambda model: (-abs(sums[model].usd), -sums[model].units, model))
    lines = [
        (model, str(len(by_model[model])), *effect_cells(sums[model], is_measured))
        for model in ordered
        if sums[model].units or not is_measured
    ]
    if untouched := len(sums) - len(lines):
        lines.append((f"{untouched} more, without usage of theirs", "", "0", "0"))
    return [
        *lines,
        (f"all {len(sums)}", str(len(measured_changes)), *effect_cells(total, is_measured)),
    ]


def as_text(header: Cells, lines: Sequence[Cells]) -> str:
    widths = [max(map(len, column)) for column in zip(header, *lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if name in NUMBERS else cell.ljust(width)
            for name, cell, width in zip(header, line, widths, strict=True)
        ).rstrip()
        for line in (header, *lines)
    )


def as_markdown(header: Cells, lines: Sequence[Cells]) -> str:
    rule = tuple("---:" if name in NUMBERS else "---" for name in header)
    escaped = [tuple(cell.replace("|", "\\|") for cell in line) for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in (header, rule, *escaped))


def add_report_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--report", type=Path, metavar="FILE.md", help="write the report there too, as Markdown"
    )
    parser.add_argument(
        "--target", help="target of profiles.yml whose usage is looked at; default: dbt's own"
    )


def write_report(
    changes: list[PriceChange],
    before: list[Row],
    after: list[Row],
    args: argparse.Namespace,
    write: Callable[[str], object] = print,
) -> None:
    """Write the report of `changes` between two lists; `args` as in add_report_options."""
    modifiers = read_csv(args.seeds / "price_modifiers.csv", MODIFIER_COLUMNS)
    components = read_csv(args.seeds / "llm_price_components.csv", COMPONENT_COLUMNS)
    parents = {row["component"]: row["parent_component"] for row in components}
    old, new = (PriceTable(rows, modifiers, parents) for rows in (before, after))
    note, found = "", [Effect()] * len(changes)
    try:
        found = measured(changes, old, new, args.target)
    except NoUsage as problem:
        note = f"usage and USD are left out: {problem}"
    pairs = list(zip(changes, found, strict=True))
    known = {llm_id(row) for row in before}
    new_models = {llm_id(change.row) for change in changes} - known
    tables_shown = [
        (HEADER, change_lines(pairs, new_models, not note)),
        (("model", "changes", "usage", "USD"), sum_lines(pairs, not note)),
    ]
    for header, lines in tables_shown if changes else []:
        write(as_text(header, lines) + "\n")
    if note:
        write(note)
    if args.report:
        shown = [as_markdown(*each) for each in tables_shown] if changes else ["No price changes."]
        text = "\n\n".join(["# Price changes", *shown, *([note] if note else [])])
        args.report.write_text(text + "\n", encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--before", type=Path, required=True, help="llm_prices.csv as it was")
    parser.add_argument("--seeds", type=Path, default=SEEDS, help="folder of the seeds as they are")
    add_report_options(parser)
    args = parser.parse_args()
    try:
        if not args.before.is_file():
            raise RefusedError(f"{args.before} is missing; see --help for how to get it")
        before = read_csv(args.before, PRICE_COLUMNS)
        after = read_csv(args.seeds / "llm_prices.csv", PRICE_COLUMNS)
    except RefusedError as error:
        print(f"refused: {error}", file=sys.stderr)
        return 2
    changes = price_changes(before, after, instant_text(datetime.now(tz=UTC).date()))
    write_report(changes, before, after, args)
    print(f"{len(changes)} price changes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
