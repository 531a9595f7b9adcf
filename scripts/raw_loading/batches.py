"""A batch: a file whose content passed, staged as Parquet, known by its content."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
from raw_area import quoted, run_with_progress

from raw_loading.csv_form import explain_csv
from raw_loading.declaration import Column, Table
from raw_loading.faults import explain_bad_values
from raw_loading.files import explain_jsonl, read_file
from raw_loading.mapping import TableMapping
from raw_loading.mapping_sql import UNMAPPED
from raw_loading.problems import BadData, BadSetup
from raw_loading.values import BAD_VALUE, check_columns, typed_query

MAX_BIGINT = 2**63 - 1


@dataclass(frozen=True)
class Content:
    """What a staged file holds: its hash, and the counts for the manifest."""

    content_hash: str
    rows: int
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True)
class Batch:
    """A file to publish: checked, staged and named by what it holds."""

    table: Table
    path: Path
    staged: Path
    batch_id: str
    content: Content

    def message(self) -> str:
        """Say what was loaded."""
        content = self.content
        if content.rows == 0:
            return f"{self.path.name}: the table is empty now, as batch {self.batch_id}"
        tokens = ""
        if "input_tokens" in self.table.offered:
            tokens = f", {content.input_tokens:,} input and {content.output_tokens:,} output tokens"
        return f"{self.path.name}: loaded {content.rows:,} rows{tokens}, as batch {self.batch_id}"


def stage(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    table: Table,
    staged: Path,
    may_be_empty: bool,
    mapping: TableMapping | None,
) -> None:
    """Check one file and write its typed rows to `staged`."""
    wanted = mapping.reads if mapping else {column.name for column in table.stored}
    raw = read_file(connection, path, wanted.__contains__, may_be_empty)
    file = mapping.applied_to(raw) if mapping else raw
    for warning in check_columns(file, table):
        print(warning, file=sys.stderr)
    try:
        run_with_progress(
            connection,
            f"copy ({typed_query(file, table.stored)}) to {quoted(str(staged))} (format parquet)",
            f"checking {path.name}",
        )
    except duckdb.OutOfMemoryException as error:
        raise BadSetup(f"{path.name}: not enough memory or disk to check it: {error}") from None
    except duckdb.Error as error:
        if mapping and UNMAPPED in str(error):
            raise BadSetup(mapping.explain_unmapped(connection, raw)) from None
        if BAD_VALUE in str(error):
            connection.execute("set threads = 1; set preserve_insertion_order = true")
            if mapping and (unmapped := mapping.explain_unmapped(connection, raw)):
                raise BadSetup(unmapped) from None
            raise BadData(explain_bad_values(connection, file, table.stored)) from None
        if file.format == "csv":
            raise BadData(explain_csv(path, len(raw.columns), error)) from None
        if file.format == "jsonl":
            raise BadData(explain_jsonl(path, error)) from None
        raise BadData(
            f"{path.name}: its data pages cannot be read; export or copy it again "
            f"({str(error).splitlines()[0]})"
        ) from None


def content_of(
    connection: duckdb.DuckDBPyConnection, staged: Path, columns: list[Column], name: str
) -> Content:
    """Return what a staged file holds.

    The hash is the SHA-256 of the names of the columns that hold a value, the number of rows and
    the sum of the rows' 128-bit digests. So the order of the rows does not count, nor does a column
    that is empty: one that is declared later does not change what is known already.
    """
    relation = f"read_parquet({quoted(str(staged))})"
    counts = connection.execute(
        f"select {', '.join(f'count({column.sql_name})' for column in columns)} from {relation}"
    ).fetchone()
    assert counts is not None
    filled = [column for column, count in zip(columns, counts, strict=True) if count] or columns[:1]
    # Texts stand behind all other values with their lengths before them: nothing can be mistaken.
    texts = [column.sql_name for column in filled if column.duckdb_type == "varchar"]
    values = [
        f"strlen({column.sql_name})"
        if column.sql_name in texts
        else f"epoch_us({column.sql_name})"
        if column.data_type in ("timestamptz", "timestamp")
        else column.sql_name
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
    if max(abs(total_input), abs(total_output)) > MAX_BIGINT:
        raise BadData(
            f"{name}: the sum of its tokens does not fit 64 bits; a count must be a unit error"
        )
    names = ",".join(column.name for column in filled)
    digest = hashlib.sha256(f"{names}|{rows}|{upper}|{lower}".encode()).hexdigest()
    return Content(digest, rows, int(total_input), int(total_output))


def batch_id_of(table: Table, mode: str, content_hash: str, previous: str) -> str:
    """Return the id that follows from a batch's content and place."""
    name = "|".join((table.source, table.name, mode, content_hash, previous))
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def stamped_query(batch: Batch, loaded_at: datetime) -> str:
    """Return the query for a batch's rows with all stored columns, its time and its id."""
    columns = ", ".join(column.sql_name for column in batch.table.stored)
    return (
        f"select {columns}, {instant_of(loaded_at)} as _loaded_at, "
        f"{quoted(batch.batch_id)} as _batch_id from read_parquet({quoted(str(batch.staged))})"
    )


def manifest_query(batch: Batch, loaded_at: datetime, mode: str) -> str:
    """Return the query for a batch's row of the manifest."""
    content = batch.content
    return (
        f"select {quoted(batch.batch_id)} as batch_id, "
        f"{quoted(batch.table.source)} as source_name, {quoted(batch.table.name)} as table_name, "
        f"{quoted(mode)} as load_mode, {instant_of(loaded_at)} as loaded_at, "
        f"{content.rows}::bigint as row_count, {content.input_tokens}::bigint as input_tokens, "
        f"{content.output_tokens}::bigint as output_tokens, "
        f"{quoted(content.content_hash)} as content_hash, {quoted(batch.path.name)} as file_name"
    )


def instant_of(moment: datetime) -> str:
    """Return an instant as a literal of DuckDB."""
    return f"timestamptz {quoted(moment.isoformat())}"
