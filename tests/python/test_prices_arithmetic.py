"""Every priced model of the price list costs what genai-prices says, to the last digit.

The cases go the whole way: events, loader, `dbt build`, `fct_llm_usage`. Where the project means
to differ from the package, a known difference says why; it fails once it is no longer one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any

import pytest
from support.price_cases import (
    CURATED_TIER,
    DIFFERENCES,
    LEAN_PROVIDERS,
    MODELS_WITHOUT_A_NAME,
    MOVED_NAMES,
    ORACLE_SHAPES,
    ORDINARY_DAYS,
    PROVIDERS,
    TIER_RULE,
    Case,
    Difference,
    Shape,
    cases,
    known_names,
    sold_models,
)
from support.price_golden import GOLDEN
from support.priced_events import Priced, price_events
from support.project import PINNED, Project, utc


def event(event_id: str, provider: str, model: str, at: datetime, shape: Shape) -> dict[str, Any]:
    return {
        "event_id": event_id,
        "started_at": at.isoformat(),
        "provider_name": provider,
        "request_model": model,
        "service_tier": shape.tier,
        "input_tokens": shape.input,
        "output_tokens": shape.output,
        "cache_read_input_tokens": shape.cache_read,
        "cache_write_5m_input_tokens": shape.cache_write_5m,
        "cache_write_1h_input_tokens": shape.cache_write_1h,
        "reasoning_output_tokens": shape.reasoning,
        "audio_input_tokens": shape.audio_in,
        "audio_output_tokens": shape.audio_out,
        "other_meters": {"web_search": shape.web_searches} if shape.web_searches else None,
    }


# (provider, tier) -> least and greatest share of the standard price, as the seller publishes it.
HALF = (Decimal("0.5"), Decimal("0.5"))
TIER_SHARES = {
    ("anthropic", "batch"): HALF,
    ("google", "batch"): HALF,
    ("google", "flex"): HALF,
    ("google", "priority"): (Decimal("1.8"), Decimal("1.8")),
    ("openai", "batch"): HALF,
    ("openai", "flex"): HALF,
    ("openai", "priority"): (Decimal("1.6"), Decimal("2.5")),
    ("openai", "fast"): (Decimal("1.6"), Decimal("2.5")),
}


@pytest.fixture(scope="module")
def all_cases() -> list[Case]:
    return list(cases())


@pytest.fixture(scope="module")
def priced(make_project: Callable[..., Project], all_cases: list[Case]) -> dict[str, Priced]:
    """Event id -> what the built fact says, of cases and golden rows."""
    rows = [
        event(f"case-{position}", case.provider.id, case.name, case.at, case.shape)
        for position, case in enumerate(all_cases)
    ]
    for position, row in enumerate(GOLDEN):
        shape = Shape("golden", *row.tokens)
        rows.append(
            event(f"golden-{position}", row.provider, row.model, utc(row.at), shape) | row.more
        )
    return price_events(make_project("prices", vars=PINNED), rows)


@pytest.fixture(scope="module")
def costs(priced: dict[str, Priced]) -> dict[str, Decimal | None]:
    return {event_id: found.cost for event_id, found in priced.items()}


@dataclass(frozen=True)
class Judged:
    """A case, what it costs here and in the package, and why the two may differ."""

    case: Case
    cost: Decimal | None
    expected: Decimal
    difference: Difference | None


@pytest.fixture(scope="module")
def judged(all_cases: list[Case], costs: dict[str, Decimal | None]) -> list[Judged]:
    return [
        Judged(
            case,
            costs[f"case-{position}"],
            case.package_cost,
            next((known for known in DIFFERENCES if known.applies(case)), None),
        )
        for position, case in enumerate(all_cases)
    ]


def test_every_model_costs_what_the_package_says(judged: list[Judged]) -> None:
    wrong: list[str] = []
    compared: Counter[str] = Counter()
    for found in judged:
        if found.difference is None:
            compared[found.case.provider.id] += 1
            if found.cost != found.expected:
                wrong.append(f"{found.case.label}: {found.cost}, the package: {found.expected}")
        elif found.difference.is_unpriced and found.cost is not None:
            wrong.append(f"{found.case.label}: {found.cost}, but it should be unpriced")
    assert not wrong, f"{len(wrong)} of {len(judged)} cases:\n" + "\n".join(wrong[:20])
    assert set(compared) == {*PROVIDERS, *LEAN_PROVIDERS}
    assert sum(compared.values()) > 35_000


def test_few_models_differ_from_the_package_in_s1_to_s10(judged: list[Judged]) -> None:
    """Of all priced models at most 3 % differ in any of S1 to S10 on any of their own dates.

    Tiers that the package does not list are counted apart: it charges the standard price for them,
    which is no answer about the tier. They are unpriced here, or have a curated price.
    """
    names = {shape.name for shape in ORACLE_SHAPES}
    found = [each for each in judged if each.case.shape.name in names]
    assert {each.case.shape.name for each in found} == names
    models = {each.case.place for each in found}
    differing = {
        each.case.place
        for each in found
        if each.cost != each.expected and each.difference not in (TIER_RULE, CURATED_TIER)
    }
    assert len(models) > 1_300
    assert len(differing) / len(models) <= 0.03, f"{len(differing)} of {len(models)}: {differing}"


def test_a_curated_tier_costs_its_share_of_the_packages_standard_price(
    judged: list[Judged],
) -> None:
    """What the seller publishes of the tier, by the package's own standard price at that instant.

    Batch and flex are sold at half price, Gemini's priority at 1.8 times, OpenAI's priority, which
    is also called fast, at 1.6 to 2.5 times. S8 to S10 have no part with a price of its own;
    Anthropic halves those too, and above 200,000 tokens.
    """
    plain = {shape.name for shape in ORACLE_SHAPES if shape.tier != "standard"} | {"fast plain"}
    halved = {"batch cached", "batch long and cached"}
    other_standard = next(d for d in DIFFERENCES if "prices above 200,000 input" in d.reason)
    compared: Counter[tuple[str, str]] = Counter()
    wrong = []
    for found in judged:
        provider, tier = found.case.provider.id, found.case.shape.tier
        shapes = plain | halved if provider == "anthropic" else plain
        if found.difference is not CURATED_TIER or found.case.shape.name not in shapes:
            continue
        if other_standard.applies(found.case):
            continue
        low, high = TIER_SHARES[provider, tier]
        compared[provider, tier] += 1
        if found.cost is None or not low <= found.cost / found.expected <= high:
            wrong.append(f"{found.case.label}: {found.cost}, standard: {found.expected}")
    assert not wrong, f"{len(wrong)} of {sum(compared.values())}:\n" + "\n".join(wrong[:20])
    assert set(compared) == set(TIER_SHARES)
    assert sum(compared.values()) > 300


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda difference: difference.reason[:50])
def test_every_known_difference_is_still_one(difference: Difference, judged: list[Judged]) -> None:
    differing = [
        found for found in judged if found.difference is difference and found.cost != found.expected
    ]
    assert differing, f"no case differs any more; take out: {difference.reason}"


@pytest.mark.parametrize(
    "position",
    range(len(GOLDEN)),
    ids=[f"{row.model} at {row.at}: {row.source}"[:80] for row in GOLDEN],
)
def test_golden_costs(position: int, costs: dict[str, Decimal | None]) -> None:
    expected = GOLDEN[position].cost
    assert costs[f"golden-{position}"] == (None if expected is None else Decimal(expected))


def test_a_free_model_is_free_and_not_unpriced(
    all_cases: list[Case], priced: dict[str, Priced]
) -> None:
    statuses = Counter(
        priced[f"case-{position}"].status
        for position, case in enumerate(all_cases)
        if case.model.id.endswith(":free")
    )
    assert set(statuses) == {"free"}
    assert statuses["free"] > 100


def moved_name(provider_id: str, name: str) -> tuple[str, str] | None:
    """Return the row of `MOVED_NAMES` that a name without a gateway's prefix falls under."""
    return next(
        (row for row in MOVED_NAMES if row[0] == provider_id and fnmatchcase(name, row[1])), None
    )


def test_names_mean_what_the_package_says_but_for_those_that_moved() -> None:
    packages = {provider.id: provider for provider, _ in sold_models()}
    # The package does not know a gateway's prefixes, nor OpenAI's models at Azure.
    compared = [
        (provider_id, name.text, model_id, meant.id)
        for (provider_id, model_id), names in known_names().items()
        for name in names
        if name.means_it(ORDINARY_DAYS[-1])
        and (meant := packages[provider_id].find_model(name.text)) is not None
    ]
    assert len(compared) > 2_500
    differing = [row for row in compared if row[2] != row[3]]
    moved = {row: moved_name(row[0], row[1]) for row in differing}
    wrong = [row for row, place in moved.items() if place is None or MOVED_NAMES[place] != row[2]]
    assert not wrong, f"(provider, name, model here, model in the package): {wrong}"
    assert set(moved.values()) == set(MOVED_NAMES), "take out what has not moved"


def test_only_models_without_a_usable_name_are_left_out() -> None:
    names = known_names()
    left_out = {
        f"{provider.id}/{model.id}"
        for provider, model in sold_models()
        if (provider.id, model.id) not in names
    }
    assert left_out == MODELS_WITHOUT_A_NAME
