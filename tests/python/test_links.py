"""Every relative link of a page leads to a file and a heading; the docs page has plain names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.project import REPOSITORY, project_files

FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\[[^\]]*\]\(([^()\s]+)(?:\s+\"[^\"]*\")?\)")
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
DOCS_BLOCK = re.compile(r"\{%-?\s*docs\s")
PAGES = [REPOSITORY / name for name in project_files() if name.suffix == ".md"]


def prose(page: Path) -> str:
    """Return a page without its code."""
    return CODE.sub("`", FENCE.sub("", page.read_text(encoding="utf-8")))


def links(page: Path) -> Iterator[str]:
    """Yield where a page's links lead, addresses of the web left out."""
    for target in LINK.findall(prose(page)):
        if not re.match(r"[a-z]+:", target):
            yield target


def anchors(page: Path) -> set[str]:
    """Return the anchors that the headings of a page have on GitHub."""
    found: set[str] = set()
    for heading in HEADING.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        shown = LINK.sub(lambda link: link[0][1 : link[0].index("]")], heading)
        name = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
        number = 0
        while (anchor := f"{name}-{number}" if number else name) in found:
            number += 1
        found.add(anchor)
    return found


def fault(page: Path, target: str) -> str | None:
    """Say what is wrong with a link, None where it leads somewhere."""
    path, _, anchor = target.partition("#")
    file = (page.parent / path).resolve() if path else page
    if not file.exists():
        return f"{page.relative_to(REPOSITORY)}: {target}: no such file"
    if not file.is_relative_to(REPOSITORY):
        return f"{page.relative_to(REPOSITORY)}: {target}: outside of the repository"
    if anchor and (file.suffix != ".md" or anchor not in anchors(file)):
        return f"{page.relative_to(REPOSITORY)}: {target}: no such heading"
    return None


def test_every_link_leads_to_a_file_and_a_heading() -> None:
    found = [(page, target) for page in PAGES for target in links(page)]
    assert len(found) > 40
    assert sum("#" in target for _, target in found) > 3
    assert [wrong for page, target in found if (wrong := fault(page, target))] == []


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("docs/engines.md#a-server-of-your-own", None),
        ("docs/engine.md", "no such file"),
        ("docs/engines.md#a-server", "no such heading"),
        ("#start", None),
        ("#begin", "no such heading"),
        ("../outside.md", "no such file"),
    ],
)
def test_a_broken_link_is_named(target: str, reason: str | None) -> None:
    found = fault(REPOSITORY / "README.md", target)
    assert found == (f"README.md: {target}: {reason}" if reason else None)


def test_docs_blocks_have_no_relative_link() -> None:
    """dbt shows them in one page, where a path of the repository leads nowhere."""
    blocks = [page for page in PAGES if DOCS_BLOCK.search(page.read_text(encoding="utf-8"))]
    assert REPOSITORY / "models" / "overview.md" in blocks
    described = [*blocks, *(REPOSITORY / "models").rglob("*.yml")]
    assert len(described) > 30
    assert [(page.name, target) for page in described for target in links(page)] == []


def test_every_page_of_docs_is_linked() -> None:
    reached = {
        (page.parent / target.partition("#")[0]).resolve()
        for page in PAGES
        for target in links(page)
    }
    pages = {page for page in PAGES if page.parent == REPOSITORY / "docs"}
    assert len(pages) > 10
    assert sorted(page.name for page in pages - reached) == []
