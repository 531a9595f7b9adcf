"""What a table of prices must hold before anything is billed with it, and what a refresh may do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Set
from decimal import Decimal, InvalidOperation
from itertools import pairwise

from price_changes import PriceChange
from price_rows import (
    BOOK,
    FOREVER,
    KEY_COLUMNS,
    Key,
    RefusedError,
    Row,
    content_hash,
    decimal_text,
    effective_rows,
    llm_id,
    row_key,
    row_name,
)

SEED = "llm_prices.csv"
# A price that moves by this factor at once is a slip of a unit until somebody says otherwise.
BELIEVABLE_FACTOR = 100
# Every input price beside the list's own, as in assert_price_magnitudes_are_believable.
INPUT_SHARES = (Decimal("0.05"), Decimal(20))
# Models that only read are priced a hundred times lower than the dearest that answer.
READING_ONLY = Decimal("0.05")
NUMBERS = "usd_per_unit, quoted_price, per, revision and ctx_min are numbers"


def check_rows(rows: list[Row], components: dict[str, Row], free: Set[str]) -> None:
    """Refuse a table with a row that would misprice usage; `free` are PROVIDER/MODEL.

    Raises:
        RefusedError: naming the first such row, what is wrong with it and the mend.
    """
    for problem in row_problems(rows, components, free):
        raise RefusedError(f"{SEED}: {problem}")


def row_problems(rows: list[Row], components: dict[str, Row], free: Set[str]) -> Iterator[str]:
    """Yield what is wrong with each row, in the order of what it would spoil."""
    readable = []
    for row in rows:
        unreadable = list(unreadable_values(row, components))
        readable += [] if unreadable else [row]
        for problem in unreadable or amount_problems(row, components[row["component"]], free):
            yield f"{row_name(row)}: {problem}"
    yield from repeated_rows(rows)
    yield from overlapping_rows(rows)
    yield from disproportionate_rows(readable, components)


def unreadable_values(row: Row, components: dict[str, Row]) -> Iterator[str]:
    if row["component"] not in components:
        yield f"unknown component; use one of {', '.join(sorted(components))}"
    try:
        Decimal(row["usd_per_unit"]), Decimal(row["quoted_price"])
        int(row["per"]), int(row["revision"]), int(row["ctx_min"])
    except (InvalidOperation, ValueError):
        yield NUMBERS


def amount_problems(row: Row, component: Row, free: Set[str]) -> Iterator[str]:
    unit, quoted = Decimal(row["usd_per_unit"]), Decimal(row["quoted_price"])
    per = int(row["per"])
    if row["currency"] != "USD" and not row["price_book"].startswith("resale:"):
        yield (
            f"the currency is {row['currency'] or 'missing'}; the warehouse does not convert: "
            "write the price in USD"
        )
    if row["valid_to"] and row["valid_to"] <= row["valid_from"]:
        yield f"valid_to {row['valid_to']} is not after valid_from"
    if unit < 0:
        yield f"{unit} is negative; a price is 0 or more"
    if unit * per != quoted:
        yield (
            f"usd_per_unit {unit} x per {per} is not quoted_price {quoted}; "
            f"usd_per_unit should be {decimal_text(quoted / per)}"
        )
    if per != int(component["per"]):
        yield f"per is {per}, {row['component']} is quoted per {component['per']}"
    low, high = Decimal(component["min_usd_per_unit"]), Decimal(component["max_usd_per_unit"])
    if unit > 0 and row["currency"] == "USD" and not low <= unit <= high:
        yield (
            f"{decimal_text(unit)} USD per {component['unit']} is outside {decimal_text(low)} to "
            f"{decimal_text(high)}: a slip of a unit? If it is true, widen "
            "llm_price_components.csv."
        )
    is_agreed = row["price_book"].startswith(("contract:", "resale:"))
    is_free = is_agreed or llm_id(row) in free
    if unit == 0 and row["status"] != "cancelled" and not is_free:
        yield (
            f"the price is 0, but {llm_id(row)} is not marked free: put the price right, or, if "
            f"it costs nothing, --free {llm_id(row)} (is_free in llm_models.csv)"
        )


def repeated_rows(rows: list[Row]) -> Iterator[str]:
    seen: set[str] = set()
    for row in rows:
        if row_name(row) in seen:
            yield f"{row_name(row)} stands twice; delete one, or raise its revision"
        seen.add(row_name(row))


def overlapping_rows(rows: list[Row]) -> Iterator[str]:
    by_key: dict[Key, list[Row]] = defaultdict(list)
    for row in effective_rows(rows):
        by_key[row_key(row)].append(row)
    for same_key in by_key.values():
        ordered = sorted(same_key, key=lambda row: row["valid_from"])
        for first, second in pairwise(ordered):
            if second["valid_from"] < (first["valid_to"] or FOREVER):
                yield (
                    f"{row_name(second)} starts before {row_name(first)} ends "
                    f"({first['valid_to'] or 'open'}). Close the first on {second['valid_from']}, "
                    "or give the second the same valid_from and a higher revision."
                )


def disproportionate_rows(rows: list[Row], components: dict[str, Row]) -> Iterator[str]:
    """Yield rows whose price does not fit the input price of the same model and time."""
    by_model: dict[str, list[Row]] = defaultdict(list)
    for row in effective_rows(rows):
        if row["currency"] == "USD":
            by_model[llm_id(row)].append(row)
    for same_model in by_model.values():
        inputs = [row for row in same_model if row["component"] == "input"]
        highest = Decimal(components["input"]["max_usd_per_unit"]) * READING_ONLY
        if not any(row["component"] == "output" for row in same_model):
            for row in inputs:
                if Decimal(row["usd_per_unit"]) > highest:
                    yield (
                        f"{row_name(row)}: {row['usd_per_unit']} USD is above "
                        f"{decimal_text(highest)}, too much for a model without output: a slip of "
                        "a unit?"
                    )
        for row in same_model:
            for beside in inputs:
                yield from disproportion(row, beside, components[row["component"]])


def disproportion(row: Row, beside: Row, component: Row) -> Iterator[str]:
    """Yield what is wrong between a price and an input price, where the two belong together."""
    if row["component"] == "input":
        low, high = INPUT_SHARES
        plain = (BOOK, "standard", "*", "0", "")
        columns = ("price_book", "service_tier", "region_class", "ctx_min", "dow")
        if tuple(beside[column] for column in columns) != plain:
            return
    elif component["min_share_of_input"]:
        low = Decimal(component["min_share_of_input"])
        high = Decimal(component["max_share_of_input"])
        others = [column for column in KEY_COLUMNS if column != "component"]
        if any(row[column] != beside[column] for column in others):
            return
    else:
        return
    unit, base = Decimal(row["usd_per_unit"]), Decimal(beside["usd_per_unit"])
    at_one_time = row["valid_from"] < (beside["valid_to"] or FOREVER) and beside["valid_from"] < (
        row["valid_to"] or FOREVER
    )
    if at_one_time and unit > 0 and base > 0 and not low * base <= unit <= high * base:
        yield (
            f"{row_name(row)}: {row['usd_per_unit']} USD is out of proportion to "
            f"{row_name(beside)} at {beside['usd_per_unit']}: did one of the two slip a unit? If "
            "both hold, widen llm_price_components.csv."
        )


def check_changes(changes: list[PriceChange], accepted: Set[str]) -> None:
    """Refuse a price that moves by a hundred times or more, unless its model is `accepted`."""
    for change in changes:
        if change.old is None or change.new is None or llm_id(change.new) in accepted:
            continue
        low, high = sorted(Decimal(row["usd_per_unit"]) for row in (change.old, change.new))
        if low > 0 and high >= low * BELIEVABLE_FACTOR:
            raise RefusedError(
                f"{SEED}: {row_name(change.new)} moves from {change.old['quoted_price']} to "
                f"{change.new['quoted_price']} per {change.new['per']}: a slip of a unit? Wait for "
                f"upstream to mend it, or, if it is true, --accept-change {llm_id(change.new)}"
            )


def refresh_hashes(rows: list[Row], prices: list[Row]) -> list[Row]:
    """Adds the hashes of newly closed rows; a closed row that changed is refused."""
    known = {row["price_row"]: row for row in rows}
    for price in prices:
        if not price["valid_to"]:
            continue
        name, digest = row_name(price), content_hash(price)
        if name in known and known[name]["content_hash"] != digest:
            raise RefusedError(
                f"{SEED}: the closed row {name} was edited. Restore it, and append a row "
                f"with the same key and valid_from, revision {int(price['revision']) + 1} and the "
                "right price."
            )
        known.setdefault(name, {"price_row": name, "content_hash": digest})
    present = {row_name(price) for price in prices if price["valid_to"]}
    for name in known:
        if name not in present:
            raise RefusedError(
                f"{SEED}: the closed row {name} was deleted or reopened. Restore it."
            )
    return [known[name] for name in sorted(known)]
