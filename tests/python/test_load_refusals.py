"""The loader refuses what it cannot read, and says where it stands and how to mend it."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.raw_files import GOOD, GOOD_ROW, HEADER, Loader, jsonl_line, loaded, loader, write

REAL_LOOKING_KEY = "sk-proj-" + "q7Zp" * 10


@pytest.fixture
def raw_dir(tmp_path: Path) -> Path:
    return tmp_path / "raw"


@pytest.fixture
def load(raw_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Loader:
    return loader(monkeypatch, raw_dir, "--source", "events", "--table", "llm_usage_events")


REFUSED: dict[str, tuple[str, str | bytes, list[str]]] = {
    "empty file": ("x.csv", b"", ["0 bytes"]),
    "empty jsonl": ("x.jsonl", b"", ["0 bytes"]),
    "header only": ("x.csv", f"{HEADER}\n", ["no rows"]),
    "missing column": (
        "x.csv",
        "event_id,started_at,input_tokens\na,2026-02-16T00:00:00Z,1\n",
        ["required column 'output_tokens' is missing", "whole number"],
    ),
    "misspelt column": (
        "x.csv",
        f"{HEADER},provider_nam\n{GOOD_ROW},openai\n",
        ["'provider_nam' is not declared", "did you mean 'provider_name'?"],
    ),
    "misspelt name in jsonl": (
        "x.jsonl",
        jsonl_line() + jsonl_line(usr_id="u"),
        ["'usr_id' is not declared", "did you mean 'user_id'?"],
    ),
    "loader's column": (
        "x.csv",
        f"{HEADER},_batch_id\n{GOOD_ROW},b\n",
        ["'_batch_id' is written by the loader"],
    ),
    "column twice": ("x.csv", f"{HEADER},event_id\n{GOOD_ROW},b\n", ["line 1", "twice"]),
    "column without a name": ("x.csv", f"{HEADER},\n{GOOD_ROW},b\n", ["column 5 has no name"]),
    "semicolons": ("x.csv", GOOD.replace(",", ";"), ["line 1", "commas"]),
    "time without zone": (
        "x.csv",
        f"{GOOD}b,2026-02-16T00:00:00,1,1\nc,2026-02-16T00:00:00,1,1\n",
        [
            "line 3, column started_at",
            "'2026-02-16T00:00:00' has no zone; write 2026-02-16T00:00:00Z",
            "1 more in this column",
        ],
    ),
    "time in a named zone": (
        "x.csv",
        f"{HEADER}\na,2026-02-16T00:00:00 Europe/Berlin,1,1\n",
        ["line 2, column started_at", "instant with its zone"],
    ),
    "epoch seconds": ("x.csv", f"{HEADER}\na,1771200000,1,1\n", ["started_at", "1771200000"]),
    "day that does not exist": (
        "x.csv",
        f"{HEADER}\na,2026-02-30T00:00:00Z,1,1\n",
        ["'2026-02-30T00:00:00Z' is no date"],
    ),
    "fraction of a token": (
        "x.csv",
        f"{GOOD}b,2026-02-16T00:00:00Z,12.5,1\n",
        ["line 3, column input_tokens: '12.5' is not written as a whole number"],
    ),
    "word for a number": (
        "x.csv",
        f"{GOOD}b,2026-02-16T00:00:00Z,1,abc\n",
        ["line 3, column output_tokens: 'abc'; expected a whole number"],
    ),
    "thousands separator": (
        "x.csv",
        f'{HEADER}\na,2026-02-16T00:00:00Z,"1,200",1\n',
        ["line 2, column input_tokens: '1,200'"],
    ),
    "rounded by a spreadsheet": (
        "x.csv",
        f"{HEADER}\na,2026-02-16T00:00:00Z,1.2E+06,1\n",
        ["'1.2E+06' is not written as a whole number"],
    ),
    "beyond 64 bits": (
        "x.csv",
        f"{HEADER}\na,2026-02-16T00:00:00Z,9223372036854775808,1\n",
        ["'9223372036854775808' is too large"],
    ),
    "beyond 32 bits": (
        "x.csv",
        f"{HEADER},latency_ms\n{GOOD_ROW},2147483648\n",
        ["column latency_ms", "32 bits"],
    ),
    "sum beyond 64 bits": (
        "x.csv",
        f"{HEADER}\n" + "a,2026-02-16T00:00:00Z,9223372036854775807,1\n" * 2,
        ["does not fit 64 bits"],
    ),
    "value outside its list": (
        "x.csv",
        f"{HEADER},status\n{GOOD_ROW},Success\n",
        ["line 2, column status: 'Success'; expected one of success, error", "'success'?"],
    ),
    "cost with a comma": (
        "x.csv",
        f'{HEADER},reported_cost\n{GOOD_ROW},"0,5"\n',
        ["column reported_cost: '0,5'; expected a decimal number with a point"],
    ),
    "cost beyond the fact's type": (
        "x.csv",
        f"{HEADER},reported_cost\n{GOOD_ROW},1\n{GOOD_ROW},1e20\n{GOOD_ROW},-10000000000000\n",
        [
            "line 3, column reported_cost: '1e20' is too large",
            "below 10,000,000,000,000 (1 more in this column)",
        ],
    ),
    "cost beyond it in jsonl": (
        "x.jsonl",
        jsonl_line(reported_cost=10**13),
        ["line 1, column reported_cost: '10000000000000' is too large"],
    ),
    "meter that is an object": (
        "x.jsonl",
        jsonl_line(other_meters={"a": 1}) + jsonl_line(other_meters={"a": 1, "web": {"n": 3}}),
        ["line 2, column other_meters: 'web' is '{\"n\": 3}', no number; expected a number"],
    ),
    "meter that is a list": (
        "x.csv",
        f'{HEADER},other_meters\n{GOOD_ROW},"{{""web"": [3]}}"\n',
        ["line 2, column other_meters: 'web' is '[3]', no number"],
    ),
    "meter that is a boolean": (
        "x.jsonl",
        jsonl_line(other_meters={"": False}),
        ["line 1, column other_meters: '' is 'false', no number"],
    ),
    "key in a meter": (
        "x.jsonl",
        jsonl_line(other_meters={REAL_LOOKING_KEY: [REAL_LOOKING_KEY]}),
        ["a value that looks like a secret (not shown here) is a value that looks like a secret"],
    ),
    "list for the meters": (
        "x.csv",
        f"{HEADER},other_meters\n{GOOD_ROW},[1]\n",
        ["line 2, column other_meters: '[1]'; expected a number or null for each name"],
    ),
    "word for a boolean": (
        "x.csv",
        f"{HEADER},is_stream\n{GOOD_ROW},maybe\n",
        ["column is_stream: 'maybe'; expected true or false"],
    ),
    "list for an object": (
        "x.csv",
        f"{HEADER},tags\n{GOOD_ROW},[1]\n",
        ["line 2, column tags: '[1]'; expected a JSON object"],
    ),
    "broken JSON": ("x.csv", f'{HEADER},tags\n{GOOD_ROW},"{{"\n', ["line 2, column tags: '{'"]),
    "object for a text": ("x.jsonl", jsonl_line(user_id={"id": 1}), ["line 1, column user_id"]),
    "fraction in jsonl": (
        "x.jsonl",
        "\n" + jsonl_line() + "\n" + jsonl_line(input_tokens=1.5),
        ["line 4, column input_tokens: '1.5'"],
    ),
    "line cut off in csv": (
        "x.csv",
        f"{GOOD}b,2026-02-16T00:00",
        ["line 3 has 2 columns, the header 4"],
    ),
    "too many values": ("x.csv", f"{GOOD}{GOOD_ROW},9\n", ["line 3 has 5 columns"]),
    "open quote": ("x.csv", f'{GOOD}"b,2026-02-16T00:00:00Z,1,1\n', ["quote"]),
    "line cut off in jsonl": (
        "x.jsonl",
        jsonl_line() + jsonl_line()[:30],
        ["line 2 is not whole JSON", "cut off"],
    ),
    "jsonl without objects": ("x.jsonl", jsonl_line() + "[1]\n", ["line 2 is not a JSON object"]),
    "name twice in an object": (
        "x.jsonl",
        jsonl_line()[:-2] + ', "event_id": "b"}\n',
        ["line 1 names 'event_id' twice"],
    ),
    "latin-1": (
        "x.csv",
        f"{GOOD}\xe9,2026-02-16T00:00:00Z,1,1\n".encode("latin-1"),
        ["line 3", "UTF-8"],
    ),
    "utf-16": ("x.csv", GOOD.encode("utf-16"), ["line 1 is not UTF-8"]),
    "latin-1 in jsonl": (
        "x.jsonl",
        jsonl_line(user_id="\xe9").encode().replace(b"\\u00e9", b"\xe9"),
        ["line 1", "UTF-8"],
    ),
    "not gzip": ("x.csv.gz", GOOD, ["cut off"]),
    "gzip cut off": (
        "x.csv.gz",
        gzip.compress((GOOD + "b,2026-02-16T00:00:00Z,1,1\n" * 9999).encode())[:-20],
        ["compressed data", "cut off"],
    ),
    "jsonl gzip cut off": (
        "x.jsonl.gz",
        gzip.compress((jsonl_line() * 9999).encode())[:-20],
        ["compressed data", "cut off"],
    ),
    "csv called parquet": ("x.parquet", GOOD, ["not a whole Parquet file"]),
}  # fmt: skip


@pytest.mark.parametrize(("name", "content", "expected"), REFUSED.values(), ids=REFUSED)
def test_bad_input_is_refused_with_its_place_and_mend(
    load: Loader,
    raw_dir: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    content: str | bytes,
    expected: list[str],
) -> None:
    assert load(write(tmp_path / name, content)) == 1
    message = capsys.readouterr().err
    assert message.startswith(f"{name}: ")
    for fragment in expected:
        assert fragment in message
    assert "nothing was loaded" in message
    assert not raw_dir.exists()


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        (
            "started_at",
            pa.array([datetime(2026, 2, 16)], pa.timestamp("us")),
            "has no zone; write 2026-02-16T00:00:00Z",
        ),
        ("input_tokens", pa.array([1.5], pa.float64()), "'1.5' is not written as a whole number"),
        ("input_tokens", pa.array([float("nan")], pa.float64()), "expected a whole number"),
        ("user_id", pa.array([1.5], pa.float64()), "stored as DOUBLE; expected a text"),
        ("tags", pa.array(["x"], pa.string()), "expected a JSON object"),
        ("reported_cost", pa.array([1e13], pa.float64()), "expected a decimal number"),
        ("reported_cost", pa.array([float("nan")], pa.float64()), "expected a decimal number"),
        (
            "reported_cost",
            pa.array([Decimal(10) ** 13], pa.decimal128(30, 2)),
            "'10000000000000.00' is too large",
        ),
        (
            "other_meters",
            pa.array([{"web": {"n": 3}}]),
            """'web' is '{"n": 3}', no number; expected a number or null""",
        ),
    ],
)
def test_bad_parquet_value_is_refused_with_its_row(
    load: Loader,
    raw_dir: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    column: str,
    values: Any,
    expected: str,
) -> None:
    good = {
        "event_id": pa.array(["a"]),
        "started_at": pa.array([datetime(2026, 2, 16, tzinfo=UTC)], pa.timestamp("us", tz="UTC")),
        "input_tokens": pa.array([1]),
        "output_tokens": pa.array([1]),
    }
    pq.write_table(pa.table(good | {column: values}), tmp_path / "x.parquet")
    assert load(tmp_path / "x.parquet") == 1
    message = capsys.readouterr().err
    assert f"x.parquet: row 1, column {column}: " in message
    assert expected in message
    assert not raw_dir.exists()


def test_parquet_that_was_cut_off_is_refused(
    load: Loader, raw_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = pa.table({"event_id": [str(number) for number in range(9999)]})
    pq.write_table(table, tmp_path / "whole.parquet")
    write(tmp_path / "x.parquet", (tmp_path / "whole.parquet").read_bytes()[:5000])
    assert load(tmp_path / "x.parquet") == 1
    assert "not a whole Parquet file" in capsys.readouterr().err
    assert not raw_dir.exists()


def test_line_of_a_fault_counts_line_breaks_inside_quotes(
    load: Loader, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = f'{HEADER}\n"a\nb",2026-02-16T00:00:00Z,1,1\n\nc,2026-02-16T00:00:00Z,x,1\n'
    assert load(write(tmp_path / "x.csv", rows)) == 1
    assert "line 5, column input_tokens" in capsys.readouterr().err


def test_first_fault_is_found_far_down_a_large_file(
    load: Loader, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [GOOD_ROW] * 300_000
    rows[250_000] = "b,2026-02-16T00:00:00Z,first,1"
    rows[280_000] = "b,2026-02-16T00:00:00Z,second,1"
    assert load(write(tmp_path / "x.csv", "\n".join([HEADER, *rows]))) == 1
    message = capsys.readouterr().err
    assert "line 250002, column input_tokens: 'first'" in message
    assert "1 more in this column" in message


@pytest.mark.parametrize("column", ["api_key_ref", "status", "input_tokens", "started_at"])
def test_a_key_is_never_printed(
    load: Loader, tmp_path: Path, capsys: pytest.CaptureFixture[str], column: str
) -> None:
    row = {
        "event_id": "a", "started_at": "2026-02-16T00:00:00Z", "input_tokens": "1",
        "output_tokens": "1", "status": "success", "api_key_ref": "team-alias",
    }  # fmt: skip
    row[column] = REAL_LOOKING_KEY
    text = ",".join(row) + "\n" + ",".join(row.values()) + "\n"
    assert load(write(tmp_path / "x.csv", text)) == 1
    message = capsys.readouterr().err
    assert f"column {column}" in message
    assert REAL_LOOKING_KEY[3:12] not in message


@pytest.mark.parametrize(
    "reference", ["a" * 64, "sk-...a1b2", "sk-team-search-production", "key-of-ws-0001", "eyJ"]
)
def test_a_hash_or_an_alias_of_a_key_is_loaded(
    load: Loader, raw_dir: Path, tmp_path: Path, reference: str
) -> None:
    assert load(write(tmp_path / "x.csv", f"{HEADER},api_key_ref\n{GOOD_ROW},{reference}\n")) == 0
    assert loaded(raw_dir, "api_key_ref") == [(reference,)]


def test_a_long_value_is_shortened_in_the_message(
    load: Loader, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = f"{HEADER}\na,2026-02-16T00:00:00Z,{'word ' * 500},1\n"
    assert load(write(tmp_path / "x.csv", rows)) == 1
    assert len(capsys.readouterr().err) < 400


def test_wrong_calls_end_with_2_and_name_the_mend(
    load: Loader, raw_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = write(tmp_path / "x.csv", GOOD)
    wrong: list[tuple[list[Path], list[str], str]] = [
        ([tmp_path / "gone.csv"], [], "no such file"),
        ([write(tmp_path / "x.xlsx", GOOD)], [], "known: .csv"),
        ([good], ["--source", "event"], "did you mean 'events'?"),
        ([good], ["--table", "llm_usage"], "did you mean 'llm_usage_events'?"),
        ([good, good], ["--load-mode", "full"], "takes one file"),
    ]
    for files, options, expected in wrong:
        assert load(*files, options=options) == 2
        assert expected in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        load(good, options=["--loaded-at", "2026-03-01T00:00:00"])
    assert "has no zone" in capsys.readouterr().err
    assert not raw_dir.exists()
