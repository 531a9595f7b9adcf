"""A throw-away Spark cluster on 127.0.0.1: a master, two workers of one core, a Thrift server.

It is pyspark's own Spark on the machine's Java, with tables as Parquet files and a Derby catalogue
in one folder, and trusts everybody: for tests and a first try, never for data that must last.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from engine_servers.problems import ServerProblem
from engine_servers.processes import HOST, check_port, command_of, free_port

OLDEST_JAVA = 17
WORKERS = ("worker_1", "worker_2")
# In the order in which they start; they end the other way round.
NAMES = ("master", *WORKERS, "thrift")
START_SECONDS = 180
STOP_SECONDS = 20
CLASSES = {
    "master": "org.apache.spark.deploy.master.Master",
    "worker": "org.apache.spark.deploy.worker.Worker",
    "thrift": "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2",
}
# The heap of the Thrift server is a daemon's, whatever spark.driver.memory says.
DAEMON_MEMORY = {"master": "256m", "worker": "256m", "thrift": "2g"}
# Half of Java's work would be compiling what runs a few times only.
QUICK_JAVA = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"
# What the models need of any Spark stands first; docs/engines.md names it for a managed cluster.
SETTINGS = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.sources.partitionOverwriteMode": "dynamic",
    "spark.sql.sources.default": "parquet",
    "spark.sql.catalogImplementation": "hive",
    "spark.driver.host": HOST,
    "spark.driver.bindAddress": HOST,
    # Small data: what costs is making plans and compiling them, not running them.
    "spark.sql.shuffle.partitions": "1",
    "spark.default.parallelism": "2",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.constraintPropagation.enabled": "false",
    "spark.executor.memory": "768m",
    "spark.executor.cores": "1",
    "spark.cores.max": "2",
    "spark.executor.extraJavaOptions": (
        f"-Duser.timezone=UTC {QUICK_JAVA} -XX:ReservedCodeCacheSize=128m -Xms500m -Xmn250m"
    ),
    "spark.hadoop.datanucleus.schema.autoCreateAll": "true",
    "spark.hadoop.hive.metastore.schema.verification": "false",
    # Plans of hundreds of statements would fill the Thrift server's memory, for a page that is off.
    "spark.ui.enabled": "false",
    "spark.ui.retainedJobs": "20",
    "spark.ui.retainedStages": "20",
    "spark.sql.ui.retainedExecutions": "20",
    "spark.sql.thriftserver.ui.retainedSessions": "20",
    "spark.sql.thriftserver.ui.retainedStatements": "20",
    "spark.ui.showConsoleProgress": "false",
}
LOGGING = """\
rootLogger.level = warn
rootLogger.appenderRef.stderr.ref = console
logger.hive.name = org.apache.hadoop.hive.conf.HiveConf
logger.hive.level = error
logger.text.name = org.apache.spark.sql.catalyst.util.CharVarcharUtils
logger.text.level = error
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{HH:mm:ss} %p %c{1}: %m%n
"""


def spark_home() -> Path:
    """Return pyspark's folder, without importing it; raise ServerProblem where there is none."""
    spec = importlib.util.find_spec("pyspark")
    places = list(spec.submodule_search_locations or []) if spec else []
    if not places:
        raise ServerProblem(
            "pyspark is not installed",
            "python -m pip install --no-deps --require-hashes -r requirements/spark.txt",
        )
    return Path(places[0])


def java() -> Path:
    """Return the Java program that Spark will run; raise ServerProblem where it is none or old."""
    mend = (
        f"install Java {OLDEST_JAVA} or newer (Debian, Ubuntu: apt install openjdk-17-jre-headless;"
        " macOS: brew install openjdk@17), or set JAVA_HOME to one"
    )
    home = os.environ.get("JAVA_HOME")
    found = str(Path(home, "bin", "java")) if home else shutil.which("java")
    if not found:
        raise ServerProblem("this machine has no Java", mend)
    try:
        told = subprocess.run([found, "-version"], capture_output=True, text=True).stderr
    except OSError as error:
        where = f"JAVA_HOME is {home}, and {found}" if home else found
        raise ServerProblem(f"{where} cannot be run ({error.strerror or error})", mend) from error
    # Java 8 calls itself 1.8.
    version = re.search(r'version "(?:1\.)?(\d+)', told)
    if version is None:
        raise ServerProblem(f"{found} is no Java: {last_lines(told)}", mend)
    if int(version[1]) < OLDEST_JAVA:
        raise ServerProblem(f"{found} is Java {version[1]}, too old for Spark", mend)
    return Path(found)


def last_lines(text: str, count: int = 4) -> str:
    """Return the last lines of what a program said, on one line, without a stack of calls."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if not line.startswith(("at ", "... "))]
    return " / ".join(telling[-count:]) or "it said nothing"


def say(message: str) -> None:
    """Write a line of progress."""
    print(message, file=sys.stderr, flush=True)


class SparkServer:
    """One cluster in one folder; `start` leaves a running one alone.

    `port` is the Thrift server's. The tables and the catalogue stay in the folder after `stop`;
    they belong together, so remove the whole folder or nothing.
    """

    host = HOST
    user = "llm_finops"

    def __init__(
        self,
        directory: Path | str,
        port: int | None = None,
        progress: Callable[[str], None] = say,
    ) -> None:
        self.directory = Path(directory).absolute()
        self._wanted_port = port
        self._progress = progress
        self._started: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> SparkServer:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """The port of the running Thrift server."""
        if self.thrift_pid is None:
            raise ServerProblem(f"no Thrift server runs in {self.directory}", "start it")
        return self._number("thrift.port") or 0

    @property
    def master_pid(self) -> int | None:
        return self._pid("master")

    @property
    def worker_pids(self) -> list[int]:
        """The processes of the workers that run."""
        return [pid for name in WORKERS if (pid := self._pid(name))]

    @property
    def thrift_pid(self) -> int | None:
        return self._pid("thrift")

    def log(self, name: str) -> Path:
        """Return the file with what a process said: `master`, `worker_1`, `worker_2`, `thrift`."""
        return self.directory / "logs" / f"{name}.log"

    def running(self) -> bool:
        """Whether the Thrift server runs, and with it a master and a worker."""
        return bool(self.master_pid and self.worker_pids and self.thrift_pid)

    def start(self) -> SparkServer:
        """Start what does not run yet and wait for it; raise ServerProblem where it cannot."""
        if self.running() and len(self.worker_pids) == len(WORKERS):
            if self._wanted_port not in (None, self.port):
                raise ServerProblem(
                    f"the cluster in {self.directory} runs already, on port {self.port}",
                    "stop it first, or leave --port out",
                )
            return self
        home, program = spark_home(), java()
        self.stop()
        port = self._wanted_port or free_port()
        check_port(port)
        master_port = free_port()
        self._make_folders(master_port)
        self._write_number("thrift.port", port)
        try:
            self._start_all(home, program, master_port, port)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> bool:
        """Stop this folder's processes; return whether there was one to stop."""
        running = {name: pid for name in reversed(NAMES) if (pid := self._pid(name))}
        for pid in running.values():
            # Executors are of their worker's process group.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGTERM)
            self._wait_for_end(pid)
        for name in NAMES:
            (self.directory / f"{name}.pid").unlink(missing_ok=True)
            if child := self._started.pop(name, None):
                child.wait()
        return bool(running)

    def _start_all(self, home: Path, program: Path, master_port: int, port: int) -> None:
        conf = self.directory / "conf"
        self._progress("the master starts ...")
        self._spawn(home, program, "master", "--host", HOST, "--port", master_port)
        self._wait_for_port("master", master_port)
        self._progress("two workers start ...")
        for name in WORKERS:
            work = ["--work-dir", self.directory / name]
            of_worker = ["--host", HOST, "--cores", 1, "--memory", "1g", "--webui-port", 0]
            self._spawn(home, program, name, *of_worker, *work, f"spark://{HOST}:{master_port}")
        self._progress("the Thrift server starts (half a minute) ...")
        hive = [f"hive.server2.thrift.port={port}", f"hive.server2.thrift.bind.host={HOST}"]
        self._spawn(
            *(home, program, "thrift", "--class", CLASSES["thrift"], "--name", "llm_finops"),
            *("--properties-file", conf / "spark-defaults.conf", "spark-internal"),
            *(part for setting in hive for part in ("--hiveconf", setting)),
        )
        self._wait_for_port("thrift", port)

    def _spawn(self, home: Path, program: Path, name: str, *arguments: object) -> None:
        kind = name.split("_")[0]
        command = [home / "bin" / "spark-class", CLASSES[kind]]
        if kind == "master":
            arguments = ("--webui-port", 0, *arguments)
        if kind == "thrift":
            command = [home / "bin" / "spark-submit"]
        # A Spark that the caller has set up must not steer this one.
        kept = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("SPARK_", "HADOOP_", "HIVE_", "PYSPARK_"))
        }
        settings = {
            "JAVA_HOME": str(program.resolve().parents[1]),
            "SPARK_HOME": str(home),
            "SPARK_CONF_DIR": str(self.directory / "conf"),
            "SPARK_LOG_DIR": str(self.directory / "logs"),
            "SPARK_LOCAL_IP": HOST,
            "SPARK_DAEMON_MEMORY": DAEMON_MEMORY[kind],
            # By this `_pid` knows its processes again.
            "SPARK_DAEMON_JAVA_OPTS": f'{QUICK_JAVA} "-Dllm_finops.server={self.directory}"',
        }
        with self.log(name).open("wb") as said:
            child = subprocess.Popen(
                [str(word) for word in (*command, *arguments)],
                cwd=self.directory,
                env=kept | settings,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
        self._started[name] = child
        self._write_number(f"{name}.pid", child.pid)

    def _make_folders(self, master_port: int) -> None:
        try:
            for name in ("conf", "logs", "local", "tmp", "warehouse", *WORKERS):
                (self.directory / name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ServerProblem(
                f"the cluster cannot write to {self.directory} ({error.strerror or error})",
                "name a folder that it can write to with --dir",
            ) from error
        places = {
            "spark.master": f"spark://{HOST}:{master_port}",
            "spark.local.dir": f"{self.directory}/local",
            "spark.sql.warehouse.dir": (self.directory / "warehouse").as_uri(),
            "spark.hadoop.hive.exec.scratchdir": f"{self.directory}/tmp/hive",
            "spark.hadoop.javax.jdo.option.ConnectionURL": (
                f"jdbc:derby:;databaseName={self.directory}/metastore_db;create=true"
            ),
            "spark.driver.extraJavaOptions": (
                # A code cache of the usual size fills up, and from then on nothing is compiled.
                f"-Duser.timezone=UTC {QUICK_JAVA} -XX:ReservedCodeCacheSize=256m"
                " -Xms1500m -Xmn700m -XX:MetaspaceSize=256m -Dderby.system.durability=test"
                f' "-Dderby.system.home={self.directory}" "-Djava.io.tmpdir={self.directory}/tmp"'
            ),
        }
        lines = [f"{name} {value}\n" for name, value in (SETTINGS | places).items()]
        (self.directory / "conf" / "spark-defaults.conf").write_text("".join(lines))
        (self.directory / "conf" / "log4j2.properties").write_text(LOGGING)

    def _wait_for_port(self, name: str, port: int) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            for each, child in self._started.items():
                if child.poll() is not None:
                    raise self._has_died(each, f"ended as it was started ({child.returncode})")
            with socket.socket() as probe:
                if probe.connect_ex((HOST, port)) == 0:
                    return
            time.sleep(0.2)
        raise self._has_died(name, f"does not answer on port {port} after {START_SECONDS} seconds")

    def _has_died(self, name: str, what: str) -> ServerProblem:
        log = self.log(name)
        return ServerProblem(
            f"Spark's process {name} {what}: {last_lines(log.read_text(errors='replace'))}",
            f"mend what it names (all it said is in {log}), or start afresh: remove"
            f" {self.directory}",
        )

    def _wait_for_end(self, pid: int) -> None:
        deadline = time.monotonic() + STOP_SECONDS
        while str(self.directory) in command_of(pid):
            if time.monotonic() > deadline:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
                return
            time.sleep(0.1)

    def _pid(self, name: str) -> int | None:
        pid = self._number(f"{name}.pid")
        # The file outlives a killed process, and its number may be somebody else's by now.
        return pid if pid and str(self.directory) in command_of(pid) else None

    def _number(self, name: str) -> int | None:
        try:
            return int((self.directory / name).read_text())
        except (OSError, ValueError):
            return None

    def _write_number(self, name: str, number: int) -> None:
        (self.directory / name).write_text(f"{number}\n")
