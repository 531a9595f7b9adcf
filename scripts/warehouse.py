"""Where the warehouse is: dbt's target, and the DuckDB file behind it, if it is one."""

from __future__ import annotations

import difflib
import fcntl
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import duckdb
import yaml
from raw_area import ROOT

FILE_SETTING = "LLM_FINOPS_DUCKDB_PATH"
SECRET_NAME = re.compile(r"pass|token|secret|key", re.IGNORECASE)


class NoProfile(Exception):
    """dbt would find no target to build, and what to do about it."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(f"{what}: {mend}")
        self.what, self.mend = what, mend


@dataclass(frozen=True)
class Warehouse:
    """A target of the profile: its engine, and its DuckDB file as the profile writes it."""

    target: str
    engine: str
    file: Path | None
    connection: Mapping[str, Any] = field(repr=False)

    @property
    def secrets(self) -> list[str]:
        """What must never be printed: the values of the connection that open a door."""
        return sorted(secret_values(self.connection), key=len, reverse=True)


def kept_after_failure(published: Path) -> Path:
    """Return where a scheduled build that failed leaves the file that it did not publish."""
    return published.with_name(f"{published.stem}.failed") / published.name


def secret_values(settings: Any, is_secret: bool = False) -> Iterator[str]:
    """Yield each text under a name like password, token, secret or key, however deep."""
    if isinstance(settings, Mapping):
        for name, value in settings.items():
            yield from secret_values(value, is_secret or bool(SECRET_NAME.search(str(name))))
    elif isinstance(settings, list):
        for value in settings:
            yield from secret_values(value, is_secret)
    elif is_secret and isinstance(settings, str) and settings:
        yield settings


def profiles_file() -> Path:
    """Return the profiles.yml that dbt reads when it is started in the project's folder."""
    chosen = os.environ.get("DBT_PROFILES_DIR")
    if chosen:
        return ROOT / Path(chosen).expanduser() / "profiles.yml"
    beside = ROOT / "profiles.yml"
    return beside if beside.is_file() else Path.home() / ".dbt" / "profiles.yml"


def read_yaml(path: Path) -> Any:
    """Return what a YAML file holds; raise NoProfile where it holds none."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        what = f"{path} is not YAML ({' '.join(str(error).split())})"
        raise NoProfile(what, "correct it") from error


def find_warehouse(
    target: str | None = None, settings: Mapping[str, str] | None = None
) -> Warehouse:
    """Return the target that dbt would build with these environment `settings`; raise NoProfile."""
    from dbt.config.renderer import ProfileRenderer
    from dbt_common.context import set_invocation_context
    from dbt_common.exceptions import DbtBaseException

    path = profiles_file()
    if not path.is_file():
        raise NoProfile("there is no profiles.yml", "cp profiles.yml.example profiles.yml")
    name = read_yaml(ROOT / "dbt_project.yml")["profile"]
    profiles = read_yaml(path)
    profile = profiles.get(name) if isinstance(profiles, dict) else None
    outputs = profile.get("outputs") if isinstance(profile, dict) else None
    if not profile or not isinstance(outputs, dict):
        what = f"{path.name} has no profile {name} with outputs"
        raise NoProfile(what, "write it as profiles.yml.example does")

    set_invocation_context(os.environ | (settings or {}))
    renderer = ProfileRenderer({})
    try:
        chosen = target or os.environ.get("DBT_TARGET") or profile.get("target", "default")
        chosen = str(renderer.render_value(chosen))
        if chosen not in outputs:
            near = difflib.get_close_matches(chosen, outputs, n=1)
            mend = f"name one that {path.name} has: {', '.join(near or outputs)}"
            raise NoProfile(f"there is no target {chosen}", mend)
        connection = renderer.render_data(outputs[chosen])
    except DbtBaseException as error:
        what = f"{path.name} cannot be read ({' '.join(str(error).split())})"
        raise NoProfile(what, "correct it") from error
    return Warehouse(chosen, str(connection.get("type")), database_file(connection), connection)


def database_file(connection: Mapping[str, Any]) -> Path | None:
    """Return the DuckDB file of a connection; None for another engine or a hosted database."""
    path = str(connection.get("path") or "")
    if connection.get("type") != "duckdb" or not path or re.match(r":memory:|\w+:", path):
        return None
    return Path(path)


def share(opened: IO[bytes]) -> bool:
    """Whether nobody writes to this DuckDB file, and nobody can while it stays open here.

    DuckDB guards its file with the same kind of lock. The system drops it as soon as this process
    closes any handle of the file, so there must be no other.
    """
    try:
        fcntl.lockf(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def holder(database: Path, read_only: bool = True) -> str | None:
    """Name the process in whose way we would be, as DuckDB tells it; None where it is free."""
    try:
        duckdb.connect(str(database), read_only=read_only).close()
    except duckdb.IOException as error:
        if not (holding := holder_named_in(error)):
            raise
        return holding
    return None


def holder_named_in(error: duckdb.IOException) -> str | None:
    """Name the process that holds the lock of which DuckDB complains; None for another fault."""
    if "Could not set lock on file" not in str(error):
        return None
    found = re.search(r"lock is held in (.*?) \(PID (\d+)\)", str(error))
    return f"process {found[2]} ({Path(found[1]).name})" if found else "another process"
