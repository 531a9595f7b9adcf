"""Start, stop or ask after a throw-away server of PostgreSQL or Spark on 127.0.0.1.

Usage: eval "$(python scripts/engines.py start postgres)"
       python scripts/engines.py start|stop|status postgres|spark [--dir FOLDER] [--port N]

`start` prints the settings that profiles.yml.example reads, as shell exports, and nothing else on
standard output; a server that runs already is left alone. `stop` and `status` know the server by
its folder, data/servers/<engine> unless --dir names another, and touch nothing that `start` did
not start. The servers are for tests and a first try: anybody on this machine may use them, and a
crash of the machine may lose what they hold. README.md says how to point the profile at your own.

Exit codes: 0 done or running, 2 usage or environment, 3 `status`: no server runs.
"""

from __future__ import annotations

import argparse
import importlib
import shlex
import sys
from pathlib import Path
from typing import Any

from engine_servers.problems import ServerProblem
from raw_area import ROOT, fail

ENGINES = {"postgres": "PostgresServer", "spark": "SparkServer"}
NOT_RUNNING = 3


def server_of(engine: str, directory: Path, port: int | None) -> Any:
    """Return the server of an engine in a folder; raise ServerProblem where it needs a package."""
    try:
        module = importlib.import_module(f"engine_servers.{engine}")
    except ImportError as error:
        raise ServerProblem(
            f"{engine} needs a package that is not installed ({error})",
            "install the locks that requirements/README.md names for it",
        ) from error
    server: Any = getattr(module, ENGINES[engine])(directory, port=port)
    return server


def exports(engine: str, server: Any) -> str:
    """Return the settings of the profile's target, as shell exports."""
    names = ["host", "port", "user"] + (["database"] if engine == "postgres" else [])
    values = {name: str(getattr(server, name)) for name in names}
    prefix = f"LLM_FINOPS_{engine.upper()}"
    lines = [f"export {prefix}_{name.upper()}={shlex.quote(text)}" for name, text in values.items()]
    return "\n".join(lines)


def run(command: str, engine: str, directory: Path, port: int | None) -> int:
    """Do what the command line asks; return the exit code."""
    server = server_of(engine, directory, port)
    if command == "start":
        print(f"starting {engine} in {directory} ...", file=sys.stderr)
        server.start()
        print(exports(engine, server))
        print(f"{engine} listens on {server.host}:{server.port}", file=sys.stderr)
        return 0
    if command == "stop":
        print(f"{engine} {'is stopped' if server.stop() else 'was not running'}", file=sys.stderr)
        return 0
    if not server.running():
        return fail(NOT_RUNNING, f"no {engine} runs in {directory}")
    print(exports(engine, server))
    print(f"{engine} runs on {server.host}:{server.port}", file=sys.stderr)
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description="Throw-away servers for tests and a first try.")
    parser.add_argument("command", choices=["start", "stop", "status"])
    parser.add_argument("engine", choices=list(ENGINES))
    parser.add_argument("--dir", type=Path, help="the server's folder; default: data/servers/ENGINE")
    parser.add_argument("--port", type=int, help="default: a free one")
    arguments = parser.parse_args()
    directory = arguments.dir or ROOT / "data" / "servers" / arguments.engine
    try:
        return run(arguments.command, arguments.engine, directory, arguments.port)
    except ServerProblem as problem:
        return fail(2, str(problem))


if __name__ == "__main__":
    sys.exit(main())
