"""What the tests of loading into and from PostgreSQL share: a database, and scripts run on it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from support.postgres_database import PostgresDatabase
from support.project import REPOSITORY

Script = Callable[..., int]


def rows_of(database: PostgresDatabase, query: str, user: str | None = None) -> list[Any]:
    """Return the rows of a query, instants in UTC."""
    return database.execute(lambda cursor: list(cursor.fetchall()), query, user=user)


def point_profile(
    monkeypatch: pytest.MonkeyPatch, database: PostgresDatabase, folder: Path
) -> None:
    """Make target `postgres` of the profile mean this database, whatever the caller's settings."""
    folder.mkdir(exist_ok=True)
    shutil.copy(REPOSITORY / "profiles.yml.example", folder / "profiles.yml")
    monkeypatch.setenv("DBT_PROFILES_DIR", str(folder))
    monkeypatch.delenv("LLM_FINOPS_POSTGRES_PASSWORD", raising=False)
    for name, value in database.settings.items():
        monkeypatch.setenv(name, value)


def script(monkeypatch: pytest.MonkeyPatch, module: ModuleType, *fixed: str) -> Script:
    """Return a function that runs a script's command line; it returns the exit code."""

    def run(*arguments: str | Path) -> int:
        words = [str(word) for word in (*arguments, *fixed)]
        monkeypatch.setattr(sys, "argv", [f"{module.__name__}.py", *words])
        code: int = module.main()
        return code

    return run
