"""Who and what exists in the demonstration: tenants, workspaces, users, LLMs, agents, workflows.

Everything here is fixed: names, ids, prices and dates do not depend on how many calls are asked
for. Instants are microseconds since 1970-01-01T00:00Z, days are dates in UTC, prices are USD per
token. Draws come from `random.Random` seeded with a text, of which only `random()` is used: its
sequence is promised to stay the same.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from hashlib import sha1
from random import Random

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

FIRST_DAY = date(2024, 7, 1)
END_DAY = date(2025, 8, 1)
DAYS = (END_DAY - FIRST_DAY).days
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "demo.llm-finops.example")


@cache
def us(text: str) -> int:
    """Return an ISO instant, UTC where it names no zone, in microseconds since 1970."""
    read = datetime.fromisoformat(text)
    read = read if read.tzinfo else read.replace(tzinfo=UTC)
    return (read - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def us_of_day(day: date) -> int:
    """Return the start of a UTC day in microseconds since 1970."""
    return (day - date(1970, 1, 1)).days * DAY


def day_of(instant: int) -> date:
    """Return the UTC day of an instant in microseconds since 1970."""
    return date(1970, 1, 1) + timedelta(days=instant // DAY)


def iso(instant: int) -> str:
    """Return an instant in microseconds since 1970 as ISO text ending in Z."""
    read = datetime(1970, 1, 1) + timedelta(microseconds=instant)
    return f"{read.isoformat()}Z"


START, END = us_of_day(FIRST_DAY), us_of_day(END_DAY)
# The dimensions were made before the first call.
INSTALLED = us("2024-06-03T08:00:00")


@cache
def demo_id(kind: str, name: str | int) -> str:
    """Return the id of a thing: a UUID, version 5, that follows from its kind and name alone.

    The same as `uuid.uuid5`, in a third of its time.
    """
    digits = sha1(NAMESPACE.bytes + f"{kind}:{name}".encode(), usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digits[16], 16) & 3]
    return "-".join(
        (digits[:8], digits[8:12], f"5{digits[13:16]}", variant + digits[17:20], digits[20:32])
    )


def draws(topic: str) -> Random:
    """Return the random numbers of one topic, the same on every run."""
    return Random(f"llm-finops-demo:{topic}")


@dataclass(frozen=True)
class Tenant:
    """A customer of the application; `offset` is hours from UTC to its office, winter time."""

    key: str
    name: str
    domain: str
    timezone: str
    offset: int

    @property
    def id(self) -> str:
        return demo_id("tenant", self.key)


@dataclass(frozen=True)
class Workspace:
    """A workspace; `new_name` is what it is called from `renamed_at` on."""

    key: str
    tenant: int
    name: str
    kind: str
    owner: int
    new_name: str = ""
    renamed_at: int = END
    new_owner: int | None = None
    owner_changed_at: int = END

    @property
    def id(self) -> str:
        return demo_id("workspace", self.key)


@dataclass
class User:
    """A user: home workspace first, LLMs in order of preference, share of the traffic."""

    number: int
    name: str
    tenant: int
    workspaces: list[int]
    llms: list[int]
    weight: float
    joined: int
    stops: int = END
    deleted: int = 0
    own_key: tuple[str, int] | None = None

    @property
    def id(self) -> str:
        return demo_id("user", self.number)

    @property
    def username(self) -> str:
        return self.name.lower().replace(" ", "_")

    def uses_own_key(self, provider: str, at: int) -> bool:
        """Say whether the user's own key pays this provider at this instant."""
        return self.own_key is not None and self.own_key[0] == provider and at >= self.own_key[1]


@dataclass(frozen=True)
class Llm:
    """An LLM of the application: its prices over time, its speed and when it is offered.

    `prices` are (instant from which it counts, USD per input token, USD per output token); the
    application overwrites them in place. `speed` is milliseconds per output token, `share` its part
    of the traffic, `substitute` the LLM taken while this one is not offered.
    """

    provider: str
    name: str
    prices: tuple[tuple[int, float, float], ...]
    share: int
    speed: int
    max_input: int
    max_output: int
    offered_from: int = START
    offered_to: int = END
    substitute: str = ""

    @property
    def id(self) -> str:
        return demo_id("llm", self.name)

    @property
    def created(self) -> int:
        """Instant at which the application listed the LLM."""
        return self.prices[0][0]

    def price_at(self, at: int) -> tuple[int, float, float]:
        """Return the price in force at an instant: since when, per input and per output token."""
        return [price for price in self.prices if price[0] <= at][-1]


@dataclass(frozen=True)
class Agent:
    """An agent of a workspace; `number` makes its id."""

    number: int
    name: str
    workspace: int
    owner: int
    environment: str = "production"

    @property
    def id(self) -> str:
        return demo_id("agent", self.number)


@dataclass(frozen=True)
class Workflow:
    """A workflow; `hour` is its UTC hour where a clock starts it, None where people do."""

    number: int
    name: str
    workspace: int
    owner: int
    agent: int
    llms: tuple[str, ...]
    nodes: int
    share: int
    hour: int | None = None

    @property
    def id(self) -> str:
        return demo_id("workflow", self.number)


TENANTS = (
    Tenant("meridian", "Meridian Labs", "meridian-labs.example", "America/New_York", -5),
    Tenant("harbour", "Harbour Health", "harbour-health.example", "Europe/Berlin", 1),
)

RENAMED_AT = us("2025-06-02T09:30:00")
OWNER_CHANGED_AT = us("2025-05-12T07:45:00")
WORKSPACES = (
    Workspace("meridian-research", 0, "Research", "collaborative", 0),
    Workspace(
        "meridian-product", 0, "Product", "collaborative", 27, "Product and Growth", RENAMED_AT
    ),
    Workspace("meridian-sandbox", 0, "Sandbox", "individual", 3),
    Workspace(
        "harbour-research",
        1,
        "Research",
        "collaborative",
        49,
        new_owner=51,
        owner_changed_at=OWNER_CHANGED_AT,
    ),
    Workspace("harbour-notebook", 1, "Notebook", "individual", 52),
)

GPT_4O_CUT, DEEPSEEK_RISE = us("2024-11-15T08:00:00"), us("2025-03-10T08:00:00")
GROK_FROM, LLAMA_FROM = us("2024-12-01T09:00:00"), us("2024-07-23T18:00:00")
MINI_FROM, TURBO_TO = us("2024-07-18T17:00:00"), us("2025-05-01T00:00:00")
LLMS = (
    Llm(
        "openai",
        "gpt-4o",
        ((INSTALLED, 0.000005, 0.000015), (GPT_4O_CUT, 0.0000025, 0.00001)),
        *(240, 12, 120_000, 4_096),
    ),
    Llm(
        "openai",
        "gpt-4o-mini",
        ((MINI_FROM, 0.00000015, 0.0000006),),
        *(200, 8, 120_000, 8_192, MINI_FROM, END, "gpt-3.5-turbo"),
    ),
    Llm(
        "openai",
        "gpt-4-turbo",
        ((INSTALLED, 0.00001, 0.00003),),
        *(50, 26, 120_000, 4_096, START, TURBO_TO, "gpt-4o"),
    ),
    Llm(
        "openai",
        "gpt-3.5-turbo",
        ((INSTALLED, 0.0000005, 0.0000015),),
        *(60, 9, 15_000, 2_048),
    ),
    Llm(
        "anthropic",
        "claude-3-opus",
        ((INSTALLED, 0.000015, 0.000075),),
        *(40, 34, 180_000, 4_096),
    ),
    Llm(
        "anthropic",
        "claude-3-sonnet",
        ((INSTALLED, 0.000003, 0.000015),),
        *(100, 16, 180_000, 4_096),
    ),
    Llm(
        "anthropic",
        "claude-3-haiku",
        ((INSTALLED, 0.00000025, 0.00000125),),
        *(80, 8, 180_000, 4_096),
    ),
    Llm(
        "google",
        "gemini-1.5-pro",
        ((INSTALLED, 0.0000035, 0.0000105),),
        *(70, 17, 900_000, 8_192),
    ),
    Llm(
        "google",
        "gemini-1.5-flash",
        ((INSTALLED, 0.000000075, 0.0000003),),
        *(70, 6, 900_000, 8_192),
    ),
    Llm(
        "xai",
        "grok-2",
        ((GROK_FROM, 0.000002, 0.00001),),
        *(30, 15, 120_000, 4_096, GROK_FROM, END, "gpt-4o"),
    ),
    Llm(
        "deepseek",
        "deepseek-chat",
        ((INSTALLED, 0.00000014, 0.00000028), (DEEPSEEK_RISE, 0.00000027, 0.0000011)),
        *(40, 24, 60_000, 4_096),
    ),
    Llm(
        "together",
        "llama-3.1-405b",
        ((LLAMA_FROM, 0.000002, 0.000002),),
        *(20, 30, 120_000, 4_096, LLAMA_FROM, END, "gpt-4-turbo"),
    ),
)
LLM_NUMBER = {llm.name: number for number, llm in enumerate(LLMS)}

AGENTS = (
    Agent(0, "Report writer", 0, 0),
    Agent(1, "Literature scout", 0, 4),
    Agent(2, "Release notes", 1, 27),
    Agent(3, "Support triage", 1, 30),
    Agent(4, "Prototype", 2, 3, "staging"),
    Agent(5, "Report writer", 3, 49),
    Agent(6, "Guideline check", 3, 51),
    Agent(7, "Coding help", 3, 55),
    Agent(8, "Summary of the day", 3, 58),
    Agent(9, "Notebook", 4, 52),
)

WORKFLOWS = (
    Workflow(0, "Nightly literature digest", 0, 4, 1, ("gpt-4o", "gpt-4o-mini"), 6, 200, 6),
    Workflow(1, "Quarterly report", 0, 0, 0, ("gpt-4o", "claude-3-haiku"), 8, 90),
    Workflow(2, "Ticket triage", 1, 30, 3, ("gpt-4o-mini", "gemini-1.5-flash"), 4, 260),
    Workflow(3, "Release notes", 1, 27, 2, ("gpt-4o",), 5, 80),
    Workflow(4, "Sandbox crawl", 2, 3, 4, ("gemini-1.5-flash", "gpt-4o-mini"), 5, 50),
    Workflow(5, "Guideline check", 3, 51, 6, ("claude-3-haiku",), 7, 180),
    Workflow(6, "Summary of the day", 3, 58, 8, ("claude-3-haiku", "gemini-1.5-flash"), 4, 100, 3),
    Workflow(7, "Archive import", 3, 49, 5, ("gpt-4o-mini",), 3, 40),
)

FIRST_NAMES = (
    "Amara", "Bruno", "Carmen", "Dmitri", "Elif", "Farid", "Greta", "Hiroshi", "Ines", "Jonas",
    "Kavya", "Lukas", "Mirela", "Nadia", "Oskar", "Priya", "Quentin", "Rosa", "Stellan", "Tamsin",
)  # fmt: skip
LAST_NAMES = (
    "Okafor", "Lindqvist", "Marchetti", "Novak", "Demir", "Rahimi", "Steinbach", "Tanaka",
    "Carvalho", "Weidmann", "Raman", "Petrov", "Ionescu", "Haddad", "Bergstrom", "Nair",
)  # fmt: skip

# Where each user is at home; the first of each workspace owns it.
HOMES = (0,) * 27 + (1,) * 22 + (3,) * 31
SECOND_WORKSPACES = {
    0: 1, 3: 2, 5: 1, 9: 1, 14: 1, 27: 0, 30: 0, 33: 0, 52: 4,
}  # fmt: skip
# Who left a second workspace, and when.
LEFT = {(30, 0): us("2025-03-31T16:00:00")}
# They work mostly alone, in the individual workspace that is theirs.
SOLO_OWNERS = (3, 52)
OWN_KEYS = {
    2: ("openai", "2024-09-02"), 7: ("anthropic", "2024-07-01"), 12: ("xai", "2025-01-15"),
    31: ("openai", "2024-11-04"), 40: ("google", "2024-07-01"), 55: ("openai", "2025-02-03"),
    60: ("deepseek", "2024-10-07"), 70: ("anthropic", "2025-03-17"),
}  # fmt: skip
# Users who stop and never come back, by the first day without them.
CHURNERS = {
    10: date(2024, 12, 21), 21: date(2025, 2, 15), 36: date(2025, 3, 29), 47: date(2025, 5, 1),
    63: date(2025, 5, 17), 74: date(2025, 5, 31),
}  # fmt: skip
# Erased with cascade between the second and the third load; his usage was loaded before.
DELETED_USER, DELETED_STOPS = 45, date(2025, 3, 21)
DELETED_AT = us("2025-06-11T13:20:00")
# Everybody else who is not there from the start joins on one of these days, one after another.
JOINING_DAYS = tuple(date(2024, 8, 5) + timedelta(days=11 * number) for number in range(30))
FOUNDERS = set(range(0, 20)) | set(range(27, 41)) | set(range(49, 63))
# Those who decide or pay are there from the start, whatever their number.
EARLY = {21, 36, 45, 47, 63, 70, 74} | set(OWN_KEYS) | set(CHURNERS)


def offered(llm: int, at: int) -> int:
    """Return the LLM that a wish for `llm` gets at an instant: itself or its substitute."""
    wish = LLMS[llm]
    if wish.offered_from <= at < wish.offered_to:
        return llm
    return offered(LLM_NUMBER[wish.substitute], at)


def pick(rng: Random, weights: list[int]) -> int:
    """Draw a position in proportion to whole weights."""
    drawn = int(rng.random() * sum(weights))
    for position, weight in enumerate(weights):
        drawn -= weight
        if drawn < 0:
            return position
    return len(weights) - 1


def preferred_llms(rng: Random, own_key: tuple[str, int] | None) -> list[int]:
    """Draw three different LLMs; who has a key of his own prefers what it pays for."""
    shares = [llm.share for llm in LLMS]
    chosen: list[int] = []
    if own_key:
        chosen.append(
            max(
                (number for number, llm in enumerate(LLMS) if llm.provider == own_key[0]),
                key=lambda number: shares[number],
            )
        )
    while len(chosen) < 3:
        llm = pick(rng, shares)
        if llm not in chosen:
            chosen.append(llm)
    return chosen


def make_users() -> list[User]:
    """Draw the users: a few of them make most of the calls, by Zipf's law."""
    rng = draws("users")
    ranks = sorted(range(len(HOMES)), key=lambda _: rng.random())
    # Who leaves is somebody who was seen often enough to be missed.
    for number in (*CHURNERS, DELETED_USER):
        ranks[number] = min(ranks[number], 24)
    for number in SOLO_OWNERS:
        ranks[number] = min(ranks[number], 9)
    joining = iter(JOINING_DAYS)
    users = []
    for number, home in enumerate(HOMES):
        own_key = OWN_KEYS.get(number)
        is_early = number in FOUNDERS or number in EARLY
        last = LAST_NAMES[(number * 7 + number // 16) % len(LAST_NAMES)]
        key = (own_key[0], us(own_key[1])) if own_key else None
        stops = CHURNERS.get(number, DELETED_STOPS if number == DELETED_USER else END_DAY)
        users.append(
            User(
                number=number,
                name=f"{FIRST_NAMES[number % len(FIRST_NAMES)]} {last}",
                tenant=WORKSPACES[home].tenant,
                workspaces=[home]
                + ([SECOND_WORKSPACES[number]] if number in SECOND_WORKSPACES else []),
                llms=preferred_llms(rng, key),
                weight=1 / (ranks[number] + 2) ** 0.9,
                joined=INSTALLED + number * 9 * MINUTE
                if is_early
                else us_of_day(next(joining)) + 14 * HOUR,
                stops=us_of_day(stops),
                deleted=DELETED_AT if number == DELETED_USER else 0,
                own_key=key,
            )
        )
    return users
