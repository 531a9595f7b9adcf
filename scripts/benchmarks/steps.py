"""Run a command and say how long it took and how much memory it held."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import psutil

SAMPLE_SECONDS = 0.05
GIGABYTE = 1e9


class StepFailed(Exception):
    """A step ended with an error; the message holds what it printed."""


@dataclass(frozen=True)
class Step:
    """What one command took: wall seconds, and peak resident bytes of it and its children."""

    seconds: float
    peak_bytes: int
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


def measure(command: Sequence[str | Path], folder: Path, environment: Mapping[str, str]) -> Step:
    """Run a command in a folder and sample its memory; raise StepFailed."""
    # What an earlier step wrote is on the disk before the clock starts.
    os.sync()
    started = time.monotonic()
    child = subprocess.Popen(
        [str(part) for part in command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    peak = 0
    ended = threading.Event()

    def sample() -> None:
        nonlocal peak
        process = psutil.Process(child.pid)
        while not ended.wait(SAMPLE_SECONDS):
            peak = max(peak, resident_bytes(process))

    sampler = threading.Thread(target=sample, daemon=True)
    sampler.start()
    output, _ = child.communicate()
    ended.set()
    sampler.join()
    if child.returncode != 0:
        raise StepFailed(f"{' '.join(map(str, command))}\n{output[-4000:]}")
    return Step(time.monotonic() - started, peak, output)


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
