"""Real traffic: the published traces beside the checkout cost what their oracles say, exactly.

The kv_cache_tester requests go in three times, as source instances: `flat` is priced with a book of
this test that knows no context bands, `tiered` with the list, `cached` with the list and the cache
split. The Azure trace goes in as gpt-4 on its own day, 2023-11-16.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.project import Project

VARIANTS = {
    "flat": "cost_flat_uncached",
    "tiered": "cost_tiered_uncached",
    "cached": "cost_tiered_cached_5m_write",
}
REQUESTS = 24_108


def per_million(unit_price: str) -> str:
    """Return a unit price in USD per million, as a price list prints it."""
    return f"{(Decimal(unit_price) * 1_000_000).normalize():f}"


def flat_price_book(project: Project, oracle: dict[str, Any]) -> list[dict[str, str]]:
    """Return the oracle's prices below the context threshold as rows of the seed."""
    aliases = project.path / "seeds" / "pricing" / "llm_model_aliases.csv"
    with aliases.open(newline="") as file:
        model_ids = {
            row["model_name"]: row["model_id"]
            for row in csv.DictReader(file)
            if row["provider_id"] == "anthropic"
        }
    return [
        {
            "price_book": "fixture_flat",
            "provider_id": "anthropic",
            "model_id": model_ids[model],
            "component": component,
            "service_tier": "standard",
            "region_class": "*",
            "ctx_min": "0",
            "valid_from": "2026-01-01 00:00:00",
            "usd_per_unit": f"{Decimal(prices[key]):f}",
            "quoted_price": per_million(prices[key]),
            "per": "1000000",
            "currency": "USD",
            "status": "active",
            "source": "fixture",
            "source_ref": oracle["prices_from"],
            "checked_on": "2026-02-15",
            "revision": "1",
            "recorded_on": "2026-02-15",
            "confidence": "observed",
        }
        for model, prices in oracle["prices"].items()
        for component, key in (("input", "i"), ("output", "o"))
    ]


@pytest.fixture(scope="module")
def oracle(shared_data: Path) -> dict[str, Any]:
    """The publisher's prices and costs per model under each rule, money as text."""
    content: dict[str, Any] = json.loads(
        (shared_data / "kv_cache_tester" / "expected_costs.json").read_text()
    )
    return content


@pytest.fixture(scope="module")
def traced(
    make_project: Callable[..., Project], shared_data: Path, oracle: dict[str, Any]
) -> Project:
    project = make_project("traces")
    imports = [("kv_cache_tester", ["--variant", variant]) for variant in VARIANTS]
    for trace, options in [*imports, ("azure_llm_2023", [])]:
        file = project.path / "data" / "inbox" / f"{'_'.join([trace, *options[1:]])}.parquet"
        file.parent.mkdir(exist_ok=True)
        project.script("import_trace.py", trace, "--data", shared_data, "--out", file, *options)
        project.load(file, loaded_at="2026-03-01T00:00:00+00:00")
    project.append_to_seed("llm_prices", flat_price_book(project, oracle))
    project.build(as_of="2026-03-01", list_book_by_source_instance={"flat": "fixture_flat"})
    return project


def test_every_request_is_priced_once_and_none_refused(traced: Project) -> None:
    assert traced.query(
        "select source_instance, count(*), count(list_cost), count(distinct usage_key)"
        f" from marts.fct_llm_usage where source_instance in {tuple(VARIANTS)} group by 1"
        " order by 1"
    ) == [(variant, REQUESTS, REQUESTS, REQUESTS) for variant in sorted(VARIANTS)]
    assert traced.query("select count(*) from marts.rejected_llm_usage") == [(0,)]


@pytest.mark.parametrize("variant", VARIANTS)
def test_tokens_of_each_trace_are_the_publishers_totals(
    traced: Project, shared_data: Path, variant: str
) -> None:
    # What the publisher says of a whole trace and of its parent agent is right for all 360 traces;
    # what single sub-agents say of themselves is not: only their sum, total - parent, is compared.
    with (shared_data / "kv_cache_tester" / "traces_reported_totals.csv").open(newline="") as file:
        reported = {
            row["trace_id"]: tuple(
                int(row[f"reported_{part}"])
                for part in ("input", "output", "parent_input", "parent_output")
            )
            for row in csv.DictReader(file)
        }
    found = {
        trace: totals
        for trace, *totals in traced.query(
            "select conversation_id, sum(input_tokens)::bigint, sum(output_tokens)::bigint,"
            " coalesce(sum(input_tokens) filter (where agent_id = 'main'), 0)::bigint,"
            " coalesce(sum(output_tokens) filter (where agent_id = 'main'), 0)::bigint"
            " from marts.fct_llm_usage where source_instance = ? group by 1",
            variant,
        )
    }
    assert len(reported) == 360
    assert {trace: tuple(totals) for trace, totals in found.items()} == reported


@pytest.mark.parametrize("variant", VARIANTS)
def test_cost_of_each_model_is_the_oracles_to_the_last_digit(
    traced: Project, oracle: dict[str, Any], variant: str
) -> None:
    expected = {
        model["model"]: (
            model["requests"],
            model["input_tokens"],
            model["output_tokens"],
            Decimal(model[VARIANTS[variant]]),
        )
        for model in oracle["by_model"]
    }
    found = {
        model: tuple(figures)
        for model, *figures in traced.query(
            "select coalesce(response_model, request_model), count(*),"
            " sum(input_tokens)::bigint, sum(output_tokens)::bigint, sum(list_cost)"
            " from marts.fct_llm_usage where source_instance = ? group by 1",
            variant,
        )
    }
    assert found == expected
    total = sum((figures[3] for figures in found.values()), Decimal(0))
    assert total == Decimal(oracle["total"][VARIANTS[variant]])


def test_the_marts_show_the_same_money(traced: Project, oracle: dict[str, Any]) -> None:
    expected = sum(
        (Decimal(oracle["total"][rule]) for rule in VARIANTS.values()), Decimal("556.55298")
    )
    for mart in (
        *("fct_llm_usage_daily", "llm_costs_daily", "cost_per_token"),
        *("user_monthly_usage", "workspace_monthly_usage", "pricing_coverage"),
    ):
        assert traced.query(f"select sum(list_cost) from marts.{mart}") == [(expected,)], mart


def test_the_azure_trace_costs_what_gpt_4_cost_on_its_day(traced: Project) -> None:
    assert traced.query(
        "select count(*), min(usage_date)::varchar, max(usage_date)::varchar, min(model_id),"
        " max(model_id), sum(list_cost) from marts.fct_llm_usage"
        " where usage_date < '2024-01-01'"
    ) == [(8_819, "2023-11-16", "2023-11-16", "gpt-4", "gpt-4", Decimal("556.55298"))]
