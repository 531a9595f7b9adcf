"""What the YAML of the marts says about comparing them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from raw_area import ROOT


@dataclass(frozen=True)
class Contract:
    """How one mart is compared; a table without a contract is compared whole and has no key.

    `approximate` columns are compared within a tolerance, `left_out` tell about the load and not
    about the usage, and of state (which history cannot rebuild) nothing is compared.
    """

    key: tuple[str, ...] = ()
    approximate: frozenset[str] = frozenset()
    left_out: frozenset[str] = frozenset()
    is_state: bool = False


def read_contracts(folder: Path = ROOT / "models" / "marts") -> dict[str, Contract]:
    """Return the contract of each mart, by name, as the YAML files below `folder` declare it."""
    return {
        model["name"]: contract_of(model)
        for file in sorted(folder.rglob("*.yml"))
        for model in (yaml.safe_load(file.read_text(encoding="utf-8")) or {}).get("models", [])
    }


def contract_of(model: dict[str, Any]) -> Contract:
    columns = model.get("columns", [])
    return Contract(
        key=tuple(column["name"] for column in columns if is_unique(column))[:1],
        approximate=frozenset(column["name"] for column in columns if flag(column, "approximate")),
        left_out=frozenset(column["name"] for column in columns if flag(column, "load_audit")),
        is_state=flag(model, "state"),
    )


def flag(node: dict[str, Any], name: str) -> bool:
    """Whether a model or column carries `config: {meta: {<name>: true}}`."""
    return bool(node.get("config", {}).get("meta", {}).get(name, False))


def is_unique(column: dict[str, Any]) -> bool:
    return any(
        test == "unique" or (isinstance(test, dict) and "unique" in test)
        for test in column.get("data_tests", [])
    )
