"""An application overwrites and deletes its rows; what it said before stays where it counts."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from raw_loading.file_area import batch_files
from support.application import Rows, application, usage
from support.project import Project
from test_synapscale import SOURCE, VARS, hashes, loaded, run_models

FIRST, SECOND = "2025-04-01T02:00:00+00:00", "2025-05-01T02:00:00+00:00"


def a_month_later() -> Rows:
    """Return the export of 2025-05-01.

    u1 is deleted with all that was his, w1 is renamed and u2 its owner. gpt-4o has another price
    since 15 April, claude-3-haiku one that left `updated_at` alone.
    """
    rows = application()
    for table in ("users", "workspace_members", "usage_logs"):
        rows[table] = [
            row for row in rows[table] if "u1" not in (row.get("user_id"), row.get("id"))
        ]
    rows["workspaces"][0] |= {
        "name": "Deep Research",
        "owner_id": "u2",
        "updated_at": "2025-04-20T00:00:00Z",
    }
    rows["workspace_members"][0] |= {"role": "owner", "updated_at": "2025-04-20T00:00:00Z"}
    rows["llms"][0] |= {
        "cost_per_token_input": 0.0000025,
        "cost_per_token_output": 0.00001,
        "updated_at": "2025-04-15T00:00:00Z",
    }
    rows["llms"][1] |= {"cost_per_token_input": 0.000001}
    calls = [("n1", "l1", "2025-04-14T23:59:59Z"), ("n2", "l1", "2025-04-15T00:00:00Z")]
    calls += [("n3", "l2", "2025-04-30T00:00:00Z"), ("n4", "l2", SECOND)]
    rows["usage_logs"] += [
        usage(name, llm_id=llm, user_id="u2", created_at=at) for name, llm, at in calls
    ]
    return rows


@pytest.fixture(scope="module")
def history(make_project: Callable[..., Project]) -> Project:
    """Two whole exports, the warehouse built once, after the second."""
    project = make_project("history", SOURCE, vars=VARS)
    loaded(loaded(project, application(), FIRST), a_month_later(), SECOND)
    run_models(project)
    return project


def test_a_deleted_users_calls_stay_and_say_so(history: Project) -> None:
    assert history.query(
        "select event_id, is_deleted_upstream, list_cost is null from marts.fct_llm_usage"
        " where user_id = 'u1' order by 1"
    ) == [(name, True, name == "g8") for name in ("g1", "g2", "g5", "g6", "g7", "g8")]
    assert history.query(
        "select count(*) from marts.fct_llm_usage where user_id <> 'u1' and is_deleted_upstream"
    ) == [(0,)]
    assert history.query(
        "select requests, list_cost from marts.user_monthly_usage"
        " where user_id = 'u1' and workspace_id = 'w1'"
    ) == [(5, Decimal("0.013375"))]


def test_a_deleted_user_is_still_a_member_of_the_dimension(history: Project) -> None:
    assert history.query(
        "select user_id, is_deleted_upstream, is_inferred from marts.dim_users"
        " where not is_unattributed order by 1"
    ) == [("u1", True, False), ("u2", False, False), ("u3", False, False)]


def test_a_renamed_workspace_keeps_its_id_and_costs(history: Project) -> None:
    assert history.query(
        "select workspace_name, owner_user_id from marts.dim_workspaces where workspace_id = 'w1'"
    ) == [("Deep Research", "u2")]
    assert history.query(
        "select usage_month::varchar, requests from marts.workspace_monthly_usage"
        " where workspace_id = 'w1' order by 1"
    ) == [("2025-03-01", 5), ("2025-04-01", 3), ("2025-05-01", 1)]


def test_roles_have_periods(history: Project) -> None:
    assert history.query(
        "select user_id, role, valid_from::varchar, valid_to::varchar, is_current,"
        " is_deleted_upstream from marts.dim_workspace_members order by user_id, valid_from"
    ) == [
        ("u1", "owner", "2025-01-01 00:00:00", None, False, True),
        ("u2", "guest", "2025-01-01 00:00:00", "2025-04-20 00:00:00", False, False),
        ("u2", "owner", "2025-04-20 00:00:00", None, True, False),
    ]


def test_each_call_has_the_applications_price_of_its_instant(history: Project) -> None:
    # gpt-4o: 0.005 + 0.0015, since 15 April 0.0025 + 0.001; claude-3-haiku: 0.00025 + 0.000125,
    # from the second load on 0.001 + 0.000125.
    assert history.query(
        "select usage.event_id, costed.app_cost, costed.previous_app_cost"
        " from intermediate.int_llm_usage_app_costed as costed"
        " inner join marts.fct_llm_usage as usage using (usage_key)"
        " where usage.event_id like 'n%' order by 1"
    ) == [
        ("n1", Decimal("0.0065"), None),
        ("n2", Decimal("0.0035"), Decimal("0.0065")),
        ("n3", Decimal("0.000375"), None),
        ("n4", Decimal("0.001125"), Decimal("0.000375")),
    ]


def test_the_snapshot_makes_no_difference_where_raw_holds_everything(
    make_project: Callable[..., Project], history: Project
) -> None:
    project = loaded(make_project("built_twice", SOURCE, vars=VARS), application(), FIRST)
    run_models(project)
    loaded(project, a_month_later(), SECOND)
    run_models(project)
    versions = "select count(*) from snapshots.snap_synapscale__llms"
    assert (project.query(versions), history.query(versions)) == ([(4,)], [(3,)])
    assert hashes(project) == hashes(history)


def test_the_snapshot_keeps_the_prices_that_a_lost_raw_file_held(
    make_project: Callable[..., Project],
) -> None:
    project = loaded(make_project("lost", SOURCE, vars=VARS), application(), FIRST)
    run_models(project)
    ((batch, file),) = batch_files(project.raw_dir / "synapscale" / "llms").items()
    (project.raw_dir / "load_manifest" / f"{batch}.parquet").unlink()
    file.unlink()
    loaded(project, a_month_later(), SECOND)
    select = ["stg_synapscale__llms", "snap_synapscale__llms", "int_synapscale_llm_versions"]
    project.dbt("build", "--select", *select, "--exclude-resource-type", "unit_test")
    assert project.query(
        "select input_price, valid_from::varchar from intermediate.int_synapscale_llm_versions"
        " where app_llm_id = 'l1' order by 2"
    ) == [
        (Decimal("0.000005"), "2025-01-01 00:00:00"),
        (Decimal("0.0000025"), "2025-04-15 00:00:00"),
    ]
