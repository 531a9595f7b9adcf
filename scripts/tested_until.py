"""Until when scheduled runs have tested the warehouse: what each selector's next run tests.

A run tests the dates that were computed since the last run of its selector whose tests all passed,
so that what an hourly run computed is tested in the nightly marts too, and what failed is tested
until it passes. The file stands beside the lock; without it everything is tested.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

# Read by macros/test_scope.sql.
SCOPE_SETTING, SINCE_SETTING = "LLM_FINOPS_TEST_SCOPE", "LLM_FINOPS_TESTED_SINCE"
SUFFIX = ".tested.json"


def file_beside(lock_file: Path) -> Path:
    """Return where the times of a lock's warehouse are kept."""
    return lock_file.with_suffix(SUFFIX)


def read_times(file: Path) -> dict[str, str]:
    """Return the start of each selector's last good run, UTC; none where the file tells none."""
    try:
        times = json.loads(file.read_text(encoding="utf-8"))
        return {str(name): str(datetime.fromisoformat(time)) for name, time in times.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def settings_of(selector: str, tests_everything: bool, file: Path) -> Mapping[str, str]:
    """Return the environment variables that tell dbt what a selector's run tests."""
    since = read_times(file).get(selector)
    if tests_everything or since is None:
        return {SCOPE_SETTING: "all"}
    return {SCOPE_SETTING: "restated", SINCE_SETTING: since}


def write_time(selectors: Iterable[str], started_at: datetime, file: Path) -> None:
    """Note that the tests of some selectors passed in a run that began then."""
    started = started_at.astimezone(UTC).replace(tzinfo=None)
    times = read_times(file) | dict.fromkeys(selectors, str(started))
    made = file.with_name(f"{file.name}.new")
    made.write_text(json.dumps(times, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    made.replace(file)
