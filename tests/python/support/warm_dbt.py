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

from support.kept_parses import PARSE, folder_of_this_process
from support.spared_work import (
    prepare_schemas,
    prepare_to_read,
    share_compiled_templates,
    spare_debug_events,
    spare_manifest_files,
)


@cache
def importer() -> subprocess.Popen[str]:
    """Start the process that imports dbt, once for each process of tests."""
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, folder_of_this_process().name],
        cwd=Path(__file__).parents[1],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
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


def serve(folder: Path) -> None:
    """Run each command that comes on standard input in a fork, and answer with its exit code."""
    import dbt.adapters.duckdb
    import dbt.adapters.postgres
    import dbt.cli.main  # noqa: F401

    spare_manifest_files()
    spare_debug_events()
    share_compiled_templates(folder)
    prepare_schemas()
    gc.freeze()
    has_read_one = False
    for line in sys.stdin:
        call = json.loads(line)
        child = os.fork()
        if not child:
            become_dbt(*call)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        parse = Path(call[1]) / PARSE
        if not has_read_one and parse.exists():
            prepare_to_read(parse)
            has_read_one = True


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
