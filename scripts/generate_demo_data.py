"""Write the demonstration: the founding application's tables, its agent runtime, an answer key.

Thirteen months, July 2024 to July 2025, of an application with 2 tenants, 5 workspaces, 80 users
and 12 LLMs, and of its agent runtime, which sends events. The same arguments give the same bytes.
`answer_key.json` says what a warehouse must find in it, and is written before anything is loaded.

Usage:
    python scripts/generate_demo_data.py                 write to data/demo, load into data/raw
    python scripts/generate_demo_data.py --out DIR       write files only, load nothing
    python scripts/generate_demo_data.py --dirty         plant every defect that files can carry
    python scripts/generate_demo_data.py --rows 5000     fewer usage rows, both sources together

Exit codes: 0 written (and loaded), 2 usage or environment.
"""

from __future__ import annotations

import argparse
import gc
import json
import shutil
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from demo_data.answer_key import Replay, make_key
from demo_data.defects import Planter
from demo_data.facts import REJECTED, FactMaker, Ledger
from demo_data.files import (
    EVENTS,
    FUTURE_FROM,
    FUTURE_ROWS,
    SYNAPSCALE,
    Load,
    make_loads,
    write_loads,
)
from demo_data.other_defects import plant_beside_usage
from demo_data.runtime import RuntimeGenerator
from demo_data.usage import UsageGenerator, conversation_id
from demo_data.world import LLMS, WORKSPACES, make_users
from load_raw import BadData, BadSetup, load_tables
from raw_area import ROOT, fail
from raw_loading.area import RawArea
from raw_loading.file_area import FileArea

MIN_ROWS, MAX_ROWS = 2_000, 1_000_000
EVENTS_PERCENT = 8


@dataclass
class Demo:
    """What one run makes: the rows of every load, the key to them, and what is loaded twice."""

    loads: list[Load]
    key: dict[str, Any]
    replays: list[Replay]


def make_demo(rows: int, dirty: bool = False) -> Demo:
    """Draw everything; `rows` is how many usage rows the clean part has, both sources together."""
    users = make_users()
    runtime = RuntimeGenerator(users, rows * EVENTS_PERCENT // 100)
    runtime.run()
    generator = UsageGenerator(users, rows - runtime.rows - FUTURE_ROWS)
    generator.run()
    loads = make_loads(users, generator, runtime)

    workspace_of = {
        conversation_id(each): None if each.workspace is None else WORKSPACES[each.workspace].id
        for each in generator.conversations
    }
    ledger = Ledger(FactMaker({llm.id: llm for llm in LLMS}, workspace_of))
    for load in loads[1:]:
        for row in load.usage_logs:
            if row["created_at"] >= FUTURE_FROM:
                ledger.add(SYNAPSCALE, row, REJECTED, "future_start")
            else:
                ledger.add(SYNAPSCALE, row)
        for row in load.events:
            ledger.add(EVENTS, row)

    planter = Planter(loads, ledger)
    if dirty:
        planter.run()
        planter.defects += plant_beside_usage(loads)
    arguments = {"rows": rows, "dirty": dirty}
    key = make_key(
        arguments, users, generator, loads, ledger.facts, planter.defects, planter.replays
    )
    return Demo(loads, key, planter.replays)


def write(demo: Demo, out: Path) -> None:
    """Write the files and the key; what an earlier run left there is replaced."""
    out.mkdir(parents=True, exist_ok=True)
    for left in out.glob("load_*"):
        shutil.rmtree(left)
    text = json.dumps(demo.key, indent=1, ensure_ascii=False)
    (out / "answer_key.json").write_text(f"{text}\n", encoding="utf-8")
    write_loads(demo.loads, out)


def load_all(demo: Demo, out: Path, area: RawArea) -> list[str]:
    """Load the files in order of their instants; return one line about each."""
    messages = []
    for load in demo.loads:
        loaded_at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=load.at)
        for source, mode in load.parts:
            folder = out / load.folder(source, mode)
            files = {path.stem: path for path in sorted(folder.glob("*.parquet"))}
            messages += load_tables(files, source, area, loaded_at, mode)
        for replay in demo.replays:
            if replay.after_load == load.at:
                folder = out / replay.load.folder(replay.source, "append")
                again = {replay.table: folder / f"{replay.table}.parquet"}
                messages += load_tables(again, replay.source, area, loaded_at, "append")
    return messages


def main() -> int:
    parser = argparse.ArgumentParser(description="Write the demonstration and load it.")
    parser.add_argument("--rows", type=int, default=50_000, help="usage rows (default: 50000)")
    parser.add_argument("--dirty", action="store_true", help="plant defects, and say so in the key")
    parser.add_argument("--out", type=Path, help="write the files here and load nothing")
    parser.add_argument("--raw-dir", type=Path, default=ROOT / "data" / "raw", help="the raw area")
    arguments = parser.parse_args()
    if not MIN_ROWS <= arguments.rows <= MAX_ROWS:
        return fail(2, f"--rows {arguments.rows}: between {MIN_ROWS:,} and {MAX_ROWS:,}")
    if arguments.out is None and any(arguments.raw_dir.glob("*/*/*.parquet")):
        return fail(
            2,
            f"{arguments.raw_dir} holds raw data already; move it away, name another --raw-dir, "
            "or write files only with --out",
        )
    out = arguments.out or arguments.raw_dir.parent / "demo"
    # Almost nothing becomes garbage before the end, and looking for it takes a tenth of the time.
    gc.disable()
    try:
        demo = make_demo(arguments.rows, arguments.dirty)
        write(demo, out)
        print(f"wrote {arguments.rows:,} usage rows and answer_key.json to {out}")
        if arguments.out is None:
            messages = load_all(demo, out, FileArea(arguments.raw_dir))
            print(f"loaded {len(messages)} files into {arguments.raw_dir}")
    except (BadData, BadSetup) as problem:
        return fail(2, str(problem))
    except OSError as error:
        return fail(2, f"{error.filename or out}: {error.strerror or error}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
