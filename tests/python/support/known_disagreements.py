"""Where an oracle is known to price otherwise: tests/fixtures/prices/known_disagreements.csv."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase

from price_oracle import FIXTURES

from support.priced_events import Priced

SIDES = {"ours", "oracle", "unknown"}
UNPRICED_HERE = "unpriced_here"


@dataclass(frozen=True)
class Answer:
    """An oracle's cost of one request in USD, beside what the fact says of it."""

    provider_id: str
    model_name: str
    shape: str
    kind: str
    expected: Decimal | None
    found: Priced
    tolerance: Decimal

    @property
    def label(self) -> str:
        return (
            f"{self.provider_id} {self.model_name} ({self.found.model_id}) {self.shape}: "
            f"{self.found.cost}, the oracle: {self.expected}"
        )

    @property
    def is_equal(self) -> bool:
        if self.found.cost is None or self.expected is None:
            return False
        return abs(self.found.cost - self.expected) <= self.tolerance


@dataclass(frozen=True)
class Disagreement:
    """Requests that are known to differ, the reason, and the side that we take."""

    provider_id: str
    model_name: str
    shapes: tuple[str, ...]
    kind: str
    side: str
    reason: str
    source: str

    @property
    def label(self) -> str:
        return f"{self.provider_id} {self.model_name} {' '.join(self.shapes)}"

    def covers(self, answer: Answer) -> bool:
        """Whether the row names the case; an oracle may put a provider before a model's name."""
        names = (answer.model_name, answer.model_name.split("/", 1)[-1])
        return (
            answer.provider_id == self.provider_id
            and answer.shape in self.shapes
            and any(fnmatchcase(name, self.model_name) for name in names)
        )


def known_disagreements(oracle: str) -> list[Disagreement]:
    with (FIXTURES / "known_disagreements.csv").open(newline="") as file:
        return [
            Disagreement(
                row["provider_id"],
                row["model_name"],
                tuple(row["shapes"].split()),
                row["class"],
                row["side"],
                row["reason"],
                row["source"],
            )
            for row in csv.DictReader(file)
            if row["oracle"] == oracle
        ]


def unexplained(answers: Sequence[Answer], known: Sequence[Disagreement]) -> list[str]:
    """Return the cases that are neither equal nor covered by exactly one reason of their kind."""
    wrong = []
    for answer in answers:
        reasons = [row for row in known if row.covers(answer)]
        if answer.is_equal:
            wrong += [f"{answer.label}: equal, yet listed: {row.label}" for row in reasons]
        elif len(reasons) != 1:
            wrong.append(f"{answer.label}: {len(reasons)} reasons are listed")
        elif (reasons[0].kind == UNPRICED_HERE) != (answer.found.cost is None):
            wrong.append(f"{answer.label}: listed as {reasons[0].kind}")
    return wrong


def no_longer_needed(answers: Sequence[Answer], known: Sequence[Disagreement]) -> list[str]:
    """Return the reasons that no differing case needs any more."""
    return [
        f"{row.label}: {row.reason}"
        for row in known
        if not any(row.covers(answer) and not answer.is_equal for answer in answers)
    ]
