"""Copying from an application's database brings its rows, once, and can write nothing there."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import copy_application
import load_raw
import psycopg2
import pytest
from engine_servers.postgres import PostgresServer
from psycopg2 import sql
from psycopg2.extras import Json
from raw_loading import application as reading
from raw_loading.declaration import tables_of
from support.application import DEPLOYED_NAMES, Rows, application, usage, write_folder
from support.postgres_database import PostgresDatabase
from support.postgres_raw import Script, point_profile, rows_of, script
from support.project import Project
from support.raw_files import loaded

pytestmark = pytest.mark.engine("postgres")

NUMBERS = count()
SECRET = "never-to-be-read"
TYPES = {"json": "jsonb", "double": "double precision"}
READER = "llm_finops_reader"
SOURCE = ("--source", "synapscale")
AT = ("--loaded-at", "2025-04-01T00:00:00Z")


def create_application(
    database: PostgresDatabase, rows: Rows, names: dict[str, str] = DEPLOYED_NAMES
) -> None:
    """Make the application's tables with all declared columns; those never stored hold a secret."""
    tables = tables_of("synapscale")
    with database.connect() as connection, connection.cursor() as cursor:
        for name, table_rows in rows.items():
            columns = tables[name].offered
            items = sql.SQL(", ").join(
                sql.SQL("{} {}").format(
                    sql.Identifier(column.name),
                    sql.SQL(TYPES.get(column.data_type, column.data_type)),
                )
                for column in columns.values()
            )
            place = sql.Identifier(names.get(name, name))
            cursor.execute(sql.SQL("create table {} ({})").format(place, items))
            for row in table_rows:
                hidden = {
                    column.name: Json(SECRET) if column.data_type == "json" else SECRET
                    for column in columns.values()
                    if not column.stored
                }
                insert(cursor, place, hidden | row)
    connection.close()


def insert(cursor: Any, place: sql.Identifier, row: dict[str, Any]) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, row))
    values = sql.SQL(", ").join(map(sql.Literal, row.values()))
    cursor.execute(sql.SQL("insert into {} ({}) values ({})").format(place, names, values))


def add_usage(database: PostgresDatabase, *rows: dict[str, Any]) -> None:
    with database.connect() as connection, connection.cursor() as cursor:
        for row in rows:
            insert(cursor, sql.Identifier("llms_usage_logs"), row)
    connection.close()


@pytest.fixture
def app(postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> PostgresDatabase:
    """An application's database with the documented role, which the environment names."""
    database = PostgresDatabase(postgres_server, f"application_{next(NUMBERS)}")
    create_application(database, application())
    # Before version 15 every role may create in schema public.
    database.run("revoke create on schema public from public", user=postgres_server.superuser)
    make_role(database, monkeypatch)
    monkeypatch.setenv(copy_application.DEFAULT_FROM, dsn_of(database))
    return database


def make_role(database: PostgresDatabase, monkeypatch: pytest.MonkeyPatch, *options: str) -> None:
    """Run the SQL that `--print-role` prints, as the superuser."""
    printed: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr("builtins.print", lambda text: printed.append(text))
        assert script(patch, copy_application, *SOURCE)("--print-role", *options) == 0
    # As psql does: each statement as it stands, within the transaction that the SQL opens.
    connection = database.connect(database.server.superuser)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(printed[0])
    finally:
        connection.close()


def dsn_of(database: PostgresDatabase, user: str = READER) -> str:
    server = database.server
    return f"postgresql://{user}@{server.host}:{server.port}/{database.name}"


@pytest.fixture
def raw_dir(tmp_path: Path) -> Path:
    return tmp_path / "raw"


@pytest.fixture
def copy(monkeypatch: pytest.MonkeyPatch, raw_dir: Path) -> Script:
    return script(monkeypatch, copy_application, *SOURCE, "--raw-dir", str(raw_dir))


def contents(raw_dir: Path) -> dict[str, list[Any]]:
    """The rows of every table, without what the loader says of its batches."""
    return {
        folder.name: sorted(
            map(
                str,
                loaded(raw_dir, "* exclude (_batch_id, _loaded_at)", f"synapscale/{folder.name}"),
            )
        )
        for folder in sorted((raw_dir / "synapscale").iterdir())
    }


@pytest.mark.usefixtures("app")
def test_a_copy_brings_what_an_export_brings(
    copy: Script, raw_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert copy(*AT) == 0
    export = write_folder(tmp_path / "export", application())
    exported = tmp_path / "exported"
    load = script(monkeypatch, load_raw, *SOURCE, "--raw-dir", str(exported), *AT)
    assert load(export, "--load-mode", "full") == 0
    assert contents(raw_dir) == contents(exported)
    assert len(contents(raw_dir)) == 21


def test_secrets_and_texts_are_never_asked_for(
    app: PostgresDatabase, copy: Script, raw_dir: Path
) -> None:
    for query in ("select email from users", "select content from llms_messages"):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            rows_of(app, query, user=READER)
    assert copy() == 0
    stored = "".join(path.read_bytes().decode("latin-1") for path in raw_dir.rglob("*.parquet"))
    assert SECRET not in stored
    assert SECRET not in str(contents(raw_dir))


WRITES = [
    "insert into users (id) values ('x')",
    "update users set status = 'x'",
    "update llms_usage_logs set cost_usd = 0",
    "delete from llms_usage_logs",
    "truncate llms_usage_logs",
    "create table public.mine (id text)",
    "create view public.mine as select 1 as one",
    "create schema mine",
    "alter table users add column mine text",
    "drop table users",
    "create index on users (id)",
    "select id from users for update",
    "lock table users in exclusive mode",
    "grant select on users to public",
    "create rule mine as on insert to users do nothing",
    "alter role llm_finops_reader superuser",
]


@pytest.mark.parametrize("read_only", ["on", "off"])
def test_the_documented_role_can_write_nothing(app: PostgresDatabase, read_only: str) -> None:
    """Not even where it lifts its own second lock: the grants alone are enough."""
    denied: tuple[type[Exception], ...] = (psycopg2.errors.InsufficientPrivilege,)
    if read_only == "on":
        denied += (psycopg2.errors.ReadOnlySqlTransaction,)
    assert rows_of(app, "show default_transaction_read_only", user=READER) == [("on",)]
    connection = app.connect(READER)
    try:
        for statement in WRITES:
            with connection.cursor() as cursor:
                cursor.execute(f"set transaction read {'only' if read_only == 'on' else 'write'}")
                with pytest.raises(denied):
                    cursor.execute(statement)
            connection.rollback()
    finally:
        connection.close()


def test_the_role_is_not_made_where_everyone_may_write(
    app: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    superuser = app.server.superuser
    app.run("grant insert on llms_usage_logs to public", user=superuser)
    with pytest.raises(psycopg2.errors.RaiseException, match="may write to llms_usage_logs"):
        make_role(app, monkeypatch)
    app.run("revoke insert on llms_usage_logs from public", user=superuser)
    app.run("grant create on schema public to public", user=superuser)
    with pytest.raises(psycopg2.errors.RaiseException, match="every role may create tables"):
        make_role(app, monkeypatch)


def test_a_copy_asks_for_nothing_but_reading(app: PostgresDatabase, copy: Script) -> None:
    """As a role that could write, it still opens a read-only transaction."""
    app.run("create function now_or_never() returns text language sql as $$ select 'x' $$")
    seen: list[str] = []
    original = reading.Application.find

    def look(self: reading.Application, *arguments: Any) -> Any:
        seen.append(self.fetch("show transaction_read_only")[0][0])
        seen.append(self.fetch("show transaction_isolation")[0][0])
        return original(self, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading.Application, "find", look)
        assert copy("--from", dsn_of(app, app.server.user)) == 0
    assert seen == ["on", "repeatable read"]


def test_a_role_that_may_write_is_warned_about(
    app: PostgresDatabase, copy: Script, capsys: pytest.CaptureFixture[str]
) -> None:
    assert copy("--from", dsn_of(app, app.server.user), "--tables", "users") == 0
    assert "public.users: this role may write to it" in capsys.readouterr().err


def test_what_was_written_since_is_appended_in_batches_and_nothing_twice(
    app: PostgresDatabase, copy: Script, raw_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    late = [
        usage(f"h{number}", created_at=f"2025-03-1{1 + number // 3}T0{number % 3}:00:00Z")
        for number in range(7)
    ]
    add_usage(app, *late)
    usage_only = ("--tables", "llms_usage_logs", "--batch-rows", "4")
    assert copy(*usage_only) == 0
    files = raw_dir / "synapscale" / "usage_logs"
    assert len(loaded(raw_dir, "id", "synapscale/usage_logs")) == 16
    assert len(list(files.iterdir())) == 4

    assert copy(*usage_only) == 0
    after_second = len(list(files.iterdir()))
    assert after_second == 5, "the overlap is one more batch, of rows that are there already"
    assert copy(*usage_only) == 0
    assert len(list(files.iterdir())) == after_second

    add_usage(app, usage("new", created_at="2025-03-20T00:00:00Z"))
    add_usage(app, usage("committed late", created_at="2025-03-12T23:30:00Z"))
    capsys.readouterr()
    assert copy(*usage_only, "--overlap-minutes", str(60 * 24 * 3)) == 0
    ids = {row[0] for row in loaded(raw_dir, "id", "synapscale/usage_logs")}
    assert {"new", "committed late"} < ids and len(ids) == 18


def test_a_row_dated_ahead_does_not_hide_those_that_follow(
    app: PostgresDatabase, copy: Script, raw_dir: Path
) -> None:
    add_usage(app, usage("ahead", created_at="2031-01-01T00:00:00Z"))
    assert copy("--tables", "usage_logs", *AT) == 0
    add_usage(app, usage("next", created_at="2025-04-01T12:00:00Z"))
    assert copy("--tables", "usage_logs") == 0
    assert ("next",) in loaded(raw_dir, "id", "synapscale/usage_logs")


def test_a_row_that_is_gone_is_gone_from_the_newest_whole_copy(
    app: PostgresDatabase, copy: Script, raw_dir: Path
) -> None:
    assert copy("--full", "--tables", "usage_logs", *AT) == 0
    app.run("delete from llms_usage_logs where id <> 'g1'")
    assert copy("--full", "--tables", "usage_logs") == 0
    newest = "_loaded_at = (select max(_loaded_at) from "
    files = f"'{raw_dir}/synapscale/usage_logs/*.parquet'"
    assert (
        loaded(raw_dir, f"id, {newest}{files})", "synapscale/usage_logs").count(("g1", True)) == 1
    )
    modes = {row[0] for row in loaded(raw_dir, "load_mode", "load_manifest")}
    assert modes == {"full"}


def test_a_copy_into_postgresql_is_the_copy_into_files(
    app: PostgresDatabase,
    copy: Script,
    raw_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    warehouse = PostgresDatabase(app.server, f"warehouse_{next(NUMBERS)}")
    point_profile(monkeypatch, warehouse, tmp_path / "profiles")
    into_tables = script(monkeypatch, copy_application, *SOURCE, "--target", "postgres", *AT)
    columns = "table_name, batch_id, load_mode, row_count, input_tokens, content_hash"
    assert copy(*AT) == 0
    assert into_tables() == 0
    in_files = loaded(raw_dir, columns, "load_manifest")
    manifest = f"select {columns} from raw.load_manifest order by 1, 2"
    assert sorted(rows_of(warehouse, manifest)) == sorted(in_files)
    assert len(in_files) == 21

    assert into_tables() == 0
    again = "select distinct table_name from raw.load_manifest group by 1 having count(*) > 1"
    assert {row[0] for row in rows_of(warehouse, again)} <= {"usage_logs"}
    found = "select id, cost_usd, llm_id, created_at from raw.usage_logs order by 1"
    assert len({row[0] for row in rows_of(warehouse, found)}) == 9


def test_times_without_a_zone_are_refused_until_their_zone_is_named(
    app: PostgresDatabase, copy: Script, raw_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app.run("alter table llms_usage_logs alter created_at type timestamp")
    only = ("--tables", "usage_logs")
    assert copy(*only) == 1
    assert "llms_usage_logs.created_at: its times have no zone" in capsys.readouterr().err
    assert copy(*only, "--timezone", "America/Sao_Paulo") == 0
    assert copy(*only, "--timezone", "America/Sao_Paulo") == 0
    found = loaded(
        raw_dir, "distinct (created_at at time zone 'UTC')::varchar", "synapscale/usage_logs"
    )
    assert found == [("2025-03-10 15:00:00",)]


@pytest.mark.parametrize(
    ("change", "code", "told"),
    [
        ("drop table users", 1, "users: there is no public.users"),
        ("alter table llms drop provider", 1, "llms.provider: the required column is missing"),
        ("alter table llms rename id to uid", 1, "llms.id: the required column is missing"),
        ("alter table users add shoe_size int", 0, "users.shoe_size: nobody declared it"),
        ("revoke select (id) on users from llm_finops_reader", 1, "run the SQL of --print-role"),
        ("revoke select (status) on users from llm_finops_reader", 0, "it stays empty"),
        ("drop table tenants", 0, ""),
        ("update llms_usage_logs set input_tokens = null", 0, ""),
        (
            "alter table users enable row level security",
            2,
            "alter role llm_finops_reader bypassrls",
        ),
        ("alter table llms_usage_logs alter input_tokens type text using 'many'", 1, "'many'"),
    ],
)
def test_an_application_that_changed(
    app: PostgresDatabase,
    copy: Script,
    raw_dir: Path,
    capsys: pytest.CaptureFixture[str],
    change: str,
    code: int,
    told: str,
) -> None:
    app.run(change)
    assert copy() == code
    assert told in capsys.readouterr().err
    if code and "many" not in told:
        assert not raw_dir.exists()


def test_a_connection_that_is_lost_in_the_middle_leaves_whole_batches_only(
    app: PostgresDatabase,
    copy: Script,
    raw_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    usage_only = ("--tables", "usage_logs", "--batch-rows", "4")
    original = reading.Application.write_file
    calls = count()

    def lose(self: reading.Application, *arguments: Any) -> int:
        if next(calls) == 1:
            app.run(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where datname = current_database() and pid <> pg_backend_pid()",
                user=app.server.superuser,
            )
        return original(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(reading.Application, "write_file", lose)
        assert copy(*usage_only) == 2
    message = capsys.readouterr().err
    assert "the connection was lost" in message and "recognised" in message
    assert len(loaded(raw_dir, "id", "synapscale/usage_logs")) == 4
    assert copy(*usage_only) == 0
    assert len({row[0] for row in loaded(raw_dir, "id", "synapscale/usage_logs")}) == 9


@pytest.mark.parametrize(
    ("origin", "told"),
    [
        ("postgresql://x:hunter2secret@127.0.0.1:1/app", "start the server, or correct host"),
        ("NOT_SET_ANYWHERE", "the environment variable NOT_SET_ANYWHERE is not set"),
        ("password=hunter2secret oops", "is no connection string"),
    ],
)
def test_a_database_that_cannot_be_reached_is_named_without_its_password(
    app: PostgresDatabase, copy: Script, capsys: pytest.CaptureFixture[str], origin: str, told: str
) -> None:
    assert copy("--from", origin) == 2
    message = capsys.readouterr().err
    assert told in message
    assert "hunter2secret" not in message


def test_a_build_reads_what_was_copied(
    app: PostgresDatabase, make_project: Callable[..., Project]
) -> None:
    project = make_project("copied", sources=("synapscale",))
    project.script("copy_application.py", *SOURCE, "--from", dsn_of(app), *AT)
    no_tests = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
    project.dbt("build", "--select", "+fct_llm_usage", *no_tests)
    [(found,)] = project.query("select count(*) from marts.fct_llm_usage")
    assert found == len(application()["usage_logs"])
