"""Refusals of the loader, and how their messages name things without repeating a secret."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

SHOWN_CHARACTERS = 40
# Keys as providers issue them: a known prefix, then a long run of letters and digits. A mask such
# as sk-...a1b2, a hash in hexadecimal digits and a speaking alias are references, not keys.
KEY = (
    r"(^|[^A-Za-z0-9])("
    r"(sk|pk|rk|xai|gsk|pplx|hf|fw|nvapi|r8|ghp|glpat)[-_][A-Za-z0-9_-]*[A-Za-z0-9]{16}"
    r"|(AIza|AKIA|ya29\.|eyJ)[A-Za-z0-9_-]{16}"
    r"|[Bb]earer [A-Za-z0-9_.-]{16})"
)


class BadData(Exception):
    """The file's content is not what the declaration asks for (exit code 1)."""


class BadSetup(Exception):
    """The call or the surroundings are wrong, whatever the file holds (exit code 2)."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is nearest to one that is not, if any is near."""
    near = difflib.get_close_matches(name.strip().lower(), sorted(known), n=1, cutoff=0.6)
    return near[0] if near else None


def suggestion(name: str, known: Iterable[str]) -> str:
    """Name the known name that is nearest to one that is not, or all of them."""
    names = sorted(known)
    near = nearest(name, names)
    return f"; did you mean {near!r}?" if near else f"; known: {', '.join(names)}"


def shorten(value: str) -> str:
    """Show a value in a message: shortened, and not at all if it looks like a key."""
    if re.search(KEY, value):
        return "a value that looks like a secret (not shown here)"
    return repr(value if len(value) <= SHOWN_CHARACTERS else value[:SHOWN_CHARACTERS] + "…")
