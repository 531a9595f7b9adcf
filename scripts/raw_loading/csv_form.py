"""The form of a CSV file: its records, and where it breaks the form that DuckDB reads."""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import duckdb

from raw_loading.text_files import (
    LONGEST_RECORD,
    not_utf8,
    open_bytes,
    too_long,
    truncated_gzip,
)

LINE_ENDS = {"\r\n": "CRLF", "\n": "LF", "\r": "CR"}


@dataclass(frozen=True)
class Record:
    """One record: the number of its first line, its values, and what ends its last line."""

    line: int
    values: list[str]
    line_end: str


def csv_records(handle: IO[bytes]) -> Iterator[Record]:
    """Yield each record that is not blank."""
    csv.field_size_limit(sys.maxsize)
    text = io.TextIOWrapper(handle, encoding="utf-8-sig", newline="")
    last_line = ""

    def lines() -> Iterator[str]:
        nonlocal last_line
        for line in text:
            last_line = line
            yield line

    reader = csv.reader(lines(), strict=True)
    first_line = 1
    for values in reader:
        if values:
            yield Record(first_line, values, last_line[len(last_line.rstrip("\r\n")) :])
        first_line = reader.line_num + 1


def explain_csv(path: Path, width: int, error: duckdb.Error) -> str:
    """Say where a CSV file breaks its own form."""
    line, header_end = 0, ""
    try:
        with open_bytes(path) as handle:
            for record in csv_records(handle):
                line, header_end = record.line, header_end or record.line_end
                if sum(map(len, record.values)) > LONGEST_RECORD:
                    return too_long(path, line)
                if record.line_end not in ("", header_end):
                    return (
                        f"{path.name}: the record of line {line} ends with"
                        f" {LINE_ENDS[record.line_end]}, the header with {LINE_ENDS[header_end]};"
                        " end all lines alike: export again, or save with one kind of line end"
                    )
                if len(record.values) != width:
                    return (
                        f"{path.name}: line {line} has {len(record.values)} columns, the header"
                        f" {width}; the file may be cut off, or a value with a comma needs quotes"
                    )
    except UnicodeDecodeError:
        return not_utf8(path)
    except csv.Error:
        return f"{path.name}: after line {line}: a quote is not closed, or stands in a bare value"
    except (EOFError, OSError):
        return truncated_gzip(path)
    found = re.search(r"Line: (\d+)", str(error))
    place = f"line {found[1]}" if found else "somewhere"
    return f"{path.name}: {place} cannot be read as CSV; a value with a quote must be quoted"
