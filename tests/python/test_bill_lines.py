"""Every line of docs/bill_lines.md costs what the page says, and its working adds up to that."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from support.priced_events import Priced, price_events
from support.project import PINNED, REPOSITORY, Project

PAGE = REPOSITORY / "docs" / "bill_lines.md"
LINE = re.compile(
    r"^\| (?P<kind>[^|]+) \| `(?P<event>\{.+\})` \| (?P<working>[^|]+) \| (?P<cost>\S+) \|$"
)
PRODUCT = re.compile(r"([\d,.]+(?: × [\d,.]+)+)")


@dataclass(frozen=True)
class BillLine:
    kind: str
    event: dict[str, Any]
    working: str
    cost: Decimal | None

    @property
    def worked_out(self) -> Decimal:
        """The sum of the products in the working, in millionths of a USD."""
        total = Decimal(0)
        for product in PRODUCT.findall(self.working):
            factors = [Decimal(factor.replace(",", "")) for factor in product.split(" × ")]
            value = Decimal(1)
            for factor in factors:
                value *= factor
            total += value
        return total


def bill_lines() -> list[BillLine]:
    found = [LINE.match(line) for line in PAGE.read_text().splitlines()]
    return [
        BillLine(
            match["kind"],
            json.loads(match["event"]),
            match["working"],
            None if match["cost"] == "NULL" else Decimal(match["cost"]),
        )
        for match in found
        if match
    ]


LINES = bill_lines()


@pytest.fixture(scope="module")
def priced(make_project: Callable[..., Project]) -> dict[str, Priced]:
    events = [{"event_id": str(place), **line.event} for place, line in enumerate(LINES)]
    return price_events(make_project("bill_lines", vars=PINNED), events)


def test_the_page_has_a_line_of_each_kind() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    assert len(LINES) == len(rows) - 1 > 20, "a row of the table cannot be read"


@pytest.mark.parametrize("place", range(len(LINES)), ids=[line.kind for line in LINES])
def test_a_line_costs_what_the_page_says(priced: dict[str, Priced], place: int) -> None:
    assert priced[str(place)].cost == LINES[place].cost


@pytest.mark.parametrize("line", LINES, ids=[line.kind for line in LINES])
def test_the_working_is_the_cost(line: BillLine) -> None:
    assert line.worked_out == (line.cost or 0) * 1_000_000
