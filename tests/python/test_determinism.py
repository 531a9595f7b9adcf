"""The same input gives the same marts, whatever the order and the time in which it was loaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from mart_export.contracts import read_contracts
from mart_export.marts import hash_marts
from support.project import PINNED, Project

AS_OF = "2026-11-01"
EXPECTED_MARTS = {
    *("cost_per_token", "dim_dates", "dim_llms", "dim_users", "dim_workspaces", "fct_llm_usage"),
    *("fct_llm_usage_daily", "llm_costs_daily", "llm_efficiency_stats", "pricing_coverage"),
    *("rejected_llm_usage", "user_monthly_usage", "workspace_monthly_usage"),
}


@pytest.fixture(scope="module")
def sample_files(make_project: Callable[..., Project]) -> list[Path]:
    """Two files of generated events that share no event."""
    project = make_project("sample_files", vars=PINNED)
    whole = project.path / "data" / "sample.parquet"
    project.script("generate_events.py", "--rows", "10000", "--out", whole)
    halves = [whole.with_name(f"half_{number}.parquet") for number in (0, 1)]
    for number, half in enumerate(halves):
        duckdb.sql(
            f"copy (from '{whole}' where hash(event_id) % 2 = {number}) to '{half}'"
            " (format parquet)"
        )
    return halves


def run_models(project: Project) -> None:
    """Build everything but the tests, which change no mart."""
    without_tests = ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
    project.dbt("build", *without_tests)


@pytest.fixture(scope="module")
def built(make_project: Callable[..., Project], sample_files: list[Path]) -> Project:
    project = make_project("determinism", vars=PINNED)
    project.load(sample_files[0], loaded_at="2026-11-02T00:00:00+00:00")
    project.load(sample_files[1], loaded_at="2026-11-03T00:00:00+00:00")
    run_models(project)
    return project


def test_a_second_build_gives_the_same_marts(built: Project) -> None:
    before = hash_marts(built.database)
    assert set(before) >= EXPECTED_MARTS
    assert before["fct_llm_usage"].rows > 9_000
    run_models(built)
    assert hash_marts(built.database) == before


def test_two_independent_batches_may_come_in_either_order(
    make_project: Callable[..., Project], built: Project, sample_files: list[Path]
) -> None:
    reordered = make_project("reordered", vars=PINNED)
    reordered.load(sample_files[1], loaded_at="2026-11-02T00:00:00+00:00")
    reordered.load(sample_files[0], loaded_at="2026-11-08T00:00:00+00:00")
    run_models(reordered)
    assert hash_marts(reordered.database) == hash_marts(built.database)


def test_only_load_columns_stand_outside_the_hash() -> None:
    unhashed = {
        (mart, column)
        for mart, contract in read_contracts().items()
        for column in contract.left_out - {"restated_at"}
    }
    assert unhashed == {
        ("fct_llm_charges_daily", "charged_at"),
        ("fct_llm_usage", "batch_id"),
        ("fct_llm_usage", "first_loaded_at"),
        ("load_audit", "loaded_at"),
        ("rejected_llm_usage", "batch_id"),
        ("rejected_llm_usage", "first_seen_at"),
        ("usage_load_ledger", "restatement_rules"),
    }
