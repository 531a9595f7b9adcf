"""The price tests of `dbt build` find what they guard against, and a book of your own works."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from support.project import MODELS_ONLY, Project

# How many rows there are to slip, at the least; a column of money holds no price of 1,000 USD.
SLIPS = {"* 1000": 6_000, "/ 1000": 6_000, "* 1000000": 5_800, "/ 1000000": 6_000}


@pytest.fixture(scope="module")
def priced_project(make_project: Callable[..., Project]) -> Project:
    """The project with its prices built, and one event that no test looks at."""
    books = {"list_book_by_source_instance": {"flat": "fixture_flat"}}
    project = make_project("guards", vars=books)
    project.load(
        [
            {
                "event_id": "1",
                "started_at": "2026-02-16T00:00:00+00:00",
                "provider_name": "anthropic",
                "request_model": "claude-sonnet-4-20250514",
                "source_instance": instance,
                "input_tokens": 300_000,
                "output_tokens": 1_000,
            }
            for instance in ("default", "flat")
        ],
        loaded_at="2026-03-01T00:00:00+00:00",
    )
    flat = [("input", "0.000003", "3"), ("output", "0.000015", "15")]
    project.append_to_seed(
        "llm_prices",
        [
            {
                "price_book": "fixture_flat",
                "provider_id": "anthropic",
                "model_id": "claude-sonnet-4-0",
                "component": component,
                "service_tier": "standard",
                "region_class": "*",
                "ctx_min": "0",
                "valid_from": "2026-01-01 00:00:00",
                "usd_per_unit": unit,
                "quoted_price": quoted,
                "per": "1000000",
                "currency": "USD",
                "status": "active",
                "source": "fixture",
                "source_ref": "tests",
                "checked_on": "2026-01-01",
                "revision": "1",
                "recorded_on": "2026-01-01",
                "confidence": "published",
            }
            for component, unit, quoted in flat
        ],
    )
    project.dbt("build", "--select", "+fct_llm_usage", "staging.pricing", *MODELS_ONLY)
    project.dbt("test", "--select", "assert_price_*")
    return project


def change(project: Project, warehouse: duckdb.DuckDBPyConnection, statement: str) -> None:
    """Change the warehouse, and compute the tables that tests read beside the seeds again."""
    warehouse.execute(statement)
    for name in (
        "int_llm_prices_modified", "int_llm_price_week_windows", "int_llm_names_resolved",
    ):  # fmt: skip
        warehouse.execute(f"truncate intermediate.{name}")
        warehouse.execute(f"insert into intermediate.{name} {project.compiled(name)}")


@pytest.fixture
def warehouse(priced_project: Project, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy of the built warehouse, free to change."""
    copy = tmp_path / priced_project.database.name
    copy.write_bytes(priced_project.database.read_bytes())
    with duckdb.connect(str(copy)) as connection:
        yield connection


def one_row_of_each_model(rows: Iterable[tuple[str, str]]) -> Iterator[list[str]]:
    """Split price rows into rounds that hold at most one row of each model."""
    by_model: dict[str, list[str]] = defaultdict(list)
    for model, price_row in rows:
        by_model[model].append(price_row)
    for position in range(max(len(found) for found in by_model.values())):
        yield [found[position] for found in by_model.values() if position < len(found)]


def test_a_book_of_its_own_needs_nothing_but_its_price_rows(priced_project: Project) -> None:
    costs = priced_project.query(
        "select source_instance, price_book, list_cost from marts.fct_llm_usage order by 1"
    )
    assert costs == [
        # 300,000 tokens at 6 and 1,000 at 22.50 USD per million: the list has a band.
        ("default", "list", Decimal("1.8225")),
        # 300,000 tokens at 3 and 1,000 at 15 USD per million: this book has none.
        ("flat", "fixture_flat", Decimal("0.915")),
    ]


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_of_a_unit_in_any_single_row_is_found(
    priced_project: Project, warehouse: duckdb.DuckDBPyConnection, slip: str
) -> None:
    test = priced_project.compiled("assert_price_magnitudes_are_believable")
    # What the column cannot hold stops the build when the seed is loaded.
    rows = warehouse.execute(
        "select provider_id || '/' || model_id, price_row from intermediate.int_llm_prices_revised "
        "where price_book = 'list' and usd_per_unit > 0 "
        f"and cast(usd_per_unit as decimal(30, 15)) {slip} < 1000 order by 1, 2"
    ).fetchall()
    assert len(rows) > SLIPS[slip]
    missed = []
    for chosen in one_row_of_each_model(rows):
        warehouse.execute("begin")
        warehouse.execute(
            f"update seeds.llm_prices set usd_per_unit = llm_prices.usd_per_unit {slip} from "
            "staging.stg_pricing__llm_prices as named where named.price_row = any(?) and "
            "named.price_book = llm_prices.price_book and "
            "named.provider_id = llm_prices.provider_id and "
            "named.model_id = llm_prices.model_id and named.component = llm_prices.component and "
            "named.service_tier = llm_prices.service_tier and "
            "named.context_tokens_from = llm_prices.ctx_min and "
            "named.dow is not distinct from llm_prices.dow and "
            "named.tod_from is not distinct from llm_prices.tod_from and "
            "named.valid_from = llm_prices.valid_from and named.revision = llm_prices.revision",
            [chosen],
        )
        messages = "\n".join(row[-1] for row in warehouse.execute(test).fetchall())
        missed += [row for row in chosen if row not in messages]
        warehouse.execute("rollback")
    assert not missed, f"{len(missed)} of {len(rows)}: {missed[:10]}"


EMPTY_TESTS = {
    "assert_price_rows_are_unique": "delete from seeds.llm_prices",
    "assert_price_periods_do_not_overlap": "delete from seeds.llm_prices",
    "assert_price_week_windows_do_not_overlap": "delete from seeds.llm_prices",
    "assert_price_week_windows_are_readable": "delete from seeds.llm_prices",
    "assert_price_units_match_quotes": "delete from seeds.llm_prices",
    "assert_price_currency_is_usd": "delete from seeds.llm_prices",
    "assert_price_zeros_are_marked_free": "delete from seeds.llm_prices",
    "assert_price_magnitudes_are_believable": "delete from seeds.llm_prices",
    "assert_price_closed_periods_are_unchanged": "delete from seeds.llm_price_hashes",
    "assert_price_outputs_have_inputs": "delete from seeds.llm_prices",
    "assert_price_aliases_resolve_once": "delete from seeds.llm_model_aliases",
    "assert_price_books_in_use_have_prices": "delete from intermediate.int_llm_price_sheets",
    "assert_price_modifier_products_are_exact": "delete from seeds.llm_prices",
    "assert_price_meters_have_plain_prices": "delete from seeds.llm_prices",
    "assert_price_sheets_are_disjoint": "delete from intermediate.int_llm_price_sheets",
    "assert_price_sheets_leave_no_gap": "delete from intermediate.int_llm_price_sheets",
}
GPT = "provider_id = 'openai' and model_id = 'gpt-4.1' and service_tier = 'standard'"
COPY = "insert into seeds.llm_prices select * replace ({}) from seeds.llm_prices where {}"
BREAKS = {
    "assert_price_rows_are_unique": COPY.format("1 as revision", f"{GPT} and component = 'input'"),
    "assert_price_periods_do_not_overlap": COPY.format(
        "timestamp '2026-06-01' as valid_from", f"{GPT} and component = 'input'"
    ),
    "assert_price_week_windows_do_not_overlap": COPY.format(
        "'3' as dow, '03:59' as tod_from, '05:00' as tod_to",
        "model_id = 'deepseek-v4-pro' and dow = '1-5' and tod_from = '01:00'",
    ),
    "assert_price_week_windows_are_readable": (
        "update seeds.llm_prices set tod_to = null where model_id = 'deepseek-v4-pro'"
    ),
    "assert_price_units_match_quotes": (
        f"update seeds.llm_prices set usd_per_unit = 0.002 where {GPT} and component = 'input'"
    ),
    "assert_price_currency_is_usd": (
        f"update seeds.llm_prices set currency = 'EUR' where {GPT} and component = 'input'"
    ),
    "assert_price_zeros_are_marked_free": (
        "update seeds.llm_prices set usd_per_unit = 0, quoted_price = 0 "
        f"where {GPT} and component = 'input'"
    ),
    "assert_price_magnitudes_are_believable": (
        "update seeds.llm_prices set usd_per_unit = -usd_per_unit "
        f"where {GPT} and component = 'input'"
    ),
    "assert_price_closed_periods_are_unchanged": (
        "update seeds.llm_prices set usd_per_unit = 0.000011 where model_id = 'o3' "
        "and component = 'input' and valid_from = timestamp '1970-01-01'"
    ),
    "assert_price_outputs_have_inputs": (
        f"delete from seeds.llm_prices where {GPT} and component = 'input'"
    ),
    "assert_price_books_in_use_have_prices": (
        "delete from intermediate.int_llm_price_sheets where price_book = 'fixture_flat'"
    ),
    "assert_price_names_are_known": "delete from seeds.llm_models where model_id = 'gpt-4.1'",
    "assert_price_aliases_resolve_once": (
        "update seeds.llm_model_aliases set valid_to = null where model_name = 'gpt-4o'"
    ),
    "assert_price_deployments_are_usable": (
        "insert into seeds.llm_deployments "
        "values ('azure', 'ours', 'azure', 'gpt-4.1x', null, null)"
    ),
    "assert_price_modifiers_are_usable": (
        "update seeds.price_modifiers set factor = 110 where model_id = 'claude-opus-4-6'"
    ),
    "assert_price_modifier_products_are_exact": (
        "update seeds.llm_prices set usd_per_unit = 0.000005000000001 "
        "where model_id = 'claude-opus-4-6' and component = 'input'"
    ),
    "assert_price_meters_have_plain_prices": (
        "update seeds.llm_prices set ctx_min = 200001 where component = 'web_search'"
    ),
    "assert_price_sheets_are_disjoint": (
        "insert into intermediate.int_llm_price_sheets select * replace ('x' as price_sheet_key) "
        "from intermediate.int_llm_price_sheets where model_id = 'gpt-4.1' limit 1"
    ),
    "assert_price_sheets_leave_no_gap": (
        "delete from intermediate.int_llm_price_sheets where model_id = 'deepseek-v4-pro' "
        "and service_tier = 'standard' and week_minute_from = 60"
    ),
}


CLOSE = "update seeds.llm_prices set valid_to = timestamp '{}' where {} and component = 'input'"
DEPLOY = "insert into seeds.llm_deployments values ('Azure', 'gpt-4o', 'azure', 'gpt-4o', {}), {}"
MINI = "('azure', ' GPT-4o', 'azure', 'gpt-4o-mini', {})"
# What a test that looks at one end of a period, or only at rows that it knows, would not find.
FURTHER_BREAKS = {
    "a deployment that means two models at once": (
        "assert_price_deployments_are_usable",
        DEPLOY.format("null, '2026-01-01 00:00:01'", MINI.format("'2026-01-01', null")),
    ),
    "two models at once, as attempts see them": (
        "assert_price_aliases_resolve_once",
        DEPLOY.format("null, '2026-01-01 00:00:01'", MINI.format("'2026-01-01', null")),
    ),
    "a deployment that ends before it starts": (
        "assert_price_deployments_are_usable",
        DEPLOY.format("'2026-01-02', '2026-01-01'", MINI.format("'2026-01-02', null")),
    ),
    "a deployment without a provider's name": (
        "assert_price_deployments_are_usable",
        "insert into seeds.llm_deployments values (' ', 'gpt-4o', 'azure', 'gpt-4o', null, null)",
    ),
    "two factors for a region at once": (
        "assert_price_modifiers_are_usable",
        "insert into seeds.price_modifiers select * replace (timestamp '2026-06-01' as valid_from) "
        "from seeds.price_modifiers where model_id = 'claude-opus-4-6'",
    ),
    "a factor of a book that is misspelt": (
        "assert_price_modifiers_are_usable",
        "update seeds.price_modifiers set price_book = 'lost' where model_id = 'claude-opus-4-6'",
    ),
    "an input that ends before its output": (
        "assert_price_outputs_have_inputs",
        CLOSE.format("2026-06-01", GPT),
    ),
    "a gap between two inputs": (
        "assert_price_outputs_have_inputs",
        CLOSE.format(
            "2025-05-01",
            "model_id = 'o3' and service_tier = 'standard' and valid_from < timestamp '2025-06-10'",
        ),
    ),
    "an input of one region alone": (
        "assert_price_outputs_have_inputs",
        f"update seeds.llm_prices set region_class = 'us' where {GPT} and component = 'input'",
    ),
    "a period closed by hand": (
        "assert_price_closed_periods_are_unchanged",
        CLOSE.format("2026-06-01", GPT),
    ),
}


@pytest.mark.parametrize(
    ("name", "break_it"),
    [*BREAKS.items(), *FURTHER_BREAKS.values()],
    ids=[*BREAKS, *FURTHER_BREAKS],
)
def test_each_price_test_passes_on_good_prices_and_names_the_bad_row(
    priced_project: Project, warehouse: duckdb.DuckDBPyConnection, name: str, break_it: str
) -> None:
    test = priced_project.compiled(name)
    assert warehouse.execute(test).fetchall() == []
    change(priced_project, warehouse, break_it)
    messages = [row[-1] for row in warehouse.execute(test).fetchall()]
    models = ("gpt-4.1", "gpt-4o", "o3", "deepseek-v4-pro", "claude-opus-4-6")
    named = (*models, "web_search", "fixture_flat")
    assert messages and all(any(part in message for part in named) for message in messages)


def test_the_hash_that_a_closed_row_lacks_is_named_and_mends_it(
    priced_project: Project, warehouse: duckdb.DuckDBPyConnection
) -> None:
    test = priced_project.compiled("assert_price_closed_periods_are_unchanged")
    _, break_it = FURTHER_BREAKS["a period closed by hand"]
    change(priced_project, warehouse, break_it)
    ((_, message),) = warehouse.execute(test).fetchall()
    price_row, content_hash = message.split("append the line ")[1].split(",")
    warehouse.execute("insert into seeds.llm_price_hashes values (?, ?)", [price_row, content_hash])
    assert warehouse.execute(test).fetchall() == []


@pytest.mark.parametrize("name", EMPTY_TESTS)
def test_each_price_test_fails_when_it_compared_nothing(
    priced_project: Project, warehouse: duckdb.DuckDBPyConnection, name: str
) -> None:
    change(priced_project, warehouse, EMPTY_TESTS[name])
    assert warehouse.execute(priced_project.compiled(name)).fetchall() != []


def test_every_price_test_is_broken_here_once(priced_project: Project) -> None:
    files = (priced_project.path / "tests" / "integrity" / "pricing").glob("*.sql")
    assert {file.stem for file in files} == set(BREAKS)


O3_CACHE_READ = "list/openai/o3/cache_read/standard/*/0/always/1970-01-01"
GPT_INPUT = "list/openai/gpt-4.1/input/standard/*/0/always/"
Row = dict[str, str]


def is_gpt_input(row: Row) -> bool:
    place = ("openai", "gpt-4.1", "input", "standard")
    return (row["provider_id"], row["model_id"], row["component"], row["service_tier"]) == place


def is_closed_o3(row: Row) -> bool:
    return (row["model_id"], row["service_tier"]) == ("o3", "standard") and row["valid_to"] != ""


# What is wrong -> (which row, what it says instead, appended rather than changed, row, reason).
BAD_INPUT: dict[str, tuple[Callable[[Row], bool], Row, bool, str, str]] = {
    "an edited closed row": (
        is_closed_o3,
        {"usd_per_unit": "0.0000006", "quoted_price": "0.6"},
        False,
        O3_CACHE_READ,
        "was edited; put it back",
    ),
    "an overlap": (
        is_gpt_input,
        {"valid_from": "2026-06-01 00:00:00"},
        True,
        f"{GPT_INPUT}2026-06-01",
        "still applies when",
    ),
    "a duplicate": (is_gpt_input, {}, True, f"{GPT_INPUT}1970-01-01", "delete all but one"),
    "a negative price": (
        is_gpt_input,
        {"usd_per_unit": "-0.000002", "quoted_price": "-2"},
        False,
        f"{GPT_INPUT}1970-01-01",
        "outside its component's bounds",
    ),
    "a price of 0": (
        is_gpt_input,
        {"usd_per_unit": "0", "quoted_price": "0"},
        False,
        f"{GPT_INPUT}1970-01-01",
        "openai/gpt-4.1 is not marked free",
    ),
    "a slip of 1,000": (
        is_gpt_input,
        {"usd_per_unit": "0.002", "quoted_price": "2000"},
        False,
        f"{GPT_INPUT}1970-01-01",
        "a slip of a unit?",
    ),
    "a slip of 1,000,000": (
        is_gpt_input,
        {"usd_per_unit": "2", "quoted_price": "2000000"},
        False,
        f"{GPT_INPUT}1970-01-01",
        "a slip of a unit?",
    ),
    "another currency": (
        is_gpt_input,
        {"currency": "EUR"},
        False,
        f"{GPT_INPUT}1970-01-01",
        "the warehouse does not convert",
    ),
}


@pytest.mark.parametrize("name", BAD_INPUT)
def test_a_bad_row_stops_the_build_before_anything_is_priced(
    priced_project: Project, name: str
) -> None:
    which, instead, is_appended, row_name, reason = BAD_INPUT[name]
    seed = priced_project.path / "seeds" / "pricing" / "llm_prices.csv"
    good = seed.read_bytes()
    with seed.open(newline="") as opened:
        rows = list(csv.DictReader(opened))
    bad = next(row for row in rows if which(row))
    if is_appended:
        rows.append(bad | instead)
    else:
        bad |= instead
    with seed.open("w", newline="") as opened:
        writer = csv.DictWriter(opened, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    try:
        result = priced_project.dbt(
            "build", "--select", "+int_llm_price_sheets", "+int_llm_meter_prices",
            "--exclude-resource-type", "unit_test", check=False,
        )  # fmt: skip
        refused = priced_project.script("refresh_prices.py", "--check", check=False)
    finally:
        seed.write_bytes(good)
    assert result.returncode == 1
    assert row_name in result.stdout and reason in result.stdout
    statuses = priced_project.statuses()
    for name in ("int_llm_price_sheets", "int_llm_meter_prices"):
        assert statuses[f"model.llm_finops.{name}"] == "skipped"
    assert refused.returncode == 2
    assert row_name in refused.stderr
