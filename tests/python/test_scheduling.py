"""What a scheduled run selects, and whether the recipes of docs/scheduling.md can be copied."""

from __future__ import annotations

import ast
import fnmatch
import json
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from scheduled_build import LOCK_IS_HELD, RESERVED, command_line
from support.project import REPOSITORY, Project

GUIDE = (REPOSITORY / "docs" / "scheduling.md").read_text(encoding="utf-8")
SELECTORS = yaml.safe_load((REPOSITORY / "selectors.yml").read_text())["selectors"]
NAMES = [selector["name"] for selector in SELECTORS]
PLACE = "/srv/llm_finops"
SLOW_TEST = "test.llm_finops.assert_something_slow"
EXCLUDED = "assert_unpriced_share_is_tolerable"
BUILT = ("model", "seed", "snapshot", "test", "unit_test")


@dataclass(frozen=True)
class Selected:
    """The project's nodes, and what each selector of selectors.yml takes of them."""

    nodes: dict[str, dict[str, Any]]
    parents: dict[str, set[str]]
    by_selector: dict[str, set[str]]
    with_an_exclusion: set[str]

    def own(self) -> set[str]:
        """Return the tests of a user's own model."""
        return {name for name, node in self.nodes.items() if node["name"] in OWN_TESTS}

    def tags(self, name: str) -> list[str]:
        tags: list[str] = self.nodes[name]["config"].get("tags", [])
        return tags

    def models(self, selector: str) -> set[str]:
        return {name for name in self.by_selector[selector] if name.startswith("model.")}


OWN_MODEL = """
models:
  - name: own_model
    config: {contract: {enforced: false}}
    columns:
      - name: a
        data_tests:
          - not_null: {name: own_only_warns, config: {severity: warn}}
          - unique: {name: own_bears_some, config: {error_if: ">10"}}
"""
OWN_TESTS = ("own_only_warns", "own_bears_some")


def select(project: Project, selections: Sequence[Sequence[str]]) -> list[set[str]]:
    """Return the ids of what dbt selects by each list of options; the project is parsed once."""
    code = """
        import json, sys
        from pathlib import Path
        from dbt.cli.main import dbtRunner
        dbt = dbtRunner(manifest=dbtRunner().invoke(["parse", "--quiet"]).result)
        ls = ["ls", "--quiet", "--output", "json", "--output-keys", "unique_id", "resource_type"]
        found = [dbt.invoke([*ls, *each]).result for each in json.loads(sys.argv[1])]
        Path("target/selected.json").write_text(json.dumps(found))
    """
    project.run(sys.executable, "-c", textwrap.dedent(code), json.dumps(selections))
    found = json.loads((project.path / "target" / "selected.json").read_text())
    lines = [[json.loads(line) for line in selection] for selection in found]
    return [
        {node["unique_id"] for node in nodes if node["resource_type"] in BUILT} for nodes in lines
    ]


@pytest.fixture(scope="module")
def selected(make_project: Callable[..., Project]) -> Selected:
    project = make_project("selectors")
    (project.path / "tests" / "integrity" / "assert_something_slow.sql").write_text(
        "{{ config(tags=['full_audit']) }} select * from {{ ref('dim_dates') }} where false"
    )
    (project.path / "models" / "marts" / "core" / "own.yml").write_text(OWN_MODEL)
    (project.path / "models" / "marts" / "core" / "own_model.sql").write_text("select 1 as a")
    options = [["--select", f"selector:{name}"] for name in NAMES]
    *found, rest = select(project, [*options, [*options[0], "--exclude", EXCLUDED]])
    manifest = json.loads((project.path / "target" / "manifest.json").read_text())
    nodes = manifest["nodes"] | manifest["unit_tests"]
    return Selected(
        {name: node for name, node in nodes.items() if node["resource_type"] in BUILT},
        {name: set(node["depends_on"].get("nodes", [])) for name, node in nodes.items()},
        dict(zip(NAMES, found, strict=True)),
        rest,
    )


def test_a_users_own_model_and_its_tests_are_part_of_every_run(selected: Selected) -> None:
    assert len(selected.own()) == len(OWN_TESTS)
    assert all(selected.own() <= selected.by_selector[name] for name in NAMES)


def test_a_full_audit_leaves_nothing_out(selected: Selected) -> None:
    assert len(selected.nodes) > 150
    assert selected.by_selector["full_audit"] == selected.nodes.keys()


def test_a_daily_run_leaves_out_slow_and_unit_tests(selected: Selected) -> None:
    left_out = selected.nodes.keys() - selected.by_selector["daily"]
    tagged = {name for name in selected.nodes if "full_audit" in selected.tags(name)}
    units = {name for name in selected.nodes if name.startswith("unit_test.")}
    assert SLOW_TEST in tagged and units
    assert {name for name in tagged if not name.startswith("test.")} == set()
    assert left_out == tagged | units


def test_an_hourly_run_builds_all_that_its_marts_are_computed_from(selected: Selected) -> None:
    hourly = selected.by_selector["hourly"]
    built = {name for name in hourly if not name.startswith("test.")}
    missing = {
        f"{name} reads {parent}"
        for name in built
        for parent in selected.parents[name] - built
        if not parent.startswith("source.")
    }
    assert missing == set()


def test_an_hourly_run_makes_every_data_test_whose_models_it_builds(selected: Selected) -> None:
    hourly = selected.by_selector["hourly"]
    tests = {name for name in selected.by_selector["daily"] if name.startswith("test.")}
    guarding = {
        name
        for name in tests
        if all(
            parent in hourly or parent.startswith("source.") for parent in selected.parents[name]
        )
    }
    assert len(guarding) > 25
    assert {name for name in hourly if name.startswith(("test.", "unit_test."))} == guarding


def test_the_guide_names_every_mart_that_an_hourly_run_leaves_out(selected: Selected) -> None:
    found = re.search(r"`hourly` leaves these marts as [^:]*:(.*?)\. ", GUIDE, re.DOTALL)
    assert found
    left_out = selected.models("daily") - selected.models("hourly")
    marts = {
        name.split(".")[2] for name in left_out if selected.nodes[name]["path"].startswith("marts/")
    }
    assert set(re.findall(r"`(\w+)`", found[1])) == marts
    kept = {selected.nodes[name]["fqn"][2] for name in selected.models("hourly") if "marts" in name}
    assert kept <= {"core", "costs", "usage", "quality"}


def test_one_test_can_be_left_out_of_one_run(selected: Selected) -> None:
    without = selected.by_selector[NAMES[0]] - selected.with_an_exclusion
    assert without == {f"test.llm_finops.{EXCLUDED}"}


def test_every_selector_is_described_here_and_in_the_guide() -> None:
    assert [selector["name"] for selector in SELECTORS if not selector.get("description")] == []
    assert re.findall(r"^\| `(\w+)` \|", GUIDE, re.MULTILINE) == NAMES


def blocks(language: str) -> list[str]:
    """Return the fenced blocks of the guide in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)


def test_every_command_of_the_guide_is_one_that_the_script_takes() -> None:
    written = GUIDE.replace("%i", "daily").replace('"$SELECTOR"', "daily")
    commands = re.findall(r"scheduled_build\.py (--selector [^>`\n]*)", written)
    assert len(commands) >= 8
    for command in commands:
        arguments = command_line().parse_args(shlex.split(command))
        assert arguments.selector in NAMES
        assert not RESERVED & set(arguments.dbt_args)


def test_the_exit_codes_of_the_guide_are_those_of_the_script() -> None:
    codes = re.findall(r"^\| ([\d, ]+) \| (.*?) \|", GUIDE, re.MULTILINE)
    told = {code for found, _ in codes for code in found.split(", ")}
    assert told == {"0", "1", "2", str(LOCK_IS_HELD), "130", "143"}
    assert "RestartPreventExitStatus=1 2 130 143" in GUIDE
    assert f"skip_on_exit_code={LOCK_IS_HELD}" in GUIDE


def assert_cron_fields(fields: str) -> None:
    """Fail unless five fields of cron are within their bounds."""
    bounds = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)]
    for field, (lowest, highest) in zip(fields.split(), bounds, strict=True):
        assert re.fullmatch(r"\*|\d+(-\d+)?", field), fields
        assert all(lowest <= int(number) <= highest for number in re.findall(r"\d+", field)), fields


def test_the_crontab_has_five_fields_and_a_command_a_line() -> None:
    (crontab,) = blocks("cron")
    assigned, *jobs = crontab.splitlines()
    assert re.fullmatch(r"[A-Z]+=\S+", assigned)
    assert len(jobs) == len(NAMES)
    for job in jobs:
        *fields, command = job.split(maxsplit=5)
        assert_cron_fields(" ".join(fields))
        # cron ends a command at a percent sign.
        assert "%" not in command
        checked = subprocess.run(["sh", "-n", "-c", command], capture_output=True)
        assert checked.returncode == 0, checked.stderr


def test_the_workflow_parses_and_knows_each_of_its_schedules() -> None:
    (text,) = blocks("yaml")
    workflow = yaml.safe_load(text)
    # YAML reads the key `on` as true.
    triggers = workflow[True]
    schedules = [trigger["cron"] for trigger in triggers["schedule"]]
    for schedule in schedules:
        assert_cron_fields(schedule)
    assert set(triggers["workflow_dispatch"]["inputs"]["selector"]["options"]) == set(NAMES)
    choose, build = workflow["jobs"]["build"]["steps"]
    # What cannot be matched is what falls to the default.
    for schedule, expected in zip(schedules, ["hourly", "daily", "full_audit"], strict=True):
        chosen = subprocess.run(
            ["sh", "-euc", choose["run"]],
            env={"SCHEDULE": schedule, "ASKED": "", "GITHUB_ENV": "/dev/stdout"},
            capture_output=True,
            text=True,
        )
        assert chosen.stdout == f"SELECTOR={expected}\n", chosen.stderr
    assert '"$SELECTOR"' in build["run"]


def test_the_dag_is_python_and_schedules_every_selector() -> None:
    (text,) = blocks("python")
    tree = ast.parse(text)
    schedules = next(
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SCHEDULES"
    )
    assert set(schedules) == set(NAMES)
    for fields in schedules.values():
        assert_cron_fields(fields)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not here")
def test_the_systemd_units_are_accepted(tmp_path: Path) -> None:
    service, alert, timer = blocks("ini")
    files = {
        "llm-finops@.service": service,
        "llm-finops-alert@.service": alert,
        "llm-finops-daily.timer": timer,
    }
    for name, text in files.items():
        here = text.replace(f"{PLACE}/.venv/bin/python", sys.executable)
        (tmp_path / name).write_text(here.replace(PLACE, str(tmp_path)))
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(tmp_path / name for name in files)],
        capture_output=True,
        text=True,
        env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:", "PATH": "/usr/bin:/bin"},
    )
    complaints = [line for line in checked.stderr.splitlines() if "llm-finops" in line]
    assert (complaints, checked.returncode) == ([], 0), checked.stderr


def test_what_the_guide_says_may_fail_is_the_name_of_a_test(selected: Selected) -> None:
    section = GUIDE.partition("## When a test fails")[2].partition("\n## ")[0]
    first_cells = re.findall(r"^\| (.*?) \|", section, re.MULTILINE)
    patterns = [name for cell in first_cells for name in re.findall(r"`(\S*\*\S*)`", cell)]
    assert len(patterns) >= 12
    tests = [name.split(".")[2] for name in selected.nodes if name.startswith("test.")]
    assert [name for name in patterns if not fnmatch.filter(tests, name)] == []
