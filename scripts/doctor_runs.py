"""What scripts/doctor.py says of the newest run of dbt: what failed, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from doctor_patient import SHOWN, Finding, Patient, named

RUN_RESULTS = (Path("target/run_results.json"), Path("target/scheduled/run_results.json"))
BUILDS = ("build", "run", "test", "seed", "snapshot")
FAILED = ("fail", "error")
WHEN_A_TEST_FAILS = "docs/scheduling.md, `When a test fails`"
# What the check of prices says too.
SAID_BY_PRICES = ("assert_no_token_is_unpriced", "assert_unpriced_share_is_tolerable")


def newest_run() -> dict[str, Any] | None:
    """Return the record of the newest run that built or tested; None where there is none."""
    runs = [json.loads(path.read_text(encoding="utf-8")) for path in RUN_RESULTS if path.is_file()]
    runs = [run for run in runs if run["args"].get("which") in BUILDS]
    return max(runs, key=lambda each: str(each["metadata"]["generated_at"]), default=None)


def results(run: Mapping[str, Any], *statuses: str) -> dict[str, Mapping[str, Any]]:
    """Return a run's results with one of these statuses, by the name of the node."""
    found = {}
    for each in run["results"]:
        if each["status"] in statuses:
            parts = each["unique_id"].split(".")
            found[parts[-1] if parts[0] == "unit_test" else parts[2]] = each
    return found


def has_failed(run: Mapping[str, Any] | None) -> bool:
    return run is not None and bool(results(run, *FAILED))


def last_run(patient: Patient) -> Iterator[Finding]:
    """Say what the newest run of dbt was, which nodes it failed, and why."""
    run = newest_run()
    if run is None:
        yield Finding("ok", "no record of the last run in target/")
        return
    at = datetime.fromisoformat(run["metadata"]["generated_at"])
    selection = " ".join(run["args"].get("select") or [])
    what = f"dbt {run['args']['which']} {selection}".strip()
    text = (
        f"last run: {what}, {at:%Y-%m-%d %H:%M} UTC, invocation {run['metadata']['invocation_id']}"
    )
    said = SAID_BY_PRICES if patient.is_built else ()
    failed = results(run, *FAILED)
    if failed:
        yield Finding("problem", f"{text}; failed: {named(list(failed))}", WHEN_A_TEST_FAILS)
        for name, result in list(failed.items())[:SHOWN]:
            if name not in said and (why := reason(patient, result)):
                yield Finding("problem", f"{name}: {why}")
        return
    warned = [name for name in results(run, "warn") if name not in said]
    if warned:
        yield Finding("warning", f"{text}; warned: {named(warned)}", WHEN_A_TEST_FAILS)
    else:
        yield Finding("ok", f"{text}; nothing failed")


def reason(patient: Patient, result: Mapping[str, Any]) -> str | None:
    """Return why a node failed: the first message of a test that has one, else the error."""
    if result["status"] == "error":
        return " ".join(str(result.get("message")).split())
    try:
        query = f"select message from (\n{result['compiled_code']}\n) as failed_rows limit 1"
        rows = patient.rows(query)
    except Exception:
        # Not every test has a message, and its tables may be gone.
        return None
    return str(rows[0][0]) if rows else None
