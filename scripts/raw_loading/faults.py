"""The first bad value of each column: where it stands, what is wrong with it, how to mend it."""

from __future__ import annotations

import difflib
import json
import re
from typing import Any

import duckdb
from raw_area import run_with_progress

from raw_loading.declaration import Column
from raw_loading.files import RawFile, place_of
from raw_loading.problems import shorten
from raw_loading.values import (
    DECIMAL_NUMBER,
    INSTANT,
    TEXT_TYPES,
    WHOLE_NUMBER,
    ZONE,
    conversion,
    offered_query,
)

SHOWN_COLUMNS = 10


def explain_bad_values(
    connection: duckdb.DuckDBPyConnection, file: RawFile, columns: list[Column]
) -> str:
    """Find, for each column, the first row with a bad value, and say what is wrong with it."""
    checked = [column for column in columns if column.name in file.columns]
    items = []
    for column in checked:
        bad, _ = conversion(column, file.columns[column.name])
        condition = f'"{column.name}" is not null and ({bad})'
        items.append(
            f"count(*) filter ({condition}), min(row_no) filter ({condition}), "
            f'arg_min("{column.name}"::varchar, row_no) filter ({condition})'
        )
    found = run_with_progress(
        connection,
        f"select {', '.join(items)} from "
        f"(select *, row_number() over () as row_no from ({offered_query(file, columns)}))",
        f"finding the fault in {file.path.name}",
    )[0]
    faults = [
        (found[3 * position + 1], column, found[3 * position], found[3 * position + 2])
        for position, column in enumerate(checked)
        if found[3 * position]
    ]
    faults.sort(key=lambda fault: (fault[0], fault[1].name))
    lines = [
        f"{file.path.name}: {place_of(file, row)}, column {column.name}{origin_of(file, column)}: "
        f"{complaint(file, column, value)}"
        + (f" ({count - 1:,} more in this column)" if count > 1 else "")
        for row, column, count, value in faults[:SHOWN_COLUMNS]
    ]
    if len(faults) > SHOWN_COLUMNS:
        lines.append(f"{file.path.name}: {len(faults) - SHOWN_COLUMNS} more columns have faults")
    return "\n".join(lines)


def origin_of(file: RawFile, column: Column) -> str:
    """Name the file's own column behind a mapped one."""
    origin = file.origins.get(column.name)
    return f" (from {', '.join(origin.columns)})" if origin and origin.columns else ""


def complaint(file: RawFile, column: Column, value: str) -> str:
    """Say what is wrong with one value, without repeating what may be a secret."""
    kind = file.columns[column.name]
    shown = shorten(value)
    trimmed = value.strip()
    if column.format == "key_reference":
        return f"the value looks like a real API key (not shown here); {column.expected}"
    if column.data_type in ("timestamptz", "timestamp"):
        origin = file.origins.get(column.name)
        if origin and origin.zone and re.fullmatch(INSTANT, trimmed):
            return (
                f"{shown} does not exist in {origin.zone}: no such day, or an hour that the clocks "
                "skip when summer time begins; correct it, or export the time with its zone"
            )
        if column.data_type == "timestamptz" and (
            kind.startswith("TIMESTAMP") or re.fullmatch(INSTANT, trimmed)
        ):
            return (
                f"{shown} has no zone; write {trimmed.replace(' ', 'T')[:32]}Z if it is UTC, "
                "else its offset, such as +02:00"
            )
        if re.fullmatch(f"{INSTANT}({ZONE})?", trimmed):
            return f"{shown} is no date or time that exists; {column.expected}"
    if column.data_type in ("integer", "bigint") and re.fullmatch(DECIMAL_NUMBER, trimmed):
        if re.fullmatch(WHOLE_NUMBER, trimmed):
            return f"{shown} is too large; {column.expected}"
        return f"{shown} is not written as a whole number; {column.expected}"
    if column.format == "decimal" and re.fullmatch(DECIMAL_NUMBER, trimmed):
        return f"{shown} is too large; {column.expected}"
    if column.format == "quantities":
        for name, quantity in entries_of(value):
            if isinstance(quantity, (dict, list, bool)):
                found = shorten(json.dumps(quantity))
                return f"{shorten(name)} is {found}, no number; {column.expected}"
    if column.accepted_values:
        near = difflib.get_close_matches(trimmed.lower(), column.accepted_values, n=1)
        return f"{shown}; {column.expected}" + (f"; did you mean {near[0]!r}?" if near else "")
    if kind not in TEXT_TYPES:
        return f"{shown} is stored as {kind}; {column.expected}"
    return f"{shown}; {column.expected}"


def entries_of(text: str) -> list[tuple[str, Any]]:
    """Return the names and values of a JSON object, none where the text is not one."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        return []
    return list(value.items()) if isinstance(value, dict) else []
