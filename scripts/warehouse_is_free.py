"""Say which program has a DuckDB warehouse open, before dbt runs into its lock.

Usage: python scripts/warehouse_is_free.py FILE
Exit codes: 0 nobody has it open, or there is none yet; 1 the message names the program.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
from raw_area import fail
from warehouse import holder


def main(file: Path) -> int:
    if not file.exists():
        return 0
    try:
        program = holder(file, read_only=False)
    except duckdb.Error:
        # dbt says what else is wrong with the file.
        return 0
    if program is None:
        return 0
    return fail(1, f"{program} has {file} open: wait for it, or end it, then build again")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
