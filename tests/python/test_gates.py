"""The gates of a build: all marts are there to look at, and the message says what to do next."""

from __future__ import annotations

import contextlib
import csv
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from doctor_patient import Patient
from doctor_runs import last_run
from support.project import ON_EACH_ENGINE, Project, utc
from warehouse import Warehouse

UNPRICED = "assert_unpriced_share_is_tolerable"
REFUSED = "assert_rejected_share_is_tolerable"
VARS = {"as_of": "2026-12-01"}
# Without a provider, as an application of one provider often keeps its calls.
FOUR = [
    {"request_model": "gpt-4o-mini", "input_tokens": 1000, "output_tokens": 100},
    {"request_model": "gpt-4o-mini", "input_tokens": 1000, "output_tokens": 100},
    {"request_model": "claude-sonnet-4-5", "input_tokens": 1000, "output_tokens": 100},
    {"request_model": 'my, own "llama"', "input_tokens": 500, "output_tokens": 100},
]


def calls(day: str, prefix: str, *others: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a call of gpt-4o for each dict, which says what is different."""
    call = {
        "provider_name": "openai", "request_model": "gpt-4o", "input_tokens": 1000,
        "output_tokens": 100, "started_at": utc(f"{day}T12:00:00"),
    }  # fmt: skip
    return [call | {"event_id": f"{prefix}-{n}"} | other for n, other in enumerate(others)]


def build(project: Project) -> str:
    """Build with every data test, and return what was printed; every node must have been tried."""
    result = project.build(check=False)
    assert "skipped" not in project.statuses().values(), project.failed_tests()
    return result.stdout


@pytest.mark.parametrize("engine", ON_EACH_ENGINE)
def test_a_first_build_names_what_is_unpriced_with_the_rows_that_price_it_and_what_is_refused(
    make_project: Callable[..., Project], engine: str
) -> None:
    project = make_project("unpriced", engine=engine, vars=VARS)
    refused = {"input_tokens": None}
    rows = calls("2026-11-18", "call", *({"provider_name": None} | each for each in FOUR), refused)
    project.load(rows, loaded_at="2026-11-19T00:00:00+00:00")
    printed = build(project)
    assert project.failed_tests() == {UNPRICED, REFUSED}
    assert "20.00 % of all received rows are refused" in printed
    example = r"such as source events, batch \w{32}, record call-4"
    assert re.search(f"^  missing_tokens: 1 rows, 20.00 %; {example}", printed, re.MULTILINE)
    assert "100.00 % of all tokens have no price" in printed
    assert "max_unpriced_token_share allows a share of 0.01" in printed
    names = re.findall(r"^  unattributed / (.*?): (\d+) tokens, ([\d.]+) %", printed, re.MULTILINE)
    assert names == [
        ("gpt-4o-mini", "2200", "56.41"),
        ("claude-sonnet-4-5", "1100", "28.21"),
        ('my, own "llama"', "600", "15.38"),
    ]
    assert "set var max_unpriced_token_share to 1.00" in printed

    # What is printed can be pasted; of those like it, the reader chooses who bills the calls.
    suggested = re.findall(r"^  (unattributed,.*,,)$", printed, re.MULTILINE)
    pasted = list(csv.reader(suggested))
    assert [row[1] for row in pasted] == ["gpt-4o-mini", "claude-sonnet-4-5"]
    columns = ["provider_name", "deployment_name", "provider_id", "model_id"]
    mine = ["unattributed", FOUR[3]["request_model"], "openai", "gpt-4o"]
    rows = [dict(zip(columns, row, strict=False)) for row in [*pasted, mine]]
    project.append_to_seed("llm_deployments", rows)
    build(project)
    assert project.failed_tests() == {REFUSED}
    costs = project.query("select list_cost from marts.fct_llm_usage order by event_id")
    # 1,000 and 100 tokens at 0.15/0.60, 3/15 and 2.50/10 USD per million, of gpt-4o 500 and 100.
    assert [cost for (cost,) in costs] == [
        Decimal(cost) for cost in ("0.00021", "0.00021", "0.0045", "0.00225")
    ]


@pytest.fixture(scope="module")
def story(make_project: Callable[..., Project]) -> dict[str, tuple[str, set[str]]]:
    """What each build of one warehouse printed, and the tests that it failed."""
    project = make_project("gates", vars=VARS)
    found = {}

    def step(name: str, rows: list[dict[str, Any]] | None, at: str) -> None:
        if rows is None:
            file = project.path / "empty.jsonl"
            file.touch()
            project.load(file, loaded_at=f"{at}T00:00:00+00:00", load_mode="full")
        else:
            project.load(rows, loaded_at=f"{at}T00:00:00+00:00")
        found[name] = build(project), project.failed_tests()

    good: list[dict[str, Any]] = [{} for _ in range(4)]
    bad: list[dict[str, Any]] = [{"input_tokens": None}] * 3 + [{"output_tokens": -1}]
    step("empty", None, "2025-11-17")
    step("all refused", calls("2025-11-18", "old", *bad), "2025-11-19")
    patient = Patient(None, {}, None, utc("2025-11-20"))
    patient.warehouse = Warehouse("duckdb", "duckdb", project.database, {})
    patient.readable = True
    with contextlib.chdir(project.path), contextlib.closing(patient.connection):
        found["doctor"] = "\n".join(each.text for each in last_run(patient)), set()
    step("corrected", calls("2025-11-18", "old", *good), "2025-11-20")
    # One name in two spellings: one row prices both.
    unknown = [
        {"request_model": "gpt-4oo"},
        {"provider_name": "OpenAI", "request_model": "GPT-4oo"},
    ]
    step("a year later", calls("2026-11-18", "new", *bad, *unknown), "2026-11-19")
    return found


def test_an_empty_warehouse_is_built(story: dict[str, tuple[str, set[str]]]) -> None:
    assert story["empty"][1] == set()


def test_a_first_load_that_is_refused_is_named_by_reason_with_an_example(
    story: dict[str, tuple[str, set[str]]],
) -> None:
    printed, failed = story["all refused"]
    assert failed == {REFUSED}
    assert "100.00 % of all received rows are refused" in printed
    reasons = re.findall(
        r"^  (\w+): (\d) rows, ([\d.]+) %; such as source (\w+), batch", printed, re.M
    )
    assert reasons == [
        ("missing_tokens", "3", "75.00", "events"),
        ("negative_tokens", "1", "25.00", "events"),
    ]
    assert re.search(r"batch \w{32}, record old-3#1$", printed, re.MULTILINE)
    assert "docs/loading.md, Refused by the build" in printed
    assert "set var max_rejected_row_share to 1.00" in printed


def test_the_doctor_says_what_the_build_said(story: dict[str, tuple[str, set[str]]]) -> None:
    said = story["doctor"][0]
    assert f"failed: {REFUSED}" in said
    assert "missing_tokens: 3 rows, 75.00 %; such as source events" in said
    assert "set var max_rejected_row_share" in said


def test_refused_rows_that_were_corrected_let_the_build_pass(
    story: dict[str, tuple[str, set[str]]],
) -> None:
    assert story["corrected"][1] == set()


def test_a_warehouse_a_year_old_gets_the_same_messages(
    story: dict[str, tuple[str, set[str]]],
) -> None:
    printed, failed = story["a year later"]
    assert failed == {REFUSED, UNPRICED}
    # 4 of 14 received rows, 2,200 of 6,600 tokens.
    assert "28.57 % of all received rows are refused" in printed
    assert re.search(
        r"^  openai / gpt-4oo: 2200 tokens, 33.33 %; like .*openai/gpt-4o", printed, re.M | re.I
    )
    assert len(re.findall("openai,gpt-4oo,openai,gpt-4o,,", printed, re.I)) == 1
    assert "set var max_unpriced_token_share to 0.34" in printed
