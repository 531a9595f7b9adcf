"""Two million requests of a model service are all priced, and no row is without an explanation.

The trace beside the checkout goes in once, and a second file brings what such a table also holds: a
repetition, a row that cannot be counted, and a model that no list knows.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import duckdb
import import_trace
import pytest
from support.project import PINNED, Project, utc

ROWS = 1_997_189
LOADED_AT = "2025-04-01T00:00:00+00:00"
# USD per million input and output tokens; DeepSeek's discount of the time ran from 16:30 to 00:30.
BY_DAY, BY_NIGHT = ("0.55", "2.19"), ("0.135", "0.55")
PRICES = {
    "m-large": ("1.6", "6.4"),
    "m-mid": ("0.4", "1.2"),
    "m-small": ("0.05", "0.2"),
}
STRANGER = {
    "event_id": "stranger",
    "source_instance": "servegen",
    "started_at": utc("2025-03-04T09:00:00"),
    "provider_name": "openrouter",
    "request_model": "qwen/nobody-knows-it",
    "input_tokens": 30,
    "output_tokens": 7,
}
UNCOUNTABLE = STRANGER | {"event_id": "uncountable", "output_tokens": -1}


@pytest.fixture(scope="module")
def trace(shared_data: Path) -> Path:
    return shared_data / import_trace.SERVEGEN


@pytest.fixture(scope="module")
def served(make_project: Callable[..., Project], trace: Path, shared_data: Path) -> Project:
    project = make_project("servegen", vars=PINNED)
    file = project.path / "data" / "inbox" / "servegen.parquet"
    file.parent.mkdir(exist_ok=True)
    project.script("import_trace.py", "servegen", "--data", shared_data, "--out", file)
    project.load(file, loaded_at=LOADED_AT)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        first = connection.execute(f"select * from '{file}' limit 1")
        repetition = dict(
            zip([each[0] for each in first.description], first.fetchall()[0], strict=True)
        )
    project.load([repetition, UNCOUNTABLE, STRANGER], loaded_at="2025-04-02T00:00:00+00:00")
    project.build()
    return project


def usd(input_tokens: int, output_tokens: int, prices: tuple[str, str]) -> Decimal:
    """Return what tokens cost at a price per million for input and for output."""
    return (input_tokens * Decimal(prices[0]) + output_tokens * Decimal(prices[1])) / 1_000_000


def expected_costs(trace: Path) -> dict[str, tuple[int, int, int, Decimal]]:
    """Return requests, input and output tokens and USD of each model, from the trace itself."""
    query = f"""
        select
            model,
            ts_ms % 86400000 between 1800000 and 59399999 as is_by_day,
            count(*),
            sum(input_tokens)::bigint,
            sum(output_tokens)::bigint
        from '{trace}'
        group by all
    """
    found: dict[str, tuple[int, int, int, Decimal]] = {}
    with duckdb.connect() as connection:
        for model, is_by_day, *counts in connection.execute(query).fetchall():
            prices = PRICES.get(model, BY_DAY if is_by_day else BY_NIGHT)
            before = found.get(model, (0, 0, 0, Decimal(0)))
            requests, read, written = (a + b for a, b in zip(before, counts, strict=False))
            found[model] = (requests, read, written, before[3] + usd(*counts[1:], prices))
    return found


def test_every_row_is_an_attempt_a_duplicate_or_refused_with_a_reason(served: Project) -> None:
    assert served.query(
        "select received_rows, accepted_rows, duplicate_rows, superseded_rows, rejected_rows"
        " from marts.load_audit order by loaded_at"
    ) == [(ROWS, ROWS, 0, 0, 0), (3, 1, 1, 0, 1)]
    assert served.query("select count(*), count(distinct usage_key) from marts.fct_llm_usage") == [
        (ROWS + 1, ROWS + 1)
    ]
    assert served.query(
        "select source_record_id, rejection_reason from marts.rejected_llm_usage"
    ) == [("uncountable#1", "negative_tokens")]


def test_tokens_and_cost_of_each_model_are_those_of_the_trace(served: Project, trace: Path) -> None:
    expected = {
        "/".join(import_trace.SERVEGEN_MODELS[model]): figures
        for model, figures in expected_costs(trace).items()
    }
    assert len(expected) == 4
    found = {
        name: tuple(figures)
        for name, *figures in served.query(
            "select provider_name || '/' || request_model, count(*), sum(input_tokens)::bigint,"
            " sum(output_tokens)::bigint, sum(list_cost) from marts.fct_llm_usage"
            " where event_id != 'stranger' group by 1"
        )
    }
    assert found == expected
    assert sum(figures[3] for figures in expected.values()) == Decimal("2795.3297158")


def test_every_name_is_priced_or_named_as_unpriced(served: Project) -> None:
    unpriced = "unpriced_model_requests, unpriced_requests, unpriced_tokens, list_cost"
    assert served.query(
        f"select reported_model, requests, {unpriced} from marts.pricing_coverage"
        " where priced_requests < requests"
    ) == [("qwen/nobody-knows-it", 1, 1, 1, 37, None)]
    assert served.query(
        "select count(*), sum(priced_requests)::bigint from marts.pricing_coverage"
        " where priced_requests = requests"
    ) == [(4, ROWS)]


def test_a_client_is_one_of_its_model(served: Project, trace: Path) -> None:
    with duckdb.connect() as connection:
        clients = connection.execute(
            f"select count(*) from (select distinct model, client_id from '{trace}')"
        ).fetchall()
    found = served.query(
        "select count(distinct workspace_id) from marts.fct_llm_usage where event_id != 'stranger'"
    )
    assert found == clients


def test_what_is_rolled_up_is_what_was_costed(served: Project) -> None:
    for mart in (
        *("fct_llm_usage_daily", "llm_costs_daily", "cost_per_token", "workspace_monthly_usage"),
        *("user_monthly_usage", "pricing_coverage", "pricing_coverage_monthly"),
    ):
        assert served.query(
            f"select sum(requests)::bigint, sum(total_tokens)::bigint, sum(list_cost),"
            f" sum(unpriced_requests)::bigint from marts.{mart}"
        ) == [(ROWS + 1, 1_830_761_417 + 37, Decimal("2795.3297158"), 1)], mart
