"""A refresh of the price seeds adds what is new, rewrites nothing and refuses what is not true."""

from __future__ import annotations

import copy
import csv
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import price_checks
import price_package
import price_rows
import pytest
import refresh_prices
from genai_prices.data_snapshot import DataSnapshot, get_snapshot, set_custom_snapshot
from genai_prices.types import (
    ClauseEquals,
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    StartDateConstraint,
)
from price_plan import Decisions
from price_rows import RefusedError
from support.project import REPOSITORY

SEEDS = REPOSITORY / "seeds" / "pricing"
SCRIPT = REPOSITORY / "scripts" / "refresh_prices.py"
Row = dict[str, str]
O3_INPUT = {
    "provider_id": "openai",
    "model_id": "o3",
    "component": "input",
    "service_tier": "standard",
}


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    """A copy of the committed seeds."""
    return Path(shutil.copytree(SEEDS, tmp_path / "pricing"))


@pytest.fixture
def package() -> Iterator[DataSnapshot]:
    """The package's data, free to change; the package reads the change until the test ends."""
    snapshot = DataSnapshot(copy.deepcopy(get_snapshot().providers), from_auto_update=False)
    set_custom_snapshot(snapshot)
    yield snapshot
    set_custom_snapshot(None)


def model_of(package: DataSnapshot, provider_id: str, model_id: str) -> ModelInfo:
    (provider,) = [provider for provider in package.providers if provider.id == provider_id]
    (model,) = [model for model in provider.models if model.id == model_id]
    return model


def conditions(model: ModelInfo) -> list[ConditionalPrice]:
    assert isinstance(model.prices, list)
    return model.prices


def flat_price(package: DataSnapshot, provider_id: str, model_id: str) -> dict[str, Decimal]:
    """The prices by key of a model without dated prices, free to change."""
    prices = model_of(package, provider_id, model_id).prices
    assert isinstance(prices, ModelPrice)
    return vars(prices)


def refresh(seeds: Path, on: str, *correct: str, **decided: Any) -> int:
    """Refresh the copy as on a day; return how many price rows were appended or closed."""
    found = refreshed(seeds, on, *correct, **decided)
    for path, text in found.texts.items():
        path.write_text(text, encoding="utf-8", newline="")
    return found.touched


def refreshed(seeds: Path, on: str, *correct: str, **decided: Any) -> refresh_prices.Refreshed:
    """Return what a refresh on a day would make of the copy."""
    decisions = Decisions(correct=frozenset(correct), **decided)
    return refresh_prices.refreshed(seeds, date.fromisoformat(on), decisions)


def read(file: Path) -> list[Row]:
    with file.open(newline="") as opened:
        return list(csv.DictReader(opened))


def write(file: Path, rows: list[Row]) -> None:
    with file.open("w", newline="") as opened:
        writer = csv.DictWriter(opened, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def prices(seeds: Path, **where: str) -> list[Row]:
    rows = [
        row
        for row in read(seeds / "llm_prices.csv")
        if all(row[column] == value for column, value in where.items())
    ]
    return sorted(rows, key=lambda row: (row["valid_from"], row["revision"]))


def spans(rows: list[Row]) -> list[tuple[str, str, str, str, str]]:
    names = ("valid_from", "valid_to", "quoted_price", "revision", "status")
    return [tuple(row[name].removesuffix(" 00:00:00") for name in names) for row in rows]  # type: ignore[misc]


def contents(seeds: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in seeds.iterdir()}


def lost(before: list[Row], seeds: Path) -> list[Row]:
    """The rows of `before` that no longer stand in the price seed as they were."""
    kept = {tuple(row.values()) for row in read(seeds / "llm_prices.csv")}
    return [row for row in before if tuple(row.values()) not in kept]


def corrected_places(rows: list[Row]) -> set[tuple[str, ...]]:
    """Key and start of every curated row that corrects one of the package's."""
    return {
        place(row) for row in rows if row["source"] != "genai-prices" and row["revision"] != "1"
    }


def place(row: Row) -> tuple[str, ...]:
    return (*(row[column] for column in price_rows.KEY_COLUMNS), row["valid_from"])


def test_the_committed_seeds_are_what_the_package_says() -> None:
    result = subprocess.run([sys.executable, SCRIPT, "--check"], capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (0, "")


def test_check_reports_a_difference_and_writes_nothing(seeds: Path) -> None:
    rows = prices(seeds)
    # A closed row, as the curated ones are, may not vanish; the package's of this model are open.
    kept = [row for row in rows if row["model_id"] != "gpt-4.1" or row["source"] != "genai-prices"]
    assert len(kept) < len(rows)
    write(seeds / "llm_prices.csv", kept)
    before = contents(seeds)
    result = subprocess.run(
        [sys.executable, SCRIPT, "--seeds", seeds, "--check"], capture_output=True, text=True
    )
    assert result.returncode == 1
    assert "llm_prices.csv differs" in result.stdout
    assert contents(seeds) == before


def test_an_unchanged_package_changes_no_byte(seeds: Path) -> None:
    before = contents(seeds)
    assert refresh(seeds, "2031-05-05") == 0
    assert contents(seeds) == before


def test_the_seeds_can_be_built_again_from_the_curated_rows(seeds: Path) -> None:
    # What a curated row corrects is history, and so is what a later refresh added: the package
    # alone would not give them again.
    before = contents(seeds)
    first_day = "2026-11-22"
    rows = read(seeds / "llm_prices.csv")
    corrected = corrected_places(rows)
    assert corrected
    kept = [
        row
        for row in rows
        if row["source"] != "genai-prices"
        or place(row) in corrected
        or row["recorded_on"] > first_day
    ]
    assert len(rows) - len(kept) > 6_000
    write(seeds / "llm_prices.csv", kept)
    for name in ("llm_model_aliases.csv", "llm_models.csv"):
        written = [row for row in read(seeds / name) if row["source"] != "genai-prices"]
        assert written
        write(seeds / name, written)
    (seeds / "llm_price_hashes.csv").unlink()
    refresh(seeds, first_day)
    assert contents(seeds) == before


def test_a_tier_takes_the_standard_price_only_where_the_provider_bills_it(seeds: Path) -> None:
    # Fees per call are not discounted; Google bills cache hits in batch at the standard rate, and
    # in flex, which costs what batch costs.
    place = ("provider_id", "model_id", "component", "ctx_min", "quoted_price")
    standard: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in prices(seeds, service_tier="standard"):
        standard[tuple(row[name] for name in place)].append(row)
    borrowed = {
        (row["provider_id"], row["service_tier"], row["component"])
        for row in prices(seeds, price_book="list", confidence="inferred")
        if row["service_tier"] != "standard"
        and any(
            row["valid_from"] < (same["valid_to"] or "9999")
            and same["valid_from"] < (row["valid_to"] or "9999")
            for same in standard[tuple(row[name] for name in place)]
        )
    }
    fees = {found for found in borrowed if found[2] in ("web_search", "file_search")}
    assert fees
    assert borrowed - fees == {
        ("google", "batch", "cache_read"),
        ("google", "batch", "cache_read_audio"),
        ("google", "flex", "cache_read"),
        ("google", "flex", "cache_read_audio"),
    }


def test_a_dated_price_closes_the_open_period_once(seeds: Path, package: DataSnapshot) -> None:
    old = prices(seeds, **O3_INPUT)
    conditions(model_of(package, "openai", "o3")).append(
        ConditionalPrice(
            StartDateConstraint(date(2026, 12, 15)),
            prices=ModelPrice(input_mtok=Decimal(1), output_mtok=Decimal(4)),
        )
    )
    refresh(seeds, "2026-12-01")
    assert spans(prices(seeds, **O3_INPUT)) == [
        ("1970-01-01", "2025-06-10", "10", "1", "active"),
        ("2025-06-10", "2026-12-15", "2", "1", "active"),
        ("2026-12-15", "", "1", "1", "announced"),
    ]
    assert {row["model_id"] for row in lost(read(SEEDS / "llm_prices.csv"), seeds)} == {"o3"}
    assert old[0] in prices(seeds, **O3_INPUT)
    assert refresh(seeds, "2027-02-01") == 0


def test_an_undated_change_starts_on_the_day_it_is_seen(seeds: Path, package: DataSnapshot) -> None:
    flat_price(package, "openai", "gpt-4.1")["input_mtok"] = Decimal(3)
    refresh(seeds, "2026-12-01")
    found = prices(seeds, **O3_INPUT | {"model_id": "gpt-4.1"})
    assert spans(found) == [
        ("1970-01-01", "2026-12-01", "2", "1", "active"),
        ("2026-12-01", "", "3", "1", "active"),
    ]
    assert found[1]["confidence"] == "observed"
    assert refresh(seeds, "2027-02-01") == 0


def test_an_undated_change_can_correct_the_whole_period(seeds: Path, package: DataSnapshot) -> None:
    flat_price(package, "openai", "gpt-4.1")["input_mtok"] = Decimal(3)
    refresh(seeds, "2026-12-01", "openai/gpt-4.1")
    assert spans(prices(seeds, **O3_INPUT | {"model_id": "gpt-4.1"})) == [
        ("1970-01-01", "", "2", "1", "active"),
        ("1970-01-01", "", "3", "2", "active"),
    ]
    assert refresh(seeds, "2027-02-01", "openai/gpt-4.1") == 0


def test_a_changed_past_price_is_a_revision_beside_the_closed_row(
    seeds: Path, package: DataSnapshot
) -> None:
    first = conditions(model_of(package, "openai", "o3"))[0].prices
    vars(first)["input_mtok"] = Decimal(11)
    before = prices(seeds)
    refresh(seeds, "2026-12-01")
    assert spans(prices(seeds, **O3_INPUT)) == [
        ("1970-01-01", "2025-06-10", "10", "1", "active"),
        ("1970-01-01", "2025-06-10", "11", "2", "active"),
        ("2025-06-10", "", "2", "1", "active"),
    ]
    assert lost(before, seeds) == []
    assert refresh(seeds, "2027-02-01") == 0


def test_a_withdrawn_announcement_is_cancelled_and_the_price_before_it_goes_on(
    seeds: Path, package: DataSnapshot
) -> None:
    model = model_of(package, "google", "gemini-3.7-flash")
    model.prices = conditions(model)[:1]
    before = prices(seeds)
    refresh(seeds, "2026-12-01")
    found = prices(
        seeds,
        model_id="gemini-3.7-flash",
        component="input",
        service_tier="standard",
    )
    assert spans(found) == [
        ("1970-01-01", "2027-01-01", "0.75", "1", "active"),
        ("1970-01-01", "", "0.75", "2", "active"),
        ("2027-01-01", "", "1.5", "1", "announced"),
        ("2027-01-01", "", "1.5", "2", "cancelled"),
    ]
    assert lost(before, seeds) == []
    assert refresh(seeds, "2027-02-01") == 0


GEMINI = {
    "model_id": "gemini-3.7-flash",
    "component": "input",
    "service_tier": "standard",
}


def test_a_rise_that_is_cancelled_never_prices_anything(seeds: Path, package: DataSnapshot) -> None:
    """As in genai-prices#703, where a scheduled rise was taken back before its day."""
    model = model_of(package, "google", "gemini-3.7-flash")
    assert charged(seeds, "2026-12-31 23:59:59") == Decimal("0.75")
    assert charged(seeds, "2027-01-01 00:00:00") == Decimal("1.5")
    model.prices = conditions(model)[:1]
    found = refreshed(seeds, "2026-12-01")
    of_input = [c for c in found.changes if {**GEMINI}.items() <= c.row.items()]
    assert [(c.kind, c.valid_from[:10], c.valid_to) for c in of_input] == [
        ("cancelled", "2027-01-01", "")
    ]
    refresh(seeds, "2026-12-01")
    assert charged(seeds, "2027-01-01 00:00:00") == Decimal("0.75")
    # Nor does anything but prices after that day change.
    assert {change.valid_from for change in found.changes} == {"2027-01-01 00:00:00"}


def test_a_rise_whose_day_is_moved_starts_on_the_new_day(
    seeds: Path, package: DataSnapshot
) -> None:
    model = model_of(package, "google", "gemini-3.7-flash")
    conditions(model)[1].constraint = StartDateConstraint(date(2027, 3, 1))
    refresh(seeds, "2026-12-01")
    assert charged(seeds, "2027-02-28 23:59:59") == Decimal("0.75")
    assert charged(seeds, "2027-03-01 00:00:00") == Decimal("1.5")
    assert refresh(seeds, "2027-04-01") == 0


def test_a_rise_whose_day_is_moved_up_starts_on_the_new_day(
    seeds: Path, package: DataSnapshot
) -> None:
    model = model_of(package, "google", "gemini-3.7-flash")
    conditions(model)[1].constraint = StartDateConstraint(date(2026, 12, 15))
    before = prices(seeds)
    refresh(seeds, "2026-12-01")
    assert lost(before, seeds) == []
    for seen_again in ("2026-12-10", "2026-12-20", "2027-04-01"):
        assert charged(seeds, "2026-12-14 23:59:59") == Decimal("0.75")
        assert charged(seeds, "2026-12-15 00:00:00") == Decimal("1.5")
        assert charged(seeds, "2027-01-01 00:00:00") == Decimal("1.5")
        assert refresh(seeds, seen_again) == 0
    # Moved back to its first day, it takes up that day's cancelled row.
    conditions(model)[1].constraint = StartDateConstraint(date(2027, 1, 1))
    refresh(seeds, "2026-12-02")
    assert charged(seeds, "2026-12-31 23:59:59") == Decimal("0.75")
    assert charged(seeds, "2027-01-01 00:00:00") == Decimal("1.5")
    assert refresh(seeds, "2026-12-03") == 0


def effective_spans(seeds: Path, **where: str) -> list[tuple[str, str, str]]:
    """Return the days and the price of each row of o3's input that counts, in order of time."""
    rows = price_rows.effective_rows(prices(seeds, **O3_INPUT | where))
    found = sorted(rows, key=lambda row: row["valid_from"])
    return [(row["valid_from"][:10], row["valid_to"][:10], row["quoted_price"]) for row in found]


def test_a_past_start_that_is_moved_up_leaves_no_day_without_a_price(
    seeds: Path, package: DataSnapshot
) -> None:
    conditions(model_of(package, "openai", "o3"))[1].constraint = StartDateConstraint(
        date(2025, 6, 5)
    )
    before = prices(seeds)
    refresh(seeds, "2026-12-01")
    assert effective_spans(seeds) == [
        ("1970-01-01", "2025-06-05", "10"),
        ("2025-06-05", "2025-06-10", "2"),
        ("2025-06-10", "", "2"),
    ]
    assert lost(before, seeds) == []
    assert refresh(seeds, "2027-02-01") == refresh(seeds, "2027-02-01", "openai/o3") == 0


def start_later(conditions: list[ConditionalPrice]) -> None:
    conditions[1].constraint = StartDateConstraint(date(2025, 6, 12))


def never_cost_more(conditions: list[ConditionalPrice]) -> None:
    conditions[:] = [ConditionalPrice(prices=conditions[1].prices)]


def never_had_a_first_price(conditions: list[ConditionalPrice]) -> None:
    conditions[0].prices = ModelPrice(output_mtok=Decimal(40))


@pytest.mark.parametrize(
    ("says", "contradicted", "corrected"),
    [
        (
            start_later,
            "2025-06-10",
            [
                ("1970-01-01", "2025-06-10", "10"),
                ("2025-06-10", "2025-06-12", "10"),
                ("2025-06-12", "", "2"),
            ],
        ),
        (
            never_cost_more,
            "1970-01-01",
            [("1970-01-01", "2025-06-10", "2"), ("2025-06-10", "", "2")],
        ),
        (never_had_a_first_price, "1970-01-01", [("2025-06-10", "", "2")]),
    ],
)
def test_another_past_is_refused_until_somebody_says_that_it_is_right(
    seeds: Path,
    package: DataSnapshot,
    says: Callable[[list[ConditionalPrice]], None],
    contradicted: str,
    corrected: list[tuple[str, str, str]],
) -> None:
    says(conditions(model_of(package, "openai", "o3")))
    before, bytes_before = prices(seeds), contents(seeds)
    with pytest.raises(RefusedError, match="--correct openai/o3") as refused:
        refresh(seeds, "2026-12-01")
    message = str(refused.value)
    assert re.search(rf"list/openai/o3/\w+/\w+/\*/0/always/{contradicted} 00:00:00/r1", message)
    assert "revision 2, with your source" in message
    assert contents(seeds) == bytes_before

    refresh(seeds, "2026-12-01", "openai/o3")
    assert effective_spans(seeds) == corrected
    assert {row["valid_to"] for row in lost(before, seeds)} <= {""}
    assert refresh(seeds, "2027-02-01") == refresh(seeds, "2027-02-01", "openai/o3") == 0


def test_a_change_that_was_seen_can_still_be_corrected_later(
    seeds: Path, package: DataSnapshot
) -> None:
    where = {"model_id": "gpt-4.1"}
    flat_price(package, "openai", "gpt-4.1")["input_mtok"] = Decimal(3)
    refresh(seeds, "2026-12-01")
    seen = [("1970-01-01", "2026-12-01", "2"), ("2026-12-01", "", "3")]
    assert effective_spans(seeds, **where) == seen
    assert refresh(seeds, "2026-12-08") == 0
    assert refresh(seeds, "2026-12-08", "openai/gpt-4.1") > 0
    assert effective_spans(seeds, **where) == [(*span[:2], "3") for span in seen]
    assert refresh(seeds, "2027-02-01") == 0


@pytest.mark.parametrize(
    ("correct", "charged_on_the_day"), [((), "1.5"), (("google/gemini-3.7-flash",), "0.75")]
)
def test_a_rise_that_is_taken_back_after_its_day_was_in_force_unless_corrected(
    seeds: Path, package: DataSnapshot, correct: tuple[str, ...], charged_on_the_day: str
) -> None:
    model = model_of(package, "google", "gemini-3.7-flash")
    model.prices = conditions(model)[:1]
    refresh(seeds, "2027-01-11", *correct)
    assert charged(seeds, "2027-01-10 00:00:00") == Decimal(charged_on_the_day)
    assert charged(seeds, "2027-01-11 00:00:00") == Decimal("0.75")
    assert refresh(seeds, "2027-02-01", *correct) == 0


def charged(seeds: Path, at: str) -> Decimal:
    """Return the input price of Gemini 3.7 Flash at an instant, USD per million."""
    (row,) = [
        row
        for row in price_rows.effective_rows(prices(seeds, **GEMINI))
        if row["valid_from"] <= at < (row["valid_to"] or price_rows.FOREVER)
    ]
    return Decimal(row["quoted_price"])


@pytest.mark.parametrize("factor", [1_000, 1_000_000])
@pytest.mark.parametrize("is_too_high", [True, False])
def test_a_slip_of_a_unit_in_a_single_row_is_refused(factor: int, is_too_high: bool) -> None:
    """Both the unit price and the quoted one slipped; every sixth row of a model is tried."""
    rows = price_rows.read_csv(SEEDS / "llm_prices.csv", price_rows.PRICE_COLUMNS)
    listed = price_rows.read_csv(SEEDS / "llm_price_components.csv", price_rows.COMPONENT_COLUMNS)
    components = {row["component"]: row for row in listed}
    free = {price_rows.llm_id(row) for row in rows if row["model_id"].endswith(":free")}
    by_model: dict[str, list[Row]] = {}
    for row in price_rows.effective_rows(rows):
        if Decimal(row["usd_per_unit"]):
            by_model.setdefault(price_rows.llm_id(row), []).append(row)
    tried, missed = 0, []
    for position in range(0, max(map(len, by_model.values())), 6):
        chosen = [found[position] for found in by_model.values() if position < len(found)]
        kept = [dict(row) for row in chosen]
        for row in chosen:
            for column in ("usd_per_unit", "quoted_price"):
                amount = Decimal(row[column])
                amount = amount * factor if is_too_high else amount / factor
                row[column] = f"{amount:f}"
        told = "\n".join(price_checks.row_problems(rows, components, free))
        missed += [name for row in chosen if (name := price_rows.row_name(row)) not in told]
        tried += len(chosen)
        for row, good in zip(chosen, kept, strict=True):
            row.update(good)
    assert tried > 1_500
    assert not missed, f"{len(missed)} of {tried}: {missed[:10]}"


def test_a_component_that_is_no_longer_priced_ends(seeds: Path, package: DataSnapshot) -> None:
    del flat_price(package, "openai", "gpt-4.1")["cache_read_mtok"]
    refresh(seeds, "2026-12-01")
    where = O3_INPUT | {"model_id": "gpt-4.1", "component": "cache_read"}
    assert spans(prices(seeds, **where)) == [("1970-01-01", "2026-12-01", "0.5", "1", "active")]


def retire(package: DataSnapshot, provider_id: str, model_id: str) -> None:
    (provider,) = [provider for provider in package.providers if provider.id == provider_id]
    provider.models = [model for model in provider.models if model.id != model_id]


def test_a_model_that_vanished_is_refused_until_somebody_says_when_it_ended(
    seeds: Path, package: DataSnapshot
) -> None:
    retire(package, "mistral", "mistral-ocr-2505")
    before = prices(seeds)
    with pytest.raises(
        RefusedError, match="--close mistral/mistral-ocr-2505=YYYY-MM-DD"
    ) as refused:
        refresh(seeds, "2026-12-01")
    assert "list/mistral/mistral-ocr-2505/" in str(refused.value)
    assert prices(seeds) == before

    ended = {"close": {"mistral/mistral-ocr-2505": date(2026, 11, 15)}}
    assert refresh(seeds, "2026-12-01", **ended) == 2
    found = prices(seeds, model_id="mistral-ocr-2505")
    assert {row["valid_to"] for row in found} == {"2026-11-15 00:00:00"}
    # Every other row stands as it was, and neither run changes the ended rows again.
    assert {row["model_id"] for row in lost(before, seeds)} == {"mistral-ocr-2505"}
    assert refresh(seeds, "2027-02-01", **ended) == refresh(seeds, "2027-02-01") == 0


def test_an_end_takes_back_what_was_announced_after_it(seeds: Path, package: DataSnapshot) -> None:
    where = {"model_id": "gemini-3.7-flash", "component": "input", "service_tier": "standard"}
    retire(package, "google", "gemini-3.7-flash")
    refresh(seeds, "2026-12-01", close={"google/gemini-3.7-flash": date(2026, 12, 20)})
    assert spans(prices(seeds, **where)) == [
        ("1970-01-01", "2027-01-01", "0.75", "1", "active"),
        ("1970-01-01", "2026-12-20", "0.75", "2", "active"),
        ("2027-01-01", "", "1.5", "1", "announced"),
        ("2027-01-01", "", "1.5", "2", "cancelled"),
    ]


@pytest.mark.parametrize(
    ("model", "reason"),
    [("openai/gpt-4.1", "still has a price for it"), ("openai/gpt-9", "mend the spelling")],
)
def test_only_a_model_that_vanished_can_be_ended(seeds: Path, model: str, reason: str) -> None:
    with pytest.raises(RefusedError, match=reason):
        refresh(seeds, "2026-12-01", close={model: date(2026, 11, 15)})


@pytest.mark.parametrize("factor", [Decimal(100), Decimal(1) / 100, Decimal(1_000_000)])
def test_a_price_that_moves_a_hundredfold_is_refused_until_somebody_accepts_it(
    seeds: Path, package: DataSnapshot, factor: Decimal
) -> None:
    price = flat_price(package, "mistral", "mistral-ocr-2503")
    price["input_document_kpages"] *= factor
    before = contents(seeds)
    with pytest.raises(RefusedError, match="a slip of a unit") as refused:
        refresh(seeds, "2026-12-01")
    assert "list/mistral/mistral-ocr-2503/page" in str(refused.value)
    assert contents(seeds) == before
    accepted = {"accept_change": frozenset({"mistral/mistral-ocr-2503"})}
    if factor == 100:
        assert refresh(seeds, "2026-12-01", **accepted) == 2
    else:
        # What leaves the bounds of its component is no matter of the model.
        with pytest.raises(RefusedError, match=r"widen llm_price_components.csv"):
            refresh(seeds, "2026-12-01", **accepted)


def test_a_price_of_0_is_refused_until_the_model_is_marked_free(
    seeds: Path, package: DataSnapshot
) -> None:
    flat_price(package, "groq", "gemma2-9b-it")["output_mtok"] = Decimal(0)
    with pytest.raises(RefusedError, match=r"--free groq/gemma2-9b-it") as refused:
        refresh(seeds, "2026-12-01")
    assert "list/groq/gemma2-9b-it/output/standard" in str(refused.value)
    assert refresh(seeds, "2026-12-01", free=frozenset({"groq/gemma2-9b-it"})) == 2
    marked = [row for row in read(seeds / "llm_models.csv") if row["model_id"] == "gemma2-9b-it"]
    assert [row["is_free"] for row in marked] == ["true"]
    # The mark stays in the seed: the next refresh need not be told.
    assert refresh(seeds, "2027-02-01") == 0
    with pytest.raises(RefusedError, match="no such model"):
        refresh(seeds, "2027-02-01", free=frozenset({"openai/gpt-9"}))


def test_a_name_that_moved_keeps_what_it_meant(seeds: Path, package: DataSnapshot) -> None:
    model_of(package, "x-ai", "grok-4.5").match.or_ = []  # type: ignore[union-attr]
    newer = model_of(package, "x-ai", "grok-4.6")
    newer.match.or_.append(ClauseEquals("grok-latest"))  # type: ignore[union-attr]
    newer.match.or_.append(ClauseEquals("grok-4.5-latest"))  # type: ignore[union-attr]
    refresh(seeds, "2026-12-01")
    moved = [r for r in read(seeds / "llm_model_aliases.csv") if r["model_name"] == "grok-latest"]
    assert [(r["model_id"], r["valid_from"][:10], r["valid_to"][:10]) for r in moved] == [
        ("grok-4.5", "1970-01-01", "2026-12-01"),
        ("grok-4.6", "2026-12-01", ""),
    ]


def test_curated_rows_and_other_books_are_kept(seeds: Path, package: DataSnapshot) -> None:
    own = prices(seeds, **O3_INPUT)[-1] | {"price_book": "contract:acme", "source": "acme"}
    write(seeds / "llm_prices.csv", [*prices(seeds), own])
    rows = prices(seeds)
    curated = sorted(tuple(row.values()) for row in rows if row["source"] != "genai-prices")
    flat_price(package, "openai", "gpt-4.1")["input_mtok"] = Decimal(3)
    refresh(seeds, "2026-12-01")
    rows = prices(seeds)
    assert sorted(tuple(row.values()) for row in rows if row["source"] != "genai-prices") == curated


def test_a_curated_row_that_the_package_contradicts_is_refused(
    seeds: Path, package: DataSnapshot
) -> None:
    flat_price(package, "openai", "gpt-4")["input_mtok"] = Decimal(20)
    with pytest.raises(RefusedError, match="Close the curated row") as refused:
        refresh(seeds, "2026-12-01")
    assert "list/openai/gpt-4/input/standard" in str(refused.value)


def test_a_model_without_any_price_is_free_only_if_its_name_says_so(seeds: Path) -> None:
    free = prices(seeds, provider_id="openrouter", model_id="deepseek/deepseek-r1:free")
    assert {(row["component"], row["quoted_price"]) for row in free} == {
        ("input", "0"),
        ("output", "0"),
    }
    assert prices(seeds, provider_id="openrouter", model_id="stealth/crouton-alpha") == []


def test_what_no_row_can_state_is_skipped_and_reported(
    seeds: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["refresh_prices.py", "--seeds", str(seeds)])
    assert refresh_prices.main() == 0
    report = capsys.readouterr().out
    for (provider_id, model_id), reason in price_package.SKIPPED_MODELS.items():
        assert f"skipped   {provider_id}/{model_id}: {reason}" in report
        assert prices(seeds, provider_id=provider_id, model_id=model_id) == []
    assert "openrouter/stealth/crouton-alpha: the package has no price for it" in report
    assert "openrouter/google/gemini-3.8-flash cache write: its price of a cache write" in report
    assert "openrouter/mistralai/mistral-large-4-0 with route mistral/eu: usage does not" in report
    assert report.endswith("nothing changed\n")


def test_a_change_is_reported_for_people_and_for_the_pull_request(
    seeds: Path,
    package: DataSnapshot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "report.md"
    command = ["refresh_prices.py", "--seeds", str(seeds), "--recorded-on", "2026-12-01"]
    options = ["--report", str(file), "--target", str(tmp_path / "none.duckdb")]
    monkeypatch.setattr(sys, "argv", [*command, *options])
    assert refresh_prices.main() == 0
    assert "No price changes." in file.read_text()
    capsys.readouterr()

    flat_price(package, "groq", "gemma2-9b-it")["output_mtok"] = Decimal("0.4")
    assert refresh_prices.main() == 0
    told = capsys.readouterr().out
    changed = [line.split() for line in told.splitlines() if line.startswith("changed ")]
    assert changed == [
        ["changed", "groq/gemma2-9b-it", "output", "(per", "1,000,000)", "0.2", "0.4",
         "2026-12-01", "+100.0", "-", "-"]
    ]  # fmt: skip
    assert "usage and USD are left out: " in told
    assert told.endswith("2 price rows changed, 2 files written\n")
    assert (
        "| changed | groq/gemma2-9b-it | output (per 1,000,000) | 0.2 | 0.4 |" in file.read_text()
    )


def test_azure_sells_openai_models_at_their_standard_prices_per_token(seeds: Path) -> None:
    lent = prices(seeds, provider_id="azure", model_id="gpt-5.4")
    assert {row["component"] for row in lent} == {"input", "cache_read", "output"}
    assert {(row["service_tier"], row["confidence"]) for row in lent} == {("standard", "inferred")}
    asked = prices(seeds, provider_id="openai", model_id="gpt-5.4", service_tier="standard")
    terms = ("component", "ctx_min", "valid_from", "quoted_price")
    assert {tuple(row[term] for term in terms) for row in lent} < {
        tuple(row[term] for term in terms) for row in asked
    }
    # What Azure has a price for itself it does not borrow.
    own = prices(seeds, provider_id="azure", model_id="o1-mini", component="input")
    assert [row["quoted_price"] for row in own] == ["1.1"]
    assert prices(seeds, provider_id="azure", model_id="o3") == []


def test_an_undated_price_takes_the_days_that_the_provider_published(
    seeds: Path, package: DataSnapshot
) -> None:
    found = prices(seeds, model_id="deepseek-chat", component="input", dow="1-7")
    assert spans(found) == [
        ("1970-01-01", "", "0.27", "1", "active"),
        ("1970-01-01", "", "0.27", "2", "cancelled"),
        ("2025-02-26 16:30:00", "2025-09-05 16:00:00", "0.27", "1", "active"),
    ]
    conditions(model_of(package, "deepseek", "deepseek-chat")).append(
        ConditionalPrice(
            StartDateConstraint(date(2025, 9, 6)), prices=ModelPrice(input_mtok=Decimal(1))
        )
    )
    with pytest.raises(RefusedError, match="take it out of PUBLISHED_SPANS"):
        refresh(seeds, "2026-12-01")


def test_a_row_that_a_curated_row_corrects_is_left_as_it_is(
    seeds: Path, package: DataSnapshot
) -> None:
    for condition in conditions(model_of(package, "deepseek", "deepseek-chat")):
        del vars(condition.prices)["cache_read_mtok"]
    before = prices(seeds)
    assert refresh(seeds, "2026-12-01") == 0
    assert lost(before, seeds) == []


def test_a_price_that_no_unit_states_exactly_is_refused(
    seeds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 0.04 USD per hour is 0.000666… per minute.
    monkeypatch.delitem(price_package.SKIPPED_MODELS, ("groq", "whisper-large-v3-turbo"))
    with pytest.raises(RefusedError, match="no exact price per unit") as refused:
        refresh(seeds, "2026-12-01")
    assert "list/groq/whisper-large-v3-turbo/audio_minute" in str(refused.value)


def test_a_gateways_prefix_never_hides_a_models_own_name(
    seeds: Path, package: DataSnapshot
) -> None:
    match = model_of(package, "groq", "gemma2-9b-it").match
    match.or_.append(ClauseEquals("groq/gemma-7b-it"))  # type: ignore[union-attr]
    refresh(seeds, "2026-12-01")
    aliases = read(seeds / "llm_model_aliases.csv")
    found = [row for row in aliases if row["model_name"] == "groq/gemma-7b-it"]
    assert [(row["model_id"], row["valid_to"][:10]) for row in found] == [
        ("gemma-7b-it", "2026-12-01"),
        ("gemma2-9b-it", ""),
    ]


def test_a_new_prefix_or_place_has_the_history_of_its_name(
    seeds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefixes = price_package.NAME_PREFIXES
    monkeypatch.setitem(prefixes, "mistral", (*prefixes["mistral"], "new_gateway/"))
    monkeypatch.setitem(prefixes, "openai", (*prefixes["openai"], "new_gateway/"))
    refresh(seeds, "2026-12-01")
    aliases = read(seeds / "llm_model_aliases.csv")
    for provider, name in (("mistral", "mistral-large-latest"), ("openai", "gpt-4o")):
        plain, longer = (
            [
                (row["model_id"], row["valid_from"], row["valid_to"])
                for row in aliases
                if (row["provider_id"], row["model_name"]) == (provider, prefix + name)
            ]
            for prefix in ("", "new_gateway/")
        )
        assert len(plain) > 1
        assert longer == plain


def test_a_place_is_named_only_where_the_price_is_the_same(seeds: Path) -> None:
    names = {row["model_name"] for row in read(seeds / "llm_model_aliases.csv")}
    for region, costs_the_same in (("us-west-2", True), ("eu-west-2", False)):
        assert (f"bedrock/{region}/meta.llama3-70b-instruct-v1:0" in names) == costs_the_same
    assert "bedrock/eu-west-2/anthropic.claude-3-haiku-20240307-v1:0" in names
    assert not [name for name in names if "us-gov-" in name]
    for location, costs_the_same in (("global", True), ("europe-west1", False)):
        name = f"locations/{location}/publishers/google/models/gemini-3.8-flash"
        assert (name in names) == costs_the_same


def change(rows: list[Row], where: Row, **to: str) -> list[Row]:
    """The rows with the first one that fits changed."""
    position = next(i for i, row in enumerate(rows) if where.items() <= row.items())
    return [*rows[:position], rows[position] | to, *rows[position + 1 :]]


GPT = O3_INPUT | {"model_id": "gpt-4.1"}
CLOSED = O3_INPUT | {"valid_from": "1970-01-01 00:00:00"}
BAD_ROWS: dict[str, tuple[Callable[[list[Row]], list[Row]], str, str]] = {
    "a unit price that slipped by 1,000": (
        lambda rows: change(rows, GPT, usd_per_unit="0.002"),
        "list/openai/gpt-4.1/input/standard/*/0/always/1970-01-01 00:00:00/r1",
        "usd_per_unit should be 0.000002",
    ),
    "a price per thousand": (
        lambda rows: change(rows, GPT, quoted_price="0.002", per="1000"),
        "list/openai/gpt-4.1/input",
        "input is quoted per 1000000",
    ),
    "both prices slipped by 1,000": (
        lambda rows: change(rows, GPT, usd_per_unit="0.002", quoted_price="2000"),
        "list/openai/gpt-4.1/input",
        "a slip of a unit?",
    ),
    "both prices slipped by 1,000,000": (
        lambda rows: change(rows, GPT, usd_per_unit="2", quoted_price="2000000"),
        "list/openai/gpt-4.1/input",
        "a slip of a unit?",
    ),
    "both prices are 1,000,000 times too low": (
        lambda rows: change(rows, GPT, usd_per_unit="0.000000000002", quoted_price="0.000002"),
        "list/openai/gpt-4.1/input",
        "a slip of a unit?",
    ),
    "an input price out of proportion to its output price": (
        lambda rows: change(rows, GPT, usd_per_unit="0.00018", quoted_price="180"),
        "list/openai/gpt-4.1/",
        "out of proportion to list/openai/gpt-4.1/input/standard",
    ),
    "a price of 0": (
        lambda rows: change(rows, GPT, usd_per_unit="0", quoted_price="0"),
        "list/openai/gpt-4.1/input",
        "not marked free",
    ),
    "a price in euros": (
        lambda rows: change(rows, GPT, currency="EUR"),
        "list/openai/gpt-4.1/input",
        "the currency is EUR",
    ),
    "a negative price": (
        lambda rows: change(rows, GPT, usd_per_unit="-0.000002", quoted_price="-2"),
        "list/openai/gpt-4.1/input",
        "a price is 0 or more",
    ),
    "a duplicate": (
        lambda rows: [*rows, next(row for row in rows if GPT.items() <= row.items())],
        "list/openai/gpt-4.1/input",
        "delete one, or raise its revision",
    ),
    "an overlap": (
        lambda rows: [
            *rows,
            next(row for row in rows if GPT.items() <= row.items())
            | {"valid_from": "2026-06-01 00:00:00"},
        ],
        "list/openai/gpt-4.1/input/standard/*/0/always/2026-06-01 00:00:00/r1",
        "Close the first on 2026-06-01 00:00:00",
    ),
    "an end before the start": (
        lambda rows: change(rows, GPT, valid_to="1969-01-01 00:00:00"),
        "list/openai/gpt-4.1/input",
        "is not after valid_from",
    ),
    "a closed row that was edited": (
        lambda rows: change(rows, CLOSED, usd_per_unit="0.000011", quoted_price="11"),
        "list/openai/o3/input/standard/*/0/always/1970-01-01 00:00:00/r1",
        "revision 2 and the right price",
    ),
    "a closed row that was reopened": (
        lambda rows: change(
            [row for row in rows if not ((O3_INPUT | {"valid_to": ""}).items() <= row.items())],
            CLOSED,
            valid_to="",
        ),
        "list/openai/o3/input/standard/*/0/always/1970-01-01 00:00:00/r1",
        "Restore it",
    ),
    "an unknown component": (
        lambda rows: change(rows, GPT, component="inptu"),
        "list/openai/gpt-4.1/inptu",
        "unknown component",
    ),
}


@pytest.mark.parametrize("name", BAD_ROWS)
def test_a_bad_row_is_refused_by_name_and_nothing_is_written(
    seeds: Path,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    spoil, row, mend = BAD_ROWS[name]
    write(seeds / "llm_prices.csv", spoil(read(seeds / "llm_prices.csv")))
    before = contents(seeds)
    monkeypatch.setattr(sys, "argv", ["refresh_prices.py", "--seeds", str(seeds)])
    assert refresh_prices.main() == 2
    message = capsys.readouterr().err
    assert row in message and mend in message
    assert contents(seeds) == before
