"""Copies of the project that dbt has parsed once, and a warehouse with prices: others start there.

dbt reads its own parse again where vars, profile and dbt_project.yml are the same, at another path
too. A full parse costs as much as a build. DuckDB reads a seed where it was parsed, so a template
stays where it is.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock

from support.postgres_database import PostgresDatabase
from support.project import PINNED, PRICES, Project, copy_project, set_vars


class Templates:
    """The templates of one process of tests; on DuckDB all processes share them."""

    def __init__(self, own: Path, shared: Path) -> None:
        self.own = own
        self.shared = shared
        self._parsed_on_postgres: dict[str, Path] = {}
        self._priced: Path | None = None
        # How many databases the copies of this test file have.
        self.databases = 0

    def parsed(self, vars: Mapping[str, Any]) -> Path:
        """Return a parsed copy with these vars in its dbt_project.yml."""
        path = self.shared / key_of(vars) / "llm_finops"
        done = path.with_name("done")
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path.parent}.lock"):
            if not done.exists():
                self.copy(path, vars)
                parse(Project(path))
                done.touch()
        return path

    def parsed_on_postgres(self, vars: Mapping[str, Any], database: PostgresDatabase) -> Path:
        """Return a copy parsed for a database: of a connection dbt's parse holds every part."""
        key = f"{key_of(vars)}_{database.server.port}_{database.name}"
        if key not in self._parsed_on_postgres:
            path = self.own / key / "llm_finops"
            self.copy(path, vars)
            parse(Project(path, "postgres", database))
            self._parsed_on_postgres[key] = path
        return self._parsed_on_postgres[key]

    def copy(self, path: Path, vars: Mapping[str, Any]) -> None:
        """Make a copy that nothing has parsed."""
        path.mkdir(parents=True)
        copy_project(path)
        set_vars(path, vars)

    def priced(self) -> Path:
        """Return a DuckDB warehouse with seeds and price tables, the tests on them passed.

        It is built in the process that every dbt command is a fork of: what dbt makes on first use
        is then made.
        """
        if not self._priced:
            path = self.own / "priced" / "llm_finops"
            shutil.copytree(self.parsed({"sources": ["events"]} | PINNED), path)
            project = Project(path)
            project.load(path / "tests" / "fixtures" / "hand_worked" / "events.csv")
            built = project.start_dbt(
                *("build", "--select", *PRICES, "--indirect-selection", "cautious"),
                *("--exclude-resource-type", "unit_test"),
                is_forked=False,
            ).finish()
            assert built.returncode == 0, built.stdout[-4000:] + built.stderr[-4000:]
            self._priced = project.database
        return self._priced


def parse(project: Project) -> None:
    """Let dbt parse; that stays in target/, a warehouse that it opened on the way does not."""
    project.dbt("parse", check=False)
    shutil.rmtree(project.path / "data")


def key_of(vars: Mapping[str, Any]) -> str:
    """Return a name for a set of vars."""
    return hashlib.md5(json.dumps(vars, sort_keys=True).encode()).hexdigest()[:12]
