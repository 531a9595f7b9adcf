"""A mapping: a YAML file that says how the contract's columns come out of any usage table.

The file is read with every scalar as the text that is written there: `true`, `no` and `0.01` are
these letters, so that a factor is exact and a word is what the data hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import yaml
from raw_area import quoted, run_with_progress

from raw_loading.declaration import Column, Table
from raw_loading.files import Origin, RawFile
from raw_loading.mapping_sql import (
    chosen_text,
    first_value,
    identifier,
    in_utc,
    multiplied,
    object_of,
    translated,
)
from raw_loading.problems import BadSetup, nearest, shorten, suggestion
from raw_loading.values import conversion

KEYS = ("source_instance", "columns", "ignore")
# What may stand in the mapping of one column, beside `from`, and which columns it is for.
FORMS = (
    {"constant"},
    {"object"},
    {"from"},
    {"from", "timezone"},
    {"from", "times"},
    {"from", "values"},
    {"from", "values", "otherwise"},
)
FACTOR = r"[0-9]+(\.[0-9]+)?"
FACTOR_DIGITS = 8
SHOWN_VALUES = 5
TIMES = ("started_at", "ended_at")


@dataclass(frozen=True)
class Rule:
    """How one column of the contract comes out of the file's columns."""

    column: Column
    sources: tuple[str, ...] = ()
    constant: str | None = None
    zone: str | None = None
    factor: Decimal | None = None
    words: dict[str, str] | None = None
    has_otherwise: bool = False
    otherwise: str = ""
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def reads(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.sources, *self.fields.values())))

    def sql(self, kinds: dict[str, str]) -> tuple[str, str]:
        """Return the SQL expression of the column and the DuckDB type of what it yields."""
        if self.constant is not None:
            return quoted(self.constant), "VARCHAR"
        if self.fields:
            return object_of(self.fields, kinds), "VARCHAR"
        if self.zone is not None:
            return in_utc(self.sources, kinds, self.zone), "VARCHAR"
        if self.factor is not None:
            is_latency = self.column.name.endswith("_ms")
            return multiplied(self.sources, kinds, self.factor, is_latency), "VARCHAR"
        if self.words is not None:
            otherwise = self.otherwise if self.has_otherwise else None
            return translated(self.sources, kinds, self.words, otherwise), "VARCHAR"
        return first_value(self.sources, kinds)

    def literals(self) -> list[str]:
        """The texts that the mapping itself writes into the column."""
        words = [*(self.words or {}).values(), self.otherwise, self.constant or ""]
        return [word for word in dict.fromkeys(words) if word]


@dataclass(frozen=True)
class TableMapping:
    """A mapping that fits the contract; `applied_to` asks whether it fits a file as well."""

    name: str
    rules: tuple[Rule, ...]
    ignored: frozenset[str]

    @property
    def reads(self) -> frozenset[str]:
        """The file's columns that the mapping reads."""
        return frozenset(name for rule in self.rules for name in rule.reads)

    def applied_to(self, file: RawFile) -> RawFile:
        """Return the file as if its columns were the contract's."""
        if file.is_bare:
            return file
        problems = []
        for rule in self.rules:
            for name in rule.reads:
                if name not in file.columns:
                    hint = suggestion(name, file.columns)
                    problems.append(
                        f"columns.{rule.column.name}: {file.path.name} has no column {name!r}{hint}"
                    )
        for name in file.columns:
            if name not in self.reads and name not in self.ignored:
                problems.append(
                    f"columns: nothing is said about {shorten(name)} of {file.path.name}; map it, "
                    "or name it under ignore"
                )
        if problems:
            raise BadSetup("\n".join(f"{self.name}: {problem}" for problem in problems))
        items = []
        columns = {}
        origins = {}
        for rule in self.rules:
            expression, columns[rule.column.name] = rule.sql(file.columns)
            origins[rule.column.name] = Origin(rule.reads, rule.zone)
            items.append(f"{expression} as {rule.column.sql_name}")
        relation = f"(select {', '.join(items)} from {file.relation})"
        return RawFile(file.path, file.format, relation, columns, origins)

    def explain_unmapped(self, connection: duckdb.DuckDBPyConnection, file: RawFile) -> str:
        """Name the words that the mapping of a column with `values` has no entry for."""
        problems = []
        for rule in self.rules:
            if rule.words is None or rule.has_otherwise:
                continue
            text = chosen_text(rule.sources, file.columns)
            listed = ", ".join(quoted(word) for word in rule.words)
            found = run_with_progress(
                connection,
                f"select word, count(*) from (select {text} as word from {file.relation}) "
                f"where word not in ({listed}) group by word order by count(*) desc, word "
                f"limit {SHOWN_VALUES}",
                f"finding words in {file.path.name}",
            )
            problems += [
                f"{self.name}: columns.{rule.column.name}.values: no entry for {shorten(word)} of "
                f"{', '.join(rule.sources)} ({file.path.name}, {count:,} rows); add it, or add "
                "otherwise"
                for word, count in found
            ]
        return "\n".join(problems)


class Texts(yaml.BaseLoader):
    """Reads every scalar as its text, and refuses a key that stands twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for position, key in enumerate(keys):
            if key in keys[:position]:
                mark = node.value[position][0].start_mark
                raise yaml.MarkedYAMLError(problem=f"{key!r} stands twice", problem_mark=mark)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


def read_mapping(connection: duckdb.DuckDBPyConnection, path: Path, table: Table) -> TableMapping:
    """Read a mapping and refuse one that does not fit the contract."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Texts)
    except OSError as error:
        raise BadSetup(f"{path}: cannot be read as a mapping ({error.strerror})") from None
    except UnicodeDecodeError:
        raise BadSetup(f"{path.name}: not UTF-8; save the file as UTF-8") from None
    except yaml.YAMLError as error:
        raise BadSetup(f"{path.name}: {explain_yaml(error)}") from None
    reader = MappingReader(connection, table)
    mapping = reader.read(path.name, content)
    if reader.problems:
        raise BadSetup("\n".join(f"{path.name}: {problem}" for problem in reader.problems))
    return mapping


def explain_yaml(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    place = f"line {mark.line + 1}: " if mark else ""
    return f"{place}not YAML as expected: {getattr(error, 'problem', None) or error}"


class MappingReader:
    """Turns the text of a mapping into rules, and gathers what is wrong with it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, table: Table) -> None:
        self.connection = connection
        self.offered = table.offered
        self.problems: list[str] = []

    def refuse(self, key: str, problem: str) -> None:
        self.problems.append(f"{key}: {problem}")

    def read(self, name: str, content: Any) -> TableMapping:
        if not isinstance(content, dict) or not isinstance(content.get("columns"), dict):
            raise BadSetup(
                f"{name}: not a mapping; expected `columns:` and below it one line for each column "
                "of the contract, such as `event_id: id`"
            )
        for key in content:
            if key not in KEYS:
                self.refuse(key, f"no such key{suggestion(str(key), KEYS)}")
        entries = dict(content["columns"])
        if "source_instance" in content:
            if "source_instance" in entries:
                self.refuse("source_instance", "stands twice; drop it from columns")
            entries["source_instance"] = {"constant": content["source_instance"]}
        rules = [rule for key, value in entries.items() if (rule := self.read_rule(key, value))]
        for column in self.offered.values():
            if column.required and column.name not in entries:
                self.refuse(
                    "columns",
                    f"the required column {column.name!r} is missing; {column.expected}",
                )
        if not set(TIMES) & set(entries):
            self.refuse("columns", "no time is mapped; map started_at or ended_at")
        ignored = content.get("ignore") or []
        if not is_texts(ignored):
            self.refuse("ignore", "expected a list of columns, such as [prompt, answer]")
            ignored = []
        return TableMapping(name, tuple(rules), frozenset(ignored))

    def read_rule(self, name: str, value: Any) -> Rule | None:
        """Read the mapping of one column; None, with the problem noted, where it is wrong."""
        key = f"columns.{name}"
        before = len(self.problems)
        if name not in self.offered:
            self.refuse(key, f"the contract has no column {name!r}{suggestion(name, self.offered)}")
            return None
        column = self.offered[name]
        entry = {"from": value} if isinstance(value, (str, list)) else value
        if not isinstance(entry, dict) or set(entry) not in FORMS:
            self.refuse(
                key,
                "expected a column's name, or from (with timezone, times, or values and perhaps "
                "otherwise), constant, or object",
            )
            return None
        rule = Rule(
            column,
            sources=self.read_sources(key, entry),
            constant=self.read_constant(key, entry),
            zone=self.read_zone(key, entry, column),
            factor=self.read_factor(key, entry, column),
            words=self.read_words(f"{key}.values", entry.get("values")),
            has_otherwise="otherwise" in entry,
            otherwise=self.read_otherwise(key, entry),
            fields=self.read_fields(key, entry, column),
        )
        for literal in rule.literals():
            self.check_literal(key, column, literal)
        return rule if len(self.problems) == before else None

    def read_sources(self, key: str, entry: dict[str, Any]) -> tuple[str, ...]:
        if "from" not in entry:
            return ()
        given = entry["from"]
        names = [given] if isinstance(given, str) else given
        if not is_texts(names) or not names or not all(names):
            self.refuse(f"{key}.from", "expected a column of the file, or a list of them")
            return ()
        return tuple(names)

    def read_constant(self, key: str, entry: dict[str, Any]) -> str | None:
        constant = entry.get("constant")
        if "constant" in entry and (not isinstance(constant, str) or not constant):
            self.refuse(f"{key}.constant", "expected one value, such as openai")
            return None
        return constant

    def read_otherwise(self, key: str, entry: dict[str, Any]) -> str:
        otherwise = entry.get("otherwise", "")
        if not isinstance(otherwise, str):
            self.refuse(f"{key}.otherwise", "expected one value, or nothing for a missing one")
            return ""
        return otherwise

    def read_words(self, key: str, words: Any) -> dict[str, str] | None:
        if words is None:
            return None
        if not isinstance(words, dict) or not words or not is_texts(words.values()):
            self.refuse(key, 'expected word: word for each, such as {"true": customer}')
            return None
        return words

    def read_zone(self, key: str, entry: dict[str, Any], column: Column) -> str | None:
        if "timezone" not in entry:
            return None
        zone = str(entry["timezone"])
        if column.data_type != "timestamptz":
            self.refuse(f"{key}.timezone", f"{column.name} is no time; drop it")
            return None
        rows = self.connection.execute("select name from pg_timezone_names()").fetchall()
        known = {row[0] for row in rows}
        if zone not in known:
            near = nearest(zone, known) or "Europe/Berlin"
            self.refuse(f"{key}.timezone", f"no zone is called {zone!r}; expected a name: {near}")
        return zone

    def read_factor(self, key: str, entry: dict[str, Any], column: Column) -> Decimal | None:
        if "times" not in entry:
            return None
        factor = entry["times"]
        if column.data_type not in ("integer", "bigint") and column.format != "decimal":
            self.refuse(f"{key}.times", f"{column.name} is no number; drop it")
            return None
        is_number = isinstance(factor, str) and re.fullmatch(FACTOR, factor)
        if not is_number or Decimal(factor) == 0 or len(factor.replace(".", "")) > FACTOR_DIGITS:
            self.refuse(
                f"{key}.times",
                f"expected a decimal number above 0 of at most {FACTOR_DIGITS} digits, such as "
                "0.01",
            )
            return None
        return Decimal(factor)

    def read_fields(self, key: str, entry: dict[str, Any], column: Column) -> dict[str, str]:
        if "object" not in entry:
            return {}
        fields = entry["object"]
        if column.data_type != "json":
            self.refuse(f"{key}.object", f"{column.name} is no JSON object; name a column")
            return {}
        if not isinstance(fields, dict) or not fields or not is_texts(fields.values()):
            self.refuse(f"{key}.object", "expected name: column for each, such as {feature: page}")
            return {}
        return fields

    def check_literal(self, key: str, column: Column, literal: str) -> None:
        """Refuse a word of the mapping that the column does not accept."""
        bad, _ = conversion(column, "VARCHAR")
        query = f"select {bad} from (select {quoted(literal)} as {identifier(column.name)})"
        found = self.connection.execute(query).fetchone()
        if found and found[0]:
            self.refuse(key, f"{shorten(literal)} does not fit {column.name}; {column.expected}")


def is_texts(values: Any) -> bool:
    """Whether something is a list (or the values) of texts."""
    return (
        isinstance(values, Iterable)
        and not isinstance(values, (str, dict))
        and all(isinstance(value, str) for value in values)
    )
