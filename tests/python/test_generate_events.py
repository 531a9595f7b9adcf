"""The sample is the same for the same arguments, and has the shape and the faults it promises."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import generate_events
import load_raw
import pytest
from genai_prices import Usage, calc_price
from raw_loading.file_area import FileArea

ROWS = 20_000
Generator = Callable[..., int]
KEY = "event_id, attempt_number"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sample") / "events.parquet"
    generate_events.generate(ROWS, 0, generate_events.DEFAULT_END_DATE, out)
    return out


@pytest.fixture
def generate(monkeypatch: pytest.MonkeyPatch) -> Generator:
    """Run the generator's command line and return its exit code."""

    def run(*arguments: object) -> int:
        monkeypatch.setattr(sys, "argv", ["generate_events.py", *map(str, arguments)])
        return generate_events.main()

    return run


def query(sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        return connection.execute(sql).fetchall()


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def share(sample: Path, condition: str, of: str = "true") -> float:
    ((value,),) = query(f"select avg(({condition})::int) from '{sample}' where {of}")
    return float(value)


def test_same_arguments_give_the_same_bytes_and_another_seed_other_rows(
    generate: Generator, sample: Path, tmp_path: Path
) -> None:
    again, other = tmp_path / "again.parquet", tmp_path / "other.parquet"
    assert generate("--rows", ROWS, "--out", again) == 0
    assert generate("--rows", ROWS, "--out", other, "--seed", 1) == 0
    assert digest(again) == digest(sample)
    assert digest(other) != digest(sample)
    assert query(f"select count(*) from '{sample}' join '{other}' using (event_id)") == [(0,)]


def test_monthly_files_hold_the_same_rows_as_one_file(
    generate: Generator, sample: Path, tmp_path: Path
) -> None:
    assert generate("--rows", ROWS, "--out", tmp_path / "months") == 0
    months = sorted(path.name for path in (tmp_path / "months").iterdir())
    assert len(months) == 12
    assert (months[0], months[-1]) == ("events_2025-11.parquet", "events_2026-10.parquet")
    folder = f"'{tmp_path}/months/*.parquet'"
    assert query(f"select count(*) from (from {folder} except all from '{sample}')") == [(0,)]
    assert query(f"select count(*) from {folder}") == [(ROWS,)]


def test_sample_passes_the_loader(sample: Path, tmp_path: Path) -> None:
    at = datetime(2026, 11, 1, 2, tzinfo=UTC)
    load_raw.load([sample], "events", "llm_usage_events", FileArea(tmp_path / "raw"), at, "append")
    raw = f"'{tmp_path}/raw/events/llm_usage_events/*.parquet'"
    assert query(f"select count(*), max(started_at) <= max(_loaded_at) from {raw}") == [
        (ROWS, True)
    ]


def test_rows_fill_one_year_that_ends_in_the_past(sample: Path) -> None:
    assert query(
        f"select count(*), min(started_at)::date, max(started_at)::date from '{sample}'"
    ) == [(ROWS, date(2025, 11, 1), date(2026, 10, 31))]


def test_traffic_is_skewed_like_real_use(sample: Path) -> None:
    ((users, top, median_llms, busiest),) = query(
        f"""
        with by_user as (
            select user_id, count(*) as n, count(distinct request_model) as llms
            from '{sample}' where user_id is not null group by user_id
        )
        select count(*), (list_sum(list_sort(list(n), 'desc')[:10]) / sum(n))::double,
            median(llms), max(n)
        from by_user
        """
    )
    assert users == generate_events.user_count(ROWS)
    assert 0.3 < top < 0.7
    assert busiest > 20 * ROWS / users / 20
    # One to three lines of LLMs, of which some changed their LLM during the year.
    assert median_llms <= 6
    weekend = share(sample, "isodow(started_at) > 5")
    assert 0.05 < weekend < 0.2
    night = share(sample, "hour(started_at) < 6")
    assert night < 0.06
    ((median, mean),) = query(
        f"select median(input_tokens), avg(input_tokens) from '{sample}' where input_tokens > 0"
    )
    assert mean > 1.5 * median


def test_days_users_and_llms_aggregate_at_ten_million_rows() -> None:
    # The daily mart's rows are bounded by users × days × the LLMs that a user works with.
    assert 2_000 <= generate_events.user_count(10_000_000) <= 3_000
    assert 150 <= generate_events.user_count(50_000) <= 250


def test_faults_and_rarities_are_there_in_their_share(sample: Path) -> None:
    assert 0.01 < share(sample, "status = 'error'") < 0.03
    assert share(sample, "output_tokens = 0", of="status = 'error'") > 0.7
    assert 0.05 < share(sample, "credential_owner = 'customer'") < 0.2
    assert 0.005 < share(sample, "attempt_number = 2") < 0.015
    assert 0 < share(sample, "user_id is null") < 0.02
    assert 0 < share(sample, "workspace_id is null") < 0.02
    assert 0 < share(sample, "input_tokens < 0") < 0.0005
    assert 0.1 < share(sample, "tags is not null") < 0.3
    ((unknown,),) = query(
        "select sum(abs(input_tokens) + output_tokens) "
        f"filter (request_model = '{generate_events.UNKNOWN_LLM.model}') "
        f"/ sum(abs(input_tokens) + output_tokens) from '{sample}'"
    )
    assert 0 < unknown < 0.005


def test_retries_replays_and_corrections_are_versions_of_other_rows(sample: Path) -> None:
    twice = f"select {KEY} from '{sample}' group by all having count(*) > 1"
    ((repeated,),) = query(f"select count(*) from ({twice})")
    ((replays,),) = query(
        f"select count(*) - count(distinct t) from (select t from '{sample}' as t)"
    )
    assert 0.001 * ROWS < replays < 0.003 * ROWS
    corrections = query(
        f"""
        select count(distinct source_updated_at), max(output_tokens) - min(output_tokens)
        from '{sample}' semi join ({twice}) using ({KEY})
        group by {KEY}
        having count(distinct source_updated_at) > 1
        """
    )
    assert corrections == [(2, 25)]
    assert repeated == replays + len(corrections)
    retries = f"select event_id from '{sample}' where attempt_number = 2"
    assert query(
        f"select distinct status from '{sample}' "
        f"where attempt_number = 1 and event_id in ({retries})"
    ) == [("error",)]


def test_only_planted_rows_break_the_contract(sample: Path) -> None:
    broken = (
        "input_tokens < 0 or coalesce(cache_read_input_tokens, 0) "
        "+ coalesce(cache_write_5m_input_tokens, 0) + coalesce(cache_write_1h_input_tokens, 0) "
        "> input_tokens"
    )
    assert 0 < share(sample, broken) < 0.0005
    assert share(sample, "coalesce(reasoning_output_tokens, 0) > output_tokens") == 0
    assert share(sample, "event_id is null or started_at is null or output_tokens < 0") == 0


def price(row: tuple[Any, ...], tier: str = "standard") -> Decimal:
    provider, model, at, inputs, reads, writes, writes_1h, outputs = row
    return calc_price(
        Usage(
            input_tokens=inputs,
            cache_read_tokens=reads or 0,
            cache_write_tokens=(writes or 0) + (writes_1h or 0),
            cache_write_1h_tokens=writes_1h or 0,
            output_tokens=outputs,
        ),
        model,
        provider_id=provider,
        genai_request_timestamp=at,
        price_context={"processing": "batch"} if tier == "batch" else {},
    ).total_price


PRICED_COLUMNS = (
    "provider_name, request_model, started_at, input_tokens, cache_read_input_tokens, "
    "cache_write_5m_input_tokens, cache_write_1h_input_tokens, output_tokens"
)


def test_reported_cost_is_the_list_price(sample: Path) -> None:
    rows = query(
        f"select {PRICED_COLUMNS}, reported_cost from '{sample}' "
        "where reported_cost is not null and input_tokens > 0 order by event_id limit 2000"
    )
    assert len(rows) == 2000
    for *row, reported in rows:
        assert Decimal(reported) == price(tuple(row))


def test_every_llm_but_one_has_a_list_price_and_batch_its_own(sample: Path) -> None:
    rows = query(
        "select provider_name, request_model, service_tier, min(started_at), max(started_at) "
        f"from '{sample}' group by all"
    )
    unpriced = set()
    for provider, model, tier, first, last in rows:
        for at in (first, last):
            row = (provider, model, at, 1000, 0, 0, 0, 1000)
            try:
                assert price(row) > 0
            except LookupError:
                unpriced.add(model)
                continue
            if tier == "batch":
                assert price(row, tier) < price(row)
    assert unpriced == {generate_events.UNKNOWN_LLM.model}
    assert {provider for provider, *_ in rows} == {
        "openai", "anthropic", "google", "deepseek", "mistral", "x-ai",
    }  # fmt: skip
    assert any(tier == "batch" for _, _, tier, _, _ in rows)


def test_year_crosses_a_real_price_change(sample: Path) -> None:
    changed = set()
    for provider, model, first, last in query(
        "select provider_name, request_model, min(started_at), max(started_at) "
        f"from '{sample}' where request_model != '{generate_events.UNKNOWN_LLM.model}' group by all"
    ):
        tokens = (1000, 0, 0, 0, 1000)
        if price((provider, model, first, *tokens)) != price((provider, model, last, *tokens)):
            changed.add(model)
    assert {"gpt-5.6-sol", "mistral-medium-latest", "mistral-small-latest"} <= changed


def test_tags_are_json_objects(sample: Path) -> None:
    tags = [json.loads(text) for (text,) in query(f"select distinct tags from '{sample}'") if text]
    assert {tuple(tag) for tag in tags} == {("feature",)}


def test_wrong_arguments_are_named(
    generate: Generator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "x.parquet"
    today = datetime.now(UTC).date()
    wrong: list[tuple[list[object], str]] = [
        (["--rows", 9_999, "--out", out], "between 10,000 and 30,000,000"),
        (["--rows", 30_000_001, "--out", out], "between 10,000 and 30,000,000"),
        (["--rows", ROWS, "--out", out, "--end-date", today], "must lie in the past"),
        (["--rows", ROWS, "--out", "/dev/null/x.parquet"], "cannot write"),
    ]
    for arguments, expected in wrong:
        assert generate(*arguments) == 2
        assert expected in capsys.readouterr().err
    assert not out.exists()
