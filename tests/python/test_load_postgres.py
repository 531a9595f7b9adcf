"""A load into PostgreSQL brings what a load into files brings, all of it or nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import load_raw
import psycopg2
import pytest
from engine_servers.postgres import PostgresServer
from raw_loading import postgres_area, postgres_tables
from raw_loading.declaration import find_manifest, find_table, tables_of
from support.postgres_database import PostgresDatabase
from support.postgres_raw import Script, point_profile, rows_of, script
from support.project import Project
from support.raw_files import GOOD, HEADER, USAGE, USER, folder_of, jsonl_line, loaded, write

pytestmark = pytest.mark.engine("postgres")

NUMBERS = count()
EVENTS = ("--source", "events", "--table", "llm_usage_events")
TARGET = ("--target", "postgres")
AT = ("--loaded-at", "2026-03-01T00:00:00Z")
TWO = f"{HEADER}\nb,2026-02-16T00:00:00Z,1,1\n"


@pytest.fixture
def database(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> PostgresDatabase:
    """An empty database, which target `postgres` means."""
    database = PostgresDatabase(postgres_server, f"load_{next(NUMBERS)}")
    point_profile(monkeypatch, database, tmp_path / "profiles")
    return database


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch, database: PostgresDatabase) -> Script:
    return script(monkeypatch, load_raw, *TARGET)


def events(database: PostgresDatabase) -> list[Any]:
    return rows_of(database, "select event_id from raw.llm_usage_events order by 1")


def texts(row: Sequence[Any]) -> list[str]:
    return [str(value) for value in row]


def raw_state(database: PostgresDatabase) -> list[Any]:
    """All that a load could change: the tables of schema `raw`, and what they hold."""
    tables = rows_of(
        database,
        "select table_name from information_schema.tables where table_schema = 'raw' order by 1",
    )
    return [
        (name, rows_of(database, f"select to_jsonb(t)::text from raw.{name} as t order by 1"))
        for (name,) in tables
    ]


def test_the_tables_hold_what_the_files_would_hold(
    load: Script, database: PostgresDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [
        jsonl_line(
            event_id='a,"b"\n\\.\n\'é😀',
            started_at="2026-02-16T01:02:03.123456+02:00",
            is_stream=True,
            tags={"z": 1.0, "a": [None, "\\N"]},
            reported_cost="0.10",
        ),
        jsonl_line(event_id="\\.", user_id="NULL", workspace_id=" ", output_tokens=None),
        jsonl_line(event_id=None, started_at="0001-01-01T00:00:00Z", input_tokens=-(2**40)),
    ]
    file = write(tmp_path / "x.jsonl", "".join(lines))
    assert load(file, *EVENTS, *AT) == 0
    raw_dir = tmp_path / "raw"
    assert script(monkeypatch, load_raw, "--raw-dir", str(raw_dir))(file, *EVENTS, *AT) == 0

    table = find_table("events", "llm_usage_events")
    for place, pattern, columns in (
        ("raw.llm_usage_events", "events/llm_usage_events", table.written),
        ("raw.load_manifest", "load_manifest", find_manifest().columns),
    ):
        names = ", ".join(column.sql_name for column in columns)
        in_tables = rows_of(database, f"select {names} from {place}")
        in_files = loaded(raw_dir, names, pattern)
        assert sorted(map(texts, in_tables)) == sorted(map(texts, in_files))
        assert len(in_tables) == (3 if "events" in place else 1)


@pytest.mark.parametrize("number", ["0.1", "1e-300", "-0.0", "5e-324", "NaN", "-Infinity"])
def test_a_float_keeps_its_last_digit(
    load: Script, database: PostgresDatabase, tmp_path: Path, number: str
) -> None:
    file = write(
        tmp_path / "usage_logs.csv",
        "id,llm_id,input_tokens,output_tokens,created_at,cost_usd\n"
        f"a,l,1,1,2026-02-16T00:00:00Z,{number}\n",
    )
    assert load(file, "--source", "synapscale", "--table", "usage_logs") == 0
    [(found,)] = rows_of(database, "select cost_usd from raw.usage_logs")
    assert repr(found) == repr(float(number))


def test_every_declared_table_is_made_as_its_declaration_and_the_build_read_it(
    load: Script, database: PostgresDatabase, tmp_path: Path
) -> None:
    tables = {name: table for name, table in tables_of("synapscale").items() if name == table.name}
    for name, table in tables.items():
        header = ",".join(table.offered)
        write(tmp_path / "all" / f"{name}.csv", f"{header}\n")
    assert load(tmp_path / "all", "--source", "synapscale", "--load-mode", "full") == 0
    assert load(tmp_path / "all", "--source", "synapscale", "--load-mode", "full") == 0
    with database.connect() as connection, connection.cursor() as cursor:
        for name, table in tables.items():
            found = postgres_tables.columns_of(cursor, ("raw", name))
            assert list(found) == [column.name for column in table.written]
            assert not {"email", "content", "hashed_password"} & found.keys()
    assert len(rows_of(database, "select * from raw.load_manifest")) == len(tables)
    indexed = rows_of(
        database, "select indexdef from pg_indexes where tablename = 'usage_logs' order by 1"
    )
    assert [row[0].split("btree ")[1] for row in indexed] == ["(_batch_id)", "(created_at)", "(id)"]


def test_the_same_content_loaded_again_changes_nothing(
    load: Script, database: PostgresDatabase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert load(write(tmp_path / "x.csv", GOOD), *EVENTS) == 0
    before = raw_state(database)
    assert load(write(tmp_path / "y.csv", GOOD), *EVENTS) == 0
    assert raw_state(database) == before
    assert "already loaded as batch" in capsys.readouterr().out


def test_one_bad_file_leaves_the_raw_area_as_it_was(
    load: Script, database: PostgresDatabase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert load(write(tmp_path / "x.csv", GOOD), *EVENTS) == 0
    before = raw_state(database)
    bad = write(tmp_path / "bad.csv", f"{HEADER}\nc,2026-02-16T00:00:00,1,1\n")
    assert load(write(tmp_path / "two.csv", TWO), bad, *EVENTS) == 1
    assert raw_state(database) == before
    assert "has no zone" in capsys.readouterr().err


@pytest.mark.parametrize("killed_at", ["raw.llm_usage_events", "raw.load_manifest", "commit"])
def test_a_load_whose_connection_is_lost_leaves_nothing(
    load: Script,
    database: PostgresDatabase,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    killed_at: str,
) -> None:
    assert load(write(tmp_path / "x.csv", GOOD), *EVENTS) == 0
    before = raw_state(database)
    copy_rows, create_indexes = postgres_area.copy_rows, postgres_area.PostgresArea.copy_batch

    def kill() -> None:
        rows_of(
            database,
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = "
            "current_database() and pid <> pg_backend_pid()",
            user=database.server.superuser,
        )

    def lose(connection: Any, cursor: Any, query: str, place: Any, *rest: Any) -> None:
        if ".".join(place) == killed_at:
            kill()
        copy_rows(connection, cursor, query, place, *rest)

    def lose_last(*arguments: Any) -> None:
        create_indexes(*arguments)
        if killed_at == "commit":
            kill()

    two = write(tmp_path / "two.csv", TWO)
    with monkeypatch.context() as patch:
        patch.setattr(postgres_area, "copy_rows", lose)
        patch.setattr(postgres_area.PostgresArea, "copy_batch", lose_last)
        assert load(two, *EVENTS) == 2
    message = capsys.readouterr().err
    assert "the connection was lost" in message and "load again" in message
    assert raw_state(database) == before
    assert load(two, *EVENTS) == 0
    assert events(database) == [("a",), ("b",)]


def test_two_loads_at_once_come_one_after_the_other(
    load: Script, database: PostgresDatabase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = database.connect()
    with other.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s)", [postgres_area.LOCK])
    release = threading.Timer(1.5, other.close)
    release.start()
    started = time.monotonic()
    assert load(write(tmp_path / "x.csv", GOOD), *EVENTS) == 0
    assert time.monotonic() - started > 1
    assert "another load is running; waiting for it" in capsys.readouterr().err


def test_a_query_that_fails_in_its_middle_writes_nothing(
    database: PostgresDatabase, tmp_path: Path
) -> None:
    """The stream must not look as if it had ended."""
    column = find_table("events", "llm_usage_events").stored[0]
    query = (
        "select case when i = 900000 then error('broken') else 'x' end as event_id "
        "from range(1000000) as t (i)"
    )
    with (
        duckdb.connect() as duck,
        database.connect() as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("create table raw_table (event_id text)")
        with pytest.raises((duckdb.Error, psycopg2.Error), match="broken"):
            postgres_tables.copy_rows(duck, cursor, query, ("public", "raw_table"), [column], "")


def test_rows_without_their_row_of_the_manifest_are_removed_by_the_next_load(
    load: Script, database: PostgresDatabase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert load(write(tmp_path / "x.csv", GOOD), *EVENTS) == 0
    database.run("delete from raw.load_manifest")
    database.run(
        "insert into raw.llm_usage_events (event_id, _batch_id) values ('by hand', 'mine')"
    )
    assert load(write(tmp_path / "two.csv", TWO), *EVENTS) == 0
    assert events(database) == [("b",), ("by hand",)]
    out = capsys.readouterr()
    assert "removed 1 rows of batch" in out.out
    assert "batch mine was not written by the loader" in out.err


def test_a_row_of_the_manifest_without_its_rows_is_named_with_its_mend(
    load: Script, database: PostgresDatabase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert load(write(tmp_path / "x.csv", GOOD), *EVENTS) == 0
    database.run("delete from raw.llm_usage_events")
    assert load(write(tmp_path / "two.csv", TWO), *EVENTS) == 2
    message = capsys.readouterr().err
    assert "whose rows are gone from raw.llm_usage_events" in message
    database.run(message.split("again: ")[1])
    assert load(write(tmp_path / "x.csv", GOOD), *EVENTS) == 0
    assert events(database) == [("a",)]


def test_a_table_keeps_to_one_of_its_names(
    load: Script, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = folder_of(tmp_path / "plan", usage_logs=[USAGE], users=[USER])
    deployed = folder_of(tmp_path / "deployed", llms_usage_logs=[USAGE | {"id": "u-2"}])
    assert load(plan, "--source", "synapscale") == 0
    assert load(deployed, "--source", "synapscale") == 2
    assert "was loaded as usage_logs before and lies in raw.usage_logs" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("drop column user_id", 'add column "user_id" text'),
        ("rename column user_id to account", "or rename the one it became (account)"),
        ("alter column input_tokens type text", 'alter column "input_tokens" type bigint'),
        ("alter column started_at type timestamp", "the type is timestamp without time zone"),
    ],
)
def test_a_table_that_changed_under_us_is_refused_with_the_statement_that_mends_it(
    load: Script,
    database: PostgresDatabase,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: str,
    told: str,
) -> None:
    assert load(write(tmp_path / "x.csv", GOOD), *EVENTS) == 0
    database.run(f"alter table raw.llm_usage_events {change}")
    two = write(tmp_path / "two.csv", TWO)
    assert load(two, *EVENTS) == 2
    message = capsys.readouterr().err
    assert told in message
    database.run(message.split(": ")[-1])
    assert load(two, *EVENTS) == 0


def test_a_view_in_the_place_of_a_table_is_refused(
    load: Script, database: PostgresDatabase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database.run("create schema raw; create view raw.llm_usage_events as select 1 as one")
    assert load(write(tmp_path / "x.csv", GOOD), *EVENTS) == 2
    assert "raw.llm_usage_events is no table" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("PORT", "1", "start the server, or correct host and port in target postgres"),
        ("HOST", "no.such.host.invalid", "correct host and port in target postgres"),
        ("DATABASE", "nowhere", "create it (create database nowhere)"),
        ("USER", "nobody_here", "create it (create role nobody_here login)"),
    ],
)
def test_a_server_that_cannot_be_used_is_named_with_its_mend(
    load: Script,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    setting: str,
    value: str,
    told: str,
) -> None:
    monkeypatch.setenv(f"LLM_FINOPS_POSTGRES_{setting}", value)
    assert load(write(tmp_path / "x.csv", GOOD), *EVENTS) == 2
    assert told in capsys.readouterr().err


def test_a_wrong_password_is_named_and_never_shown(
    load: Script,
    database: PostgresDatabase,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    hba = database.server.data / "pg_hba.conf"
    trusting = hba.read_text()
    superuser = database.server.superuser
    database.run("create role locked login password 'right'", user=superuser)
    monkeypatch.setenv("LLM_FINOPS_POSTGRES_USER", "locked")
    monkeypatch.setenv("LLM_FINOPS_POSTGRES_PASSWORD", "wrong-and-secret")
    try:
        hba.write_text(f"host all locked all scram-sha-256\n{trusting}")
        database.run("select pg_reload_conf()", user=superuser)
        time.sleep(0.5)
        assert load(write(tmp_path / "x.csv", GOOD), *EVENTS) == 2
    finally:
        hba.write_text(trusting)
        database.run("select pg_reload_conf()", user=superuser)
    message = capsys.readouterr().err
    assert "correct user and password in target postgres of profiles.yml" in message
    assert "wrong-and-secret" not in message


def test_a_role_without_the_right_is_told_which(
    load: Script,
    database: PostgresDatabase,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = write(tmp_path / "x.csv", GOOD)
    database.run("create role reads_only login", user=database.server.superuser)
    monkeypatch.setenv("LLM_FINOPS_POSTGRES_USER", "reads_only")
    assert load(file, *EVENTS) == 2
    message = capsys.readouterr().err
    assert "permission denied for database" in message
    assert "grant that to reads_only" in message and "nothing was loaded" in message


def test_a_target_that_the_profile_does_not_have_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    load = script(monkeypatch, load_raw, "--target", "postgress")
    assert load(write(tmp_path / "x.csv", GOOD), *EVENTS) == 2
    assert "there is no target postgress" in capsys.readouterr().err


def test_a_character_that_postgresql_cannot_store_is_explained(
    load: Script, database: PostgresDatabase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path / "x.jsonl", jsonl_line(user_id="a\x00b"))
    assert load(file, *EVENTS) == 1
    assert "U+0000, which PostgreSQL cannot store" in capsys.readouterr().err
    assert raw_state(database) == []


def test_a_build_reads_what_was_loaded(make_project: Callable[..., Project]) -> None:
    """The tables as the loader makes them are what check_raw_sources and the models ask for."""
    project = make_project("loaded", engine="postgres")
    rows: Sequence[dict[str, Any]] = [
        {
            "event_id": f"e{number}",
            "started_at": "2026-02-16T00:00:00Z",
            "request_model": "gpt-4o",
            "provider_name": "openai",
            "input_tokens": 1000,
            "output_tokens": 10,
            "tags": {"b": "1", "a": "2"},
        }
        for number in range(3)
    ]
    file = project.write_jsonl(rows)
    project.script("load_raw.py", file, *EVENTS, *TARGET)
    project.build_fact()
    [(found, tokens, cost)] = project.query(
        "select count(*), sum(input_tokens), sum(list_cost) from marts.fct_llm_usage"
    )
    assert (found, tokens) == (3, 3000) and cost > 0
