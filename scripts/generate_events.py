"""Write deterministic sample events in the contract of `events.llm_usage_events`.

The rows are shaped like real use: a few users make most of the calls and each works mainly with one
to three LLMs; office hours and weekdays carry the traffic; token counts are log-normal; agents read
long cached prefixes; models replace one another during the year and cross real price changes; there
are batch jobs, customers' own keys, errors, retries, replays, corrections, calls of a model that no
price list knows, and a handful of rows that the warehouse must refuse.

Usage:
    python scripts/generate_events.py --rows 50000 --out sample.parquet
    python scripts/generate_events.py --rows 10000000 --out events/     (one file per month)

The same arguments give the same bytes: every random draw is a hash of the seed and the row's
number. Nothing starts after the end date, and the end date lies in the past.

Exit codes: 0 written, 2 usage or environment.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import exp, isqrt
from pathlib import Path
from statistics import NormalDist

import duckdb
from raw_area import fail, new_connection, publish, quoted, run_with_progress

MIN_ROWS, MAX_ROWS = 10_000, 30_000_000
DEFAULT_END_DATE = date(2026, 10, 31)
ALWAYS = date(1970, 1, 1)
DAYS = 365
DRAWS = 65_536
# From 2026-10-14 on every provider's batch has a price.
BATCH_FROM = date(2026, 10, 15)
MICROSECONDS = 1_000_000


@dataclass(frozen=True)
class Llm:
    """One LLM of the sample, from the day it takes over its line of models.

    Token counts are medians of a request. Prices are USD per billion tokens (input, output, cache
    read, 5-minute write, 1-hour write), given only where the list price did not change in the
    whole year and knows no context bands; they become `reported_cost`.
    """

    since: date
    provider: str
    model: str
    median_input: int
    median_output: int
    max_input: int
    caching: str = "none"
    reasoning_percent: int = 0
    has_batch: bool = True
    list_price: tuple[int, int, int, int, int] | None = None


# Each line: (share of users in per mille, the LLMs that follow one another in it).
LINES: tuple[tuple[int, tuple[Llm, ...]], ...] = (
    (
        190,
        (
            Llm(ALWAYS, "anthropic", "claude-sonnet-4-5-20250929", 9_000, 420, 400_000, "explicit"),
            Llm(
                date(2026, 2, 18),
                "anthropic",
                "claude-sonnet-4-6",
                11_000,
                480,
                400_000,
                "explicit",
            ),
        ),
    ),
    (
        170,
        (
            Llm(
                ALWAYS,
                "openai",
                "gpt-5",
                2_400,
                600,
                270_000,
                "automatic",
                45,
                list_price=(1_250, 10_000, 125, 0, 0),
            ),
            Llm(date(2026, 7, 15), "openai", "gpt-5.6-sol", 3_000, 560, 270_000, "automatic", 40),
        ),
    ),
    (
        130,
        (
            Llm(
                ALWAYS,
                "openai",
                "gpt-5-mini",
                1_500,
                350,
                270_000,
                "automatic",
                30,
                list_price=(250, 2_000, 25, 0, 0),
            ),
            Llm(date(2026, 7, 15), "openai", "gpt-5.6-luna", 1_700, 380, 270_000, "automatic", 30),
        ),
    ),
    (
        90,
        (
            Llm(
                ALWAYS,
                "google",
                "gemini-2.5-flash",
                1_900,
                300,
                900_000,
                "automatic",
                20,
                list_price=(300, 2_500, 30, 0, 0),
            ),
        ),
    ),
    (80, (Llm(ALWAYS, "google", "gemini-2.5-pro", 5_200, 700, 900_000, "automatic", 50),)),
    (
        80,
        (
            Llm(
                ALWAYS,
                "anthropic",
                "claude-haiku-4-5-20251001",
                3_200,
                260,
                190_000,
                "explicit",
                list_price=(1_000, 5_000, 100, 1_250, 2_000),
            ),
        ),
    ),
    (
        60,
        (
            Llm(ALWAYS, "anthropic", "claude-opus-4-5-20251101", 12_000, 650, 190_000, "explicit"),
            Llm(date(2026, 2, 6), "anthropic", "claude-opus-4-6", 14_000, 700, 400_000, "explicit"),
        ),
    ),
    (
        60,
        (
            Llm(
                ALWAYS,
                "openai",
                "gpt-4o-mini",
                900,
                220,
                120_000,
                "automatic",
                list_price=(150, 600, 75, 0, 0),
            ),
        ),
    ),
    (
        50,
        (
            Llm(ALWAYS, "deepseek", "deepseek-chat", 2_200, 500, 120_000, has_batch=False),
            Llm(
                date(2026, 8, 20),
                "deepseek",
                "deepseek-v4-flash",
                2_600,
                520,
                400_000,
                has_batch=False,
            ),
        ),
    ),
    (40, (Llm(ALWAYS, "mistral", "mistral-medium-latest", 1_800, 320, 120_000),)),
    (30, (Llm(ALWAYS, "mistral", "mistral-small-latest", 1_100, 240, 120_000),)),
    (
        20,
        (
            Llm(
                ALWAYS,
                "x-ai",
                "grok-4-fast-reasoning",
                2_800,
                620,
                120_000,
                "automatic",
                40,
                has_batch=False,
            ),
        ),
    ),
)
# Asked for now and then by anybody: no price list knows it.
UNKNOWN_LLM = Llm(ALWAYS, "openai", "atlas-mini-preview", 700, 150, 100_000, has_batch=False)

# Relative traffic by hour of the day (UTC) and by day of the week (Monday first).
HOURS = (3, 2, 2, 2, 3, 5, 12, 28, 52, 70, 76, 72, 60, 68, 78, 76, 68, 52, 36, 26, 20, 14, 9, 5)
WEEKDAYS = (100, 108, 110, 106, 92, 30, 26)
FEATURES = ("assistant", "search", "summary", "translation", "code_review")


def spread(total: int, weights: list[int]) -> list[int]:
    """Split `total` in proportion to `weights`, exactly: each part is a difference of floors."""
    whole, parts, seen, given = sum(weights), [], 0, 0
    for weight in weights:
        seen += weight
        upto = total * seen // whole
        parts.append(upto - given)
        given = upto
    return parts


def days_of(end: date, days: int = DAYS) -> list[date]:
    """Return the sample's days, the end date last."""
    return [end - timedelta(days=days - 1 - number) for number in range(days)]


def user_count(rows: int) -> int:
    """Return how many users a sample of `rows` has: about the square root of it."""
    return max(40, isqrt(rows) * 4 // 5)


def create_parameters(
    connection: duckdb.DuckDBPyConnection, rows: int, days: Sequence[date]
) -> None:
    """Create the small tables and lists from which every row is drawn."""
    # Traffic doubles over the year; a day's weight is its weekday's times its place in the year.
    weights = [WEEKDAYS[day.weekday()] * (len(days) + number) for number, day in enumerate(days)]
    counts = spread(rows, weights)
    connection.execute(
        "create table days (day_no int, month_start date, day_us bigint, first_row bigint, "
        "row_count bigint, allows_batch boolean)"
    )
    first_row = 0
    for number, (day, count) in enumerate(zip(days, counts, strict=True)):
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        connection.execute(
            "insert into days values (?, ?, ?, ?, ?, ?)",
            [
                number,
                day.replace(day=1),
                int(start.timestamp()) * MICROSECONDS,
                first_row,
                count,
                day >= BATCH_FROM,
            ],
        )
        first_row += count

    connection.execute(
        "create table llms (line_no int, first_day int, last_day int, provider_name text, "
        "model text, median_input bigint, median_output bigint, max_input bigint, caching text, "
        "reasoning_percent int, has_batch boolean, input_price bigint, output_price bigint, "
        "cache_read_price bigint, write_5m_price bigint, write_1h_price bigint)"
    )
    lines = [*(llms for _, llms in LINES), (UNKNOWN_LLM,)]
    for line_no, llms in enumerate(lines):
        for llm, following in zip(llms, [*llms[1:], None], strict=True):
            last_day = (following.since - days[0]).days - 1 if following else len(days)
            connection.execute(
                f"insert into llms values ({', '.join('?' * 16)})",
                [
                    line_no,
                    (llm.since - days[0]).days,
                    last_day,
                    llm.provider,
                    llm.model,
                    llm.median_input,
                    llm.median_output,
                    llm.max_input,
                    llm.caching,
                    llm.reasoning_percent,
                    llm.has_batch,
                    *(llm.list_price or [None] * 5),
                ],
            )

    line_of_user = [
        line_no
        for line_no, share in enumerate(spread(1_000, [share for share, _ in LINES]))
        for _ in range(share)
    ]
    users = user_count(rows)
    lists: dict[str, list[int]] = {
        "line_of_user": line_of_user,
        # Zipf's law: the logarithm of a user's rank is spread evenly.
        "user_of_draw": [int((users + 1) ** (draw / DRAWS)) - 1 for draw in range(DRAWS)],
        # Per mille of the median, log-normal, sigma 1.1.
        "size_of_draw": [
            int(1000 * exp(1.1 * NormalDist().inv_cdf((draw + 0.5) / 4096))) for draw in range(4096)
        ],
        "hour_of_draw": [
            hour for hour, n in enumerate(spread(1024, list(HOURS))) for _ in range(n)
        ],
    }
    for name, values in lists.items():
        connection.execute(f"set variable {name} = ?::int[]", [values])
    connection.execute("set variable features = ?::text[]", [list(FEATURES)])


def create_users(connection: duckdb.DuckDBPyConnection, rows: int, seed: int) -> None:
    """Create the users: id, workspace, tenant, their one to three lines of LLMs, whose key."""
    users = user_count(rows)
    workspaces = max(4, users // 12)
    connection.execute(
        f"""
        create table users as
        with drawn as (
            select
                range as user_no,
                md5_number_upper('{seed}:user:' || range) as a,
                md5_number_lower('{seed}:user:' || range) as b
            from range({users})
        )
        select
            user_no,
            'user-' || lpad(user_no::text, 5, '0') as user_id,
            'ws-' || lpad((a % {workspaces})::text, 4, '0') as workspace_id,
            'tenant-' || lpad((a % {workspaces} % {max(2, workspaces // 5)})::text, 3, '0')
                as tenant_id,
            getvariable('line_of_user')[1 + (a // 65536 % 1000)::int] as line_1,
            getvariable('line_of_user')[1 + (b % 1000)::int] as line_2,
            getvariable('line_of_user')[1 + (b // 65536 % 1000)::int] as line_3,
            b // 4294967296 % 100 as uses_own_key_draw,
            b // 4294967296 // 128 % 100 < 8 as is_staging
        from drawn
        """
    )


def rows_query(seed: int, where: str = "") -> str:
    """Return the query that yields the events of all days, or of some, in order of their day.

    Row numbers decide what a row is. In each thousand, ten are second attempts of the row before,
    two repeat it exactly; one row in twenty thousand corrects it; one in five thousand must be
    refused. The rows before these are ordinary, so no such row leans on another one.
    """
    return f"""
    with numbered as (
        select
            day_no, day_us, allows_batch,
            first_row = row_no as is_first_of_day,
            row_no
        from (
            select *, unnest(range(first_row, first_row + row_count)) as row_no
            from days {where}
        )
    ),
    judged as (
        select
            *,
            case
                when is_first_of_day then 'new'
                when row_no % 1000 % 97 = 96 then 'retry'
                when row_no % 500 = 333 then 'replay'
                when row_no % 20000 = 5550 then 'correction'
                when row_no % 5000 = 4111 then 'refused'
                else 'new'
            end as kind
        from numbered
    ),
    drawn as (
        select
            *,
            event_no % 1000 % 97 = 95 as is_retried,
            (first_draw >> 64)::ubigint as a,
            (first_draw & {2**64 - 1}::uhugeint)::ubigint as b,
            (second_draw >> 64)::ubigint as c,
            (second_draw & {2**64 - 1}::uhugeint)::ubigint as d
        from (
            select
                *,
                md5_number('{seed}:' || event_no)::uhugeint as first_draw,
                md5_number('{seed}+' || event_no)::uhugeint as second_draw
            from (
                select *, row_no - (kind in ('retry', 'replay', 'correction'))::int as event_no
                from judged
            )
        )
    ),
    with_user as (
        select
            drawn.*, users.*,
            case
                when a // 65536 % 1000 < 3 then {len(LINES)}
                when a // 67108864 % 100 < 76 then line_1
                when a // 67108864 % 100 < 95 then line_2
                else line_3
            end as line_no
        from drawn
        join users on users.user_no = getvariable('user_of_draw')[1 + (a % 65536)::int]
    ),
    sized as (
        select
            with_user.*,
            llms.* exclude (line_no),
            has_batch and allows_batch and uses_own_key_draw >= 10 and b % 100 < 12 as is_batch,
            uses_own_key_draw < 10 as uses_own_key,
            least(
                max_input,
                8 + median_input * getvariable('size_of_draw')[1 + (b // 128 % 4096)::int] // 1000
                + (b // 524288 % 64)::bigint
            ) as total_input,
            1 + median_output * getvariable('size_of_draw')[1 + (b // 33554432 % 4096)::int] // 1000
            + (b // 137438953472 % 16)::bigint as full_output,
            kind != 'retry' and (is_retried or b // 2199023255552 % 1000 < 10) as is_error,
            b // 2251799813685248 % 100 < 70 and caching != 'none' as is_cached
        from with_user
        join llms
            on with_user.line_no = llms.line_no
            and with_user.day_no between llms.first_day and llms.last_day
    ),
    counted as (
        select
            *,
            case
                when is_error and c % 100 < 85 then 0
                else full_output + (kind = 'correction')::int * 25
            end as output_count,
            case
                when is_cached then total_input * (40 + c // 128 % 50)::bigint // 100 // 128 * 128
                else 0
            end as cached_count,
            case
                when is_cached and caching = 'explicit'
                    then total_input * (c // 8192 % 10)::bigint // 100
                else 0
            end as written_count,
            c // 131072 % 100 < 6 as writes_for_an_hour,
            day_us + getvariable('hour_of_draw')[1 + (c // 16777216 % 1024)::int] * 3600000000
            + (c // 17179869184 % 3600)::bigint * 1000000 + (d % 1000000)::bigint
            + (kind = 'retry')::int * 4000000 as started_us,
            150 + (d // 1048576 % 650)::int as first_token_ms
        from sized
    ),
    timed as (
        select
            *,
            case
                when output_count = 0 then first_token_ms
                else first_token_ms + output_count * (6 + d // 1073741824 % 9)::bigint
            end as duration_ms
        from counted
    )
    select
        md5('{seed}:event:' || event_no) as event_id,
        'default' as source_instance,
        (1 + (kind = 'retry')::int)::int as attempt_number,
        make_timestamptz(started_us) as started_at,
        make_timestamptz(started_us + duration_ms * 1000) as ended_at,
        make_timestamptz(
            started_us + duration_ms * 1000 + (kind = 'correction')::bigint * 3600000000
        ) as source_updated_at,
        provider_name,
        model as request_model,
        case when not is_error then model end as response_model,
        case when is_batch then 'batch' else 'standard' end as service_tier,
        null::text as region,
        case when is_staging then 'staging' else 'production' end as environment,
        case
            when kind = 'refused' and row_no % 10000 < 5000 then -total_input
            else total_input
        end as input_tokens,
        'inclusive' as input_semantics,
        case
            when kind = 'refused' and row_no % 10000 >= 5000 then total_input + 1
            when caching != 'none' then cached_count
        end as cache_read_input_tokens,
        case
            when caching = 'explicit' then if(writes_for_an_hour, 0, written_count)
        end as cache_write_5m_input_tokens,
        case
            when caching = 'explicit' then if(writes_for_an_hour, written_count, 0)
        end as cache_write_1h_input_tokens,
        null::bigint as audio_input_tokens,
        output_count as output_tokens,
        case
            when reasoning_percent > 0 then output_count * reasoning_percent // 100
        end as reasoning_output_tokens,
        null::bigint as audio_output_tokens,
        null::text as other_meters,
        tenant_id,
        case when d // 17179869184 % 1000 >= 3 then workspace_id end as workspace_id,
        case when d // 17179869184 % 1000 between 3 and 994 then user_id end as user_id,
        case
            when is_batch then 'nightly-batch'
            when d // 17592186044416 % 100 < 18 then 'agent-' || line_no
        end as agent_id,
        'conv-' || user_no || '-' || day_no || '-' || (c // 16777216 % 1024) // 128
            as conversation_id,
        'msg-' || event_no as message_id,
        case when is_batch then 'run-' || workspace_id || '-' || day_no end
            as workflow_execution_id,
        if(uses_own_key, 'key-of-' || user_id, 'key-of-' || workspace_id) as api_key_ref,
        if(uses_own_key, 'customer', 'platform') as credential_owner,
        if(is_error, 'error', 'success') as status,
        not is_batch and d // 2251799813685248 % 100 < 60 as is_stream,
        false as response_cache_hit,
        duration_ms::int as latency_ms,
        case
            when not is_batch and output_count > 0 then first_token_ms
        end as time_to_first_token_ms,
        case
            when reports_cost
                then (reported_nanos // 1000000000) || '.'
                || lpad((reported_nanos % 1000000000)::text, 9, '0')
        end as reported_cost,
        case when reports_cost then 'USD' end as reported_currency,
        case when reports_cost then 'sdk' end as reported_cost_kind,
        case
            when c // 70368744177664 % 100 < 22
                then '{{"feature": "' || getvariable('features')[1 + user_no % {len(FEATURES)}]
                || '"}}'
        end as tags
    from (
        select
            *,
            input_price is not null and not is_batch and kind != 'refused' as reports_cost,
            (total_input - cached_count - written_count) * input_price
            + cached_count * cache_read_price
            + written_count * if(writes_for_an_hour, write_1h_price, write_5m_price)
            + output_count * output_price as reported_nanos
        from timed
    )
    """


def files_of(out: Path, days: Sequence[date]) -> Iterator[tuple[Path, str]]:
    """Yield each file to write and the condition on `days` that chooses what goes into it."""
    if out.suffix == ".parquet":
        yield out, ""
    else:
        for month in sorted({day.replace(day=1) for day in days}):
            yield out / f"events_{month:%Y-%m}.parquet", f"where month_start = date '{month}'"


def generate(rows: int, seed: int, end: date, out: Path, days: int = DAYS) -> list[Path]:
    """Write `rows` events of the `days` up to `end` to a file or, by month, to a folder."""
    written = []
    all_days = days_of(end, days)
    # One thread writes the rows in one order, and so the same bytes.
    with new_connection(memory_limit="1GB", threads=1) as connection:
        # The optimizer takes a day's many rows for one and would hold all of them in memory.
        connection.execute("set disabled_optimizers = 'join_order,build_side_probe_side'")
        create_parameters(connection, rows, all_days)
        create_users(connection, rows, seed)
        for path, where in files_of(out, all_days):
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_name(f".{path.name}.partial")
            run_with_progress(
                connection,
                f"copy ({rows_query(seed, where)}) to {quoted(str(partial))} "
                "(format parquet, compression zstd)",
                f"writing {path.name}",
            )
            publish(partial, path)
            written.append(path)
    return written


def main() -> int:
    parser = argparse.ArgumentParser(description="Write deterministic sample LLM usage events.")
    parser.add_argument("--rows", type=int, required=True, help="10 thousand to 30 million")
    parser.add_argument("--out", type=Path, required=True, help="a .parquet file, or a folder")
    parser.add_argument("--seed", type=int, default=0, help="another seed, other rows")
    parser.add_argument(
        "--end-date",
        type=date.fromisoformat,
        default=DEFAULT_END_DATE,
        help=f"last day of the year that is written (default {DEFAULT_END_DATE})",
    )
    parser.add_argument(
        "--days", type=int, default=DAYS, help=f"days that are written (default {DAYS})"
    )
    arguments = parser.parse_args()
    if arguments.days < 1:
        return fail(2, "--days must be at least 1")
    if not MIN_ROWS <= arguments.rows <= MAX_ROWS:
        return fail(2, f"--rows must be between {MIN_ROWS:,} and {MAX_ROWS:,}")
    if arguments.end_date >= datetime.now(UTC).date():
        return fail(2, "--end-date must lie in the past: a call cannot start after it is loaded")
    try:
        written = generate(
            arguments.rows,
            arguments.seed,
            arguments.end_date,
            arguments.out,
            arguments.days,
        )
    except (OSError, duckdb.IOException) as error:
        return fail(2, f"cannot write {arguments.out}: {error}")
    place = written[0] if len(written) == 1 else f"{len(written)} files in {arguments.out}"
    print(f"wrote {arguments.rows:,} events to {place}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
