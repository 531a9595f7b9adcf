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
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path

from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import Provider
from price_package import (
    NAME_PREFIXES,
    PACKAGE,
    WITHHELD_NAMES,
    Period,
    exact_names,
    located_names,
    offered_providers,
    skipped,
    wanted_periods,
)
from price_rows import (
    ALIAS_COLUMNS,
    BOOK,
    COMPONENT_COLUMNS,
    FOREVER,
    HASH_COLUMNS,
    KEY_COLUMNS,
    MODEL_COLUMNS,
    PRICE_COLUMNS,
    UNDATED,
    Key,
    RefusedError,
    Row,
    check_rows,
    csv_text,
    decimal_text,
    effective_rows,
    instant_text,
    read_csv,
    refresh_hashes,
    row_key,
    row_name,
    sort_key,
)

ROOT = Path(__file__).resolve().parent.parent
KNOWN_NAMES = Path(__file__).resolve().parent / "pricing" / "known_model_names.csv"

# --- curated rows stand before the package ---------------------------------------------------


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
        for row in effective_rows(row for row in self.rows if row["price_book"] == BOOK):
            if row["source"] == PACKAGE:
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
    history: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row["valid_from"]):
        history[row["provider_id"], row["model_name"]].append(dict(row))
    for provider in providers:
        named = {row["model_name"] for row in known if row["provider_id"] == provider.id}
        for name, model_id, plain in resolved_names(provider, named, set(history)):
            periods = history[provider.id, name]
            last = periods[-1] if periods else None
            if last is not None and (last["source"] != PACKAGE or last["model_id"] == model_id):
                continue
            if last is None and plain != name:
                # A longer form has always meant what its name meant.
                past = history[provider.id, plain]
                periods += [row | {"model_name": name} for row in past]
                continue
            if last is not None:
                last["valid_to"] = today
            periods.append({
                "provider_id": provider.id, "model_name": name, "model_id": model_id,
                "valid_from": UNDATED if last is None else today, "valid_to": "",
                "source": PACKAGE, "source_ref": version(PACKAGE),
            })  # fmt: skip
    return [row for place in sorted(history) for row in history[place]]


def resolved_names(
    provider: Provider, known: set[str], kept: set[tuple[str, str]]
) -> list[tuple[str, str, str]]:
    """Each name of a provider's models, the model it means, and the name it is a form of.

    The provider's own names come first, then those with a gateway's prefix or a place.
    """
    ids = {model.id.lower() for model in provider.models}
    names = known | ids | {name for model in provider.models for name in exact_names(model.match)}
    found: dict[str, str] = {}
    withheld = WITHHELD_NAMES.get(provider.id, set())
    for name in sorted({name.strip().lower() for name in names} - withheld):
        if model := provider.find_model(name):
            found[name] = model.id
        # A model's id need not be a name; a retired model keeps the names it had.
        elif name not in ids and (provider.id, name) not in kept:
            raise RefusedError(
                f"known_model_names.csv: {provider.id}/{name} matches no model of "
                f"{PACKAGE}; mend the spelling or take it out"
            )
    prefixes = NAME_PREFIXES[provider.id]
    forms = {
        form: plain
        for plain in found
        for form in (
            *(prefix + plain for prefix in prefixes if not plain.startswith(prefixes)),
            *located_names(provider.id, plain),
        )
        if form not in found
    }
    named = [(name, model_id, name) for name, model_id in found.items()]
    return named + [(form, found[plain], plain) for form, plain in forms.items()]


# --- command ----------------------------------------------------------------------------------


def known_names() -> list[Row]:
    return read_csv(KNOWN_NAMES, ("provider_id", "model_name"))


def refreshed(
    seeds: Path, recorded_on: date, correct: frozenset[str]
) -> tuple[dict[Path, str], list[str]]:
    """Returns the new text of each seed that changes, and the report."""
    component_rows = read_csv(seeds / "llm_price_components.csv", COMPONENT_COLUMNS)
    components = {row["component"]: row for row in component_rows}
    known = known_names()
    providers = offered_providers(get_snapshot().providers, known)
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
        known,
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
    for line in skipped(get_snapshot().providers):
        write(line)
    write(
        f"{len(report)} price rows changed, {len(changed)} files written"
        if changed
        else "nothing changed"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
