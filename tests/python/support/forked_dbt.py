"""dbt's command line in forks of one process that has imported dbt already.

Importing dbt takes three seconds, and the tests call it hundreds of times. Each command still runs
in a process of its own, with its own folder, environment, output and exit code.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from support.kill_switch import Stop, stop_at

# Files of what a command prints.
PRINTED = ("stdout", "stderr")


@cache
def fork_server() -> subprocess.Popen[str]:
    """Start the process that imports dbt, once for each process of tests."""
    process = subprocess.Popen(
        [sys.executable, "-m", __name__],
        cwd=Path(__file__).parents[1],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(process.kill)
    return process


@dataclass
class Command:
    """A dbt command that runs; one at a time."""

    arguments: Sequence[str]
    printed: tempfile.TemporaryDirectory[str]

    def has_ended(self, seconds: float) -> bool:
        """Wait at most so long for its end."""
        return bool(select.select([fork_server().stdout], [], [], seconds)[0])

    def finish(self) -> subprocess.CompletedProcess[str]:
        """Wait for its end; return its exit code, negative for a signal, and what it printed."""
        process = fork_server()
        assert process.stdout
        name, code = "", ""
        # The answer to a command that a failed test did not wait for comes first.
        while name != self.printed.name:
            answer = process.stdout.readline().split()
            assert answer, "the process that imports dbt has ended"
            name, code = answer
        out, err = (
            Path(self.printed.name, name).read_text(encoding="utf-8", errors="replace")
            for name in PRINTED
        )
        self.printed.cleanup()
        return subprocess.CompletedProcess(["dbt", *self.arguments], int(code), out, err)


def start_dbt(
    arguments: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    *,
    stop: Stop | None = None,
    is_forked: bool = True,
) -> Command:
    """Begin `dbt <arguments>` in a folder; `finish` waits for its end.

    With `stop` it ends, or waits, where that says. Not forked, it runs in the process that imports
    dbt: what dbt makes on first use, such as compiled macros, is then there for every fork.
    """
    process = fork_server()
    assert process.stdin
    printed = tempfile.TemporaryDirectory(prefix="llm_finops_dbt_")
    request = {
        "arguments": list(arguments),
        "folder": str(folder),
        "environment": dict(environment),
        "printed": printed.name,
        "stop": asdict(stop) if stop else None,
        "is_forked": is_forked,
    }
    process.stdin.write(json.dumps(request) + "\n")
    process.stdin.flush()
    return Command(arguments, printed)


# ---- in the process that imports dbt -------------------------------------------------------------


def serve() -> None:
    """Run each command that comes on standard input, and answer with its exit code."""
    import dbt.adapters.duckdb
    import dbt.adapters.postgres
    import dbt.cli.main  # noqa: F401

    # What a command prints must not come between the answers.
    answers = os.fdopen(os.dup(1), "w")
    gc.freeze()
    for line in sys.stdin:
        request: dict[str, Any] = json.loads(line)
        if not request["is_forked"]:
            code = run_here(request)
        elif child := os.fork():
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        else:
            become_dbt(request)
        print(request["printed"], code, file=answers, flush=True)


def prepare(request: Mapping[str, Any]) -> None:
    """Give this process the folder, the environment and the output of a command."""
    for descriptor, name in zip((1, 2), PRINTED, strict=True):
        opened = os.open(Path(request["printed"], name), os.O_WRONLY | os.O_CREAT)
        os.dup2(opened, descriptor)
        os.close(opened)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    sys.argv = ["dbt", *request["arguments"]]


def become_dbt(request: Mapping[str, Any]) -> NoReturn:
    """Turn a fresh child into the dbt command."""
    from dbt.cli.main import cli

    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    prepare(request)
    # A command lives for seconds: looking for garbage takes a tenth of them.
    gc.disable()
    if request["stop"]:
        stop_at(Stop(**request["stop"]))
    sys.exit(cli())


def run_here(request: Mapping[str, Any]) -> int:
    """Run a command in this process, and leave no open warehouse for a fork to inherit."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    prepare(request)
    result = dbtRunner().invoke(request["arguments"])
    if result.exception:
        print(result.exception, file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    DuckDBConnectionManager.close_all_connections()
    gc.collect()
    gc.freeze()
    return 0 if result.success else 1


if __name__ == "__main__":
    serve()
