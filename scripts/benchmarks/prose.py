"""Figures in prose: `<!--key-->text<!--/-->` holds the figure `key` as the report shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from raw_area import ROOT

FIGURE = re.compile(r"<!--(\w+)-->(.*?)<!--/-->", re.DOTALL)


def pages() -> Iterator[Path]:
    """Yield the pages whose figures the benchmark writes."""
    yield ROOT / "README.md"
    yield from sorted((ROOT / "docs").glob("*.md"))


def filled(text: str, shown: Mapping[str, str]) -> str:
    """Return a page with each figure as the report shows it; one not measured stays."""
    return FIGURE.sub(
        lambda found: f"<!--{found[1]}-->{shown.get(found[1], found[2])}<!--/-->", text
    )


def fill_pages(shown: Mapping[str, str]) -> None:
    """Write the figures into every page that names one."""
    for page in pages():
        text = page.read_text(encoding="utf-8")
        if (new := filled(text, shown)) != text:
            page.write_text(new, encoding="utf-8")
