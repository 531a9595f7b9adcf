"""Parse the project with every deprecation an error, every YAML key and macro argument checked.

dbt checks YAML against its JSON schemas for four hosted warehouses only; on DuckDB, PostgreSQL and
Spark a misspelt or deprecated key passes in silence. This switches the check on for them.

Usage: python scripts/strict_parse.py [--project-dir DIR] [--profiles-dir DIR]
Exit codes: 0 clean, 1 the project does not pass (dbt names file and key), 2 wrong arguments or a
dbt-core without the two private names that this needs.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

ADAPTERS = ("duckdb", "postgres", "spark")
# Model configurations that the adapter itself defines and the schemas do not know.
ADAPTER_CONFIGS = {
    "duckdb": ["format", "options", "delimiter", "glue_register", "plugin"],
    "postgres": ["unlogged"],
}


def enable_schema_checks() -> None:
    """Add our adapters to the ones whose YAML dbt checks; AttributeError where dbt renamed them."""
    from dbt.jsonschemas import jsonschemas

    supported = jsonschemas._JSONSCHEMA_SUPPORTED_ADAPTERS
    jsonschemas._JSONSCHEMA_SUPPORTED_ADAPTERS = supported | set(ADAPTERS)
    for adapter, configs in ADAPTER_CONFIGS.items():
        jsonschemas._ADAPTER_TO_EXTRA_KEYS[adapter] = configs


def strict_parse(project_dir: Path, profiles_dir: Path) -> bool:
    """Whether `dbt parse` of `project_dir` passes; dbt prints what does not."""
    from dbt.cli.exceptions import DbtUsageException
    from dbt.cli.main import dbtRunner

    scratch = project_dir / "target" / "strict"
    # Parsing needs no warehouse; a file of its own leaves a running build alone.
    os.environ["LLM_FINOPS_DUCKDB_PATH"] = str(scratch / "scratch.duckdb")
    scratch.mkdir(parents=True, exist_ok=True)
    options = {
        "--project-dir": project_dir,
        "--profiles-dir": profiles_dir,
        "--target-path": scratch,
        "--log-path": scratch,
        "--warn-error-options": json.dumps({"error": ["Deprecations", "InvalidMacroAnnotation"]}),
    }
    command = ["parse", "--no-partial-parse", "--show-all-deprecations"]
    for option, value in options.items():
        command += [option, str(value)]
    result = dbtRunner().invoke(command)
    if isinstance(result.exception, DbtUsageException):
        raise result.exception
    return bool(result.success)


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Parse the dbt project with deprecations and unknown keys as errors."
    )
    parser.add_argument("--project-dir", type=Path, default=Path(), help="default: here")
    parser.add_argument("--profiles-dir", type=Path, help="default: the project's folder")
    arguments = parser.parse_args()
    project_dir = arguments.project_dir.resolve()
    profiles_dir = (arguments.profiles_dir or project_dir).resolve()
    if not (project_dir / "dbt_project.yml").is_file():
        print(f"{project_dir}: no dbt_project.yml; name the project's folder", file=sys.stderr)
        return 2
    try:
        enable_schema_checks()
    except (AttributeError, ImportError) as error:
        print(
            f"dbt-core no longer has what the strict parse switches on ({error}): "
            "install requirements/base.txt, or mend enable_schema_checks for this version",
            file=sys.stderr,
        )
        return 2
    return 0 if strict_parse(project_dir, profiles_dir) else 1


if __name__ == "__main__":
    sys.exit(main())
