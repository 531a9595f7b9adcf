"""dbt in a child process that stays: a run costs its models, not Python's start and the parse.

Each run is a fork of that process, so that a run may be killed where a test wants it.
"""

from __future__ import annotations

import gc
import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from support.kept_parses import folder_of_this_process
from support.spared_work import prepare_schemas, share_compiled_templates, spare_debug_events

WITHOUT_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
WRITES = re.compile(r"(?:/\*.*?\*/\s*)?(?:delete|insert)\b", re.DOTALL | re.IGNORECASE)
KILLED = -signal.SIGKILL


class DbtProcess:
    """Builds one project copy, again and again; vars are fixed, because the parse depends on them.

    Seeds may change between two builds, models may not.
    """

    def __init__(self, project: Any, vars: Mapping[str, Any]) -> None:
        self.project = project
        self.vars_given = vars
        self.vars = json.dumps(vars)
        self._child: subprocess.Popen[str] | None = None

    def close(self) -> None:
        """End the child."""
        if self._child:
            assert self._child.stdin
            self._child.stdin.close()
            self._child.wait(timeout=60)

    def build(self, *arguments: str) -> None:
        """Run `dbt build` without tests; fail with what dbt printed."""
        code, printed = self.run(*arguments)
        assert code == 0, f"dbt build ended with {code}\n{printed}"

    def run(
        self, *arguments: str, model: str = "", when: str = "", pause: Path | None = None
    ) -> tuple[int, str]:
        """Run `dbt build` without tests; return its exit code and what it printed.

        With `model` the run ends with SIGKILL `before` that model's first statement or `inside` it:
        when its old rows are deleted and the new ones not yet there. With `pause` it does not end
        there, but makes that file and waits until the file is gone.
        """
        self.start(*arguments, model=model, when=when, pause=pause)
        return self.finish()

    def start(
        self, *arguments: str, model: str = "", when: str = "", pause: Path | None = None
    ) -> None:
        """Begin what `run` does; `finish` waits for it."""
        if self.project.postgres:
            self.project.postgres.copy_raw_files(self.project.raw_dir)
        child = self._child = self._child or self._new_child()
        assert child.stdin
        request = {
            "command": ["build", *WITHOUT_TESTS, *arguments, "--vars", self.vars],
            "model": model,
            "when": when,
            "pause": str(pause) if pause else None,
        }
        child.stdin.write(json.dumps(request) + "\n")
        child.stdin.flush()

    def wait_for(self, pause: Path) -> None:
        """Wait until the run has come to its pause; fail where it ended before."""
        assert self._child and self._child.stdout
        while not pause.exists():
            if select.select([self._child.stdout], [], [], 0.1)[0]:
                code, printed = self.finish()
                raise AssertionError(f"the run ended with {code} before its pause\n{printed}")

    def finish(self) -> tuple[int, str]:
        """Wait for the run; return its exit code, negative for a signal, and what it printed."""
        assert self._child and self._child.stdout
        printed: list[str] = []
        for line in self._child.stdout:
            if line.startswith("\0"):
                self.project.keep_parse(self.vars_given)
                return int(line[1:]), "".join(printed[-100:])
            printed.append(line)
        raise AssertionError("dbt's process ended\n" + "".join(printed[-100:]))

    def _new_child(self) -> subprocess.Popen[str]:
        from support.project import clean_environment

        self.project.borrow_parse(self.vars_given)
        modules = {"PYTHONPATH": str(Path(__file__).parents[1])}
        return subprocess.Popen(
            [sys.executable, "-m", __name__, self.vars, folder_of_this_process().name],
            cwd=self.project.path,
            env=clean_environment(**self.project.settings, **modules),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


# ---- in the child -------------------------------------------------------------------------------


def serve(vars: str, templates: Path) -> None:
    """Run each request that comes on standard input, a JSON object a line, in a fork."""
    from dbt.cli.main import dbtRunner

    spare_debug_events()
    share_compiled_templates(templates)
    prepare_schemas()
    quiet = ["--no-use-colors", "--quiet", "--no-write-json", "--log-level-file", "none"]
    parsed = dbtRunner().invoke([*quiet, "parse", "--vars", vars])
    close_connections()
    if parsed.exception:
        print(parsed.exception, flush=True)
    # What was parsed lives as long as this process: no fork need look through it for garbage.
    gc.freeze()
    for line in sys.stdin:
        request = json.loads(line)
        fork = os.fork()
        if fork == 0:
            gc.disable()
            read_seeds_again(parsed.result)
            if request["model"]:
                interrupt(request["model"], request["when"], request["pause"])
            result = dbtRunner(manifest=parsed.result).invoke([*quiet, *request["command"]])
            if result.exception:
                print(result.exception)
            sys.stdout.flush()
            close_connections()
            os._exit(0 if result.success else 1)
        code = os.waitstatus_to_exitcode(os.waitpid(fork, 0)[1])
        print(f"\n\0{code}", flush=True)


def read_seeds_again(manifest: Any) -> None:
    """Take the checksums of the seeds from their files, as a new parse would."""
    from dbt.artifacts.resources.base import FileHash

    for node in manifest.nodes.values():
        if node.resource_type == "seed":
            node.checksum = FileHash.from_path(node.original_file_path)


def close_connections() -> None:
    """Close the DuckDB file, so that all of it is in the file and none beside it."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    DuckDBConnectionManager.close_all_connections()
    gc.collect()


def interrupt(model: str, when: str, pause: str | None) -> None:
    """Make the run stop in one model, by wrapping the one function that sends statements."""
    from dbt.adapters.sql.connections import SQLConnectionManager

    send = SQLConnectionManager.add_query
    stopped: list[str] = []

    def sending(self: Any, sql: str, *arguments: Any, **options: Any) -> Any:
        name = str(self.get_thread_connection().name)
        if stopped or not name.endswith(f".{model}"):
            return send(self, sql, *arguments, **options)
        if when == "before" or WRITES.match(sql.strip()):
            stopped.append(name)
            if when == "inside":
                send(self, sql.split(";\n")[0], *arguments, **options)
            stop_here(pause)
        return send(self, sql, *arguments, **options)

    SQLConnectionManager.add_query = sending


def stop_here(pause: str | None) -> None:
    """End this process as a crash does, or wait while the test does something to the server."""
    if pause is None:
        os.kill(os.getpid(), signal.SIGKILL)
        return
    waited = Path(pause)
    waited.touch()
    while waited.exists():
        time.sleep(0.05)


if __name__ == "__main__":
    serve(sys.argv[1], Path(sys.argv[2]))
