"""(d) Pricing: the models' own SQL against libraries that price one call at a time."""

from __future__ import annotations

import json
import os
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
from genai_prices import Usage, calc_price
from raw_area import ROOT, quoted

from benchmarks.results import Results
from benchmarks.steps import StepFailed, median_of, say, timed
from benchmarks.workbench import Project, Workbench

RECORDS = "int_llm_usage_current"
CHAIN = ("int_llm_usage_resolved", "int_llm_usage_priced", "int_llm_usage_costed")
PRICED = CHAIN[1]
METERS = "int_llm_usage_meters"
METERS_JOIN = "on usage.usage_key = meter_costs.usage_key"
SUMMED = "priced_input_cost, priced_output_cost"
LIBRARY_ROWS = 20_000
LITELLM = Path(
    os.environ.get("LLM_FINOPS_LITELLM_PYTHON", ROOT / ".venv-litellm" / "bin" / "python")
)
NO_LITELLM = "litellm is measured in an environment of its own, .venv-litellm, which is not there"


def compiled(project: Project) -> dict[str, str]:
    """Return the SQL of the models that price, for all usage, by name."""
    names = (RECORDS, *CHAIN)
    project.dbt("compile", "--full-refresh", "--select", *names)
    folder = project.target / "compiled" / "llm_finops" / "models" / "intermediate" / "usage"
    return {name: (folder / f"{name}.sql").read_text(encoding="utf-8") for name in names}


def relation(project: Project, name: str) -> str:
    return f'"{project.database.stem}"."intermediate"."{name}"'


def prepare(connection: duckdb.DuckDBPyConnection, project: Project) -> None:
    """Write the records that are priced to Parquet; put the models' SQL on them as views."""
    sql = compiled(project)
    records = project.folder / "records.parquet"
    connection.execute("set TimeZone = 'UTC'")
    connection.execute(f"attach {quoted(str(project.database))} as warehouse (read_only)")
    connection.execute(
        f"copy ({sql[RECORDS]}) to {quoted(str(records))} (format parquet, compression zstd)"
    )
    connection.execute(f"create view {RECORDS} as from read_parquet({quoted(str(records))})")
    # The libraries price tokens alone, so that the meters and their join are left out here too.
    connection.execute(
        f"create view {METERS} as select * from {relation(project, METERS)} where false"
    )
    if METERS_JOIN not in sql[PRICED]:
        raise StepFailed(f"{PRICED} does not join the meters by {METERS_JOIN!r} any more")
    for name in CHAIN:
        text = sql[name].replace(METERS_JOIN, "on false")
        for parent in (RECORDS, METERS, *CHAIN):
            text = text.replace(relation(project, parent), parent)
        connection.execute(f"create view {name} as {text}")


def run(
    bench: Workbench, project: Project, rows: int, fact_seconds: float, results: Results
) -> None:
    """Measure on a built warehouse; `fact_seconds` is what its whole fact took."""
    settings: dict[str, Any] = {"threads": 2, "preserve_insertion_order": False}
    output = project.folder / "priced.duckdb"
    output.unlink(missing_ok=True)
    with duckdb.connect(str(output), config=settings) as connection:
        prepare(connection, project)
        counted = connection.execute(f"select count(*) from {RECORDS}").fetchone()
        priced_rows = counted[0] if counted else 0

        def read() -> None:
            connection.execute(
                f"select {', '.join(f'sum({name})' for name in SUMMED.split(', '))}"
                f" from {CHAIN[-1]}"
            ).fetchall()

        def write() -> None:
            connection.execute(
                "create or replace table priced as"
                f" select usage_key, priced_components_cost from {CHAIN[-1]}"
            )

        seconds = median_of(bench.repeats, "read, price and sum", lambda: timed(read))
        written = median_of(bench.repeats, "with id and cost written", lambda: timed(write))
        calls = sample(connection)
    rates = [genai_prices_rate(calls) for _ in range(bench.repeats)]
    library = median(rates)
    results.add(
        pricing_ratio=priced_rows / seconds / library,
        pricing_written_ratio=priced_rows / written / library,
        pricing_fact_ratio=rows / fact_seconds / library,
        pricing_rate=priced_rows / seconds,
        genai_prices_rate=library,
    )
    litellm = litellm_rate(calls, project.folder / "calls.json")
    if litellm is None:
        results.reasons["pricing_litellm_ratio"] = NO_LITELLM
    else:
        results.add(pricing_litellm_ratio=priced_rows / seconds / litellm, litellm_rate=litellm)


def sample(connection: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    """Return calls that the libraries know, spread evenly over the records."""
    return connection.execute(
        "select provider_name, response_model, input_tokens, cache_read_input_tokens,"
        " cache_write_5m_input_tokens, output_tokens, epoch(started_at)"
        f" from {RECORDS} where response_model is not null and service_tier = 'standard'"
        f" order by hash(event_id) limit {LIBRARY_ROWS}"
    ).fetchall()


def genai_prices_rate(calls: list[tuple[Any, ...]]) -> float:
    """Return how many calls a second the library prices."""
    work = [
        (
            Usage(
                input_tokens=input_tokens,
                cache_read_tokens=read,
                cache_write_tokens=written,
                output_tokens=output_tokens,
            ),
            model,
            provider,
            datetime.fromtimestamp(epoch, UTC),
        )
        for provider, model, input_tokens, read, written, output_tokens, epoch in calls
    ]
    priced = 0
    started = time.monotonic()
    for usage, model, provider, instant in work:
        try:
            calc_price(usage, model, provider_id=provider, genai_request_timestamp=instant)
            priced += 1
        except LookupError:
            continue
    rate = priced / (time.monotonic() - started)
    say(f"  genai-prices: {rate:,.0f} rows a second")
    return rate


def litellm_rate(calls: list[tuple[Any, ...]], file: Path) -> float | None:
    """Return how many calls a second litellm prices; None where it is not installed."""
    if not LITELLM.is_file():
        say(f"  {NO_LITELLM}")
        return None
    file.write_text(json.dumps(calls), encoding="utf-8")
    script = Path(__file__).with_name("litellm_rate.py")
    answer = subprocess.run(
        [LITELLM, script, file], capture_output=True, text=True, check=True, timeout=900
    )
    rate = float(answer.stdout.split()[-1])
    say(f"  litellm: {rate:,.0f} rows a second")
    return rate
