"""`scripts/price_oracle.py` writes what litellm answers, in order, and refuses what it cannot date.

litellm itself stays out: a program that speaks like its environment answers in its place.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import price_oracle
import pytest
from support.project import REPOSITORY

SPEAKER = """#!{python}
import json, sys
if sys.argv[1] == "-c":
    print("9.9.9")
else:
    asked = json.load(sys.stdin)
    assert "gpt-4o" in asked["names"]["openai"] and asked["shapes"]["chat"]["S8"]
    print({answers!r})
"""


def answer(model: str, shape: str, cost: str | None, has_tier: bool = True) -> dict[str, Any]:
    return {
        "provider_id": "openai",
        "model_name": model,
        "shape": shape,
        "mode": "chat",
        "has_tier": has_tier,
        "cost": cost,
    }


ANSWERS = [
    answer("gpt-4o", "S10", "0.035", has_tier=False),
    answer("gpt-4o", "S2", "0.17"),
    answer("gpt-4", "S1", None),
]


def speaker(folder: Path, answers: list[dict[str, Any]]) -> Path:
    """Return a program that answers as litellm's environment would."""
    program = folder / "python"
    said = json.dumps({"version": "9.9.9", "answers": answers})
    program.write_text(SPEAKER.format(python=sys.executable, answers=said))
    program.chmod(0o755)
    return program


def run(folder: Path, program: Path, *options: str) -> subprocess.CompletedProcess[str]:
    script = REPOSITORY / "scripts" / "price_oracle.py"
    command = [sys.executable, script, "--out", folder, "--litellm-python", program, *options]
    return subprocess.run(command, capture_output=True, text=True)


def test_answers_are_written_in_order_and_a_second_run_changes_nothing(tmp_path: Path) -> None:
    program = speaker(tmp_path, ANSWERS)
    first = run(tmp_path, program, "--released", "2026-11-20")
    assert first.returncode == 0, first.stderr
    costs = tmp_path / price_oracle.COSTS
    assert costs.read_text() == (
        "provider_id,model_name,mode,shape,answer,cost_usd\n"
        "openai,gpt-4,chat,S1,no_answer,\n"
        "openai,gpt-4o,chat,S2,priced,0.17\n"
        "openai,gpt-4o,chat,S10,no_tier,0.035\n"
    )
    written = costs.stat().st_mtime_ns
    second = run(tmp_path, program)
    assert second.returncode == 0 and "is up to date" in second.stdout
    assert costs.stat().st_mtime_ns == written


def test_a_version_without_a_release_day_is_refused(tmp_path: Path) -> None:
    refused = run(tmp_path, speaker(tmp_path, ANSWERS))
    assert refused.returncode == 2 and "--released" in refused.stderr
    assert not (tmp_path / price_oracle.COSTS).exists()


def test_without_litellm_the_mend_is_named(tmp_path: Path) -> None:
    refused = run(tmp_path, tmp_path / "none")
    assert refused.returncode == 2 and "make price-oracle" in refused.stderr


@pytest.mark.parametrize("answers", [[], ANSWERS[2:]])
def test_no_answers_write_nothing(tmp_path: Path, answers: list[dict[str, Any]]) -> None:
    program = speaker(tmp_path, answers)
    assert run(tmp_path, program, "--released", "2026-11-20").returncode == 1
    assert not (tmp_path / price_oracle.COSTS).exists()


def test_the_fixture_is_of_the_locked_version() -> None:
    locked = re.search(
        r"^litellm==(\S+)", (REPOSITORY / "requirements" / "litellm.txt").read_text(), re.MULTILINE
    )
    origin = json.loads((price_oracle.FIXTURES / price_oracle.ORIGIN).read_text())
    assert locked and origin["litellm"] == locked[1], "make price-oracle"
