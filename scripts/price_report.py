#!/usr/bin/env python3
"""Report what two price lists charge differently, and what that does to the usage in the warehouse.

One line per price that changed: corrected and changed ones, cancelled and announced ones, closed
ones, new ones; the prices of a model that is new altogether stand in one line. `usage` are the
tokens or calls that the change prices otherwise, `USD` what they cost more at list price, exact:
what was unpriced counts from 0. Usage under a name that no model has yet is not in it. Sums by
model and a total follow.

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
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from price_changes import PriceChange, price_changes
from price_effects import Effect, NoUsage, measured
from price_lookup import MODIFIER_COLUMNS, PriceTable
from price_report_lines import HEADER, NUMBERS, SUM_HEADER, Cells, change_lines, sum_lines
from price_rows import (
    COMPONENT_COLUMNS,
    PRICE_COLUMNS,
    RefusedError,
    Row,
    instant_text,
    llm_id,
    read_csv,
)

SEEDS = Path(__file__).resolve().parent.parent / "seeds" / "pricing"


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
    units = {row["component"]: row["unit"] for row in components}
    old, new = (PriceTable(rows, modifiers, components) for rows in (before, after))
    note, found = "", [Effect()] * len(changes)
    try:
        found = measured(changes, old, new, args.target)
    except NoUsage as problem:
        note = f"usage and USD are left out: {problem}"
    pairs = list(zip(changes, found, strict=True))
    known = {llm_id(row) for row in before}
    new_models = {llm_id(change.row) for change in changes} - known
    tables_shown = [
        (HEADER, change_lines(pairs, new_models, units, not note)),
        (SUM_HEADER, sum_lines(pairs, units, not note)),
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
