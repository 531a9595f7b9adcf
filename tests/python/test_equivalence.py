"""A sequence of runs gives the marts that one full refresh gives, to the last digit.

Histories are drawn at random (`restatement_scenarios`): late, corrected, moved, replayed, vanished
and healed rows, days that become empty, price changes between the loads. Many are played at once,
none sharing a date, a model or a workspace with another; some alone, so that no other history's
dates hide what a run forgot.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from compare_engines import compare_mart
from mart_export.compare import MartHash
from mart_export.contracts import read_contracts
from mart_export.engines import Engine, PostgresEngine
from mart_export.marts import exactly, hash_marts, tables_of
from mart_export.targets import Target, open_duckdb, open_server
from support import application_scenarios, restatement_scenarios
from support.dbt_process import DbtProcess
from support.project import Project
from support.restatement_scenarios import CHANGES, VARS, Step, draw_histories

MakeProject = Callable[..., Project]
Histories = Sequence[Sequence[Any]]
# Loads one step of all histories: project, the step of each, its number, its load mode.
Play = Callable[[Project, Sequence[Any], int, str], None]
# Minutes each: with the other long ones in `make soak`.
POSTGRES = (pytest.mark.engine("postgres"), pytest.mark.soak)
WHOLE = ("append", "append", "full", "append", "full")


@contextmanager
def opened(project: Project, name: str) -> Iterator[Target]:
    """Open a copy's warehouse for reading."""
    schema = "marts"
    engine: Engine
    if project.postgres:
        engine = PostgresEngine(project.postgres.connect())
    elif project.spark:
        server, schema = project.spark.server, f"{project.spark.name}_marts"
        engine = open_server(
            "spark", {"host": server.host, "port": server.port, "user": server.user}
        )
    else:
        engine = open_duckdb(project.database)
    with closing(engine):
        yield Target(name, engine, schema)


def differences(built: Project, reference: Project) -> list[str]:
    """Return what `compare_engines.py` says of each mart that differs.

    On one engine the approximate columns must be equal too.
    """
    treat = exactly if built.engine == reference.engine else replace
    with opened(built, "these runs") as left, opened(reference, "a full refresh") as right:
        contracts = read_contracts()
        sides = [
            {name: treat(table) for name, table in tables_of(target, contracts).items()}
            for target in (left, right)
        ]
        told = [
            compare_mart(
                name, [side.get(name) for side in sides], [left, right], 3, lambda rows: None
            )
            for name in sorted(set().union(*sides))
        ]
    return [text for text, is_equal in told if not is_equal]


def hashes_with_load_columns(project: Project) -> dict[str, MartHash]:
    """Hash every column of every mart, also when its rows were computed last."""
    contracts = {
        name: replace(contract, left_out=frozenset()) for name, contract in read_contracts().items()
    }
    with opened(project, "these runs") as target:
        return hash_marts(target, contracts=contracts)


@dataclass
class Pair:
    """A copy that is built after every load, and one that is built anew from the same raw area."""

    built: DbtProcess
    reference: DbtProcess
    play: Play = restatement_scenarios.play

    def step(self, steps: Sequence[Any], number: int, mode: str) -> None:
        """Load one step of every history, and run the incremental build."""
        self.play(self.built.project, steps, number, mode)
        self.built.build()

    def refresh(self) -> None:
        """Build everything anew from the same raw files and seeds."""
        source, target = self.built.project, self.reference.project
        for folder in ("data/raw", "seeds"):
            shutil.copytree(source.path / folder, target.path / folder, dirs_exist_ok=True)
        for file in target.database.parent.glob(f"{target.database.name}*"):
            file.unlink()
        self.reference.build("--full-refresh")

    def assert_equal(self, histories: Histories, steps: int) -> None:
        """Fail with what differs and with the history that it belongs to, if a row names one."""
        found = differences(self.built.project, self.reference.project)
        if found:
            named = re.search(r"\bex(\d+)", "\n".join(found))
            history = histories[int(named[1])][:steps] if named else []
            raise AssertionError(
                "\n\n".join(["the marts are not those of a full refresh", *found])
                + "".join(f"\n{step}" for step in history)
            )


@pytest.fixture
def make_pair(make_project: MakeProject) -> Callable[..., Pair]:
    def make(engine: str, source: str = "events", reference: str = "") -> Pair:
        play = application_scenarios.play if source == "synapscale" else restatement_scenarios.play
        made = [
            DbtProcess(make_project(name, (source,), on, VARS))
            for name, on in (("runs", engine), ("refresh", reference or engine))
        ]
        return Pair(made[0], made[1], play)

    return make


def play_and_compare(pair: Pair, histories: Histories, modes: Sequence[str]) -> None:
    """Compare with a full refresh after each step; then run again, which changes nothing."""
    for number, mode in enumerate(modes):
        pair.step([history[number] for history in histories], number, mode)
        pair.refresh()
        pair.assert_equal(histories, number + 1)
    before = hashes_with_load_columns(pair.built.project)
    assert before["fct_llm_usage"].rows >= len(histories)
    pair.built.build()
    after = hashes_with_load_columns(pair.built.project)
    assert {name for name in before if before[name] != after[name]} == set()


@pytest.mark.parametrize(
    ("engine", "count", "modes"),
    [
        ("duckdb", 200, WHOLE[:4]),
        pytest.param("duckdb", 100, WHOLE, marks=pytest.mark.soak),
        pytest.param("postgres", 40, WHOLE[:3], marks=pytest.mark.engine("postgres")),
        pytest.param("postgres", 40, WHOLE, marks=POSTGRES),
    ],
)
def test_any_sequence_of_loads_ends_as_a_full_refresh(
    make_pair: Callable[..., Pair], engine: str, count: int, modes: Sequence[str]
) -> None:
    pair = make_pair(engine, reference="duckdb")
    play_and_compare(pair, draw_histories(count, modes), modes)


@pytest.mark.soak
@pytest.mark.engine("spark")
def test_two_loads_on_spark_end_as_a_full_refresh_on_duckdb(
    make_pair: Callable[..., Pair],
) -> None:
    """One full and one incremental build."""
    modes = ("append", "append")
    pair, histories = make_pair("spark", reference="duckdb"), draw_histories(20, modes)
    for number, mode in enumerate(modes):
        pair.step([history[number] for history in histories], number, mode)
    pair.refresh()
    pair.assert_equal(histories, 2)


def test_a_history_alone_ends_as_a_full_refresh(make_pair: Callable[..., Pair]) -> None:
    """The liveliest of the drawn histories."""
    modes = WHOLE[:3]
    lively = max(draw_histories(100, modes), key=lambda steps: len({*told(steps)}))
    play_and_compare(make_pair("duckdb"), [lively], modes)


@pytest.mark.parametrize(
    ("engine", "count", "modes"),
    [
        ("duckdb", 100, ("full", "append")),
        pytest.param("duckdb", 100, ("full", "append", "full"), marks=pytest.mark.soak),
        pytest.param("postgres", 30, ("full",) * 3, marks=POSTGRES),
    ],
)
def test_any_sequence_of_an_applications_loads_ends_as_a_full_refresh(
    make_pair: Callable[..., Pair], engine: str, count: int, modes: Sequence[str]
) -> None:
    histories = application_scenarios.draw_histories(count, modes)
    play_and_compare(make_pair(engine, "synapscale", "duckdb"), histories, modes)


def told(history: Sequence[Step]) -> list[str]:
    return [change for step in history for change in step.told]


def test_the_drawn_histories_hold_every_change() -> None:
    drawn = draw_histories(200, WHOLE[:4])
    counted = Counter(change for each in drawn for change in told(each))
    assert {change.__name__ for change in CHANGES} == {
        name for name, times in counted.items() if times >= 3
    }


# ---- negative controls: each of these must be found ----------------------------------------------


@pytest.fixture(scope="module")
def after_two_loads(make_project: MakeProject) -> tuple[Pair, Path]:
    """Two loads and their full refresh, with a copy of the warehouse after the first load."""
    histories = draw_histories(60, ("append",) * 2)
    made = [make_project(name, vars=VARS) for name in ("control", "control_refresh")]
    pair = Pair(*map(DbtProcess, made))
    project = pair.built.project
    early = project.path / "data" / "after_the_first_load.duckdb"
    for number in range(2):
        pair.step([history[number] for history in histories], number, "append")
        if number == 0:
            shutil.copy(project.database, early)
    pair.refresh()
    pair.assert_equal(histories, 2)
    return pair, early


def changed_by(pair: Pair, *statements: str) -> str:
    """Return what is found after statements that spoil the built warehouse, and take them back."""
    database = pair.built.project.database
    kept = shutil.copy(database, database.with_suffix(".kept"))
    try:
        with duckdb.connect(str(database)) as connection:
            for statement in statements:
                connection.execute(statement)
        return "\n".join(differences(pair.built.project, pair.reference.project))
    finally:
        Path(kept).replace(database)


@pytest.mark.parametrize(
    "mart",
    [
        *("fct_llm_usage", "fct_llm_usage_daily", "llm_costs_daily", "cost_per_token"),
        *("cost_change_drivers", "user_monthly_usage", "workspace_monthly_usage"),
        *("llm_efficiency_stats", "pricing_coverage", "rejected_llm_usage"),
    ],
)
def test_a_mart_that_missed_a_load_is_found(after_two_loads: tuple[Pair, Path], mart: str) -> None:
    pair, early = after_two_loads
    found = changed_by(
        pair,
        f"attach '{early}' as early (read_only)",
        f"create or replace table marts.{mart} as from early.marts.{mart}",
    )
    assert f"{mart} " in found and "different" in found


def test_late_rows_that_were_dropped_are_found(after_two_loads: tuple[Pair, Path]) -> None:
    """A watermark on the usage date takes only what is newer than all it has."""
    pair, early = after_two_loads
    found = changed_by(
        pair,
        f"attach '{early}' as early (read_only)",
        "delete from marts.fct_llm_usage where usage_key not in"
        " (select usage_key from early.marts.fct_llm_usage) and usage_date <="
        " (select max(usage_date) from early.marts.fct_llm_usage)",
    )
    assert "only in a full refresh" in found


def test_one_digit_of_one_row_is_found(after_two_loads: tuple[Pair, Path]) -> None:
    found = changed_by(
        after_two_loads[0],
        "update marts.user_monthly_usage set list_cost = list_cost + 0.000000000000001"
        " where user_monthly_usage_key = (select min(user_monthly_usage_key)"
        " from marts.user_monthly_usage where list_cost is not null)",
    )
    assert "list_cost: '" in found
