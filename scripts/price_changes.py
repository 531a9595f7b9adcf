"""Where two lists of price rows charge something else, whatever rows say so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from price_rows import FOREVER, Key, Row, effective_rows, row_key


@dataclass(frozen=True)
class PriceChange:
    """Another price of one key over [valid_from, valid_to); None is no price, '' is open.

    `kind` is `corrected`, `changed`, `cancelled`, `announced`, `closed` or `new`.
    """

    kind: str
    valid_from: str
    valid_to: str
    old: Row | None
    new: Row | None

    @property
    def row(self) -> Row:
        """A row of the key whose price it is."""
        row = self.new or self.old
        assert row is not None
        return row

    def holds(self, instant: str) -> bool:
        return self.valid_from <= instant < (self.valid_to or FOREVER)


def price_changes(before: Iterable[Row], after: Iterable[Row], today: str) -> list[PriceChange]:
    """What usage would be priced with after, where it is not what it was priced with before.

    `today` is an instant as the seed writes it: what starts later is announced.
    """
    old: dict[Key, list[Row]] = defaultdict(list)
    new: dict[Key, list[Row]] = defaultdict(list)
    after = list(after)
    for rows, by_key in ((before, old), (after, new)):
        for row in effective_rows(rows):
            by_key[row_key(row)].append(row)
    cancelled = {(row_key(r), r["valid_from"]) for r in after if r["status"] == "cancelled"}
    found = []
    for key in sorted(old.keys() | new.keys()):
        for begin, end, was, now in periods(old.get(key, []), new.get(key, [])):
            if was is None:
                kind = "new"
            elif (key, was["valid_from"]) in cancelled and was["valid_from"] > today:
                kind = "cancelled"
            elif now is None:
                kind = "closed"
            elif begin > today:
                kind = "announced"
            else:
                kind = "changed" if now["revision"] == "1" else "corrected"
            found.append(PriceChange(kind, begin, "" if end == FOREVER else end, was, now))
    return found


def periods(old: list[Row], new: list[Row]) -> Iterator[tuple[str, str, Row | None, Row | None]]:
    """Yield (from, to, row before, row after) wherever the two prices of a key differ."""
    edges = {row["valid_from"] for row in [*old, *new]}
    edges |= {row["valid_to"] or FOREVER for row in [*old, *new]}
    last: tuple[str, str, Row | None, Row | None] | None = None
    for begin, end in pairwise(sorted(edges)):
        was, now = row_at(old, begin), row_at(new, begin)
        if last and last[1] == begin and (last[2], last[3]) == (was, now):
            last = (last[0], end, was, now)
            continue
        if last:
            yield last
        is_same = was == now or (was and now and was["usd_per_unit"] == now["usd_per_unit"])
        last = None if is_same else (begin, end, was, now)
    if last:
        yield last


def row_at(rows: list[Row], instant: str) -> Row | None:
    """The one row of a key that holds at an instant."""
    for row in rows:
        if row["valid_from"] <= instant < (row["valid_to"] or FOREVER):
            return row
    return None
