"""Build the warehouse with dbt 2 and with dbt-core, and compare the marts cell for cell.

Both read the same raw data and write DuckDB files of their own below target/dbt2; the warehouse
stays as it is. With dbt 2 every node runs: seeds, snapshot, models and data tests from nothing,
then unit tests, for which dbt 2 wants the incremental models built.

Usage: python scripts/compare_dbt2.py [--dbt2 PROGRAM] [--vars VARS]
Exit codes: 0 all equal, 1 something fails or differs, 2 usage or environment.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import _duckdb
from raw_area import ROOT, fail

WORK = Path("target") / "dbt2"
DBT2, DBT_CORE = WORK / "dbt2.duckdb", WORK / "dbt_core.duckdb"
# dbt 2 opens DuckDB by an ADBC driver; the Python package is one, so that nothing is downloaded.
DRIVER = """manifest_version = 1
[ADBC]
version = "v1.1.0"
[Driver]
entrypoint = "duckdb_adbc_init"
[Driver.shared]
{platform} = "{library}"
"""
PLATFORMS = {"x86_64": "linux_amd64", "aarch64": "linux_arm64"}


class BadSurroundings(Exception):
    """The comparison cannot start here, and what to do about it."""


def python_library() -> Path:
    """Return the interpreter as a library, which DuckDB's package is linked against."""
    name = str(sysconfig.get_config_var("INSTSONAME"))
    for folder in (str(sysconfig.get_config_var("LIBDIR")), f"{sys.base_prefix}/lib"):
        found = Path(folder) / name
        if ".so" in name and found.is_file():
            return found
    raise BadSurroundings(
        f"{sys.base_prefix}: this Python has no shared library (libpython*.so), which DuckDB's "
        "driver needs outside Python; make .venv with one that has, such as the system's"
    )


def driver_settings(folder: Path) -> dict[str, str]:
    """Write the driver's description for dbt 2; return the variables by which it is found."""
    machine = platform.machine()
    if sys.platform != "linux" or machine not in PLATFORMS:
        raise BadSurroundings(f"{sys.platform} {machine}: dbt 2 is compared on Linux alone")
    folder.mkdir(parents=True, exist_ok=True)
    text = DRIVER.format(platform=PLATFORMS[machine], library=_duckdb.__file__)
    (folder / "duckdb.toml").write_text(text, encoding="utf-8")
    return {"ADBC_DRIVER_PATH": str(folder.resolve()), "LD_PRELOAD": str(python_library())}


def run(program: str | Path, *arguments: str | Path, **settings: str) -> None:
    """Run a command in the project; raise CalledProcessError where it fails."""
    print(f"==> {Path(program).name} {' '.join(map(str, arguments))}", flush=True)
    subprocess.run([program, *arguments], cwd=ROOT, env=os.environ | settings, check=True)


def settings_for(database: Path) -> dict[str, str]:
    """Return the variables by which dbt builds into a file and a folder of its own."""
    return {
        "DBT_TARGET": "duckdb",
        "DBT_TARGET_PATH": str(WORK / database.stem),
        "LLM_FINOPS_DUCKDB_PATH": str(database),
    }


def build(dbt2: str, vars: str, driver: Mapping[str, str]) -> None:
    given = ["--vars", vars]
    two = {**settings_for(DBT2), **driver}
    run(dbt2, "parse", *given, **two)
    run(dbt2, "build", "--exclude-resource-type", "unit_test", *given, **two)
    run(dbt2, "test", "--select", "test_type:unit", *given, **two)
    left_out = ["--exclude-resource-type", "unit_test", "--exclude-resource-type", "test"]
    core = Path(sys.executable).with_name("dbt")
    run(core, "build", *left_out, *given, **settings_for(DBT_CORE))


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare dbt 2 with dbt-core on DuckDB.")
    parser.add_argument("--dbt2", default=".venv-dbt2/bin/dbt", help="the program of dbt 2")
    parser.add_argument("--vars", default="{}", help="dbt's vars, for both")
    arguments = parser.parse_args()
    program = shutil.which(ROOT / arguments.dbt2)
    if program is None:
        return fail(2, f"{arguments.dbt2}: there is no dbt 2; `make dbt2` installs it")
    try:
        driver = driver_settings(ROOT / WORK / "driver")
    except BadSurroundings as problem:
        return fail(2, str(problem))
    for file in (DBT2, DBT_CORE):
        (ROOT / file).unlink(missing_ok=True)
    try:
        build(program, arguments.vars, driver)
        run(sys.executable, "scripts/compare_engines.py", DBT_CORE, DBT2)
    except subprocess.CalledProcessError as problem:
        command = " ".join(map(str, problem.cmd[:2]))
        return fail(1, f"{command} ended with {problem.returncode}; what it printed says why")
    return 0


if __name__ == "__main__":
    sys.exit(main())
