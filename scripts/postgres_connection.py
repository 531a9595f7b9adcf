"""Connect to the PostgreSQL server of a profile's target, or say why not and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg2
from engine_servers.problems import ServerProblem

CONNECT_SECONDS = 10
# What the server or the library says -> what to do, in the profile's own words.
MENDS = {
    "password authentication failed": (
        "user {user} or the password is wrong",
        "set LLM_FINOPS_POSTGRES_USER and LLM_FINOPS_POSTGRES_PASSWORD",
    ),
    "no password supplied": (
        "the server asks user {user} for a password",
        "set LLM_FINOPS_POSTGRES_PASSWORD",
    ),
    "does not exist": (
        "the server has no such role or database ({said})",
        "create it (create role {user} login; create database {dbname} owner {user}), or set"
        " LLM_FINOPS_POSTGRES_USER and LLM_FINOPS_POSTGRES_DATABASE to what is there",
    ),
    "no pg_hba.conf entry": (
        "the server admits nobody from here as {user} to {dbname}",
        "add a line to its pg_hba.conf, or ask who runs it",
    ),
    "permission denied for database": (
        "role {user} may not connect to database {dbname}",
        "as the owner: grant connect on database {dbname} to {user}",
    ),
    "could not translate host name": (
        "there is no host {host}",
        "set LLM_FINOPS_POSTGRES_HOST to the server's name",
    ),
    "the database system is": (
        "the server at {host}:{port} is starting or stopping",
        "try again in a moment",
    ),
    "too many": ("the server at {host}:{port} has no connection left", "try again later"),
}
UNREACHABLE = (
    "no PostgreSQL answers at {host}:{port} ({said})",
    'start it (a throw-away one: eval "$(python scripts/engines.py start postgres)"), or set'
    " LLM_FINOPS_POSTGRES_HOST and LLM_FINOPS_POSTGRES_PORT to where it is",
)


def connect(settings: Mapping[str, Any]) -> Any:
    """Return a psycopg2 connection in UTC to a target's server; raise ServerProblem.

    `settings` is the target as profiles.yml has it (`Warehouse.connection`): host, port, user,
    password, dbname and, where they are there, the sslmode and its files.
    """
    named = {
        "host": settings.get("host"),
        "port": settings.get("port"),
        "user": settings.get("user"),
        "password": settings.get("password") or settings.get("pass"),
        "dbname": settings.get("dbname") or settings.get("database"),
    }
    secured = {
        name: settings[name]
        for name in ("sslmode", "sslcert", "sslkey", "sslrootcert")
        if settings.get(name)
    }
    try:
        return psycopg2.connect(
            **named, **secured, connect_timeout=CONNECT_SECONDS, options="-c timezone=UTC"
        )
    except psycopg2.OperationalError as error:
        raise explained(error, named) from error


def explained(error: Exception, named: Mapping[str, Any]) -> ServerProblem:
    """Return why no connection came about, and the mend; no password is repeated."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = (lines[0] if lines else type(error).__name__).rpartition("failed: ")[2].strip()
    matching = [told for sign, told in MENDS.items() if sign in str(error)]
    what, mend = (matching or [UNREACHABLE])[0]
    shown = {name: value for name, value in named.items() if name != "password"} | {"said": said}
    return ServerProblem(what.format(**shown), mend.format(**shown))
