"""What a list of price rows charges at a moment, by the same rules as int_llm_price_sheets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from price_rows import FOREVER, Row, effective_rows

MODIFIER_COLUMNS = (
    "price_book", "provider_id", "model_id", "dimension", "dimension_value", "factor", "valid_from",
    "valid_to", "source", "source_ref", "checked_on", "confidence",
)  # fmt: skip
Model = tuple[str, str, str]


@dataclass(frozen=True)
class Moment:
    """When and how usage happened, as far as prices depend on it; `at` is UTC as in the seed."""

    at: str
    service_tier: str = "standard"
    region: str = "*"
    input_tokens: int = 0
    weekday: int = 1
    minute: int = 0


class PriceTable:
    """The rows that count of a price list, by model; components without a price take a parent's.

    `components` are the rows of llm_price_components.csv, `modifiers` those of price_modifiers.csv.
    """

    def __init__(
        self, rows: Iterable[Row], modifiers: Iterable[Row], components: Iterable[Row]
    ) -> None:
        self.components = {row["component"]: row for row in components}
        self.rows: dict[Model, list[Row]] = defaultdict(list)
        for row in effective_rows(rows):
            self.rows[model_of(row)].append(row)
        self.modifiers: dict[Model, list[Row]] = defaultdict(list)
        for row in modifiers:
            self.modifiers[model_of(row)].append(row)

    def price(self, model: Model, component: str, moment: Moment) -> tuple[Row, Decimal] | None:
        """The row that prices a component, and USD per unit; None where nothing does."""
        asked = component
        while asked:
            if found := self.own_price(model, asked, moment):
                return found
            asked = self.components[asked]["parent_component"]
        return None

    def own_price(self, model: Model, component: str, moment: Moment) -> tuple[Row, Decimal] | None:
        found = [
            row
            for row in self.rows[model]
            if row["component"] == component and applies(row, moment)
        ]
        if not found:
            return None

        def rank(row: Row) -> tuple[int, int, bool]:
            own_region = row["region_class"] == moment.region != "*"
            return (0 if own_region else 1, -int(row["ctx_min"]), row["dow"] == "")

        row = min(found, key=rank)
        # As in int_llm_prices_modified: a region's factor is one on components of kind token.
        is_factored = row["region_class"] == "*" and self.components[component]["kind"] == "token"
        factor = self.factor(model, moment) if is_factored else 1
        return row, Decimal(row["usd_per_unit"]) * factor

    def factor(self, model: Model, moment: Moment) -> Decimal:
        for row in self.modifiers[model]:
            if row["dimension_value"] == moment.region and holds(row, moment.at):
                return Decimal(row["factor"])
        return Decimal(1)


def model_of(row: Row) -> Model:
    return row["price_book"], row["provider_id"], row["model_id"]


def holds(row: Row, at: str) -> bool:
    return row["valid_from"] <= at < (row["valid_to"] or FOREVER)


def minute_of(time_of_day: str) -> int:
    hours, minutes = time_of_day.split(":")
    return int(hours) * 60 + int(minutes)


def applies(row: Row, moment: Moment) -> bool:
    """Whether a row may price a moment; of several, the narrowest does."""
    return (
        holds(row, moment.at)
        and row["service_tier"] == moment.service_tier
        and row["region_class"] in (moment.region, "*")
        and int(row["ctx_min"]) <= moment.input_tokens
        and (
            not row["dow"]
            or (
                int(row["dow"][0]) <= moment.weekday <= int(row["dow"][-1])
                and minute_of(row["tod_from"]) <= moment.minute < minute_of(row["tod_to"])
            )
        )
    )
