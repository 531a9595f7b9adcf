"""The usage that everything is measured on: a year of daily loads, and the days after it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import duckdb
from generate_events import generate
from raw_area import new_connection, quoted
from raw_loading.area import RawArea
from raw_loading.batches import Batch, batch_id_of, content_of
from raw_loading.declaration import find_table

from benchmarks.steps import say

# The last day of the history's newest month is the dearest new day: all of the month is there.
NEW_DAY = date(2026, 10, 31)
DIRTY_DAY = NEW_DAY + timedelta(days=1)
HISTORY_DAYS = 365
FIRST_DAY = NEW_DAY - timedelta(days=HISTORY_DAYS)
LATE_DATES = tuple(FIRST_DAY + timedelta(days=number) for number in (40, 120, 200, 280, 350))
REPLAYED, CORRECTED, LATE = 200, 50, 200
# What an index on tags is for: a label that few calls carry, on any day.
RARE_TAGS, ONE_IN_EXPERIMENT = '{"experiment": "b"}', 2000
LOADED_AT = time(2, tzinfo=UTC)
BATCH_MEMORY = "6GB"


@dataclass(frozen=True)
class Usage:
    """Files of generated usage, one a day, the two days after the history among them."""

    folder: Path
    rows: int

    def of(self, day: date) -> Path:
        return self.folder / f"{day}.parquet"

    def history(self) -> list[Path]:
        """Return the files of the year that stands when a run begins."""
        return [self.of(FIRST_DAY + timedelta(days=number)) for number in range(HISTORY_DAYS)]


def loaded_at(day: date) -> datetime:
    """Return when a day's usage is loaded: in the night after it."""
    return datetime.combine(day + timedelta(days=1), LOADED_AT)


def write_usage(rows: int, folder: Path) -> Usage:
    """Write about `rows` events of a year, with two days after it, as one file a day."""
    say(f"writing {rows:,} rows of usage")
    folder.mkdir(parents=True)
    months = generate(rows, 0, DIRTY_DAY, folder / "months", HISTORY_DAYS + 2)
    with new_connection(BATCH_MEMORY, threads=1) as connection:
        for month in months:
            split_into_days(connection, month, folder)
        write_dirty_day(connection, folder)
    return Usage(folder, rows)


def split_into_days(connection: duckdb.DuckDBPyConnection, month: Path, folder: Path) -> None:
    """Write one file for each day of a month's file; what ran past the month's end stays in it."""
    first = date.fromisoformat(f"{re.sub('.*_', '', month.stem)}-01")
    parts = folder / f"split-{first}"
    connection.execute(
        f"""
        copy (
            select
                * replace (
                    case
                        when md5_number_lower(event_id) % {ONE_IN_EXPERIMENT} = 0
                            then '{RARE_TAGS}'
                        else tags
                    end as tags
                ),
                least(cast(started_at as date), last_day(date '{first}')) as usage_day
            from read_parquet({quoted(str(month))})
        ) to {quoted(str(parts))}
        (format parquet, compression zstd, partition_by (usage_day))
        """
    )
    for part in sorted(parts.iterdir()):
        # One thread writes one file for each day.
        (file,) = part.iterdir()
        file.rename(folder / f"{part.name.split('=')[1]}.parquet")
    month.unlink()


def write_dirty_day(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Add to the last day's file what a bad day brings: late, replayed, corrected, moved rows."""
    old = f"read_parquet({[str(folder / f'{day}.parquet') for day in LATE_DATES]})"
    file = folder / f"{DIRTY_DAY}.parquet"
    dirty = folder / "dirty.parquet"
    history = [
        str(folder / f"{FIRST_DAY + timedelta(days=n)}.parquet") for n in range(HISTORY_DAYS)
    ]
    first_attempts = "where attempt_number = 1 order by md5(event_id) limit"
    picked = f"select * from read_parquet({history}) {first_attempts}"
    connection.execute(
        f"""
        copy (
            from read_parquet({quoted(str(file))})
            union all
            select * replace (md5('late' || event_id) as event_id)
            from (select * from {old} {first_attempts} {LATE})
            union all
            from ({picked} {REPLAYED})
            union all
            select * replace (
                output_tokens + 1000 as output_tokens,
                source_updated_at + interval 1 day as source_updated_at
            ) from ({picked} {CORRECTED} offset {REPLAYED})
            union all
            select * replace (
                started_at + interval 17 day as started_at,
                ended_at + interval 17 day as ended_at,
                source_updated_at + interval 18 day as source_updated_at
            ) from ({picked} 1 offset {REPLAYED + CORRECTED})
        ) to {quoted(str(dirty))} (format parquet, compression zstd)
        """
    )
    dirty.rename(file)


def load_days(files: Iterable[Path], area: RawArea) -> int:
    """Add each file to a raw area as a batch of its own, as daily loads do; return the rows.

    The files hold the declared types already, so the loader's checks are left out and only what it
    counts, names and writes is done.
    """
    table, rows = find_table("events", "llm_usage_events"), 0
    with area.locked() as staging, new_connection(BATCH_MEMORY, threads=2) as connection:
        for file in files:
            content = content_of(connection, file, table.stored, file.name)
            batch_id = batch_id_of(table, "append", content.content_hash, "")
            batch = Batch(table, file, file, batch_id, content)
            instant = loaded_at(date.fromisoformat(file.stem))
            area.publish(connection, staging, [], [batch], instant, "append")
            rows += content.rows
    return rows


def as_one_file(files: Iterable[Path], file: Path) -> None:
    """Write the rows of many files to one, for a history that came at once."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with new_connection(BATCH_MEMORY, threads=2) as connection:
        connection.execute(
            f"copy (from read_parquet({[str(each) for each in files]}))"
            f" to {quoted(str(file))} (format parquet, compression zstd)"
        )
