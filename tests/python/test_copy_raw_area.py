"""A copy of a folder of raw files is what the same loads into PostgreSQL would have made."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import copy_raw_area
import load_raw
import pytest
from engine_servers.postgres import PostgresServer
from support.postgres_database import PostgresDatabase
from support.postgres_raw import Script, point_profile, rows_of, script
from support.raw_files import GOOD, HEADER, write

pytestmark = pytest.mark.engine("postgres")

NUMBERS = count()
TWO = f"{HEADER}\nb,2026-02-16T00:00:00Z,1,1\n"
LOADS = (
    ("events", "llm_usage_events", "append", "2026-03-01T00:00:00Z", GOOD),
    ("events", "llm_usage_events", "append", "2026-03-02T00:00:00Z", TWO),
    ("synapscale", "users", "full", "2026-03-02T00:00:00Z", "id,created_at\nu,2026-01-01T00:00Z\n"),
)
MANIFEST = "select * from raw.load_manifest order by batch_id"
EVENTS = "select event_id, _batch_id, _loaded_at from raw.llm_usage_events order by 1"


@pytest.fixture
def database(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> PostgresDatabase:
    """An empty database, which target `postgres` means."""
    database = PostgresDatabase(postgres_server, f"copied_{next(NUMBERS)}")
    point_profile(monkeypatch, database, tmp_path / "profiles")
    return database


@pytest.fixture
def copy(database: PostgresDatabase, monkeypatch: pytest.MonkeyPatch, raw_dir: Path) -> Script:
    return script(monkeypatch, copy_raw_area, "--raw-dir", str(raw_dir))


@pytest.fixture
def raw_dir(tmp_path: Path) -> Path:
    return tmp_path / "raw"


def load_each(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, area: tuple[str, str], number: int = len(LOADS)
) -> None:
    load = script(monkeypatch, load_raw, *area)
    for source, table, mode, at, text in LOADS[:number]:
        file = write(tmp_path / f"{table}.csv", text)
        options = ("--source", source, "--table", table, "--load-mode", mode, "--loaded-at", at)
        assert load(file, *options) == 0


def test_a_copy_holds_what_the_loads_would_have_brought(
    copy: Script,
    database: PostgresDatabase,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    raw_dir: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    load_each(monkeypatch, tmp_path, ("--raw-dir", str(raw_dir)), 1)
    assert copy("--target", "postgres") == 0
    load_each(monkeypatch, tmp_path, ("--raw-dir", str(raw_dir)))
    assert copy("--target", "postgres") == 0
    assert "load of 2026-03-02 00:00: " in capsys.readouterr().out
    copied = rows_of(database, MANIFEST), rows_of(database, EVENTS)
    assert (len(copied[0]), len(copied[1])) == (3, 2)
    assert copy("--target", "postgres") == 0
    assert "3 loads, all of them there already" in capsys.readouterr().out
    assert (rows_of(database, MANIFEST), rows_of(database, EVENTS)) == copied

    database.run("drop schema raw cascade")
    load_each(monkeypatch, tmp_path, ("--target", "postgres"))
    assert (rows_of(database, MANIFEST), rows_of(database, EVENTS)) == copied


def test_what_cannot_be_copied_is_named_with_its_mend(
    copy: Script,
    database: PostgresDatabase,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    raw_dir: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert copy("--target", "postgres") == 2
    assert "holds no load: load there first" in capsys.readouterr().err
    load_each(monkeypatch, tmp_path, ("--raw-dir", str(raw_dir)))
    (users,) = (raw_dir / "synapscale" / "users").glob("*.parquet")
    users.unlink()
    assert copy("--target", "postgres") == 2
    assert "whose file is gone from synapscale/users/; restore it" in capsys.readouterr().err
    assert rows_of(database, "select 1 from pg_namespace where nspname = 'raw'") == []


def test_a_target_that_reads_the_folder_needs_no_copy(
    copy: Script, capsys: pytest.CaptureFixture[str]
) -> None:
    assert copy("--target", "duckdb") == 0
    assert "nothing to copy" in capsys.readouterr().out
