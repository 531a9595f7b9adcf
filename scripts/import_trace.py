"""Turn a public trace of LLM requests into a file of `events.llm_usage_events`.

Usage:
    python scripts/import_trace.py kv_cache_tester --variant flat|tiered|cached --out FILE.parquet
    python scripts/import_trace.py azure_llm_2023|servegen --out FILE.parquet
        [--data ../shared/data]    folder that holds kv_cache_tester/, azure_llm_2023/, servegen/

kv_cache_tester (Apache-2.0, callanjfox/kv-cache-tester): requests of coding assistants, dated from
2026-02-16T00:00:00Z plus the trace's own offset. The variant becomes the source instance, so that
each may have its own price book: `flat` and `tiered` know no cache; in `cached` the derived cached
tokens are cache reads and the rest of the input is written to the five-minute cache.

azure_llm_2023 (CC-BY-4.0, Azure/AzurePublicDataset): one hour of a code assistant on 2023-11-16.
The trace names no model; its rows are taken as openai's gpt-4. Its times have no zone and seven
digits after the second: they are UTC, and the seventh digit is cut.

servegen (Apache-2.0, alibaba/ServeGen): two million requests of two weeks, resampled from real API
clients of a model service. The trace has offsets and no dates: they count from 2025-03-03, a
Monday. It names deepseek-r1, which is priced by DeepSeek's own list with its discount at night, and
three models by their size alone: m-large, m-mid and m-small are taken as Qwen Max, Plus and Turbo
at OpenRouter's prices. A client is a workspace; its number counts within its model only.

The same trace gives the same bytes. The totals are printed: rows, input tokens, output tokens.

Exit codes: 0 written, 1 the trace is not what it should be, 2 usage, or the data are missing.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import duckdb
from raw_area import ROOT, fail, new_connection, publish, quoted

VARIANTS = ("flat", "tiered", "cached")
KV_CACHE_TESTER = Path("kv_cache_tester/requests.parquet")
AZURE_LLM_2023 = Path("azure_llm_2023/AzureLLMInferenceTrace_code.csv.gz")
SERVEGEN = Path("servegen/resampled_requests.parquet")
TRACES = {
    "kv_cache_tester": KV_CACHE_TESTER,
    "azure_llm_2023": AZURE_LLM_2023,
    "servegen": SERVEGEN,
}
# Servegen's name of a model -> provider and name that the price list knows.
SERVEGEN_MODELS = {
    "deepseek-r1": ("deepseek", "deepseek-r1"),
    "m-large": ("openrouter", "qwen/qwen-max"),
    "m-mid": ("openrouter", "qwen/qwen-plus"),
    "m-small": ("openrouter", "qwen/qwen-turbo"),
}


def kv_cache_tester_query(trace: Path, variant: str) -> str:
    """Return the query that turns the assistants' requests into events of one variant."""
    is_cached = variant == "cached"
    read, written = (
        ("derived_cached_tokens", "input_tokens - derived_cached_tokens")
        if is_cached
        else ("null::bigint", "null::bigint")
    )
    return f"""
        with requests as (
            select
                *,
                timestamptz '2026-02-16 00:00:00+00'
                + to_microseconds(round(t_s * 1000000)::bigint) as started_at,
                round(api_time_s * 1000)::int as latency_ms
            from read_parquet({quoted(str(trace))})
        )
        select
            trace_id || '/' || agent_id || '/' || seq as event_id,
            {quoted(variant)} as source_instance,
            started_at,
            started_at + to_milliseconds(latency_ms) as ended_at,
            'anthropic' as provider_name,
            model as request_model,
            model as response_model,
            input_tokens,
            'inclusive' as input_semantics,
            {read} as cache_read_input_tokens,
            {written} as cache_write_5m_input_tokens,
            output_tokens,
            agent_id,
            trace_id as conversation_id,
            'success' as status,
            streaming as is_stream,
            latency_ms,
            round(ttft_s * 1000)::int as time_to_first_token_ms
        from requests
        order by trace_id, agent_id, seq
    """


def azure_llm_2023_query(trace: Path) -> str:
    """Return the query that turns the code assistant's requests into events."""
    return f"""
        with requests as (
            select *, row_number() over () as row_no
            from read_csv(
                {quoted(str(trace))},
                columns = {{
                    'TIMESTAMP': 'VARCHAR', 'ContextTokens': 'BIGINT', 'GeneratedTokens': 'BIGINT'
                }},
                header = true, auto_detect = false, delim = ','
            )
        )
        select
            'code/' || lpad(row_no::text, 5, '0') as event_id,
            'azure_llm_2023' as source_instance,
            (left("TIMESTAMP", 26) || '+00')::timestamptz as started_at,
            'openai' as provider_name,
            'gpt-4' as request_model,
            ContextTokens as input_tokens,
            GeneratedTokens as output_tokens
        from requests
        order by row_no
    """


def servegen_query(trace: Path) -> str:
    """Return the query that turns the resampled requests into events; an unknown model stays."""
    named = ", ".join(
        f"({quoted(model)}, {quoted(provider)}, {quoted(name)})"
        for model, (provider, name) in SERVEGEN_MODELS.items()
    )
    return f"""
        select
            'servegen/' || lpad(request_no::text, 7, '0') as event_id,
            'servegen' as source_instance,
            timestamptz '2025-03-03 00:00:00+00' + to_milliseconds(ts_ms) as started_at,
            provider_name,
            coalesce(request_model, model) as request_model,
            input_tokens,
            output_tokens,
            model || '/' || client_id as workspace_id,
            'success' as status
        from read_parquet({quoted(str(trace))})
        left join (values {named}) as named(model, provider_name, request_model) using (model)
        order by request_no
    """


def write_events(query: str, out: Path) -> tuple[int, int, int]:
    """Write the events as Parquet; return (rows, Σ input tokens, Σ output tokens)."""
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f".{out.name}.partial")
    try:
        with new_connection("1GB", threads=1) as connection:
            connection.execute("set preserve_insertion_order = true")
            connection.execute(
                f"copy ({query}) to {quoted(str(partial))} (format parquet, compression zstd)"
            )
            totals = connection.execute(
                "select count(*), sum(input_tokens), sum(output_tokens) "
                f"from read_parquet({quoted(str(partial))})"
            ).fetchone()
        publish(partial, out)
    finally:
        partial.unlink(missing_ok=True)
    assert totals is not None
    return totals[0], int(totals[1] or 0), int(totals[2] or 0)


def main() -> int:
    parser = argparse.ArgumentParser(description="Turn a public trace into a file of usage events.")
    parser.add_argument("trace", choices=list(TRACES))
    parser.add_argument("--variant", choices=VARIANTS, help="kv_cache_tester: what is cached")
    parser.add_argument("--out", type=Path, required=True, help="the .parquet file to write")
    parser.add_argument(
        "--data", type=Path, default=ROOT.parent / "shared" / "data", help="folder of the traces"
    )
    arguments = parser.parse_args()
    is_kv = arguments.trace == "kv_cache_tester"
    if is_kv != (arguments.variant is not None):
        return fail(2, "--variant goes with kv_cache_tester: " + "|".join(VARIANTS))
    if arguments.out.suffix != ".parquet":
        return fail(2, f"--out must name a .parquet file, not {arguments.out.name!r}")
    trace = arguments.data / TRACES[arguments.trace]
    if not trace.is_file():
        return fail(
            2,
            f"{trace} is missing: the public traces are not part of this repository; "
            "name the folder that holds them with --data",
        )
    if is_kv:
        query = kv_cache_tester_query(trace, arguments.variant)
    else:
        query = (azure_llm_2023_query if "azure" in arguments.trace else servegen_query)(trace)
    try:
        rows, input_tokens, output_tokens = write_events(query, arguments.out)
    except OSError as error:
        return fail(2, f"{error.filename or arguments.out}: {error.strerror or error}")
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        return fail(1, f"{trace.name} is not the trace it should be, or was cut off: {reason}")
    print(
        f"wrote {arguments.out.name}: {rows:,} rows, {input_tokens:,} input and "
        f"{output_tokens:,} output tokens"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
