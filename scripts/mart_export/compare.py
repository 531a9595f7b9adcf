"""Compare one mart of two targets: merge their sorted digests, then show what differs."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from operator import eq

from mart_export.contracts import Contract
from mart_export.engines import ROWS_AT_A_TIME, Row
from mart_export.targets import Target

# Relative for large numbers; for small ones the last of the six digits that they are rounded to.
TOLERANCE = 1e-6
LAST_DIGIT = Decimal("0.000001")

Progress = Callable[[int], None]
Cells = dict[str, str | None]


@dataclass(frozen=True)
class MartHash:
    """Digest and row count of one table."""

    sha256: str
    rows: int


@dataclass(frozen=True)
class Table:
    """One mart of one target: the kind of each column that is compared, and its contract."""

    target: Target
    name: str
    columns: dict[str, str]
    contract: Contract

    @property
    def approximate(self) -> list[str]:
        """Columns compared within the tolerance: what the contract says, and every float."""
        return sorted(
            name
            for name, kind in self.columns.items()
            if name in self.contract.approximate or kind == "float"
        )

    @property
    def exact(self) -> dict[str, str]:
        """Kinds of the columns that the hash covers."""
        return {name: self.columns[name] for name in self.columns if name not in self.approximate}

    @property
    def relation(self) -> str:
        return self.target.engine.identifier(self.target.schema, self.name)

    def digest_rows(self) -> Iterator[Row]:
        """Yield each row's digest with its approximate cells, sorted by them."""
        engine = self.target.engine
        cells = [engine.text_of(name, self.columns[name]) for name in self.approximate]
        selected = "".join(f", {cell} as approximate_{n}" for n, cell in enumerate(cells))
        order = "".join(f", approximate_{n}" for n in range(len(cells)))
        return engine.stream(
            f"select {engine.digest(self.exact)} as digest{selected}"
            f" from {self.relation} order by digest{order}"
        )

    def find(self, wanted: str, values: list[str]) -> list[Cells]:
        """Return the rows in which the SQL expression `wanted` is one of the values, as texts."""
        if not values:
            return []
        engine = self.target.engine
        names = sorted(self.columns)
        texts = ", ".join(engine.text_of(name, self.columns[name]) for name in names)
        listed = ", ".join(engine.literal(value) for value in values)
        rows = engine.stream(f"select {texts} from {self.relation} where {wanted} in ({listed})")
        return [dict(zip(names, row, strict=True)) for row in rows]


@dataclass
class Hasher:
    """SHA-256 and row count of a stream of digests."""

    table: Table
    rows: int = 0

    def __post_init__(self) -> None:
        exact = self.table.exact
        header = "|".join(f"{name}:{exact[name]}" for name in sorted(exact))
        self.sha = hashlib.sha256(header.encode())

    def of(self, rows: Iterator[Row], progress: Progress | None = None) -> Iterator[Row]:
        """Yield the rows unchanged, counting and hashing them."""
        for row in rows:
            self.sha.update(f"\n{row[0]}".encode())
            self.rows += 1
            if progress and self.rows % ROWS_AT_A_TIME == 0:
                progress(self.rows)
            yield row

    @property
    def result(self) -> MartHash:
        return MartHash(self.sha.hexdigest(), self.rows)


@dataclass(frozen=True)
class RowDifference:
    """One row that differs: its key, and the cells of each side; no cells where it is missing."""

    key: Cells
    left: Cells | None
    right: Cells | None


@dataclass
class MartDifference:
    """What a comparison of one mart found; `hashes` are those of the first and the other target."""

    hashes: tuple[MartHash, MartHash]
    columns: list[str] = field(default_factory=list)
    only_left: int = 0
    only_right: int = 0
    approximate: int = 0
    rows: list[RowDifference] = field(default_factory=list)

    @property
    def is_equal(self) -> bool:
        return not (self.columns or self.only_left or self.only_right or self.approximate)


def hash_table(table: Table) -> MartHash:
    """Hash one table; equal for equal rows, in whatever order they are stored."""
    hasher = Hasher(table)
    for _ in hasher.of(table.digest_rows()):
        pass
    return hasher.result


def is_close(left: str | None, right: str | None) -> bool:
    """Whether two numbers, as text, are the same within a millionth, or both are NULL."""
    if left is None or right is None:
        return left is right
    if left == right or math.isclose(float(left), float(right), rel_tol=TOLERANCE):
        return True
    difference = abs(Decimal(left) - Decimal(right))
    return difference.is_finite() and difference <= LAST_DIGIT


def compare(left: Table, right: Table, limit: int, progress: Progress | None) -> MartDifference:
    """Compare two tables; of what differs, at most `limit` rows of each kind are looked up."""
    columns = differing_columns(left, right)
    if columns:
        common = {n for n, kind in left.columns.items() if right.columns.get(n) == kind}
        left, right = narrowed(left, common), narrowed(right, common)
    hashers = Hasher(left), Hasher(right)
    left_rows = hashers[0].of(left.digest_rows(), progress)
    right_rows = hashers[1].of(right.digest_rows())
    found = MartDifference(hashes=(hashers[0].result, hashers[1].result), columns=columns)
    wanted: tuple[list[str], list[str]] = ([], [])
    for one, other in merged(left_rows, right_rows):
        if one is None and other is not None:
            found.only_right += 1
            note(wanted[1], other[0], limit)
        elif other is None and one is not None:
            found.only_left += 1
            note(wanted[0], one[0], limit)
        elif one is not None and other is not None and not all(map(is_close, one[1:], other[1:])):
            found.approximate += 1
            note(wanted[0], one[0], limit)
    found.hashes = hashers[0].result, hashers[1].result
    found.rows = look_up(left, right, *wanted)[:limit]
    return found


def note(digests: list[str], digest: str, limit: int) -> None:
    if len(digests) < limit:
        digests.append(digest)


def narrowed(table: Table, columns: set[str]) -> Table:
    kept = {name: kind for name, kind in table.columns.items() if name in columns}
    return Table(table.target, table.name, kept, table.contract)


def differing_columns(left: Table, right: Table) -> list[str]:
    """Say which columns only one side has, or has with another kind."""
    said = []
    for name in sorted({*left.columns, *right.columns}):
        kinds = left.columns.get(name), right.columns.get(name)
        if kinds[0] != kinds[1]:
            texts = [
                f"{kind} in {table.target.name}" if kind else f"not in {table.target.name}"
                for kind, table in zip(kinds, (left, right), strict=True)
            ]
            said.append(f"column {name}: {', '.join(texts)}")
    return said


def merged(left: Iterator[Row], right: Iterator[Row]) -> Iterator[tuple[Row | None, Row | None]]:
    """Pair the rows of two streams sorted by digest; None where one side lacks the row."""
    one, other = next(left, None), next(right, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one[0] < other[0]):
            yield one, None
            one = next(left, None)
        elif one is None or other[0] < one[0]:
            yield None, other
            other = next(right, None)
        else:
            yield one, other
            one, other = next(left, None), next(right, None)


def look_up(
    left: Table, right: Table, left_digests: list[str], right_digests: list[str]
) -> list[RowDifference]:
    """Return the rows with these digests, each beside the other side's row of the same key."""
    sides = (left, right)
    found = [
        table.find(table.target.engine.digest(table.exact), digests)
        for table, digests in zip(sides, (left_digests, right_digests), strict=True)
    ]
    key = [name for name in left.contract.key if name in left.exact]
    if not key:
        return [RowDifference({}, row, None) for row in found[0]] + [
            RowDifference({}, None, row) for row in found[1]
        ]
    name = key[0]
    values = sorted({value for rows in found for row in rows if (value := row[name]) is not None})
    by_key = [
        {row[name]: row for row in table.find(table.target.engine.text_of(name, kind), values)}
        for table in sides
        for kind in [table.columns[name]]
    ]
    return [
        RowDifference({name: value}, by_key[0].get(value), by_key[1].get(value)) for value in values
    ]


def differing_cells(table: Table, row: RowDifference) -> list[str]:
    """Return the columns in which the two sides of a row differ."""
    if row.left is None or row.right is None:
        return []
    return [
        name
        for name, cell in row.left.items()
        if not (is_close if name in table.approximate else eq)(cell, row.right[name])
    ]
