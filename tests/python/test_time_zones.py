"""The seed of time zones: those that every engine knows, and nothing else."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pytz

SEED = Path(__file__).resolve().parents[2] / "seeds" / "dimensions" / "time_zones.csv"
UNKNOWN_TO_JAVA = {"ROC", "America/Coyhaique"}


def listed() -> list[str]:
    with SEED.open(newline="", encoding="utf-8") as file:
        return [row["timezone"] for row in csv.DictReader(file)]


def test_the_seed_holds_every_zone_but_those_that_java_lacks() -> None:
    """A zone that is missing would turn an account's billing days into reporting days."""
    assert sorted(listed()) == sorted(set(pytz.all_timezones) - UNKNOWN_TO_JAVA)


def test_duckdb_converts_into_each_zone_of_the_seed() -> None:
    """An engine stops at a zone that it does not know."""
    with duckdb.connect() as connection:
        connection.execute("create table zones as select unnest(?) as timezone", [listed()])
        converted = connection.execute(
            "select count(timezone(timezone, timestamptz '2026-01-01 00:00:00+00')) from zones"
        ).fetchone()
    assert converted == (len(listed()),)
