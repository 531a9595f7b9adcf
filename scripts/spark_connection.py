"""Connect to the Thrift server of a profile's target, or say why not and what to do."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any

from engine_servers.problems import ServerProblem

CONNECT_SECONDS = 10
PORT = 10000


def knock(settings: Mapping[str, Any]) -> None:
    """Raise ServerProblem where nothing listens at a target's host and port.

    `settings` is the target as profiles.yml has it (`Warehouse.connection`).
    """
    host, port = str(settings.get("host")), int(settings.get("port") or PORT)
    try:
        socket.create_connection((host, port), CONNECT_SECONDS).close()
    except OSError as error:
        raise ServerProblem(
            f"no Thrift server answers at {host}:{port} ({error.strerror or error})",
            'start it (a throw-away one: eval "$(python scripts/engines.py start spark)"), or set'
            " LLM_FINOPS_SPARK_HOST and LLM_FINOPS_SPARK_PORT to where it is",
        ) from error


def connect(settings: Mapping[str, Any]) -> Any:
    """Return a PyHive connection to a target's Thrift server; raise ServerProblem."""
    if settings.get("method", "thrift") != "thrift":
        raise ServerProblem(
            f"method {settings['method']} of the target is not spoken here",
            "add a target with method thrift to profiles.yml, of the same catalogue",
        )
    try:
        from pyhive import hive
    except ImportError as error:
        raise ServerProblem(
            "the client of Spark is not installed",
            "pip install --no-deps --require-hashes -r requirements/spark.txt",
        ) from error
    knock(settings)
    named = {
        "host": settings.get("host"),
        "port": int(settings.get("port") or PORT),
        "username": settings.get("user"),
        "password": settings.get("password"),
        "auth": settings.get("auth"),
        "kerberos_service_name": settings.get("kerberos_service_name"),
    }
    return hive.connect(**{name: value for name, value in named.items() if value is not None})
