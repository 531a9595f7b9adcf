"""docs/failure_classes.md names tests that exist, for each class that prices must answer."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

from support.project import REPOSITORY

PAGE = REPOSITORY / "docs" / "failure_classes.md"
CLASSES = {
    *range(1, 9), *range(15, 19), *range(20, 34), *range(36, 39), *range(48, 51), 19, 53, 55, 56,
}  # fmt: skip
ROW = re.compile(r"^\| (\d+) \| .+ \| (.+) \|$", re.MULTILINE)


def existing_names() -> Iterator[str]:
    """Yield the names of test functions, dbt tests, unit tests and calls priced by hand."""
    for file in (REPOSITORY / "tests" / "python").glob("test_*.py"):
        yield from re.findall(r"^def (test_\w+)", file.read_text(), re.MULTILINE)
    for file in (REPOSITORY / "tests").rglob("assert_*.sql"):
        yield file.stem
    for file in (REPOSITORY / "models").rglob("*.yml"):
        yield from re.findall(r"name: (\w+)$", file.read_text(), re.MULTILINE)
    with (REPOSITORY / "tests/fixtures/hand_worked/events.csv").open(newline="") as file:
        yield from (row["event_id"] for row in csv.DictReader(file))


def test_each_class_is_answered_by_a_test_that_exists() -> None:
    rows = {
        int(number): re.findall(r"`([\w-]+)`", tests)
        for number, tests in ROW.findall(PAGE.read_text())
    }
    assert set(rows) == CLASSES
    known = set(existing_names())
    unknown = {number: sorted(set(names) - known) for number, names in rows.items()}
    assert {number: names for number, names in unknown.items() if names} == {}
    assert all(rows.values()), "a class without a test"
