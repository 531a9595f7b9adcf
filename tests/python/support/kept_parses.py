"""What dbt parsed once, kept for the copies that are parsed with the same vars.

dbt reads nothing of an earlier parse when a var has changed, and most copies of the project are
built with vars: each would parse all of it again, for three quarters of a short run's time. What it
is given is dbt's own file of a copy without a change; dbt compares it with the copy's files itself.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgpack

PARSED = ("models", "macros", "seeds", "snapshots", "tests")
PARSE = Path("target") / "partial_parse.msgpack"


@cache
def folder_of_this_process() -> TemporaryDirectory[str]:
    """Return the folder of this process of tests, removed at its end."""
    return TemporaryDirectory(prefix="llm_finops_parses_")


def kept_parse(copy: Path, engine: str, vars: Mapping[str, Any]) -> Path:
    """Return where the parse for these settings is kept, whether it is there or not."""
    settings = json.dumps([engine, vars], sort_keys=True, default=str).encode()
    key = hashlib.md5(settings + (copy / "dbt_project.yml").read_bytes()).hexdigest()
    return Path(folder_of_this_process().name, f"{key}.msgpack")


def borrow_parse(copy: Path, engine: str, vars: Mapping[str, Any]) -> None:
    """Put the kept parse, if there is one, where dbt looks for the copy's own."""
    kept = kept_parse(copy, engine, vars)
    if kept.exists():
        (copy / PARSE.parent).mkdir(exist_ok=True)
        (copy / PARSE).write_bytes(with_seeds_of(copy, kept.read_bytes()))


def with_seeds_of(copy: Path, parsed: bytes) -> bytes:
    """Return the parse with this copy's seeds: of a path, a seed's folder alone is absolute."""
    manifest = msgpack.unpackb(parsed, strict_map_key=False)
    for node in manifest["nodes"].values():
        if node["resource_type"] == "seed":
            node["root_path"] = str(copy)
    return bytes(msgpack.packb(manifest))


def keep_parse(copy: Path, engine: str, vars: Mapping[str, Any], repository: Path) -> None:
    """Keep what dbt has parsed, unless a file of the copy was changed."""
    kept = kept_parse(copy, engine, vars)
    if not kept.exists() and (copy / PARSE).exists() and stamps(copy) == stamps(repository):
        shutil.copy2(copy / PARSE, kept)


def stamps(project: Path) -> dict[Path, tuple[int, int]]:
    """Return size and time of every file that dbt parses; copies keep both."""
    files = (file for name in PARSED for file in (project / name).rglob("*.*"))
    return {
        file.relative_to(project): (file.stat().st_size, file.stat().st_mtime_ns)
        for file in files
        if file.suffix in {".sql", ".yml", ".csv", ".md"}
    }
