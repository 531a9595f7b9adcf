"""Values as SQL: which of them fit the declaration, and their typed form.

What cannot be read as its type is bad; nothing is rounded, guessed or dropped on the way.
"""

from __future__ import annotations

from raw_area import quoted

from raw_loading.declaration import COST_TYPE, Column, Table
from raw_loading.files import RawFile
from raw_loading.problems import KEY, BadData, nearest, shorten, suggestion

BAD_VALUE = "a value does not fit its declaration"
INTEGER_TYPES = {
    "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT",
    "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT",
}  # fmt: skip
FLOAT_TYPES = {"DOUBLE", "FLOAT"}
TEXT_TYPES = {"VARCHAR", "JSON", "UUID"}
NESTED_TYPES = ("STRUCT", "MAP")
ZONED_TYPES = {"TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ_NS"}
UNZONED_TYPES = {"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"}

WHOLE_NUMBER = r"[+-]?[0-9]+(\.0*)?"
DECIMAL_NUMBER = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?"
NO_NUMBER = r"[+-]?([Nn][Aa][Nn]|[Ii][Nn][Ff]([Ii][Nn][Ii][Tt][Yy])?)"
INSTANT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?"
ZONE = r" ?(Z|UTC|[+-][0-9]{2}(:?[0-9]{2})?)"
# So many significant digits tell any two doubles apart; some writers print all of them.
DOUBLE_DIGITS = 17
# As many digits before the point as COST_TYPE, and room to see what stands beyond its last one.
WIDE_COST_TYPE = "decimal(38, 25)"


def check_columns(file: RawFile, table: Table) -> list[str]:
    """Refuse a file that lacks a required column or has one that it must not have.

    Returns warnings about columns that are dropped, where the source asks for no more than that.
    """
    if file.is_bare:
        return []
    offered = table.offered
    loaders = {column.name for column in table.columns if column.written_by_loader}
    problems = []
    warnings = []
    for name in file.columns:
        if name in loaders:
            problems.append(f"column {name!r} is written by the loader; drop it from the file")
        elif name in offered:
            continue
        elif table.drops_unknown:
            near = nearest(name, offered)
            hint = f"the nearest declared is {near!r}" if near else "no declared name is near"
            warnings.append(f"column {shorten(name)} is not declared and was dropped; {hint}")
        else:
            problems.append(f"column {name!r} is not declared{suggestion(name, offered)}")
    missing = [
        column for column in offered.values() if column.required and column.name not in file.columns
    ]
    for column in missing:
        problems.append(f"required column {column.name!r} is missing; {column.expected}")
    if missing and table.drops_unknown:
        # A file without a header has a person's words for names: only near ones are shown.
        problems += [
            f"column {name!r} is not declared; did you mean {near!r}?"
            for name in file.columns
            if name not in offered and (near := nearest(name, offered))
        ]
    if problems:
        raise BadData("\n".join(f"{file.path.name}: {problem}" for problem in problems))
    return [f"warning: {file.path.name}: {warning}" for warning in warnings]


def offered_values(column: Column, kind: str) -> str:
    """Return the SQL items that read a raw column: its value, NULL where missing, under its name.

    A text or JSON value comes as text; for a text column of JSONL, `<name>__nested` says beside it
    that the value is an object or a list.
    """
    raw = f'"{column.name}"'
    if kind == "JSON":
        items = f"nullif({raw} ->> '$', '') as {raw}"
        if column.data_type == "text":
            items += f", left({raw}::varchar, 1) in ('{{', '[') as \"{column.name}__nested\""
        return items
    if kind in TEXT_TYPES or kind.startswith("ENUM"):
        return f"nullif({raw}::varchar, '') as {raw}"
    if column.data_type == "text" and kind in INTEGER_TYPES:
        return f"{raw}::varchar as {raw}"
    if column.data_type == "json" and kind.startswith(NESTED_TYPES):
        return f"to_json({raw})::varchar as {raw}"
    return raw


def conversion(column: Column, kind: str) -> tuple[str, str]:
    """Return two SQL expressions for a value that is there: is it bad, and its typed form.

    `kind` is the raw column's DuckDB type; the value is as `offered_values` gives it.
    """
    raw = f'"{column.name}"'
    target = column.data_type
    nested = kind == "JSON" and target == "text"
    if target == "timestamptz" and kind in ZONED_TYPES:
        return f"not isfinite({raw}::timestamptz)", f"{raw}::timestamptz"
    if target == "timestamp" and kind in ZONED_TYPES:
        return f"not isfinite({raw}::timestamptz)", f"{raw}::timestamptz at time zone 'UTC'"
    if target == "timestamp" and kind in UNZONED_TYPES:
        return f"not isfinite({raw}::timestamp)", f"{raw}::timestamp"
    if target == "boolean" and kind == "BOOLEAN":
        return "false", raw
    if kind in INTEGER_TYPES | FLOAT_TYPES or kind.startswith("DECIMAL"):
        found = number_conversion(column, kind, raw)
        if found is not None:
            return found
    if (
        kind in TEXT_TYPES
        or kind.startswith("ENUM")
        or (target == "text" and kind in INTEGER_TYPES)
        or (target == "json" and kind.startswith(NESTED_TYPES))
    ):
        bad, typed = text_conversion(column, raw)
        return (f'"{column.name}__nested" or {bad}' if nested else bad), typed
    return f"{raw} is not null", f"null::{column.duckdb_type}"


def number_conversion(column: Column, kind: str, raw: str) -> tuple[str, str] | None:
    """Return the two expressions of `conversion` for a number, none where a text is expected."""
    target = column.data_type
    if target in ("integer", "bigint"):
        typed = f"try_cast({raw} as {target})"
        if kind in INTEGER_TYPES:
            return f"{typed} is null", typed
        if kind in FLOAT_TYPES:
            # Beyond 2^53 a double no longer holds every whole number.
            fits = f"abs({raw}) <= 9007199254740992 and {raw} = trunc({raw})"
            return f"not ({fits}) or {typed} is null", typed
        return f"{raw} != trunc({raw}) or {typed} is null", typed
    # A number's shortest text is what its writer meant, of a 32-bit float as well.
    text = f"{raw}::varchar"
    if target == "double":
        typed = f"{text}::double"
        if kind in FLOAT_TYPES:
            return "false", typed
        return f"{same_number(f'{typed}::varchar', kind)} is distinct from {raw}", typed
    if target == "decimal":
        typed = f"try_cast({text} as {COST_TYPE})"
        return f"{same_number(f'{typed}::varchar', kind)} is distinct from {raw}", typed
    if column.format == "decimal" and kind not in INTEGER_TYPES:
        return f"try_cast({text} as {COST_TYPE}) is null", text
    return None


def same_number(text: str, kind: str) -> str:
    """Return the expression that reads a number's text back, to compare it with the number."""
    if kind in INTEGER_TYPES:
        return f"try_cast(try_cast({text} as decimal(38, 0)) as {kind})"
    if kind in FLOAT_TYPES:
        return f"try_cast({text} as {kind})"
    # DuckDB reads no exponent into a decimal without digits before the point.
    scale = kind.rstrip(")").split(",")[-1]
    return f"try_cast({text} as decimal(38, {scale}))"


def text_conversion(column: Column, text: str) -> tuple[str, str]:
    """Return the two expressions of `conversion` for a value that is a text."""
    trimmed = f"trim({text})"
    target = column.data_type
    if target in ("integer", "bigint"):
        typed = f"try_cast({trimmed} as {target})"
        return f"not regexp_full_match({trimmed}, '{WHOLE_NUMBER}') or {typed} is null", typed
    if target == "double":
        return double_conversion(trimmed)
    if target == "decimal":
        typed = f"try_cast({trimmed} as {COST_TYPE})"
        exact = f"try_cast({trimmed} as {WIDE_COST_TYPE})"
        bad = f"not regexp_full_match({trimmed}, '{DECIMAL_NUMBER}') or {typed} is null"
        return f"{bad} or {typed} is distinct from {exact}", typed
    if target == "boolean":
        word = f"lower({trimmed})"
        return f"{word} not in ('true', 'false', 't', 'f', '1', '0')", f"{word}::boolean"
    if target in ("timestamptz", "timestamp"):
        # DuckDB knows no space before an offset; it cuts a fraction after the microseconds.
        joined = f"replace(replace({trimmed}, ' +', '+'), ' -', '-')"
        typed = f"try_cast({joined} as timestamptz)"
        zone = ZONE if target == "timestamptz" else f"({ZONE})?"
        bad = f"not regexp_full_match({trimmed}, '{INSTANT}{zone}') or {typed} is null"
        return bad, typed if target == "timestamptz" else f"{typed} at time zone 'UTC'"
    if target == "json":
        value = f"try_cast({text} as json)"
        bad = f"coalesce(json_type({value}), '') != 'OBJECT'"
        if column.format == "quantities":
            kinds = f"json_type({value}, '$.*')"
            bad += f" or list_has_any({kinds}, ['OBJECT', 'ARRAY', 'BOOLEAN'])"
        return bad, f"json({text})::varchar"
    if column.accepted_values:
        accepted = ", ".join(quoted(value) for value in column.accepted_values)
        return f"{text} not in ({accepted})", text
    if column.format == "decimal":
        typed = f"try_cast({trimmed} as {COST_TYPE})"
        return f"not regexp_full_match({trimmed}, '{DECIMAL_NUMBER}') or {typed} is null", trimmed
    if column.format == "key_reference":
        return f"regexp_matches({text}, '{KEY}')", text
    return "false", text


def double_conversion(trimmed: str) -> tuple[str, str]:
    """Return the two expressions of `conversion` for the text of a binary float.

    NaN and the infinities are numbers that a float holds; a text beyond its range is not.
    """
    typed = f"try_cast({trimmed} as double)"
    digits = (
        f"trim(regexp_replace(regexp_replace({trimmed}, '[eE].*$', ''), '[+.-]', '', 'g'), '0')"
    )
    bad = (
        f"not regexp_full_match({trimmed}, '{NO_NUMBER}') and ("
        f"not regexp_full_match({trimmed}, '{DECIMAL_NUMBER}') or {typed} is null "
        f"or isinf({typed}) or ({typed} = 0 and {digits} != '') "
        f"or length({digits}) > {DOUBLE_DIGITS})"
    )
    return bad, typed


def offered_query(file: RawFile, columns: list[Column]) -> str:
    """Return the query that reads those of the columns that the file has."""
    items = [
        offered_values(column, file.columns[column.name])
        for column in columns
        if column.name in file.columns
    ]
    return f"select {', '.join(items) or '1 as nothing'} from {file.relation}"


def typed_query(file: RawFile, columns: list[Column]) -> str:
    """Return the query that types every row and stops at a value that is bad."""
    items = []
    for column in columns:
        kind = file.columns.get(column.name)
        value = f"null::{column.duckdb_type}"
        if kind is not None:
            bad, typed = conversion(column, kind)
            value = (
                f'case when "{column.name}" is null then null '
                f"when {bad} then error('{BAD_VALUE}')::{column.duckdb_type} else {typed} end"
            )
        items.append(f'{value} as "{column.name}"')
    return f"select {', '.join(items)} from ({offered_query(file, columns)})"
