"""The benchmark measures, holds every figure in its report, and says in words what misses."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import benchmark
import duckdb
import pytest
from benchmarks import chart, data, report
from benchmarks.figures import FIGURES
from benchmarks.hundred_million import check_disk
from benchmarks.questions import QUESTIONS
from benchmarks.results import Results, Run, read
from benchmarks.steps import StepFailed, measure

ROWS = 10_000


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, Path, Path]:
    """Run the command at a tiny size; return its exit code, the report and the raw figures."""
    folder = tmp_path_factory.mktemp("benchmark")
    out = folder / "docs" / "benchmarks.md"
    call = ["--rows", str(ROWS), "--repeats", "1", "--only", "full_run"]
    code = benchmark.main([*call, "--workdir", str(folder), "--out", str(out)])
    return code, out, out.with_suffix(".json")


@pytest.mark.soak
def test_the_script_makes_the_same_marts_and_the_run_is_measured(
    measured: tuple[int, Path, Path],
) -> None:
    code, _, raw = measured
    found = json.loads(raw.read_text())
    values = {key: figure["value"] for key, figure in found["figures"].items()}
    assert values["floor_equal"] == 1
    compared = found["facts"]["full_run"]["marts compared"].split(", ")
    assert {"fct_llm_usage", "fct_llm_charges_daily"} <= set(compared)
    assert values["full_seconds"] > 0 and values["full_memory"] > 0.05
    assert code == int(values["full_ratio"] > 1.8)


@pytest.mark.soak
def test_the_report_holds_every_figure_measured_or_not(measured: tuple[int, Path, Path]) -> None:
    _, out, raw = measured
    text = out.read_text()
    assert json.loads(raw.read_text())["figures"].keys() == {figure.key for figure in FIGURES}
    for figure in FIGURES:
        assert text.count(f"| {figure.label} |") >= 1, figure.key
    assert "| one user's spend of today, with a tail not yet built | not measured |" in text
    assert all(title in text for title in QUESTIONS.values())


def test_a_missed_limit_is_said_in_words() -> None:
    results = Results()
    results.add(full_ratio=2.5, pricing_ratio=399, live_milliseconds=199)
    text = report.markdown(results, None)
    assert "**dbt run / script, summed model time is 2.50 ×; the limit is ≤ 1.80 ×.**" in text
    assert "| read, price and sum / genai-prices | 399 × | ≥ 400 × | **MISSED** |" in text
    limited = sum(1 for figure in FIGURES if figure.limit)
    assert f"1 of {limited} limits are met, 2 missed, {limited - 3} not measured" in text


@pytest.mark.soak
def test_the_chart_is_small_and_the_same_for_the_same_figures(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    results = Results(values={"full_ratio": 1.2, "pricing_ratio": 300.0, "scaling_ratio": 9.9})
    for name in ("first.svg", "again.svg"):
        assert chart.draw(results, tmp_path / name)
    first = (tmp_path / "first.svg").read_bytes()
    assert first == (tmp_path / "again.svg").read_bytes()
    assert len(first) < 50_000 and b"300 \xc3\x97" in first


def test_a_bar_that_is_cut_says_so(tmp_path: Path) -> None:
    figures = {figure.key: figure for figure in FIGURES}
    label = chart.label(figures["views_ratio"], 0.5)
    assert label == "» cut: 10.0 times the limit; 0.50 ×  (≥ 5.00 ×)"
    assert "cut" not in chart.label(figures["views_ratio"], 4)


def test_without_figures_there_is_no_chart(tmp_path: Path) -> None:
    assert not chart.draw(Results(), tmp_path / "none.svg")


def test_a_limit_without_a_figure_is_not_met_in_silence() -> None:
    results = Results()
    results.add(pricing_ratio=500)
    missing = {figure.key for figure in results.unmeasured({"pricing"})}
    assert missing and "pricing_ratio" not in missing


def test_a_figure_that_nobody_declared_is_refused() -> None:
    with pytest.raises(ValueError, match="full_rato"):
        Results().add(full_rato=1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (["--only", "full_rum"], "there is no full_rum; there is full_run"),
        (["--rows", "9"], "--rows must be at least"),
        (["--repeats", "0"], "--repeats must be at least 1"),
    ],
)
def test_a_wrong_call_is_refused(
    call: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = benchmark.main(call)
    except SystemExit as ended:
        code = int(ended.code or 0)
    assert code == 2
    assert message in capsys.readouterr().err


def test_the_bad_day_brings_late_replayed_corrected_and_moved_rows(tmp_path: Path) -> None:
    usage = data.write_usage(20_000, tmp_path / "usage")
    assert len(usage.history()) == data.HISTORY_DAYS
    bad, history = usage.of(data.DIRTY_DAY), [str(file) for file in usage.history()]
    late_dates = tuple(map(str, data.LATE_DATES))
    late_files = [file for file in history if Path(file).stem in late_dates]
    query = f"""
        with old as (
            select distinct on (event_id) * from read_parquet({history}) where attempt_number = 1
        )

        select
            count(*) filter (where old.event_id is null and new.started_at::date in {late_dates}),
            count(*) filter (where new = old),
            count(*) filter (where new.output_tokens = old.output_tokens + 1000),
            count(*) filter (where new.started_at = old.started_at + interval 17 day),
            (select count(*) from read_parquet({late_files}) where attempt_number = 1)
        from '{bad}' as new left join old on new.event_id = old.event_id
    """
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        late, replayed, corrected, moved, available = connection.execute(query).fetchall()[0]
    assert late == min(data.LATE, available) > 0
    assert (replayed, corrected, moved) == (data.REPLAYED, data.CORRECTED, 1)


def test_earlier_figures_stay_with_their_run(tmp_path: Path) -> None:
    first = Results(runs={"full_run": Run("d", "c", "m", "r"), "pricing": Run("d", "c", "m", "r")})
    first.add(full_ratio=1.5, pricing_ratio=450)
    first.note("pricing", "slowest", "x")
    report.write(first, tmp_path / "report.md", tmp_path / "report.json")
    second = read(tmp_path / "report.json", {"pricing", "scaling"})
    assert second.values == {"pricing_ratio": 450}
    assert second.runs == {"pricing": first.runs["pricing"]}
    assert second.facts == {"pricing": {"slowest": "x"}}
    text = report.markdown(second, None)
    assert text.count("Measured on d, commit c. Rows: r. Machine: m.") == 1
    assert text.count("Not measured: no run.") == len(QUESTIONS) - 1


def test_a_step_measures_cpu_memory_and_temporary_files(tmp_path: Path) -> None:
    program = (
        "import pathlib, time;"
        "pathlib.Path('spill').write_bytes(bytes(10_000_000));"
        "sum(range(3_000_000)); time.sleep(0.3); pathlib.Path('spill').unlink()"
    )
    step = measure([sys.executable, "-c", program], tmp_path, dict(os.environ), tmp_path)
    assert 0 < step.cpu_seconds < step.seconds
    assert step.peak_temporary_bytes >= 10_000_000
    assert step.peak_bytes > 1_000_000


def test_too_many_rows_for_the_disk_are_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match="name another folder with --workdir"):
        check_disk(tmp_path, 10**12)


def test_litellm_is_asked_for_in_its_own_environment() -> None:
    assert "litellm" not in sys.modules
