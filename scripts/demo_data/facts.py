"""What becomes of every raw usage row, worked out from what was planted and never from a warehouse.

A fact is one received row of usage with its outcome: accepted, duplicate, superseded or rejected.
Instants are microseconds since 1970-01-01T00:00Z, costs femto-USD (10^-15 USD) as whole numbers.
List prices come from `seeds/pricing` through the reader in `prices.py`, application prices from
`world.py`.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

from demo_data.prices import FEMTO, Costed, ListPrices
from demo_data.world import DAY, Llm, day_of

Row = dict[str, Any]
PROVIDERS = {"openai", "anthropic", "google", "x-ai", "deepseek", "together"}
QUANTUM = Decimal("0.000000000000001")
# A trillionth of a USD: below it a difference is a binary float's noise.
NOISE = FEMTO // 10**12
SIXTH_DIGIT = FEMTO // 10**6
ACCEPTED, DUPLICATE, SUPERSEDED, REJECTED = "accepted", "duplicate", "superseded", "rejected"


@dataclass(slots=True)
class Fact:
    """One raw row of usage and what must become of it; `reason` says why it was rejected."""

    source: str
    record_id: str
    outcome: str
    reason: str
    at: int
    workspace: str | None
    user: str | None
    has_model: bool
    input_tokens: int
    output_tokens: int
    is_error: bool
    own_key: bool
    billing: str
    reported: Decimal | None
    currency: str
    costed: Costed
    difference: str

    @property
    def month(self) -> str:
        """The UTC month of the usage, such as 2024-07."""
        return month_of(self.at // DAY)


@cache
def month_of(day: int) -> str:
    """Return the month of a day counted from 1970-01-01."""
    return f"{day_of(day * DAY):%Y-%m}"


def clean(text: str | None) -> str | None:
    """Return a text without blanks around it, None where nothing is left."""
    return (text or "").strip() or None


def decimal_of(cost: float | None) -> Decimal | None:
    """Return a binary float as the shortest decimal that means it, to 15 digits after the point."""
    if cost is None or not math.isfinite(cost):
        return None
    return Decimal(repr(cost)).quantize(QUANTUM, ROUND_HALF_UP)


def is_success(status: str | None, code: int | None) -> bool:
    return (status or "").strip().lower() in ("", "success") and not (code or 0) >= 400


def billing_status(row_error: bool, own_key: bool, cache_hit: bool, output_tokens: int) -> str:
    """Say whether a call is charged, or why it is not."""
    if own_key:
        return "customer_owned"
    if cache_hit:
        return "response_cache_hit"
    return "failed_not_charged" if row_error and output_tokens == 0 else "billable"


class FactMaker:
    """Turns raw rows into facts; `llms` are the application's LLMs by id."""

    def __init__(self, llms: dict[str, Llm], workspace_of: dict[str, str | None]) -> None:
        self.prices = ListPrices(PROVIDERS)
        self.llms = llms
        self.workspace_of = workspace_of

    def of_usage_log(self, row: Row, outcome: str = ACCEPTED, reason: str = "") -> Fact:
        """Return the fact of a row of `usage_logs`; a rejected one needs no usable values."""
        at = row["created_at"] or 0
        conversation = clean(row["conversation_id"]) or ""
        llm = self.llms.get(clean(row["llm_id"]) or "")
        inputs, outputs = row["input_tokens"] or 0, row["output_tokens"] or 0
        failed = not is_success(row["status"], row["api_status_code"])
        own_key = bool(row["user_api_key_used"])
        billing = billing_status(failed, own_key, False, outputs)
        reported = decimal_of(row["cost_usd"])
        costed = Costed(None, "", 0)
        difference = ""
        if outcome == ACCEPTED:
            model = self.prices.resolve(llm.provider, llm.name, at) if llm else None
            tokens = {"input": inputs, "output": outputs}
            costed = self.prices.cost(model, "standard", at, tokens, {})
            prices = [price for price in llm.prices if price[0] <= at] if llm else []
            app = [per_call(price, inputs, outputs) for price in prices]
            difference = difference_reason(reported, costed.list_cost, app, own_key, billing)
        return Fact(
            "synapscale",
            clean(row["id"]) or "",
            outcome,
            reason,
            at,
            clean(row["workspace_id"]) or self.workspace_of.get(conversation),
            clean(row["user_id"]),
            llm is not None,
            inputs,
            outputs,
            failed,
            own_key,
            billing,
            reported,
            "USD",
            costed,
            difference,
        )

    def of_event(self, row: Row, outcome: str = ACCEPTED, reason: str = "") -> Fact:
        """Return the fact of an event."""
        at = row["started_at"] if row["started_at"] is not None else row["ended_at"] or 0
        buckets = {
            "cache_read": row["cache_read_input_tokens"] or 0,
            "cache_write_5m": row["cache_write_5m_input_tokens"] or 0,
            "cache_write_1h": row["cache_write_1h_input_tokens"] or 0,
        }
        reported_input, outputs = row["input_tokens"] or 0, row["output_tokens"] or 0
        is_exclusive = row["input_semantics"] == "exclusive"
        plain = reported_input if is_exclusive else reported_input - sum(buckets.values())
        name = clean(row["response_model"]) or clean(row["request_model"])
        own_key, failed = row["credential_owner"] == "customer", row["status"] == "error"
        billing = billing_status(failed, own_key, bool(row["response_cache_hit"]), outputs)
        text = row["reported_cost"]
        reported = Decimal(text).quantize(QUANTUM, ROUND_HALF_UP) if text else None
        costed = Costed(None, "", 0)
        difference = ""
        if outcome == ACCEPTED:
            model = self.prices.resolve(row["provider_name"], name, at)
            meters = json.loads(row["other_meters"] or "{}")
            tokens = {"input": plain, "output": outputs} | buckets
            costed = self.prices.cost(model, tier_of(row["service_tier"]), at, tokens, meters)
            difference = difference_reason(reported, costed.list_cost, [], own_key, billing)
        return Fact(
            "events",
            f"{row['source_instance']}|{clean(row['event_id']) or ''}#{row['attempt_number'] or 1}",
            outcome,
            reason,
            at,
            clean(row["workspace_id"]),
            clean(row["user_id"]),
            name is not None,
            plain + sum(buckets.values()),
            outputs,
            failed,
            own_key,
            billing,
            reported,
            row["reported_currency"] or "",
            costed,
            difference,
        )


def tier_of(reported: str | None) -> str:
    """Return the service tier that a reported word means."""
    word = (reported or "").strip().lower()
    if word in ("", "standard", "default", "on_demand"):
        return "standard"
    return word if word in ("batch", "flex", "priority", "fast") else "unknown"


def per_call(price: tuple[int, float, float], inputs: int, outputs: int) -> int:
    """Return a call's cost at a price of the application, femto-USD."""
    _, per_input, per_output = price
    exact = inputs * Decimal(repr(per_input)) + outputs * Decimal(repr(per_output))
    return int(exact * FEMTO)


def is_rounded(found: int, exact_cost: int) -> bool:
    """Say whether a cost is another one rounded to six digits, both in femto-USD."""
    return found % SIXTH_DIGIT == 0 and abs(found - exact_cost) * 2 <= SIXTH_DIGIT


def difference_reason(
    reported: Decimal | None, listed: int | None, app: list[int], own_key: bool, billing: str
) -> str:
    """Say why a reported cost is not the list cost, or that it is; empty where none was reported.

    `app` are the costs at the application's prices so far, the newest last. The first that holds:

    - unpriced: no list cost to compare with
    - equal: to 15 digits after the point
    - own_key: 0, because the customer's own key paid
    - not_charged: 0, because the call failed or a cache answered
    - float_noise: within a trillionth of a USD of the list cost
    - price_drift: within a trillionth of the cost at the application's price, which is another
    - stale_app_price: the same with the application's price before
    - rounded_by_source: the list cost, rounded to six digits
    - price_drift again: the cost at the application's price, rounded to six digits
    """
    if reported is None:
        return ""
    if listed is None:
        return "unpriced"
    found = int(reported * FEMTO)
    expected = app[-1] if app else listed
    if found == listed:
        return "equal"
    if found == 0 and own_key:
        return "own_key"
    if found == 0 and billing != "billable":
        return "not_charged"
    if abs(found - listed) < NOISE:
        return "float_noise"
    if abs(found - expected) < NOISE:
        return "price_drift"
    if len(app) > 1 and abs(found - app[-2]) < NOISE:
        return "stale_app_price"
    if is_rounded(found, listed):
        return "rounded_by_source"
    if is_rounded(found, expected):
        return "price_drift"
    return "unexplained"


class Ledger:
    """All facts, and which accepted one stands for each record."""

    def __init__(self, maker: FactMaker) -> None:
        self.maker = maker
        self.facts: list[Fact] = []
        self.current: dict[tuple[str, str], Fact] = {}

    def add(self, source: str, row: Row, outcome: str = ACCEPTED, reason: str = "") -> Fact:
        """Add the fact of a received row; an accepted one replaces what stood for its record."""
        make = self.maker.of_event if source == "events" else self.maker.of_usage_log
        fact = make(row, outcome, reason)
        self.facts.append(fact)
        if outcome == ACCEPTED:
            key = (source, fact.record_id)
            if key in self.current:
                self.current[key].outcome = SUPERSEDED
            self.current[key] = fact
        return fact
