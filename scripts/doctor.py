"""Examine this checkout and its warehouse, and say what to do next.

One line per finding, in this order: Python and locked packages, profile, vars, sources, freshness,
prices, warehouse. Raw tables are judged by the rules that stop a build (macro check_raw_sources).
Nothing is changed and no password is printed; dbt works in target/doctor.

Usage: python scripts/doctor.py [--target NAME] [--vars YAML] [--now INSTANT]
Exit codes: 0 all well (warnings included), 1 a problem, 2 the examination could not run.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

try:
    import yaml
    from doctor_checks import examine
    from doctor_patient import CannotExamine, Finding, Level, Patient, project_vars
    from raw_area import ROOT, fail
    from rich.console import Console
    from rich.text import Text
except ImportError as missing:
    print(f"doctor.py: {missing}; install what it needs: make install", file=sys.stderr)
    sys.exit(2)

STEPS = 5
COLOURS: dict[Level, str] = {"ok": "green", "warning": "yellow", "problem": "bold red"}


def given(text: str | None) -> dict[str, Any]:
    """Return the vars of the command line; raise CannotExamine where they are none."""
    try:
        read = yaml.safe_load(text or "{}")
    except yaml.YAMLError as error:
        raise CannotExamine(f"--vars is no YAML: {error}") from error
    if not isinstance(read, dict):
        raise CannotExamine("--vars must map names to values: --vars '{as_of: 2026-11-01}'")
    return read


def instant(text: str) -> datetime:
    """Read an instant of the command line; without a zone it is UTC."""
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def next_steps(patient: Patient, findings: Sequence[tuple[str, Finding]]) -> list[str]:
    """Return what to do, most urgent first."""
    if patient.is_empty:
        return ["make build (it writes the profile and demo data, and builds the warehouse)"]
    urgent = sorted(findings, key=lambda named: named[1].level != "problem")
    mends = dict.fromkeys(finding.mend for _, finding in urgent if finding.mend)
    where = {finding.mend: name for name, finding in reversed(urgent)}
    steps = [f"{where[mend]}: {mend}" for mend in mends]
    return steps or ["nothing to mend; models/overview.md says which mart answers which question"]


def report(patient: Patient) -> int:
    """Print what the checks find and what to do next; return the exit code."""
    console = Console(highlight=False, soft_wrap=True)
    findings = []

    def show(text: str, style: str = "") -> None:
        for secret in patient.warehouse.secrets if patient.warehouse else ():
            text = text.replace(secret, "***")
        console.print(Text(text, style=style if console.is_terminal else ""))

    for name, finding in examine(patient):
        findings.append((name, finding))
        mend = f" -> {finding.mend}" if finding.mend else ""
        # A message of several lines is set in.
        text = finding.text.replace("\n", f"\n{'':<20}")
        show(f"{finding.level:<8} {name:<10} {text}{mend}", COLOURS[finding.level])
    show("")
    show("What to do next:")
    for number, step in enumerate(next_steps(patient, findings)[:STEPS], start=1):
        show(f"  {number}. {step}")
    return int(any(finding.level == "problem" for _, finding in findings))


def main() -> int:
    parser = argparse.ArgumentParser(description="Examine the checkout and its warehouse.")
    parser.add_argument("--target", help="target of profiles.yml; default: as dbt chooses it")
    parser.add_argument("--vars", help="vars, as given to dbt build")
    parser.add_argument(
        "--now", type=instant, default=datetime.now(UTC), help="judge ages as of this instant"
    )
    arguments = parser.parse_args()
    os.chdir(ROOT)
    try:
        settings = project_vars() | given(arguments.vars)
        return report(Patient(arguments.target, settings, arguments.vars, arguments.now))
    except CannotExamine as problem:
        return fail(2, str(problem))


if __name__ == "__main__":
    sys.exit(main())
