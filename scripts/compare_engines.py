"""Compare the marts of two or more warehouses to the last digit, and show what differs.

A warehouse is a target of profiles.yml or a DuckDB file; each is compared with the first. Columns
that the YAML marks `approximate` (ratios, percentiles) may differ by a millionth; columns marked
`load_audit` and marts marked `state` follow the loads and not the usage, and are left out.

Usage: python scripts/compare_engines.py TARGET TARGET [TARGET ...] [--select MART ...]
Output: rows, SHA-256 and verdict of each mart; below it the first rows that differ.
Exit codes: 0 all equal, 1 something differs, 2 usage or environment.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Iterator, Sequence

from mart_export.compare import (
    MartDifference,
    Progress,
    RowDifference,
    Table,
    compare,
    differing_cells,
    hash_table,
)
from mart_export.contracts import read_contracts
from mart_export.marts import tables_of
from mart_export.targets import NoTarget, Target, close_all, open_target
from raw_area import fail
from rich.console import Console
from rich.status import Status

LAYOUT = "{:<28} {:>12}  {:<16}  {}"


def comparison(
    names: Sequence[str], schema: str | None, select: Sequence[str], limit: int
) -> Iterator[tuple[str, bool]]:
    """Yield one text per mart with whether all is equal in it; raise NoTarget."""
    targets: list[Target] = []
    console = Console(stderr=True)
    try:
        for name in names:
            targets.append(open_target(name, schema))
        contracts = read_contracts()
        found = [tables_of(target, contracts) for target in targets]
        marts = chosen(sorted(set().union(*found)), select)
        with console.status("") as status:
            for number, mart in enumerate(marts, start=1):
                label = f"{mart} ({number} of {len(marts)})"
                sides = [tables.get(mart) for tables in found]
                yield compare_mart(mart, sides, targets, limit, showing(status, label))
    finally:
        close_all(targets)


def chosen(marts: list[str], select: Sequence[str]) -> list[str]:
    """Return the marts to compare; raise NoTarget for one that no target has."""
    for name in select:
        if name not in marts:
            near = difflib.get_close_matches(name, marts, n=1)
            raise NoTarget(
                f"no target has a mart {name}", f"name one of: {', '.join(near or marts)}"
            )
    return [name for name in marts if not select or name in select]


def showing(status: Status, label: str) -> Progress:
    status.update(label)
    return lambda rows: status.update(f"{label}: {rows:,} rows")


def compare_mart(
    mart: str,
    sides: Sequence[Table | None],
    targets: Sequence[Target],
    limit: int,
    progress: Progress,
) -> tuple[str, bool]:
    """Compare one mart of every target with that of the first target that has it."""
    lines = [
        LAYOUT.format(mart, "", "", f"different: not in {target.name}")
        for target, side in zip(targets, sides, strict=True)
        if side is None
    ]
    first, *others = [side for side in sides if side is not None]
    if not others:
        hashed = hash_table(first)
        lines.append(LAYOUT.format(mart, f"{hashed.rows:,}", hashed.sha256[:16], first.target.name))
    is_equal = None not in sides
    for other in others:
        found = compare(first, other, limit, progress)
        lines += described(mart, first, other, found)
        is_equal = is_equal and found.is_equal
    return "\n".join(lines), is_equal


def described(mart: str, first: Table, other: Table, found: MartDifference) -> Iterator[str]:
    """Yield the table's line of a comparison, and lines about what differs."""
    left, right = first.target.name, other.target.name
    one, two = found.hashes
    if found.is_equal:
        yield LAYOUT.format(mart, f"{one.rows:,}", one.sha256[:16], f"equal: {left}, {right}")
        return
    for name, hashed in ((left, one), (right, two)):
        yield LAYOUT.format(mart, f"{hashed.rows:,}", hashed.sha256[:16], f"different: {name}")
    for text in found.columns:
        yield f"    {text}"
    if found.only_left or found.only_right:
        yield f"    {found.only_left:,} rows only in {left}, {found.only_right:,} only in {right}"
    if found.approximate:
        yield f"    {found.approximate:,} rows with approximate columns over the tolerance"
    for row in found.rows:
        yield from described_row(first, other, row)


def described_row(first: Table, other: Table, row: RowDifference) -> Iterator[str]:
    """Yield a row's key and its differing cells side by side, or where the row is."""
    key = ", ".join(f"{name} = {value}" for name, value in row.key.items())
    if row.left is None or row.right is None:
        there = other if row.left is None else first
        cells = row.left or row.right or {}
        yield f"    {key or 'row'}: only in {there.target.name}"
        yield "        " + ", ".join(f"{name} = {cell}" for name, cell in cells.items() if cell)
        return
    yield f"    {key}"
    names = differing_cells(first, row)
    for name in names:
        yield (
            f"        {name}: {shown(row.left[name])} in {first.target.name},"
            f" {shown(row.right[name])} in {other.target.name}"
        )
    if not names:
        yield "        the same cells, more often on one side"


def shown(cell: str | None) -> str:
    """Return a cell so that NULL, the empty text and blanks can be told apart."""
    return "NULL" if cell is None else repr(cell)


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare the marts of warehouses, row by row.")
    parser.add_argument(
        "targets", nargs="+", metavar="TARGET", help="target of profiles.yml, or a DuckDB file"
    )
    parser.add_argument("--schema", help="schema of the marts (default: as dbt names it)")
    parser.add_argument("--select", nargs="+", default=[], metavar="MART", help="only these marts")
    parser.add_argument("--rows", type=int, default=5, help="differing rows to show (default: 5)")
    arguments = parser.parse_args()
    if len(arguments.targets) < 2:
        return fail(2, "name at least two targets: compare_engines.py duckdb postgres")
    differing = []
    print(LAYOUT.format("mart", "rows", "sha256", ""))
    try:
        for text, is_equal in comparison(
            arguments.targets, arguments.schema, arguments.select, arguments.rows
        ):
            print(text, flush=True)
            differing += [] if is_equal else [text]
    except NoTarget as problem:
        return fail(2, str(problem))
    print("all marts are equal" if not differing else f"{len(differing)} marts differ")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
