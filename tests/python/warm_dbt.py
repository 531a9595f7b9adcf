"""dbt's command line in a child of a process that has imported dbt already.

Importing dbt takes two seconds, and the tests call it hundreds of times. Each command still runs
in a process of its own, with its own folder, environment, output and exit code.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NoReturn


@cache
def importer() -> subprocess.Popen[str]:
    """Start the process that imports dbt, once for each process of tests."""
    process = subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    atexit.register(process.kill)
    return process


def run_dbt(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run `dbt <arguments>` in a folder; return its exit code and what it printed."""
    process = importer()
    assert process.stdin and process.stdout
    with tempfile.TemporaryDirectory(prefix="llm_finops_dbt_") as printed:
        files = [Path(printed, name) for name in ("stdout", "stderr")]
        call = [list(arguments), str(folder), dict(environment), [str(file) for file in files]]
        process.stdin.write(json.dumps(call) + "\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        assert answer, "the process that imports dbt has ended"
        out, err = (file.read_text(encoding="utf-8", errors="replace") for file in files)
    return subprocess.CompletedProcess(["dbt", *arguments], int(answer), out, err)


def become_dbt(
    arguments: list[str], folder: str, environment: dict[str, str], printed: list[str]
) -> NoReturn:
    """Turn a fresh child into `dbt <arguments>`, its output in files."""
    from dbt.cli.main import cli
    from dbt.contracts.graph.manifest import Manifest

    # It takes seconds to write, and a test that reads it makes it: Project.manifest().
    Manifest.write = lambda self, path: None

    for descriptor, file in zip((1, 2), printed, strict=True):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), descriptor)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.argv = ["dbt", *arguments]
    # A command lives for seconds: looking for garbage takes a tenth of them.
    gc.disable()
    sys.exit(cli())


if __name__ == "__main__":
    import dbt.adapters.duckdb
    import dbt.adapters.postgres
    import dbt.cli.main  # noqa: F401

    gc.freeze()
    for line in sys.stdin:
        child = os.fork()
        if not child:
            become_dbt(*json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
