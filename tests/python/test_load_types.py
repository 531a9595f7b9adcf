"""A type changed under us: loaded where it holds the same values, else refused with its mend."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import load_raw
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from raw_loading.file_area import FileArea
from support.raw_files import (
    LLM,
    USAGE,
    USER,
    Loader,
    folder_of,
    jsonl,
    loaded,
    loader,
    parquet,
    write,
)


@pytest.fixture
def raw_dir(tmp_path: Path) -> Path:
    return tmp_path / "raw"


@pytest.fixture
def load(raw_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Loader:
    return loader(monkeypatch, raw_dir, "--source", "synapscale")


TYPES_CHANGED: dict[str, tuple[str, pa.Array, Any]] = {
    "ids as integers": ("id", pa.array([7]), "7"),
    "ids as UUID": (
        "id",
        pa.ExtensionArray.from_storage(pa.uuid(), pa.array([UUID(int=7).bytes], pa.binary(16))),
        str(UUID(int=7)),
    ),
    "price as numeric": ("cost_per_token_input", pa.array([Decimal("0.000005")]), 5e-06),
    "price as an integer": ("cost_per_token_input", pa.array([0]), 0.0),
    "price as a 32-bit float": ("cost_per_token_input", pa.array([0.1], pa.float32()), 0.1),
    "price as text": ("cost_per_token_input", pa.array([" 5e-6 "]), 5e-06),
    "17 digits, the last of them noise": (
        "cost_per_token_input",
        pa.array(["0.10000000000000001"]),
        0.1,
    ),
    "infinity": ("cost_per_token_input", pa.array([float("-inf")]), float("-inf")),
    "infinity as text": ("cost_per_token_input", pa.array(["Infinity"]), float("inf")),
    "flag as text": ("is_active", pa.array(["t"]), True),
}


@pytest.mark.parametrize(
    ("column", "values", "expected"), TYPES_CHANGED.values(), ids=TYPES_CHANGED
)
def test_a_type_that_holds_the_same_value_is_accepted(
    load: Loader, raw_dir: Path, tmp_path: Path, column: str, values: pa.Array, expected: Any
) -> None:
    file = parquet(tmp_path / "llms.parquet", LLM, **{column: values})
    assert load(file, options=["--table", "llms"]) == 0
    assert loaded(raw_dir, column, "synapscale/llms") == [(expected,)]


def test_a_float_that_is_no_number_is_loaded_as_it_is(
    load: Loader, raw_dir: Path, tmp_path: Path
) -> None:
    rows = "".join(jsonl(USAGE | {"cost_usd": v}) for v in (float("nan"), "NaN", float("-inf"), ""))
    file = write(tmp_path / "usage_logs.jsonl", rows)
    assert load(file, options=["--table", "usage_logs"]) == 0
    assert loaded(raw_dir, "cost_usd::varchar", "synapscale/usage_logs") == [
        ("-inf",),
        ("nan",),
        ("nan",),
        (None,),
    ]


TYPES_REFUSED: dict[str, tuple[str, pa.Array, str]] = {
    "price with a currency sign": (
        "cost_per_token_input",
        pa.array(["$0.000005"]),
        "'$0.000005'; expected a number that a binary float holds",
    ),
    "price with a comma": ("cost_per_token_input", pa.array(["0,5"]), "'0,5'; expected a number"),
    "numeric beyond a float": (
        "cost_per_token_input",
        pa.array([Decimal("0.123456789012345678")]),
        ".123456789012345678' is stored as DECIMAL(18,18); expected a number",
    ),
    "whole number beyond a float": (
        "cost_per_token_input",
        pa.array([2**53 + 1]),
        "'9007199254740993' is stored as BIGINT",
    ),
    "text beyond a float": ("cost_per_token_input", pa.array(["0.123456789012345678"]), "0.12345"),
    "text too large for a float": (
        "cost_per_token_input",
        pa.array(["1e400"]),
        "'1e400'",
    ),
    "text too small for a float": ("cost_per_token_input", pa.array(["1e-400"]), "'1e-400'"),
    "boolean for a price": ("cost_per_token_input", pa.array([True]), "stored as BOOLEAN"),
    "time without zone": (
        "updated_at",
        pa.array([datetime(2024, 8, 1)], pa.timestamp("us")),
        "has no zone; write 2024-08-01T00:00:00Z",
    ),
    "bytes for an id": ("id", pa.array([b"\x07"]), "stored as BLOB; expected a text"),
    "fraction for an id": ("id", pa.array([7.5]), "stored as DOUBLE; expected a text"),
    "fraction for a count": ("context_window", pa.array([0.5]), "not written as a whole number"),
}


@pytest.mark.parametrize(
    ("column", "values", "expected"), TYPES_REFUSED.values(), ids=TYPES_REFUSED
)
def test_a_type_changed_under_us_is_refused_with_row_and_mend(
    load: Loader,
    raw_dir: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    column: str,
    values: pa.Array,
    expected: str,
) -> None:
    file = parquet(tmp_path / "llms.parquet", LLM, **{column: values})
    assert load(file, options=["--table", "llms"]) == 1
    message = capsys.readouterr().err
    assert f"llms.parquet: row 1, column {column}: " in message
    assert expected in message
    assert not raw_dir.exists()


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("last_activity_at", "2024-08-02T12:00:00", datetime(2024, 8, 2, 12)),
        (
            "last_activity_at",
            "2024-08-02 12:00:00.5 +02:00",
            datetime(2024, 8, 2, 10, 0, 0, 500000),
        ),
        ("last_activity_at", "2024-08-32T12:00:00", "is no date or time that exists"),
        ("last_activity_at", "yesterday", "expected a time in UTC"),
    ],
)
def test_a_time_without_zone_is_utc_where_it_is_declared_so(
    load: Loader,
    raw_dir: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    column: str,
    value: str,
    expected: Any,
) -> None:
    folder = folder_of(tmp_path / "export", workspaces=[USER | {"name": "W", column: value}])
    assert load(folder) == (1 if isinstance(expected, str) else 0)
    if isinstance(expected, str):
        assert expected in capsys.readouterr().err
    else:
        assert loaded(raw_dir, column, "synapscale/workspaces") == [(expected,)]


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        (pa.array(["12.50"]), "12.500000000000000"),
        (pa.array([Decimal("-12.500")]), "-12.500000000000000"),
        (pa.array([12]), "12.000000000000000"),
        (pa.array([0.1]), "0.100000000000000"),
        (pa.array(["1.25e-15"]), None),
        (pa.array([0.1 + 0.2]), None),
        (pa.array([Decimal("0.1234567890123456")]), None),
        (pa.array([10**13]), None),
        (pa.array(["€12"]), None),
    ],
)
def test_an_exact_amount_is_kept_exactly_or_refused(
    load: Loader,
    raw_dir: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    amounts: pa.Array,
    expected: str | None,
) -> None:
    row = USER | {"tenant_id": "t", "invoice_number": "1"}
    file = parquet(tmp_path / "invoices.parquet", row, total_amount=amounts)
    assert load(file, options=["--table", "invoices"]) == (1 if expected is None else 0)
    if expected is None:
        assert "row 1, column total_amount: " in capsys.readouterr().err
    else:
        assert loaded(raw_dir, "total_amount::varchar", "synapscale/invoices") == [(expected,)]


@settings(max_examples=40)
@given(prices=st.lists(st.floats(width=64), min_size=1, max_size=30), form=st.sampled_from("cj"))
def test_every_float_is_kept_to_its_last_bit(
    prices: list[float], form: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("floats")
    names = ",".join(LLM)
    rows = [LLM | {"id": str(i), "cost_per_token_input": p} for i, p in enumerate(prices)]
    text = "".join(",".join(map(str, row.values())) + "\n" for row in rows)
    file = write(folder / "llms.csv", f"{names}\n{text}")
    if form == "j":
        file = write(folder / "llms.jsonl", jsonl(*rows))
    at = datetime(2024, 12, 1, tzinfo=UTC)
    load_raw.load_tables({"llms": file}, "synapscale", FileArea(folder / "raw"), at, "append")
    found = dict(loaded(folder / "raw", "id, cost_per_token_input", "synapscale/llms"))
    assert [repr(found[str(i)]) for i in range(len(prices))] == [repr(price) for price in prices]
