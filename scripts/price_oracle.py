#!/usr/bin/env python3
"""Write what litellm charges for the models of the price seeds, as a fixture for the tests.

litellm is installed apart, in `.venv-litellm`, and knows today's prices alone: every request is
priced at noon (UTC) of the day on which its wheel was released. The fixture needs neither litellm
nor a network to be compared with: `tests/python/test_prices_oracles.py` does that. The same
package and the same seeds change no byte.

Usage:
    python scripts/price_oracle.py [--released DAY] [--out FOLDER] [--litellm-python FILE]

Exit codes: 0 the fixture was written or is up to date, 1 litellm gave no answers,
2 it is refused: no litellm, or a version whose release day is not known; the message names the
mend.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from raw_area import ROOT, fail

SEEDS = ROOT / "seeds" / "pricing"
FIXTURES = ROOT / "tests" / "fixtures" / "prices"
COSTS = "litellm_expected_costs.csv"
ORIGIN = "litellm_expected_costs.json"
CALCULATOR = Path(__file__).with_name("litellm_costs.py")
COLUMNS = ("provider_id", "model_name", "mode", "shape", "answer", "cost_usd")
# Columns of a usage event; input is inclusive.
SHAPES: dict[str, dict[str, Any]] = {
    "S1": {"input_tokens": 10_000, "output_tokens": 1_000},
    "S2": {"input_tokens": 100_000, "output_tokens": 2_000, "cache_read_input_tokens": 80_000},
    "S3": {
        "input_tokens": 50_000,
        "output_tokens": 1_000,
        "cache_read_input_tokens": 10_000,
        "cache_write_5m_input_tokens": 30_000,
    },
    "S4": {"input_tokens": 50_000, "output_tokens": 1_000, "cache_write_1h_input_tokens": 30_000},
    "S5": {"input_tokens": 10_000, "output_tokens": 5_000, "reasoning_output_tokens": 4_000},
    "S6": {"input_tokens": 200_000, "output_tokens": 2_000},
    "S7": {"input_tokens": 300_000, "output_tokens": 2_000},
    "S8": {"input_tokens": 10_000, "output_tokens": 1_000, "service_tier": "batch"},
    "S9": {"input_tokens": 10_000, "output_tokens": 1_000, "service_tier": "priority"},
    "S10": {"input_tokens": 10_000, "output_tokens": 1_000, "service_tier": "flex"},
}

# Modes of litellm's price list that are billed by text tokens alone.
MODES = ("chat", "completion", "embedding", "realtime", "responses")


def shapes_of(mode: str) -> dict[str, dict[str, Any]]:
    """Shape -> columns of a usage event; an embedding has no output."""
    if mode != "embedding":
        return SHAPES
    return {
        name: columns | {"output_tokens": 0}
        for name, columns in SHAPES.items()
        if "reasoning_output_tokens" not in columns
    }


class RefusedError(Exception):
    """The fixture cannot be written; the message names the mend."""


def known_names(at: datetime) -> dict[str, list[str]]:
    """Provider -> the names that the seeds know at an instant."""
    names: dict[str, list[str]] = defaultdict(list)
    instant = f"{at:%Y-%m-%d %H:%M:%S}"
    with (SEEDS / "llm_model_aliases.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["valid_from"] <= instant and (not row["valid_to"] or instant < row["valid_to"]):
                names[row["provider_id"]].append(row["model_name"])
    return names


def installed_version(python: Path) -> str:
    """Return the version of litellm that an environment holds."""
    if not python.exists():
        raise RefusedError(f"{python} is not there: `make price-oracle` installs litellm")
    asked = subprocess.run(
        [python, "-c", "from importlib.metadata import version; print(version('litellm'))"],
        capture_output=True,
        text=True,
    )
    if asked.returncode:
        raise RefusedError(f"{python} has no litellm: remove its environment, `make price-oracle`")
    return asked.stdout.strip()


def release_day(version: str, named: date | None, origin: Path) -> date:
    """Return the day named, else the one that the present fixture has for the same version."""
    if named:
        return named
    if origin.exists():
        known = json.loads(origin.read_text(encoding="utf-8"))
        if known["litellm"] == version:
            return date.fromisoformat(known["released"])
    raise RefusedError(
        f"litellm {version} is not the version of {origin.name}: name the day on which its wheel"
        " was released, --released YYYY-MM-DD"
    )


def litellm_answers(python: Path, at: datetime) -> dict[str, Any]:
    """Ask litellm's calculator, in its own environment."""
    requests = {
        "at": at.isoformat(),
        "names": known_names(at),
        "shapes": {mode: shapes_of(mode) for mode in MODES},
    }
    asked = subprocess.run(
        [python, CALCULATOR], input=json.dumps(requests), stdout=subprocess.PIPE, text=True
    )
    if asked.returncode:
        raise RefusedError(f"{CALCULATOR.name} ended with {asked.returncode}")
    found: dict[str, Any] = json.loads(asked.stdout)
    return found


def fixture_row(answer: dict[str, Any]) -> dict[str, str]:
    """Return an answer as a row; `no_tier` marks the standard price charged for another tier."""
    kind = "priced" if answer["has_tier"] else "no_tier"
    return {
        "provider_id": answer["provider_id"],
        "model_name": answer["model_name"],
        "mode": answer["mode"],
        "shape": answer["shape"],
        "answer": kind if answer["cost"] else "no_answer",
        "cost_usd": answer["cost"] or "",
    }


def row_order(row: dict[str, str]) -> tuple[str, str, int]:
    return row["provider_id"], row["model_name"], list(SHAPES).index(row["shape"])


def csv_text(rows: list[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    in_order = sorted(rows, key=row_order)
    writer.writerows(in_order)
    return text.getvalue()


def write_if_changed(file: Path, text: str) -> bool:
    if file.exists() and file.read_text(encoding="utf-8") == text:
        return False
    file.write_text(text, encoding="utf-8")
    return True


def summary(rows: list[dict[str, str]]) -> str:
    """Return a table of the answers per provider."""
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    names: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        counted[row["provider_id"]][row["answer"]] += 1
        names[row["provider_id"]].add(row["model_name"])
    lines = [f"{'provider':<12}{'names':>8}{'priced':>8}{'no tier':>9}{'no answer':>11}"]
    lines += [
        f"{provider:<12}{len(names[provider]):>8,}{kinds['priced']:>8,}"
        f"{kinds['no_tier']:>9,}{kinds['no_answer']:>11,}"
        for provider, kinds in sorted(counted.items())
    ]
    return "\n".join(lines)


def write_fixture(python: Path, named_day: date | None, folder: Path) -> int:
    version = installed_version(python)
    released = release_day(version, named_day, folder / ORIGIN)
    at = datetime.combine(released, time(12), UTC)
    print(f"litellm {version}, released {released}, priced at {at:%Y-%m-%d %H:%M} UTC")
    rows = [fixture_row(answer) for answer in litellm_answers(python, at)["answers"]]
    if not any(row["cost_usd"] for row in rows):
        return fail(1, "litellm gave no answers: nothing written")
    folder.mkdir(parents=True, exist_ok=True)
    origin = {"litellm": version, "released": str(released), "at": at.isoformat()}
    changed = [
        write_if_changed(folder / COSTS, csv_text(rows)),
        write_if_changed(folder / ORIGIN, json.dumps(origin, indent=2) + "\n"),
    ]
    print(summary(rows))
    print(f"{len(rows):,} rows: {folder / COSTS} {'written' if any(changed) else 'is up to date'}")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--released", type=date.fromisoformat, help="release day of the wheel")
    parser.add_argument("--out", type=Path, default=FIXTURES, help="folder of the fixture")
    parser.add_argument(
        "--litellm-python", type=Path, default=ROOT / ".venv-litellm" / "bin" / "python"
    )
    arguments = parser.parse_args()
    try:
        return write_fixture(arguments.litellm_python, arguments.released, arguments.out)
    except RefusedError as refusal:
        return fail(2, str(refusal))


if __name__ == "__main__":
    sys.exit(main())
