"""A Spark cluster that cannot be started says why, and leaves nothing behind."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from engine_servers import spark
from engine_servers.problems import ServerProblem
from engine_servers.processes import command_of
from engine_servers.spark import SparkServer

pytestmark = pytest.mark.engine("spark")


def program(path: Path, text: str) -> Path:
    """Write an executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def fake_spark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], SparkServer]:
    """Return a function: a cluster whose every process is the given shell script."""

    def make(script: str) -> SparkServer:
        home = tmp_path / "pyspark"
        for name in ("spark-class", "spark-submit"):
            program(home / "bin" / name, script)
        monkeypatch.setattr(spark, "spark_home", lambda: home)
        monkeypatch.setattr(spark, "java", lambda: tmp_path / "jdk" / "bin" / "java")
        return SparkServer(tmp_path / "server", progress=lambda message: None)

    return make


def test_no_java_is_told_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServerProblem, match=r"this machine has no Java: install Java 17 or newer"):
        spark.java()


def test_a_java_home_without_java_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(ServerProblem, match=rf"JAVA_HOME is {tmp_path}, and .* cannot be run"):
        spark.java()


@pytest.mark.parametrize(("told", "number"), [("1.8.0_412", 8), ("11.0.2", 11)])
def test_a_java_too_old_is_told_its_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: str, number: int
) -> None:
    program(tmp_path / "bin" / "java", f"echo 'openjdk version \"{told}\"' >&2")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(ServerProblem, match=rf"is Java {number}, too old for Spark: install Java"):
        spark.java()


def test_no_pyspark_is_told_with_the_lock_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ServerProblem, match=r"not installed: .*-r requirements/spark\.txt"):
        spark.spark_home()


def test_a_port_in_use_is_told_before_anything_starts(
    tmp_path: Path, fake_spark: Callable[[str], SparkServer]
) -> None:
    fake_spark("touch started")
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        server = SparkServer(tmp_path / "server", port=busy.getsockname()[1])
        with pytest.raises(ServerProblem, match=r"port \d+ of 127\.0\.0\.1 is in use"):
            server.start()
    assert not (tmp_path / "server").exists()


def test_a_process_that_dies_is_told_with_its_last_words(
    fake_spark: Callable[[str], SparkServer],
) -> None:
    server = fake_spark("echo 'Exception: no room'; echo '  at some.Class'; exit 7")
    with pytest.raises(ServerProblem, match=r"process master ended .*\(7\): Exception: no room: "):
        server.start()
    assert not server.running()


def test_a_start_that_fails_ends_what_it_has_started(
    fake_spark: Callable[[str], SparkServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spark, "START_SECONDS", 1)
    # Named in the command line, as Java is told the folder.
    server = fake_spark('exec sh -c "sleep 60 # $SPARK_CONF_DIR"')
    started: list[int] = []
    monkeypatch.setattr(
        server,
        "_wait_for_port",
        lambda name, port: started.append(server.master_pid or 0) or fail(),
    )
    with pytest.raises(ServerProblem, match="too late"):
        server.start()
    assert started[0]
    time.sleep(0.2)
    assert str(server.directory) not in command_of(started[0])


def fail() -> None:
    raise ServerProblem("too late", "wait")


def test_a_foreign_process_with_an_old_number_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "master.pid").write_text("1\n")
    server = SparkServer(tmp_path)
    assert server.master_pid is None
    assert server.stop() is False
