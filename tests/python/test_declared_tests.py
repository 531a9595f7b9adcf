"""A scheduled build asks every declared test, several in one statement, and none in vain."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import duckdb
import pytest
from support.project import Project

DECLARED = ("--select", "path:tests/declared")
ASKED = re.compile(r"select '(\w+)' as failing_test")
LONG_AGO, NEVER = "2000-01-01 00:00:00", "2100-01-01 00:00:00"


@pytest.fixture(scope="module")
def built(make_project: Callable[..., Project]) -> Project:
    """The hand-worked calls, built in a copy that tests may break and mend."""
    project = make_project("declared")
    events = project.path / "tests" / "fixtures" / "hand_worked" / "events.csv"
    project.load(events, loaded_at="2026-11-20T00:00:00+00:00")
    project.build(as_of="2026-12-01", max_unpriced_token_share=1)
    return project


@pytest.fixture(scope="module")
def nodes(built: Project) -> Mapping[str, dict[str, Any]]:
    """Return the tests of the manifest by name."""
    found = built.manifest()["nodes"].values()
    return {node["name"]: node for node in found if node["resource_type"] == "test"}


def asked(built: Project) -> dict[str, list[str]]:
    """Return the declared tests that each test of tests/declared asks, from what dbt compiled."""
    built.dbt("test", *DECLARED)
    folder = built.path / "target" / "compiled" / "llm_finops" / "tests" / "declared"
    return {file.stem: ASKED.findall(file.read_text()) for file in folder.glob("*.sql")}


def failing(built: Project, **settings: str) -> tuple[set[str], str]:
    """Run tests/declared; return which of them fail, and what dbt printed."""
    run = built.dbt("test", *DECLARED, check=False, **settings)
    return built.failed_tests(), run.stdout


def test_each_declared_test_is_asked_once(
    built: Project, nodes: Mapping[str, dict[str, Any]]
) -> None:
    declared = {
        name
        for name, node in nodes.items()
        if node.get("test_metadata") and "full_audit" not in node["tags"]
    }
    assert len(declared) > 120
    assert Counter(name for names in asked(built).values() for name in names) == Counter(declared)


def test_each_waits_for_all_that_it_reads(
    built: Project, nodes: Mapping[str, dict[str, Any]]
) -> None:
    missing = {
        f"{asking} reads {parent}"
        for asking, names in asked(built).items()
        for name in names
        for parent in nodes[name]["depends_on"]["nodes"]
        if parent not in nodes[asking]["depends_on"]["nodes"]
    }
    assert missing == set()


@pytest.mark.parametrize(
    ("broken", "asking", "declared"),
    [
        (
            "insert into marts.user_monthly_usage from marts.user_monthly_usage limit 1",
            "assert_usage_marts_pass_their_declared_tests",
            "user_monthly_usage_has_one_row_per_key",
        ),
        (
            "update marts.user_monthly_usage set requests = requests + 1",
            "assert_usage_marts_pass_their_declared_tests",
            "user_monthly_usage_adds_up_to_the_daily_fact",
        ),
        (
            "update marts.fct_llm_usage set status = 'maybe' where usage_key ="
            " (select min(usage_key) from marts.fct_llm_usage)",
            "assert_facts_pass_their_declared_tests",
            "fct_llm_usage_status_is_in_its_closed_list",
        ),
        (
            "update marts.fct_llm_usage set total_tokens = total_tokens + 1",
            "assert_facts_pass_their_declared_tests",
            "fct_llm_usage_token_buckets_add_up_to_the_total",
        ),
        (
            "delete from marts.dim_workspaces where workspace_id <> 'unattributed'",
            "assert_facts_belong_to_dimensions",
            "fct_llm_usage_workspace_id_is_a_member_of_dim_workspaces",
        ),
        (
            "alter table marts.cost_per_token alter list_cost type double",
            "assert_cost_marts_pass_their_declared_tests",
            "cost_per_token_keeps_money_in_exact_decimals",
        ),
    ],
)
def test_a_broken_rule_is_named(built: Project, broken: str, asking: str, declared: str) -> None:
    whole = built.database.read_bytes()
    try:
        with duckdb.connect(str(built.database)) as connection:
            connection.execute(broken)
        failed, printed = failing(built)
    finally:
        built.database.write_bytes(whole)
    assert asking in failed
    assert f"failing_test = {declared}, failing_rows = " in printed


def test_prices_are_asked_again_when_a_seed_has_changed_since_they_passed(built: Project) -> None:
    asking = "assert_prices_pass_their_declared_tests"
    whole = built.database.read_bytes()
    try:
        with duckdb.connect(str(built.database)) as connection:
            connection.execute("update seeds.llm_prices set status = 'maybe'")
        scope = {"LLM_FINOPS_TEST_SCOPE": "restated"}
        passed_since, _ = failing(built, LLM_FINOPS_TESTED_SINCE=NEVER, **scope)
        passed_before, _ = failing(built, LLM_FINOPS_TESTED_SINCE=LONG_AGO, **scope)
        everything, _ = failing(built)
    finally:
        built.database.write_bytes(whole)
    assert asking not in passed_since
    assert asking in passed_before
    assert asking in everything


def test_one_that_is_excluded_by_name_is_not_asked(built: Project) -> None:
    whole = built.database.read_bytes()
    excluded = ("--exclude", "fct_llm_usage_status_is_in_its_closed_list")
    try:
        with duckdb.connect(str(built.database)) as connection:
            connection.execute("update marts.fct_llm_usage set status = 'maybe'")
        broken, _ = failing(built)
        built.dbt("test", *DECLARED, *excluded, check=False)
        left = built.failed_tests()
    finally:
        built.database.write_bytes(whole)
    assert "assert_facts_pass_their_declared_tests" in broken
    assert "assert_facts_pass_their_declared_tests" not in left


def test_a_declared_test_that_no_folder_asks_stops_the_run(built: Project) -> None:
    model = built.path / "models" / "marts" / "core" / "dim_of_ones_own.sql"
    declared = model.with_name("own.yml")
    model.write_text("select 1 as own_key")
    declared.write_text(
        "models: [{name: dim_of_ones_own, config: {contract: {enforced: false}}, columns:"
        " [{name: own_key, data_tests: [{not_null: {name: own_key_is_never_null}}]}]}]\n"
    )
    try:
        asked_by_nobody = built.dbt("test", *DECLARED, check=False)
    finally:
        model.unlink()
        declared.unlink()
    assert asked_by_nobody.returncode != 0
    said = " ".join(asked_by_nobody.stdout.split())
    assert "no scheduled build asks own_key_is_never_null" in said
    assert built.dbt("test", *DECLARED).returncode == 0


def test_a_folder_without_a_declared_test_fails(built: Project) -> None:
    file = built.path / "tests" / "declared" / "assert_nothing.sql"
    file.write_text("{{ failing_declared_tests(['int_llm_price_cells']) }}\n")
    try:
        failed, printed = failing(built)
    finally:
        file.unlink()
    assert "assert_nothing" in failed
    assert "no test is declared" in printed
