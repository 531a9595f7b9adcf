"""The rows of the price seeds: their columns, names and hashes, how they are read and compared."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path

BOOK = "list"
UNDATED = "1970-01-01 00:00:00"
FOREVER = "9999-12-31 00:00:00"
FEMTO = 10**15

PRICE_COLUMNS = (
    "price_book", "provider_id", "model_id", "component", "service_tier", "region_class", "ctx_min",
    "valid_from", "valid_to", "dow", "tod_from", "tod_to", "usd_per_unit", "quoted_price", "per",
    "currency", "status", "source", "source_ref", "checked_on", "revision", "recorded_on",
    "confidence",
)  # fmt: skip
MODEL_COLUMNS = (
    "provider_id",
    "model_id",
    "model_name",
    "context_window_tokens",
    "is_deprecated",
    "is_free",
    "source",
)
ALIAS_COLUMNS = (
    "provider_id",
    "model_name",
    "model_id",
    "valid_from",
    "valid_to",
    "source",
    "source_ref",
)
COMPONENT_COLUMNS = (
    "component", "kind", "unit", "per", "parent_component", "min_usd_per_unit", "max_usd_per_unit",
    "min_share_of_input", "max_share_of_input", "description",
)  # fmt: skip
HASH_COLUMNS = ("price_row", "content_hash")
KEY_COLUMNS = (
    "price_book", "provider_id", "model_id", "component", "service_tier", "region_class", "ctx_min",
    "dow", "tod_from", "tod_to",
)  # fmt: skip

Row = dict[str, str]
Key = tuple[str, ...]


class RefusedError(Exception):
    """The seeds or the package hold something that must not reach a price sheet."""


def decimal_text(value: Decimal) -> str:
    """Plain notation without trailing zeros: Decimal('3E-6') -> '0.000003'."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def instant_text(day: date | None) -> str:
    return UNDATED if day is None else f"{day.isoformat()} 00:00:00"


def row_key(row: Row) -> Key:
    return tuple(row[column] for column in KEY_COLUMNS)


def llm_id(row: Row) -> str:
    """PROVIDER/MODEL, as the marts and the command line name a model."""
    return f"{row['provider_id']}/{row['model_id']}"


def row_name(row: Row) -> str:
    """The name of a price row, as `stg_pricing__llm_prices.price_row` builds it."""
    window = f"{row['dow']}@{row['tod_from']}-{row['tod_to']}" if row["dow"] else "always"
    parts = [row[column] for column in KEY_COLUMNS[:7]]
    return "/".join([*parts, window, row["valid_from"], f"r{row['revision']}"])


def content_hash(row: Row) -> str:
    """MD5 of a closed row, the same as in `assert_price_closed_periods_are_unchanged`."""
    femto_dollars = int(Decimal(row["usd_per_unit"]) * FEMTO)
    text = "|".join(
        [row_name(row), row["valid_to"], str(femto_dollars), row["currency"], row["status"]]
    )
    return hashlib.md5(text.encode()).hexdigest()


def read_csv(path: Path, columns: tuple[str, ...]) -> list[Row]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle)
        if tuple(reader.fieldnames or ()) != columns:
            raise RefusedError(f"{path.name}: expected the columns {', '.join(columns)}")
        rows = []
        for row in reader:
            if None in row or None in row.values():
                raise RefusedError(
                    f"{path.name} line {reader.line_num}: {len(columns)} values expected; "
                    "quote a value that holds a comma"
                )
            rows.append(row)
        return rows


def csv_text(rows: Iterable[Row], columns: tuple[str, ...]) -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def sort_key(row: Row) -> tuple[str | int, ...]:
    return (
        *row_key(row)[:6],
        int(row["ctx_min"]),
        *row_key(row)[7:],
        row["valid_from"],
        int(row["revision"]),
    )


def effective_rows(rows: Iterable[Row]) -> list[Row]:
    """The highest revision of each key and start, without cancelled rows."""
    newest: dict[tuple[Key, str], Row] = {}
    for row in rows:
        place = (row_key(row), row["valid_from"])
        if place not in newest or int(row["revision"]) > int(newest[place]["revision"]):
            newest[place] = row
    return [row for row in newest.values() if row["status"] != "cancelled"]
