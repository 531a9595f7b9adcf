"""The answer key: what a warehouse must find in the demonstration, counted before any load.

Everything is counted from the facts that the generator planted. Costs are USD as decimal texts,
exact; months are UTC months of the usage.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from demo_data import activity, billing, dimensions
from demo_data.facts import ACCEPTED, DUPLICATE, REJECTED, SUPERSEDED, Fact, decimal_of
from demo_data.files import Load
from demo_data.prices import FEMTO
from demo_data.runtime import INSTANCE, UNKNOWN_MODEL
from demo_data.usage import SPIKES, Spike, UsageGenerator, workspace_id
from demo_data.world import (
    CHURNERS,
    DAY,
    DELETED_AT,
    DELETED_USER,
    END,
    FIRST_DAY,
    LLMS,
    START,
    WORKSPACES,
    User,
    day_of,
    iso,
)

Json = dict[str, Any]
SOURCES = ("events", "synapscale")


@dataclass
class Defect:
    """One kind of planted defect: where it stands and what must become of its rows."""

    name: str
    source: str
    table: str
    outcome: str
    reason: str
    note: str
    loads: list[int] = field(default_factory=list)
    ids: list[str | None] = field(default_factory=list)

    def as_json(self) -> Json:
        return {
            "name": self.name,
            "source": self.source,
            "table": self.table,
            "rows": len(self.ids),
            "loads": self.loads,
            "outcome": self.outcome,
            "reason": self.reason or None,
            "note": self.note,
            "ids": self.ids,
        }


@dataclass
class Replay:
    """A file that is loaded once more after a later load; it changes nothing."""

    after_load: int
    load: Load
    source: str
    table: str

    def as_json(self) -> Json:
        return {
            "after": iso(self.after_load),
            "folder": self.load.folder(self.source, "append").as_posix(),
            "table": self.table,
        }


def usd(femto: int) -> str:
    """Return femto-USD as a decimal text in USD."""
    return f"{Decimal(femto).scaleb(-15).normalize() + 0:f}"


def exact(amount: Decimal) -> str:
    return f"{amount.normalize() + 0:f}"


def measures(facts: Iterable[Fact]) -> Json:
    """Count accepted facts: rows, tokens, costs, and what is special about some of them."""
    total: Counter[str] = Counter()
    reported: dict[str, Decimal] = {}
    for fact in facts:
        listed = fact.costed.list_cost
        total["accepted_rows"] += 1
        total["input_tokens"] += fact.input_tokens
        total["output_tokens"] += fact.output_tokens
        total["error_rows"] += fact.is_error
        total["own_key_rows"] += fact.own_key
        total["list_cost"] += listed or 0
        total["billable_list_cost"] += (listed or 0) if fact.billing == "billable" else 0
        total["unpriced_rows"] += listed is None
        total["unpriced_tokens"] += fact.costed.unpriced_tokens
        if fact.reported is not None:
            currency = fact.currency
            reported[currency] = reported.get(currency, Decimal(0)) + fact.reported
    counted: Json = {
        name: total[name]
        for name in (
            *("accepted_rows", "input_tokens", "output_tokens", "error_rows", "own_key_rows"),
            *("unpriced_rows", "unpriced_tokens"),
        )
    }
    counted["list_cost"] = usd(total["list_cost"])
    counted["billable_list_cost"] = usd(total["billable_list_cost"])
    counted["reported_cost"] = {name: exact(cost) for name, cost in sorted(reported.items())}
    return counted


def difference_costs(accepted: list[Fact]) -> Json:
    """Add up the reported and the list cost, USD, behind each reason why they differ."""
    sums: dict[str, tuple[Decimal, int]] = {}
    for fact in accepted:
        if fact.difference and fact.currency == "USD" and fact.reported is not None:
            reported, listed = sums.get(fact.difference, (Decimal(0), 0))
            listed += fact.costed.list_cost or 0
            sums[fact.difference] = (reported + fact.reported, listed)
    return {
        reason: {"reported_cost": exact(reported), "list_cost": usd(listed)}
        for reason, (reported, listed) in sorted(sums.items())
    }


def usage_section(facts: list[Fact]) -> Json:
    """Count the facts of one source, in all and by month."""
    accepted = [fact for fact in facts if fact.outcome == ACCEPTED]
    by_month: dict[str, list[Fact]] = {}
    for fact in accepted:
        by_month.setdefault(fact.month, []).append(fact)
    rejected = Counter(fact.reason for fact in facts if fact.outcome == REJECTED)
    conflicts = {fact.record_id for fact in facts if fact.reason == "conflicting_versions"}
    corrected = {fact.record_id for fact in facts if fact.outcome == SUPERSEDED}
    unpriced: dict[str, Counter[str]] = {}
    for fact in accepted:
        if fact.costed.list_cost is None:
            counts = unpriced.setdefault(fact.costed.status, Counter())
            counts["rows"] += 1
            counts["tokens"] += fact.costed.unpriced_tokens
    return {
        "raw_rows": len(facts),
        "total": measures(accepted),
        "by_month": {month: measures(by_month[month]) for month in sorted(by_month)},
        "rejected": dict(sorted(rejected.items())),
        "duplicate_rows": sum(fact.outcome == DUPLICATE for fact in facts),
        "superseded_rows": sum(fact.outcome == SUPERSEDED for fact in facts),
        "superseded_attempts": len(corrected),
        "conflict_attempts": len(conflicts),
        "unattributed": {
            "workspace": sum(fact.workspace is None for fact in accepted),
            "user": sum(fact.user is None for fact in accepted),
            "model": sum(not fact.has_model for fact in accepted),
        },
        "unpriced": {status: dict(counts) for status, counts in sorted(unpriced.items())},
        "billing_status": dict(sorted(Counter(fact.billing for fact in accepted).items())),
        "difference_reason": dict(
            sorted(
                Counter(
                    fact.difference
                    for fact in accepted
                    if fact.difference and fact.currency == "USD"
                ).items()
            )
        ),
        "difference_costs": difference_costs(accepted),
    }


def churner_section(users: list[User], last_usage: dict[str, int]) -> list[Json]:
    """Name the users who stopped, and their last call."""
    return [
        {
            "user_id": users[number].id,
            "gone_from": str(day),
            "last_usage_at": iso(last_usage[users[number].id]),
            "days_without_usage": (END - last_usage[users[number].id]) // DAY,
        }
        for number, day in CHURNERS.items()
    ]


def owner_of(spike: Spike, users: list[User]) -> str:
    return users[spike.number].id if spike.kind == "user" else WORKSPACES[spike.number].id


def spike_section(users: list[User], generator: UsageGenerator) -> list[Json]:
    """Name the spikes: how many calls and how much they cost, beside the four weeks before."""
    by_day: Counter[tuple[str, str]] = Counter()
    cost: Counter[tuple[str, str]] = Counter()
    watched = {owner_of(spike, users) for spike in SPIKES}
    for call in generator.calls:
        for owner in watched & {call.turn.conversation.user.id, workspace_id(call)}:
            place = (owner, str(day_of(call.created)))
            by_day[place] += 1
            cost[place] += int((decimal_of(call.cost) or 0) * FEMTO)
    found = []
    for spike in SPIKES:
        owner = owner_of(spike, users)
        days = [str(spike.first + timedelta(days=offset)) for offset in range(spike.days)]
        before = [str(spike.first - timedelta(days=offset)) for offset in range(1, 29)]
        found.append(
            {
                "kind": spike.kind,
                "id": owner,
                "days": days,
                "planted_factor": spike.factor,
                "calls_by_day": [by_day[owner, day] for day in days],
                "calls_of_four_weeks_before": sum(by_day[owner, day] for day in before),
                "reported_cost_by_day": [usd(cost[owner, day]) for day in days],
                "reported_cost_of_four_weeks_before": usd(sum(cost[owner, day] for day in before)),
            }
        )
    return found


def canaries(users: list[User]) -> Json:
    """List texts that no mart may show: they stand in columns that are never stored, or stop at
    staging (`full_name`, `username`)."""
    return {
        "email": [dimensions.email(user) for user in users],
        "full_name": [user.name for user in users],
        "username": [user.username for user in users],
        "password_hash": [dimensions.secret("password", user.number, 53) for user in users],
        "phone": [dimensions.phone(user) for user in users],
        "biography": ["keeps bees and lives near"],
        "api_key": [dimensions.api_key(user) for user in users if user.own_key],
        "smtp_password": [
            dimensions.smtp_password(user) for user in users if dimensions.has_mail(user)
        ],
        "ip_address": [f"{network}." for network in activity.NETWORKS],
        "message_text": [*activity.QUESTIONS, *activity.ANSWERS],
        "feedback_text": [*activity.FEEDBACK_TEXTS, "Never mention my sister again"],
        "coupon_code": [billing.coupon_code(number) for number in range(len(billing.COUPONS))],
        "free_text": [
            "the patient file of case",
            "confidential findings of the run",
            "agreed by phone with the treasurer",
            "is on sick leave",
            "DE00 0000 0000 0000",
            "Knows the unpublished roadmap",
            "Reads the incident archive",
            "may see the board papers",
            "intranet.example/people",
        ],
    }


def load_section(loads: list[Load]) -> list[Json]:
    """List the loads in order: when, from where, in which mode, how many rows a table."""
    return [
        {
            "loaded_at": iso(load.at),
            "source": source,
            "mode": mode,
            "folder": load.folder(source, mode).as_posix(),
            "rows": {table: len(rows) for table, rows in tables.items() if rows},
        }
        for load in loads
        for (source, mode), tables in load.parts.items()
    ]


def changes_section(users: list[User], facts: list[Fact]) -> Json:
    """Name what changes in the dimensions from one load to the next."""
    erased = users[DELETED_USER].id
    return {
        "renamed_workspaces": [
            {"id": place.id, "before": place.name, "after": place.new_name}
            for place in WORKSPACES
            if place.new_name
        ],
        "deleted_users": [
            {
                "user_id": erased,
                "deleted_at": iso(DELETED_AT),
                "accepted_rows": sum(f.user == erased and f.outcome == ACCEPTED for f in facts),
            }
        ],
        "changed_roles": [
            {
                "user_id": users[number].id,
                "workspace_id": WORKSPACES[place].id,
                "before": before,
                "after": after,
                "changed_at": iso(changed),
            }
            for number, place, before, after, changed in dimensions.ROLE_CHANGES
        ],
        "overwritten_prices": [
            {"llm_id": llm.id, "name": llm.name, "overwritten_at": iso(price[0])}
            for llm in LLMS
            for price in llm.prices[1:]
        ],
    }


def make_key(
    arguments: Json,
    users: list[User],
    generator: UsageGenerator,
    loads: list[Load],
    facts: list[Fact],
    defects: list[Defect],
    replays: list[Replay],
) -> Json:
    """Put the key together."""
    last_usage: dict[str, int] = {}
    for fact in facts:
        if fact.outcome == ACCEPTED and fact.user:
            last_usage[fact.user] = max(last_usage.get(fact.user, 0), fact.at)
    return {
        "arguments": arguments,
        "window": {
            "from": iso(START),
            "to": iso(END),
            "first_day": str(FIRST_DAY),
            "as_of": iso(END),
        },
        "definitions": DEFINITIONS,
        "loads": load_section(loads),
        "replayed_batches": [replay.as_json() for replay in replays],
        "usage": {
            source: usage_section([fact for fact in facts if fact.source == source])
            for source in SOURCES
        },
        "unknown_models": [{"source_instance": INSTANCE, "name": UNKNOWN_MODEL}],
        "changes": changes_section(users, facts),
        "churners": churner_section(users, last_usage),
        "spikes": spike_section(users, generator),
        "canaries": canaries(users),
        "defects": [defect.as_json() for defect in defects],
    }


DEFINITIONS = {
    "accepted_rows": "attempts in fct_llm_usage; the newest acceptable version of each counts",
    "rejected": "raw rows by reason, every received row on its own",
    "duplicate_rows": "raw rows that say what the version before them said",
    "superseded_rows": "accepted versions that are not the current one of their attempt",
    "list_cost": "sum over the priced attempts, USD",
    "reported_cost": "sum of what was reported, by currency; a binary float counts as its shortest "
    "decimal, to 15 digits after the point",
    "unpriced_tokens": "tokens in components without a price",
    "difference_reason": "accepted attempts that report a cost in USD, see facts.difference_reason",
    "list_prices": "read from seeds/pricing by demo_data/prices.py, apart from the models",
}
