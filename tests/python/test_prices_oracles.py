"""The models charge what litellm charges on the day of its wheel, but for a list of reasons.

The fixture that `scripts/price_oracle.py` writes holds litellm's answers, so that neither litellm
nor a network is needed. Eight providers are judged; clouds and gateways are reported. Where litellm
has no price of the tier that was asked for, it charges another tier's in silence; that is no answer
about this tier (`no_tier`), and such cases are counted apart.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase

import pytest
from price_oracle import COSTS, FIXTURES, ORIGIN, shapes_of
from priced_events import Priced, price_events
from project import REPOSITORY, Project

JUDGED = ("anthropic", "cohere", "deepseek", "google", "groq", "mistral", "openai", "x-ai")
# litellm adds up floats.
TOLERANCE = Decimal("1e-12")
MAX_SHARE = Decimal("0.08")
PAGE = REPOSITORY / "docs" / "price_checks.md"
SIDES = {"ours", "oracle", "unknown"}


@dataclass(frozen=True)
class Answer:
    """litellm's cost of one request in USD, beside what the fact says of it."""

    provider_id: str
    model_name: str
    shape: str
    kind: str
    expected: Decimal | None
    found: Priced

    @property
    def label(self) -> str:
        return (
            f"{self.provider_id} {self.model_name} ({self.found.model_id}) {self.shape}: "
            f"{self.found.cost}, litellm: {self.expected}"
        )

    @property
    def is_compared(self) -> bool:
        return self.kind == "priced"

    @property
    def is_equal(self) -> bool:
        if self.found.cost is None or self.expected is None:
            return False
        return abs(self.found.cost - self.expected) <= TOLERANCE

    @property
    def verdict(self) -> str:
        if not self.is_compared:
            return self.kind
        if self.is_equal:
            return "equal"
        return "unpriced_here" if self.found.cost is None else "differing"


@dataclass(frozen=True)
class Disagreement:
    """Cases in which the two are known to differ, the reason, and the side that we take."""

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
        """Whether the row names the case; litellm may put its provider before a model's name."""
        names = (answer.model_name, answer.model_name.split("/", 1)[-1])
        return (
            answer.provider_id == self.provider_id
            and answer.shape in self.shapes
            and any(fnmatchcase(name, self.model_name) for name in names)
        )


def known_disagreements() -> list[Disagreement]:
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
            if row["oracle"] == "litellm"
        ]


DISAGREEMENTS = known_disagreements()


@pytest.fixture(scope="module")
def answers(make_project: Callable[..., Project]) -> list[Answer]:
    origin = json.loads((FIXTURES / ORIGIN).read_text())
    with (FIXTURES / COSTS).open(newline="") as file:
        rows = list(csv.DictReader(file))
    events = [
        {
            "event_id": f"case-{position}",
            "started_at": origin["at"],
            "provider_name": row["provider_id"],
            "request_model": row["model_name"],
            **shapes_of(row["mode"])[row["shape"]],
        }
        for position, row in enumerate(rows)
    ]
    found = price_events(make_project("oracles"), events)
    return [
        Answer(
            row["provider_id"],
            row["model_name"],
            row["shape"],
            row["answer"],
            Decimal(row["cost_usd"]) if row["cost_usd"] else None,
            found[f"case-{position}"],
        )
        for position, row in enumerate(rows)
    ]


@pytest.fixture(scope="module")
def judged(answers: list[Answer]) -> list[Answer]:
    """What litellm has a price of its own for, at the providers that are judged."""
    return [a for a in answers if a.provider_id in JUDGED and a.is_compared]


def test_every_name_of_the_fixture_is_a_model_here(answers: list[Answer]) -> None:
    unknown = {(a.provider_id, a.model_name) for a in answers if a.found.model_id == "unattributed"}
    assert not unknown, "make price-oracle: the seeds do not know these names any more"
    assert set(JUDGED) <= {a.provider_id for a in answers}


def test_costs_are_litellms_but_for_a_listed_reason(judged: list[Answer]) -> None:
    wrong = []
    for answer in judged:
        known = [row for row in DISAGREEMENTS if row.covers(answer)]
        if answer.is_equal:
            wrong += [f"{answer.label}: equal, yet listed: {row.label}" for row in known]
        elif len(known) != 1:
            wrong.append(f"{answer.label}: {len(known)} reasons are listed")
        elif (known[0].kind == "unpriced_here") != (answer.found.cost is None):
            wrong.append(f"{answer.label}: listed as {known[0].kind}")
    assert not wrong, f"{len(wrong)} of {len(judged)} cases:\n" + "\n".join(wrong[:20])
    assert {answer.provider_id for answer in judged} == set(JUDGED)
    assert len(judged) > 1_500


def test_few_cases_differ_from_litellm(judged: list[Answer]) -> None:
    differing = sum(not answer.is_equal for answer in judged)
    assert differing / len(judged) <= MAX_SHARE, f"{differing} of {len(judged)}"


@pytest.mark.parametrize("row", DISAGREEMENTS, ids=lambda row: row.label)
def test_every_listed_disagreement_is_still_one(row: Disagreement, judged: list[Answer]) -> None:
    assert any(row.covers(answer) and not answer.is_equal for answer in judged), (
        f"no case differs any more; take out: {row.label}: {row.reason}"
    )


@pytest.mark.parametrize("row", DISAGREEMENTS, ids=lambda row: row.label)
def test_every_listed_disagreement_says_why(row: Disagreement) -> None:
    assert row.side in SIDES
    assert row.reason.endswith(".") and row.source.startswith("https://")
    assert row.kind and row.shapes


def test_a_tier_that_nobody_prices_is_never_the_standard_price(answers: list[Answer]) -> None:
    """What litellm charges in silence for a tier that it has no price of is not taken over."""
    standard = {(a.provider_id, a.model_name): a.found.cost for a in answers if a.shape == "S1"}
    silent = [a for a in answers if a.kind == "no_tier"]
    taken = [
        a.label
        for a in silent
        if a.found.cost is not None and a.found.cost == standard[a.provider_id, a.model_name]
    ]
    assert not taken, "\n".join(taken)
    assert len(silent) > 400


def table_rows(answers: list[Answer]) -> list[str]:
    """The rows of the page's table: what was compared per provider, the judged ones first."""
    lines = []
    for provider in sorted({a.provider_id for a in answers}, key=lambda p: (p not in JUDGED, p)):
        mine = [a for a in answers if a.provider_id == provider]
        counted = Counter(a.verdict for a in mine)
        names = len({a.model_name for a in mine})
        compared = counted["equal"] + counted["differing"] + counted["unpriced_here"]
        lines.append(
            f"| {provider} | {names} | {compared:,} | {counted['equal']:,}"
            f" | {counted['differing']:,} | {counted['unpriced_here']:,}"
            f" | {counted['no_tier']:,} | {counted['no_answer']:,} |"
        )
    return lines


def test_the_page_shows_the_present_counts(answers: list[Answer]) -> None:
    rows = table_rows(answers)
    page = PAGE.read_text().splitlines()
    assert not [row for row in rows if row not in page], (
        f"{PAGE.name} is out of date; the table is now\n" + "\n".join(rows)
    )
