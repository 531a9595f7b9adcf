"""The SQL of a mapping: expressions over a file's columns that yield what the contract asks for.

Each yields the value where it can be read, else what stands there, so that the later check finds
and shows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from raw_area import quoted

from raw_loading.values import DECIMAL_NUMBER, INSTANT, UNZONED_TYPES

UNMAPPED = "a word has no entry in the mapping"
# Digits that a product may have in all, and before the point of the value that is multiplied.
PRODUCT_DIGITS = 38
WHOLE_DIGITS = 13


def identifier(name: str) -> str:
    """Return a name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def text_of(name: str, kind: str) -> str:
    """Return the text of a column's value, NULL where it is missing or empty."""
    column = identifier(name)
    if kind == "JSON":
        return f"nullif({column} ->> '$', '')"
    return f"nullif({column}::varchar, '')"


def chosen_text(names: Sequence[str], kinds: Mapping[str, str]) -> str:
    """Return the text of the first column that is not empty."""
    return f"coalesce({', '.join(text_of(name, kinds[name]) for name in names)})"


def first_value(names: Sequence[str], kinds: Mapping[str, str]) -> tuple[str, str]:
    """Return the first value that is not empty, and its type."""
    found = {kinds[name] for name in names}
    if len(found) == 1:
        values = [
            f"case when {text_of(name, kinds[name])} is not null then {identifier(name)} end"
            for name in names
        ]
        return f"coalesce({', '.join(values)})", found.pop()
    return chosen_text(names, kinds), "VARCHAR"


def translated(
    names: Sequence[str],
    kinds: Mapping[str, str],
    words: Mapping[str, str],
    otherwise: str | None,
) -> str:
    """Return the contract's word for a word of the file.

    The empty word stands for a missing value; a word without an entry is `otherwise`, and stops the
    query where there is none.
    """
    text = chosen_text(names, kinds)
    cases = " ".join(
        f"when {quoted(word)} then nullif({quoted(meaning)}, '')"
        for word, meaning in words.items()
        if word
    )
    missing = f"nullif({quoted(words.get('', ''))}, '')"
    rest = f"error({quoted(UNMAPPED)})::varchar"
    if otherwise is not None:
        rest = f"nullif({quoted(otherwise)}, '')"
    listed = f"case {text} {cases} else {rest} end" if cases else rest
    return f"case when {text} is null then {missing} else {listed} end"


def in_utc(names: Sequence[str], kinds: Mapping[str, str], zone: str) -> str:
    """Return the instant of a local time as a text with its zone.

    A time that the zone's clocks skip stays as it is, without a zone, and is refused later. One
    that they show twice is read as the second of the two, in standard time, as PostgreSQL does.
    A value that names its own zone keeps it.
    """
    text = f"trim({chosen_text(names, kinds)})"
    local = f"try_cast({text} as timestamp)"
    if len(names) == 1 and kinds[names[0]] in UNZONED_TYPES:
        is_local = "true"
    else:
        is_local = f"regexp_full_match({text}, '{INSTANT}')"
    at = f"timezone({quoted(zone)}, {local})"
    exists = f"timezone({quoted(zone)}, {at}) = {local}"
    return f"case when {is_local} and {exists} then {at}::varchar else {text} end"


def multiplied(
    names: Sequence[str], kinds: Mapping[str, str], factor: Decimal, is_latency: bool
) -> str:
    """Return a number times an exact factor, as a text; a latency in whole milliseconds.

    What is no number, or too large, stays with the factor behind it, and is refused later.
    """
    text = f"trim({chosen_text(names, kinds)})"
    places = max(0, -int(factor.as_tuple().exponent))
    digits = max(len(factor.as_tuple().digits), places)
    left = PRODUCT_DIGITS - digits
    value = f"try_cast({text} as decimal({left}, {left - WHOLE_DIGITS}))"
    product = f"({value} * {quoted(f'{factor:f}')}::decimal({digits}, {places}))"
    shown = (
        f"round({product}, 0)::varchar"
        if is_latency
        else f"regexp_replace({product}::varchar, '\\.?0+$', '')"
    )
    return (
        f"case when {text} is null then null "
        f"when regexp_full_match({text}, '{DECIMAL_NUMBER}') and {value} is not null then {shown} "
        f"else {text} || {quoted(f' × {factor:f}')} end"
    )


def object_of(fields: Mapping[str, str], kinds: Mapping[str, str]) -> str:
    """Return a JSON object out of columns, those that are missing left out."""
    entries = ", ".join(
        f"{{'key': {quoted(name)}, 'value': {text_of(source, kinds[source])}}}"
        for name, source in fields.items()
    )
    kept = f"list_filter([{entries}], lambda entry: entry['value'] is not null)"
    return f"nullif(to_json(map_from_entries({kept}))::varchar, '{{}}')"
