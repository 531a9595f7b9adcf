"""What a change of prices does to the usage in the warehouse, in tokens or calls and exact USD.

Usage is summed by whatever a price may depend on, cut at every date, threshold and window of the
two price lists, and each sum is priced with both. Only the marts are read, so it does not matter
which of the two lists the warehouse was built with.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from price_changes import PriceChange
from price_lookup import Model, Moment, PriceTable, minute_of, model_of
from price_rows import FOREVER, UNDATED, Row

if TYPE_CHECKING:
    from mart_export.targets import Target

# Component -> its disjoint tokens in fct_llm_usage.
TOKENS = {
    "input": "uncached_input_tokens",
    "cache_read": "cache_read_input_tokens",
    "cache_write_5m": "cache_write_5m_input_tokens",
    "cache_write_1h": "cache_write_1h_input_tokens",
    "input_audio": "audio_input_tokens",
    "output": "output_tokens - reasoning_output_tokens - audio_output_tokens",
    "reasoning": "reasoning_output_tokens",
    "output_audio": "audio_output_tokens",
}
USED_AT = "coalesce(started_at, ended_at)"


class NoUsage(Exception):
    """There is no warehouse to ask; the message says why."""


@dataclass(frozen=True)
class Effect:
    """Units that a change prices otherwise, and USD that they cost more, at list price.

    What had no price counts from 0, what loses its price counts down to 0.
    """

    units: int = 0
    usd: Decimal = Decimal(0)

    def __add__(self, other: Effect) -> Effect:
        return Effect(self.units + other.units, self.usd + other.usd)


def measured(
    changes: Sequence[PriceChange], before: PriceTable, after: PriceTable, target: str | None
) -> list[Effect]:
    """The effect of each change on the usage in a target of the profile; raise NoUsage."""
    from engine_servers.problems import ServerProblem
    from mart_export.targets import NoTarget, open_target
    from warehouse import NoProfile, find_warehouse

    try:
        opened = open_target(target or find_warehouse().target)
        with closing(opened.engine):
            if "fct_llm_usage" not in opened.tables():
                raise NoUsage(f"{opened.name} holds no fct_llm_usage: build it first (dbt build)")
            return effects(changes, before, after, opened)
    except (NoProfile, NoTarget, ServerProblem) as problem:
        raise NoUsage(str(problem)) from problem


def effects(
    changes: Sequence[PriceChange], before: PriceTable, after: PriceTable, target: Target
) -> list[Effect]:
    """The effect of each change, in their order."""
    used_models = {tuple(row) for row in target.engine.stream(
        "select distinct price_book, provider_id, model_id from "
        + target.engine.identifier(target.schema, "fct_llm_usage")
    )}  # fmt: skip
    by_model: dict[Model, list[int]] = defaultdict(list)
    for position, change in enumerate(changes):
        by_model[model_of(change.row)].append(position)
    found = [Effect()] * len(changes)
    for model, positions in by_model.items():
        if model not in used_models:
            continue
        for component, moment, units in usage(model, before, after, target):
            old = before.price(model, component, moment)
            new = after.price(model, component, moment)
            usd = units * ((new[1] if new else 0) - (old[1] if old else Decimal(0)))
            if units and (old and old[1]) != (new and new[1]):
                position = cause(changes, positions, moment, [new, old])
                found[position] += Effect(units, usd)
    return found


def cause(
    changes: Sequence[PriceChange],
    positions: Sequence[int],
    moment: Moment,
    priced_by: Sequence[tuple[Row, Decimal] | None],
) -> int:
    """The change by which usage costs something else: that of the row that prices it now."""
    for found in priced_by:
        for position in positions:
            rows = (changes[position].new, changes[position].old)
            if (
                found
                and any(found[0] == row for row in rows)
                and changes[position].holds(moment.at)
            ):
                return position
    raise AssertionError("usage costs something else, and no price changed")


def usage(
    model: Model, before: PriceTable, after: PriceTable, target: Target
) -> Iterator[tuple[str, Moment, int]]:
    """Yield (component, moment, units) of a model's usage, cut wherever a price may differ."""
    cuts = Cuts.of(model, before, after)
    quoted = [target.engine.literal(part) for part in model]
    of_model = "price_book = {} and provider_id = {} and model_id = {}".format(*quoted)

    minute = f"extract(hour from {USED_AT}) * 60 + extract(minute from {USED_AT})"
    grain = [
        "service_tier",
        "region",
        cuts.period(USED_AT),
        bucket("input_tokens", cuts.bands),
        bucket(minute, cuts.minutes),
        "usage_date" if cuts.minutes else "cast(null as date)",
    ]
    fact = target.engine.identifier(target.schema, "fct_llm_usage")
    tokens = ", ".join(f"sum({tokens})" for tokens in TOKENS.values())
    for row in target.engine.stream(summed(tokens, grain, fact, of_model)):
        moment = cuts.moment(*row[:6])
        for component, units in zip(TOKENS, row[6:], strict=True):
            yield component, moment, int(units or 0)

    schema = target.schema.removesuffix("marts") + "intermediate"
    meters = target.engine.identifier(schema, "int_llm_usage_meters")
    grain = ["service_tier", "region", cuts.period("usage_at"), "meter"]
    for tier, region, period, meter, units in target.engine.stream(
        summed("sum(quantity)", grain, meters, of_model)
    ):
        yield meter, cuts.moment(tier, region, period), int(units or 0)


@dataclass(frozen=True)
class Cuts:
    """Where the price of a model may differ: instants, input tokens, minutes of the day."""

    instants: list[str]
    bands: list[int]
    minutes: list[int]

    @classmethod
    def of(cls, model: Model, *tables: PriceTable) -> Cuts:
        rows = [row for table in tables for row in table.rows[model]]
        dated = rows + [row for table in tables for row in table.modifiers[model]]
        edges = {row[column] for row in dated for column in ("valid_from", "valid_to")}
        times = {row[column] for row in rows for column in ("tod_from", "tod_to") if row[column]}
        return cls(
            sorted(edge for edge in edges if UNDATED < edge < FOREVER),
            sorted({int(row["ctx_min"]) for row in rows} - {0}),
            sorted({minute_of(time) for time in times}),
        )

    def period(self, instant: str) -> str:
        return bucket(instant, [f"timestamp '{each}'" for each in self.instants])

    def moment(
        self, tier: str, region: str, period: int, band: int = 0, time: int = 0, day: Any = None
    ) -> Moment:
        """The first moment of a bucket of each; Spark hands dates out as text."""
        return Moment(
            [UNDATED, *self.instants][period],
            tier,
            region,
            [0, *self.bands][band],
            date.fromisoformat(str(day)).isoweekday() if day else 1,
            [0, *self.minutes][time],
        )


def bucket(value: str, edges: Sequence[object]) -> str:
    """SQL for how many of the edges, in order, a value has reached."""
    if not edges:
        return "0"
    cases = " ".join(f"when {value} < {edge} then {place}" for place, edge in enumerate(edges))
    return f"case {cases} else {len(edges)} end"


def summed(sums: str, grain: Sequence[str], table: str, where: str) -> str:
    places = ", ".join(str(place + 1) for place in range(len(grain)))
    return f"select {', '.join(grain)}, {sums} from {table} where {where} group by {places}"
