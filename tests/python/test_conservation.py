"""Nothing is lost between the loader's count and the monthly marts, and a loss stops the build."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from support.project import PINNED, Project, utc

TOKENS = (
    *("uncached_input_tokens", "cache_read_input_tokens", "cache_write_5m_input_tokens"),
    *("cache_write_1h_input_tokens", "audio_input_tokens", "input_tokens", "output_tokens"),
    *("reasoning_output_tokens", "audio_output_tokens", "total_tokens", "unpriced_tokens"),
)
COSTS = (
    *("uncached_input_cost", "cache_read_input_cost", "cache_write_5m_input_cost"),
    *("cache_write_1h_input_cost", "audio_input_cost", "output_cost", "other_meters_cost"),
    *("priced_components_cost", "list_cost", "billable_list_cost"),
)
MONTHLY = ("cost_per_token", "user_monthly_usage", "workspace_monthly_usage", "llm_costs_daily")


def call(event_id: str, **columns: Any) -> dict[str, Any]:
    """Return a call of gpt-4o in November."""
    return {
        "event_id": event_id,
        "started_at": utc("2026-11-02T09:00:00"),
        "provider_name": "openai",
        "request_model": "gpt-4o",
        "input_tokens": 1000,
        "output_tokens": 100,
        "workspace_id": "alpha",
        "user_id": "ada",
    } | columns


# 8 rows: 5 calls, 1 duplicate, 2 refused. 7,900 input and 595 output tokens as reported.
FIRST = [
    call("plain"),
    call(
        "cached",
        cache_read_input_tokens=600,
        cache_write_5m_input_tokens=50,
        cache_write_1h_input_tokens=100,
        audio_output_tokens=10,
    ),
    call("replayed"),
    call("replayed"),
    call("corrected", output_tokens=50),
    call("unknown", request_model="house-model-7b", input_tokens=900, user_id="bob"),
    call("negative", output_tokens=-5),
    call(None, output_tokens=50),  # type: ignore[arg-type]
]
# 5 rows: 2 new calls, 1 duplicate, 1 correction, 1 refused. 4,500 input and 405 output tokens.
SECOND = [
    call("next-month", started_at=utc("2026-12-01T00:00:00"), workspace_id="beta"),
    call("audio", audio_input_tokens=100, reasoning_output_tokens=40, input_tokens=500),
    call("replayed"),
    call("corrected", output_tokens=60, other_meters={"web_search": 2}),
    call("cached-above-input", cache_read_input_tokens=2000, output_tokens=45),
]


@pytest.fixture(scope="module")
def conserved(make_project: Callable[..., Project]) -> Project:
    project = make_project("conserved", vars=PINNED)
    restore(project)
    project.dbt("build")
    return project


def restore(project: Project) -> None:
    """Write the raw area as it was received."""
    project.write_batch(FIRST, batch_id="first", loaded_at=utc("2026-11-03T00:00:00"))
    project.write_batch(SECOND, batch_id="second", loaded_at=utc("2026-12-02T00:00:00"))


def test_every_received_row_is_current_superseded_a_duplicate_or_refused(
    conserved: Project,
) -> None:
    assert conserved.query("select count(*) from marts.fct_llm_usage") == [(7,)]
    assert conserved.query(
        "select sum(accepted_rows), sum(duplicate_rows), sum(superseded_rows), sum(rejected_rows)"
        " from marts.load_audit"
    ) == [(7, 2, 1, 3)]
    assert conserved.query(
        "select rejection_reason, count(*) from marts.rejected_llm_usage group by 1 order by 1"
    ) == [("buckets_exceed_input", 1), ("missing_event_id", 1), ("negative_tokens", 1)]
    (manifest,) = duckdb.execute(
        "select sum(row_count), sum(input_tokens), sum(output_tokens)"
        f" from read_parquet('{conserved.raw_dir}/load_manifest/*.parquet')"
    ).fetchall()
    # 13 rows = 7 current + 2 duplicates + 1 superseded + 3 refused.
    assert manifest == (13, 12_400, 1_000)
    # Tokens of what is not in the fact: 2 replays, the first version of one call, 3 refused rows.
    assert conserved.query(
        "select sum(input_tokens), sum(output_tokens) from marts.fct_llm_usage"
    ) == [(12_400 - 2_000 - 1_000 - 3_000, 1_000 - 200 - 50 - 90)]


@pytest.mark.parametrize("column", TOKENS)
def test_tokens_of_the_attempts_are_those_of_the_days(conserved: Project, column: str) -> None:
    attempts = conserved.query(f"select sum({column}) from marts.fct_llm_usage")
    assert attempts[0][0] > 0
    assert conserved.query(f"select sum({column}) from marts.fct_llm_usage_daily") == attempts


@pytest.mark.parametrize("column", COSTS)
def test_each_cost_of_the_attempts_is_that_of_the_days(conserved: Project, column: str) -> None:
    attempts = conserved.query(f"select sum({column}) from marts.fct_llm_usage")
    assert isinstance(attempts[0][0], Decimal)
    assert conserved.query(f"select sum({column}) from marts.fct_llm_usage_daily") == attempts


@pytest.mark.parametrize("mart", MONTHLY)
def test_the_marts_add_up_to_the_attempts(conserved: Project, mart: str) -> None:
    columns = {
        column
        for (column,) in conserved.query(
            "select column_name from information_schema.columns"
            f" where table_schema = 'marts' and table_name = '{mart}'"
        )
    }
    compared = [column for column in (*TOKENS, *COSTS) if column in columns]
    assert {"total_tokens", "input_tokens", "output_tokens", "list_cost"} <= set(compared)
    sums = ", ".join(f"sum({column})" for column in compared)
    totals = f"select {sums} from marts."
    assert conserved.query(totals + mart) == conserved.query(totals + "fct_llm_usage")


def test_a_loss_inside_the_warehouse_fails_the_conservation_tests(conserved: Project) -> None:
    with duckdb.connect(str(conserved.database)) as connection:
        connection.execute("delete from marts.fct_llm_usage where event_id = 'plain'")
    conserved.dbt("test", "--select", "fct_llm_usage", check=False)
    assert conserved.failed_tests() == {
        "assert_daily_usage_equals_attempts",
        "assert_facts_keep_every_attempt_and_token",
    }


@pytest.mark.parametrize(
    "what",
    [
        "select * from raw where event_id is distinct from 'plain'",
        "select * replace (input_tokens + 1 as input_tokens) from raw",
        "from raw union all select * from raw where event_id = 'replayed'",
    ],
    ids=["a raw row is gone", "a raw count was edited", "a raw row came twice"],
)
def test_a_raw_file_that_differs_from_the_loaders_count_fails_its_test(
    conserved: Project, what: str
) -> None:
    file = conserved.raw_dir / "events" / "llm_usage_events" / "first.parquet"
    changed = file.with_suffix(".changed")
    duckdb.sql(
        f"copy (with raw as (from read_parquet('{file}')) {what}) to '{changed}' (format parquet)"
    )
    changed.replace(file)
    conserved.dbt("test", "--select", "int_llm_usage_history", check=False)
    restore(conserved)
    assert "assert_every_batch_holds_what_the_loader_counted" in conserved.failed_tests()


def test_a_batch_that_vanished_stops_the_build_before_the_marts(conserved: Project) -> None:
    (conserved.raw_dir / "events" / "llm_usage_events" / "second.parquet").unlink()
    result = conserved.dbt("build", check=False)
    restore(conserved)
    assert result.returncode != 0
    assert conserved.failed_tests() == {"assert_every_batch_holds_what_the_loader_counted"}
    # Nobody reads a bill that misses a batch.
    assert conserved.statuses()["model.llm_finops.fct_llm_usage"] == "skipped"
