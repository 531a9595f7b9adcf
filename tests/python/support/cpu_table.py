"""CPU seconds of each test file, all processes counted: a pytest plugin that writes a table.

Counted are user and system time of the process of tests and of all that it started, servers among
it. The table is target/test_cpu.tsv; its last line is the sum.
"""

from __future__ import annotations

import ctypes
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

TABLE = Path("target") / "test_cpu.tsv"
# Starting pytest, importing and collecting.
COLLECTION = "(collection)"
PR_SET_CHILD_SUBREAPER = 36


def cpu_of(process: psutil.Process) -> float:
    """Return the seconds of a process and of those children of it that have ended."""
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    ended = getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
    return float(times.user + times.system + ended)


def adopt_orphans() -> None:
    """Become the parent of servers whose parent has ended; Linux alone can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def is_worker(config: pytest.Config) -> bool:
    """Say whether this process runs beside others, of pytest-xdist."""
    return hasattr(config, "workeroutput")


class CpuTable:
    """Adds up what each file costs; a process that runs beside others sends it to the first."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.seconds: Counter[str] = Counter()
        self._read = 0.0
        # What runs the others counts itself alone: each of them sends its own.
        self._is_alone = not config.getoption("numprocesses", None) or is_worker(config)
        adopt_orphans()

    def total(self) -> float:
        """Return what all processes of ours have used until now."""
        process = psutil.Process()
        if not self._is_alone:
            times = process.cpu_times()
            return float(times.user + times.system)
        return sum(map(cpu_of, [process, *process.children(recursive=True)]))

    def has_run(self) -> bool:
        """Say whether a test has run: what only collects writes no table over another's."""
        return bool(self.seconds.keys() - {COLLECTION})

    def add(self, name: str) -> None:
        """Add what was used since the last call."""
        total = self.total()
        # Seconds of a process that nobody waited for may be gone with it.
        self.seconds[name] += max(0.0, total - self._read)
        self._read = total

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.add(COLLECTION)
        result = yield
        self.add(item.path.name)
        return result

    # No wrapper: pytest-xdist sends what a process puts out in one of its own.
    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        self.add(COLLECTION)
        if is_worker(self.config):
            self.config.workeroutput["cpu"] = dict(self.seconds)
        elif self.has_run():
            write_table(self.config.rootpath / TABLE, self.seconds)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self.seconds.update(getattr(node, "workeroutput", {}).get("cpu", {}))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.has_run():
            return
        minutes = sum(self.seconds.values()) / 60
        terminalreporter.write_line(f"{minutes:.1f} CPU minutes; by file: {TABLE}")


def write_table(file: Path, seconds: Counter[str]) -> None:
    """Write file and seconds, the most expensive first."""
    file.parent.mkdir(exist_ok=True)
    rows = [*seconds.most_common(), ("all", sum(seconds.values()))]
    lines = ["file\tcpu_seconds", *(f"{name}\t{spent:.1f}" for name, spent in rows)]
    file.write_text("\n".join(lines) + "\n")
