"""Run a command and say how long it took, and how much memory and temporary disk it held."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import psutil

SAMPLE_SECONDS = 0.05
PROGRESS_SECONDS = 120
GIGABYTE = 1e9
# What `st_blocks` counts in, whatever the file system.
DISK_BLOCK = 512


class StepFailed(Exception):
    """A step ended with an error; the message holds what it printed."""


@dataclass(frozen=True)
class Step:
    """What one command and its children took; bytes are peaks of resident memory and of files."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    peak_temporary_bytes: int
    output: str


def say(message: str) -> None:
    """Print progress with its time, on standard error."""
    print(f"{datetime.now(UTC):%H:%M:%S} {message}", file=sys.stderr, flush=True)


def resident_bytes(process: psutil.Process) -> int:
    """Return the resident memory of a process and its children; 0 once it is gone."""
    total = 0
    try:
        for each in [process, *process.children(recursive=True)]:
            try:
                total += each.memory_info().rss
            except psutil.NoSuchProcess:
                continue
    except psutil.NoSuchProcess:
        return 0
    return total


def bytes_in(folder: Path) -> int:
    """Return what the files of a folder take on the disk; some may go while they are counted."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                total += Path(parent, name).stat().st_blocks * DISK_BLOCK
    return total


def cpu_seconds() -> float:
    """Return user and system time of all children that have ended, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(
    command: Sequence[str | Path],
    folder: Path,
    environment: Mapping[str, str],
    temporary: Path | None = None,
) -> Step:
    """Run a command in a folder, sample its memory and temporary files; raise StepFailed."""
    # What an earlier step wrote is on the disk before the clock starts.
    os.sync()
    started, cpu_before = time.monotonic(), cpu_seconds()
    child = subprocess.Popen(
        [str(part) for part in command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    peak = peak_temporary = 0
    ended = threading.Event()

    def sample() -> None:
        nonlocal peak, peak_temporary
        process = psutil.Process(child.pid)
        told = started
        while not ended.wait(SAMPLE_SECONDS):
            peak = max(peak, resident_bytes(process))
            if temporary:
                peak_temporary = max(peak_temporary, bytes_in(temporary))
            if time.monotonic() - told > PROGRESS_SECONDS:
                told = time.monotonic()
                memory, disk = peak / GIGABYTE, peak_temporary / GIGABYTE
                say(
                    f"    running for {told - started:.0f} s, peaks so far: {memory:.1f} GB memory,"
                    f" {disk:.1f} GB of temporary files"
                )

    sampler = threading.Thread(target=sample, daemon=True)
    sampler.start()
    output, _ = child.communicate()
    ended.set()
    sampler.join()
    if child.returncode != 0:
        raise StepFailed(f"{' '.join(map(str, command))}\n{output[-4000:]}")
    return Step(
        time.monotonic() - started, cpu_seconds() - cpu_before, peak, peak_temporary, output
    )


def timed(work: Callable[[], Any]) -> float:
    """Return the seconds that a call takes."""
    started = time.monotonic()
    work()
    return time.monotonic() - started


def median_of(repeats: int, what: str, work: Callable[[], float]) -> float:
    """Return the median of what a call returns, called `repeats` times."""
    values = []
    for number in range(repeats):
        values.append(work())
        say(f"  {what}, {number + 1} of {repeats}: {values[-1]:.2f} s")
    return median(values)
