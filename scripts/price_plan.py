"""The plan of a refresh: which rows the package's periods append, close once, correct or cancel."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from importlib.metadata import version

from price_package import PACKAGE, Period
from price_rows import (
    BOOK,
    FOREVER,
    KEY_COLUMNS,
    PRICE_COLUMNS,
    UNDATED,
    Key,
    RefusedError,
    Row,
    decimal_text,
    effective_rows,
    instant_text,
    llm_id,
    row_key,
    row_name,
)


@dataclass(frozen=True)
class Decisions:
    """What a person says of models, PROVIDER/MODEL each, that the package does not say."""

    # A changed undated price always was so.
    correct: frozenset[str] = frozenset()
    # A price did move by a hundred times or more.
    accept_change: frozenset[str] = frozenset()
    # A price of 0 is meant.
    free: frozenset[str] = frozenset()
    # A model that the package no longer has ends on a day.
    close: Mapping[str, date] = field(default_factory=dict)


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


class Refresh:
    """Turns the package's periods into the least change of the seed's rows.

    `rows` are the seed's rows and are changed in place only by closing an open period;
    `touched` counts the rows that were appended or closed.
    """

    def __init__(self, rows: list[Row], recorded_on: date, decisions: Decisions) -> None:
        self.rows = rows
        self.recorded_on = recorded_on
        self.today = instant_text(recorded_on)
        self.decisions = decisions
        self.touched = 0

    def append(self, key: Key, period: Period, revision: int = 1, status: str = "") -> None:
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
        self.rows.append({column: values[column] for column in PRICE_COLUMNS})
        self.touched += 1

    def close(self, row: Row, at: str) -> None:
        row["valid_to"] = at
        self.touched += 1

    def revise(self, key: Key, row: Row, period: Period, status: str = "") -> None:
        same_start = replace(period, valid_from=row["valid_from"])
        self.append(key, same_start, int(row["revision"]) + 1, status)

    def run(self, wanted: dict[Key, list[Period]], priced: set[str]) -> None:
        """Change the rows to what is `wanted`; `priced` are the models that the package prices."""
        managed: dict[Key, list[Row]] = defaultdict(list)
        for row in effective_rows(row for row in self.rows if row["price_book"] == BOOK):
            if row["source"] == PACKAGE:
                managed[row_key(row)].append(row)
        self.check_closed_models({llm_id(rows[0]) for rows in managed.values()}, priced)
        kept = {"/".join(key[1:3]) for key in wanted}
        for key in sorted(set(wanted) | set(managed)):
            model = "/".join(key[1:3])
            rows = sorted(managed.get(key, []), key=lambda row: row["valid_from"])
            if key in wanted:
                self.reconcile(key, rows, wanted[key])
            elif model in kept:
                self.end(key, rows, self.today)
            elif model not in priced:
                self.retire(key, rows, model)

    def check_closed_models(self, managed: set[str], priced: set[str]) -> None:
        """Refuse an end for a model that has none to give."""
        for model, day in self.decisions.close.items():
            if model not in managed:
                raise RefusedError(
                    f"--close {model}={day}: llm_prices.csv has no row of {PACKAGE} for it; mend "
                    "the spelling, or close a curated row by hand"
                )
            if model in priced:
                raise RefusedError(
                    f"--close {model}={day}: {PACKAGE} still has a price for it, and the next "
                    "refresh would open it again; leave it out"
                )

    def reconcile(self, key: Key, rows: list[Row], periods: list[Period]) -> None:
        for period in periods:
            chain = [row for row in rows if period.valid_from <= row["valid_from"] < period.end]
            while (
                len(chain) > 1
                and chain[-1]["valid_from"] > self.today
                and chain[-1]["valid_from"] != period.valid_from
            ):
                # An announced change that the package no longer has: the price before it stays.
                self.revise(key, chain[-1], self.as_period(chain[-1]), "cancelled")
                chain.pop()
                reopened = replace(self.as_period(chain[-1]), valid_to=period.valid_to)
                self.revise(key, chain[-1], reopened)
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
            or "/".join(key[1:3]) in self.decisions.correct
            or last["valid_from"] >= self.today
        )
        if is_correction:
            self.revise(key, last, period)
        else:
            self.close(last, self.today)
            self.append(key, replace(period, valid_from=self.today, confidence="observed"))

    def retire(self, key: Key, rows: list[Row], model: str) -> None:
        """The package no longer has the model: it ends on the day that somebody names."""
        if model in self.decisions.close:
            self.end(key, rows, instant_text(self.decisions.close[model]))
            return
        for row in rows:
            if not row["valid_to"]:
                raise RefusedError(
                    f"llm_prices.csv: {row_name(row)} is open, but {PACKAGE} no longer has a price "
                    f"for {model}. Say when it ended: --close {model}=YYYY-MM-DD, or let a curated "
                    f"row go on: the same row, revision {int(row['revision']) + 1}, with your "
                    "source."
                )

    def end(self, key: Key, rows: list[Row], at: str) -> None:
        """Let what is priced end: the component, tier or window is gone, or its whole model."""
        for row in rows:
            if row["valid_from"] >= at:
                self.revise(key, row, self.as_period(row), "cancelled")
            elif not row["valid_to"]:
                self.close(row, at)
            elif row["valid_to"] > at:
                self.revise(key, row, replace(self.as_period(row), valid_to=at))

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
