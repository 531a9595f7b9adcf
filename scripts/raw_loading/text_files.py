"""Text files as bytes, and the faults that every text format can have."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import IO

# DuckDB's own limit for an object; its 2 MB for a CSV record are less than a payload with an image.
LONGEST_RECORD = 16 * 2**20


def open_bytes(path: Path) -> IO[bytes]:
    """Open a file for reading, decompressed."""
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]


def not_utf8(path: Path) -> str:
    """Name the first line of a text file that is not UTF-8."""
    with open_bytes(path) as handle:
        for line, text in enumerate(handle, start=1):
            try:
                text.decode("utf-8")
            except UnicodeDecodeError:
                return f"{path.name}: line {line} is not UTF-8; save the file as UTF-8"
    return f"{path.name}: not UTF-8; save the file as UTF-8"


def truncated_gzip(path: Path) -> str:
    return (
        f"{path.name}: the compressed data are broken or end too early; "
        "the file was cut off: export or copy it again"
    )


def too_long(path: Path, line: int) -> str:
    return (
        f"{path.name}: line {line} begins a record of more than {LONGEST_RECORD // 2**20} MiB; "
        "leave its longest text out of the export"
    )
