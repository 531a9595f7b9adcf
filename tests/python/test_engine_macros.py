"""Text that is no number, no decimal, no JSON: every engine reads it alike, and none stops."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from support.project import ON_EACH_ENGINE, Project

# Text -> what it is as a decimal with 9 places, 19 digits before them.
DECIMALS = {
    "1e5": "100000.000000000",
    "1E+5": "100000.000000000",
    " 12 ": "12.000000000",
    "\t7\n": "7.000000000",
    "+5": "5.000000000",
    "-.5": "-0.500000000",
    "5.": "5.000000000",
    "00012.50": "12.500000000",
    "1e0000000003": "1000.000000000",
    "0.0000000005": "0.000000001",
    "-5e-10": "-0.000000001",
    "0.0000000004999": "0.000000000",
    "1e-400": "0.000000000",
    "1e-5000": "0.000000000",
    "9999999999999999999.9999999994": "9999999999999999999.999999999",
    "9999999999999999999.9999999996": None,
    "1e19": None,
    "-1e19": None,
    "1e400": None,
    "1e99999999999999999999": None,
    "NaN": None,
    "Infinity": None,
    "": None,
    ".": None,
    "1e": None,
    "12a": None,
    "0x10": None,
    "1_000": None,
    "1,5": None,
    "1 2": None,
    "--5": None,
    "१": None,
}
# Text -> the entries of the JSON object that it is.
UNREADABLE = {"unreadable": ""}
OBJECTS = {
    '{"a": 1, "b": " x "}': {"a": "1", "b": " x "},
    ' {"a":\n12.5} ': {"a": "12.5"},
    '{"a": null, "b": 2}': {"b": "2"},
    '{"a": true, "": 1}': {"a": "true", "": "1"},
    '{"\\u00e9\\n\\ud83d\\ude00": 1}': {"é\n😀": "1"},
    '{"é": 1e400}': {"é": "1e400"},
    '{"a": {"b": [{"c": 1}]}, "d": 2}': {"a": '{"b":[{"c":1}]}', "d": "2"},
    "{}": {},
    " { } ": {},
    "": UNREADABLE,
    "null": UNREADABLE,
    "1": UNREADABLE,
    "[1]": UNREADABLE,
    '"a"': UNREADABLE,
    "{": UNREADABLE,
    "{a: 1}": UNREADABLE,
    '{"a" 1}': UNREADABLE,
    "{'a': 1}": UNREADABLE,
    '{"a": 01}': UNREADABLE,
    '{"a": 1} x': UNREADABLE,
    '{"\\ud800": 1}': UNREADABLE,
    '{"a": "\\x"}': UNREADABLE,
    '{"a": [1}': UNREADABLE,
}
# Text -> whether it holds what looks like an e-mail address.
ADDRESSES = {"write to a.b+c@mail.example.org!": True, "@example.org": False, "a@b": False}


def literal(text: str) -> str:
    """Return a text as SQL that Jinja leaves alone."""
    quoted = text.replace("'", "''")
    return "{% raw %}'" + quoted + "'{% endraw %}"


def values(texts: dict[str, Any]) -> str:
    rows = [f"select {place} as place, {literal(text)} as t" for place, text in enumerate(texts)]
    return " union all ".join(rows)


def shown(project: Project, sql: str) -> list[dict[str, Any]]:
    """Return the rows of a query with macros in it."""
    said = project.dbt("--quiet", "show", "--inline", sql, "--output", "json", "--limit", "-1")
    rows: list[dict[str, Any]] = json.loads(said.stdout[said.stdout.index("{") :])["show"]
    return rows


@pytest.fixture(scope="module", params=ON_EACH_ENGINE)
def engine(request: pytest.FixtureRequest, make_project: Callable[..., Project]) -> Project:
    """An empty copy of the project on one engine."""
    return make_project("macros", engine=request.param)


def test_text_is_a_decimal_or_null(engine: Project) -> None:
    read = "cast({{ try_decimal('t', type_quantity()) }} as {{ dbt.type_string() }})"
    rows = shown(engine, f"select place, {read} as found from ({values(DECIMALS)}) as texts")
    found = {row["place"]: row["found"] for row in rows}
    assert {text: found[place] for place, text in enumerate(DECIMALS)} == DECIMALS


def test_text_is_a_json_object_or_one_unreadable_entry(engine: Project) -> None:
    entries = "{{ json_entries('texts', 'texts.t', ['texts.place']) }}"
    rows = shown(engine, f"with texts as ({values(OBJECTS)}) {entries}")
    found: dict[str, dict[str, str]] = {text: {} for text in OBJECTS}
    for row in rows:
        text = list(OBJECTS)[row["place"]]
        value = row["entry_value"]
        # Nested values keep their own spaces; no quantity is one of them.
        found[text][row["entry_name"]] = value.replace(" ", "") if value[:1] == "{" else value
    assert found == OBJECTS


def test_a_part_of_a_text_matches_or_not(engine: Project) -> None:
    pattern = "(personal_data_patterns().values() | list)[0]"
    matches = "{{ text_matches('t', " + pattern + ") }}"
    rows = shown(engine, f"select place, {matches} as found from ({values(ADDRESSES)}) as texts")
    found = {row["place"]: row["found"] for row in rows}
    assert {text: found[place] for place, text in enumerate(ADDRESSES)} == ADDRESSES


def test_a_float_is_read_as_its_shortest_text(engine: Project) -> None:
    """The full range is asked of DuckDB in test_float_to_decimal.py."""
    floats = {
        "29.99": "29.990000000000000",
        "0.30000000000000004": "0.300000000000000",
        "-0.0000000000000005": "-0.000000000000001",
        "9999999999999.998": "9999999999999.998000000000000",
        "1e13": None,
        "NaN": None,
        "-Infinity": None,
        "5e-324": "0.000000000000000",
    }
    read = "{{ float_to_decimal('cast(t as ' ~ type_double() ~ ')') }}"
    text = f"cast({read} as {{{{ dbt.type_string() }}}})"
    rows = shown(engine, f"select place, {text} as found from ({values(floats)}) as texts")
    found = {row["place"]: row["found"] for row in rows}
    assert {text: found[place] for place, text in enumerate(floats)} == floats
