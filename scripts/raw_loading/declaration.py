"""The raw tables as `models/staging/*/_*__sources.yml` declare them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from raw_area import ROOT

from raw_loading.problems import BadSetup, suggestion

# The fact's type of a cost (macros/money.sql); what does not fit would become NULL there.
COST_TYPE = "decimal(28, 15)"
DUCKDB_TYPES = {"text": "varchar", "json": "varchar", "decimal": COST_TYPE}
EXPECTED = {
    "text": "expected a text",
    "json": 'expected a JSON object, such as {"name": "value"}',
    "boolean": "expected true or false",
    "timestamptz": "expected an instant with its zone, such as 2026-02-16T00:00:00Z",
    "timestamp": "expected a time in UTC, such as 2026-02-16T00:00:00, or one with its zone",
    "integer": "expected a whole number that fits 32 bits, such as 1200",
    "bigint": "expected a whole number that fits 64 bits, such as 1200",
    "double": (
        "expected a number that a binary float holds to its last digit, "
        "such as 0.000005 or 5e-6, without a currency sign"
    ),
    "decimal": (
        "expected a decimal number with a point, such as 12.50, below 10,000,000,000,000, "
        "with at most 15 digits after the point"
    ),
}


@dataclass(frozen=True)
class Column:
    """One declared column of a raw table."""

    name: str
    data_type: str
    required: bool = False
    accepted_values: tuple[str, ...] = ()
    format: str | None = None
    written_by_loader: bool = False
    stored: bool = True
    indexed: bool = False

    @property
    def sql_name(self) -> str:
        return f'"{self.name}"'

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
        return EXPECTED[self.data_type]


@dataclass(frozen=True)
class Table:
    """One raw table, under the name that the caller gave it.

    `name` is the declared one and stands in the manifest; `folder` is the name as given, under
    which the batches lie; `names` are all that the table may be given under. The columns of
    `cursor` say when a row was written or changed; without them a table is copied whole.
    """

    source: str
    name: str
    folder: str
    names: tuple[str, ...]
    drops_unknown: bool
    columns: tuple[Column, ...] = field(repr=False)
    is_optional: bool = False
    cursor: tuple[str, ...] = ()

    @property
    def offered(self) -> dict[str, Column]:
        """The columns that a file may have."""
        return {column.name: column for column in self.columns if not column.written_by_loader}

    @property
    def stored(self) -> list[Column]:
        """The columns that are read from a file and written to a batch."""
        return [column for column in self.offered.values() if column.stored]

    @property
    def written(self) -> list[Column]:
        """The columns of a batch: those that are stored, and the loader's own."""
        return self.stored + [column for column in self.columns if column.written_by_loader]


def find_table(source: str, name: str) -> Table:
    """Return a raw table by its declared or its deployed name."""
    tables = tables_of(source)
    if name not in tables:
        raise BadSetup(f"source {source} has no table {name!r}{suggestion(name, tables)}")
    return tables[name]


def tables_of(source: str) -> dict[str, Table]:
    """Return the tables of a source under every name that each of them may be given."""
    sources = read_sources()
    if source not in sources:
        raise BadSetup(f"no source is called {source!r}{suggestion(source, sources)}")
    return sources[source]


@cache
def find_manifest() -> Table:
    """Return the table of control totals."""
    path = ROOT / "models" / "staging" / "loads" / "_loads__sources.yml"
    return read_tables(read_yaml(path)["sources"][0])["load_manifest"]


@cache
def read_sources() -> dict[str, dict[str, Table]]:
    """Return the sources that the loader writes, each with its tables by name."""
    sources = {}
    for path in sorted((ROOT / "models" / "staging").glob("*/_*__sources.yml")):
        for entry in read_yaml(path)["sources"]:
            tables = read_tables(entry)
            if any(column.written_by_loader for t in tables.values() for column in t.columns):
                sources[entry["name"]] = tables
    return sources


def read_yaml(path: Path) -> Any:
    # The parser in C is eight times as fast; some platforms lack it.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(path.read_text(encoding="utf-8"), loader)


def read_tables(source: dict[str, Any]) -> dict[str, Table]:
    """Return the tables of one source's declaration by declared and by deployed name."""
    drops_unknown = meta_of(source).get("unknown_columns") == "warn"
    tables = {}
    for entry in source["tables"]:
        deployed = meta_of(entry).get("deployed_name", entry["name"])
        names = tuple(dict.fromkeys((entry["name"], deployed)))
        columns = tuple(read_column(column) for column in entry.get("columns", []))
        is_optional = meta_of(entry).get("optional", False)
        cursor = tuple(meta_of(entry).get("cursor", ()))
        for name in names:
            tables[name] = Table(
                *(source["name"], entry["name"], name, names, drops_unknown, columns),
                *(is_optional, cursor),
            )
    return tables


def read_column(entry: dict[str, Any]) -> Column:
    meta = meta_of(entry)
    return Column(
        name=entry["name"],
        data_type=entry.get("data_type", ""),
        required=meta.get("required", False),
        accepted_values=tuple(meta.get("accepted_values", ())),
        format=meta.get("format"),
        written_by_loader=meta.get("written_by_loader", False),
        stored=meta.get("stored", True),
        # A build reads the batches that it has not seen; a load looks for its own.
        indexed=meta.get("indexed", entry["name"] == "_batch_id"),
    )


def meta_of(entry: dict[str, Any]) -> dict[str, Any]:
    meta: dict[str, Any] = (entry.get("config") or {}).get("meta") or {}
    return meta
