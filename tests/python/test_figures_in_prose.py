"""Figures of speed in prose are those that the benchmark wrote to docs/benchmarks.json."""

from __future__ import annotations

import json
import re

import pytest
from benchmarks import prose, report, results
from benchmarks.questions import QUESTIONS
from support.project import REPOSITORY

RAW = REPOSITORY / "docs" / "benchmarks.json"
SPEED = re.compile(r"\b\d[\d,.]* (?:s|ms|×|GB)(?!\w)")


@pytest.fixture(scope="module")
def shown() -> dict[str, str]:
    figures = json.loads(RAW.read_text(encoding="utf-8"))["figures"]
    return {key: figure["shown"] for key, figure in figures.items() if figure["shown"]}


def test_every_figure_in_prose_is_the_measured_one(shown: dict[str, str]) -> None:
    found = [
        (page.name, key, text)
        for page in prose.pages()
        for key, text in prose.FIGURE.findall(page.read_text(encoding="utf-8"))
    ]
    assert sum(name == "README.md" for name, _, _ in found) >= 5
    assert [each for each in found if each[2] != shown.get(each[1])] == []


def test_the_readme_has_no_figure_of_speed_that_nobody_measured() -> None:
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert SPEED.search(text)
    assert SPEED.findall(prose.FIGURE.sub("", text)) == []


def test_the_report_is_that_of_the_file(shown: dict[str, str]) -> None:
    measured = results.read(RAW, QUESTIONS.keys())
    measured.reasons = json.loads(RAW.read_text(encoding="utf-8"))["reasons"]
    assert measured.shown() == shown
    page = RAW.with_suffix(".md")
    chart = page.with_suffix(".svg")
    assert page.read_text(encoding="utf-8") == report.markdown(measured, chart)


def test_a_new_figure_is_written_where_it_is_named() -> None:
    page = "It takes <!--full_seconds-->1.00 s<!--/-->, or <!--full_wall-->9 s<!--/-->."
    assert prose.filled(page, {"full_seconds": "2.00 s"}) == page.replace("1.00 s", "2.00 s")
