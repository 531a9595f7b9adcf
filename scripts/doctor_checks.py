"""The checks of scripts/doctor.py, in the order in which it makes them."""

from __future__ import annotations

import difflib
import fcntl
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from importlib import metadata
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import duckdb
import postgres_connection
import spark_connection
from doctor_patient import SHOWN, Finding, Patient, connection_error, named, project_vars
from doctor_runs import has_failed, last_run, newest_run
from engine_servers.problems import ServerProblem
from packaging.requirements import Requirement
from raw_area import ROOT
from warehouse import (
    FILE_SETTING,
    NoProfile,
    find_warehouse,
    holder,
    kept_after_failure,
    profiles_file,
)

OLDEST_PYTHON = (3, 11)
PRICES = "seeds/pricing/llm_prices.csv"
DEMO_KEY = Path("data/demo/answer_key.json")
MAX_PRICE_AGE = timedelta(days=30)
USER_LABELS = ("none", "username", "full_name")
SECONDS = {"minute": 60, "hour": 3600, "day": 86400}


def age(span: timedelta) -> str:
    return f"{span.days} days" if span.days > 1 else f"{span.total_seconds() / 3600:.0f} h"


def check_python(patient: Patient) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        yield Finding("problem", f"Python {version} is too old", "make build PYTHON=python3.12")
    missing, other = [], []
    locked = Path("requirements/base.txt").read_text(encoding="utf-8")
    pins = [Requirement(line) for line in re.findall(r"^(\w[^\\\n]+)", locked, re.MULTILINE)]
    pins = [pin for pin in pins if pin.marker is None or pin.marker.evaluate()]
    for pin in pins:
        try:
            installed = metadata.version(pin.name)
        except metadata.PackageNotFoundError:
            missing.append(pin.name)
            continue
        if installed not in pin.specifier:
            other.append(f"{pin.name} {installed}, locked{pin.specifier}")
    if missing:
        yield Finding("problem", f"packages are missing: {named(missing)}", "make install")
    if other:
        yield Finding(
            "warning", f"packages are not the locked ones: {named(other)}", "make install"
        )
    if not missing and not other:
        yield Finding("ok", f"Python {version}, {len(pins)} packages as locked")


def check_profile(patient: Patient) -> Iterator[Finding]:
    try:
        warehouse = find_warehouse(patient.target)
    except NoProfile as problem:
        yield Finding("problem", problem.what, problem.mend)
        return
    patient.warehouse = warehouse
    target = f"target {warehouse.target} of {shown(profiles_file())}"
    if warehouse.file:
        yield from check_database_file(patient, target, warehouse.file)
        return
    place = f"{target}, engine {warehouse.engine}"
    try:
        if warehouse.engine == "postgres":
            patient.server = postgres_connection.connect(warehouse.connection)
            patient.server.autocommit = True
        elif warehouse.engine == "spark":
            spark_connection.knock(warehouse.connection)
    except ServerProblem as problem:
        patient.reachable = False
        yield Finding("problem", f"{place}: {problem.what}", problem.mend)
        return
    error = connection_error(patient.dbt("debug", "--connection", scratch=False))
    if error:
        patient.reachable = False
        yield Finding("problem", f"{place}: {error}", "correct the connection in profiles.yml")
    else:
        yield Finding("ok", f"{place}: connected")


def shown(path: Path) -> str:
    """Return a path as a person would name it from the project's folder."""
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def check_database_file(patient: Patient, target: str, file: Path) -> Iterator[Finding]:
    """Say whether the DuckDB file can be written and read, and by whom it is held."""
    folder = next(parent for parent in file.absolute().parents if parent.exists())
    writable = all(os.access(place, os.W_OK) for place in (folder, file) if place.exists())
    if not writable:
        mend = f"give yourself the right to write there, or set {FILE_SETTING}"
        yield Finding("problem", f"{target}: {file} cannot be written", mend)
    if not file.exists():
        if writable:
            yield Finding("ok", f"{target}: {file} is not there yet, and can be written")
        return
    try:
        writer = holder(file)
    except duckdb.Error as error:
        what = f"{target}: {file} cannot be opened: {str(error).splitlines()[0]}"
        yield Finding("problem", what, f"move {file} away, then `dbt build`")
        return
    if writer:
        what = f"{target}: {writer} has {file} open for writing"
        yield Finding("problem", what, f"wait for {writer}, or end it")
        return
    patient.readable = True
    reader = reader_of(file) if writable else None
    if reader:
        yield Finding(
            "warning",
            f"{target}: {reader} has {file} open to read; `dbt build` cannot write meanwhile",
            f"end {reader}, or build with scripts/scheduled_build.py, which waits for no reader",
        )
    elif writable:
        yield Finding("ok", f"{target}: {file} can be written, nobody has it open")


def reader_of(file: Path) -> str | None:
    """Name the process that has the file open to read; None where nobody has."""
    with file.open("r+b") as opened:
        try:
            fcntl.lockf(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return holder(file, read_only=False) or "another process"
    return None


def check_vars(patient: Patient) -> Iterator[Finding]:
    settings = patient.vars
    findings = [*wrong_values(settings), *contradictions(patient)]
    known = project_vars()
    for name in settings.keys() - known.keys():
        near = difflib.get_close_matches(name, known, n=1)
        findings.append(
            Finding(
                "warning",
                f"var {name} is not one of the project's and changes nothing",
                f"write {near[0]}" if near else "leave it out",
            )
        )
    if patient.report:
        for sentence in patient.report["unknown"]:
            findings.append(Finding("problem", sentence, "correct vars in dbt_project.yml"))
    yield from findings
    if not findings:
        sources = ", ".join(settings.get("sources") or [])
        yield Finding("ok", f"sources {sources}; zone {settings.get('reporting_timezone')}")


def wrong_values(settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield the vars whose value cannot mean anything."""
    zone = str(settings.get("reporting_timezone"))
    if zone not in available_timezones():
        near = difflib.get_close_matches(zone, available_timezones(), n=1)
        hint = near[0] if near else "UTC, or Area/City as in Europe/Berlin"
        yield Finding("problem", f"var reporting_timezone: no zone {zone}", f"write {hint}")
    for name in ("max_unpriced_token_share", "max_rejected_row_share"):
        if not is_share(settings.get(name)):
            what = f"var {name}: {settings.get(name)} is no share"
            yield Finding("problem", what, "write a number from 0 to 1")
    label = str(settings.get("user_label", "none"))
    if label not in USER_LABELS:
        yield Finding("problem", f"var user_label: no {label}", f"write {' or '.join(USER_LABELS)}")
    if settings.get("as_of"):
        yield Finding(
            "warning",
            f"var as_of: the clock of the warehouse stands at {settings['as_of']}",
            "set as_of to null, unless this repeats an old build",
        )


def is_share(value: Any) -> bool:
    try:
        return 0 <= Decimal(str(value)) <= 1
    except InvalidOperation:
        return False


def contradictions(patient: Patient) -> Iterator[Finding]:
    """Yield the vars that do not go together."""
    settings = patient.vars
    renamed = settings.get("synapscale_tables") or {}
    for name in ("synapscale_schema", "synapscale_tables"):
        if settings.get(name) and "synapscale" not in settings.get("sources", []):
            yield Finding(
                "warning",
                f"var {name} is set, but synapscale is not in var sources",
                "add synapscale to sources, or leave the var empty",
            )
    if settings.get("synapscale_schema") and patient.reads_files:
        yield Finding(
            "warning",
            "var synapscale_schema is not looked at while raw_location is files",
            "set raw_location to table, or synapscale_schema to null",
        )
    if len(set(renamed.values())) < len(renamed):
        yield Finding(
            "problem",
            "var synapscale_tables gives two tables one name",
            "give each table its own name",
        )


def check_sources(patient: Patient) -> Iterator[Finding]:
    if patient.report is None:
        yield Finding(
            "problem",
            f"dbt cannot read the project: {patient.report_error}",
            "correct what it names",
        )
        return
    for warning in patient.warnings:
        yield Finding("warning", warning, "declare the columns that you need")
    for source in patient.sources():
        tables = patient.tables_of(source)
        faults = [sentence for table in tables for sentence in table["problems"]]
        faults += [sentence for sentence in [patient.report["missing"].get(source)] if sentence]
        for sentence in faults:
            what, _, mend = sentence.partition(". Load ")
            yield Finding("problem", what, f"load {mend}" if mend else "docs/loading.md")
        if not faults:
            there = sum(bool(table["columns"]) for table in tables)
            yield Finding("ok", f"{source}: {there} of {len(tables)} tables, columns as declared")
            absent = [table["table"] for table in tables if not table["columns"]]
            if absent:
                yield Finding("ok", f"{source}: optional tables not there: {', '.join(absent)}")


def check_freshness(patient: Patient) -> Iterator[Finding]:
    manifest = next(iter(patient.tables_of("loads")), None)
    if not manifest or not manifest["columns"]:
        yield Finding("warning", "nothing was loaded yet", "make demo, or docs/loading.md")
        return
    loads = dict(
        patient.rows(
            "select source_name, max(loaded_at) at time zone 'UTC'"
            f" from {manifest['relation']} group by source_name"
        )
    )
    usage: dict[str, datetime] = {}
    if patient.has("intermediate", "int_llm_usage_history"):
        usage = dict(
            patient.rows(
                "select source_system, max(usage_at) from intermediate.int_llm_usage_history"
                " where rejection_reason is null group by source_system"
            )
        )
    for source in patient.sources():
        if source in loads:
            yield from ages_of(patient, source, loads[source], usage.get(source))
    for source in patient.sources():
        for table in patient.tables_of(source):
            if source != "loads" and "_batch_id" in table["columns"]:
                yield from unmatched_batches(patient, table, manifest["relation"])
    yield from unbuilt_loads(patient)


def last_load_of_the_demo() -> datetime | None:
    """Return when the demonstration was loaded last; nothing where there is none."""
    if not DEMO_KEY.is_file():
        return None
    loads = json.loads(DEMO_KEY.read_text(encoding="utf-8"))["loads"]
    return max(datetime.fromisoformat(load["loaded_at"]) for load in loads)


def ages_of(
    patient: Patient, source: str, load: datetime, usage: datetime | None
) -> Iterator[Finding]:
    """Say how old a source's newest load and usage are, and how far apart."""
    # A table without a limit has none at all, or one without a count.
    limits = [table["warn_after"] or {} for table in patient.tables_of(source)]
    allowed = min(
        (
            timedelta(seconds=each["count"] * SECONDS[each["period"]])
            for each in limits
            if each.get("count")
        ),
        default=None,
    )
    since_load = patient.now - load.replace(tzinfo=UTC)
    text = f"{source}: newest load {load:%Y-%m-%d %H:%M} UTC, {age(since_load)} ago"
    gap = load - usage if usage else timedelta(0)
    if usage:
        text += f"; newest usage {usage:%Y-%m-%d %H:%M}, {age(gap)} before it"
    if since_load == patient.now - (last_load_of_the_demo() or patient.now):
        yield Finding("ok", f"{text}; the demonstration, which ends on a fixed day")
        return
    if allowed and since_load > allowed:
        yield Finding("warning", f"{text}; loads are overdue", "see whether the export still runs")
    elif allowed and gap > allowed:
        yield Finding(
            "warning",
            f"{text}; loads bring no new usage",
            "see whether the export still reads the right table",
        )
    else:
        yield Finding("ok", text)


def unmatched_batches(
    patient: Patient, table: Mapping[str, Any], manifest: str
) -> Iterator[Finding]:
    """Yield batches without their row of the manifest, and rows whose batch is gone."""
    name = f"{table['source']}.{table['table']}"
    raw = f"(select distinct _batch_id as batch_id from {table['relation']})"
    declared = (
        f"(select batch_id from {manifest} where row_count > 0"
        f" and source_name = '{table['source']}' and table_name = '{table['table']}')"
    )
    for found, other, what, mend in (
        (raw, declared, "loads without a row in the manifest", "load the file again"),
        (declared, raw, "loads whose rows are gone", "restore the files, or load them again"),
    ):
        batches = patient.rows(
            f"select batch_id from {found} as found where not exists"
            f" (select 1 from {other} as other where other.batch_id = found.batch_id)"
        )
        if batches:
            names = named(sorted(str(batch) for (batch,) in batches))
            yield Finding("problem", f"{name}: {len(batches)} {what}: {names}", mend)


def unbuilt_loads(patient: Patient) -> Iterator[Finding]:
    """Say how many raw files were loaded since the warehouse was built."""
    file = patient.warehouse.file if patient.warehouse else None
    if not file or not patient.is_built or not patient.reads_files:
        return
    built = file.stat().st_mtime
    written = Path(patient.vars["raw_dir"], "load_manifest").glob("*.parquet")
    newer = sum(path.stat().st_mtime > built for path in written)
    if newer:
        yield Finding("warning", f"{newer} loads are newer than the warehouse", "dbt build")


def check_prices(patient: Patient) -> Iterator[Finding]:
    ((checked, recorded),) = duckdb.execute(
        f"select max(checked_on)::date, max(recorded_on)::date from read_csv('{PRICES}')"
    ).fetchall()
    old = patient.now.date() - checked
    text = f"list prices were last read on {checked}, last changed on {recorded}"
    if old > MAX_PRICE_AGE:
        yield Finding("warning", f"{text}: {old.days} days ago", "make prices")
    else:
        yield Finding("ok", text)
    if patient.is_built and patient.has("marts", "pricing_coverage"):
        yield from unpriced_names(patient)
        yield from app_prices(patient)


def unpriced_names(patient: Patient) -> Iterator[Finding]:
    """Say what has no price, most tokens first, and whether the build bears it."""
    names = patient.rows(
        "select coalesce(provider_name, 'unattributed') || '/'"
        " || coalesce(reported_model, 'unattributed'), sum(unpriced_tokens) as tokens"
        " from marts.pricing_coverage where unpriced_tokens > 0"
        " group by 1 order by tokens desc, 1"
    )
    ((total,),) = patient.rows("select sum(total_tokens) from marts.pricing_coverage")
    if not names:
        yield Finding("ok", "every token has a price")
        return
    unpriced = sum(tokens for _, tokens in names)
    share = Decimal(unpriced) / Decimal(total)
    allowed = Decimal(str(patient.vars["max_unpriced_token_share"]))
    text = (
        f"{unpriced:,} tokens have no price, {share:.4%} of all, {allowed:.2%} are allowed: "
        + named([f"{name} ({tokens:,})" for name, tokens in names])
    )
    if share <= allowed:
        yield Finding("ok", text)
    else:
        mend = "docs/model_names.md, `make prices`, or a higher var max_unpriced_token_share"
        yield Finding("problem", text, mend)
    yield from suggested_names(patient)


def suggested_names(patient: Patient) -> Iterator[Finding]:
    """Say which known LLMs the names without a price are like, and the row that would say so."""
    if not patient.has("marts", "pricing_coverage", "suggested_deployment"):
        return
    # One row prices all spellings of a name.
    names = patient.rows(
        "select min(coalesce(provider_name, 'unattributed')),"
        " min(coalesce(reported_model, 'unattributed')), min(suggested_llm_ids),"
        " suggested_deployment from marts.pricing_coverage where suggested_deployment is not null"
        " and unpriced_tokens > 0 group by suggested_deployment order by min(unpriced_token_rank)"
    )
    for provider, model, suggested, row in names[:SHOWN]:
        yield Finding(
            "warning",
            f"{provider}/{model} has a name like {suggested}",
            f"if it is one of them, add a row to seeds/pricing/llm_deployments.csv: {row}",
        )


def app_prices(patient: Patient) -> Iterator[Finding]:
    """Say where the application's own prices are not the list's."""
    if not patient.has("marts", "fct_reported_costs", "difference_reason"):
        return
    # A price that was corrected since is none of them: only the last thirty days of usage count.
    names = [
        name
        for (name,) in patient.rows(
            "select distinct llm_id from marts.fct_reported_costs"
            " where difference_reason in ('price_drift', 'stale_app_price') and reporting_date >"
            " (select max(reporting_date) - interval '30 day' from marts.fct_reported_costs)"
            " order by llm_id"
        )
    ]
    if names:
        # An application may sell at prices of its own: nothing to do, but good to know.
        yield Finding(
            "ok",
            f"the application's own price is not the list price of {named(names)};"
            " marts.cost_reconciliation shows by how much",
        )


def check_warehouse(patient: Patient) -> Iterator[Finding]:
    file = patient.warehouse.file if patient.warehouse else None
    if file and file.exists() and not patient.readable:
        yield Finding("warning", f"{file} cannot be opened, so not examined")
        return
    if not patient.is_built:
        yield Finding("problem", "no mart is built yet", next_step_without_marts(file))
        yield from last_run(patient)
        return
    built = "select table_name from information_schema.tables where table_schema = 'marts'"
    marts = {name for (name,) in patient.rows(built)}
    expected = set(patient.report["marts"]) if patient.report else set()
    if missing := sorted(expected - marts):
        what = f"marts that were never built: {named(missing)}"
        yield Finding("problem", what, None if has_failed(newest_run()) else "dbt build")
    size = f", {file.stat().st_size / 1e6:,.0f} MB" if file else ""
    when = f" at {written_at(file):%Y-%m-%d %H:%M} UTC" if file else ""
    yield Finding("ok", f"{len(marts)} marts, last written{when}{size}")
    yield from last_run(patient)


def next_step_without_marts(file: Path | None) -> str | None:
    """Say how to get to the first marts; None where what the last run says comes first."""
    if file and not file.exists():
        kept = kept_after_failure(file)
        return f"{FILE_SETTING}={kept} python scripts/doctor.py" if kept.exists() else "make build"
    # A build that failed before its marts fails again until its cause is gone.
    return None if has_failed(newest_run()) else "make build"


def written_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


CHECKS: dict[str, Callable[[Patient], Iterator[Finding]]] = {
    "python": check_python,
    "profile": check_profile,
    "vars": check_vars,
    "sources": check_sources,
    "freshness": check_freshness,
    "prices": check_prices,
    "warehouse": check_warehouse,
}


def not_examined(patient: Patient, check: str) -> str | None:
    """Say why a check cannot be made; None where it can."""
    if check in ("sources", "freshness", "warehouse"):
        if patient.warehouse is None:
            return "without a target"
        if not patient.reachable:
            return "without a connection"
    if check in ("freshness", "warehouse") and patient.engine not in ("duckdb", "postgres"):
        return f"on {patient.engine} yet"
    return None


def examine(patient: Patient) -> Iterator[tuple[str, Finding]]:
    """Yield the findings of all checks, in order."""
    for name, check in CHECKS.items():
        if why := not_examined(patient, name):
            yield name, Finding("warning", f"not examined {why}")
            continue
        try:
            for finding in check(patient):
                yield name, finding
        except duckdb.Error as error:
            yield name, Finding("problem", " ".join(str(error).split()), "dbt build")
