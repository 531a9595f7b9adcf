"""A PostgreSQL server as the loader meets it: connecting, and saying what went wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg2
from psycopg2 import errorcodes, extensions

from raw_loading.problems import BadData, BadSetup

# What libpq and dbt's profile call the same setting.
PROFILE_NAMES = {"pass": "password", "database": "dbname"}
LIBPQ_SETTINGS = {
    "host", "port", "user", "password", "dbname", "connect_timeout", "sslmode", "sslcert",
    "sslkey", "sslrootcert", "keepalives_idle", "application_name",
}  # fmt: skip


@dataclass(frozen=True)
class Server:
    """Where a database is, and how a message names it."""

    settings: Mapping[str, Any] = field(repr=False)
    name: str
    where_to_mend: str
    role: str | None = None

    @classmethod
    def of_profile(cls, connection: Mapping[str, Any], target: str) -> Server:
        """Return the server of a target of profiles.yml."""
        settings = {PROFILE_NAMES.get(name, name): value for name, value in connection.items()}
        role = settings.get("role")
        settings = {name: settings[name] for name in settings.keys() & LIBPQ_SETTINGS}
        mend = f"target {target} of profiles.yml"
        return cls(settings, place_of(settings), mend, str(role) if role else None)

    @classmethod
    def of_dsn(cls, dsn: str, origin: str) -> Server:
        """Return the server of a libpq connection string, which `origin` holds."""
        try:
            settings = extensions.parse_dsn(dsn)
        except psycopg2.ProgrammingError as error:
            # The text holds the password: only libpq's word for the fault is shown.
            reason = str(error).split('"')[0].strip().rstrip(":")
            raise BadSetup(
                f"{origin} is no connection string ({reason}); write "
                "postgresql://user@host:5432/database"
            ) from None
        return cls(settings, place_of(settings), origin)

    def connect(self) -> Any:
        """Return a psycopg2 connection in UTC; raise `BadSetup` where there is none to have."""
        defaults = {"connect_timeout": 10, "application_name": "llm_finops load"}
        try:
            connection = psycopg2.connect(**defaults | dict(self.settings))
            with connection.cursor() as cursor:
                # A float's text is then the shortest that reads back as the same float.
                cursor.execute(
                    "set timezone = 'UTC'; set datestyle = 'ISO'; set client_encoding = 'UTF8'; "
                    "set extra_float_digits = 1"
                )
                if self.role:
                    cursor.execute("select set_config('role', %s, false)", [self.role])
            connection.commit()
        except psycopg2.Error as error:
            raise BadSetup(self.explain_connecting(error)) from None
        return connection

    def explain_connecting(self, error: psycopg2.Error) -> str:
        """Say why a connection did not come about, and what to do."""
        said = first_line(error)
        user = self.settings.get("user", "this user")
        database = self.settings.get("dbname", user)
        if "password" in said:
            mend = f"correct user and password in {self.where_to_mend}"
        elif "does not exist" in said and "database" in said:
            mend = f"create it (create database {database}), or correct {self.where_to_mend}"
        elif "does not exist" in said and "role" in said:
            mend = f"create it (create role {user} login), or correct {self.where_to_mend}"
        elif "pg_hba" in said:
            mend = f"allow {user} to connect in the server's pg_hba.conf, or use its sslmode"
        elif "too many" in said or "remaining connection slots" in said:
            mend = "wait, or give the role or the server more connections"
        else:
            mend = f"start the server, or correct host and port in {self.where_to_mend}"
        return f"{self.name}: {said}; {mend}"

    @contextmanager
    def explained(self, doing: str) -> Iterator[None]:
        """Turn what PostgreSQL refuses into a message with its cause and mend."""
        try:
            yield
        except psycopg2.Error as error:
            raise self.explain(error, doing) from None

    def explain(self, error: psycopg2.Error, doing: str) -> BadData | BadSetup:
        """Return the refusal that stands for an error of the server."""
        said, code = first_line(error), error.pgcode
        user = self.settings.get("user", "the user")
        if code in (errorcodes.CHARACTER_NOT_IN_REPERTOIRE, errorcodes.UNTRANSLATABLE_CHARACTER):
            return BadData(
                f"{doing}: a text holds the character U+0000, which PostgreSQL cannot store; "
                "leave it out of the export"
            )
        if code == errorcodes.INSUFFICIENT_PRIVILEGE:
            mend = f"let its owner grant that to {user}, or correct {self.where_to_mend}"
        elif code == errorcodes.READ_ONLY_SQL_TRANSACTION:
            mend = "name a server, and a role, that may write"
        elif code in (errorcodes.DISK_FULL, errorcodes.OUT_OF_MEMORY):
            mend = "give the server more room, then load again"
        elif code in (errorcodes.LOCK_NOT_AVAILABLE, errorcodes.QUERY_CANCELED):
            mend = "load again, or raise the role's lock_timeout and statement_timeout"
        elif code is None or code.startswith(("08", "57P")):
            said = f"the connection was lost ({said})"
            mend = "load again: what arrived before is recognised and not doubled"
        elif code.startswith("42") or code.startswith("22") or code.startswith("23"):
            mend = "the tables are not as the loader makes them; compare them with docs/loading.md"
        else:
            mend = "mend what the server names, then load again"
        return BadSetup(f"{self.name}: {doing}: {said}; {mend}")


def place_of(settings: Mapping[str, Any]) -> str:
    """Name a database without its password."""
    host, port = settings.get("host", "localhost"), settings.get("port", 5432)
    return f"PostgreSQL {settings.get('dbname', '')} at {host}:{port}"


def first_line(error: psycopg2.Error) -> str:
    """Return what the server said, without its context, which may hold data."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = lines[0] if lines else "the server said nothing"
    return said.split("FATAL: ")[-1].strip().removeprefix("ERROR:").strip()
