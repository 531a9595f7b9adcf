"""A run that ends in the middle, and the run after it: nothing is lost, nothing is there twice.

dbt is killed before each incremental model and inside it, when its old rows are deleted and the
new ones not yet there; PostgreSQL is stopped as a crash does. The next run must give what a full
refresh gives, and every record of what a run did must stand once.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from engine_servers.postgres import PostgresServer
from engine_servers.processes import free_port
from support import application_scenarios
from support.dbt_process import DbtProcess
from support.kill_switch import KILLED, Stop
from support.postgres_database import PostgresDatabase
from support.project import REPOSITORY, Project
from support.restatement_scenarios import (
    SEARCH_PRICE,
    VARS,
    Call,
    Price,
    Step,
    draw_histories,
)
from support.templates import Templates
from test_equivalence import Pair

MakeProject = Callable[..., Project]
MODES = ("append", "append")
# What makes a model keep the rows of earlier runs.
KEEPS_ROWS = re.compile(r"config\(\s*\*\*\w+\(|materialized\s*=\s*'incremental'")
INCREMENTAL = sorted(
    file.stem
    for file in (REPOSITORY / "models").rglob("*.sql")
    if KEEPS_ROWS.search(file.read_text(encoding="utf-8"))
)
# Models with what a run has written and what it has not yet on their two sides.
BETWEEN = ("fct_llm_usage", "fct_llm_usage_daily", "user_monthly_usage", "usage_load_ledger")
# One of each kind daily: the fact, what it is charged, what is summed from it, both records of a
# run. The chain below is killed inside others; `make soak` kills at every point.
DAILY = {
    *(("fct_llm_usage", "inside"), ("fct_llm_charges_daily", "inside")),
    *(("user_monthly_usage", "inside"), ("usage_restatements", "inside")),
    ("usage_load_ledger", "before"),
}
POINTS = [(model, "inside") for model in INCREMENTAL] + [(model, "before") for model in BETWEEN]
KILLS = [pytest.param(*point, marks=() if point in DAILY else pytest.mark.soak) for point in POINTS]
# All that the restatements of a date changed is all that it has.
RECORDED = """
    select coalesce(sum(requests_delta), 0), coalesce(sum(total_tokens_delta), 0)
    from marts.usage_restatements
"""
BUILT = "select count(*), coalesce(sum(total_tokens), 0) from marts.fct_llm_usage"

# Nothing but the price of a billed quantity changes: what it was priced with is a table of its own.
SEARCHED = Step(
    calls=(Call(1, 0, 1, "plain", "w1", searches=3),),
    replayed=(),
    prices=(Price("plain", None, None, 10), SEARCH_PRICE),
    is_unknown_named=False,
    cost_center="CC-1",
    told=(),
)
NEW_SEARCH_PRICE = replace(SEARCH_PRICE, usd_per_million=6_000, revision=2)
SEARCH_PRICE_CORRECTED = [
    SEARCHED,
    replace(SEARCHED, calls=(), prices=(*SEARCHED.prices, NEW_SEARCH_PRICE)),
]


@dataclass
class Case:
    """A built warehouse with a load that it has not seen, and what it must become."""

    pair: Pair
    kept: Path

    def restore(self) -> None:
        """Put the warehouse back to where the load is not built yet."""
        database = self.pair.built.project.database
        # What a killed run left there is not of this file.
        database.with_name(f"{database.name}.wal").unlink(missing_ok=True)
        shutil.copy(self.kept, database)

    def assert_right(self) -> None:
        """The marts are those of a full refresh, and the records tell each thing once."""
        self.pair.assert_equal([], 0)
        assert_recorded_once(self.pair.built.project)


def assert_recorded_once(project: Project) -> None:
    """Every restatement and every batch is recorded once, and together they give the fact."""
    assert project.query(RECORDED) == project.query(BUILT)
    for table, key in (
        ("marts.usage_restatements", "usage_restatement_key"),
        ("marts.load_audit", "load_audit_key"),
    ):
        assert project.query(f"select count(*) - count(distinct {key}) from {table}") == [(0,)]


def prepared(pair: Pair, histories: Sequence[Sequence[Any]], mode: str = "append") -> Pair:
    """Build the first load, bring the second, and refresh the reference with both."""
    pair.step([history[0] for history in histories], 0, mode)
    pair.play(pair.built.project, [history[1] for history in histories], 1, mode)
    pair.refresh()
    return pair


def drawn() -> list[list[Step]]:
    return [*draw_histories(40, MODES), SEARCH_PRICE_CORRECTED]


def kept_warehouse(pair: Pair) -> Case:
    """Copy the warehouse as it stands, to begin each test with."""
    database = pair.built.project.database
    assert not database.with_name(f"{database.name}.wal").exists()
    return Case(pair, Path(shutil.copy(database, database.with_name("kept.duckdb"))))


@pytest.fixture(scope="module")
def case(make_project: MakeProject) -> Case:
    made = [make_project(name, vars=VARS) for name in ("faults", "faults_refresh")]
    pair = Pair(*map(DbtProcess, made))
    return kept_warehouse(prepared(pair, drawn()))


@pytest.fixture(scope="module")
def application_case(make_project: MakeProject) -> Case:
    """An application whose second load says new prices of its own, among other things."""
    modes = ("full", "full")
    histories = application_scenarios.draw_histories(40, modes)
    made = [make_project(name, ("synapscale",), vars=VARS) for name in ("app", "app_refresh")]
    pair = Pair(*map(DbtProcess, made), play=application_scenarios.play)
    return kept_warehouse(prepared(pair, histories, "full"))


def test_the_incremental_models_are_known() -> None:
    assert {"fct_llm_usage", "fct_llm_usage_daily", "user_monthly_usage"} <= set(INCREMENTAL)
    assert set(POINTS) >= DAILY


@pytest.mark.parametrize(("model", "when"), KILLS)
def test_the_run_after_a_killed_one_is_right(case: Case, model: str, when: str) -> None:
    case.restore()
    code, printed = case.pair.built.run(model=model, when=when)
    assert code == KILLED, f"the run was not killed {when} {model}: {code}\n{printed}"
    case.pair.built.build()
    case.assert_right()


@pytest.mark.parametrize("model", ["fct_llm_usage", "fct_reported_costs"])
def test_the_run_after_a_killed_one_is_right_for_an_application(
    application_case: Case, model: str
) -> None:
    """What its own prices made of a call is in other tables than the fact."""
    application_case.restore()
    assert application_case.pair.built.run(model=model, when="before")[0] == KILLED
    application_case.pair.built.build()
    application_case.assert_right()
    reason = "app_price_changed" if model == "fct_llm_usage" else "caught_up"
    assert application_case.pair.built.project.query(
        "select count(*) > 0 from marts.usage_restatements"
        f" where restatement_reason like '%{reason}%'"
    ) == [(True,)]


def test_a_run_killed_at_one_model_after_another_is_right_in_the_end(case: Case) -> None:
    case.restore()
    for model in (
        "int_llm_usage_judged",
        "fct_llm_usage",
        "fct_llm_usage_daily",
        "llm_costs_daily",
    ):
        assert case.pair.built.run(model=model, when="inside")[0] == KILLED
    case.pair.built.build()
    case.assert_right()


def test_a_full_refresh_that_was_killed_is_mended_by_an_ordinary_run(case: Case) -> None:
    case.restore()
    code, printed = case.pair.built.run("--full-refresh", model="llm_costs_daily", when="before")
    assert code == KILLED, printed
    case.pair.built.build()
    case.pair.assert_equal([], 0)


def test_a_lost_record_is_found(case: Case) -> None:
    """The controls of this file can fail: a restatement recorded twice does not add up."""
    case.restore()
    case.pair.built.build()
    case.assert_right()
    with duckdb.connect(str(case.pair.built.project.database)) as connection:
        connection.execute(
            "insert into marts.usage_restatements from marts.usage_restatements"
            " where requests_delta <> 0 limit 1"
        )
    with pytest.raises(AssertionError):
        assert_recorded_once(case.pair.built.project)


# ---- PostgreSQL ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def own_server() -> Iterator[PostgresServer]:
    """A server that these tests may stop."""
    folder = Path(tempfile.mkdtemp(prefix="llm_finops_postgres_faults_"))
    try:
        with PostgresServer(folder, port=free_port()) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def postgres_pair(
    make_project: MakeProject,
    templates: Templates,
    own_server: PostgresServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Pair:
    """Runs on PostgreSQL, to be compared with a full refresh on DuckDB."""
    path = tmp_path_factory.mktemp("pg_faults") / "llm_finops"
    vars = {"sources": ["events"], **VARS}
    templates.copy(path, vars)
    database = PostgresDatabase(own_server, path.parent.name)
    project = Project(path, "postgres", database, vars=vars)
    reference = make_project("pg_faults_refresh", vars=VARS)
    pair = prepared(Pair(DbtProcess(project), DbtProcess(reference)), drawn())
    # What is restored holds the second load, unbuilt.
    database.copy_raw_files(project.raw_dir)
    with own_server.connected() as connection:
        connection.cursor().execute(
            f'create database kept template "{pair.built.project.postgres.name}"'
        )
    return pair


def restore(server: PostgresServer, pair: Pair) -> None:
    """Put the database back to where the second load is not built yet."""
    assert pair.built.project.postgres
    name = pair.built.project.postgres.name
    with server.connected() as connection:
        cursor = connection.cursor()
        cursor.execute(f'drop database "{name}" with (force)')
        cursor.execute(f'create database "{name}" template kept owner {server.user}')


@pytest.mark.engine("postgres")
@pytest.mark.parametrize("when", ["before", "inside"])
@pytest.mark.parametrize("model", ["fct_llm_usage", "usage_restatements"])
def test_dbt_killed_on_postgres_leaves_a_right_next_run(
    own_server: PostgresServer, postgres_pair: Pair, model: str, when: str
) -> None:
    restore(own_server, postgres_pair)
    assert postgres_pair.built.run(model=model, when=when)[0] == KILLED
    postgres_pair.built.build()
    postgres_pair.assert_equal([], 0)
    assert_recorded_once(postgres_pair.built.project)


@pytest.mark.engine("postgres")
@pytest.mark.parametrize("model", ["int_llm_usage_judged", "fct_llm_usage", "user_monthly_usage"])
def test_postgres_stopped_during_a_build_leaves_a_right_next_run(
    own_server: PostgresServer, postgres_pair: Pair, tmp_path: Path, model: str
) -> None:
    restore(own_server, postgres_pair)
    pause = tmp_path / "pause"
    postgres_pair.built.start(stop=Stop(model, "inside", str(pause)))
    postgres_pair.built.wait_for(pause)
    own_server.kill()
    pause.unlink()
    code, printed = postgres_pair.built.finish()
    # 2 where dbt lost the server between two models too.
    assert code in (1, 2), printed
    own_server.start()
    postgres_pair.built.build()
    postgres_pair.assert_equal([], 0)
    assert_recorded_once(postgres_pair.built.project)
