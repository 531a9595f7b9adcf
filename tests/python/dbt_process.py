"""dbt in one child process that stays: a run costs its models, not Python's start and the parse."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from project import Project, as_json, clean_environment

WITHOUT_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")


class DbtProcess:
    """Builds one project copy, again and again; vars are fixed, because the parse depends on them.

    Seeds may change between two builds, models may not.
    """

    def __init__(self, project: Project, vars: Mapping[str, Any]) -> None:
        self.project = project
        self.vars = json.dumps(vars, default=as_json)
        self._child: subprocess.Popen[str] | None = None

    def __enter__(self) -> DbtProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._child:
            assert self._child.stdin
            self._child.stdin.close()
            self._child.wait(timeout=60)

    def build(self, *arguments: str) -> None:
        """Run `dbt build` without tests; fail with what dbt printed."""
        if self.project.postgres:
            self.project.postgres.copy_raw_files(self.project.raw_dir)
        command = ["build", *WITHOUT_TESTS, *arguments, "--vars", self.vars]
        child = self._child = self._child or self._start()
        assert child.stdin and child.stdout
        child.stdin.write(json.dumps(command) + "\n")
        child.stdin.flush()
        printed = []
        for line in child.stdout:
            if line.startswith("\0"):
                assert line == "\0True\n", "dbt build failed\n" + "".join(printed[-100:])
                return
            printed.append(line)
        raise AssertionError("dbt's process ended\n" + "".join(printed[-100:]))

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, Path(__file__), self.vars],
            cwd=self.project.path,
            env=clean_environment(**self.project.settings),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


def serve(vars: str) -> None:
    """Run each command that comes on standard input, a JSON list a line."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    quiet = ["--no-use-colors", "--quiet", "--no-write-json"]
    parsed = dbtRunner().invoke([*quiet, "parse", "--vars", vars])
    for line in sys.stdin:
        # Each run gets a manifest of its own: a run changes the one that it is given.
        result = dbtRunner(manifest=parsed.result.deepcopy()).invoke([*quiet, *json.loads(line)])
        if result.exception:
            print(result.exception)
        # Another process reads the file meanwhile.
        DuckDBConnectionManager.close_all_connections()
        print(f"\0{result.success}", flush=True)


if __name__ == "__main__":
    serve(sys.argv[1])
