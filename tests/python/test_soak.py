"""What takes too long for every day: `make soak`.

A Spark worker is killed during a build; the next run must give what a full refresh gives.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from engine_servers.processes import free_port
from engine_servers.spark import SparkServer
from support.dbt_process import DbtProcess
from support.kill_switch import Stop
from support.project import Project
from support.restatement_scenarios import VARS, draw_histories, play
from support.spark_database import SparkDatabase
from support.templates import Templates
from test_equivalence import Pair
from test_faults import assert_recorded_once

pytestmark = [pytest.mark.soak, pytest.mark.engine("spark"), pytest.mark.timeout(7200)]

MODES = ("append", "append", "append")
MODELS = ("int_llm_usage_judged", "fct_llm_usage", "llm_efficiency_stats")


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkServer]:
    """A cluster that these tests may break; its port is its own, so that it comes back on it."""
    with SparkServer(tmp_path_factory.mktemp("soak_server"), free_port()) as server:
        yield server


@pytest.fixture
def pair(
    make_project: Callable[..., Project],
    templates: Templates,
    own_server: SparkServer,
    tmp_path: Path,
) -> Pair:
    path = tmp_path / "llm_finops"
    name = f"soak_{time.monotonic_ns()}"
    vars = {"sources": ["events"], "raw_schema": f"{name}_raw", **VARS}
    templates.copy(path, vars)
    project = Project(path, "spark", spark=SparkDatabase(own_server, name), vars=vars)
    return Pair(DbtProcess(project), DbtProcess(make_project("soak_refresh", vars=VARS)))


@pytest.mark.parametrize("model", MODELS)
def test_the_run_after_a_killed_worker_is_right(
    own_server: SparkServer, pair: Pair, tmp_path: Path, model: str
) -> None:
    histories = draw_histories(20, MODES)
    for number in range(2):
        pair.step([history[number] for history in histories], number, "append")
    play(pair.built.project, [history[2] for history in histories], 2, "append")

    pause = tmp_path / "pause"
    pair.built.start(stop=Stop(model, "before", str(pause)))
    pair.built.wait_for(pause)
    victim = own_server.worker_pids[0]
    # The statement runs by then.
    killer = threading.Timer(1.0, os.kill, (victim, signal.SIGKILL))
    killer.start()
    pause.unlink()
    code, printed = pair.built.finish()
    killer.join()
    # Spark may finish on the worker that is left.
    assert code in (0, 1), printed

    own_server.start()
    assert len(own_server.worker_pids) == 2
    pair.built.build()
    pair.refresh()
    pair.assert_equal(histories, 3)
    assert_recorded_once(pair.built.project)


def test_a_sequence_of_loads_on_spark_ends_as_a_full_refresh(pair: Pair) -> None:
    """Each step is compared; whole tables, and so vanished calls, among them."""
    modes = ("append", "append", "full", "append")
    histories = draw_histories(30, modes)
    for number, mode in enumerate(modes):
        pair.step([history[number] for history in histories], number, mode)
        pair.refresh()
        pair.assert_equal(histories, number + 1)
