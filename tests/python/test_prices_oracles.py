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
from decimal import Decimal

import pytest
from price_oracle import COSTS, FIXTURES, ORIGIN, shapes_of
from support.known_disagreements import (
    SIDES,
    UNPRICED_HERE,
    Answer,
    known_disagreements,
    no_longer_needed,
    unexplained,
)
from support.priced_events import price_events
from support.project import PINNED, REPOSITORY, Project

JUDGED = ("anthropic", "cohere", "deepseek", "google", "groq", "mistral", "openai", "x-ai")
# litellm adds up floats.
TOLERANCE = Decimal("1e-12")
MAX_SHARE = Decimal("0.05")
PAGE = REPOSITORY / "docs" / "price_checks.md"
DISAGREEMENTS = known_disagreements("litellm")


@pytest.fixture(scope="module")
def answers(make_project: Callable[..., Project]) -> list[Answer]:
    at = json.loads((FIXTURES / ORIGIN).read_text())["at"]
    with (FIXTURES / COSTS).open(newline="") as file:
        rows = list(csv.DictReader(file))
    events = [
        {
            "event_id": f"case-{position}",
            "started_at": at,
            "provider_name": row["provider_id"],
            "request_model": row["model_name"],
            **shapes_of(row["mode"])[row["shape"]],
        }
        for position, row in enumerate(rows)
    ]
    found = price_events(make_project("oracles", vars=PINNED), events)
    return [
        Answer(
            row["provider_id"],
            row["model_name"],
            row["shape"],
            row["answer"],
            Decimal(row["cost_usd"]) if row["cost_usd"] else None,
            found[f"case-{position}"],
            TOLERANCE,
        )
        for position, row in enumerate(rows)
    ]


@pytest.fixture(scope="module")
def judged(answers: list[Answer]) -> list[Answer]:
    """What litellm has a price of its own for, at the providers that are judged."""
    return [a for a in answers if a.provider_id in JUDGED and a.kind == "priced"]


def test_every_name_of_the_fixture_is_a_model_here(answers: list[Answer]) -> None:
    unknown = {(a.provider_id, a.model_name) for a in answers if a.found.model_id == "unattributed"}
    assert not unknown, "make price-oracle: the seeds do not know these names any more"
    assert set(JUDGED) <= {a.provider_id for a in answers}


def test_costs_are_litellms_but_for_a_listed_reason(judged: list[Answer]) -> None:
    wrong = unexplained(judged, DISAGREEMENTS)
    assert not wrong, f"{len(wrong)} of {len(judged)} cases:\n" + "\n".join(wrong[:20])
    assert {answer.provider_id for answer in judged} == set(JUDGED)
    assert len(judged) > 1_500


def test_every_listed_disagreement_is_still_one(judged: list[Answer]) -> None:
    assert len(DISAGREEMENTS) > 0
    gone = no_longer_needed(judged, DISAGREEMENTS)
    assert not gone, "no case differs any more; take out:\n" + "\n".join(gone)


def test_few_cases_differ_from_litellm(judged: list[Answer]) -> None:
    differing = sum(not answer.is_equal for answer in judged)
    assert Decimal(differing) / len(judged) <= MAX_SHARE, f"{differing} of {len(judged)}"


@pytest.mark.parametrize("oracle", ["litellm", "recorded_responses"])
def test_every_listed_disagreement_says_why(oracle: str) -> None:
    rows = known_disagreements(oracle)
    assert rows
    for row in rows:
        assert row.side in SIDES, row.label
        assert row.kind and row.shapes and row.reason.endswith("."), row.label
        assert row.source.startswith("https://"), row.label


def test_a_silent_standard_price_is_never_taken_over(answers: list[Answer]) -> None:
    """What litellm charges for a tier that it has no price of is not what the fact charges."""
    standard = {(a.provider_id, a.model_name): a.found.cost for a in answers if a.shape == "S1"}
    silent = [a for a in answers if a.kind == "no_tier"]
    taken = [
        a.label
        for a in silent
        if a.found.cost is not None and a.found.cost == standard[a.provider_id, a.model_name]
    ]
    assert not taken, "\n".join(taken)
    assert len(silent) > 400


def verdict(answer: Answer) -> str:
    if answer.kind != "priced":
        return answer.kind
    if answer.is_equal:
        return "equal"
    return UNPRICED_HERE if answer.found.cost is None else "differing"


def table_rows(answers: list[Answer]) -> list[str]:
    """The rows of the page's table: what was compared per provider, the judged ones first."""
    lines = []
    for provider in sorted({a.provider_id for a in answers}, key=lambda p: (p not in JUDGED, p)):
        mine = [a for a in answers if a.provider_id == provider]
        counted = Counter(verdict(a) for a in mine)
        compared = counted["equal"] + counted["differing"] + counted[UNPRICED_HERE]
        lines.append(
            f"| {provider} | {len({a.model_name for a in mine}):,} | {compared:,}"
            f" | {counted['equal']:,} | {counted['differing']:,} | {counted[UNPRICED_HERE]:,}"
            f" | {counted['no_tier']:,} | {counted['no_answer']:,} |"
        )
    return lines


def test_the_page_shows_the_present_counts(answers: list[Answer]) -> None:
    rows = table_rows(answers)
    page = PAGE.read_text().splitlines()
    assert not [row for row in rows if row not in page], (
        f"{PAGE.name} is out of date; the table is now\n" + "\n".join(rows)
    )
