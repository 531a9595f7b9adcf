"""Bad input meets a message that names place and mend, or stands in the rejects; none is lost."""

from __future__ import annotations

import csv
import re
import shutil
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from support.project import PINNED, Project, utc

LOADED_AT = utc("2026-11-03T00:00:00")
GOOD: dict[str, Any] = {
    "started_at": utc("2026-11-02T09:00:00"),
    "provider_name": "openai",
    "request_model": "gpt-4o",
    "input_tokens": 100,
    "output_tokens": 10,
}
RAW = "events/llm_usage_events"


def refusal(project: Project, *arguments: str) -> str:
    """Run a build that must fail, and return all it printed, on one line."""
    result = project.dbt("build", *arguments, check=False)
    assert result.returncode != 0, result.stdout
    return " ".join((result.stdout + result.stderr).split())


def rewritten(project: Project, select: str, folder: str = RAW) -> None:
    """Replace the batch's raw file by what a query on it (`raw`) yields."""
    file = project.raw_dir / folder / "batch.parquet"
    changed = file.with_suffix(".changed")
    duckdb.sql(
        f"copy (with raw as (from read_parquet('{file}')) {select}) to '{changed}' (format parquet)"
    )
    changed.replace(file)


@pytest.fixture(scope="module")
def loaded(make_project: Callable[..., Project]) -> Project:
    """A project with one good batch; `spoilt` puts the raw area back after each test."""
    project = make_project("spoilt")
    project.write_batch([GOOD | {"event_id": "a"}], batch_id="batch", loaded_at=LOADED_AT)
    return project


@pytest.fixture
def spoilt(loaded: Project) -> Project:
    loaded.write_batch([GOOD | {"event_id": "a"}], batch_id="batch", loaded_at=LOADED_AT)
    return loaded


def test_an_empty_raw_area_is_named_with_the_command_that_fills_it(project: Project) -> None:
    message = refusal(project)
    assert "events.llm_usage_events" in message
    assert "data/raw/events/llm_usage_events" in message
    assert "scripts/load_raw.py" in message


def test_a_misspelt_raw_table_is_named(spoilt: Project) -> None:
    right, wrong = spoilt.raw_dir / RAW, spoilt.raw_dir / "events" / "llm_usage_event"
    right.rename(wrong)
    try:
        message = refusal(spoilt)
    finally:
        wrong.rename(right)
    assert "nothing at" in message and "data/raw/events/llm_usage_events" in message


def test_a_raw_area_of_another_source_is_named_with_the_var_to_set(spoilt: Project) -> None:
    # As where an application's tables were loaded, and var `sources` names events alone.
    shutil.rmtree(spoilt.raw_dir / "events")
    rewritten(spoilt, "select * replace ('synapscale' as source_name) from raw", "load_manifest")
    message = refusal(spoilt)
    assert "events.llm_usage_events: nothing at" in message
    assert "The raw area holds loads of synapscale" in message
    assert "name it in var sources instead" in message


def test_missing_control_totals_are_named(spoilt: Project) -> None:
    (spoilt.raw_dir / "load_manifest" / "batch.parquet").unlink()
    message = refusal(spoilt)
    assert "loads.load_manifest" in message and "data/raw/load_manifest" in message


def test_every_wrong_column_is_named_with_what_is_expected(spoilt: Project) -> None:
    rewritten(
        spoilt,
        "select * exclude (user_id)"
        " replace (started_at::timestamp as started_at, input_tokens::varchar as input_tokens,"
        " latency_ms::double as latency_ms)"
        " rename (output_tokens as outptu_tokens) from raw",
    )
    message = refusal(spoilt)
    problems = dict(re.findall(r"- events\.llm_usage_events\.(\w+): (.*?load_raw\.py)", message))
    expected = {
        "started_at": "needs its zone",
        "input_tokens": "declared is bigint",
        "latency_ms": "declared is integer",
        "output_tokens": "missing in",
        "user_id": "missing in",
    }
    assert problems.keys() == expected.keys()
    assert {name: text for name, text in expected.items() if text not in problems[name]} == {}
    # What a misspelt column is called there helps to see the mistake.
    assert "outptu_tokens" in problems["output_tokens"]


def test_a_truncated_raw_file_is_named(spoilt: Project) -> None:
    file = spoilt.raw_dir / RAW / "batch.parquet"
    file.write_bytes(file.read_bytes()[:-100])
    assert "batch.parquet" in refusal(spoilt)


def test_a_missing_profile_is_named_and_make_puts_it_in_place(
    spoilt: Project, tmp_path: Path
) -> None:
    profile = spoilt.path / "profiles.yml"
    profile.unlink()
    try:
        refused = spoilt.dbt("build", check=False, HOME=str(tmp_path))
        spoilt.run("make", "profiles.yml")
        assert profile.read_text() == profile.with_name("profiles.yml.example").read_text()
    finally:
        shutil.copy(profile.with_name("profiles.yml.example"), profile)
    assert refused.returncode != 0
    # dbt's own words: where a home has no .dbt either, it names that folder.
    assert re.search("profiles-dir|profile named 'llm_finops'", refused.stdout + refused.stderr)


# Event -> reason, columns that differ from GOOD.
REFUSED: dict[str, tuple[str, dict[str, Any]]] = {
    "no time": ("missing_time", {"started_at": None}),
    "in the future": ("future_start", {"started_at": utc("2026-11-03T00:05:01")}),
    "no input count": ("missing_tokens", {"input_tokens": None}),
    "no output count": ("missing_tokens", {"output_tokens": None}),
    "negative input": ("negative_tokens", {"input_tokens": -1}),
    "negative output": ("negative_tokens", {"output_tokens": -1}),
    "negative cache read": ("negative_tokens", {"cache_read_input_tokens": -1}),
    "negative reasoning": ("negative_tokens", {"reasoning_output_tokens": -1}),
    "absurd input": ("absurd_tokens", {"input_tokens": 50_000_001}),
    "absurd output": ("absurd_tokens", {"output_tokens": 50_000_001}),
    "absurd when added up": (
        "absurd_tokens",
        {"input_semantics": "exclusive", "cache_read_input_tokens": 50_000_000},
    ),
    "unknown semantics": ("unknown_input_semantics", {"input_semantics": "net"}),
    "cached above input": ("buckets_exceed_input", {"cache_read_input_tokens": 101}),
    "buckets above input": (
        "buckets_exceed_input",
        {"cache_read_input_tokens": 60, "cache_write_5m_input_tokens": 41},
    ),
    "reasoning above output": ("parts_exceed_output", {"reasoning_output_tokens": 11}),
    "parts above output": (
        "parts_exceed_output",
        {"reasoning_output_tokens": 6, "audio_output_tokens": 5},
    ),
}
ACCEPTED: dict[str, dict[str, Any]] = {
    "plain": {},
    "five minutes ahead": {"started_at": utc("2026-11-03T00:05:00")},
    "as many as may be": {"input_tokens": 50_000_000},
    "all cached": {"cache_read_input_tokens": 100},
    "cached beside the input": {"input_semantics": "exclusive", "cache_read_input_tokens": 101},
    "all reasoning": {"reasoning_output_tokens": 10},
    "cost that is no number": {"reported_cost": "about two cents", "reported_currency": "USD"},
    "cost beyond its type": {"reported_cost": "1e20", "reported_currency": "USD"},
    "largest cost": {"reported_cost": "9999999999999.9", "reported_currency": "USD"},
}


@pytest.fixture(scope="module")
def judged(make_project: Callable[..., Project]) -> Project:
    project = make_project("judged", vars=PINNED)
    rows = [
        *(GOOD | {"event_id": name} | columns for name, (_, columns) in REFUSED.items()),
        *(GOOD | {"event_id": name} | columns for name, columns in ACCEPTED.items()),
        GOOD | {"event_id": None, "output_tokens": 77, "reported_cost": "0.5"},
        GOOD | {"event_id": "  ", "output_tokens": 77, "reported_cost": "0.5"},
    ]
    project.write_batch(rows, batch_id="batch", loaded_at=LOADED_AT)
    project.build()
    return project


def test_each_uncountable_row_is_refused_for_its_reason(judged: Project) -> None:
    found = dict(
        judged.query(
            "select source_record_id, rejection_reason from marts.rejected_llm_usage"
            " where rejection_reason <> 'missing_event_id'"
        )
    )
    assert found == {f"{name}#1": reason for name, (reason, _) in REFUSED.items()}


def test_a_row_without_id_is_refused_and_keeps_what_it_said(judged: Project) -> None:
    assert (
        judged.query(
            "select source_record_id, reported_output_tokens, reported_cost, first_seen_at::varchar"
            " from marts.rejected_llm_usage where rejection_reason = 'missing_event_id'"
        )
        == [(None, "77", "0.5", "2026-11-03 00:00:00")] * 2
    )


def test_everything_that_can_be_counted_is(judged: Project) -> None:
    assert {event for (event,) in judged.query("select event_id from marts.fct_llm_usage")} == set(
        ACCEPTED
    )


def test_a_cost_that_is_no_number_of_its_type_is_unknown(judged: Project) -> None:
    assert judged.query(
        "select event_id, reported_cost from marts.fct_llm_usage"
        " where event_id like '%cost%' order by event_id"
    ) == [
        ("cost beyond its type", None),
        ("cost that is no number", None),
        ("largest cost", Decimal("9999999999999.9")),
    ]


def test_nothing_is_lost(judged: Project) -> None:
    counted = Counter[str]()
    for table in ("fct_llm_usage", "rejected_llm_usage"):
        counted[table] = judged.query(f"select count(*) from marts.{table}")[0][0]
    assert counted == {"fct_llm_usage": len(ACCEPTED), "rejected_llm_usage": len(REFUSED) + 2}


def test_too_many_refused_rows_stop_the_build(judged: Project) -> None:
    name = "assert_rejected_share_is_tolerable"
    allowed = {"max_rejected_row_share": 0.01}
    stopped = judged.dbt("test", "--select", name, vars=allowed, check=False)
    assert stopped.returncode != 0
    assert judged.failed_tests() == {name}


def test_uncountable_meters_leave_one_cost_unknown_and_stop_nothing(judged: Project) -> None:
    # The loader refuses some of these; a table that is read in place may hold them all. Last of
    # the tests of this project, because it adds to what they count.
    unpriced = {
        "no JSON": "3 searches",
        "no object": "[3]",
        "nested": '{"web_search": {"n": 3}}',
        "boolean": '{"web_search": true}',
        "negative": '{"web_search": -3}',
        "fraction": '{"web_search": 1.5}',
        "beyond 64 bits": '{"web_search": 9500000000000000000}',
        "text": '{"web_search": "many"}',
    }
    priced = {"absent": '{"web_search": null}', "nothing": "{}"}
    judged.write_batch(
        [
            GOOD | {"event_id": f"meter: {name}", "other_meters": meters}
            for name, meters in (unpriced | priced).items()
        ],
        batch_id="meters",
        loaded_at=LOADED_AT,
    )
    judged.dbt("run", "--select", "+fct_llm_usage")
    found = judged.query(
        "select event_id, list_cost is null, pricing_status from marts.fct_llm_usage"
        " where event_id like 'meter: %'"
    )
    assert sorted(found) == sorted(
        [(f"meter: {name}", True, "unpriced_component") for name in unpriced]
        + [(f"meter: {name}", False, "priced") for name in priced]
    )


def change_price(
    project: Project, change: Callable[[dict[str, str]], list[dict[str, str]]]
) -> None:
    """Replace the open list price of gpt-4o's input by the rows `change` makes of it."""
    file = project.path / "seeds" / "pricing" / "llm_prices.csv"
    with file.open(newline="") as opened:
        reader = csv.DictReader(opened)
        columns, rows = list(reader.fieldnames or []), list(reader)
    chosen = {
        "price_book": "list",
        "provider_id": "openai",
        "model_id": "gpt-4o",
        "component": "input",
        "service_tier": "standard",
        "valid_to": "",
    }
    (price,) = [row for row in rows if all(row[name] == want for name, want in chosen.items())]
    position = rows.index(price)
    rows[position : position + 1] = change(dict(price))
    with file.open("w", newline="") as opened:
        writer = csv.DictWriter(opened, fieldnames=columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda price: [price, price | {"valid_from": "2026-06-01"}], "overlap"),
        (lambda price: [price | {"usd_per_unit": "0.0025"}], "unit"),
        (lambda price: [price | {"usd_per_unit": "0.0025", "quoted_price": "2500"}], "magnitude"),
    ],
    ids=["overlapping row", "unit slip", "unit slip in both prices"],
)
def test_a_bad_price_row_stops_the_build_with_a_named_test(
    spoilt: Project,
    change: Callable[[dict[str, str]], list[dict[str, str]]],
    named: str,
) -> None:
    file = spoilt.path / "seeds" / "pricing" / "llm_prices.csv"
    content = file.read_text()
    change_price(spoilt, change)
    try:
        refusal(spoilt, "--select", "+int_llm_price_sheets")
    finally:
        file.write_text(content)
    assert any(named in name for name in spoilt.failed_tests()), spoilt.failed_tests()
    statuses = spoilt.statuses()
    assert statuses["model.llm_finops.int_llm_price_sheets"] in {"skipped", "error"}
