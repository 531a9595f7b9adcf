"""List prices for the answer key: a small reader of `seeds/pricing`, written apart from the models.

It knows what the demonstration needs: the book `list`, region `*`, tiers, context bands, hours of
the day on all weekdays, revisions. Instants are microseconds since 1970-01-01T00:00Z, costs whole
millionths of a billionth of a USD (femto-USD), so that sums are exact.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import Decimal

from raw_area import ROOT

from demo_data.world import DAY, MINUTE, us

FEMTO = 10**15
FOREVER = us("9999-12-31")
EVERY_DAY = "1-7"
# Where a component has no price of its own, its parent's counts.
PARENTS = {"cache_read": "input", "cache_write_5m": "input", "cache_write_1h": "cache_write_5m"}


@dataclass(frozen=True)
class Atom:
    """One price: femto-USD a unit, from which input size on, when, in which minutes of the day."""

    price: int
    context_from: int
    valid_from: int
    valid_to: int
    minutes: tuple[int, int] | None
    revision: int
    is_cancelled: bool


@dataclass(frozen=True)
class Costed:
    """What a call costs at list price: None where a part has no price, femto-USD."""

    list_cost: int | None
    status: str
    unpriced_tokens: int


def minute_of(text: str) -> int:
    hours, minutes = text.split(":")[:2]
    return int(hours) * 60 + int(minutes)


class ListPrices:
    """The prices of the given providers."""

    def __init__(self, providers: set[str]) -> None:
        folder = ROOT / "seeds" / "pricing"
        self.providers: dict[str, str] = {}
        self.names: dict[tuple[str, str], list[tuple[int, int, str]]] = {}
        self.atoms: dict[tuple[str, str, str, str], list[Atom]] = {}
        with (folder / "llm_provider_aliases.csv").open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                self.providers[row["provider_name"]] = row["provider_id"]
        with (folder / "llm_model_aliases.csv").open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if row["provider_id"] in providers:
                    span = (us(row["valid_from"]), us(row["valid_to"] or "9999-12-31"))
                    key = (row["provider_id"], row["model_name"])
                    self.names.setdefault(key, []).append((*span, row["model_id"]))
        with (folder / "llm_prices.csv").open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                is_ours = row["price_book"] == "list" and row["region_class"] == "*"
                if is_ours and row["provider_id"] in providers:
                    self.add(row)

    def add(self, row: dict[str, str]) -> None:
        """Keep one row; of the revisions of a price and start the highest counts."""
        minutes = None
        if row["tod_from"]:
            if row["dow"] != EVERY_DAY:
                return
            minutes = (minute_of(row["tod_from"]), minute_of(row["tod_to"]))
        atom = Atom(
            int(Decimal(row["usd_per_unit"]) * FEMTO),
            int(row["ctx_min"]),
            us(row["valid_from"]),
            us(row["valid_to"] or "9999-12-31"),
            minutes,
            int(row["revision"]),
            row["status"] == "cancelled",
        )
        key = (row["provider_id"], row["model_id"], row["component"], row["service_tier"])
        kept = self.atoms.setdefault(key, [])
        place = (atom.context_from, atom.valid_from, atom.minutes)
        for other in kept:
            if (other.context_from, other.valid_from, other.minutes) == place:
                if other.revision < atom.revision:
                    kept.remove(other)
                    break
                return
        kept.append(atom)

    def resolve(self, provider: str | None, model: str | None, at: int) -> tuple[str, str] | None:
        """Return provider and model of the price list for two reported names, None if unknown."""
        known = self.providers.get((provider or "").strip().lower(), "")
        spans = self.names.get((known, (model or "").strip().lower()), [])
        for since, until, model_id in spans:
            if since <= at < until:
                return known, model_id
        return None

    def unit_price(
        self, model: tuple[str, str], component: str, tier: str, context: int, at: int
    ) -> int | None:
        """Return the price of one unit in femto-USD, its parent's where it has none."""
        minute = at % DAY // MINUTE
        best: tuple[tuple[int, bool], int] | None = None
        for atom in self.atoms.get((*model, component, tier), []):
            if atom.is_cancelled or not atom.valid_from <= at < atom.valid_to:
                continue
            if atom.context_from > context:
                continue
            if atom.minutes and not atom.minutes[0] <= minute < atom.minutes[1]:
                continue
            rank = (atom.context_from, atom.minutes is not None)
            if best is None or rank > best[0]:
                best = (rank, atom.price)
        if best is not None:
            return best[1]
        parent = PARENTS.get(component)
        return self.unit_price(model, parent, tier, context, at) if parent else None

    def cost(
        self,
        model: tuple[str, str] | None,
        tier: str,
        at: int,
        tokens: dict[str, int],
        meters: dict[str, int],
    ) -> Costed:
        """Price disjoint token counts by component, and other meters."""
        counts = {component: count for component, count in tokens.items() if count}
        if model is None:
            return Costed(None, "unpriced_model", sum(counts.values()))
        context = sum(count for component, count in tokens.items() if component != "output")
        known, unpriced, is_whole = 0, 0, True
        for component, count in counts.items():
            price = self.unit_price(model, component, tier, context, at)
            if price is None:
                unpriced, is_whole = unpriced + count, False
            else:
                known += price * count
        for meter, count in meters.items():
            price = self.unit_price(model, meter, tier, context, at)
            if price is None:
                is_whole = False
            else:
                known += price * count
        if not is_whole:
            return Costed(None, "unpriced_component", unpriced)
        return Costed(known, "priced", 0)
