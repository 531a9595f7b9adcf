"""Files as relations of DuckDB: CSV, JSONL and Parquet, and what is wrong with their form."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from raw_area import quoted, run_with_progress

from raw_loading.csv_form import csv_records
from raw_loading.problems import BadData, BadSetup
from raw_loading.text_files import (
    LONGEST_RECORD,
    not_utf8,
    open_bytes,
    too_long,
    truncated_gzip,
)

FORMATS = {
    ".csv": "csv",
    ".csv.gz": "csv",
    ".jsonl": "jsonl",
    ".jsonl.gz": "jsonl",
    ".ndjson": "jsonl",
    ".ndjson.gz": "jsonl",
    ".parquet": "parquet",
}
# A JSONL file without rows has no names either.
NO_ROWS = "(select 1 where false)"


@dataclass(frozen=True)
class Origin:
    """Where a mapped column comes from: columns of the file, and the zone its times are said of."""

    columns: tuple[str, ...]
    zone: str | None = None


@dataclass(frozen=True)
class RawFile:
    """A file to load: its format, the DuckDB relation that reads it, its columns and their types.

    A CSV column has the type VARCHAR, a JSONL column JSON, a Parquet column its own type.
    """

    path: Path
    format: str
    relation: str
    columns: dict[str, str]
    origins: dict[str, Origin] = field(default_factory=dict)

    @property
    def is_bare(self) -> bool:
        """Whether the file has no rows and, being JSONL, no names."""
        return self.relation == NO_ROWS


def split_name(path: Path) -> tuple[str, str]:
    """Return a file's name without its extension, and the format that the extension names."""
    for suffix in sorted(FORMATS, key=len, reverse=True):
        if path.name.lower().endswith(suffix):
            return path.name[: -len(suffix)], FORMATS[suffix]
    raise BadSetup(f"{path.name}: the extension names no known format; known: {', '.join(FORMATS)}")


def read_file(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    is_wanted: Callable[[str], bool],
    may_be_empty: bool,
) -> RawFile:
    """Open a file as a relation and learn its columns; refuse one that cannot be read at all.

    Of a JSONL file only the wanted columns are read.
    """
    kind = split_name(path)[1]
    if not path.is_file():
        raise BadSetup(f"{path}: no such file")
    if path.stat().st_size == 0 and not (may_be_empty and kind == "jsonl"):
        raise BadData(f"{path.name}: the file is empty (0 bytes); export it again")
    if kind == "csv":
        return read_csv(path)
    if kind == "jsonl":
        return read_jsonl(connection, path, is_wanted)
    return read_parquet(connection, path)


def read_csv(path: Path) -> RawFile:
    try:
        with open_bytes(path) as handle:
            names = next(csv_records(handle)).values
    except StopIteration:
        raise BadData(f"{path.name}: the file is empty; expected a header line") from None
    except UnicodeDecodeError:
        raise BadData(not_utf8(path)) from None
    except (EOFError, gzip.BadGzipFile):
        raise BadData(truncated_gzip(path)) from None
    if len(names) == 1 and re.search("[;\t|]", names[0]):
        raise BadData(
            f"{path.name}: line 1 has no comma; separate the columns by commas, not by ; or tab"
        )
    # DuckDB tells names apart without regard to case.
    folded = [name.casefold() for name in names]
    for position, name in enumerate(names, start=1):
        if not name.strip():
            raise BadData(f"{path.name}: line 1, column {position} has no name; name it or drop it")
        if folded.count(name.casefold()) > 1:
            raise BadData(f"{path.name}: line 1 names the column {name!r} twice; keep one of them")
    columns = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in names)
    relation = (
        f"read_csv({quoted(str(path))}, columns = {{{columns}}}, header = true, "
        "auto_detect = false, delim = ',', quote = '\"', escape = '\"', strict_mode = true, "
        f"max_line_size = {LONGEST_RECORD})"
    )
    return RawFile(path, "csv", relation, dict.fromkeys(names, "VARCHAR"))


def read_jsonl(
    connection: duckdb.DuckDBPyConnection, path: Path, is_wanted: Callable[[str], bool]
) -> RawFile:
    objects = f"read_json_objects({quoted(str(path))}, format = 'newline_delimited')"
    query = f"""
        with shapes as (
            select json_keys(json) as keys, json_type(json) as kind
            from {objects}
            group by all
        )
        select
            (select list(distinct key order by key) from (select unnest(keys) as key from shapes)),
            bool_or(kind != 'OBJECT'),
            bool_or(len(keys) > len(list_distinct(keys)))
        from shapes
    """
    try:
        names, has_other, has_twin = run_with_progress(connection, query, f"opening {path.name}")[0]
    except duckdb.Error as error:
        raise BadData(explain_jsonl(path, error)) from None
    if has_other is None:
        return RawFile(path, "jsonl", NO_ROWS, {})
    if has_other or has_twin:
        raise BadData(explain_jsonl(path, None))
    names = names or []
    read = [name for name in names if is_wanted(name)] or names[:1]
    columns = ", ".join(f"{quoted(name)}: 'JSON'" for name in read)
    relation = (
        f"read_json({quoted(str(path))}, columns = {{{columns}}}, format = 'newline_delimited')"
    )
    return RawFile(path, "jsonl", relation, dict.fromkeys(names, "JSON"))


def read_parquet(connection: duckdb.DuckDBPyConnection, path: Path) -> RawFile:
    relation = f"read_parquet({quoted(str(path))}, hive_partitioning = false)"
    try:
        described = connection.execute(f"describe select * from {relation}").fetchall()
    except duckdb.Error:
        raise BadData(
            f"{path.name}: not a whole Parquet file; it was cut off or is something else: "
            "export or copy it again"
        ) from None
    return RawFile(path, "parquet", relation, {name: kind for name, kind, *_ in described})


def place_of(file: RawFile, row: int) -> str:
    """Name the place of a row as a person counts: the line of a text file, header and all."""
    if file.format == "parquet":
        return f"row {row}"
    with open_bytes(file.path) as handle:
        if file.format == "csv":
            for number, record in enumerate(csv_records(handle)):
                if number == row:
                    return f"line {record.line}"
        else:
            number = 0
            for line, text in enumerate(handle, start=1):
                number += bool(text.strip())
                if number == row:
                    return f"line {line}"
    return f"row {row}"


def explain_jsonl(path: Path, error: duckdb.Error | None) -> str:
    """Say which line of a JSONL file is not one JSON object."""
    line = 0
    try:
        with open_bytes(path) as handle:
            for line, text in enumerate(handle, start=1):
                if not text.strip():
                    continue
                if len(text) > LONGEST_RECORD:
                    return too_long(path, line)
                pairs = json.loads(text.decode("utf-8"), object_pairs_hook=pairs_of)
                if not isinstance(pairs, Pairs):
                    return f"{path.name}: line {line} is not a JSON object; expected one per line"
                names = [name for name, _ in pairs.items]
                for name in names:
                    if names.count(name) > 1:
                        return f"{path.name}: line {line} names {name!r} twice; keep one of them"
    except UnicodeDecodeError:
        return f"{path.name}: line {line} is not UTF-8; save the file as UTF-8"
    except json.JSONDecodeError as problem:
        return (
            f"{path.name}: line {line} is not whole JSON ({problem.msg} at character "
            f"{problem.pos + 1}); the file may be cut off: export it again"
        )
    except (EOFError, OSError):
        return truncated_gzip(path)
    reason = str(error).splitlines()[0] if error else "it is not one JSON object per line"
    return f"{path.name}: cannot be read as JSONL: {reason}"


@dataclass(frozen=True)
class Pairs:
    """A JSON object as its pairs, so that a name given twice is seen."""

    items: list[tuple[str, Any]]


def pairs_of(items: list[tuple[str, Any]]) -> Pairs:
    return Pairs(items)
