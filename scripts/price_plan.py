"""The plan of a refresh: which rows the package's periods append, close once, correct or cancel."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from importlib.metadata import version
from itertools import pairwise

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

    # The package is right about the past too: a changed undated price always was so.
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


def differing_pieces(
    rows: list[Row], periods: list[Period]
) -> Iterator[tuple[str, str, list[Row], Period | None]]:
    """Yield (from, to, rows that hold, period that is wanted) where a key is not priced as wanted.

    `rows` are the effective rows of one key; more than one that holds at a time differs too.
    """
    edges = {row["valid_from"] for row in rows} | {period.valid_from for period in periods}
    edges |= {row["valid_to"] or FOREVER for row in rows} | {period.end for period in periods}
    for begin, end in pairwise(sorted(edges)):
        holding = [r for r in rows if r["valid_from"] <= begin < (r["valid_to"] or FOREVER)]
        wanted = [period for period in periods if period.valid_from <= begin < period.end]
        if [Decimal(row["usd_per_unit"]) for row in holding] != [p.usd_per_unit for p in wanted]:
            yield begin, end, holding, wanted[0] if wanted else None


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
        # The newest revision of each key and start, cancelled or not.
        self.newest: dict[tuple[Key, str], Row] = {}
        for row in sorted(rows, key=lambda row: int(row["revision"])):
            self.newest[row_key(row), row["valid_from"]] = row

    def append(self, key: Key, period: Period, status: str = "") -> None:
        """Add a row for a period, as the next revision of its key and start."""
        place = (key, period.valid_from)
        newest = self.newest.get(place)
        if newest and newest["source"] != PACKAGE:
            raise RefusedError(
                f"llm_prices.csv: the curated row {row_name(newest)} is {newest['status']}, but "
                f"{PACKAGE} says {decimal_text(period.quoted_price)} from then on. Append your own "
                f"price with revision {int(newest['revision']) + 1}."
            )
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
            "revision": str(int(newest["revision"]) + 1 if newest else 1),
            "recorded_on": self.recorded_on.isoformat(),
            "confidence": period.confidence,
        }
        self.newest[place] = {column: values[column] for column in PRICE_COLUMNS}
        self.rows.append(self.newest[place])
        self.touched += 1

    def close(self, row: Row, at: str) -> None:
        row["valid_to"] = at
        self.touched += 1

    def revise(self, key: Key, row: Row, period: Period, status: str = "") -> None:
        self.append(key, replace(period, valid_from=row["valid_from"]), status)

    def run(self, wanted: dict[Key, list[Period]], priced: set[str]) -> None:
        """Change the rows to what is `wanted`; `priced` are the models that the package prices."""
        managed = self.managed()
        self.check_closed_models({llm_id(rows[0]) for rows in managed.values()}, priced)
        kept = {"/".join(key[1:3]) for key in wanted}
        for key in sorted(set(wanted) | set(managed)):
            model = "/".join(key[1:3])
            rows = managed.get(key, [])
            if key in wanted:
                self.reconcile(key, rows, wanted[key])
            elif model in kept:
                self.end(key, rows, self.today)
            elif model not in priced:
                self.retire(key, rows, model)
        self.settle(wanted)
        self.check_settled(wanted)

    def managed(self) -> dict[Key, list[Row]]:
        """The package's effective rows by key, in order of time."""
        managed: dict[Key, list[Row]] = defaultdict(list)
        for row in effective_rows(row for row in self.rows if row["price_book"] == BOOK):
            if row["source"] == PACKAGE:
                managed[row_key(row)].append(row)
        for rows in managed.values():
            rows.sort(key=lambda row: row["valid_from"])
        return managed

    def settle(self, wanted: dict[Key, list[Period]]) -> None:
        """Price what is wanted and has no price; a model that is corrected becomes as wanted."""
        managed = self.managed()
        for key, periods in wanted.items():
            rows = managed.get(key, [])
            pieces = list(differing_pieces(rows, periods))
            if pieces and "/".join(key[1:3]) in self.decisions.correct:
                self.align(key, rows, periods)
                continue
            for begin, end, holding, period in pieces:
                if period and not holding:
                    valid_to = "" if end == FOREVER else end
                    self.append(key, replace(period, valid_from=begin, valid_to=valid_to))

    def align(self, key: Key, rows: list[Row], periods: list[Period]) -> None:
        """Revise the rows of a key to its periods, cut where a row starts already."""
        by_start = {row["valid_from"]: row for row in rows}
        pieces: dict[str, Period] = {}
        for period in periods:
            inside = [start for start in by_start if period.valid_from < start < period.end]
            starts = [period.valid_from, *sorted(inside)]
            for begin, end in zip(starts, [*starts[1:], period.valid_to], strict=True):
                pieces[begin] = replace(period, valid_from=begin, valid_to=end)
        for start, row in by_start.items():
            if start not in pieces:
                self.revise(key, row, self.as_period(row), "cancelled")
        for start, piece in pieces.items():
            held = by_start.get(start)
            if (
                not held
                or Decimal(held["usd_per_unit"]) != piece.usd_per_unit
                or held["valid_to"] not in ("", piece.valid_to)
            ):
                self.append(key, piece)
            elif held["valid_to"] != piece.valid_to:
                self.close(held, piece.valid_to)

    def check_settled(self, wanted: dict[Key, list[Period]]) -> None:
        """Refuse a plan that prices a time otherwise than the package, unless it is history.

        Until an undated change was seen, the price before it was in force.
        """
        seen = {
            (row_key(row), row["valid_from"])
            for row in self.rows
            if row["confidence"] == "observed"
            and row["valid_from"] == f"{row['recorded_on']} 00:00:00"
        }
        managed = self.managed()
        for key, periods in wanted.items():
            rows = managed.get(key, [])
            starts = [row["valid_from"] for row in rows if (key, row["valid_from"]) in seen]
            for begin, end, holding, period in differing_pieces(rows, periods):
                is_history = period and any(end <= start < period.end for start in starts)
                if not is_history or len(holding) != 1:
                    raise self.contradiction(key, holding, begin, end, period)

    @staticmethod
    def contradiction(
        key: Key, holding: list[Row], begin: str, end: str, period: Period | None
    ) -> RefusedError:
        """The refusal of a time that a row prices otherwise than the package."""
        model = "/".join(key[1:3])
        says = f"says {decimal_text(period.quoted_price)}" if period else "has no price"
        until = "" if end == FOREVER else f" to {end}"
        row = holding[-1] if holding else None
        priced = f"{row_name(row)} is {row['quoted_price']}" if row else f"{'/'.join(key)} is open"
        revision = int(row["revision"]) + 1 if row else 1
        return RefusedError(
            f"llm_prices.csv: {priced}, but from {begin}{until} {PACKAGE} {says}. If the package "
            f"is right about the past: --correct {model}. If the row is: append it as a curated "
            f"one, revision {revision}, with your source."
        )

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
        for row in rows:
            is_wanted = any(p.valid_from <= row["valid_from"] < p.end for p in periods)
            if row["valid_from"] > self.today and not is_wanted:
                self.revise(key, row, self.as_period(row), "cancelled")
        for period in periods:
            chain = [row for row in rows if period.valid_from <= row["valid_from"] < period.end]
            while (
                chain
                and chain[-1]["valid_from"] > self.today
                and chain[-1]["valid_from"] != period.valid_from
            ):
                # An announced change that the package no longer has: the price before it stays.
                self.revise(key, chain[-1], self.as_period(chain[-1]), "cancelled")
                chain.pop()
                if chain:
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
        elif period.end <= self.today:
            raise self.contradiction(key, [last], last["valid_from"], period.end, period)
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
