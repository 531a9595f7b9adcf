"""What a run does not make again, and that it makes again whatever may have changed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from support.project import ON_EACH_ENGINE, Project, utc

WITHOUT_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
# What follows from seeds, and the views below it.
PRICING = ("--select", "path:seeds", "path:models/staging", "path:models/intermediate/pricing")
RELATION = re.compile(r'"(?:\w+)"\."(\w+)"\."(\w+)"')
CALL = {
    "event_id": "a",
    "started_at": utc("2026-03-01T09:00:00"),
    "provider_name": "openai",
    "request_model": "gpt-4o",
    "input_tokens": 100,
    "output_tokens": 10,
}


def build(project: Project, *arguments: str) -> list[dict[str, Any]]:
    """Build without tests; return what dbt says of each node."""
    project.dbt("build", *WITHOUT_TESTS, *arguments)
    return run_results(project)


def run_results(project: Project) -> list[dict[str, Any]]:
    """Return what dbt said of each node of the last run."""
    results = json.loads((project.path / "target" / "run_results.json").read_text())["results"]
    return [each for each in results if not each["unique_id"].startswith("operation.")]


def unchanged(results: list[dict[str, Any]]) -> set[str]:
    """Return the names of the nodes that a run left as they were."""
    return {
        each["unique_id"].split(".")[2]
        for each in results
        if each["adapter_response"].get("_message") == "UNCHANGED"
    }


def materialized(project: Project) -> dict[str, dict[str, Any]]:
    """Return the nodes of the manifest by name: models and seeds."""
    nodes = project.manifest()["nodes"].values()
    return {node["name"]: node for node in nodes if node["resource_type"] in ("model", "seed")}


@pytest.fixture(scope="module", params=ON_EACH_ENGINE)
def built(make_project: Callable[..., Project], request: pytest.FixtureRequest) -> Project:
    project = make_project("unchanged", engine=request.param)
    project.load([CALL], loaded_at=utc("2026-03-02T00:00:00"))
    assert unchanged(build(project)) == set()
    return project


def test_views_seeds_and_what_follows_from_seeds_stay(built: Project) -> None:
    nodes = materialized(built)
    expected = {
        name
        for name, node in nodes.items()
        if node["resource_type"] == "seed"
        or node["config"]["materialized"] == "view"
        or node["config"]["meta"].get("follows_parents_alone")
    }
    assert {"int_llm_price_sheets", "llm_usage_live", "llm_prices"} <= expected
    assert unchanged(build(built)) == expected


def test_a_seed_that_changed_remakes_what_follows_from_it_alone(built: Project) -> None:
    alias = {
        "provider_id": "openai", "model_name": "another-name", "model_id": "gpt-4o",
        "valid_from": "1970-01-01 00:00:00", "source": "curated", "source_ref": "a test",
    }  # fmt: skip
    built.append_to_seed("llm_model_aliases", [alias])
    stayed = unchanged(build(built, *PRICING))
    assert "llm_model_aliases" not in stayed
    assert {"llm_prices", "int_llm_price_sheets", "stg_pricing__llm_model_aliases"} <= stayed

    built.correct_price(Decimal("0.0001"), revision=2)
    stayed = unchanged(build(built, *PRICING))
    assert not {"llm_prices", "int_llm_prices_modified", "int_llm_price_sheets"} & stayed
    assert {"llm_model_aliases", "stg_pricing__llm_prices"} <= stayed
    found = built.query(
        "select count(*) from intermediate.int_llm_price_sheets"
        " where model_id = 'o3' and output_price = 0.0001"
    )
    assert found[0][0] > 0


def test_a_seed_loaded_apart_is_seen_through_views_that_were_not_selected(built: Project) -> None:
    built.correct_price(Decimal("0.00009"), revision=3)
    built.dbt("seed")
    tables = [
        name
        for name, node in materialized(built).items()
        if node["config"]["materialized"] == "table" and "/pricing/" in node["original_file_path"]
    ]
    built.dbt("run", "--select", *tables)
    found = built.query(
        "select count(*) from intermediate.int_llm_price_sheets"
        " where model_id = 'o3' and output_price = 0.00009"
    )
    assert found[0][0] > 0


def test_a_view_that_somebody_dropped_comes_back(built: Project) -> None:
    drop = "drop view staging.stg_loads__batches"
    if built.postgres:
        built.postgres.run(f"{drop} cascade")
    else:
        with duckdb.connect(str(built.database)) as connection:
            connection.execute(drop)
    assert "stg_loads__batches" not in unchanged(build(built))
    assert built.query("select count(*) from staging.stg_loads__batches") == [(1,)]
    assert built.query("select count(*) from marts.llm_usage_live") == [(1,)]


def test_a_full_refresh_remakes_everything(built: Project) -> None:
    assert unchanged(build(built, "--full-refresh")) == set()


@pytest.fixture(scope="module")
def on_duckdb(make_project: Callable[..., Project]) -> Project:
    project = make_project("unchanged_duckdb")
    project.load([CALL], loaded_at=utc("2026-03-02T00:00:00"))
    build(project, *PRICING)
    return project


def test_a_table_that_follows_from_seeds_reads_nothing_but_its_parents(on_duckdb: Project) -> None:
    nodes = {node["unique_id"]: node for node in materialized(on_duckdb).values()}
    compared = 0
    for result in build(on_duckdb, *PRICING):
        node = nodes[result["unique_id"]]
        if node["config"]["meta"].get("follows_parents_alone"):
            parents = [nodes[parent] for parent in node["depends_on"]["nodes"]]
            read = set(RELATION.findall(result["compiled_code"]))
            assert read == {(parent["schema"], parent["alias"]) for parent in parents}
            compared += 1
    assert compared > 15


def test_another_version_of_the_project_remakes_everything(on_duckdb: Project) -> None:
    macro = on_duckdb.path / "macros" / "keys.sql"
    text = macro.read_text()
    macro.write_text(text + "{% macro of_another_version() %}{% endmacro %}\n")
    nodes = materialized(on_duckdb)
    seeds = {name for name, node in nodes.items() if node["resource_type"] == "seed"}
    assert unchanged(build(on_duckdb, *PRICING)) == set()
    assert seeds <= unchanged(build(on_duckdb, *PRICING))
    macro.write_text(text)


def test_a_model_that_failed_is_left_as_it_was(on_duckdb: Project) -> None:
    build(on_duckdb, *PRICING)
    count = "select count(*) from intermediate.int_llm_price_week_windows"
    before = on_duckdb.query(count)
    folder = on_duckdb.path / "models" / "intermediate" / "pricing"
    model = folder / "int_llm_price_week_windows.sql"
    text = model.read_text()
    model.write_text(text + "\nwhere no_such_column")
    failed = on_duckdb.dbt("build", *WITHOUT_TESTS, *PRICING, check=False)
    assert failed.returncode == 1
    model.write_text(text)
    stayed = unchanged(build(on_duckdb, *PRICING))
    assert "int_llm_price_week_windows" in stayed
    assert "int_llm_price_periods" not in stayed
    assert on_duckdb.query(count) == before
