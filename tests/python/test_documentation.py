"""What the YAML says is what the warehouse holds, both ways, and everything is described."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import duckdb
import jinja2
import pytest
from support.project import Project

MONEY = re.compile(r"\.(?!has_|is_)(\w+_cost|\w+_price|\w+_amount|\w*usd_per_\w+)$")
EXACT_DECIMAL = re.compile(r"decimal\(\d+, ?\d+\)")
SIGNATURE = re.compile(r"\{%-?\s*(?:macro|test)\s+(\w+\(.*?\))\s*-?%\}", re.DOTALL)


@dataclass(frozen=True)
class Documented:
    """dbt's manifest of the built project, and the columns the warehouse really has."""

    manifest: dict[str, Any]
    columns: dict[str, list[str]]

    def nodes(self, *kinds: str) -> list[dict[str, Any]]:
        """Return the nodes of some kinds that the project itself defines, and that exist built."""
        nodes = [*self.manifest["nodes"].values(), *self.manifest["sources"].values()]
        return [
            node
            for node in nodes
            if node["resource_type"] in kinds
            and node["package_name"] == "llm_finops"
            and node["config"].get("materialized") != "ephemeral"
        ]

    def macros_called(self) -> list[dict[str, Any]]:
        """Return the project's macros that models, tests, snapshots and hooks call."""
        called = {
            name
            for node in (self.manifest["nodes"] | self.manifest["unit_tests"]).values()
            for name in node["depends_on"].get("macros", [])
            if name.startswith("macro.llm_finops.")
        }
        return [self.manifest["macros"][name] for name in sorted(called)]

    def marts(self) -> list[dict[str, Any]]:
        return [node for node in self.nodes("model") if node["fqn"][1] == "marts"]


@pytest.fixture(scope="module")
def documented(hand_worked_project: Project) -> Documented:
    project = hand_worked_project
    columns: dict[str, list[str]] = defaultdict(list)
    for schema, table, column in project.query(
        "select table_schema, table_name, column_name from information_schema.columns"
        " order by ordinal_position"
    ):
        columns[f"{schema}.{table}"].append(column)
    for folder in ("events/llm_usage_events", "load_manifest"):
        files = project.raw_dir / folder / "*.parquet"
        described = duckdb.execute(f"describe from read_parquet('{files}')").fetchall()
        columns[folder.split("/")[-1]] = [column[0] for column in described]
    manifest = project.manifest()
    return Documented(manifest, columns)


def differences(node: dict[str, Any], built: list[str]) -> list[str]:
    """Return a sentence for each column that only one side knows."""
    declared = list(node["columns"])
    return [f"{node['name']}.{name} is documented, not built" for name in declared] * (
        not built
    ) or [
        *(f"{node['name']}.{n} is documented, not built" for n in declared if n not in built),
        *(f"{node['name']}.{n} is built, not documented" for n in built if n not in declared),
    ]


def arguments_taken(macro: dict[str, Any]) -> list[str]:
    """Return the names of a macro's arguments, in order, from its signature."""
    signature = SIGNATURE.match(macro["macro_sql"])
    assert signature, f"{macro['name']} has no readable signature"
    template = jinja2.Environment().parse(f"{{% macro {signature[1]} %}}{{% endmacro %}}")
    (parsed,) = template.find_all(jinja2.nodes.Macro)
    return [argument.name for argument in parsed.args]


def arguments_described(macro: dict[str, Any], taken: list[str]) -> list[str]:
    """Return the names of a macro's arguments that have a type and a description, in order.

    dbt fills in the name of an argument that nothing is said of, so a name alone does not count.
    It takes no arguments for a generic test: there the description names them.
    """
    if macro["name"].startswith("test_"):
        return [name for name in taken if f"`{name}`" in macro["description"]]
    return [
        argument["name"]
        for argument in macro["arguments"]
        if (argument["type"] or "").strip() and argument["description"].strip()
    ]


def test_every_model_and_seed_documents_the_columns_it_has(documented: Documented) -> None:
    nodes = documented.nodes("model", "seed")
    assert {node["resource_type"] for node in nodes} == {"model", "seed"}
    wrong = [
        difference
        for node in nodes
        for difference in differences(
            node, documented.columns.get(f"{node['schema']}.{node['alias']}", [])
        )
    ]
    assert wrong == []


def test_every_relation_built_is_a_documented_one(documented: Documented) -> None:
    known = {f"{node['schema']}.{node['alias']}" for node in documented.nodes("model", "seed")}
    built = {name for name in documented.columns if "." in name}
    assert built == known


def test_the_raw_files_have_the_columns_their_source_declares(documented: Documented) -> None:
    sources = documented.nodes("source")
    assert {source["name"] for source in sources} == {"llm_usage_events", "load_manifest"}
    for source in sources:
        assert list(source["columns"]) == documented.columns[source["name"]]


def test_everything_is_described(documented: Documented) -> None:
    missing = [
        f"{node['name']}{'.' * bool(column)}{column}"
        for node in documented.nodes("model", "seed", "source")
        for column, description in [
            ("", node["description"]),
            *((name, column["description"]) for name, column in node["columns"].items()),
        ]
        if not description.strip()
    ]
    assert missing == []


def test_every_macro_that_is_called_from_outside_and_each_argument_is_described(
    documented: Documented,
) -> None:
    macros = documented.macros_called()
    taken = {macro["name"]: arguments_taken(macro) for macro in macros}
    assert len(macros) > 100 and sum(map(len, taken.values())) > 50
    assert [macro["name"] for macro in macros if not macro["description"].strip()] == []
    assert {
        macro["name"]: arguments_described(macro, taken[macro["name"]]) for macro in macros
    } == taken


def test_every_model_and_seed_opens_with_its_grain(documented: Documented) -> None:
    assert [
        node["name"]
        for node in documented.nodes("model", "seed")
        if not node["description"].lstrip().startswith("One row per ")
    ] == []


def test_every_mart_column_has_a_type_and_money_an_exact_one(documented: Documented) -> None:
    marts = documented.marts()
    typed = {
        f"{mart['name']}.{name}": (column["data_type"] or "").lower()
        for mart in marts
        for name, column in mart["columns"].items()
    }
    assert [name for name, data_type in typed.items() if not data_type] == []
    money = {name: data_type for name, data_type in typed.items() if MONEY.search(name)}
    assert len(money) > 50
    # What a refused row said it cost is kept as it came.
    assert money.pop("rejected_llm_usage.reported_cost") == "string"
    assert {n: t for n, t in money.items() if not EXACT_DECIMAL.fullmatch(t)} == {}


def test_no_mart_holds_a_float(documented: Documented, hand_worked_project: Project) -> None:
    assert (
        hand_worked_project.query(
            "select table_name, column_name from information_schema.columns"
            " where table_schema <> 'staging' and data_type in ('FLOAT', 'DOUBLE', 'REAL')"
        )
        == []
    )


def test_every_mart_is_public_and_holds_to_its_contract(documented: Documented) -> None:
    marts = documented.marts()
    assert len(marts) >= 13
    assert [m["name"] for m in marts if m["config"]["access"] != "public"] == []
    assert [m["name"] for m in marts if not m["config"]["contract"]["enforced"]] == []


def test_every_mart_has_a_key_tested_unique_and_not_null(documented: Documented) -> None:
    tested: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for node in documented.nodes("test"):
        metadata = node.get("test_metadata")
        if metadata and node["config"]["severity"].lower() == "error":
            tested[node["attached_node"]][node["column_name"]].add(metadata["name"])
    without_key = [
        mart["name"]
        for mart in documented.marts()
        if not any({"unique", "not_null"} <= tests for tests in tested[mart["unique_id"]].values())
    ]
    assert without_key == []
