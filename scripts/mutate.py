"""Break the project in one place at a time, and see that the named tests find it.

tests/python/mutants.yml holds the faults: valid SQL and Jinja, of the right types, that parse and
lint let pass. Each is put into a copy of the project, and the tests that it names run there; one
that all of them let pass has survived. The tests must pass without a fault: `make test` says so.

Usage: python scripts/mutate.py [--only NAME ...]
Output: each fault and its verdict: killed (and what the test said), survived, or invalid (correct
the list); what a test said is worth reading once: it should be about the fault.
Exit codes: 0 all killed, 1 one is not, 2 usage or environment.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from raw_area import ROOT, fail

MUTANTS = ROOT / "tests" / "python" / "mutants.yml"
SHARED = ROOT.parent / "shared"
# What no engine would run is found by anybody, and a slow machine finds nothing: a fault
# must give wrong results.
INVALID = re.compile(r"(Compilation|Parser|Binder|Catalog|Parsing) Error|Timeout")
FAILED, PASSED = 1, 0
MAX_LINES = 12


class BadMutant(Exception):
    """An entry of the list no longer fits the project."""


@dataclass(frozen=True)
class Mutant:
    """One fault: the text that is replaced, why it matters, and the tests that must find it."""

    name: str
    area: str
    file: str
    old: str
    new: str
    why: str
    tests: tuple[str, ...]

    def apply(self, folder: Path) -> None:
        """Put the fault into a copy of the project; raise BadMutant where it does not fit."""
        path = folder / self.file
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        if (found := text.count(self.old)) != 1:
            raise BadMutant(f"{self.name}: {self.file} holds `old` {found} times, not once")
        path.write_text(text.replace(self.old, self.new), encoding="utf-8")


def read_mutants(file: Path = MUTANTS) -> list[Mutant]:
    """Return the faults of the list."""
    entries = yaml.safe_load(file.read_text(encoding="utf-8"))
    return [Mutant(**entry | {"tests": tuple(entry["tests"])}) for entry in entries]


def copy_project(target: Path) -> None:
    """Copy the project's files, and put the public data sets beside them as here."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    if SHARED.is_dir():
        (target.parent / SHARED.name).symlink_to(SHARED)


def run_tests(mutant: Mutant) -> tuple[str, str]:
    """Return `killed`, `survived` or `invalid`, and what says so."""
    with tempfile.TemporaryDirectory(prefix="mutant_") as folder:
        copy = Path(folder) / ROOT.name
        copy_project(copy)
        try:
            mutant.apply(copy)
        except BadMutant as problem:
            return "invalid", str(problem)
        pytest = [sys.executable, "-m", "pytest", "-q", "-x", "--basetemp", f"{folder}/t"]
        result = subprocess.run(
            [*pytest, *mutant.tests],
            cwd=copy,
            capture_output=True,
            text=True,
        )
    if result.returncode == PASSED:
        return "survived", mutant.why
    if result.returncode != FAILED or (error := INVALID.search(result.stdout)):
        said = error[0] if result.returncode == FAILED and error else last_line(result)
        return "invalid", said
    return "killed", "\n".join(evidence(result.stdout))


def evidence(output: str) -> Iterator[str]:
    """Yield the test that failed, and the last lines of what it said."""
    yield from re.findall(r"^(?:FAILED|ERROR) (.*)", output, re.MULTILINE)[:1]
    yield from re.findall(r"^E  .*", output, re.MULTILINE)[-MAX_LINES:]


def last_line(result: subprocess.CompletedProcess[str]) -> str:
    return (result.stderr + result.stdout).strip().rpartition("\n")[2]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="See that the tests find each known fault.")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these faults alone")
    only = parser.parse_args(arguments).only
    mutants = read_mutants()
    if unknown := set(only or []) - {mutant.name for mutant in mutants}:
        return fail(2, f"{', '.join(sorted(unknown))}: not in {MUTANTS.relative_to(ROOT)}")
    chosen = [mutant for mutant in mutants if not only or mutant.name in only]
    verdicts = []
    for number, mutant in enumerate(chosen, start=1):
        started = time.monotonic()
        verdict, told = run_tests(mutant)
        verdicts.append(verdict)
        seconds = time.monotonic() - started
        print(
            f"[{number:2} of {len(chosen)}] {verdict:8} {mutant.area}: {mutant.name}"
            f" ({seconds:.0f} s)\n{textwrap.indent(told, ' ' * 11)}",
            flush=True,
        )
    print(f"{verdicts.count('killed')} of {len(chosen)} killed")
    return 0 if verdicts.count("killed") == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main())
