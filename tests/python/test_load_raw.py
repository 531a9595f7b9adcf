"""What is loaded is what was given; the raw area changes by whole batches or not at all."""

from __future__ import annotations

import csv
import fcntl
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import load_raw
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import raw_area
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from raw_loading import file_area
from raw_loading.declaration import COST_TYPE
from raw_loading.file_area import FileArea, batch_files
from support.project import REPOSITORY, SOURCES_FILE
from support.raw_files import (
    GOOD,
    GOOD_ROW,
    HEADER,
    Loader,
    jsonl_line,
    loaded,
    loader,
    manifest,
    picture,
    query,
    write,
)

MEBIBYTE = 2**20


@pytest.fixture
def raw_dir(tmp_path: Path) -> Path:
    return tmp_path / "raw"


@pytest.fixture
def load(raw_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Loader:
    return loader(monkeypatch, raw_dir, "--source", "events", "--table", "llm_usage_events")


def declared_columns() -> list[dict[str, Any]]:
    sources = yaml.safe_load((REPOSITORY / SOURCES_FILE).read_text(encoding="utf-8"))["sources"]
    tables = {table["name"]: table for source in sources for table in source["tables"]}
    return list(tables["llm_usage_events"]["columns"])


def test_batch_has_every_declared_column_in_order_with_its_type(
    load: Loader, raw_dir: Path, tmp_path: Path
) -> None:
    assert load(write(tmp_path / "one.csv", GOOD)) == 0

    described = query(f"describe select * from '{raw_dir}/events/llm_usage_events/*.parquet'")
    types = {
        "text": "VARCHAR",
        "json": "VARCHAR",
        "integer": "INTEGER",
        "bigint": "BIGINT",
        "boolean": "BOOLEAN",
        "timestamptz": "TIMESTAMP WITH TIME ZONE",
    }
    assert [(name, kind) for name, kind, *_ in described] == [
        (column["name"], types[column["data_type"]]) for column in declared_columns()
    ]


def test_manifest_counts_rows_and_tokens_as_reported(
    load: Loader, raw_dir: Path, tmp_path: Path
) -> None:
    rows = f"{GOOD}b,2026-02-16T00:00:01Z,-4,\n,2026-02-16T00:00:02Z,30,5\n"
    assert (
        load(write(tmp_path / "day.csv", rows), options=["--loaded-at", "2026-03-01T02:00Z"]) == 0
    )

    ((batch, source, table, mode, at, count, inputs, outputs, content, name),) = manifest(raw_dir)
    assert (source, table, mode, name) == ("events", "llm_usage_events", "append", "day.csv")
    assert (count, inputs, outputs) == (3, 36, 7)
    assert at == datetime(2026, 3, 1, 2, tzinfo=UTC)
    assert len(content) == 64
    assert loaded(raw_dir, "distinct _batch_id, _loaded_at") == [(batch, at)]


def test_what_can_be_read_but_not_counted_is_loaded_for_the_build_to_refuse(
    load: Loader, raw_dir: Path, tmp_path: Path
) -> None:
    rows = f"{HEADER}\n,,-5,\nb,,9000000000000,\n"
    assert load(write(tmp_path / "odd.csv", rows)) == 0
    assert loaded(raw_dir, "event_id, started_at, input_tokens, output_tokens") == [
        ("b", None, 9_000_000_000_000, None),
        (None, None, -5, None),
    ]


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("2026-02-16T00:00:00.1234569Z", "2026-02-16 00:00:00.123456"),
        ("2026-02-16T02:00:00+02:00", "2026-02-16 00:00:00"),
        ("2026-02-15 18:30:00-0530", "2026-02-16 00:00:00"),
        ("2026-02-16 00:00:00.5 UTC", "2026-02-16 00:00:00.5"),
        ("2026-02-16 00:00:00 +00:00", "2026-02-16 00:00:00"),
    ],
)
def test_an_instant_with_its_zone_is_kept_to_the_microsecond(
    load: Loader, raw_dir: Path, tmp_path: Path, given_text: str, expected: str
) -> None:
    assert load(write(tmp_path / "t.csv", f"{HEADER}\na,{given_text},1,1\n")) == 0
    assert loaded(raw_dir, "(started_at at time zone 'UTC')::varchar") == [(expected,)]


def test_whole_numbers_that_a_spreadsheet_wrote_with_a_point_are_whole_numbers(
    load: Loader, raw_dir: Path, tmp_path: Path
) -> None:
    assert load(write(tmp_path / "n.csv", f"{HEADER}\na,2026-02-16T00:00:00Z,12.0, 7 \n")) == 0
    assert loaded(raw_dir, "input_tokens, output_tokens") == [(12, 7)]


def test_parquet_types_of_other_writers_are_read(
    load: Loader, raw_dir: Path, tmp_path: Path
) -> None:
    at = datetime(2026, 2, 16, 0, 0, 0, 250_000, tzinfo=UTC)
    table = pa.table(
        {
            "event_id": pa.array([1], pa.int64()),
            "started_at": pa.array([at], pa.timestamp("ns", tz="UTC")),
            "input_tokens": pa.array([12.0], pa.float64()),
            "output_tokens": pa.array([3], pa.uint16()),
            "user_id": pa.array([None], pa.int32()),
            "agent_id": pa.array([None], pa.float64()),
            "message_id": pa.array([None], pa.null()),
            "reported_cost": pa.array([0.00125], pa.float64()),
            "tags": pa.array([{"feature": "search"}], pa.struct([("feature", pa.string())])),
            "is_stream": pa.array(["true"], pa.string()),
        }
    )
    pq.write_table(table, tmp_path / "other.parquet")
    assert load(tmp_path / "other.parquet") == 0
    columns = "event_id, started_at, input_tokens, output_tokens, user_id, agent_id"
    assert loaded(raw_dir, columns) == [("1", at, 12, 3, None, None)]
    assert loaded(raw_dir, "reported_cost, tags, is_stream") == [
        ("0.00125", '{"feature":"search"}', True)
    ]


def test_the_largest_cost_and_every_kind_of_quantity_are_kept_as_written(
    load: Loader, raw_dir: Path, tmp_path: Path
) -> None:
    costs = ["9999999999999.999999999999999", "-9999999999999.99", "1e-20", "0e50"]
    meters = ['{"a":3,"b":null}', '{"a":-1.5}', '{"a":"3"}', "{}"]
    lines = [
        jsonl_line(reported_cost=cost, other_meters=json.loads(quantities))
        for cost, quantities in zip(costs, meters, strict=True)
    ]
    assert load(write(tmp_path / "x.jsonl", "".join(lines))) == 0
    assert set(loaded(raw_dir, "reported_cost, other_meters")) == set(
        zip(costs, meters, strict=True)
    )


def test_the_loader_bounds_a_cost_by_the_type_that_the_fact_gives_it() -> None:
    macros = (REPOSITORY / "macros" / "money.sql").read_text(encoding="utf-8")
    assert f"{{% macro type_cost() %}}{COST_TYPE}{{% endmacro %}}" in macros


identifiers = st.one_of(st.none(), st.text(st.characters(exclude_characters="\x00"), max_size=12))
counts = st.one_of(st.none(), st.integers(-(2**40), 2**40))
instants = st.one_of(
    st.none(),
    st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
)
events = st.lists(
    st.tuples(identifiers, instants, counts, counts, identifiers), min_size=1, max_size=20
)


@settings(max_examples=40)
@given(events=events, form=st.sampled_from(["csv", "jsonl", "parquet"]))
def test_what_is_loaded_is_what_was_given(
    events: list[tuple[Any, ...]], form: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("given")
    names = ["event_id", "started_at", "input_tokens", "output_tokens", "workspace_id"]
    path = folder / f"events.{form}"
    texts = [
        [value.isoformat() if isinstance(value, datetime) else value for value in event]
        for event in events
    ]
    if form == "csv":
        with path.open("w", newline="", encoding="utf-8") as handle:
            csv.writer(handle).writerows([names, *texts])
    elif form == "jsonl":
        lines = [json.dumps(dict(zip(names, event, strict=True))) for event in texts]
        path.write_text("\n".join(lines), encoding="utf-8")
    else:
        kinds = [pa.string(), pa.timestamp("us", tz="UTC"), pa.int64(), pa.int64(), pa.string()]
        arrays = [
            pa.array(values, kind)
            for values, kind in zip(zip(*events, strict=True), kinds, strict=True)
        ]
        pq.write_table(pa.table(arrays, names), path)

    at = datetime(2026, 11, 1, tzinfo=UTC)
    load_raw.load([path], "events", "llm_usage_events", FileArea(folder / "raw"), at, "append")

    def plain(row: Sequence[Any]) -> str:
        """An empty text is a missing value; an instant is the same in every zone."""
        return repr(
            [v.isoformat() if isinstance(v, datetime) else (None if v == "" else v) for v in row]
        )

    found = loaded(folder / "raw", ", ".join(names))
    assert sorted(map(plain, found)) == sorted(map(plain, events))
    ((*_, rows, inputs, outputs, _, _),) = manifest(folder / "raw")
    assert rows == len(events)
    assert inputs == sum(event[2] or 0 for event in events)
    assert outputs == sum(event[3] or 0 for event in events)


def test_the_same_content_loaded_again_changes_no_byte(
    load: Loader, raw_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        {"event_id": "a", "started_at": "2026-02-16T00:00:00Z", "input_tokens": 10,
         "output_tokens": 2, "tags": {"feature": "search"}, "user_id": "ü"},
        {"event_id": "b", "started_at": "2026-02-16T00:00:01Z", "input_tokens": 20,
         "output_tokens": 4, "tags": None, "user_id": ""},
    ]  # fmt: skip
    jsonl = "\n".join(json.dumps(row) for row in rows)
    assert load(write(tmp_path / "first.jsonl", jsonl)) == 0
    before = picture(raw_dir)

    same_in_csv = (
        "user_id,output_tokens,input_tokens,event_id,started_at,tags,latency_ms\r\n"
        ",4,20,b,2026-02-16T01:00:01+01:00,,\r\n"
        'ü,2.0,10,a,2026-02-16 00:00:00Z,"{""feature"": ""search""}",'
    )
    again = [
        tmp_path / "first.jsonl",
        write(tmp_path / "renamed.jsonl", jsonl),
        write(tmp_path / "zipped.jsonl.gz", gzip.compress(jsonl.encode())),
        write(tmp_path / "same.csv", "\ufeff" + same_in_csv),
        write(tmp_path / "same.csv.gz", gzip.compress(same_in_csv.encode())),
    ]
    capsys.readouterr()
    for path in again:
        assert load(path) == 0
        assert "already loaded as batch" in capsys.readouterr().out
        assert picture(raw_dir) == before


@pytest.mark.parametrize(
    "other",
    [
        "a,2026-02-16T00:00:00Z,10,3",
        "a,2026-02-16T00:00:00.000001Z,10,2",
        "a ,2026-02-16T00:00:00Z,10,2",
        ",2026-02-16T00:00:00Z,10,2",
        f"{GOOD_ROW}\n{GOOD_ROW}",
    ],
)
def test_other_content_is_another_batch(
    load: Loader, raw_dir: Path, tmp_path: Path, other: str
) -> None:
    assert load(write(tmp_path / "one.csv", GOOD)) == 0
    assert load(write(tmp_path / "one.csv", f"{HEADER}\n{other}\n")) == 0
    assert len(manifest(raw_dir)) == 2


def test_values_that_move_to_the_next_column_are_other_content(
    load: Loader, raw_dir: Path, tmp_path: Path
) -> None:
    header = f"{HEADER},tenant_id,workspace_id"
    for values in ("ab,c", "a,bc", ",abc", "abc,"):
        assert load(write(tmp_path / "x.csv", f"{header}\n{GOOD_ROW},{values}\n")) == 0
    assert len(manifest(raw_dir)) == 4


def test_an_earlier_payload_comes_back_with_a_newer_change_of_the_source(
    load: Loader, raw_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    header = f"{HEADER},source_updated_at"
    first = write(tmp_path / "first.csv", f"{header}\n{GOOD_ROW},2026-02-16T01:00:00Z\n")
    second = f"{header}\na,2026-02-16T00:00:00Z,99,2,2026-02-16T02:00:00Z\n"
    third = f"{header}\n{GOOD_ROW},2026-02-16T03:00:00Z\n"
    assert load(first) == 0
    assert load(write(tmp_path / "second.csv", second)) == 0
    before = picture(raw_dir)
    capsys.readouterr()
    assert load(first) == 0
    assert "already loaded as batch" in capsys.readouterr().out
    assert picture(raw_dir) == before

    assert load(write(tmp_path / "third.csv", third)) == 0
    assert len(manifest(raw_dir)) == 3


def test_names_of_an_object_in_another_order_are_other_content(
    load: Loader, raw_dir: Path, tmp_path: Path
) -> None:
    for tags in ({"a": "1", "b": "2"}, {"b": "2", "a": "1"}):
        assert load(write(tmp_path / "x.jsonl", jsonl_line(tags=tags))) == 0
    assert len(manifest(raw_dir)) == 2


def test_a_whole_table_that_returns_to_an_earlier_state_is_loaded_again(
    load: Loader, raw_dir: Path, tmp_path: Path
) -> None:
    first = write(tmp_path / "first.csv", GOOD)
    second = write(tmp_path / "second.csv", f"{GOOD}b,2026-02-16T00:00:00Z,1,1\n")
    full = ["--load-mode", "full"]
    for day, path in enumerate((first, first, second, first), start=1):
        assert load(path, options=[*full, "--loaded-at", f"2026-03-0{day}T00:00:00Z"]) == 0
    assert [row[-1] for row in manifest(raw_dir)] == ["first.csv", "second.csv", "first.csv"]
    assert {row[3] for row in manifest(raw_dir)} == {"full"}


def test_a_whole_table_without_what_was_added_since_is_loaded_again(
    load: Loader, raw_dir: Path, tmp_path: Path
) -> None:
    whole = write(tmp_path / "whole.csv", GOOD)
    added = write(tmp_path / "added.csv", GOOD.replace("a,2026", "b,2026"))
    full = ["--load-mode", "full"]
    for day, path, mode in ((1, whole, full), (2, added, []), (3, whole, full), (4, whole, full)):
        assert load(path, options=[*mode, "--loaded-at", f"2026-03-0{day}T00:00:00Z"]) == 0
    assert [row[-1] for row in manifest(raw_dir)] == ["whole.csv", "added.csv", "whole.csv"]


def test_a_whole_table_of_the_past_is_loaded_once(
    load: Loader, raw_dir: Path, tmp_path: Path
) -> None:
    now = write(tmp_path / "now.csv", GOOD)
    past = write(tmp_path / "past.csv", GOOD.replace("a,2026", "b,2026"))
    full = ["--load-mode", "full", "--loaded-at"]
    assert load(now, options=[*full, "2026-03-02T00:00:00Z"]) == 0
    assert load(past, options=[*full, "2026-03-01T00:00:00Z"]) == 0
    before = picture(raw_dir)
    assert load(past, options=[*full, "2026-02-01T00:00:00Z"]) == 0
    assert picture(raw_dir) == before


def test_second_load_at_the_same_time_is_refused(
    load: Loader, raw_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw_dir.mkdir()
    held = os.open(raw_dir, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_SH)
    try:
        assert load(write(tmp_path / "x.csv", GOOD)) == 2
    finally:
        os.close(held)
    assert "another load is running" in capsys.readouterr().err


def test_one_bad_file_of_three_leaves_the_raw_area_byte_identical(
    load: Loader, raw_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert load(write(tmp_path / "one.csv", GOOD)) == 0
    before = picture(raw_dir)
    files = [
        write(tmp_path / "two.csv", f"{HEADER}\nb,2026-02-16T00:00:00Z,1,1\n"),
        write(tmp_path / "bad.csv", f"{HEADER}\nc,2026-02-16T00:00:00Z,x,1\n"),
        write(tmp_path / "four.csv", f"{HEADER}\nd,2026-02-16T00:00:00Z,1,1\n"),
    ]
    assert load(*files) == 1
    message = capsys.readouterr().err
    assert "bad.csv: line 2" in message
    assert "nothing was loaded" in message
    assert picture(raw_dir) == before

    assert load(files[0], files[2]) == 0
    assert len(manifest(raw_dir)) == 3


def test_a_load_killed_before_its_manifest_leaves_nothing_after_the_next_one(
    load: Loader, raw_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load(write(tmp_path / "one.csv", GOOD)) == 0

    def stop_at_manifest(moves: Sequence[tuple[Path, Path]]) -> None:
        if any(final.parent.name == "load_manifest" for _, final in moves):
            raise KeyboardInterrupt
        raw_area.publish_all(moves)

    two = write(tmp_path / "two.csv", f"{HEADER}\nb,2026-02-16T00:00:00Z,1,1\n")
    with monkeypatch.context() as patch:
        patch.setattr(file_area, "publish_all", stop_at_manifest)
        with pytest.raises(KeyboardInterrupt):
            load(two)
    assert len(loaded(raw_dir, "event_id")) == 2
    assert len(manifest(raw_dir)) == 1

    (raw_dir / ".loading-1").mkdir()
    assert load(write(tmp_path / "three.csv", f"{HEADER}\nc,2026-02-16T00:00:00Z,1,1\n")) == 0
    assert loaded(raw_dir, "event_id") == [("a",), ("c",)]
    assert len(manifest(raw_dir)) == 2
    assert not list(raw_dir.glob(".loading-*"))

    assert load(two) == 0
    assert loaded(raw_dir, "event_id") == [("a",), ("b",), ("c",)]


def test_a_file_of_somebody_else_in_the_raw_area_is_kept_and_reported(
    load: Loader, raw_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert load(write(tmp_path / "one.csv", GOOD)) == 0
    foreign = write(raw_dir / "events" / "llm_usage_events" / "mine.parquet", b"mine")
    assert load(write(tmp_path / "two.csv", f"{HEADER}\nb,2026-02-16T00:00:00Z,1,1\n")) == 0
    assert foreign.read_bytes() == b"mine"
    assert "mine.parquet was not written by the loader" in capsys.readouterr().err


def test_a_batch_whose_file_is_gone_is_named_with_its_mend(
    load: Loader, raw_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = write(tmp_path / "one.csv", GOOD)
    assert load(good) == 0
    folder = raw_dir / "events" / "llm_usage_events"
    ((batch_id, file),) = batch_files(folder).items()
    file.unlink()
    assert load(good) == 2
    assert f"delete load_manifest/{batch_id}.parquet" in capsys.readouterr().err
    (raw_dir / "load_manifest" / f"{batch_id}.parquet").unlink()
    assert load(good) == 0
    assert list(batch_files(folder)) == [batch_id]


def test_files_are_named_in_the_order_of_their_loads(
    load: Loader, raw_dir: Path, tmp_path: Path
) -> None:
    days = [
        write(tmp_path / f"{day}.csv", f"{HEADER}\n{day},2026-02-{day}T00:00:00Z,1,1\n")
        for day in range(10, 20)
    ]
    assert load(*days[:5], "--loaded-at", "2026-02-20T02:00:00+01:00") == 0
    assert load(*days[5:], "--loaded-at", "2026-02-20T01:30:00Z") == 0
    files = sorted((raw_dir / "events" / "llm_usage_events").iterdir())
    assert [query(f"select event_id from '{file}'") for file in files] == [
        [(f"{day}",)] for day in range(10, 20)
    ]


def test_a_file_named_by_its_batch_alone_stays(load: Loader, raw_dir: Path, tmp_path: Path) -> None:
    assert load(write(tmp_path / "one.csv", GOOD)) == 0
    folder = raw_dir / "events" / "llm_usage_events"
    ((batch_id, file),) = batch_files(folder).items()
    file.rename(folder / f"{batch_id}.parquet")
    assert load(write(tmp_path / "two.csv", f"{HEADER}\nb,2026-02-16T00:00:00Z,1,1\n")) == 0
    assert loaded(raw_dir, "event_id") == [("a",), ("b",)]
    assert batch_id in batch_files(folder)


def peak_memory(path: Path, raw_dir: Path) -> int:
    """Load a file in a process of its own; return its peak resident memory in bytes."""
    script = REPOSITORY / "scripts" / "load_raw.py"
    arguments = ["--source", "events", "--table", "llm_usage_events", "--raw-dir", str(raw_dir)]
    process = subprocess.Popen([sys.executable, str(script), str(path), *arguments])
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_two_million_rows_load_within_900_mebibytes(tmp_path: Path, form: str) -> None:
    # Peaks level off near 500 MiB from one million rows on; five million full rows took 570.
    path = tmp_path / f"large.{form}"
    query(
        "copy (select md5(i::varchar) as event_id, timestamptz '2026-01-01 00:00:00+00' "
        "+ to_seconds(i) as started_at, i as input_tokens, i % 500 as output_tokens, "
        "'user-' || i % 5000 as user_id, md5('c' || i // 4) as conversation_id "
        f"from range(2000000) t(i)) to '{path}'"
    )
    assert peak_memory(path, tmp_path / "raw") < 900 * MEBIBYTE
