"""A newcomer clones the repository, runs `make build`, and reads what the calls cost."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.project import REPOSITORY, clean_environment, project_files

GUARD = "LLM_FINOPS_IN_FRESH_CLONE_TEST"
pytestmark = pytest.mark.skipif(
    GUARD in os.environ, reason="these are the tests of a fresh clone: it tests no clone of itself"
)
# The promise is three minutes with an index nearby; a test on a busy machine may take longer.
PATIENCE_SECONDS = 600
MAKES_OWN = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES", "VIRTUAL_ENV", "PYTHONPATH")


@dataclass(frozen=True)
class Made:
    """One run of a command in the clone: all it printed, and how long it took."""

    output: str
    seconds: float


def run(clone: Path, *command: str) -> Made:
    """Run a command in the clone as its newcomer would; it must succeed."""
    environment = {
        name: value
        for name, value in clean_environment(**{GUARD: "1"}).items()
        if name not in MAKES_OWN
    }
    started = time.monotonic()
    result = subprocess.run(
        command,
        cwd=clone,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    assert result.returncode == 0, result.stdout[-8000:]
    return Made(result.stdout, time.monotonic() - started)


def git(*arguments: str) -> str:
    result = subprocess.run(["git", *arguments], cwd=REPOSITORY, capture_output=True, text=True)
    return result.stdout if result.returncode == 0 else "failed"


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of HEAD; where the checkout has changes, a copy of what a commit would hold."""
    path = tmp_path_factory.mktemp("fresh") / "llm_finops"
    if git("rev-parse", "HEAD") != "failed" and not git("status", "--porcelain"):
        subprocess.run(
            ["git", "clone", "--quiet", "--no-local", REPOSITORY, path], check=True, timeout=120
        )
        return path
    for name in project_files():
        copied = path / name
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(REPOSITORY / name, copied)
    for arguments in (["init", "--quiet"], ["add", "--all"]):
        subprocess.run(["git", *arguments], cwd=path, check=True)
    return path


@pytest.fixture(scope="module")
def built(clone: Path, report_seconds: Callable[[str, float], None]) -> Made:
    made = run(clone, "make", "build")
    report_seconds("make build in a fresh clone", made.seconds)
    return made


@pytest.fixture(scope="module")
def report_seconds(request: pytest.FixtureRequest) -> Callable[[str, float], None]:
    """Return a function that prints a duration past pytest's capture."""
    reporter = request.config.pluginmanager.getplugin("terminalreporter")

    def report(what: str, seconds: float) -> None:
        if reporter:
            reporter.write_line(f"{what}: {seconds:.1f} s")

    return report


def table_rows(output: str) -> list[list[str]]:
    """Return the cells of the printed table, header first."""
    return [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in output.splitlines()
        if line.startswith("| ")
    ]


def installed(clone: Path) -> dict[str, int]:
    """Return each installed distribution with the time at which it was installed."""
    return {
        str(path.relative_to(clone)): path.stat().st_mtime_ns
        for path in (clone / ".venv").glob("lib/python*/site-packages/*.dist-info/RECORD")
    }


def test_make_build_ends_with_what_each_llm_cost(built: Made) -> None:
    header, *rows = table_rows(built.output)
    assert header == ["LLM", "requests", "tokens", "USD", "USD per million"]
    assert len(rows) > 5
    *models, total = rows
    assert all(re.fullmatch(r"[\d,]+", row[1]) for row in rows)
    requests = [int(row[1].replace(",", "")) for row in rows]
    assert requests[-1] == sum(requests[:-1]) > 0
    assert all(re.fullmatch(r"\S+/\S+|\d+ more", row[0]) for row in models)
    assert re.search(r"[1-9]", total[3])
    assert "Where to look next" in built.output
    assert "ERROR=0" in built.output


def test_make_build_takes_the_promised_time(built: Made) -> None:
    assert built.seconds < 180


def test_a_second_make_build_reinstalls_and_rewrites_nothing(
    clone: Path, built: Made, report_seconds: Callable[[str, float], None]
) -> None:
    before = installed(clone)
    assert before
    raw = {path: path.stat().st_mtime_ns for path in (clone / "data" / "raw").rglob("*.parquet")}
    assert raw
    again = run(clone, "make", "build")
    report_seconds("make build, the second time", again.seconds)
    assert "installing" not in again.output
    assert installed(clone) == before
    assert {path: path.stat().st_mtime_ns for path in raw} == raw
    assert table_rows(again.output) == table_rows(built.output)


def test_plain_dbt_works_after_it(
    clone: Path, built: Made, report_seconds: Callable[[str, float], None]
) -> None:
    dbt = str(clone / ".venv" / "bin" / "dbt")
    plain = run(clone, dbt, "build")
    report_seconds("dbt build on the sample, tests included", plain.seconds)
    assert "ERROR=0" in plain.output
    freshness = run(clone, dbt, "source", "freshness")
    assert "llm_usage_events" in freshness.output


def test_a_build_changes_nothing_that_git_would_commit(clone: Path, built: Made) -> None:
    for difference in (["ls-files", "--others", "--exclude-standard"], ["diff", "--name-only"]):
        listed = subprocess.run(
            ["git", *difference], cwd=clone, capture_output=True, text=True, check=True
        )
        assert listed.stdout == ""
