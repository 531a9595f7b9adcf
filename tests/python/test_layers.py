"""Which layer may read which, and what stands in one place only: rules on the SQL files alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.project import REPOSITORY

ENGINES = Path("macros/engines")
MAX_LINES = 150
# What an adapter finds by its name alone: one of dbt's that is replaced, and materializations.
REPLACED = {"get_insert_overwrite_sql", "snapshot", "table_in_place", "view_in_place"}

COMMENT = re.compile(r"\{#.*?#\}|/\*.*?\*/|--[^\n]*", re.DOTALL)
REF = re.compile(r"\bref\(\s*['\"](\w+)['\"]")
SOURCE = re.compile(r"\b(source|raw_table)\(")
MACRO = re.compile(r"\{%-?\s*macro\s+(\w+)")
DISPATCH = re.compile(r"adapter\.dispatch\(\s*['\"](\w+)['\"]")

CLOCK = re.compile(
    r"\b(current_timestamp|current_date|localtimestamp|getdate|run_started_at)\b"
    r"|\b(now|today|sysdate)\s*\(",
    re.IGNORECASE,
)
ENGINE = re.compile(r"\btarget\s*(\.\s*type\b|\[\s*['\"]type['\"])|\badapter\.type\(")
FLOAT = re.compile(r"\b(type_double|float\d*|double|real)\b", re.IGNORECASE)
DECIMAL = re.compile(r"\b(decimal|numeric)\b", re.IGNORECASE)
CONTROL_FLOW = re.compile(r"\{%-?\s*(if|elif|for|macro|call)\b")


def sql_files(*folders: str) -> dict[Path, str]:
    """Return the text of each SQL file of some folders, by its path in the project."""
    found = {
        path.relative_to(REPOSITORY): path.read_text(encoding="utf-8")
        for folder in folders
        for path in sorted((REPOSITORY / folder).rglob("*.sql"))
    }
    assert found, f"there is no SQL in {folders}"
    return found


def code(text: str) -> str:
    """Return SQL without its comments, its lines as many as before."""
    return COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), text)


def breaches(pattern: re.Pattern[str], files: dict[Path, str]) -> list[str]:
    """Return `path:line: match` for each match outside comments."""
    return [
        f"{path}:{code(text).count(chr(10), 0, match.start()) + 1}: {match[0].strip()}"
        for path, text in files.items()
        for match in pattern.finditer(code(text))
    ]


def layer_of() -> dict[str, str]:
    """Return the layer of each model by its name; for a mart `marts/<folder>`."""
    layers = {}
    for path in sql_files("models"):
        parts = path.parts[1:-1]
        layers[path.stem] = "/".join(parts) if parts[0] == "marts" else parts[0]
    return layers


def refs(folder: str) -> Iterator[tuple[Path, str]]:
    """Yield (file, name of the model, seed or snapshot that it reads)."""
    for path, text in sql_files(folder).items():
        for name in REF.findall(code(text)):
            yield path, name


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (REF, "{{ ref('int_llm_price_sheets') }}"),
        (REF, '{{ ref( "dim_dates") }}'),
        (SOURCE, "{{ source('events', 'llm_usage_events') }}"),
        (SOURCE, "{{ raw_table('events', 'llm_usage_events') }}"),
        (CLOCK, "where day < current_date"),
        (CLOCK, "select NOW() as at"),
        (CLOCK, "'{{ run_started_at }}'"),
        (ENGINE, "{% if target.type == 'duckdb' %}"),
        (ENGINE, "target['type']"),
        (FLOAT, "cast(x as double precision)"),
        (FLOAT, "x::float8"),
        (DECIMAL, "cast(x as decimal(28, 9))"),
        (DECIMAL, "cast(x as numeric)"),
        (CONTROL_FLOW, "{%- for column in columns %}"),
        (CONTROL_FLOW, "{% if is_incremental() %}"),
    ],
)
def test_the_patterns_find_what_they_forbid(pattern: re.Pattern[str], text: str) -> None:
    assert breaches(pattern, {Path("x.sql"): f"select 1\n{text}\n"})
    assert not breaches(pattern, {Path("x.sql"): "{#- " + text.replace("#", "") + " -#}\n"})


def test_a_mart_reads_intermediate_models_the_core_and_its_own_folder() -> None:
    layers = layer_of()
    read = list(refs("models/marts"))
    assert len({path for path, _ in read}) >= 12
    wrong = [
        f"{path.stem} reads {name}"
        for path, name in read
        if layers.get(name) not in {"intermediate", "marts/core", "/".join(path.parts[1:-1])}
    ]
    assert wrong == []


def test_an_intermediate_model_reads_no_mart() -> None:
    layers = layer_of()
    read = list(refs("models/intermediate"))
    assert len({path for path, _ in read}) >= 15
    assert [
        f"{path.stem} reads {name}"
        for path, name in read
        if layers.get(name, "").startswith("marts")
    ] == []


def test_a_staging_model_reads_no_other_layer() -> None:
    layers = layer_of()
    read = list(refs("models/staging"))
    assert read
    # A seed has no model of its name, and so no layer.
    assert [
        f"{path.stem} reads {name}"
        for path, name in read
        if layers.get(name, "staging") != "staging"
    ] == []


def test_only_staging_reads_sources() -> None:
    assert breaches(SOURCE, sql_files("models/staging"))
    assert breaches(SOURCE, sql_files("models/intermediate", "models/marts")) == []


@pytest.mark.parametrize(
    "pattern", [CLOCK, ENGINE, FLOAT, DECIMAL], ids=["clock", "engine", "float", "decimal"]
)
def test_no_model_names_a_clock_an_engine_or_a_type_of_money(pattern: re.Pattern[str]) -> None:
    files = sql_files("models/staging", "models/intermediate", "models/marts")
    assert len(files) >= 35
    assert breaches(pattern, files) == []


def test_the_clock_stands_in_one_macro() -> None:
    found = breaches(CLOCK, sql_files("macros", "tests"))
    assert {place.split(":")[0] for place in found} == {"macros/time.sql"}


# Names the types that raw columns may have.
RAW_TYPES = f"{ENGINES}/raw_types.sql"


def test_decimals_are_typed_in_the_money_macros_only() -> None:
    found = breaches(DECIMAL, sql_files("macros"))
    # PostgreSQL has to hold a number of any size before it can tell that it is too large.
    looks = f"{ENGINES}/try_decimal.sql"
    places = {place.split(":")[0] for place in found}
    assert places - {RAW_TYPES, looks} == {"macros/money.sql"}


def test_a_float_is_named_by_its_engine_macro_only() -> None:
    found = breaches(FLOAT, sql_files("macros"))
    named = [place for place in found if not place.endswith(": type_double")]
    places = {place.split(":")[0] for place in named}
    assert places - {RAW_TYPES} == {f"{ENGINES}/type_double.sql"}


def test_only_engine_macros_tell_engines_apart() -> None:
    everything = sql_files("models", "macros", "tests")
    elsewhere = {path: text for path, text in everything.items() if ENGINES not in path.parents}
    assert 0 < len(everything) - len(elsewhere) < len(elsewhere)
    assert breaches(ENGINE, elsewhere) == []
    assert breaches(DISPATCH, elsewhere) == []


def test_an_engine_macro_has_a_file_of_its_name_that_opens_with_a_comment() -> None:
    # A folder below holds what one engine's variants are made of.
    files = {path: text for path, text in sql_files(str(ENGINES)).items() if path.parent == ENGINES}
    assert len(files) >= 8
    wrong = []
    for path, text in files.items():
        name = path.stem
        # What dbt itself dispatches has variants only.
        if DISPATCH.findall(code(text)) not in ([name], []):
            wrong.append(f"{path} does not dispatch {name}, and nothing else")
        variants = [macro for macro in MACRO.findall(code(text)) if macro != name]
        if (not variants and name not in REPLACED) or any(
            not variant.endswith(f"__{name}") for variant in variants
        ):
            wrong.append(f"{path} holds {variants}")
        if not re.match(r"\{#-?\s+\S", text):
            wrong.append(f"{path} does not open with a comment")
    assert wrong == []


def test_a_mart_has_no_control_flow() -> None:
    marts = sql_files("models/marts")
    assert len(marts) >= 13
    assert breaches(CONTROL_FLOW, marts) == []


def test_no_file_is_long() -> None:
    files = sql_files("models", "macros", "tests")
    assert len(files) >= 70
    lengths = {str(path): text.count("\n") for path, text in files.items()}
    assert {path: lines for path, lines in lengths.items() if lines > MAX_LINES} == {}
