"""The report of a price change shows what a reviewer must know, priced as the warehouse does."""

from __future__ import annotations

import shutil
import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import price_report
import pytest
from price_changes import price_changes
from price_effects import TOKENS, Effect, effects
from price_lookup import MODIFIER_COLUMNS, Moment, PriceTable
from price_rows import COMPONENT_COLUMNS, PRICE_COLUMNS, Row, csv_text, llm_id, read_csv
from support.project import PINNED, REPOSITORY, Project, utc
from test_equivalence import opened

SEEDS = REPOSITORY / "seeds" / "pricing"
TODAY = "2026-12-01 00:00:00"
ROWS = read_csv(SEEDS / "llm_prices.csv", PRICE_COLUMNS)
MODIFIERS = read_csv(SEEDS / "price_modifiers.csv", MODIFIER_COLUMNS)
COMPONENTS = read_csv(SEEDS / "llm_price_components.csv", COMPONENT_COLUMNS)


def find(model: str, component: str, **where: str) -> Row:
    """Return the one open row of a price of the standard tier."""
    where = {"service_tier": "standard", "ctx_min": "0", "dow": "", "valid_to": ""} | where
    (row,) = [
        row
        for row in ROWS
        if llm_id(row) == model and row["component"] == component and where.items() <= row.items()
    ]
    return row


def priced(row: Row, usd_per_million: str, **columns: str) -> Row:
    """Return a row with another price."""
    unit = f"{Decimal(usd_per_million) / 1_000_000:f}"
    return row | {"usd_per_unit": unit, "quoted_price": usd_per_million} | columns


def without(*left_out: Row) -> list[Row]:
    return [row for row in ROWS if row not in left_out]


GPT_INPUT = find("openai/gpt-4.1", "input")
GPT_CACHE = find("openai/gpt-4.1", "cache_read")
SEARCH = find("openai/gpt-4.1", "web_search")
CLAUDE = find("anthropic/claude-sonnet-4-0", "output", ctx_min="200001")
NEW = {"model_id": "gpt-9", "recorded_on": "2026-12-01"}
# The list after: GPT-4.1 reads dearer from June on, its cache has no price of its own any more, a
# search costs more, Claude's long requests cost less from the new year on, and gpt-9 is new.
AFTER = [
    *without(GPT_INPUT, GPT_CACHE, SEARCH, CLAUDE),
    GPT_INPUT | {"valid_to": "2026-06-01 00:00:00"},
    priced(GPT_INPUT, "2.5", valid_from="2026-06-01 00:00:00"),
    GPT_CACHE | {"valid_to": "2026-06-15 00:00:00"},
    SEARCH,
    SEARCH | {"usd_per_unit": "0.03", "quoted_price": "30", "revision": "2"},
    CLAUDE | {"valid_to": "2027-01-01 00:00:00"},
    priced(CLAUDE, "20", valid_from="2027-01-01 00:00:00", status="announced"),
    priced(GPT_INPUT, "1.25", **NEW),
    priced(find("openai/gpt-4.1", "output"), "10", **NEW),
]
CHANGES = price_changes(ROWS, AFTER, TODAY)


def table(rows: list[Row]) -> PriceTable:
    return PriceTable(rows, MODIFIERS, COMPONENTS)


def test_each_change_is_named_by_what_it_does() -> None:
    assert [
        (change.kind, llm_id(change.row), change.row["component"], change.valid_from[:10])
        for change in CHANGES
    ] == [
        ("announced", "anthropic/claude-sonnet-4-0", "output", "2027-01-01"),
        ("closed", "openai/gpt-4.1", "cache_read", "2026-06-15"),
        ("changed", "openai/gpt-4.1", "input", "2026-06-01"),
        ("corrected", "openai/gpt-4.1", "web_search", "1970-01-01"),
        ("new", "openai/gpt-9", "input", "1970-01-01"),
        ("new", "openai/gpt-9", "output", "1970-01-01"),
    ]


def test_rows_that_say_the_same_in_another_way_are_no_change() -> None:
    split = [
        GPT_INPUT | {"valid_to": "2026-06-01 00:00:00"},
        GPT_INPUT | {"valid_from": "2026-06-01 00:00:00", "confidence": "published"},
    ]
    assert price_changes(ROWS, [*without(GPT_INPUT), *split], TODAY) == []


@pytest.fixture(scope="module")
def used(make_project: Callable[..., Project]) -> Project:
    """Calls of GPT-4.1 and Claude before and after the changes, priced with the list before."""
    project = make_project("price_report", vars=PINNED)

    def call(event_id: str, at: str, provider: str, model: str, **columns: Any) -> dict[str, Any]:
        return {
            "event_id": event_id,
            "started_at": utc(at),
            "provider_name": provider,
            "request_model": model,
            "output_tokens": 1_000,
        } | columns

    cached = {"input_tokens": 5_000, "cache_read_input_tokens": 4_000}
    project.load(
        [
            call("may", "2026-05-31T23:59:59", "openai", "gpt-4.1", **cached),
            call("june", "2026-06-01T00:00:00", "openai", "gpt-4.1", **cached),
            call("july", "2026-07-01T00:00:00", "openai", "gpt-4.1", **cached),
            call(
                "search", "2026-05-01T00:00:00", "openai", "gpt-4.1",
                input_tokens=0, other_meters='{"web_search": 3}',
            ),
            call(
                "long", "2026-07-01T00:00:00", "anthropic", "claude-sonnet-4-20250514",
                input_tokens=300_000,
            ),
        ],
        loaded_at="2026-12-01T00:00:00+00:00",
    )  # fmt: skip
    project.build()
    return project


def test_the_effect_is_what_the_two_lists_charge_for_the_usage(used: Project) -> None:
    with opened(used, "used") as target:
        found = effects(CHANGES, table(ROWS), table(AFTER), target)
    # June and July: 1,000 uncached tokens each at 2.5 instead of 2. From 15 June on 4,000 cached
    # tokens cost the input's 2.5 instead of 0.5. Three searches cost 0.03 instead of 0.01.
    assert dict(zip([(c.kind, c.row["component"]) for c in CHANGES], found, strict=True)) == {
        ("announced", "output"): Effect(),
        ("closed", "cache_read"): Effect(),
        ("changed", "input"): Effect(2_000 + 4_000, Decimal("0.001") + Decimal("0.008")),
        ("corrected", "web_search"): Effect(3, Decimal("0.06")),
        ("new", "input"): Effect(),
        ("new", "output"): Effect(),
    }


def test_the_lists_price_as_the_price_sheets_do(used: Project) -> None:
    columns = (
        *("input_price", "cache_read_input_price", "cache_write_5m_input_price"),
        *("cache_write_1h_input_price", "audio_input_price", "output_price"),
        *("reasoning_output_price", "audio_output_price"),
    )
    sheets = used.query(
        "select provider_id, model_id, service_tier, region_class, context_tokens_from,"
        " week_minute_from, strftime(valid_from, '%Y-%m-%d %H:%M:%S'), "
        + ", ".join(columns)
        + " from intermediate.int_llm_price_sheets where price_book = 'list'"
        " and (week_minute_from > 0 or region_class = 'us' or hash(price_sheet_key) % 17 = 0)"
        " and service_tier <> 'unknown'"
    )
    assert len(sheets) > 1_000
    prices = table(ROWS)
    compared = 0
    for provider, model, tier, region, band, minute, valid_from, *expected in sheets:
        weekday, minute_of_day = divmod(minute, 1440)
        moment = Moment(valid_from, tier, region, band, weekday + 1, minute_of_day)
        found = [prices.price(("list", provider, model), each, moment) for each in TOKENS]
        assert [each and each[1] for each in found] == expected, (provider, model, moment)
        compared += sum(each is not None for each in found)
    assert compared > 3_000


def test_a_regions_factor_makes_tokens_dearer_and_nothing_else() -> None:
    prices = table(ROWS)
    kinds = {row["component"]: row["kind"] for row in COMPONENTS}
    compared: dict[str, int] = {"token": 0, "meter": 0}
    for modifier in MODIFIERS:
        model = (modifier["price_book"], modifier["provider_id"], modifier["model_id"])
        anywhere = Moment(modifier["valid_from"])
        there = Moment(modifier["valid_from"], region=modifier["dimension_value"])
        for component in kinds:
            plain = prices.price(model, component, anywhere)
            regional = prices.price(model, component, there)
            if plain and regional and regional[0]["region_class"] == "*":
                # What falls back to a token's price is billed as that token.
                is_token = kinds[plain[0]["component"]] == "token"
                factor = Decimal(modifier["factor"]) if is_token else 1
                assert regional[1] == plain[1] * factor, (model, component)
                compared["token" if is_token else "meter"] += 1
    assert min(compared.values()) > 20


def report(used: Project, file: Path | None = None, target: str | None = None) -> str:
    lines: list[object] = []
    arguments = Namespace(seeds=SEEDS, report=file, target=target or str(used.database))
    price_report.write_report(CHANGES, ROWS, AFTER, arguments, lines.append)
    return "\n".join(map(str, lines))


def test_the_report_shows_old_and_new_usage_and_usd(used: Project, tmp_path: Path) -> None:
    file = tmp_path / "report.md"
    told = [line.split() for line in report(used, file).splitlines()]
    per_million = ["input", "(per", "1,000,000)"]
    assert ["changed", "openai/gpt-4.1", *per_million, "2", "2.5", "2026-06-01", "+25.0", "6,000",
            "tokens", "+0.009"] in told  # fmt: skip
    assert ["closed", "openai/gpt-4.1", "cache_read", "(per", "1,000,000)", "0.5", "unpriced",
            "2026-06-15", "-", "none", "0"] in told  # fmt: skip
    assert ["new", "openai/gpt-9", "2", "first", "prices", "unpriced", "input", "1.25,", "output",
            "10", "always", "-", "none", "0"] in told  # fmt: skip
    assert ["openai/gpt-4.1", "3", "6,000", "tokens,", "3", "calls", "+0.069"] in told
    assert ["all", "3", "6", "6,000", "tokens,", "3", "calls", "+0.069"] in told
    written = file.read_text()
    assert "| changed | openai/gpt-4.1 | input (per 1,000,000) | 2 | 2.5 | 2026-06-01 " in written
    assert "| all 3 | 6 | 6,000 tokens, 3 calls | +0.069 |" in written


def test_without_a_warehouse_the_report_says_so_in_one_line(used: Project, tmp_path: Path) -> None:
    told = report(used, target=str(tmp_path / "none.duckdb"))
    assert told.splitlines()[-1].startswith("usage and USD are left out: ")
    assert "no such file" in told.splitlines()[-1]
    assert "2.5" in told and "+0.009" not in told


def test_rows_written_by_hand_are_reported_against_the_list_before(
    used: Project, tmp_path: Path
) -> None:
    seeds = Path(shutil.copytree(SEEDS, tmp_path / "pricing"))
    (seeds / "llm_prices.csv").write_text(csv_text(AFTER, PRICE_COLUMNS))
    command = [
        sys.executable, REPOSITORY / "scripts" / "price_report.py", "--seeds", seeds,
        "--target", used.database, "--before",
    ]  # fmt: skip
    told = subprocess.run([*command, SEEDS / "llm_prices.csv"], capture_output=True, text=True)
    assert (told.returncode, told.stderr) == (0, "")
    assert "+0.069" in told.stdout and told.stdout.endswith("6 price changes\n")
    missing = subprocess.run([*command, tmp_path / "no.csv"], capture_output=True, text=True)
    assert missing.returncode == 2
    assert "no.csv is missing" in missing.stderr
