"""docs/environment.md names every variable that the project reads, and no other."""

from __future__ import annotations

import re
from pathlib import PurePath

from support.project import REPOSITORY, project_files

NAME = re.compile(r"\b(?:LLM_FINOPS_[A-Z_]*[A-Z]|DBT_[A-Z_]*[A-Z]|PG_BIN|JAVA_HOME)\b")
READERS = ("scripts", "macros", "Makefile", "profiles.yml.example")
PAGE = PurePath("docs/environment.md")


def names_in(file: PurePath) -> set[str]:
    return set(NAME.findall((REPOSITORY / file).read_text(encoding="utf-8")))


def test_the_page_names_every_variable_that_is_read() -> None:
    read = {name for file in project_files() if file.parts[0] in READERS for name in names_in(file)}
    assert len(read) > 15
    assert names_in(PAGE) == read
