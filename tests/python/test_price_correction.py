"""A price corrected three months back computes exactly the dates it priced, and says what it did.

OpenAI's o3 has a price from August on that the package corrects in November: an output token costs
7 instead of 6 USD per million. The story is told on each engine.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from genai_prices.data_snapshot import DataSnapshot, get_snapshot, set_custom_snapshot
from genai_prices.types import ConditionalPrice, ModelPrice, StartDateConstraint
from price_effects import Effect, effects
from price_lookup import MODIFIER_COLUMNS, PriceTable
from price_rows import COMPONENT_COLUMNS, read_csv
from support.project import PINNED, Project, utc
from test_equivalence import differences, opened
from test_prices_refresh import conditions, model_of, refreshed

EACH_ENGINE = [
    "duckdb",
    pytest.param("postgres", marks=pytest.mark.engine("postgres")),
    # Two builds on Spark take minutes: `make soak`.
    pytest.param(
        "spark",
        marks=[pytest.mark.engine("spark"), pytest.mark.soak, pytest.mark.timeout(3600)],
    ),
]
ONE_TOKEN = Decimal("0.000001")
# Event -> (instant, model, tier, output tokens); the price holds from August on.
CALLS = {
    "before": ("2026-07-31T23:59:59", "o3", "standard", 1_000),
    "first": ("2026-08-01T00:00:00", "o3", "standard", 2_000),
    "middle": ("2026-09-15T12:00:00", "o3", "standard", 4_000),
    "again": ("2026-09-15T13:00:00", "o3-2025-04-16", "standard", 8_000),
    "other model, same day": ("2026-09-15T12:00:00", "gpt-4o", "standard", 16_000),
    "other model": ("2026-09-16T12:00:00", "gpt-4o", "standard", 32_000),
    "other tier": ("2026-10-20T12:00:00", "o3", "batch", 64_000),
    "last": ("2026-10-31T23:59:59", "o3", "standard", 128_000),
}
# One USD per million more, by hand: output tokens of the standard tier from August on.
ADDED = {
    date(2026, 8, 1): 2_000 * ONE_TOKEN,
    date(2026, 9, 15): 12_000 * ONE_TOKEN,
    date(2026, 10, 31): 128_000 * ONE_TOKEN,
}
ALL_DATES = {date.fromisoformat(at[:10]) for at, *_ in CALLS.values()}


def calls() -> list[dict[str, Any]]:
    return [
        {
            "event_id": name,
            "started_at": utc(at),
            "provider_name": "openai",
            "request_model": model,
            "service_tier": tier,
            "input_tokens": 100,
            "output_tokens": tokens,
        }
        for name, (at, model, tier, tokens) in CALLS.items()
    ]


@dataclass
class Corrected:
    """A project before and after the correction, and what the report said between the two."""

    project: Project
    reference: Project
    before: dict[str, list[tuple[Any, ...]]]
    after: dict[str, list[tuple[Any, ...]]]
    effects: list[Effect]


MEASURED = {
    "attempts": "select event_id, usage_date, restated_at, list_cost from marts.fct_llm_usage"
    " order by event_id",
    "days": "select usage_date, llm_id, max(restated_at), sum(list_cost)"
    " from marts.fct_llm_usage_daily group by usage_date, llm_id order by 1, 2",
    "months": "select usage_month, max(restated_at) from marts.cost_per_token group by usage_month",
}


def measure(project: Project) -> dict[str, list[tuple[Any, ...]]]:
    return {name: project.query(sql) for name, sql in MEASURED.items()}


def build(project: Project) -> None:
    if project.engine == "spark":
        # Its tests are those of the other engines, and each costs Spark seconds.
        project.dbt(
            "build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "test",
        )  # fmt: skip
    else:
        project.build()


def refresh(project: Project, package: DataSnapshot, on: str, usd: int) -> Any:
    """Let the package say what o3's output costs from August on, and take it over on a day."""
    found = conditions(model_of(package, "openai", "o3"))
    august = StartDateConstraint(date(2026, 8, 1))
    found[:] = [each for each in found if each.constraint != august]
    price = ModelPrice(**vars(found[-1].prices) | {"output_mtok": Decimal(usd)})
    found.append(ConditionalPrice(august, prices=price))
    result = refreshed(project.path / "seeds" / "pricing", on, "openai/o3")
    for path, text in result.texts.items():
        path.write_text(text, encoding="utf-8", newline="")
    return result


def reported(project: Project, result: Any) -> list[Effect]:
    """The effects that the report of a refresh shows."""
    seeds = project.path / "seeds" / "pricing"
    modifiers = read_csv(seeds / "price_modifiers.csv", MODIFIER_COLUMNS)
    components = read_csv(seeds / "llm_price_components.csv", COMPONENT_COLUMNS)
    old, new = (PriceTable(rows, modifiers, components) for rows in (result.before, result.after))
    with opened(project, project.engine) as target:
        return effects(result.changes, old, new, target)


@pytest.fixture(scope="module", params=EACH_ENGINE)
def corrected(
    request: pytest.FixtureRequest, make_project: Callable[..., Project]
) -> Iterator[Corrected]:
    project = make_project(f"correction_{request.param}", engine=request.param, vars=PINNED)
    reference = make_project("correction_reference", vars=PINNED)
    package = DataSnapshot(copy.deepcopy(get_snapshot().providers), from_auto_update=False)
    set_custom_snapshot(package)
    try:
        assert refresh(project, package, "2026-08-01", usd=6).touched > 0
        for each in (project, reference):
            each.load(calls(), loaded_at="2026-11-01T00:00:00+00:00")
        build(project)
        before = measure(project)
        result = refresh(project, package, "2026-11-01", usd=7)
        for seed in (project.path / "seeds" / "pricing").glob("*.csv"):
            (reference.path / "seeds" / "pricing" / seed.name).write_bytes(seed.read_bytes())
        told = reported(project, result)
        build(project)
        build(reference)
        yield Corrected(project, reference, before, measure(project), told)
    finally:
        set_custom_snapshot(None)


def test_the_correction_is_one_revision_of_one_price(corrected: Corrected) -> None:
    seeds = corrected.project.path / "seeds" / "pricing" / "llm_prices.csv"
    found = [
        line.split(",")[7:14] + line.split(",")[20:21]
        for line in seeds.read_text().splitlines()
        if line.startswith("list,openai,o3,output,standard,") and "2026-08-01" in line.split(",")[7]
    ]
    start = ["2026-08-01 00:00:00", "", "", "", ""]
    assert found == [
        [*start, "0.000006", "6", "1"],
        [*start, "0.000007", "7", "2"],
    ]


def test_exactly_the_dates_that_the_price_priced_are_computed(corrected: Corrected) -> None:
    before = {event: (stamp, cost) for event, _, stamp, cost in corrected.before["attempts"]}
    after = {event: (day, stamp, cost) for event, day, stamp, cost in corrected.after["attempts"]}
    assert set(after) == set(before) == set(CALLS)
    computed = {day for event, (day, stamp, _) in after.items() if stamp != before[event][0]}
    assert computed == set(ADDED)
    days = {
        day
        for (day, _, was, _), (_, _, now, _) in zip(
            corrected.before["days"], corrected.after["days"], strict=True
        )
        if was != now
    }
    assert days == set(ADDED) < ALL_DATES
    months = set(corrected.after["months"]) - set(corrected.before["months"])
    assert {month for month, _ in months} == {day.replace(day=1) for day in ADDED}
    assert date(2026, 7, 1) in {month for month, _ in corrected.after["months"]}


def test_the_cost_of_no_other_model_date_or_tier_changes(corrected: Corrected) -> None:
    before = {(day, llm): cost for day, llm, _, cost in corrected.before["days"]}
    after = {(day, llm): cost for day, llm, _, cost in corrected.after["days"]}
    assert set(before) == set(after) and None not in before.values()
    assert {
        place: after[place] - before[place] for place in after if after[place] != before[place]
    } == {(day, "openai/o3"): usd for day, usd in ADDED.items()}
    # On a date that is computed stands another model, and on one that is not the same model.
    assert len([llm for day, llm in after if day == date(2026, 9, 15)]) == 2
    assert (date(2026, 10, 20), "openai/o3") in after


def test_what_was_restated_is_written_down_with_its_effect(corrected: Corrected) -> None:
    told = corrected.project.query(
        "select usage_date, restatement_reason, requests_delta, list_cost_before, list_cost_after,"
        " list_cost_delta from marts.usage_restatements"
        " where restatement_reason <> 'first_build' order by usage_date"
    )
    assert [(day, reason, requests, delta) for day, reason, requests, *_, delta in told] == [
        (day, "price_changed", 0, usd) for day, usd in sorted(ADDED.items())
    ]
    for *_, old, new, delta in told:
        assert new - old == delta


def test_the_report_said_before_what_the_run_did_after(corrected: Corrected) -> None:
    assert corrected.effects == [Effect(142_000, sum(ADDED.values(), Decimal(0)))]


def test_the_marts_are_those_of_a_full_refresh(corrected: Corrected) -> None:
    assert differences(corrected.project, corrected.reference) == []
