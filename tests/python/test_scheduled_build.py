"""A scheduled build publishes all of a run or nothing, one run at a time, under readers' feet."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import psutil
import pytest
import scheduled_build
from mart_export.marts import hash_marts
from scheduled_build import BadSurroundings, DbtRun, Places
from support.project import Project, clean_environment, utc
from tested_until import file_beside, read_times, settings_of, write_time
from warehouse import Warehouse

LOADED_AT = utc("2026-11-20")
CONTROL_TOTALS = "assert_every_batch_holds_what_the_loader_counted"
PATIENCE_SECONDS = 600
PUBLISHED = {"llm_finops.duckdb", "llm_finops.duckdb.lock", "llm_finops.duckdb.tested.json"}
NOT_OURS = {"raw", "inbox", "tmp"}
# One table that every run makes, where it does not matter what is built.
SMALL = """
  - name: small
    description: The calendar.
    definition:
      union:
        - {method: fqn, value: dim_dates}
        - exclude: [{method: resource_type, value: test}]
"""


def event(number: int) -> dict[str, Any]:
    return {
        "event_id": f"call-{number}",
        "started_at": utc("2026-11-19") + timedelta(minutes=number),
        "provider_name": "openai",
        "response_model": "gpt-4o",
        "input_tokens": 1000,
        "output_tokens": 10,
        "workspace_id": "w1",
        "user_id": "u1",
    }


def start(project: Project, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "scripts/scheduled_build.py", *arguments],
        cwd=project.path,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def scheduled(project: Project, *arguments: str) -> subprocess.CompletedProcess[str]:
    run = start(project, *arguments)
    out, err = run.communicate(timeout=PATIENCE_SECONDS)
    return subprocess.CompletedProcess(run.args, run.returncode, out, err)


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def left_behind(project: Project) -> set[str]:
    """Return what stands beside the raw area."""
    return {path.name for path in (project.path / "data").iterdir()} - NOT_OURS


def counts(project: Project) -> tuple[int, int]:
    """Return the requests of a mart that runs hourly, and of one that does not."""
    ((hourly, daily),) = project.query(
        "select (select sum(requests) from marts.llm_costs_daily),"
        " (select sum(requests) from marts.llm_efficiency_stats where is_all_workspaces)"
    )
    return int(hourly), int(daily)


@pytest.fixture(scope="module")
def fresh(make_project: Callable[..., Project]) -> Project:
    """A project with raw rows and without a warehouse."""
    project = make_project("scheduled")
    with (project.path / "selectors.yml").open("a") as selectors:
        selectors.write(SMALL)
    project.load([event(1), event(2)], loaded_at=LOADED_AT)
    return project


@pytest.fixture(scope="module")
def first_runs(fresh: Project) -> tuple[subprocess.CompletedProcess[str], ...]:
    """Two first runs at the same time; the hourly one starts first."""
    first = start(fresh, "--selector", "hourly")
    wait_until(lambda: (fresh.path / "data" / "llm_finops.build").exists())
    second = scheduled(fresh, "--selector", "daily")
    out, err = first.communicate(timeout=PATIENCE_SECONDS)
    return subprocess.CompletedProcess(first.args, first.returncode, out, err), second


@pytest.fixture
def built(fresh: Project, first_runs: tuple[object, ...]) -> Project:
    """The project with a published warehouse; a test leaves it publishable."""
    assert fresh.database.exists()
    return fresh


def test_the_first_run_builds_everything_whatever_was_asked_for(
    fresh: Project, first_runs: tuple[subprocess.CompletedProcess[str], ...]
) -> None:
    first, _ = first_runs
    assert (first.returncode, first.stderr) == (0, "")
    assert "was never built: building daily, not hourly" in first.stdout
    assert counts(fresh) == (2, 2)
    assert left_behind(fresh) == PUBLISHED


def test_of_two_runs_at_once_the_second_names_the_first_and_ends_with_75(
    first_runs: tuple[subprocess.CompletedProcess[str], ...],
) -> None:
    _, second = first_runs
    assert second.returncode == 75
    assert "another run holds data/llm_finops.duckdb.lock: hourly, process " in second.stderr
    assert second.stdout == ""


def reader(database: Path, columns: str) -> subprocess.Popen[str]:
    """Start a process that opens the database, answers a query, and again once it is asked."""
    code = f"""
        import duckdb
        connection = duckdb.connect({str(database)!r}, read_only=True)
        for question in (0, 1):
            print(connection.execute({columns!r}).fetchall(), flush=True)
            input()
    """
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_an_hourly_run_swaps_the_file_under_a_reader_and_keeps_the_other_marts(
    built: Project,
) -> None:
    built.load([event(3)], loaded_at=LOADED_AT + timedelta(hours=1))
    before = hash_marts(built.database)
    requests = "select sum(requests)::integer from marts.llm_costs_daily"
    with reader(built.database, requests) as reading:
        assert reading.stdout and reading.stdin
        assert reading.stdout.readline() == "[(2,)]\n"
        run = scheduled(built, "--selector", "hourly")
        assert (run.returncode, run.stderr) == (0, "")
        # The open reader keeps the whole old state, a new one has the whole new state.
        reading.stdin.write("\n")
        reading.stdin.flush()
        assert reading.stdout.readline() == "[(2,)]\n"
        assert counts(built) == (3, 2)
        reading.stdin.close()
    after = hash_marts(built.database)
    assert {name for name in before if before[name] == after[name]} >= {
        "llm_efficiency_stats",
        "dim_llms",
    }
    assert before.keys() == after.keys()
    # Views that were built under another path work under this one.
    assert built.query("select count(*) from intermediate.int_llm_usage_history") == [(3,)]


def test_a_failed_test_publishes_nothing_and_keeps_the_failed_file(built: Project) -> None:
    published = sha256(built.database)
    batch = built.write_batch(
        [event(9)], batch_id="unannounced", loaded_at=LOADED_AT, manifest=False
    )
    run = scheduled(built, "--selector", "hourly")
    batch.unlink()
    assert run.returncode == 1
    assert sha256(built.database) == published
    assert f"in test {CONTROL_TOTALS}" in run.stderr
    assert "place = unannounced" in run.stderr
    failed = built.path / "data" / "llm_finops.failed" / "llm_finops.duckdb"
    kept = failed.relative_to(built.path)
    assert f"kept in {kept}" in run.stderr
    assert f"LLM_FINOPS_DUCKDB_PATH={kept} python scripts/doctor.py" in run.stderr
    with duckdb.connect(str(failed), read_only=True) as connection:
        assert connection.execute("select count(*) from seeds.llm_models").fetchall() > [(0,)]
    assert left_behind(built) == PUBLISHED | {"llm_finops.failed"}
    shutil.rmtree(failed.parent)


def test_a_run_that_never_started_building_keeps_nothing(built: Project) -> None:
    published = sha256(built.database)
    away = built.raw_dir.rename(built.path / "data" / "inbox" / "raw")
    run = scheduled(built, "--selector", "small")
    away.rename(built.raw_dir)
    assert run.returncode == 1
    assert "the raw area is not ready" in run.stderr
    assert sha256(built.database) == published
    assert left_behind(built) == PUBLISHED


def test_after_kill_9_the_lock_lasts_as_long_as_dbt_and_the_next_run_cleans_up(
    built: Project,
) -> None:
    published = sha256(built.database)
    run = start(built, "--selector", "small")
    # dbt is in the middle: it has written something that is not in the file yet.
    wait_until((built.path / "data" / "llm_finops.build" / "llm_finops.duckdb.wal").exists)
    (dbt,) = psutil.Process(run.pid).children()
    dbt.suspend()
    try:
        run.kill()
        run.communicate()
        during = scheduled(built, "--selector", "small")
    finally:
        dbt.kill()
    assert during.returncode == 75
    assert sha256(built.database) == published
    assert "llm_finops.build" in left_behind(built)

    after = scheduled(built, "--selector", "small", "--wait", "10")
    assert (after.returncode, after.stderr) == (0, "")
    assert left_behind(built) == PUBLISHED
    assert sha256(built.database) != published
    assert counts(built)[1] == 2


def test_a_run_that_is_told_to_end_ends_dbt_and_cleans_up(built: Project) -> None:
    published = sha256(built.database)
    run = start(built, "--selector", "small")
    wait_until(lambda: bool(psutil.Process(run.pid).children()))
    (dbt,) = psutil.Process(run.pid).children()
    run.terminate()
    _, err = run.communicate(timeout=PATIENCE_SECONDS)
    assert run.returncode == 128 + signal.SIGTERM
    assert "ended by SIGTERM; nothing was published" in err
    assert not dbt.is_running()
    assert sha256(built.database) == published
    assert left_behind(built) == PUBLISHED


def test_a_writer_on_the_published_file_is_named_and_nothing_is_built(built: Project) -> None:
    published = sha256(built.database)
    with duckdb.connect(str(built.database)):
        run = scheduled(built, "--selector", "daily")
    assert run.returncode == 2
    assert f"is open for writing in process {os.getpid()}" in run.stderr
    assert sha256(built.database) == published
    assert left_behind(built) == PUBLISHED


def test_nobody_can_write_to_the_published_file_while_a_run_builds_beside_it(
    tmp_path: Path,
) -> None:
    database = tmp_path / "x.duckdb"
    duckdb.connect(str(database)).close()
    with scheduled_build.shared(database) as opened:
        scheduled_build.copy_warehouse(opened, tmp_path / "copy.duckdb")
        code = f"import duckdb; duckdb.connect({str(database)!r}, read_only={{}}).close()"
        reading = subprocess.run([sys.executable, "-c", code.format(True)], capture_output=True)
        writing = subprocess.run([sys.executable, "-c", code.format(False)], capture_output=True)
    assert (reading.returncode, writing.returncode) == (0, 1)
    assert b"Could not set lock" in writing.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--selector", "dayly"], "there is no selector dayly; there is hourly, daily, full_audit"),
        (["--selector", "daily", "--target", "duckbd"], "name one that profiles.yml has: duckdb"),
        (["--selector", "daily", "--dbt-args", "--select=x"], "cannot be among --dbt-args"),
        (["--selector", "daily", "--no-such-option"], "unrecognized arguments"),
    ],
    ids=["selector", "target", "option of dbt", "option"],
)
def test_a_wrong_call_is_refused_with_2(built: Project, arguments: list[str], message: str) -> None:
    run = scheduled(built, *arguments)
    assert (run.returncode, run.stdout) == (2, "")
    assert message in run.stderr


def test_a_profile_that_fixes_the_path_is_refused(built: Project) -> None:
    profile = built.path / "profiles.yml"
    text = profile.read_text()
    fixed = "".join(
        "      path: data/llm_finops.duckdb\n" if "LLM_FINOPS_DUCKDB_PATH" in line else line
        for line in text.splitlines(keepends=True)
    )
    profile.write_text(fixed)
    run = scheduled(built, "--selector", "daily")
    profile.write_text(text)
    assert run.returncode == 2
    assert "must be env_var('LLM_FINOPS_DUCKDB_PATH', ...)" in run.stderr


def test_a_disk_without_room_for_the_copy_is_refused_before_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "x.duckdb"
    database.write_bytes(b"x" * 1000)
    monkeypatch.setattr(
        shutil, "disk_usage", lambda _: argparse.Namespace(free=1999, total=9999, used=8000)
    )
    with database.open("rb") as opened, pytest.raises(BadSurroundings, match="2 times its size"):
        scheduled_build.copy_warehouse(opened, tmp_path / "copy.duckdb")
    assert not (tmp_path / "copy.duckdb").exists()


def test_the_log_of_a_killed_writer_is_written_back_before_the_copy(tmp_path: Path) -> None:
    database = tmp_path / "x.duckdb"
    code = f"""
        import duckdb, os
        connection = duckdb.connect({str(database)!r})
        connection.execute("create table t as select 1 as i")
        os.kill(os.getpid(), 9)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)])
    assert (tmp_path / "x.duckdb.wal").exists()
    with reader(database, "select i from t") as reading:
        assert reading.stdout and reading.stdin
        assert reading.stdout.readline() == "[(1,)]\n"
        with pytest.raises(BadSurroundings, match=f"process {reading.pid}"):
            scheduled_build.settle(database)
        reading.kill()
    scheduled_build.settle(database)
    assert not (tmp_path / "x.duckdb.wal").exists()
    with duckdb.connect(str(database), read_only=True) as connection:
        assert connection.execute("select i from t").fetchall() == [(1,)]


def test_behind_a_link_the_file_is_replaced_and_keeps_the_name_of_the_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    file = tmp_path / "disk" / "real.duckdb"
    file.touch()
    link = tmp_path / "llm_finops.duckdb"
    link.symlink_to(file)
    places = Places.beside(link)
    assert places.published == file
    assert places.build == tmp_path / "disk" / "llm_finops.build" / "llm_finops.duckdb"
    assert Places.beside(Path("data/x.duckdb")).build == Path("data/x.build/x.duckdb")


@pytest.mark.parametrize(("exit_code", "expected"), [(0, 0), (1, 1), (2, 1), (-9, 1)])
def test_another_engine_builds_in_place_under_the_lock(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    exit_code: int,
    expected: int,
) -> None:
    scopes: list[dict[str, str]] = []

    def dbt(selector: str, options: list[str], settings: dict[str, str], *_: object) -> DbtRun:
        assert (selector, options) == ("hourly", ["--target", "pg"])
        scopes.append(settings)
        with (tmp_path / "data" / "pg.lock").open() as lock, pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return DbtRun(exit_code, "PASS=1", problems=["what failed"])

    (tmp_path / "selectors.yml").write_text("selectors: [{name: hourly}]")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(scheduled_build, "run_dbt", dbt)
    monkeypatch.setattr(
        scheduled_build.postgres_connection, "connect", lambda _: contextlib.ExitStack()
    )
    monkeypatch.setattr(
        scheduled_build, "find_warehouse", lambda _: Warehouse("pg", "postgres", None, {})
    )
    arguments = argparse.Namespace(
        selector="hourly", target=None, dbt_args=[], wait=0, verbose=False
    )
    assert scheduled_build.scheduled_build(arguments) == expected
    printed = capsys.readouterr()
    assert ("what failed" in printed.err) == bool(expected)
    assert ("built target pg" in printed.out) == (not expected)
    # Only a run whose tests passed spares the next one what was computed before it.
    scheduled_build.scheduled_build(arguments)
    assert scopes[0] == {"LLM_FINOPS_TEST_SCOPE": "all"}
    assert scopes[1].get("LLM_FINOPS_TEST_SCOPE") == ("all" if expected else "restated")
    assert ("LLM_FINOPS_TESTED_SINCE" in scopes[1]) == (not expected)


def test_a_good_daily_run_counts_for_every_selector_and_an_hourly_one_for_its_own(
    tmp_path: Path,
) -> None:
    file = file_beside(tmp_path / "x.duckdb.lock")
    assert file.name == "x.duckdb.tested.json"
    write_time(["hourly", "daily"], utc("2026-11-20T02:00:00"), file)
    write_time(["hourly"], utc("2026-11-20T07:00:00"), file)
    assert read_times(file) == {"hourly": "2026-11-20 07:00:00", "daily": "2026-11-20 02:00:00"}
    assert settings_of("full_audit", True, file) == {"LLM_FINOPS_TEST_SCOPE": "all"}
    file.write_text('{"hourly": "yesterday"}')
    assert settings_of("hourly", False, file) == {"LLM_FINOPS_TEST_SCOPE": "all"}


def test_a_run_that_leaves_something_out_does_not_count_as_tested(built: Project) -> None:
    """What was left out for one run would else never be asked of the dates of that run."""
    file = file_beside(built.database.with_suffix(".duckdb.lock"))
    before = read_times(file)
    leaving_out = scheduled(built, "--selector", "small", "--dbt-args", "--exclude", "dim_llms")
    assert leaving_out.returncode == 0, leaving_out.stderr
    assert read_times(file) == before
    assert scheduled(built, "--selector", "small").returncode == 0
    assert read_times(file)["small"] > before.get("small", "")


def test_what_an_earlier_run_computed_is_tested_until_a_good_run_has_tested_it(
    make_project: Callable[..., Project],
) -> None:
    """A day spoiled before the newest run is found from the last good run on, and only then."""
    project = make_project("tested_until")
    for number in (1, 2):
        call = {**event(number), "started_at": utc(f"2026-11-1{number}")}
        project.load([call], loaded_at=LOADED_AT + timedelta(hours=number))
        project.dbt("build", "--exclude-resource-type", "test", "unit_test")
    with duckdb.connect(str(project.database)) as connection:
        connection.execute(
            "update marts.fct_llm_usage_daily set total_tokens = total_tokens + 1"
            " where usage_date = (select min(usage_date) from marts.fct_llm_usage_daily)"
        )
        (since,) = connection.execute(
            "select min(restated_at)::varchar from marts.fct_llm_usage"
        ).fetchall()[0]

    def is_found(**settings: str) -> bool:
        test = ("test", "--select", "assert_daily_usage_equals_attempts")
        scope = {"LLM_FINOPS_TEST_SCOPE": "restated", **settings}
        return project.dbt(*test, check=False, **scope).returncode == 1

    assert is_found(LLM_FINOPS_TESTED_SINCE=since)
    assert not is_found()
    assert not is_found(LLM_FINOPS_TESTED_SINCE="2999-01-01 00:00:00")


def test_a_new_batch_is_tested_without_what_earlier_runs_have_tested(
    make_project: Callable[..., Project],
) -> None:
    """Before the new batch is built nothing newer is in the fact, which was tested whole."""
    project = make_project("tested_batches")

    def load(number: int) -> None:
        call = {**event(number), "started_at": utc(f"2026-11-1{number}")}
        project.load([call], loaded_at=LOADED_AT + timedelta(hours=number))

    def tested() -> set[str]:
        query = "select '{{ (tested_batches() or []) | join(',') }}' as batches"
        scope = {
            "LLM_FINOPS_TEST_SCOPE": "restated",
            "LLM_FINOPS_TESTED_SINCE": "2999-01-01 00:00:00",
        }
        shown = project.dbt("show", "--inline", query, "--output", "json", **scope).stdout
        (row,) = json.loads(shown[shown.index("{") :])["show"]
        return set(row["batches"].split(","))

    for number in (1, 2):
        load(number)
    project.dbt("build", "--exclude-resource-type", "test", "unit_test")
    earlier = tested()
    assert len(earlier) == 2
    load(3)
    new = tested()
    assert len(new) == 1 and not new & earlier
    project.dbt("run")
    assert tested() == new
