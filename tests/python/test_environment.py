"""docs/environment.md names every variable that the project reads, and no other."""

from __future__ import annotations

import re
from pathlib import PurePath

from support.project import REPOSITORY, project_files

NAME = r"\b(?:LLM_FINOPS_[A-Z_]*[A-Z]|DBT_[A-Z_]*[A-Z]|PG_BIN|JAVA_HOME)\b"
# In quotes or read and set by make; a constant of a script has a plain name.
READ = re.compile(rf"""(?<=["'(]){NAME}(?=["',])|(?<=\$\(){NAME}|{NAME}(?==)""")
READERS = ("scripts", "macros", "Makefile", "profiles.yml.example")
PAGE = PurePath("docs/environment.md")


def text_of(file: PurePath) -> str:
    return (REPOSITORY / file).read_text(encoding="utf-8")


def test_the_page_names_every_variable_that_is_read() -> None:
    files = [file for file in project_files() if file.parts[0] in READERS]
    read = {name for file in files for name in READ.findall(text_of(file))}
    assert len(read) > 15
    assert set(re.findall(NAME, text_of(PAGE))) == read
