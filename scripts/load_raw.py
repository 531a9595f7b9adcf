"""Check files against a source's declaration and append them to the raw area.

Usage:
    python scripts/load_raw.py FILE [FILE ...] --source events --table llm_usage_events
        [--raw-dir data/raw] [--loaded-at 2026-11-01T02:00:00Z] [--load-mode append|full]

A file is CSV (UTF-8, comma, header), JSONL, both also as .gz, or Parquet, known by its extension.
Its columns and every value are checked against `models/staging/<source>/_<source>__sources.yml`; an
empty text is a missing value in every format. Each file becomes one batch: a Parquet file with all
declared columns, `_loaded_at` and `_batch_id`, and one row of the manifest, which is written last.

Nothing is loaded unless all files pass. A batch is known by its content: the typed rows, whatever
their order, the file's name and its format; content that is there already is left alone. Only what
cannot be read as its type is refused here; what can be read but not counted (no id, no time,
negative tokens) is loaded, and the build puts it into `rejected_llm_usage`. See docs/loading.md.

Exit codes: 0 loaded or already there, 1 refused (the data), 2 usage or environment.
"""

from __future__ import annotations

import argparse
import csv
import difflib
import fcntl
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import duckdb
import yaml
from raw_area import ROOT, fail, new_connection, publish, quoted, run_with_progress

BAD_VALUE = "a value does not fit its declaration"
MAX_BIGINT = 2**63 - 1
SHOWN_CHARACTERS = 40
SHOWN_COLUMNS = 10
# The fact's type of a cost (macros/money.sql); what does not fit would become NULL there.
COST_TYPE = "decimal(28, 15)"
FORMATS = {
    ".csv": "csv",
    ".csv.gz": "csv",
    ".jsonl": "jsonl",
    ".jsonl.gz": "jsonl",
    ".ndjson": "jsonl",
    ".ndjson.gz": "jsonl",
    ".parquet": "parquet",
}
DUCKDB_TYPES = {"text": "varchar", "json": "varchar"}
INTEGER_TYPES = {
    "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT",
    "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT",
}  # fmt: skip
TEXT_TYPES = {"VARCHAR", "JSON", "UUID"}
NESTED_TYPES = ("STRUCT", "MAP")
ZONED_TYPES = {"TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ_NS"}

WHOLE_NUMBER = r"[+-]?[0-9]+(\.0*)?"
DECIMAL_NUMBER = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?"
INSTANT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?"
ZONE = r" ?(Z|UTC|[+-][0-9]{2}(:?[0-9]{2})?)"
# Keys as providers issue them: a known prefix, then a long run of letters and digits. A mask such
# as sk-...a1b2, a hash in hexadecimal digits and a speaking alias are references, not keys.
KEY = (
    r"(^|[^A-Za-z0-9])("
    r"(sk|pk|rk|xai|gsk|pplx|hf|fw|nvapi|r8|ghp|glpat)[-_][A-Za-z0-9_-]*[A-Za-z0-9]{16}"
    r"|(AIza|AKIA|ya29\.|eyJ)[A-Za-z0-9_-]{16}"
    r"|[Bb]earer [A-Za-z0-9_.-]{16})"
)


class BadData(Exception):
    """The file's content is not what the declaration asks for (exit code 1)."""


class BadSetup(Exception):
    """The call or the surroundings are wrong, whatever the file holds (exit code 2)."""


@dataclass(frozen=True)
class Column:
    """One declared column of a raw table."""

    name: str
    data_type: str
    required: bool = False
    accepted_values: tuple[str, ...] = ()
    format: str | None = None
    written_by_loader: bool = False

    @property
    def duckdb_type(self) -> str:
        return DUCKDB_TYPES.get(self.data_type, self.data_type)

    @property
    def expected(self) -> str:
        """Say what a value of the column must be, and how to mend one that is not."""
        if self.accepted_values:
            return f"expected one of {', '.join(self.accepted_values)}, or nothing"
        if self.format == "decimal":
            return (
                "expected a decimal number with a point, such as 0.00125 or 1.25e-3, "
                "below 10,000,000,000,000"
            )
        if self.format == "key_reference":
            return "expected a hash or an alias, never the key: hash it before you export it"
        if self.format == "quantities":
            return 'expected a number or null for each name, such as {"web_search": 3}'
        return {
            "text": "expected a text",
            "json": 'expected a JSON object, such as {"name": "value"}',
            "boolean": "expected true or false",
            "timestamptz": "expected an instant with its zone, such as 2026-02-16T00:00:00Z",
            "integer": "expected a whole number that fits 32 bits, such as 1200",
            "bigint": "expected a whole number that fits 64 bits, such as 1200",
        }[self.data_type]


@dataclass(frozen=True)
class RawFile:
    """A file to load: its format, the DuckDB relation that reads it, its columns and their types.

    A CSV column has the type VARCHAR, a JSONL column JSON, a Parquet column its own type.
    """

    path: Path
    format: str
    relation: str
    columns: dict[str, str]


@dataclass(frozen=True)
class Batch:
    """A file whose content passed, staged as Parquet and not yet published."""

    path: Path
    staged: Path
    batch_id: str
    content_hash: str
    rows: int
    input_tokens: int
    output_tokens: int


def read_declaration(source: str, table: str) -> list[Column]:
    """Return the declared columns of a raw table, in order."""
    sources = sorted((ROOT / "models" / "staging").glob("*/_*__sources.yml"))
    declared: dict[str, dict[str, Any]] = {}
    for path in sources:
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["sources"]:
            if any(
                column.get("config", {}).get("meta", {}).get("written_by_loader")
                for item in entry["tables"]
                for column in item.get("columns", [])
            ):
                declared[entry["name"]] = {item["name"]: item for item in entry["tables"]}
    if source not in declared:
        raise BadSetup(f"no source is called {source!r}{suggestion(source, declared)}")
    if table not in declared[source]:
        raise BadSetup(
            f"source {source} has no table {table!r}{suggestion(table, declared[source])}"
        )
    columns = []
    for column in declared[source][table]["columns"]:
        meta = column.get("config", {}).get("meta", {})
        columns.append(
            Column(
                name=column["name"],
                data_type=column["data_type"],
                required=meta.get("required", False),
                accepted_values=tuple(meta.get("accepted_values", ())),
                format=meta.get("format"),
                written_by_loader=meta.get("written_by_loader", False),
            )
        )
    return columns


def suggestion(name: str, known: Any) -> str:
    """Name the known name that is nearest to one that is not, or all of them."""
    names = sorted(known)
    near = difflib.get_close_matches(name.strip().lower(), names, n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(names)}"


def open_bytes(path: Path) -> IO[bytes]:
    """Open a file for reading, decompressed."""
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]


def format_of(path: Path) -> str:
    """Return the format that a file's extension names."""
    suffixes = "".join(path.suffixes[-2:]).lower()
    found = FORMATS.get(suffixes) or FORMATS.get(path.suffix.lower())
    if found is None:
        raise BadSetup(
            f"{path.name}: the extension names no known format; known: {', '.join(FORMATS)}"
        )
    return found


def read_file(connection: duckdb.DuckDBPyConnection, path: Path) -> RawFile:
    """Open a file as a relation and learn its columns; refuse one that cannot be read at all."""
    kind = format_of(path)
    if not path.is_file():
        raise BadSetup(f"{path}: no such file")
    if path.stat().st_size == 0:
        raise BadData(f"{path.name}: the file is empty (0 bytes); export it again")
    if kind == "csv":
        return read_csv(path)
    if kind == "jsonl":
        return read_jsonl(connection, path)
    return read_parquet(connection, path)


def read_csv(path: Path) -> RawFile:
    try:
        with open_bytes(path) as handle:
            names = next(csv_records(handle))[1]
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
    for position, name in enumerate(names, start=1):
        if not name.strip():
            raise BadData(f"{path.name}: line 1, column {position} has no name; name it or drop it")
        if names.count(name) > 1:
            raise BadData(f"{path.name}: line 1 names the column {name!r} twice; keep one of them")
    columns = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in names)
    relation = (
        f"read_csv({quoted(str(path))}, columns = {{{columns}}}, header = true, "
        "auto_detect = false, delim = ',', quote = '\"', escape = '\"', strict_mode = true)"
    )
    return RawFile(path, "csv", relation, dict.fromkeys(names, "VARCHAR"))


def csv_records(handle: IO[bytes]) -> Iterator[tuple[int, list[str]]]:
    """Yield each record that is not blank with the number of its first line."""
    text = io.TextIOWrapper(handle, encoding="utf-8-sig", newline="")
    reader = csv.reader(text, strict=True)
    first_line = 1
    for record in reader:
        if record:
            yield first_line, record
        first_line = reader.line_num + 1


def read_jsonl(connection: duckdb.DuckDBPyConnection, path: Path) -> RawFile:
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
    if has_other or has_twin:
        raise BadData(explain_jsonl(path, None))
    columns = ", ".join(f"{quoted(name)}: 'JSON'" for name in names or [])
    relation = (
        f"read_json({quoted(str(path))}, columns = {{{columns}}}, format = 'newline_delimited')"
    )
    return RawFile(path, "jsonl", relation, dict.fromkeys(names or [], "JSON"))


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


def check_columns(file: RawFile, declared: list[Column]) -> None:
    """Refuse a file that lacks a required column or has one that nobody declared."""
    offered = {column.name: column for column in declared if not column.written_by_loader}
    problems = []
    for name in file.columns:
        if name in {column.name for column in declared if column.written_by_loader}:
            problems.append(f"column {name!r} is written by the loader; drop it from the file")
        elif name not in offered:
            near = suggestion(name, offered)
            problems.append(f"column {name!r} is not declared{near}")
    for column in offered.values():
        if column.required and column.name not in file.columns:
            problems.append(f"required column {column.name!r} is missing; {column.expected}")
    if problems:
        raise BadData("\n".join(f"{file.path.name}: {problem}" for problem in problems))


def offered_values(column: Column, kind: str) -> str:
    """Return the SQL items that read a raw column: its value, NULL where missing, under its name.

    A text or JSON value comes as text; for a text column of JSONL, `<name>__nested` says beside it
    that the value is an object or a list.
    """
    raw = f'"{column.name}"'
    if kind == "JSON":
        items = f"nullif({raw} ->> '$', '') as {raw}"
        if column.data_type == "text":
            items += f", left({raw}::varchar, 1) in ('{{', '[') as \"{column.name}__nested\""
        return items
    if kind in TEXT_TYPES or kind.startswith("ENUM"):
        return f"nullif({raw}::varchar, '') as {raw}"
    if column.data_type == "text" and kind in INTEGER_TYPES:
        return f"{raw}::varchar as {raw}"
    if column.data_type == "json" and kind.startswith(NESTED_TYPES):
        return f"to_json({raw})::varchar as {raw}"
    return raw


def conversion(column: Column, kind: str) -> tuple[str, str]:
    """Return two SQL expressions for a value that is there: is it bad, and its typed form.

    `kind` is the raw column's DuckDB type; the value is as `offered_values` gives it.
    """
    raw = f'"{column.name}"'
    target = column.data_type
    nested = kind == "JSON" and target == "text"
    if target == "timestamptz" and kind in ZONED_TYPES:
        return f"not isfinite({raw}::timestamptz)", f"{raw}::timestamptz"
    if target == "boolean" and kind == "BOOLEAN":
        return "false", raw
    if target in ("integer", "bigint"):
        typed = f"try_cast({raw} as {target})"
        if kind in INTEGER_TYPES:
            return f"{typed} is null", typed
        if kind in ("DOUBLE", "FLOAT"):
            # Beyond 2^53 a double no longer holds every whole number.
            fits = f"abs({raw}) <= 9007199254740992 and {raw} = trunc({raw})"
            return f"not ({fits}) or {typed} is null", typed
        if kind.startswith("DECIMAL"):
            return f"{raw} != trunc({raw}) or {typed} is null", typed
    if column.format == "decimal" and kind.startswith(("DOUBLE", "FLOAT", "DECIMAL")):
        return f"try_cast({raw}::varchar as {COST_TYPE}) is null", f"{raw}::varchar"
    if (
        kind in TEXT_TYPES
        or kind.startswith("ENUM")
        or (target == "text" and kind in INTEGER_TYPES)
        or (target == "json" and kind.startswith(NESTED_TYPES))
    ):
        bad, typed = text_conversion(column, raw)
        return (f'"{column.name}__nested" or {bad}' if nested else bad), typed
    return f"{raw} is not null", f"null::{column.duckdb_type}"


def text_conversion(column: Column, text: str) -> tuple[str, str]:
    """Return the two expressions of `conversion` for a value that is a text."""
    trimmed = f"trim({text})"
    if column.data_type in ("integer", "bigint"):
        typed = f"try_cast({trimmed} as {column.data_type})"
        return f"not regexp_full_match({trimmed}, '{WHOLE_NUMBER}') or {typed} is null", typed
    if column.data_type == "boolean":
        word = f"lower({trimmed})"
        return f"{word} not in ('true', 'false', 't', 'f', '1', '0')", f"{word}::boolean"
    if column.data_type == "timestamptz":
        # DuckDB knows no space before an offset; it cuts a fraction after the microseconds.
        joined = f"replace(replace({trimmed}, ' +', '+'), ' -', '-')"
        typed = f"try_cast({joined} as timestamptz)"
        return f"not regexp_full_match({trimmed}, '{INSTANT}{ZONE}') or {typed} is null", typed
    if column.data_type == "json":
        value = f"try_cast({text} as json)"
        bad = f"coalesce(json_type({value}), '') != 'OBJECT'"
        if column.format == "quantities":
            kinds = f"json_type({value}, '$.*')"
            bad += f" or list_has_any({kinds}, ['OBJECT', 'ARRAY', 'BOOLEAN'])"
        return bad, f"json({text})::varchar"
    if column.accepted_values:
        accepted = ", ".join(quoted(value) for value in column.accepted_values)
        return f"{text} not in ({accepted})", text
    if column.format == "decimal":
        typed = f"try_cast({trimmed} as {COST_TYPE})"
        return f"not regexp_full_match({trimmed}, '{DECIMAL_NUMBER}') or {typed} is null", trimmed
    if column.format == "key_reference":
        return f"regexp_matches({text}, '{KEY}')", text
    return "false", text


def offered_query(file: RawFile, declared: list[Column]) -> str:
    """Return the query that reads the file's declared columns."""
    items = [
        offered_values(column, file.columns[column.name])
        for column in declared
        if column.name in file.columns
    ]
    return f"select {', '.join(items)} from {file.relation}"


def typed_query(file: RawFile, declared: list[Column]) -> str:
    """Return the query that types every row and stops at a value that is bad."""
    items = []
    for column in declared:
        if column.written_by_loader:
            continue
        kind = file.columns.get(column.name)
        value = f"null::{column.duckdb_type}"
        if kind is not None:
            bad, typed = conversion(column, kind)
            value = (
                f'case when "{column.name}" is null then null '
                f"when {bad} then error('{BAD_VALUE}')::{column.duckdb_type} else {typed} end"
            )
        items.append(f'{value} as "{column.name}"')
    return f"select {', '.join(items)} from ({offered_query(file, declared)})"


def explain_bad_values(
    connection: duckdb.DuckDBPyConnection, file: RawFile, declared: list[Column]
) -> str:
    """Find, for each column, the first row with a bad value, and say what is wrong with it."""
    checked = [column for column in declared if column.name in file.columns]
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
        f"(select *, row_number() over () as row_no from ({offered_query(file, declared)}))",
        f"finding the fault in {file.path.name}",
    )[0]
    faults = [
        (found[3 * position + 1], column, found[3 * position], found[3 * position + 2])
        for position, column in enumerate(checked)
        if found[3 * position]
    ]
    faults.sort(key=lambda fault: (fault[0], fault[1].name))
    lines = [
        f"{file.path.name}: {place_of(file, row)}, column {column.name}: "
        f"{complaint(column, file.columns[column.name], value)}"
        + (f" ({count - 1:,} more in this column)" if count > 1 else "")
        for row, column, count, value in faults[:SHOWN_COLUMNS]
    ]
    if len(faults) > SHOWN_COLUMNS:
        lines.append(f"{file.path.name}: {len(faults) - SHOWN_COLUMNS} more columns have faults")
    return "\n".join(lines)


def complaint(column: Column, kind: str, value: str) -> str:
    """Say what is wrong with one value, without repeating what may be a secret."""
    shown = shorten(value)
    if column.format == "key_reference":
        return f"the value looks like a real API key (not shown here); {column.expected}"
    if column.data_type == "timestamptz":
        if kind.startswith("TIMESTAMP") or re.fullmatch(INSTANT, value.strip()):
            return (
                f"{shown} has no zone; write {value.strip().replace(' ', 'T')[:32]}Z if it is UTC, "
                "else its offset, such as +02:00"
            )
        if re.fullmatch(INSTANT + ZONE, value.strip()):
            return f"{shown} is no date or time that exists; {column.expected}"
    if column.data_type in ("integer", "bigint") and re.fullmatch(DECIMAL_NUMBER, value.strip()):
        if re.fullmatch(WHOLE_NUMBER, value.strip()):
            return f"{shown} is too large; {column.expected}"
        return f"{shown} is not written as a whole number; {column.expected}"
    if column.format == "decimal" and re.fullmatch(DECIMAL_NUMBER, value.strip()):
        return f"{shown} is too large; {column.expected}"
    if column.format == "quantities":
        for name, quantity in entries_of(value):
            if isinstance(quantity, (dict, list, bool)):
                found = shorten(json.dumps(quantity))
                return f"{shorten(name)} is {found}, no number; {column.expected}"
    if column.accepted_values:
        near = difflib.get_close_matches(value.strip().lower(), column.accepted_values, n=1)
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


def shorten(value: str) -> str:
    """Show a value in a message: shortened, and not at all if it looks like a key."""
    if re.search(KEY, value):
        return "a value that looks like a secret (not shown here)"
    return repr(value if len(value) <= SHOWN_CHARACTERS else value[:SHOWN_CHARACTERS] + "…")


def place_of(file: RawFile, row: int) -> str:
    """Name the place of a row as a person counts: the line of a text file, header and all."""
    if file.format == "parquet":
        return f"row {row}"
    with open_bytes(file.path) as handle:
        if file.format == "csv":
            for number, (line, _) in enumerate(csv_records(handle)):
                if number == row:
                    return f"line {line}"
        else:
            number = 0
            for line, text in enumerate(handle, start=1):
                number += bool(text.strip())
                if number == row:
                    return f"line {line}"
    return f"row {row}"


def explain_csv(path: Path, width: int, error: duckdb.Error) -> str:
    """Say where a CSV file breaks its own form."""
    line = 0
    try:
        with open_bytes(path) as handle:
            for line, record in csv_records(handle):
                if len(record) != width:
                    return (
                        f"{path.name}: line {line} has {len(record)} columns, the header {width}; "
                        "the file may be cut off, or a value with a comma needs quotes"
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


def explain_jsonl(path: Path, error: duckdb.Error | None) -> str:
    """Say which line of a JSONL file is not one JSON object."""
    line = 0
    try:
        with open_bytes(path) as handle:
            for line, text in enumerate(handle, start=1):
                if not text.strip():
                    continue
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


@contextmanager
def locked(raw_dir: Path) -> Iterator[Path]:
    """Lock the raw area, yield a folder for unfinished files, and leave none of them behind."""
    try:
        raw_dir.mkdir(parents=True, exist_ok=True)
        handle = os.open(raw_dir, os.O_RDONLY)
    except OSError as error:
        raise BadSetup(f"{raw_dir}: cannot be used as the raw area ({error.strerror})") from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BadSetup(f"{raw_dir}: another load is running; wait for it") from None
        for left_behind in raw_dir.glob(".loading-*"):
            shutil.rmtree(left_behind)
        staging = raw_dir / f".loading-{os.getpid()}"
        staging.mkdir()
        try:
            yield staging
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    finally:
        os.close(handle)
        if not any(raw_dir.iterdir()):
            raw_dir.rmdir()


def read_manifest(
    connection: duckdb.DuckDBPyConnection, raw_dir: Path, source: str, table: str
) -> list[tuple[str, str, str]]:
    """Return (batch id, content hash, load mode) of a table's batches, oldest load first."""
    if not any((raw_dir / "load_manifest").glob("*.parquet")):
        return []
    rows = connection.execute(
        "select batch_id, content_hash, load_mode "
        f"from read_parquet({quoted(str(raw_dir / 'load_manifest' / '*.parquet'))}) "
        "where source_name = ? and table_name = ? order by loaded_at, batch_id",
        [source, table],
    ).fetchall()
    for batch_id, *_ in rows:
        if not (raw_dir / source / table / f"{batch_id}.parquet").is_file():
            raise BadSetup(
                f"{raw_dir}: the manifest names batch {batch_id}, whose file is gone from "
                f"{source}/{table}/; restore it, or delete load_manifest/{batch_id}.parquet to "
                "load its file again"
            )
    return rows


def remove_orphans(raw_dir: Path, source: str, table: str, known: set[str]) -> None:
    """Remove the batches that a killed load left without a manifest row."""
    for path in sorted((raw_dir / source / table).glob("*.parquet")):
        if path.stem in known:
            continue
        if re.fullmatch("[0-9a-f]{32}", path.stem):
            path.unlink()
            print(f"removed {path.name}, left behind by a load that did not finish")
        else:
            print(f"warning: {path} was not written by the loader", file=sys.stderr)


def content_of(
    connection: duckdb.DuckDBPyConnection, staged: Path, declared: list[Column], name: str
) -> tuple[str, int, int, int]:
    """Return (content hash, rows, Σ input tokens, Σ output tokens) of a staged file.

    The hash is the SHA-256 of the names of the columns that hold a value, the number of rows and
    the sum of the rows' 128-bit digests. So the order of the rows does not count, nor does a column
    that is empty: one that is declared later does not change what is known already.
    """
    relation = f"read_parquet({quoted(str(staged))})"
    columns = [column for column in declared if not column.written_by_loader]
    counts = connection.execute(
        f"select {', '.join(f'count({column.name})' for column in columns)} from {relation}"
    ).fetchone()
    assert counts is not None
    filled = [column for column, count in zip(columns, counts, strict=True) if count] or columns[:1]
    # Texts stand behind all other values with their lengths before them: nothing can be mistaken.
    texts = [column.name for column in filled if column.duckdb_type == "varchar"]
    values = [
        f"strlen({column.name})"
        if column.name in texts
        else f"epoch_us({column.name})"
        if column.data_type == "timestamptz"
        else column.name
        for column in filled
    ]
    cells = [f"coalesce({value}::varchar, '')" for value in values]
    row = f"concat_ws(',', '', {', '.join(cells)}) || concat({', '.join([quoted(':'), *texts])})"
    totals = ", ".join(
        f"coalesce(sum({tokens}), 0)" if tokens in {column.name for column in columns} else "0"
        for tokens in ("input_tokens", "output_tokens")
    )
    upper, lower, rows, total_input, total_output = run_with_progress(
        connection,
        "select sum((digest >> 64)::ubigint), "
        f"sum((digest & {2**64 - 1}::uhugeint)::ubigint), count(*), {totals} "
        f"from (select *, md5_number({row})::uhugeint as digest from {relation})",
        f"hashing {name}",
    )[0]
    if rows == 0:
        raise BadData(f"{name}: the file has no rows, only its columns; export it again")
    if max(abs(total_input), abs(total_output)) > MAX_BIGINT:
        raise BadData(
            f"{name}: the sum of its tokens does not fit 64 bits; a count must be a unit error"
        )
    names = ",".join(column.name for column in filled)
    digest = hashlib.sha256(f"{names}|{rows}|{upper}|{lower}".encode()).hexdigest()
    return digest, rows, int(total_input), int(total_output)


def stage(
    connection: duckdb.DuckDBPyConnection, path: Path, declared: list[Column], staged: Path
) -> None:
    """Check one file and write its typed rows to `staged`."""
    file = read_file(connection, path)
    check_columns(file, declared)
    try:
        run_with_progress(
            connection,
            f"copy ({typed_query(file, declared)}) to {quoted(str(staged))} (format parquet)",
            f"checking {path.name}",
        )
    except duckdb.OutOfMemoryException as error:
        raise BadSetup(f"{path.name}: not enough memory or disk to check it: {error}") from None
    except duckdb.Error as error:
        if BAD_VALUE in str(error):
            connection.execute("set threads = 1; set preserve_insertion_order = true")
            raise BadData(explain_bad_values(connection, file, declared)) from None
        if file.format == "csv":
            raise BadData(explain_csv(path, len(file.columns), error)) from None
        if file.format == "jsonl":
            raise BadData(explain_jsonl(path, error)) from None
        raise BadData(
            f"{path.name}: its data pages cannot be read; export or copy it again "
            f"({str(error).splitlines()[0]})"
        ) from None


def batch_id_of(source: str, table: str, mode: str, content_hash: str, previous: str) -> str:
    """Return the id that follows from a batch's content and place."""
    name = "|".join((source, table, mode, content_hash, previous))
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def load(
    files: list[Path], source: str, table: str, raw_dir: Path, loaded_at: datetime, mode: str
) -> list[str]:
    """Check all files, then publish those whose content is new; return one line about each."""
    declared = read_declaration(source, table)
    messages = []
    with (
        locked(raw_dir) as staging,
        new_connection("1GB", threads=2, spill_to=staging / "spill") as connection,
    ):
        known = read_manifest(connection, raw_dir, source, table)
        batch_of_hash = {content_hash: batch_id for batch_id, content_hash, _ in known}
        previous = ""
        if mode == "full":
            # A whole table may return to what it was: only the newest one counts as the same.
            full = [(batch_id, content) for batch_id, content, kind in known if kind == "full"]
            batch_of_hash = {content: batch_id for batch_id, content in full[-1:]}
            previous = full[-1][0] if full else ""

        batches = []
        problems = []
        for number, path in enumerate(files):
            staged = staging / f"{number}.parquet"
            try:
                stage(connection, path, declared, staged)
                content = content_of(connection, staged, declared, path.name)
            except BadData as problem:
                problems.append(str(problem))
                continue
            content_hash, rows, input_tokens, output_tokens = content
            if content_hash in batch_of_hash:
                messages.append(
                    f"{path.name}: already loaded as batch {batch_of_hash[content_hash]}, "
                    "nothing changed"
                )
                continue
            batch_id = batch_id_of(source, table, mode, content_hash, previous)
            batch_of_hash[content_hash] = batch_id
            batches.append(
                Batch(path, staged, batch_id, content_hash, rows, input_tokens, output_tokens)
            )
            messages.append(
                f"{path.name}: loaded {rows:,} rows, {input_tokens:,} input and "
                f"{output_tokens:,} output tokens, as batch {batch_id}"
            )
        if problems:
            raise BadData("\n".join([*problems, "nothing was loaded, the raw area is as it was"]))

        remove_orphans(raw_dir, source, table, {batch_id for batch_id, *_ in known})
        stamp(connection, batches, staging, source, table, loaded_at, mode)
        for folder, part in (
            (raw_dir / source / table, "data"),
            (raw_dir / "load_manifest", "row"),
        ):
            folder.mkdir(parents=True, exist_ok=True)
            for batch in batches:
                publish(staging / f"{batch.batch_id}.{part}", folder / f"{batch.batch_id}.parquet")
    return messages


def stamp(
    connection: duckdb.DuckDBPyConnection,
    batches: list[Batch],
    staging: Path,
    source: str,
    table: str,
    loaded_at: datetime,
    mode: str,
) -> None:
    """Write each batch with its id and time, and its row of the manifest, beside the raw area."""
    instant = f"timestamptz {quoted(loaded_at.isoformat())}"
    for batch in batches:
        run_with_progress(
            connection,
            f"copy (select *, {instant} as _loaded_at, {quoted(batch.batch_id)} as _batch_id "
            f"from read_parquet({quoted(str(batch.staged))})) "
            f"to {quoted(str(staging / f'{batch.batch_id}.data'))} "
            "(format parquet, compression zstd)",
            f"loading {batch.path.name}",
        )
        connection.execute(
            f"copy (select {quoted(batch.batch_id)} as batch_id, {quoted(source)} as source_name, "
            f"{quoted(table)} as table_name, {quoted(mode)} as load_mode, {instant} as loaded_at, "
            f"{batch.rows}::bigint as row_count, {batch.input_tokens}::bigint as input_tokens, "
            f"{batch.output_tokens}::bigint as output_tokens, "
            f"{quoted(batch.content_hash)} as content_hash, "
            f"{quoted(batch.path.name)} as file_name) "
            f"to {quoted(str(staging / f'{batch.batch_id}.row'))} "
            "(format parquet, compression zstd)"
        )


def instant(text: str) -> datetime:
    """Read an ISO instant with its zone from the command line."""
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} has no zone; write {text}Z if it is UTC")
    return value.astimezone(UTC)


def main() -> int:
    parser = argparse.ArgumentParser(description="Check files and append them to the raw area.")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="CSV, JSONL or Parquet")
    parser.add_argument("--source", required=True, help="source that declares the table")
    parser.add_argument("--table", required=True, help="table of the source")
    parser.add_argument("--raw-dir", type=Path, default=ROOT / "data" / "raw", help="the raw area")
    parser.add_argument("--loaded-at", type=instant, help="instant of the load (default: now)")
    parser.add_argument(
        "--load-mode",
        choices=("append", "full"),
        default="append",
        help="full: the file is the whole table as it stands (default: append)",
    )
    arguments = parser.parse_args()
    if arguments.load_mode == "full" and len(arguments.files) > 1:
        return fail(2, "--load-mode full takes one file: the whole table")
    try:
        messages = load(
            arguments.files,
            arguments.source,
            arguments.table,
            arguments.raw_dir,
            arguments.loaded_at or datetime.now(UTC),
            arguments.load_mode,
        )
    except BadData as problem:
        return fail(1, str(problem))
    except BadSetup as problem:
        return fail(2, str(problem))
    except OSError as error:
        return fail(2, f"{error.filename or arguments.raw_dir}: {error.strerror or error}")
    print("\n".join(messages))
    return 0


if __name__ == "__main__":
    sys.exit(main())
