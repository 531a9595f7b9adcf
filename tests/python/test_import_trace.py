"""The public traces become events with the publishers' totals; prices are checked elsewhere."""

from __future__ import annotations

import gzip
import hashlib
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import import_trace
import load_raw
import pytest
from raw_loading.file_area import FileArea

Importer = Callable[..., int]


@pytest.fixture
def convert(monkeypatch: pytest.MonkeyPatch) -> Importer:
    """Run the importer's command line and return its exit code."""

    def run(*arguments: object) -> int:
        monkeypatch.setattr(sys, "argv", ["import_trace.py", *map(str, arguments)])
        return import_trace.main()

    return run


def query(sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        return connection.execute(sql).fetchall()


def write_requests(data: Path) -> None:
    """Write three requests in the form of kv_cache_tester."""
    folder = data / "kv_cache_tester"
    folder.mkdir(parents=True)
    query(
        f"""
        copy (
            select * from (values
                ('trace_0002', 'main', 1, 12.5, true, 'claude-opus-4-6', 100, 5, 1.25, 0.5, 64),
                ('trace_0002', 'main', 0, 0.0, false, 'claude-opus-4-6', 80, 4, 0.5, null, 0),
                ('trace_0002', 'sub', 0, 12.5, true, 'claude-opus-4-6', 70, 0, null, null, 70)
            ) t(
                trace_id, agent_id, seq, t_s, streaming, model, input_tokens, output_tokens,
                api_time_s, ttft_s, derived_cached_tokens
            )
        ) to '{folder}/requests.parquet'
        """
    )


def test_requests_are_dated_from_the_trace_s_start(convert: Importer, tmp_path: Path) -> None:
    write_requests(tmp_path)
    out = tmp_path / "flat.parquet"
    assert convert("kv_cache_tester", "--variant", "flat", "--data", tmp_path, "--out", out) == 0
    assert query(
        "select event_id, source_instance, started_at, ended_at, latency_ms, "
        f"time_to_first_token_ms, conversation_id, is_stream from '{out}' order by event_id"
    ) == [
        (
            "trace_0002/main/0", "flat", datetime(2026, 2, 16, tzinfo=UTC),
            datetime(2026, 2, 16, 0, 0, 0, 500_000, tzinfo=UTC), 500, None, "trace_0002", False,
        ),
        (
            "trace_0002/main/1", "flat", datetime(2026, 2, 16, 0, 0, 12, 500_000, tzinfo=UTC),
            datetime(2026, 2, 16, 0, 0, 13, 750_000, tzinfo=UTC), 1250, 500, "trace_0002", True,
        ),
        (
            "trace_0002/sub/0", "flat", datetime(2026, 2, 16, 0, 0, 12, 500_000, tzinfo=UTC),
            None, None, None, "trace_0002", True,
        ),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("variant", "expected"),
    [
        ("flat", [(80, None, None), (100, None, None), (70, None, None)]),
        ("tiered", [(80, None, None), (100, None, None), (70, None, None)]),
        ("cached", [(80, 0, 80), (100, 64, 36), (70, 70, 0)]),
    ],
)
def test_only_the_cached_variant_splits_the_input(
    convert: Importer, tmp_path: Path, variant: str, expected: list[tuple[int | None, ...]]
) -> None:
    write_requests(tmp_path)
    out = tmp_path / "out.parquet"
    assert convert("kv_cache_tester", "--variant", variant, "--data", tmp_path, "--out", out) == 0
    assert (
        query(
            "select input_tokens, cache_read_input_tokens, cache_write_5m_input_tokens "
            f"from '{out}' order by event_id"
        )
        == expected
    )
    assert query(f"select distinct source_instance from '{out}'") == [(variant,)]


def test_code_trace_is_read_with_its_line_ends_and_seven_digits(
    convert: Importer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "azure_llm_2023"
    folder.mkdir()
    text = (
        "TIMESTAMP,ContextTokens,GeneratedTokens\r\n"
        "2023-11-16 18:17:03.9799609,4808,10\r\n"
        "2023-11-16 19:14:19.9280160,549,173"
    )
    (folder / "AzureLLMInferenceTrace_code.csv.gz").write_bytes(gzip.compress(text.encode()))
    out = tmp_path / "azure.parquet"
    assert convert("azure_llm_2023", "--data", tmp_path, "--out", out) == 0
    assert "2 rows, 5,357 input and 183 output tokens" in capsys.readouterr().out
    columns = "event_id, source_instance, started_at, provider_name, request_model"
    assert query(f"select {columns} from '{out}' order by event_id") == [
        (f"code/0000{number}", "azure_llm_2023", at, "openai", "gpt-4")
        for number, at in (
            (1, datetime(2023, 11, 16, 18, 17, 3, 979_960, tzinfo=UTC)),
            (2, datetime(2023, 11, 16, 19, 14, 19, 928_016, tzinfo=UTC)),
        )
    ]


def test_missing_or_broken_trace_and_wrong_calls_are_named(
    convert: Importer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.parquet"
    flat = ["kv_cache_tester", "--variant", "flat", "--data", tmp_path]
    wrong: list[tuple[list[object], int, str]] = [
        ([*flat, "--out", out], 2, "requests.parquet is missing"),
        (["azure_llm_2023", "--data", tmp_path, "--out", out], 2, "name the folder"),
        (["kv_cache_tester", "--out", out], 2, "--variant goes with kv_cache_tester"),
        ([*flat, "--out", tmp_path / "out.csv"], 2, "must name a .parquet file"),
    ]
    for arguments, code, expected in wrong:
        assert convert(*arguments) == code
        assert expected in capsys.readouterr().err

    write_requests(tmp_path)
    trace = tmp_path / "kv_cache_tester" / "requests.parquet"
    trace.write_bytes(trace.read_bytes()[:100])
    assert convert(*flat, "--out", out) == 1
    assert "cut off" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize("variant", import_trace.VARIANTS)
def test_whole_kv_cache_tester_loads_with_the_publisher_s_totals(
    convert: Importer, shared_data: Path, tmp_path: Path, variant: str
) -> None:
    outs = [tmp_path / "one.parquet", tmp_path / "two.parquet"]
    for out in outs:
        assert (
            convert("kv_cache_tester", "--variant", variant, "--data", shared_data, "--out", out)
            == 0
        )
    first, second = (hashlib.sha256(out.read_bytes()).hexdigest() for out in outs)
    assert first == second

    at = datetime(2026, 11, 1, tzinfo=UTC)
    load_raw.load([outs[0]], "events", "llm_usage_events", FileArea(tmp_path / "raw"), at, "append")
    raw = f"'{tmp_path}/raw/events/llm_usage_events/*.parquet'"
    assert query(
        "select count(*), count(distinct event_id), sum(input_tokens), sum(output_tokens) "
        f"from {raw}"
    ) == [(24_108, 24_108, 3_080_087_222, 10_530_232)]
    differences = query(
        f"""
        select trace_id
        from read_csv('{shared_data}/kv_cache_tester/traces_reported_totals.csv') as reported
        full join (
            select conversation_id, sum(input_tokens) as input, sum(output_tokens) as output
            from {raw}
            group by conversation_id
        ) on conversation_id = trace_id
        where input is distinct from reported_input or output is distinct from reported_output
        """
    )
    assert len(query(f"select distinct conversation_id from {raw}")) == 360
    assert differences == []


def test_whole_azure_code_trace_loads(convert: Importer, shared_data: Path, tmp_path: Path) -> None:
    out = tmp_path / "azure.parquet"
    assert convert("azure_llm_2023", "--data", shared_data, "--out", out) == 0
    at = datetime(2026, 11, 1, tzinfo=UTC)
    load_raw.load([out], "events", "llm_usage_events", FileArea(tmp_path / "raw"), at, "append")
    # 18,059,974 × 0.00003 + 245,896 × 0.00006 = 556.55298 USD, the figure the warehouse must show.
    assert query(
        "select count(*), count(distinct event_id), sum(input_tokens), sum(output_tokens) "
        f"from '{tmp_path}/raw/events/llm_usage_events/*.parquet'"
    ) == [(8_819, 8_819, 18_059_974, 245_896)]
