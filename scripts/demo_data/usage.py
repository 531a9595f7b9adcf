"""The application's LLM calls: conversations, the turns in them and the calls behind each turn.

Instants are microseconds since 1970-01-01T00:00Z, costs are USD as the application's binary floats.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate
from math import exp, log
from random import Random
from statistics import NormalDist

from generate_events import HOURS, WEEKDAYS, spread

from demo_data.world import (
    DAY,
    DAYS,
    DEEPSEEK_RISE,
    END,
    FIRST_DAY,
    GPT_4O_CUT,
    HOUR,
    LEFT,
    LLM_NUMBER,
    LLMS,
    MINUTE,
    SECOND,
    SOLO_OWNERS,
    TENANTS,
    WORKSPACES,
    User,
    demo_id,
    draws,
    offered,
    pick,
    us,
    us_of_day,
)

NORMAL = NormalDist()
LONGEST_SESSION = 12
# The application of the second tenant rounded costs to six digits until it was updated.
ROUNDING_UNTIL, ROUNDING_TENANT = us("2024-09-01"), 1
# One release wrote the difference of a running total, which leaves a float's noise in the cost.
RUNNING_FROM, RUNNING_TO, RUNNING_WORKSPACE = us("2025-02-01"), us("2025-05-01"), 1
RUNNING_START = 600.0
# A price that was cached for up to a day after it was overwritten, on that many calls at most.
STALE_FOR, STALE_CALLS = DAY, 15
OVERWRITTEN = ("gpt-4o", "deepseek-chat")
UNATTRIBUTED_PER_MILLION = 870


@dataclass(frozen=True)
class Spike:
    """Days on which a workspace or a user makes `factor` times his usual calls."""

    kind: str
    number: int
    first: date
    days: int
    factor: int

    def is_about(self, user: User) -> bool:
        return self.number == (user.number if self.kind == "user" else user.workspaces[0])


SPIKES = (
    Spike("workspace", 1, date(2024, 10, 22), 1, 5),
    Spike("workspace", 3, date(2025, 2, 17), 3, 5),
    Spike("user", 58, date(2025, 5, 13), 1, 25),
)


@dataclass(slots=True)
class Conversation:
    """A conversation; without a workspace its calls belong to nobody's."""

    number: int
    user: User
    workspace: int | None
    agent: int | None
    created: int
    llm: int
    context: int = 0
    turns: list[Turn] = field(default_factory=list)


@dataclass(slots=True)
class Turn:
    """A question and its answer: when it was asked, and every call made for it."""

    number: int
    conversation: Conversation
    asked: int
    calls: list[Call] = field(default_factory=list)

    @property
    def answered(self) -> int:
        """Instant of the answer, or of the last failure."""
        return self.calls[-1].created


@dataclass(slots=True)
class Call:
    """One attempt at a provider; `created` is its end, `names_workspace` whether its row does."""

    number: int
    turn: Turn
    llm: int
    created: int
    latency_ms: int
    input_tokens: int
    output_tokens: int
    cost: float
    status: str
    code: int | None
    own_key: bool
    names_workspace: bool


def usage_log_id(call: Call) -> str:
    return demo_id("usage_log", call.number)


def conversation_id(conversation: Conversation) -> str:
    return demo_id("conversation", conversation.number)


def answer_id(turn: Turn) -> str:
    """Return the id of the message that a turn's calls wrote, or failed to write."""
    return demo_id("answer", turn.number)


def place_id(conversation: Conversation) -> str | None:
    """Return the id of a conversation's workspace."""
    return None if conversation.workspace is None else WORKSPACES[conversation.workspace].id


def workspace_id(call: Call) -> str | None:
    """Return the workspace that a call belongs to, whether its own row says so or not."""
    return place_id(call.turn.conversation)


@dataclass
class Pool:
    """Users to draw from on one day; `upto` are their weights, added up."""

    users: list[User]
    upto: list[float]

    def draw(self, rng: Random) -> User:
        return self.users[bisect_right(self.upto, rng.random() * self.upto[-1])]


def pool_of(users: list[User], start: int) -> Pool:
    """Return a pool for the day that begins at `start`; who stops within four weeks fades."""
    fading = start + 28 * DAY
    weights = (user.weight * (0.4 if user.stops < fading else 1.0) for user in users)
    return Pool(users, list(accumulate(weights)))


def log_normal(rng: Random, median: float, sigma: float) -> int:
    """Draw a whole number that is log-normal around a median."""
    return int(median * exp(sigma * NORMAL.inv_cdf(max(rng.random(), 1e-9))))


class UsageGenerator:
    """Draws the calls of all days; `calls`, `turns` and `conversations` are in order of time."""

    def __init__(self, users: list[User], rows: int) -> None:
        self.users = users
        self.rows = rows
        self.rng = draws("usage")
        self.calls: list[Call] = []
        self.turns: list[Turn] = []
        self.conversations: list[Conversation] = []
        self.latest: dict[int, Conversation] = {}
        self.running_total = RUNNING_START
        self.stale_left = {LLM_NUMBER[name]: STALE_CALLS for name in OVERWRITTEN}
        self.unattributed_left = max(5, rows * UNATTRIBUTED_PER_MILLION // 1_000_000)
        self.unattributed_every = max(2, rows // self.unattributed_left // 3)
        self.sessions = 0

    def run(self) -> None:
        """Draw every day's calls until exactly `rows` are there."""
        extra_calls = {day: (pool, calls) for day, pool, calls in self.extra_calls()}
        weights = [
            WEEKDAYS[(FIRST_DAY + timedelta(days=day)).weekday()] * (DAYS + day * 6 // 5)
            for day in range(DAYS)
        ]
        budgets = spread(self.rows - sum(n for _, n in extra_calls.values()), weights)
        planned = self.planned_sessions()
        left = 0
        for day, budget in enumerate(budgets):
            start = us_of_day(FIRST_DAY) + day * DAY
            left += budget
            for user, llm, turns in planned.get(day, []):
                left -= self.session(user, start, turns, llm, turns * 2)
            if day in extra_calls:
                crowd, calls = extra_calls[day]
                while calls > 0:
                    calls -= self.session(crowd.draw(self.rng), start, 12, None, calls)
            active = pool_of(self.active_users(start), start)
            while left > 0:
                turns = min(LONGEST_SESSION, 1 + int(-log(1 - self.rng.random()) * 3.2))
                left -= self.session(active.draw(self.rng), start, turns, None, left)
        if left:
            raise ValueError(f"{self.rows} rows are too few for the sessions that are planned")
        self.calls.sort(key=lambda call: (call.created, call.number))
        self.turns.sort(key=lambda turn: (turn.answered, turn.number))

    def extra_calls(self) -> list[tuple[int, Pool, int]]:
        """Return (day, users, calls) of every day of a spike, beyond what is usual."""
        extra = []
        for spike in SPIKES:
            for offset in range(spike.days):
                day = (spike.first - FIRST_DAY).days + offset
                start = us_of_day(FIRST_DAY) + day * DAY
                active = self.active_users(start)
                crowd = [user for user in active if spike.is_about(user)]
                share = sum(user.weight for user in crowd) / sum(user.weight for user in active)
                usual = self.rows / DAYS * 1.3 * share
                calls = max(12, int((spike.factor - 1) * usual))
                extra.append((day, pool_of(crowd, start), calls))
        return extra

    def planned_sessions(self) -> dict[int, list[tuple[User, int | None, int]]]:
        """Return the sessions that must be: when prices are new, and in everybody's last weeks."""
        planned: dict[int, list[tuple[User, int | None, int]]] = {}
        for at, name, number in ((GPT_4O_CUT, "gpt-4o", 0), (DEEPSEEK_RISE, "deepseek-chat", 49)):
            day = (at - us_of_day(FIRST_DAY)) // DAY
            planned[day] = [(self.users[number], LLM_NUMBER[name], 3)]
        for user in self.users:
            day = DAYS - 4 - user.number % 24
            if user.stops < END:
                day = (user.stops - us_of_day(FIRST_DAY)) // DAY - 2
            weekday = (FIRST_DAY + timedelta(days=day)).weekday()
            planned.setdefault(day - max(0, weekday - 4), []).append((user, None, 1))
        return planned

    def active_users(self, start: int) -> list[User]:
        """Return the users who are there on the day that begins at `start`."""
        return [user for user in self.users if user.joined <= start < user.stops]

    def session(self, user: User, start: int, turns: int, llm: int | None, room: int) -> int:
        """Draw one session of a user and return how many calls it took, at most `room`."""
        rng = self.rng
        hour = (pick(rng, list(HOURS)) - TENANTS[user.tenant].offset) % 24
        # No session runs into the next day.
        at = start + min(hour * HOUR + int(rng.random() * HOUR), 22 * HOUR)
        if llm is not None:
            at = max(at, start + 9 * HOUR)
        conversation = self.open_conversation(user, at, llm)
        made = 0
        for _ in range(turns):
            turn = Turn(len(self.turns), conversation, at)
            self.turns.append(turn)
            conversation.turns.append(turn)
            made += self.answer(turn, llm, room - made)
            if made >= room:
                break
            at = turn.answered + 15 * SECOND + int(rng.random() * 3 * MINUTE)
        self.latest[user.number] = conversation
        return made

    def open_conversation(self, user: User, at: int, llm: int | None) -> Conversation:
        """Return the user's last conversation, now and then, else a new one."""
        rng = self.rng
        self.sessions += 1
        last = self.latest.get(user.number)
        comes_back = last and llm is None and rng.random() < 0.14
        is_fresh = last is not None and at - last.turns[-1].asked < 40 * DAY
        if last and comes_back and is_fresh and is_member(user, last.workspace, at):
            return last
        elsewhere = 0.7 if user.number in SOLO_OWNERS else 0.15
        workspace: int | None = user.workspaces[-1 if rng.random() < elsewhere else 0]
        if not is_member(user, workspace, at):
            workspace = user.workspaces[0]
        if self.unattributed_left > 0 and self.sessions % self.unattributed_every == 0:
            workspace = None
        agents = {0: (0, 1), 1: (2, 3), 2: (4,), 3: (5, 6, 7), 4: (9,), None: ()}[workspace]
        agent = agents[int(rng.random() * len(agents))] if agents and rng.random() < 0.35 else None
        wish = user.llms[pick(rng, [76, 17, 7])] if llm is None else llm
        conversation = Conversation(len(self.conversations), user, workspace, agent, at, wish)
        self.conversations.append(conversation)
        return conversation

    def answer(self, turn: Turn, llm: int | None, room: int) -> int:
        """Make the calls of one turn: one, or a failure and what follows; return how many."""
        rng, conversation = self.rng, turn.conversation
        wish = conversation.llm if rng.random() < 0.93 else conversation.user.llms[0]
        chosen = offered(wish if llm is None else llm, turn.asked)
        new, document = log_normal(rng, 110, 1.0), rng.random()
        if document < 0.03:
            new += log_normal(rng, 5_000, 0.8)
        elif document < 0.035 and LLMS[chosen].provider == "google":
            new += 130_000 + int(rng.random() * 220_000)
        asked = 220 + min(conversation.context, 7_000) + new
        output = 1 + log_normal(rng, 230, 0.85)
        failure, follow = rng.random(), rng.random()
        if failure >= 0.02 or llm is not None:
            self.call(turn, chosen, asked, output, turn.asked, "success", 200)
        else:
            failed = self.fail(turn, chosen, asked, output, failure / 0.02)
            again = failed.created + 250_000 + int(rng.random() * 650_000)
            if room >= 2 and follow < 0.8:
                if follow >= 0.55:
                    chosen = offered(self.other_provider(chosen), again)
                self.call(turn, chosen, asked, output, again, "success", 200)
        conversation.context += new + output
        if conversation.workspace is None:
            self.unattributed_left -= len(turn.calls)
        return len(turn.calls)

    def other_provider(self, llm: int) -> int:
        """Return the LLM that stands in for one whose provider fails."""
        name = "claude-3-haiku" if LLMS[llm].provider == "openai" else "gpt-4o-mini"
        return LLM_NUMBER[name]

    def fail(self, turn: Turn, llm: int, asked: int, output: int, kind: float) -> Call:
        """Make a call that fails: refused, too many, timed out, or broken off in the answer."""
        if kind < 0.45:
            code = (500, 503, 529)[int(kind * 100) % 3]
            return self.call(turn, llm, 0, 0, turn.asked, "error", code)
        if kind < 0.65:
            return self.call(turn, llm, 0, 0, turn.asked, "failed", 429)
        if kind < 0.9:
            code_or_none = 504 if kind < 0.8 else None
            return self.call(turn, llm, asked, 0, turn.asked, "timeout", code_or_none)
        return self.call(turn, llm, asked, 1 + output // 3, turn.asked, "error", 200)

    def call(
        self,
        turn: Turn,
        llm: int,
        input_tokens: int,
        output_tokens: int,
        sent: int,
        status: str,
        code: int | None,
    ) -> Call:
        """Record one call that was sent at an instant, with its duration and its cost."""
        rng, spec, user = self.rng, LLMS[llm], turn.conversation.user
        input_tokens = min(input_tokens, spec.max_input)
        output_tokens = min(output_tokens, spec.max_output)
        latency = 180 + int(rng.random() * 500) + input_tokens // 60
        latency += int(output_tokens * spec.speed * (0.8 + rng.random() * 0.6))
        if status == "timeout":
            latency = 30_000 + int(rng.random() * 50)
        created = sent + latency * 1_000 + int(rng.random() * 900)
        own_key = user.uses_own_key(spec.provider, sent)
        if self.is_rounded(turn, created) and rounds_to_a_tie(
            spec.price_at(created), input_tokens, output_tokens
        ):
            input_tokens += 1
        call = Call(
            len(self.calls),
            turn,
            llm,
            created,
            latency,
            input_tokens,
            output_tokens,
            0.0 if own_key else self.cost(turn, llm, input_tokens, output_tokens, created),
            status,
            code,
            own_key,
            turn.conversation.workspace is not None and rng.random() >= 0.03,
        )
        self.calls.append(call)
        turn.calls.append(call)
        return call

    def is_rounded(self, turn: Turn, created: int) -> bool:
        return created < ROUNDING_UNTIL and turn.conversation.user.tenant == ROUNDING_TENANT

    def cost(self, turn: Turn, llm: int, inputs: int, outputs: int, created: int) -> float:
        """Return the cost as the application of the day computed it."""
        since, per_input, per_output = LLMS[llm].price_at(created)
        overwritten = since in (GPT_4O_CUT, DEEPSEEK_RISE)
        if overwritten and created - since < STALE_FOR and self.stale_left[llm] > 0:
            self.stale_left[llm] -= 1
            _, per_input, per_output = LLMS[llm].price_at(since - 1)
        cost = inputs * per_input + outputs * per_output
        if self.is_rounded(turn, created):
            return round(cost, 6)
        if turn.conversation.workspace == RUNNING_WORKSPACE and (
            RUNNING_FROM <= created < RUNNING_TO
        ):
            before = self.running_total
            self.running_total += cost
            noisy = self.running_total - before
            return cost if has_tie_behind_15_digits(noisy) else noisy
        return cost


def is_member(user: User, workspace: int | None, at: int) -> bool:
    """Say whether a user still belongs to a workspace of his at an instant."""
    return workspace is None or at < LEFT.get((user.number, workspace), END)


def rounds_to_a_tie(price: tuple[int, float, float], inputs: int, outputs: int) -> bool:
    """Say whether a cost lies halfway between two sixth digits, where rounding is a matter of
    taste. The application's prices are whole billionths of a USD."""
    _, per_input, per_output = price
    billionths = inputs * round(per_input * 1e9) + outputs * round(per_output * 1e9)
    return billionths % 1_000 == 500


def has_tie_behind_15_digits(cost: float) -> bool:
    """Say whether a cost's 16th digit after the point is its last and a 5."""
    exponent = Decimal(repr(cost)).as_tuple().exponent
    return exponent == -16 and repr(cost).endswith("5")
