"""Histories of a source, drawn at random: what it sends step by step, and what prices do.

A history is data. Many are played at once, each with its own months, models and workspaces, so that
none restates a date of another; `play` writes one step of all of them into a project.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.project import Project

LOADED = datetime(2026, 11, 20, tzinfo=UTC)
# What a build of these histories needs: rows of many years, some refused, some unpriced.
VARS: dict[str, Any] = {
    "as_of": "2026-12-01",
    "earliest_usage_date": "1971-01-01",
    "max_unpriced_token_share": 1,
    "max_rejected_row_share": 1,
}
# Days after the first of a history's first month: a new month begins at 31.
DAYS = (0, 1, 2, 28, 33, 34, 40)
TOKENS = (1, 2, 3, 50)
BAD_TOKENS = (-4, 60_000_000)
# `plain` has a price, `unlisted` gets one later, `unknown` gets an alias later.
MODELS = ("plain", "plain", "unlisted", "unknown")
WORKSPACES = ("w1", "w2")
EPOCH = "1970-01-01 00:00:00"


@dataclass(frozen=True)
class Call:
    """One version of one attempt, as the source has it; `clock` are hours of its own clock."""

    key: int
    day: int
    output_tokens: int
    model: str
    workspace: str
    clock: int | None = None
    searches: int = 0


@dataclass(frozen=True)
class Price:
    """USD per million units of a component, from one day of the history to another."""

    model: str
    valid_from: int | None
    valid_to: int | None
    usd_per_million: int
    revision: int = 1
    component: str = "output"


SEARCH_PRICE = Price("plain", None, None, 5_000, component="web_search")


@dataclass(frozen=True)
class Step:
    """What arrives in one load, and the seeds as they stand then."""

    calls: tuple[Call, ...]
    replayed: tuple[tuple[Call, ...], ...]
    prices: tuple[Price, ...]
    is_unknown_named: bool
    cost_center: str
    told: tuple[str, ...]


@dataclass
class Source:
    """A source while its history is drawn: its table, what it sent, and its price list."""

    table: dict[int, Call] = field(default_factory=dict)
    sent: list[tuple[Call, ...]] = field(default_factory=list)
    batch: list[Call] = field(default_factory=list)
    replayed: list[tuple[Call, ...]] = field(default_factory=list)
    prices: list[Price] = field(
        default_factory=lambda: [Price("plain", None, None, 10), SEARCH_PRICE]
    )
    is_unknown_named: bool = False
    cost_center: str = "CC-1"
    clock: int = 0

    def send(self, call: Call, is_current: bool = True) -> None:
        self.batch.append(call)
        if is_current:
            self.table[call.key] = call


Draw = Callable[..., Any]
Change = Callable[[Source, Draw], None]


def drawn_clock(source: Source, draw: Draw) -> int | None:
    """Return a later instant of the source's clock, or none."""
    source.clock += 1
    return source.clock if draw(st.booleans()) else None


def new_call(source: Source, draw: Draw) -> None:
    source.send(
        Call(
            key=max(source.table, default=0) + 1 + len(source.batch),
            day=draw(st.sampled_from(DAYS)),
            output_tokens=draw(st.sampled_from(TOKENS)),
            model=draw(st.sampled_from(MODELS)),
            workspace=draw(st.sampled_from(WORKSPACES)),
            clock=drawn_clock(source, draw),
            searches=draw(st.sampled_from((0, 0, 3))),
        )
    )


def late_call(source: Source, draw: Draw) -> None:
    new_call(source, draw)
    source.send(replace(source.batch.pop(), day=DAYS[0]))


def refused_call(source: Source, draw: Draw) -> None:
    new_call(source, draw)
    bad = draw(st.sampled_from(BAD_TOKENS))
    source.send(replace(source.batch.pop(), output_tokens=bad))


def of_existing(change: Callable[[Source, Call, Draw], None]) -> Change:
    """Return a change of one call of the table; a new call where there is none."""

    def changed(source: Source, draw: Draw) -> None:
        if not source.table:
            return new_call(source, draw)
        return change(source, source.table[draw(st.sampled_from(sorted(source.table)))], draw)

    changed.__name__ = change.__name__
    return changed


@of_existing
def corrected(source: Source, call: Call, draw: Draw) -> None:
    """Other tokens; a refused call is mended by it."""
    tokens = draw(st.sampled_from([each for each in TOKENS if each != call.output_tokens]))
    source.send(replace(call, output_tokens=tokens, clock=drawn_clock(source, draw)))


@of_existing
def corrected_by_an_older_clock(source: Source, call: Call, draw: Draw) -> None:
    source.send(replace(call, output_tokens=99, clock=None), is_current=call.clock is None)


@of_existing
def moved_to_another_day(source: Source, call: Call, draw: Draw) -> None:
    day = draw(st.sampled_from([each for each in DAYS if each != call.day]))
    source.send(replace(call, day=day, clock=drawn_clock(source, draw)))


@of_existing
def moved_to_another_workspace(source: Source, call: Call, draw: Draw) -> None:
    other = WORKSPACES[call.workspace == WORKSPACES[0]]
    source.send(replace(call, workspace=other, clock=drawn_clock(source, draw)))


@of_existing
def newest_version_is_bad(source: Source, call: Call, draw: Draw) -> None:
    bad = draw(st.sampled_from(BAD_TOKENS))
    source.send(replace(call, output_tokens=bad, clock=drawn_clock(source, draw)))


@of_existing
def sent_again(source: Source, call: Call, draw: Draw) -> None:
    source.send(call)


@of_existing
def earlier_payload_returns(source: Source, call: Call, draw: Draw) -> None:
    said = [each for batch in source.sent for each in batch if each.key == call.key]
    source.send(replace(draw(st.sampled_from(said or [call])), clock=drawn_clock(source, draw)))


@of_existing
def in_conflict(source: Source, call: Call, draw: Draw) -> None:
    clock = drawn_clock(source, draw)
    for tokens in (7, 8):
        source.send(replace(call, output_tokens=tokens, clock=clock))


@of_existing
def vanished(source: Source, call: Call, draw: Draw) -> None:
    """The next whole table lacks the call."""
    del source.table[call.key]


def a_day_becomes_empty(source: Source, draw: Draw) -> None:
    """Every call of a day moves away, to a day that may have none yet."""
    days = sorted({call.day for call in source.table.values()})
    if days:
        day = draw(st.sampled_from(days))
        to = draw(st.sampled_from([each for each in DAYS if each != day]))
        for call in [call for call in source.table.values() if call.day == day]:
            source.send(replace(call, day=to, clock=drawn_clock(source, draw)))


def batch_replayed(source: Source, draw: Draw) -> None:
    if source.sent:
        source.replayed.append(draw(st.sampled_from(source.sent)))


def price_from_a_day_on(source: Source, draw: Draw) -> None:
    """A new period, usually back-dated; the open one is closed."""
    newest = source.prices[0]
    day = draw(st.sampled_from([each for each in DAYS if each > (newest.valid_from or 0)] or [50]))
    if day > (newest.valid_from or 0):
        usd = newest.usd_per_million + draw(st.sampled_from((1, 2)))
        source.prices[0] = Price("plain", day, None, usd)
        source.prices.append(replace(newest, valid_to=day))


def price_corrected(source: Source, draw: Draw) -> None:
    """A row with the same key and validity and the next revision."""
    tokens = [n for n, price in enumerate(source.prices) if price.component == "output"]
    correct_price(source, draw(st.sampled_from(tokens)), draw(st.integers(20, 25)))


def search_price_corrected(source: Source, draw: Draw) -> None:
    """The price of a billed quantity that is no token."""
    searches = [n for n, price in enumerate(source.prices) if price.component == "web_search"]
    correct_price(source, searches[0], draw(st.integers(6_000, 9_000)))


def correct_price(source: Source, number: int, usd: int) -> None:
    price = source.prices[number]
    corrected_row = replace(price, usd_per_million=usd, revision=price.revision + 1)
    source.prices.append(price)
    source.prices[number] = corrected_row


def price_arrives(source: Source, draw: Draw) -> None:
    """The unlisted model gets a price, for always or for some days only."""
    if not any(price.model == "unlisted" for price in source.prices):
        day = draw(st.sampled_from((None, *DAYS)))
        source.prices.append(Price("unlisted", day, None, 30))


def alias_arrives(source: Source, draw: Draw) -> None:
    source.is_unknown_named = True


def cost_center_changes(source: Source, draw: Draw) -> None:
    source.cost_center = draw(st.sampled_from(("CC-2", "CC-3")))


def nothing_new(source: Source, draw: Draw) -> None:
    """A load of this history without a row."""


CHANGES: tuple[Change, ...] = (
    new_call,
    new_call,
    late_call,
    refused_call,
    corrected,
    corrected,
    corrected_by_an_older_clock,
    moved_to_another_day,
    moved_to_another_day,
    moved_to_another_workspace,
    newest_version_is_bad,
    sent_again,
    earlier_payload_returns,
    in_conflict,
    vanished,
    a_day_becomes_empty,
    batch_replayed,
    price_from_a_day_on,
    price_corrected,
    search_price_corrected,
    price_arrives,
    alias_arrives,
    cost_center_changes,
    nothing_new,
)


@st.composite
def histories(draw: Draw, modes: Sequence[str]) -> list[Step]:
    """Draw one step for each load mode: `append` sends what changed, `full` the whole table."""
    source = Source()
    steps = []
    for number, mode in enumerate(modes):
        if number == 0:
            changes: list[Change] = [new_call] * draw(st.integers(1, 4))
        else:
            changes = draw(st.lists(st.sampled_from(CHANGES), min_size=1, max_size=3))
        for change in changes:
            change(source, draw)
        calls = tuple(source.table.values()) if mode == "full" else tuple(source.batch)
        steps.append(
            Step(
                calls=calls,
                replayed=tuple(source.replayed) if mode == "append" else (),
                prices=tuple(source.prices),
                is_unknown_named=source.is_unknown_named,
                cost_center=source.cost_center,
                told=tuple(change.__name__ for change in changes),
            )
        )
        source.sent.append(calls)
        source.batch, source.replayed = [], []
    return steps


def draw_histories(count: int, modes: Sequence[str]) -> list[list[Step]]:
    """Draw histories, the same on every run unless the profile explores."""
    drawn: list[list[Step]] = []

    @settings(max_examples=count, suppress_health_check=list(HealthCheck), database=None)
    @given(histories(modes))
    def collect(steps: list[Step]) -> None:
        drawn.append(steps)

    collect()
    return drawn


# ---- into a project -----------------------------------------------------------------------------


def first_day(number: int) -> date:
    """Return the first of a history's two months; the next history begins after them."""
    months = 2 * number
    return date(1980 + months // 12, 1 + months % 12, 1)


def instant(number: int, day: int | None) -> str:
    """Return midnight of a history's day, as the seeds write it; None is the beginning of time."""
    return f"{first_day(number) + timedelta(days=day)} 00:00:00" if day is not None else EPOCH


def event(number: int, call: Call) -> dict[str, Any]:
    """Return a call as a row of `events.llm_usage_events`."""
    start = datetime.combine(first_day(number), datetime.min.time(), UTC)
    clock = LOADED - timedelta(days=10) + timedelta(hours=call.clock or 0)
    return {
        "event_id": f"ex{number}-{call.key}",
        "started_at": start + timedelta(days=call.day, hours=9),
        "source_updated_at": None if call.clock is None else clock,
        "provider_name": "lab",
        "request_model": f"ex{number}-{call.model}",
        "input_tokens": 100,
        "output_tokens": call.output_tokens,
        "latency_ms": 100 * call.key,
        "other_meters": f'{{"web_search": {call.searches}}}' if call.searches else None,
        "user_id": f"ex{number}-u{call.key % 2}",
        "workspace_id": f"ex{number}-{call.workspace}",
    }


def price_row(number: int, price: Price, component: str, usd_per_million: int) -> dict[str, Any]:
    return {
        "price_book": "list",
        "provider_id": "lab",
        "model_id": f"ex{number}-{price.model}",
        "component": component,
        "service_tier": "standard",
        "region_class": "*",
        "ctx_min": 0,
        "valid_from": instant(number, price.valid_from),
        "valid_to": "" if price.valid_to is None else instant(number, price.valid_to),
        "usd_per_unit": f"{usd_per_million / 1_000_000:.6f}",
        "quoted_price": usd_per_million,
        "per": 1_000_000,
        "currency": "USD",
        "status": "active",
        "source": "curated",
        "source_ref": "drawn",
        "checked_on": "2026-11-20",
        "revision": price.revision,
        "recorded_on": "2026-11-20",
        "confidence": "published",
    }


def priced_components(price: Price) -> list[tuple[str, int]]:
    """Return the rows of a price: that of output tokens brings input tokens along."""
    own = [(price.component, price.usd_per_million)]
    return [("input", 1), *own] if price.component == "output" else own


def write_seed(project: Project, name: str, rows: Sequence[dict[str, Any]]) -> None:
    """Replace the rows of a copy's seed."""
    (file,) = (project.path / "seeds").glob(f"*/{name}.csv")
    with file.open(newline="") as opened:
        header = next(csv.reader(opened))
    with file.open("w", newline="") as opened:
        writer = csv.DictWriter(opened, fieldnames=header, lineterminator="\n", restval="")
        writer.writeheader()
        writer.writerows(rows)


def write_seeds(project: Project, steps: Sequence[Step]) -> None:
    """Write price list, names and cost centres of all histories; nothing else is listed.

    The real price list would cost more than all that is judged here.
    """
    numbered = list(enumerate(steps))
    models = [
        {"provider_id": "lab", "model_id": f"ex{n}-{name}", "model_name": name, "source": "curated"}
        for n, _ in numbered
        for name in ("plain", "unlisted")
    ]
    names = [(row["model_id"], row["model_id"]) for row in models]
    names += [(f"ex{n}-unknown", f"ex{n}-plain") for n, step in numbered if step.is_unknown_named]
    flags = {"is_deprecated": "false", "is_free": "false"}
    write_seed(project, "llm_models", [row | flags for row in models])
    write_seed(project, "llm_provider_aliases", [{"provider_name": "lab", "provider_id": "lab"}])
    write_seed(
        project,
        "llm_model_aliases",
        [
            {
                "provider_id": "lab",
                "model_name": name,
                "model_id": model,
                "valid_from": EPOCH,
                "source": "curated",
                "source_ref": "drawn",
            }
            for name, model in names
        ],
    )
    write_seed(
        project,
        "llm_prices",
        [
            price_row(n, price, component, usd)
            for n, step in numbered
            for price in step.prices
            for component, usd in priced_components(price)
        ],
    )
    write_seed(
        project,
        "cost_centers",
        [
            {
                "workspace_id": f"ex{n}-w1",
                "cost_center": step.cost_center,
                "workspace_environment": "production",
                "valid_from": first_day(n),
            }
            for n, step in numbered
        ],
    )
    write_seed(project, "price_modifiers", [])
    write_seed(project, "llm_price_hashes", [])


def play(project: Project, steps: Sequence[Step], number: int, mode: str) -> None:
    """Load step `number` of all histories and write their seeds."""
    write_seeds(project, steps)
    loaded_at = LOADED + timedelta(hours=number)
    rows = [event(n, call) for n, step in enumerate(steps) for call in step.calls]
    if rows or mode == "full":
        project.load(rows, loaded_at=loaded_at, load_mode=mode)
    replayed = [
        event(n, call) for n, step in enumerate(steps) for batch in step.replayed for call in batch
    ]
    if replayed:
        project.load(replayed, loaded_at=loaded_at + timedelta(minutes=30))
