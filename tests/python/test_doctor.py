"""The doctor names what is wrong, with its mend, before and after a build, and changes nothing."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from doctor_checks import (
    ages_of,
    check_database_file,
    check_prices,
    check_warehouse,
    next_step_without_marts,
    unbuilt_loads,
)
from doctor_patient import Finding, Patient
from doctor_runs import RUN_RESULTS, last_run, results
from support.project import Project, clean_environment, utc
from warehouse import FILE_SETTING, Warehouse, kept_after_failure

NOW = utc("2026-11-21T00:00:00")
LOADED_AT = NOW - timedelta(hours=5)
CHECKS = ["python", "profile", "vars", "sources", "freshness", "prices", "warehouse"]
PASSWORD = "not-for-anyone's-eyes"


def event(number: int, **other: Any) -> dict[str, Any]:
    return {
        "event_id": f"call-{number}",
        "started_at": LOADED_AT - timedelta(hours=number),
        "provider_name": "openai",
        "response_model": "gpt-4o",
        "input_tokens": 1_000_000,
        "output_tokens": 10,
    } | other


@dataclass(frozen=True)
class Examination:
    """What the doctor said, line by line, and its exit code."""

    exit_code: int
    output: str
    errors: str

    def findings(self, level: str) -> dict[str, str]:
        """Return the lines of one level by their check; several of one check are joined."""
        found: dict[str, str] = {}
        for line in self.output.partition("\n\n")[0].splitlines():
            said, check, text = line.split(maxsplit=2)
            if said == level:
                found[check] = found.get(check, "") + text + "\n"
        return found

    @property
    def checks(self) -> list[str]:
        """Return the checks in the order in which they were reported."""
        lines = self.output.partition("\n\n")[0].splitlines()
        return list(dict.fromkeys(line.split()[1] for line in lines))

    @property
    def next_steps(self) -> list[str]:
        steps = self.output.partition("What to do next:\n")[2].splitlines()
        return [step.split(". ", 1)[1] for step in steps]


def examine(project: Project, *arguments: str, **settings: str) -> Examination:
    result = project.run(
        *(sys.executable, "scripts/doctor.py", "--now", NOW.isoformat(), *arguments),
        check=False,
        **settings,
    )
    assert "\x1b" not in result.stdout
    return Examination(result.returncode, result.stdout, result.stderr)


def patient_of(database: Path, **vars: Any) -> Patient:
    """Return a patient whose target was already looked at, so that one check can be made alone."""
    settings = {"max_unpriced_token_share": 0.01, "raw_location": "files", "raw_dir": "data/raw"}
    patient = Patient(None, settings | vars, None, NOW)
    patient.warehouse = Warehouse("duckdb", "duckdb", database, {})
    patient.readable = True
    return patient


def told(findings: Iterable[Finding], level: str) -> str:
    """Return the findings of one level as the doctor prints them."""
    return "\n".join(f"{each.text} -> {each.mend}" for each in findings if each.level == level)


@pytest.fixture(scope="module")
def clone(make_project: Callable[..., Project]) -> Project:
    """A project as cloned: no profile, no data, nothing built."""
    project = make_project("clone")
    (project.path / "profiles.yml").unlink()
    shutil.rmtree(project.path / "data")
    return project


@pytest.fixture(scope="module")
def built(make_project: Callable[..., Project]) -> Project:
    """A healthy warehouse; a test that spoils something mends it again."""
    project = make_project("doctor")
    # The cost centres that come with the project are those of its demo.
    for seed in (project.path / "seeds" / "dimensions").glob("*.csv"):
        seed.write_text(seed.read_text().splitlines(keepends=True)[0])
    project.load([event(1), event(2)], loaded_at=LOADED_AT)
    project.dbt("build", "--exclude", "resource_type:unit_test")
    return project


def test_a_fresh_clone_is_told_to_build(clone: Project) -> None:
    found = examine(clone)
    assert (found.exit_code, found.errors) == (1, "")
    assert found.checks == CHECKS
    assert "cp profiles.yml.example profiles.yml" in found.findings("problem")["profile"]
    assert len(found.next_steps) == 1
    assert found.next_steps[0].startswith("make build ")
    assert not (clone.path / "data").exists()


# Other vars make dbt parse everything again, so these come before the tests without any.
def test_what_the_vars_cannot_mean_is_named_with_what_was_meant(built: Project) -> None:
    found = examine(
        built,
        "--vars",
        "{sources: [event], reporting_timezone: Europe/Berln, max_rejected_row_share: 1%,"
        " raw_dirr: x, synapscale_tables: {llms: a, usage_logs: a}}",
    )
    assert found.exit_code == 1
    problems, warnings = found.findings("problem")["vars"], found.findings("warning")["vars"]
    assert "there is no source `event`; there is events" in problems
    assert "no zone Europe/Berln -> write Europe/Berlin" in problems
    assert "max_rejected_row_share: 1% is no share" in problems
    assert "gives two tables one name" in problems
    assert "raw_dirr is not one of the project's and changes nothing -> write raw_dir" in warnings
    assert "synapscale_tables is set, but synapscale is not in var sources" in warnings


def test_a_healthy_warehouse_has_nothing_to_mend_and_is_not_touched(built: Project) -> None:
    before = hashlib.sha256(built.database.read_bytes()).hexdigest()
    found = examine(built)
    assert (found.exit_code, found.errors) == (0, "")
    assert (found.checks, found.findings("problem")) == (CHECKS, {})
    assert found.findings("warning") == {}
    well = found.findings("ok")
    assert "events: 1 of 1 tables, columns as declared" in well["sources"]
    assert "newest load 2026-11-20 19:00 UTC, 5 h ago" in well["freshness"]
    assert "newest usage 2026-11-20 18:00, 1 h before it" in well["freshness"]
    assert "every token has a price" in well["prices"]
    assert "last run: dbt build, " in well["warehouse"]
    assert "nothing failed" in well["warehouse"]
    assert found.next_steps[0].startswith("nothing to mend")
    assert hashlib.sha256(built.database.read_bytes()).hexdigest() == before


def test_a_misspelt_target_is_told_from_the_targets_that_exist(built: Project) -> None:
    found = examine(built, DBT_TARGET="duckbd")
    assert found.exit_code == 1
    said = "there is no target duckbd -> name one that profiles.yml has: duckdb\n"
    assert found.findings("problem")["profile"] == said
    assert found.findings("warning")["warehouse"] == "not examined without a target\n"


@contextmanager
def spoilt(project: Project) -> Iterator[Path]:
    """Give a project a copy of its raw area to spoil, and its own back afterwards."""
    away = project.raw_dir.rename(project.path / "data" / "healthy")
    shutil.copytree(away, project.raw_dir)
    yield project.raw_dir
    shutil.rmtree(project.raw_dir)
    away.rename(project.raw_dir)


def rewrite(folder: Path, columns: str) -> None:
    """Write the one Parquet file of a folder again, with other columns."""
    (file,) = folder.glob("*.parquet")
    other = file.with_suffix(".other")
    with duckdb.connect() as connection:
        connection.execute(f"copy (select {columns} from '{file}') to '{other}' (format parquet)")
    other.rename(file)


def test_a_missing_table_is_named_with_the_way_to_load_it(built: Project) -> None:
    with spoilt(built) as raw:
        shutil.rmtree(raw / "events")
        found = examine(built)
    assert found.exit_code == 1
    problem = found.findings("problem")["sources"]
    assert problem.startswith("events.llm_usage_events: nothing at ")
    assert " -> load a file with scripts/load_raw.py" in problem
    assert "loads: 1 of 1 tables" in found.findings("ok")["sources"]


def test_columns_and_types_are_judged_as_the_build_judges_them(built: Project) -> None:
    with spoilt(built) as raw:
        columns = "* exclude (user_id) replace (started_at::timestamp as started_at)"
        rewrite(raw / "events" / "llm_usage_events", columns)
        found = examine(built)
    assert found.exit_code == 1
    problem = found.findings("problem")["sources"]
    assert "events.llm_usage_events.user_id: the column is missing" in problem
    assert "events.llm_usage_events.started_at: the type is timestamp, declared is" in problem


def test_loads_without_their_manifest_row_and_a_failed_test_are_problems(built: Project) -> None:
    name = "assert_every_batch_holds_what_the_loader_counted"
    with spoilt(built) as raw:
        (batch,) = (path.stem for path in (raw / "load_manifest").glob("*.parquet"))
        rewrite(raw / "load_manifest", "* replace ('lost' as batch_id)")
        built.dbt("test", "--select", name, check=False)
        found = examine(built)
    assert found.exit_code == 1
    problem = found.findings("problem")
    assert f"1 loads without a row in the manifest: {batch} -> load" in problem["freshness"]
    assert "1 loads whose rows are gone: lost -> restore" in problem["freshness"]
    assert f"last run: dbt test {name}, " in problem["warehouse"]
    assert f"failed: {name} -> docs/scheduling.md" in problem["warehouse"]


def test_a_first_build_that_failed_is_not_told_to_build_again(clone: Project) -> None:
    # A clone with a profile and raw rows; one of its price seeds was edited against the rules.
    shutil.copy2(clone.path / "profiles.yml.example", clone.path / "profiles.yml")
    clone.raw_dir.mkdir(parents=True)
    clone.load([event(1)], loaded_at=LOADED_AT)
    clone.append_to_seed("llm_deployments", [{"provider_name": "openai", "deployment_name": "x"}])
    # Without the tests that also read a model which is left out.
    options = ("--indirect-selection", "cautious")
    clone.dbt("build", "--select", "+assert_price_deployments_are_usable", *options, check=False)
    found = examine(clone)
    problem = found.findings("problem")["warehouse"]
    assert problem.startswith("no mart is built yet\n")
    assert "failed: assert_price_deployments_are_usable -> docs/scheduling.md" in problem
    assert "llm_deployments.csv: openai x names ?/?, which is not in llm_models.csv" in problem
    assert [step for step in found.next_steps if re.search("make build|dbt build", step)] == []


@pytest.mark.parametrize(
    ("loaded", "used", "warning"),
    [
        (timedelta(hours=23), timedelta(hours=46), ""),
        (timedelta(days=3), timedelta(days=3, hours=1), "loads are overdue"),
        (timedelta(hours=1), timedelta(days=3, hours=1), "loads bring no new usage"),
    ],
    ids=["fresh", "loads stopped", "usage stopped inside fresh loads"],
)
def test_loads_and_usage_that_stopped_are_warnings(
    built: Project, loaded: timedelta, used: timedelta, warning: str
) -> None:
    patient = patient_of(built.database)
    limits = [{"count": 1, "period": "day"}, {"count": None, "period": None}, None]
    tables = [{"source": "events", "warn_after": limit} for limit in limits]
    patient.report = {"tables": tables}
    now = NOW.replace(tzinfo=None)
    found = list(ages_of(patient, "events", now - loaded, now - used))
    assert [each.level for each in found] == (["warning"] if warning else ["ok"])
    assert warning in found[0].text


def test_loads_that_no_build_has_seen_are_a_warning(
    built: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(built.path)
    patient = patient_of(built.database)
    assert list(unbuilt_loads(patient)) == []
    built_at = built.database.stat().st_mtime
    with spoilt(built) as raw:
        (manifest,) = (raw / "load_manifest").glob("*.parquet")
        os.utime(manifest, (built_at + 1, built_at + 1))
        found = told(unbuilt_loads(patient), "warning")
    assert found == "1 loads are newer than the warehouse -> dbt build"


@contextmanager
def opened(database: Path, read_only: bool) -> Iterator[int]:
    """Let another process hold the database open, and yield its id."""
    code = f"import duckdb; c = duckdb.connect({str(database)!r}, read_only={read_only});"
    with subprocess.Popen(
        [sys.executable, "-c", f"{code} print('open', flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout and process.stdout.readline() == "open\n"
        yield process.pid
        process.kill()


def test_a_file_that_another_process_writes_is_a_problem_and_raw_files_are_still_judged(
    built: Project,
) -> None:
    with opened(built.database, read_only=False) as pid:
        found = examine(built)
    assert found.exit_code == 1
    problem = found.findings("problem")["profile"]
    assert f"process {pid} (python" in problem
    assert "open for writing" in problem
    assert "columns as declared" in found.findings("ok")["sources"]
    assert "cannot be opened" in found.findings("warning")["warehouse"]


def test_a_file_that_another_process_reads_is_a_warning(built: Project) -> None:
    with opened(built.database, read_only=True) as pid:
        found = list(check_database_file(patient_of(built.database), "x", built.database))
    assert f"process {pid} (python" in told(found, "warning")
    assert "scheduled_build.py" in told(found, "warning")
    assert told(check_database_file(patient_of(built.database), "x", built.database), "ok")


def test_a_file_that_is_no_warehouse_is_a_problem(tmp_path: Path) -> None:
    letter = tmp_path / "letter.duckdb"
    letter.write_text("Dear Sir or Madam, this is a letter and no database at all. " * 200)
    problem = told(check_database_file(patient_of(letter), "x", letter), "problem")
    assert "letter.duckdb cannot be opened" in problem
    assert "letter.duckdb away" in problem


def test_a_folder_that_cannot_be_written_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The one who runs the tests may be allowed everything.
    monkeypatch.setattr(os, "access", lambda *_: False)
    file = tmp_path / "folder" / "x.duckdb"
    found = list(check_database_file(patient_of(file), "x", file))
    assert [each.level for each in found] == ["problem"]
    assert "cannot be written -> give yourself the right" in told(found, "problem")


def test_a_server_that_does_not_answer_is_a_problem_and_no_password_is_shown(
    built: Project,
) -> None:
    profile = built.path / "profiles.yml"
    text = profile.read_text()
    server = (
        "    server:\n      type: postgres\n      host: localhost\n      port: 1\n"
        f'      user: someone\n      password: "{PASSWORD}"\n'
        f"      dbname: {PASSWORD}x\n      schema: public\n      threads: 1\n"
    )
    profile.write_text(text + server)
    found = examine(built, "--target", "server")
    profile.write_text(text)
    assert found.exit_code == 1
    problem = found.findings("problem")["profile"]
    assert "target server of profiles.yml, engine postgres: " in problem
    assert "onnection refused" in problem
    assert PASSWORD not in found.output + found.errors


@pytest.fixture
def hand_worked(
    hand_worked_project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A copy of a warehouse in which some names have no price."""
    monkeypatch.chdir(hand_worked_project.path)
    return Path(shutil.copy2(hand_worked_project.database, tmp_path))


def test_unpriced_names_are_ranked_by_tokens_against_what_the_build_bears(
    hand_worked: Path, hand_worked_project: Project
) -> None:
    names = hand_worked_project.query(
        "select provider_name || '/' || coalesce(response_model, request_model, 'unattributed'),"
        " sum(unpriced_tokens)::bigint as tokens from marts.fct_llm_usage"
        " where unpriced_tokens > 0 group by 1 order by tokens desc, 1"
    )
    assert len(names) >= 2
    ranked = ", ".join(f"{name} ({tokens:,})" for name, tokens in names)
    # What the build bears is no task.
    borne = told(check_prices(patient_of(hand_worked)), "ok")
    assert f"1.00% are allowed: {ranked} -> None" in borne
    stopped = patient_of(hand_worked, max_unpriced_token_share=0.0001)
    problem = told(check_prices(stopped), "problem")
    assert f"0.01% are allowed: {ranked} -> docs/model_names.md" in problem


def test_a_name_without_a_price_is_told_with_the_llms_that_it_is_like(hand_worked: Path) -> None:
    with duckdb.connect(str(hand_worked)) as connection:
        ((provider, name),) = connection.execute(
            "update marts.pricing_coverage set suggested_llm_ids = 'openai/a, openai/b',"
            " suggested_deployment = 'any,row' where unpriced_token_rank = 1"
            " returning provider_name, reported_model"
        ).fetchall()
    warning = told(check_prices(patient_of(hand_worked)), "warning")
    assert f"{provider}/{name} has a name like openai/a, openai/b" in warning
    assert "add a row to seeds/pricing/llm_deployments.csv: any,row" in warning


def test_old_prices_are_a_warning_and_prices_that_differ_from_the_applications_are_told(
    hand_worked: Path,
) -> None:
    with duckdb.connect(str(hand_worked)) as connection:
        connection.execute(
            "create or replace table marts.fct_reported_costs as select llm_id, reporting_date,"
            " if(llm_id like 'openai/%', 'price_drift', 'equal') as difference_reason"
            " from marts.fct_llm_usage"
        )
    patient = patient_of(hand_worked)
    patient.now = utc("2099-01-01")
    warning = told(check_prices(patient), "warning")
    assert "days ago -> make prices" in warning
    said = told(check_prices(patient), "ok")
    assert "the application's own price is not the list price of openai/" in said


def test_a_mart_that_was_never_built_is_named(hand_worked: Path) -> None:
    patient = patient_of(hand_worked)
    patient.report = {"marts": ["dim_dates", "dim_nothing"]}
    assert "never built: dim_nothing -> dbt build" in told(check_warehouse(patient), "problem")


def test_a_test_that_warned_is_named_but_for_what_the_check_of_prices_says(
    hand_worked_project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = json.loads((hand_worked_project.path / RUN_RESULTS[0]).read_text())
    patient = patient_of(hand_worked_project.database)
    copy = tmp_path / RUN_RESULTS[0]
    copy.parent.mkdir()
    monkeypatch.chdir(tmp_path)
    copy.write_text(json.dumps(record))
    assert results(record, "warn").keys() == {"assert_no_token_is_unpriced"}
    assert "nothing failed" in told(last_run(patient), "ok")

    passed = next(each for each in record["results"] if each["status"] == "pass")
    passed["status"] = "warn"
    copy.write_text(json.dumps(record))
    name = passed["unique_id"].split(".")[2]
    assert f"warned: {name} -> docs/scheduling.md" in told(last_run(patient), "warning")


def test_without_marts_the_next_step_is_a_build_or_what_a_build_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    record = tmp_path / RUN_RESULTS[0]
    record.parent.mkdir()
    failed = {"unique_id": "test.llm_finops.assert_it", "status": "fail", "compiled_code": "x"}
    at = {"generated_at": "2026-11-20T00:00:00Z", "invocation_id": "one"}
    record.write_text(json.dumps({"args": {"which": "build"}, "metadata": at, "results": [failed]}))
    file = tmp_path / "llm_finops.duckdb"
    # A file that was deleted since has nothing to do with that run.
    assert next_step_without_marts(file) == "make build"
    kept = kept_after_failure(file)
    kept.parent.mkdir()
    kept.touch()
    assert next_step_without_marts(file) == f"{FILE_SETTING}={kept} python scripts/doctor.py"
    duckdb.connect(str(file)).close()
    assert next_step_without_marts(file) is None
    assert "failed: assert_it" in told(last_run(patient_of(file)), "problem")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--vars", "[a]"], "--vars must map"), (["--vars", "{a"], "--vars is no YAML")],
    ids=["no mapping", "no YAML"],
)
def test_a_wrong_call_ends_with_2(clone: Project, arguments: list[str], message: str) -> None:
    found = examine(clone, *arguments)
    assert (found.exit_code, found.output) == (2, "")
    assert message in found.errors


def test_without_its_packages_the_doctor_says_how_to_install_them(clone: Project) -> None:
    result = subprocess.run(
        [sys.executable, "-S", "scripts/doctor.py"],
        cwd=clone.path,
        env=clean_environment(PYTHONPATH=os.devnull),
        capture_output=True,
        text=True,
    )
    assert result.returncode == 2
    assert "make install" in result.stderr
