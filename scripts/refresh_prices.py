#!/usr/bin/env python3
"""Build or refresh the price seeds from the genai-prices package, and report what changes.

Reads the installed package and the seeds as they stand, and writes what is new to `seeds/pricing/`:
`llm_prices.csv`, `llm_models.csv`, `llm_model_aliases.csv` and `llm_price_hashes.csv`. The package
owns only the rows whose source is `genai-prices`; curated rows and other price books are kept.

History is never rewritten. A new price is a new row, an open period may be closed once, a
correction of a past period is a new row with a higher revision, and a withdrawn announcement is a
new revision with status `cancelled`. The same package and the same seeds change no byte.

What looks like a slip is refused until a person decides: a price that moves a hundredfold
(--accept-change), a price of 0 (--free), a model that the package no longer has (--close), a past
that the package tells otherwise (--correct).

Usage:
    python scripts/refresh_prices.py [--seeds DIR] [--recorded-on DAY] [--check]
        [--correct PROVIDER/MODEL] [--accept-change PROVIDER/MODEL] [--free PROVIDER/MODEL]
        [--close PROVIDER/MODEL=DAY] [--target NAME] [--report FILE.md]

Exit codes: 0 the seeds are up to date or were written, 1 `--check` found a difference,
2 the input is refused; the message names the row and the mend.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path

from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import Provider
from price_changes import PriceChange, price_changes
from price_checks import check_changes, check_rows, refresh_hashes
from price_package import (
    FREE_SUFFIX,
    NAME_PREFIXES,
    PACKAGE,
    WITHHELD_NAMES,
    exact_names,
    located_names,
    offered_providers,
    skipped,
    wanted_periods,
)
from price_plan import Decisions, Refresh, cut_curated
from price_report import add_report_options, write_report
from price_rows import (
    ALIAS_COLUMNS,
    COMPONENT_COLUMNS,
    HASH_COLUMNS,
    MODEL_COLUMNS,
    PRICE_COLUMNS,
    UNDATED,
    RefusedError,
    Row,
    csv_text,
    instant_text,
    llm_id,
    read_csv,
    sort_key,
)

ROOT = Path(__file__).resolve().parent.parent
KNOWN_NAMES = Path(__file__).resolve().parent / "pricing" / "known_model_names.csv"


@dataclass(frozen=True)
class Refreshed:
    """What a refresh makes of the seeds: new texts by file, and the price rows before and after."""

    texts: dict[Path, str]
    changes: list[PriceChange]
    before: list[Row]
    after: list[Row]
    touched: int


def free_models(models: list[Row], decisions: Decisions) -> frozenset[str]:
    """The models of which a price of 0 is meant, PROVIDER/MODEL each."""
    return decisions.free | {llm_id(row) for row in models if row["is_free"] == "true"}


def refresh_models(
    rows: list[Row], providers: list[Provider], free: frozenset[str] = frozenset()
) -> list[Row]:
    """The catalogue with the package's models; one that is `free` is marked, and stays so."""
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
                "is_free": "true" if model.id.endswith(FREE_SUFFIX) else "false",
                "source": PACKAGE,
            }
    if unknown := free - {llm_id(row) for row in found.values()}:
        raise RefusedError(f"--free {min(unknown)}: llm_models.csv has no such model")
    for row in found.values():
        if llm_id(row) in free:
            row["is_free"] = "true"
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


def known_names() -> list[Row]:
    return read_csv(KNOWN_NAMES, ("provider_id", "model_name"))


def refreshed(seeds: Path, recorded_on: date, decisions: Decisions) -> Refreshed:
    """What the package makes of the seeds; raise RefusedError where that must not be written."""
    component_rows = read_csv(seeds / "llm_price_components.csv", COMPONENT_COLUMNS)
    components = {row["component"]: row for row in component_rows}
    known = known_names()
    providers = offered_providers(get_snapshot().providers, known)
    models = read_csv(seeds / "llm_models.csv", MODEL_COLUMNS)
    models = refresh_models(models, providers, free_models(models, decisions))
    free = free_models(models, decisions)
    prices = read_csv(seeds / "llm_prices.csv", PRICE_COLUMNS)
    check_rows(prices, components, free)
    hashes = refresh_hashes(read_csv(seeds / "llm_price_hashes.csv", HASH_COLUMNS), prices)

    before = [dict(row) for row in prices]
    per = {name: int(row["per"]) for name, row in components.items()}
    offered = wanted_periods(providers, per)
    refresh = Refresh(prices, recorded_on, decisions)
    refresh.run(cut_curated(offered, prices), {"/".join(key[1:3]) for key in offered})
    changes = price_changes(before, prices, instant_text(recorded_on))
    check_changes(changes, decisions.accept_change)
    check_rows(prices, components, free)
    if refresh.touched:
        prices.sort(key=sort_key)
    hashes = refresh_hashes(hashes, prices)
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
    return Refreshed(changed, changes, before, prices, refresh.touched)


def ending(text: str) -> tuple[str, date]:
    """Read PROVIDER/MODEL=DAY."""
    model, equals, day = text.rpartition("=")
    if not equals or "/" not in model:
        raise argparse.ArgumentTypeError(f"{text} is not PROVIDER/MODEL=YYYY-MM-DD")
    try:
        return model, date.fromisoformat(day)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{day} is not a day YYYY-MM-DD") from error


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
    of_models = {
        "--correct": "the package is right about the past, not only from today on",
        "--accept-change": "a price of this model did move by a hundred times or more",
        "--free": "a price of 0 of this model is meant",
    }
    for name, meaning in of_models.items():
        parser.add_argument(
            name, action="append", default=[], metavar="PROVIDER/MODEL", help=meaning
        )
    parser.add_argument(
        "--close", action="append", default=[], type=ending, metavar="PROVIDER/MODEL=DAY",
        help="a model that the package no longer has ended on that day, UTC",
    )  # fmt: skip
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if the seeds would change"
    )
    add_report_options(parser)
    return parser.parse_args()


def main(write: Callable[[str], object] = print) -> int:
    args = parse_args()
    recorded_on = args.recorded_on or datetime.now(tz=UTC).date()
    decisions = Decisions(
        frozenset(args.correct),
        frozenset(args.accept_change),
        frozenset(args.free),
        dict(args.close),
    )
    try:
        found = refreshed(args.seeds, recorded_on, decisions)
    except RefusedError as error:
        print(f"refused: {error}", file=sys.stderr)
        return 2
    if found.changes or args.report:
        write_report(found.changes, found.before, found.after, args, write)
    if args.check:
        for path in found.texts:
            write(
                f"{path.name} differs from {PACKAGE} {version(PACKAGE)}; "
                "run scripts/refresh_prices.py"
            )
        return 1 if found.texts else 0
    for path, text in found.texts.items():
        path.write_text(text, encoding="utf-8", newline="")
    for line in skipped(get_snapshot().providers):
        write(line)
    write(
        f"{found.touched} price rows changed, {len(found.texts)} files written"
        if found.texts
        else "nothing changed"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
