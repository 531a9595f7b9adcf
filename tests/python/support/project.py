"""A throw-away copy of the dbt project, with its own raw area, warehouse and build folder.

Every path in the copy is relative to it, so that dbt may reuse the parse of the session's first
copy.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import yaml

from support.forked_dbt import Command, start_dbt
from support.kill_switch import Stop
from support.postgres_database import PostgresDatabase
from support.spark_database import SparkDatabase

if TYPE_CHECKING:
    from support.templates import Templates

REPOSITORY = Path(__file__).resolve().parents[3]
ENGINES = ["duckdb", "postgres", "spark"]
# The vars of every copy whose test is about none of them: what dbt parses is then the same.
PINNED: dict[str, Any] = {
    "as_of": "2026-12-01",
    "max_unpriced_token_share": 1,
    "max_rejected_row_share": 1,
}
PRICES = ("path:seeds", "path:models/staging/pricing", "path:models/intermediate/pricing")
MODELS_ONLY = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
COLUMN_TESTS = (
    *("test_name:not_null", "test_name:unique", "test_name:accepted_values"),
    *("test_name:relationships", "tag:full_audit"),
)
# For `parametrize`: the same test on each engine that a server can be started for.
ON_EACH_ENGINE = ["duckdb", pytest.param("postgres", marks=pytest.mark.engine("postgres"))]
# Settings of the caller must not steer a build that a test judges.
FOREIGN_SETTINGS = ("DBT_", "LLM_FINOPS_")
NOT_COPIED = {".git", ".venv", "data", "target", "logs", "dbt_packages"}
SOURCES_FILE = "models/staging/events/_events__sources.yml"
DUCKDB_TYPES = {"text": "varchar", "json": "varchar", "decimal": "decimal(28, 15)"}


def project_files(repository: Path = REPOSITORY) -> list[Path]:
    """Return a checkout's tracked and new files, relative to it, ignored files left out."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=repository,
        capture_output=True,
        text=True,
    )
    if listed.returncode == 0:
        names = [Path(name) for name in listed.stdout.split("\0") if name]
    else:
        names = [path.relative_to(repository) for path in repository.rglob("*")]
    return sorted(
        {
            name
            for name in names
            if (repository / name).is_file()
            and name.parts[0] not in NOT_COPIED
            and "__pycache__" not in name.parts
        }
    )


def copy_project(target: Path, repository: Path = REPOSITORY) -> None:
    """Copy the project's files to `target` and put a profile beside them."""
    for name in project_files(repository):
        copied = target / name
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(repository / name, copied)
    shutil.copy2(target / "profiles.yml.example", target / "profiles.yml")


def set_vars(path: Path, vars: Mapping[str, Any]) -> None:
    """Write vars into a copy's dbt_project.yml, each in the place of its line there."""
    file = path / "dbt_project.yml"
    text = file.read_text()
    for name, value in vars.items():
        line = f"  {name}: {json.dumps(value, default=as_json)}"
        text, changes = re.subn(rf"^  {name}: .*$", line, text, flags=re.MULTILINE)
        assert changes == 1, f"dbt_project.yml holds no line `  {name}: ...`"
    file.write_text(text)


def has_other_seeds(path: Path) -> bool:
    """Say whether a seed of a copy is not the repository's; copies keep a file's time."""

    def stamps(project: Path) -> set[tuple[str, int, int]]:
        files = [(file, file.stat()) for file in (project / "seeds").rglob("*.csv")]
        return {(file.name, found.st_size, found.st_mtime_ns) for file, found in files}

    return stamps(path) != stamps(REPOSITORY)


def clean_environment(**settings: str) -> dict[str, str]:
    """Return the caller's environment without dbt's and the project's own settings."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(FOREIGN_SETTINGS)
    }
    return kept | settings


def as_json(value: Any) -> Any:
    """Write what JSON has no word for: instants with their zone, exact decimals as text."""
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"no JSON for {type(value).__name__}")


def checked(result: subprocess.CompletedProcess[str]) -> subprocess.CompletedProcess[str]:
    """Return a result; where the command failed, fail with all that it printed."""
    if result.returncode:
        telling = [line for line in result.stdout.splitlines() if " SKIP " not in line]
        raise AssertionError(
            f"{' '.join(map(str, result.args))} ended with {result.returncode}\n"
            + "\n".join(telling[-100:])
            + result.stderr[-4000:]
        )
    return result


class Project:
    """One copy of the project. `make_project` of conftest.py is the way to get one."""

    def __init__(
        self,
        path: Path,
        engine: str = "duckdb",
        postgres: PostgresDatabase | None = None,
        spark: SparkDatabase | None = None,
        templates: Templates | None = None,
        vars: Mapping[str, Any] | None = None,
    ) -> None:
        self.path = path
        self.engine = engine
        self.postgres = postgres
        self.spark = spark
        self.templates = templates
        self.vars = vars or {}
        # Where the last dbt command wrote what it compiled and how it went.
        self.target = path / "target"
        self.raw_dir = path / "data" / "raw"
        self.database = path / "data" / "llm_finops.duckdb"
        self.raw_dir.mkdir(parents=True, exist_ok=True)
        self._files_written = 0
        self._holds_prices = False

    @property
    def settings(self) -> dict[str, str]:
        """The environment variables by which dbt and the scripts find the copy's warehouse."""
        server = self.postgres or self.spark
        found = server.settings if server else {}
        return {"DBT_TARGET": self.engine, **found}

    def run(
        self, *command: str | Path, check: bool = True, **settings: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the copy; with `check`, a failure shows all that the command printed."""
        result = subprocess.run(
            [str(part) for part in command],
            cwd=self.path,
            env=clean_environment(**self.settings | settings),
            capture_output=True,
            text=True,
            timeout=900,
        )
        return checked(result) if check else result

    def script(
        self, name: str, *arguments: str | Path, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run `scripts/<name>` with the interpreter that runs the tests."""
        return self.run(sys.executable, Path("scripts") / name, *arguments, check=check)

    def dbt(
        self,
        *arguments: str,
        vars: Mapping[str, Any] | None = None,
        check: bool = True,
        **settings: str,
    ) -> subprocess.CompletedProcess[str]:
        """Run dbt in the copy; `vars` are dbt's vars, `settings` environment variables.

        A var on the command line voids what dbt has parsed before: those that the copy's
        dbt_project.yml holds anyway are left out.
        """
        result = self.start_dbt(*arguments, vars=vars, **settings).finish()
        return checked(result) if check else result

    def start_dbt(
        self,
        *arguments: str,
        vars: Mapping[str, Any] | None = None,
        stop: Stop | None = None,
        is_forked: bool = True,
        **settings: str,
    ) -> Command:
        """Begin what `dbt` does."""
        if self.postgres:
            # Until load_raw.py writes there itself (--target postgres): then `load` passes that.
            self.postgres.copy_raw_files(self.raw_dir)
        command = ["--no-use-colors", *arguments]
        others = {
            name: value
            for name, value in (vars or {}).items()
            if name not in self.vars or self.vars[name] != value
        }
        self.target = self.path / "target"
        if others:
            text = json.dumps(others, default=as_json, sort_keys=True)
            # A folder for each set of vars: none of them voids the parse of another.
            self.target /= hashlib.md5(text.encode()).hexdigest()[:12]
            command += ["--vars", text, "--target-path", str(self.target)]
        # A log that nobody reads costs a tenth of a run.
        quiet = {"DBT_LOG_LEVEL_FILE": "none"}
        environment = clean_environment(**quiet | self.settings | settings)
        return start_dbt(command, self.path, environment, stop=stop, is_forked=is_forked)

    def build(
        self, *, check: bool = True, unit_tests: bool = False, all_tests: bool = False, **vars: Any
    ) -> subprocess.CompletedProcess[str]:
        """Run `dbt build` with `vars`; where all is to go well, without what passed elsewhere.

        Unit tests judge the code: once on each engine is enough. Tests of single columns, and the
        slow ones, run with `all_tests`: the fixtures with the most kinds of rows say so. A build
        that may fail runs all of them. Seeds and price tables come from the template while no seed
        of the copy differs.
        """
        if unit_tests:
            return self.dbt("build", vars=vars, check=check)
        leave_out = ["--exclude-resource-type", "unit_test"]
        if check:
            prices = PRICES if self.has_prices() else ()
            if left_out := [*prices, *(() if all_tests else COLUMN_TESTS)]:
                # Cautious: of the tests, those that read nothing else go with the prices.
                leave_out += ["--indirect-selection", "cautious", "--exclude", *left_out]
        return self.dbt("build", *leave_out, vars=vars, check=check)

    def build_fact(self) -> None:
        """Build `fct_llm_usage` and what it needs, without tests; prices as in `build`."""
        held = ("--exclude", *PRICES) if self.has_prices() else ()
        self.dbt("build", "--select", "+fct_llm_usage", *held, *MODELS_ONLY)

    def has_prices(self) -> bool:
        """Say whether the warehouse holds the price tables of its seeds; a new one gets them.

        Where an application is a source, its own prices are among them.
        """
        if has_other_seeds(self.path) or self.vars.get("sources") != ["events"]:
            self._holds_prices = False
        elif self.templates and not self.database.exists():
            shutil.copy(self.templates.priced(), self.database)
            self._holds_prices = True
        return self._holds_prices

    def load(
        self,
        rows: Sequence[Mapping[str, Any]] | Path,
        *,
        source: str = "events",
        table: str = "llm_usage_events",
        check: bool = True,
        **options: Any,
    ) -> subprocess.CompletedProcess[str]:
        """Load rows, or a file, with `scripts/load_raw.py`; `loaded_at=x` is `--loaded-at x`."""
        file = rows if isinstance(rows, Path) else self.write_jsonl(rows)
        flags: list[str] = []
        for name, value in options.items():
            text = value.isoformat() if isinstance(value, datetime) else str(value)
            flags += [f"--{name.replace('_', '-')}", text]
        return self.script(
            "load_raw.py", file, "--source", source, "--table", table, *flags, check=check
        )

    def load_folder(
        self, folder: Path, *, source: str = "synapscale", check: bool = True, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        """Load a folder with one file a table; options as in `load`."""
        flags = [
            part
            for name, value in options.items()
            for part in (
                f"--{name.replace('_', '-')}",
                value.isoformat() if isinstance(value, datetime) else str(value),
            )
        ]
        return self.script("load_raw.py", folder, "--source", source, *flags, check=check)

    def write_jsonl(self, rows: Iterable[Mapping[str, Any]]) -> Path:
        """Write rows to a new JSON Lines file beside the raw area."""
        self._files_written += 1
        file = self.path / "data" / "inbox" / f"file_{self._files_written:03d}.jsonl"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(json.dumps(row, default=as_json) + "\n" for row in rows))
        return file

    def write_batch(
        self,
        rows: Sequence[Mapping[str, Any]],
        *,
        batch_id: str,
        loaded_at: datetime,
        manifest: bool = True,
    ) -> Path:
        """Write a batch to the raw area without the loader, as another writer would.

        For rows that the loader refuses, and for tests that need a batch id of their choice. With
        `manifest=False` the rows come without the control totals that the loader always writes.
        """
        stamped = [dict(row) | {"_loaded_at": loaded_at, "_batch_id": batch_id} for row in rows]
        file = self.raw_dir / "events" / "llm_usage_events" / f"{batch_id}.parquet"
        self._write_parquet(file, "events", "llm_usage_events", stamped)
        if manifest:
            totals = {
                "batch_id": batch_id,
                "source_name": "events",
                "table_name": "llm_usage_events",
                "load_mode": "append",
                "loaded_at": loaded_at,
                "row_count": len(rows),
                "input_tokens": sum(row.get("input_tokens") or 0 for row in rows),
                "output_tokens": sum(row.get("output_tokens") or 0 for row in rows),
                "content_hash": batch_id,
                "file_name": f"{batch_id}.jsonl",
            }
            self._write_parquet(
                self.raw_dir / "load_manifest" / f"{batch_id}.parquet",
                "loads",
                "load_manifest",
                [totals],
            )
        return file

    def _write_parquet(
        self, file: Path, source: str, table: str, rows: Sequence[Mapping[str, Any]]
    ) -> None:
        declared = self.declared_columns(source, table)
        if strangers := {name for row in rows for name in row} - {name for name, _ in declared}:
            raise ValueError(f"{source}.{table} declares no {sorted(strangers)}")
        file.parent.mkdir(parents=True, exist_ok=True)
        written = self.write_jsonl(
            {
                name: json.dumps(value) if isinstance(value, dict) else value
                for name, value in row.items()
            }
            for row in rows
        )
        read = ", ".join(f"'{name}': '{kind}'" for name, kind in declared)
        with duckdb.connect() as connection:
            connection.execute("set TimeZone = 'UTC'")
            connection.execute(
                f"copy (select * from read_json('{written}', format = 'newline_delimited',"
                f" columns = {{{read}}})) to '{file}' (format parquet)"
            )

    def declared_columns(self, source: str, table: str) -> list[tuple[str, str]]:
        """Return the DuckDB name and type of each column the source's YAML declares, in order."""
        files = (self.path / "models" / "staging").glob("*/_*__sources.yml")
        columns = next(
            found["columns"]
            for file in files
            for each in yaml.safe_load(file.read_text())["sources"]
            if each["name"] == source
            for found in each["tables"]
            if found["name"] == table
        )
        return [
            (column["name"], DUCKDB_TYPES.get(column["data_type"], column["data_type"]))
            for column in columns
            if column.get("config", {}).get("meta", {}).get("stored", True)
        ]

    def raw_relation(self, source: str, table: str) -> str:
        """Return a raw table as SQL reads it; `source` is empty for the manifest."""
        if self.engine == "duckdb":
            return f"read_parquet('{self.raw_dir / source / table}/*.parquet')"
        return f"raw.{table}"

    def query(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a query on the built warehouse, opened read-only, instants in UTC."""
        return self._execute(lambda cursor: cursor.fetchall(), sql, parameters)

    def records(self, sql: str, *parameters: Any) -> list[dict[str, Any]]:
        """Like `query`, one dict per row."""

        def named(cursor: Any) -> list[dict[str, Any]]:
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

        return self._execute(named, sql, parameters)

    def _execute(
        self,
        fetch: Callable[[Any], list[Any]],
        sql: str,
        parameters: tuple[Any, ...],
    ) -> list[Any]:
        if server := self.postgres or self.spark:
            return server.execute(fetch, sql, parameters)
        # Views on raw files hold paths relative to the project.
        settings: dict[str, Any] = {"file_search_path": str(self.path)}
        with duckdb.connect(str(self.database), read_only=True, config=settings) as connection:
            connection.execute("set TimeZone = 'UTC'")
            return fetch(connection.execute(sql, list(parameters)))

    def manifest(self) -> dict[str, Any]:
        """Parse the project and return what dbt knows of it."""
        self.run(Path(sys.executable).with_name("dbt"), "parse")
        return dict(json.loads((self.path / "target" / "manifest.json").read_text()))

    def statuses(self) -> dict[str, str]:
        """Return each node's status in the last dbt run: `success`, `pass`, `fail`, `skipped`, …"""
        results = json.loads((self.target / "run_results.json").read_text())["results"]
        return {result["unique_id"]: result["status"] for result in results}

    def failed_tests(self) -> set[str]:
        """Return the names of the tests that the last dbt run failed, warnings left out."""
        return {
            name.split(".")[2]
            for name, status in self.statuses().items()
            if name.startswith(("test.", "unit_test.")) and status in {"fail", "error"}
        }

    def compiled(self, name: str) -> str:
        """Return the query of a test or a model as dbt compiled it."""
        (file,) = (self.target / "compiled").rglob(f"{name}.sql")
        return file.read_text()

    def append_to_seed(self, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Append rows to a seed of the copy, its header unchanged."""
        (file,) = (self.path / "seeds").glob(f"*/{name}.csv")
        with file.open(newline="") as opened:
            header = next(csv.reader(opened))
        with file.open("a", newline="") as opened:
            writer = csv.DictWriter(opened, fieldnames=header, lineterminator="\n")
            for row in rows:
                writer.writerow({column: row.get(column, "") for column in header})

    def correct_price(self, usd_per_unit: Decimal, revision: int) -> None:
        """Append a revision of the price of an output token of o3 from 10 June 2025 on."""
        corrected = {
            "price_book": "list", "provider_id": "openai", "model_id": "o3", "component": "output",
            "service_tier": "standard", "region_class": "*", "ctx_min": 0,
            "usd_per_unit": f"{usd_per_unit:f}", "quoted_price": f"{usd_per_unit * 1_000_000:f}",
            "per": 1_000_000, "currency": "USD", "status": "active", "source": "curated",
            "source_ref": "a test", "checked_on": "2026-11-22", "revision": revision,
            "recorded_on": "2026-11-22", "confidence": "published",
            "valid_from": "2025-06-10 00:00:00",
        }  # fmt: skip
        self.append_to_seed("llm_prices", [corrected])


def utc(text: str) -> datetime:
    """Read an ISO instant; without a zone it is UTC."""
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)
