"""Every defect of the dirty demonstration and of the hand-made folder ends where its key says.

Both keys were there before anything was loaded: `answer_key.json` is written by the generator from
what it planted, `tests/fixtures/hand_dirty/expected_outcome.csv` by hand.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from support.project import ON_EACH_ENGINE, REPOSITORY, Project

SOURCES = ("events", "synapscale")
FIXTURE = REPOSITORY / "tests" / "fixtures" / "hand_dirty"
COUNTS = (
    *("accepted_rows", "input_tokens", "output_tokens", "error_rows", "own_key_rows"),
    *("unpriced_rows", "unpriced_tokens"),
)
MEASURES = """
    count(*) as accepted_rows,
    sum(input_tokens)::bigint as input_tokens,
    sum(output_tokens)::bigint as output_tokens,
    count(*) filter (where status = 'error') as error_rows,
    count(*) filter (where credential_owner = 'customer') as own_key_rows,
    count(*) filter (where list_cost is null) as unpriced_rows,
    sum(unpriced_tokens)::bigint as unpriced_tokens,
    sum(list_cost) as list_cost,
    sum(list_cost) filter (where billing_status = 'billable') as billable_list_cost
"""


def generated(
    make_project: Callable[..., Project], name: str, *options: str, engine: str = "duckdb"
) -> Project:
    """Return a built project with a demonstration of 3,000 usage rows."""
    project = make_project(name, sources=SOURCES, engine=engine)
    project.script("generate_demo_data.py", "--rows", "3000", *options)
    project.build(all_tests=True)
    return project


@pytest.fixture(scope="module", params=ON_EACH_ENGINE)
def dirty(request: pytest.FixtureRequest, make_project: Callable[..., Project]) -> Project:
    return generated(make_project, "dirty", "--dirty", engine=request.param)


@pytest.fixture(scope="module")
def key(dirty: Project) -> dict[str, Any]:
    return read_key(dirty)


def read_key(project: Project) -> dict[str, Any]:
    text = (project.path / "data" / "demo" / "answer_key.json").read_text()
    read: dict[str, Any] = json.loads(text)
    return read


def counted(project: Project, query: str) -> dict[Any, int]:
    """Return a query's groups and their counts."""
    return dict(project.query(query))


# ---- the generator's dirty demonstration ---------------------------------------------------------


@pytest.mark.parametrize("source", SOURCES)
def test_rejects_equal_the_key_by_reason(dirty: Project, key: dict[str, Any], source: str) -> None:
    found = counted(
        dirty,
        "select rejection_reason, count(*) from marts.rejected_llm_usage"
        f" where source_system = '{source}' group by 1",
    )
    assert found == key["usage"][source]["rejected"]
    assert len(found) >= 8


@pytest.mark.parametrize("source", SOURCES)
def test_every_refused_row_is_the_one_that_was_planted(
    dirty: Project, key: dict[str, Any], source: str
) -> None:
    """Equal counts could hide two mistakes; the ids and reasons of the rows may not differ."""
    expected = Counter(
        (record_id.strip(), defect["reason"])
        for defect in key["defects"]
        if defect["source"] == source and defect["outcome"] == "rejected"
        for record_id in defect["ids"]
        if record_id and record_id.strip() and defect["name"] != "bad_beside_good_in_one_file"
    )
    found = Counter(
        (record_id.split("#")[0], reason)
        for record_id, reason in dirty.query(
            "select source_record_id, rejection_reason from marts.rejected_llm_usage"
            f" where source_system = '{source}' and source_record_id is not null"
        )
    )
    assert expected
    assert expected - found == Counter()
    # Beyond them: the pair of one good and one bad row, and rows of the clean part's broken clock.
    others = Counter(reason for _, reason in (found - expected).elements())
    clock = 6 if source == "synapscale" else 0
    assert others == Counter(
        {"conflicting_versions": 1, "negative_tokens": 1}
        | ({"future_start": clock} if clock else {})
    )


@pytest.mark.parametrize("source", SOURCES)
def test_conflicts_corrections_and_duplicates_equal_the_key(
    dirty: Project, key: dict[str, Any], source: str
) -> None:
    expected = key["usage"][source]
    where = f"where source_system = '{source}'"
    versions = counted(
        dirty,
        "select version_status, count(*) from intermediate.int_llm_usage_judged"
        f" {where} group by 1",
    )
    assert versions["duplicate"] == expected["duplicate_rows"] > 0
    assert versions["superseded"] == expected["superseded_rows"] > 0
    assert versions["rejected"] == sum(expected["rejected"].values())
    assert dirty.query(
        "select count(distinct source_record_id) filter (where version_status = 'superseded'),"
        " count(distinct source_record_id)"
        " filter (where rejection_reason = 'conflicting_versions')"
        f" from intermediate.int_llm_usage_judged {where}"
    ) == [(expected["superseded_attempts"], expected["conflict_attempts"])]
    assert dirty.query(
        f"select sum(duplicate_rows) from marts.load_audit where source_name = '{source}'"
    ) == [(expected["duplicate_rows"],)]


@pytest.mark.parametrize("source", SOURCES)
def test_unattributed_and_unpriced_rows_equal_the_key(
    dirty: Project, key: dict[str, Any], source: str
) -> None:
    expected = key["usage"][source]
    where = f"where source_system = '{source}'"
    unattributed = dirty.records(
        "select count(*) filter (where workspace_id = 'unattributed') as workspace,"
        " count(*) filter (where user_id = 'unattributed') as user,"
        " count(*) filter (where model_id = 'unattributed') as model"
        f" from marts.fct_llm_usage {where}"
    )
    assert unattributed == [expected["unattributed"]]
    assert min(expected["unattributed"].values()) > 0
    unpriced = {
        status: {"rows": rows, "tokens": tokens}
        for status, rows, tokens in dirty.query(
            "select pricing_status, count(*), sum(unpriced_tokens)::bigint"
            f" from marts.fct_llm_usage {where} and list_cost is null group by 1"
        )
    }
    assert unpriced == expected["unpriced"]


def assert_months_equal(project: Project, key: dict[str, Any], source: str) -> None:
    """Compare rows, tokens and costs of every month with the key, to the last digit."""
    found = {
        row.pop("month"): row
        for row in project.records(
            f"select substr(cast(usage_date as varchar(10)), 1, 7) as month, {MEASURES}"
            f" from marts.fct_llm_usage where source_system = '{source}' group by 1"
        )
    }
    expected = key["usage"][source]["by_month"]
    assert found.keys() == expected.keys()
    for month, measures in expected.items():
        assert {name: found[month][name] for name in COUNTS} == {
            name: measures[name] for name in COUNTS
        }, month
        for cost in ("list_cost", "billable_list_cost"):
            assert (found[month][cost] or 0) == Decimal(measures[cost]), (month, cost)
    reported = counted(
        project,
        "select reported_currency, sum(reported_cost) from marts.fct_llm_usage"
        f" where source_system = '{source}' and reported_cost is not null group by 1",
    )
    total = key["usage"][source]["total"]["reported_cost"]
    assert reported == {currency: Decimal(cost) for currency, cost in total.items()}


@pytest.mark.parametrize("source", SOURCES)
def test_rows_tokens_and_costs_equal_the_key_by_month(
    dirty: Project, key: dict[str, Any], source: str
) -> None:
    assert_months_equal(dirty, key, source)


@pytest.mark.parametrize("source", SOURCES)
def test_no_received_row_is_lost(dirty: Project, key: dict[str, Any], source: str) -> None:
    """Raw rows = accepted attempts + duplicates + superseded + refused, in the key and in fact."""
    expected = key["usage"][source]
    assert expected["raw_rows"] == (
        expected["total"]["accepted_rows"]
        + expected["duplicate_rows"]
        + expected["superseded_rows"]
        + sum(expected["rejected"].values())
    )
    table = {"events": "llm_usage_events", "synapscale": "usage_logs"}[source]
    raw = dirty.raw_relation(source, table)
    assert dirty.query(f"select count(*) from {raw}") == [(expected["raw_rows"],)]


@pytest.mark.parametrize("source", SOURCES)
def test_what_is_charged_and_why_costs_differ_equal_the_key(
    dirty: Project, key: dict[str, Any], source: str
) -> None:
    where = f"where source_system = '{source}' group by 1"
    assert (
        counted(dirty, f"select billing_status, count(*) from marts.fct_llm_usage {where}")
        == key["usage"][source]["billing_status"]
    )
    assert (
        counted(
            dirty,
            "select difference_reason, sum(requests)::bigint"
            f" from marts.cost_reconciliation {where}",
        )
        == key["usage"][source]["difference_reason"]
    )


def test_a_batch_that_is_sent_again_changes_nothing(dirty: Project, key: dict[str, Any]) -> None:
    assert len(key["replayed_batches"]) == 2
    loads = [part for part in key["loads"] if "usage_logs" in part["rows"]]
    assert dirty.query(
        f"select count(*) from {dirty.raw_relation('', 'load_manifest')}"
        " where table_name = 'usage_logs'"
    ) == [(len(loads),)]


def test_no_mart_holds_a_planted_secret(dirty: Project, key: dict[str, Any]) -> None:
    """Names, addresses, keys and texts that were planted stand in no text column of any mart."""
    canaries = [text for texts in key["canaries"].values() for text in texts]
    canaries.append("prudence.hollis")
    assert len(canaries) > 300
    columns = dirty.query(
        "select table_name, column_name from information_schema.columns"
        " where table_schema = 'marts'"
        " and lower(data_type) in ('varchar', 'text', 'character varying')"
    )
    assert len({table for table, _ in columns}) > 10
    pattern = re.compile("|".join(map(re.escape, canaries)))
    for table, column in columns:
        values = dirty.query(f'select distinct "{column}" from marts."{table}"')
        found = [value for (value,) in values if value and pattern.search(value)]
        assert found == [], f"{table}.{column}"


# ---- the hand-made folder ------------------------------------------------------------------------


def expected_lines() -> list[dict[str, str]]:
    with (FIXTURE / "expected_outcome.csv").open(newline="") as file:
        return list(csv.DictReader(file))


ACCEPTED = {line["id"]: line for line in expected_lines() if line["outcome"] == "accepted"}


@pytest.fixture(scope="module", params=ON_EACH_ENGINE)
def hand_made(request: pytest.FixtureRequest, make_project: Callable[..., Project]) -> Project:
    project = make_project("hand_dirty", sources=SOURCES, engine=request.param)
    folder = project.path / "tests" / "fixtures" / "hand_dirty"
    first, second = "2025-04-02T00:00:00+00:00", "2025-05-01T00:00:00+00:00"
    project.load_folder(folder / "first_load", loaded_at=first, load_mode="full")
    project.load(folder / "runtime_events.csv", loaded_at=first)
    project.load_folder(folder / "second_load", loaded_at=second)
    shares = {"max_unpriced_token_share": 1, "max_rejected_row_share": 1}
    project.build(unit_tests=True, as_of="2025-05-01", **shares)
    return project


@pytest.fixture(scope="module")
def fact(hand_made: Project) -> dict[str, dict[str, Any]]:
    """The built fact by id, with the reason why reported and list cost differ."""
    rows = hand_made.records(
        "select usage.*, usage.usage_date::varchar as usage_day, lines.difference_reason"
        " from marts.fct_llm_usage as usage"
        " left join marts.fct_reported_costs as lines on usage.usage_key = lines.usage_key"
    )
    return {row["event_id"]: row for row in rows}


def as_expected(column: str, text: str) -> Any:
    """Read one figure of the answer key; an empty one is NULL."""
    if column.endswith("_cost"):
        return Decimal(text) if text else None
    if column.endswith("_tokens"):
        return int(text)
    return text or None


def test_the_fact_holds_the_accepted_lines_and_nothing_else(
    fact: dict[str, dict[str, Any]], hand_made: Project
) -> None:
    assert set(fact) == set(ACCEPTED)
    assert hand_made.query("select count(*) from marts.fct_llm_usage") == [(len(ACCEPTED),)]


@pytest.mark.parametrize("record_id", ACCEPTED)
def test_each_accepted_line_is_the_one_worked_out_by_hand(
    record_id: str, fact: dict[str, dict[str, Any]]
) -> None:
    line, found = dict(ACCEPTED[record_id]), fact[record_id]
    for column in ("file", "line", "id", "outcome", "reason"):
        del line[column]
    assert found["usage_day"] == line.pop("usage_date")
    expected = {column: as_expected(column, text) for column, text in line.items()}
    assert {column: found[column] for column in expected} == expected


def test_each_refused_line_is_refused_for_its_reason(hand_made: Project) -> None:
    expected = Counter(
        (line["id"], line["reason"]) for line in expected_lines() if line["outcome"] == "rejected"
    )
    found = Counter(
        ((record_id or "").split("#")[0], reason)
        for record_id, reason in hand_made.query(
            "select source_record_id, rejection_reason from marts.rejected_llm_usage"
        )
    )
    assert found == expected
    assert found.total() == 19


@pytest.mark.parametrize("outcome", ["duplicate", "superseded"])
def test_each_repeated_or_replaced_line_is_found(hand_made: Project, outcome: str) -> None:
    expected = Counter(line["id"] for line in expected_lines() if line["outcome"] == outcome)
    found = Counter(
        record_id
        for (record_id,) in hand_made.query(
            f"select event_id from intermediate.int_llm_usage_judged"
            f" where version_status = '{outcome}'"
        )
    )
    assert found == expected
    assert found


def test_totals_of_workspaces_are_the_ones_worked_out_by_hand(hand_made: Project) -> None:
    found = {
        (str(month)[:7], workspace): tuple(figures)
        for month, workspace, *figures in hand_made.query(
            "select usage_month, workspace_id, requests, total_tokens, priced_components_cost,"
            " billable_list_cost, unpriced_tokens from marts.workspace_monthly_usage"
        )
    }
    # Where a call has no price the billable cost of the month is not known.
    costs = {
        ("2024-10", "w-alpha"): (3, 3_300, "0.010375", "0.010375", 0),
        ("2025-03", "w-alpha"): (30, 307_161, "0.57329865", "0.56129865", 0),
        ("2025-03", "w-beta"): (3, 3_300, "0.0035", "0.0035", 2_200),
        ("2025-03", "w-gone"): (1, 1_100, "0.0035", "0.0035", 0),
        ("2025-03", "unattributed"): (1, 1_100, "0.0035", "0.0035", 0),
        ("2025-03", "w-runtime"): (6, 6_600, "0.01021", "0.00671", 2_200),
        ("2025-04", "w-alpha"): (1, 1_100, "0.0035", "0.0035", 0),
    }
    expected = {
        place: (requests, tokens, Decimal(known), Decimal(billable), unpriced)
        for place, (requests, tokens, known, billable, unpriced) in costs.items()
    }
    assert found == expected
