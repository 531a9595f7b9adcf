"""The marts of a target: what of them is compared, and their hashes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from mart_export.compare import MartHash, Table, hash_table
from mart_export.contracts import Contract, read_contracts
from mart_export.targets import Target, open_target


def tables_of(target: Target, contracts: Mapping[str, Contract]) -> dict[str, Table]:
    """Return what is compared of a target, by name: no state, no column about the load."""
    tables = {}
    for name, columns in sorted(target.tables().items()):
        contract = contracts.get(name, Contract())
        if not contract.is_state:
            kept = {n: kind for n, kind in columns.items() if n not in contract.left_out}
            tables[name] = Table(target, name, kept, contract)
    return tables


def hash_marts(
    source: str | Path | Target,
    schema: str | None = None,
    contracts: Mapping[str, Contract] | None = None,
) -> dict[str, MartHash]:
    """Return the hash of every mart of a DuckDB file, a target or an open one, by name.

    Approximate columns are hashed to their last digit: that is for two states of one engine.
    """
    contracts = read_contracts() if contracts is None else contracts
    if isinstance(source, Target):
        tables = tables_of(source, contracts)
        return {name: hash_table(exactly(table)) for name, table in tables.items()}
    opened = open_target(str(source), schema)
    try:
        return hash_marts(opened, schema, contracts)
    finally:
        opened.engine.close()


def exactly(table: Table) -> Table:
    """Return the table with no column approximate."""
    return replace(table, contract=replace(table.contract, approximate=frozenset()))
