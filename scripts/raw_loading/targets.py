"""Which raw area a command line means: the folder of files, or a target's own tables."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from raw_area import ROOT
from warehouse import NoProfile, find_warehouse

from raw_loading.area import RawArea
from raw_loading.declaration import read_yaml
from raw_loading.file_area import FileArea
from raw_loading.problems import BadSetup

DEFAULT_DIR = ROOT / "data" / "raw"


def add_area_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that `find_area` reads."""
    parser.add_argument(
        "--target", help="target of profiles.yml whose raw area it is (default: the folder)"
    )
    parser.add_argument(
        "--raw-dir", type=Path, default=DEFAULT_DIR, help="the raw area as a folder of files"
    )
    parser.add_argument(
        "--raw-schema", help="schema of the raw tables in PostgreSQL (default: var raw_schema)"
    )


def find_area(target: str | None, raw_dir: Path, raw_schema: str | None) -> RawArea:
    """Return the raw area that a target of the profile reads; DuckDB and Spark read the folder."""
    if target is None:
        return FileArea(raw_dir)
    try:
        warehouse = find_warehouse(target)
    except NoProfile as problem:
        raise BadSetup(str(problem)) from None
    if warehouse.engine != "postgres":
        return FileArea(raw_dir)
    from raw_loading.postgres import Server
    from raw_loading.postgres_area import PostgresArea

    project_vars: dict[str, Any] = read_yaml(ROOT / "dbt_project.yml")["vars"]
    if raw_schema:
        project_vars["raw_schema"] = raw_schema
    return PostgresArea(Server.of_profile(warehouse.connection, warehouse.target), project_vars)
