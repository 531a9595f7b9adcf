"""Build the warehouse from a scheduler: one run at a time, published only if no test failed.

On DuckDB the run works on a copy of the warehouse beside it and renames the copy over the published
file at the end, so readers are never blocked and never see half a build. A selector that leaves
models out leaves them as they were. On another engine dbt builds in place, one run at a time.
Standard output says what was done, standard error only what is wrong. docs/scheduling.md has
recipes for schedulers, and what to do when a test fails.

Usage: python scripts/scheduled_build.py --selector daily [--target NAME] [--wait SECONDS]
           [--verbose] [--dbt-args ...]
Exit codes: 0 published, 1 dbt or a test failed, 2 wrong call or surroundings, 75 another run holds
the lock (try later), 128 + n ended by signal n. Only 0 publishes.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, NoReturn

import duckdb
import postgres_connection
import spark_connection
from engine_servers.problems import ServerProblem
from raw_area import ROOT, fail, publish
from tested_until import file_beside, settings_of, write_time
from warehouse import (
    FILE_SETTING,
    NoProfile,
    find_warehouse,
    holder,
    kept_after_failure,
    read_yaml,
    share,
)

LOCK_IS_HELD = 75
FIRST_BUILD = "daily"
BUILDS_EVERYTHING = ("daily", "full_audit")
TESTS_EVERYTHING = ("full_audit",)
POLL_SECONDS = 0.2
PATIENCE_WITH_DBT_SECONDS = 20
COPY_BYTES = 16 * 1024 * 1024
# One copy to build in, and room for tables that stand there twice while they are replaced.
FREE_SPACE_FACTOR = 2
# What this script itself tells dbt.
RESERVED = {
    *("--select", "-s", "--selector", "--models", "-m", "--target", "-t", "--target-path"),
    *("--project-dir", "--profiles-dir", "--profile", "--log-format", "--log-level"),
    *("--quiet", "-q", "--no-print"),
}
LEAVES_TESTS_OUT = {"--exclude", "--exclude-resource-type", "--exclude-resource-types"}
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class BadSurroundings(Exception):
    """Nothing can be built here; the message names the mend."""


class LockIsHeld(Exception):
    """Another run is building; the message names it."""


class Ended(Exception):
    """A signal asked this run to end."""

    def __init__(self, number: int) -> None:
        super().__init__(f"ended by {signal.Signals(number).name}")
        self.exit_code = 128 + number


def end(number: int, _frame: object) -> NoReturn:
    raise Ended(number)


def say(message: str) -> None:
    print(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {message}", flush=True)


@dataclass
class DbtRun:
    """What one run of dbt said: its exit code, its last line, and what went wrong."""

    exit_code: int
    summary: str = ""
    started_nodes: bool = False
    problems: list[str] = field(default_factory=list)


def hear(event: Mapping[str, Any], run: DbtRun) -> str:
    """Note what matters of one line of dbt's log, and return its message."""
    info = event["info"]
    name, message = info["name"], str(info["msg"])
    if name == "StatsLine":
        run.summary = message.removeprefix("Done. ")
    elif name == "LogStartLine":
        run.started_nodes = True
    # Progress lines repeat what the end of the run says; a failed test's rows come as plain text.
    elif name in ("JinjaLogInfo", "SQLCompiledPath") or (
        info["level"] == "error" and not name.startswith("Log")
    ):
        run.problems.append(message)
    return message


def run_dbt(
    selector: str,
    options: Sequence[str],
    settings: Mapping[str, str],
    lock: int,
    verbose: bool,
) -> DbtRun:
    """Run `dbt build` and wait for it; a signal to this process ends dbt first."""
    # A folder of its own: dbt parses all files again when the path of the warehouse has changed.
    target_path = Path(os.environ.get("DBT_TARGET_PATH", "target")) / "scheduled"
    command = [sys.executable, "-m", "dbt.cli.main", "build", "--log-format", "json"]
    command += ["--log-level", "info", "--no-quiet", "--print"]
    # The option --selector would silently ignore an --exclude of the caller's.
    command += ["--select", f"selector:{selector}", "--target-path", str(target_path)]
    command += ["--no-use-colors", *options]
    run = DbtRun(exit_code=2)
    # dbt holds the lock too: should this process be killed, the lock lasts until dbt has ended.
    with subprocess.Popen(
        command,
        env=os.environ | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        pass_fds=[lock],
    ) as dbt:
        assert dbt.stdout
        try:
            for line in dbt.stdout:
                try:
                    message = hear(json.loads(line), run)
                except (ValueError, LookupError, TypeError):
                    message = line.rstrip()
                    run.problems.append(message)
                if verbose:
                    say(f"  {message}")
            run.exit_code = dbt.wait()
        except Ended:
            stop(dbt)
            raise
    if run.exit_code < 0:
        number = signal.Signals(-run.exit_code).name
        run.problems.append(f"dbt was ended by {number}; SIGKILL is often a lack of memory")
    return run


def stop(dbt: subprocess.Popen[str]) -> None:
    """End dbt, by force if it does not listen."""
    dbt.terminate()
    try:
        dbt.wait(PATIENCE_WITH_DBT_SECONDS)
    except subprocess.TimeoutExpired:
        dbt.kill()


@contextlib.contextmanager
def run_lock(path: Path, wait: float, who: str) -> Iterator[int]:
    """Hold the lock of scheduled runs; it goes with the last process that holds it, never stale."""
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + wait
    with path.open("a+") as handle:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    handle.seek(0)
                    holding = handle.read().strip() or "an unnamed run"
                    raise LockIsHeld(f"another run holds {path}: {holding}") from None
                time.sleep(POLL_SECONDS)
        handle.truncate(0)
        handle.write(f"{who}, process {os.getpid()}, since {datetime.now(UTC):%H:%M:%SZ}\n")
        handle.flush()
        yield handle.fileno()


@dataclass(frozen=True)
class Places:
    """Where the files of a DuckDB warehouse stand.

    The copies keep the file's name, in folders beside it: dbt names the database after the file, in
    every query that it compiles.
    """

    published: Path
    build: Path
    failed: Path

    @classmethod
    def beside(cls, file: Path) -> Places:
        # Where the path is a link, the file behind it is replaced, not the link.
        published = file.resolve() if file.is_symlink() else file
        build = published.with_name(f"{file.stem}.build") / file.name
        return cls(published, build, kept_after_failure(published))


def wal_of(database: Path) -> Path:
    return database.with_name(f"{database.name}.wal")


def settle(published: Path) -> None:
    """Write back the log that a killed program left beside the warehouse."""
    wal = wal_of(published)
    if wal.exists() and (user := holder(published, read_only=False)):
        raise BadSurroundings(
            f"{wal} holds changes that are not in the warehouse yet, and {user} has it open:"
            " end that process and run again"
        )


@contextlib.contextmanager
def shared(published: Path) -> Iterator[IO[bytes]]:
    """Open the published file so that nobody writes to it until the run ends; reading goes on."""
    # Closed at the end only: closing any handle of the file drops the lock.
    with published.open("rb") as opened:
        if not share(opened):
            raise BadSurroundings(
                f"{published} is open for writing in {holder(published) or 'another process'}:"
                " end it, or open the file read-only there"
            )
        yield opened


def copy_warehouse(opened: IO[bytes], build: Path) -> None:
    """Copy the published warehouse to where it is built, if the disk has room."""
    status = os.fstat(opened.fileno())
    free = shutil.disk_usage(build.parent).free
    if free < FREE_SPACE_FACTOR * status.st_size:
        raise BadSurroundings(
            f"{free / 1e9:.2f} GB are free beside the warehouse; a build needs"
            f" {FREE_SPACE_FACTOR} times its size, which is {status.st_size / 1e9:.2f} GB"
        )
    with build.open("wb") as copy:
        shutil.copyfileobj(opened, copy, COPY_BYTES)
    build.chmod(stat.S_IMODE(status.st_mode))
    # The first checkpoint would wait for all of the copy: it goes to the disk while dbt starts.
    threading.Thread(target=write_through, args=(build,), daemon=True).start()


def write_through(file: Path) -> None:
    """Have the system write what it holds back of a file."""
    with contextlib.suppress(OSError), file.open("rb") as opened:
        os.fsync(opened.fileno())


def is_built(database: Path) -> bool:
    """Whether the file holds a mart."""
    if not database.exists():
        return False
    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            marts = connection.execute(
                "select 1 from duckdb_tables() where schema_name = 'marts' limit 1"
            ).fetchall()
    except duckdb.IOException as error:
        raise BadSurroundings(f"the warehouse cannot be read: {error}") from error
    return bool(marts)


def publish_build(places: Places) -> None:
    """Put the finished build in the place of the published file, in one step."""
    with duckdb.connect(str(places.build)) as connection:
        connection.execute("force checkpoint")
    if wal_of(places.build).exists():
        raise BadSurroundings(f"{wal_of(places.build)} is still there after a checkpoint")
    publish(places.build, places.published)


def refuse(selector: str, run: DbtRun, consequence: str) -> int:
    """Print what failed and what that means for readers; return the exit code."""
    lines = [f"{selector}: dbt ended with {run.exit_code}. {run.summary}".strip(), *run.problems]
    return fail(1, "\n".join([*lines, consequence]))


def build_and_swap(selector: str, places: Places, build: Callable[[str], DbtRun]) -> int:
    """Build in a copy of the warehouse and publish it if all went well; return the exit code."""
    # The lock is ours: what stands here was left by a killed run.
    shutil.rmtree(places.build.parent, ignore_errors=True)
    places.build.parent.mkdir(parents=True)
    started = time.monotonic()
    with contextlib.ExitStack() as held:
        held.callback(shutil.rmtree, places.build.parent, ignore_errors=True)
        if places.published.exists():
            settle(places.published)
            copy_warehouse(held.enter_context(shared(places.published)), places.build)
        if selector not in BUILDS_EVERYTHING and not is_built(places.build):
            say(f"{places.published} was never built: building {FIRST_BUILD}, not {selector}")
            selector = FIRST_BUILD
        run = build(selector)
        if run.exit_code == 0:
            for number in SIGNALS:
                signal.signal(number, signal.SIG_IGN)
            publish_build(places)
            seconds = time.monotonic() - started
            say(f"{selector}: published {places.published} after {seconds:.0f} s. {run.summary}")
            return 0
        before = "is as it was" if places.published.exists() else "is not there yet"
        consequence = f"Nothing was published: {places.published} {before}."
        if run.started_nodes:
            shutil.rmtree(places.failed.parent, ignore_errors=True)
            places.build.parent.rename(places.failed.parent)
            consequence += (
                f" What failed is kept in {places.failed}; to examine it:"
                f" {FILE_SETTING}={places.failed} python scripts/doctor.py"
            )
        return refuse(selector, run, consequence)


def build_in_place(selector: str, target: str, build: Callable[[str], DbtRun]) -> int:
    """Build where dbt builds; return the exit code."""
    run = build(selector)
    if run.exit_code:
        return refuse(selector, run, f"Target {target} holds what was built before that.")
    say(f"{selector}: built target {target}. {run.summary}")
    return 0


def scheduled_build(arguments: argparse.Namespace) -> int:
    """Check the call, take the lock, build; return the exit code."""
    selectors = [each["name"] for each in read_yaml(Path("selectors.yml"))["selectors"]]
    selector = arguments.selector
    if selector not in selectors:
        raise BadSurroundings(f"there is no selector {selector}; there is {', '.join(selectors)}")
    for name in arguments.dbt_args:
        if name.split("=")[0] in RESERVED:
            raise BadSurroundings(f"{name} cannot be among --dbt-args: this script sets it")
    warehouse = find_warehouse(arguments.target)
    if warehouse.engine == "postgres":
        postgres_connection.connect(warehouse.connection).close()
    elif warehouse.engine == "spark":
        spark_connection.knock(warehouse.connection)
    places = Places.beside(warehouse.file) if warehouse.file else None
    lock_file = Path("data", f"{warehouse.target}.lock")
    settings = {}
    if places:
        lock_file = places.published.with_name(f"{places.published.name}.lock")
        settings = {FILE_SETTING: str(places.build)}
        if find_warehouse(warehouse.target, settings).file != places.build:
            raise BadSurroundings(
                f"profiles.yml: the path of target {warehouse.target} must be"
                f" env_var('{FILE_SETTING}', ...), so that it can be built beside the published"
                " file; see profiles.yml.example"
            )
    with run_lock(lock_file, arguments.wait, selector) as lock:
        say(f"{selector}: started on target {warehouse.target}")
        times, started_at, tested = file_beside(lock_file), datetime.now(UTC), set[str]()

        def build(chosen: str) -> DbtRun:
            options = ["--target", warehouse.target, *arguments.dbt_args]
            scope = settings_of(chosen, chosen in TESTS_EVERYTHING, times)
            tested.update(selectors if chosen in BUILDS_EVERYTHING else [chosen])
            return run_dbt(chosen, options, {**scope, **settings}, lock, arguments.verbose)

        if places:
            code = build_and_swap(selector, places, build)
        else:
            code = build_in_place(selector, warehouse.target, build)
        # What was left out for one run is asked in the next.
        if code == 0 and not LEAVES_TESTS_OUT & {each.split("=")[0] for each in arguments.dbt_args}:
            write_time(tested, started_at, times)
        return code


def command_line() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description="Build the warehouse from a scheduler; publish only what passed its tests.",
        epilog="Exit codes: 0 published, 1 dbt or a test failed, 2 wrong call or surroundings,"
        " 75 another run holds the lock, 128 + n ended by signal n.",
    )
    parser.add_argument("--selector", required=True, help="a selector of selectors.yml")
    parser.add_argument("--target", help="target of profiles.yml; default: as dbt chooses it")
    parser.add_argument(
        "--wait", type=float, default=0, metavar="SECONDS", help="wait for another run; default: 0"
    )
    parser.add_argument("--verbose", action="store_true", help="print what dbt prints")
    parser.add_argument(
        "--dbt-args", nargs=argparse.REMAINDER, default=[], help="last: the rest goes to dbt build"
    )
    return parser


def main() -> int:
    arguments = command_line().parse_args()
    os.chdir(ROOT)
    for number in SIGNALS:
        # nohup and background jobs ignore some signals on purpose.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, end)
    try:
        return scheduled_build(arguments)
    except LockIsHeld as held:
        return fail(LOCK_IS_HELD, str(held))
    except Ended as ended:
        return fail(ended.exit_code, f"{ended}; nothing was published")
    except (BadSurroundings, NoProfile, ServerProblem) as problem:
        return fail(2, str(problem))
    except OSError as error:
        return fail(2, f"{error.filename or ROOT}: {error.strerror or error}")


if __name__ == "__main__":
    sys.exit(main())
