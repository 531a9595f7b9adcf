"""What the application charges: billing events, invoices, subscriptions, coupons.

The second tenant pays by use beside its plan, the first its plan alone. Instants are microseconds
since 1970-01-01T00:00Z. Billing events are USD as binary floats, invoices exact to the cent.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any

from demo_data.dimensions import PLANS, plan_of
from demo_data.usage import Call, answer_id, usage_log_id, workspace_id
from demo_data.world import (
    DAY,
    END_DAY,
    FIRST_DAY,
    INSTALLED,
    MINUTE,
    SECOND,
    TENANTS,
    day_of,
    demo_id,
    us,
    us_of_day,
)

Row = dict[str, Any]
CENT = Decimal("0.01")
PAYS_BY_USE = 1
TAX_PERCENT = (0, 19)
COUPONS = (
    ("percent", 10.0, None, us("2024-07-01"), us("2024-10-01")),
    ("amount", 50.0, "USD", us("2024-09-01"), us("2025-01-01")),
)
# A credit for an outage, and calls charged at a price that had been cut already: given back.
CREDIT = (PAYS_BY_USE, us("2024-10-14T10:00:00"), 25.0)
REFUNDED_CALLS = 3
# The second tenant's spring invoice is still overdue.
UNPAID = (1, date(2025, 5, 1))


def months() -> list[date]:
    """Return the first day of each reporting month."""
    first, found = FIRST_DAY, []
    while first < END_DAY:
        found.append(first)
        first = (first + timedelta(days=32)).replace(day=1)
    return found


def next_month(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)


def invoice_id(tenant: int, at: int) -> str:
    """Return the id of the invoice on which a tenant's charge of an instant stands."""
    return demo_id("invoice", f"{TENANTS[tenant].key}:{day_of(at):%Y-%m}")


def monthly_price(tenant: int, month: date) -> float:
    """Return what a tenant's plan costs in a month, USD."""
    plan = plan_of(tenant, us_of_day(month))
    return next(price for name, price, *_ in PLANS if demo_id("plan", name) == plan)


def is_charged(call: Call) -> bool:
    """Say whether a call becomes a billing event of its own."""
    return call.turn.conversation.user.tenant == PAYS_BY_USE and not call.own_key and call.cost > 0


def event(kind: str, tenant: int, at: int, amount: float, **columns: Any) -> Row:
    """Return one billing event that a payment provider or the application made."""
    return {
        "id": demo_id(f"billing_{kind}", f"{tenant}:{at}"),
        "user_id": None,
        "workspace_id": None,
        "tenant_id": TENANTS[tenant].id,
        "event_type": kind,
        "amount_usd": amount,
        "description": f"{kind}, agreed by phone with the treasurer",
        "related_usage_log_id": None,
        "related_message_id": None,
        "invoice_id": invoice_id(tenant, at),
        "payment_provider": None,
        "payment_transaction_id": None,
        "billing_metadata": '{"iban": "DE00 0000 0000 0000"}',
        "status": "completed",
        "processed_at": at + MINUTE,
        "created_at": at,
    } | columns


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def exact_cents(amount: float) -> Decimal:
    """Return a binary float as the decimal that it is written as, rounded to cents."""
    return cents(Decimal(repr(amount)))


class Billing:
    """The charges that follow from the calls."""

    def __init__(self, calls: list[Call]) -> None:
        self.charged = [call for call in calls if is_charged(call)]
        early = [call for call in self.charged if call.created < us("2024-11-01")]
        early.sort(key=lambda call: (-call.cost, call.number))
        self.refunded = early[:REFUNDED_CALLS]
        self.used: dict[date, Decimal] = {}
        for call in self.charged:
            month = day_of(call.created + 2 * SECOND).replace(day=1)
            self.used[month] = self.used.get(month, Decimal(0)) + Decimal(repr(call.cost))

    def event_rows(self, since: int, until: int) -> list[Row]:
        """Return the `billing_events` made within a load's window."""
        return [row for row in self.all_events if since <= row["created_at"] < until]

    @cached_property
    def all_events(self) -> list[Row]:
        """All billing events: usage, subscriptions, a credit, refunds."""
        rows = [
            event(
                "usage",
                PAYS_BY_USE,
                call.created + 2 * SECOND,
                call.cost,
                id=demo_id("billing_usage", call.number),
                user_id=call.turn.conversation.user.id,
                workspace_id=workspace_id(call),
                related_usage_log_id=usage_log_id(call),
                related_message_id=answer_id(call.turn),
            )
            for call in self.charged
        ]
        for tenant in range(len(TENANTS)):
            for month in months():
                at = us_of_day(month) + MINUTE
                paid_by = {"payment_provider": "stripe", "payment_transaction_id": f"tx-{at}"}
                amount = monthly_price(tenant, month)
                rows.append(event("subscription", tenant, at, amount, **paid_by))
        tenant, at, amount = CREDIT
        rows.append(event("credit", tenant, at, -amount))
        rows += [
            event(
                "refund",
                PAYS_BY_USE,
                call.created + 3 * DAY,
                -call.cost,
                id=demo_id("billing_refund", call.number),
                user_id=call.turn.conversation.user.id,
                related_usage_log_id=usage_log_id(call),
                status="refunded",
            )
            for call in self.refunded
        ]
        return rows

    def invoice_items(self, tenant: int, month: date) -> list[tuple[str, Decimal]]:
        """Return the lines of a tenant's invoice of a month, USD, each rounded once."""
        items = [("Plan", exact_cents(monthly_price(tenant, month)))]
        if tenant != PAYS_BY_USE:
            return items
        items.append(("Usage", cents(self.used.get(month, Decimal(0)))))
        credit_to, credited, amount = CREDIT
        if tenant == credit_to and day_of(credited).replace(day=1) == month:
            items.append(("Credit", exact_cents(-amount)))
        items += [
            ("Refund", exact_cents(-call.cost))
            for call in self.refunded
            if day_of(call.created + 3 * DAY).replace(day=1) == month
        ]
        return items

    def invoice_rows(self, since: int, until: int) -> list[Row]:
        """Return the `invoices` made or paid within a load's window, as they stand at its end."""
        rows = []
        for number, month in enumerate(months()):
            issued = us_of_day(next_month(month)) + 5 * MINUTE
            for tenant in range(len(TENANTS)):
                paid = issued + (4 if tenant == 0 else 11) * DAY
                is_paid = paid < until and (tenant, month) != UNPAID
                changed = paid if is_paid else issued
                if not since <= changed < until:
                    continue
                items = self.invoice_items(tenant, month)
                subtotal = sum((amount for _, amount in items), Decimal(0))
                discount = cents(subtotal / 10) if tenant == 0 and number < 3 else cents(Decimal(0))
                tax = cents((subtotal - discount) * TAX_PERCENT[tenant] / 100)
                is_late = until - issued > 20 * DAY
                rows.append(
                    {
                        "id": invoice_id(tenant, us_of_day(month)),
                        "tenant_id": TENANTS[tenant].id,
                        "subscription_id": demo_id("subscription", tenant),
                        "invoice_number": f"{TENANTS[tenant].key.upper()}-{number + 1:04d}",
                        "status": "paid" if is_paid else "overdue" if is_late else "open",
                        "currency": "USD",
                        "subtotal": subtotal,
                        "tax_amount": tax,
                        "discount_amount": discount,
                        "total_amount": subtotal - discount + tax,
                        "due_date": issued + 14 * DAY,
                        "paid_at": paid if is_paid else None,
                        "items": json.dumps([{"text": t, "amount": str(a)} for t, a in items]),
                        "created_at": issued,
                        "updated_at": changed,
                    }
                )
        return rows


def subscription_rows(at: int) -> list[Row]:
    """Return `subscriptions` as they stand at an instant."""
    month = day_of(at).replace(day=1)
    return [
        {
            "id": demo_id("subscription", tenant),
            "tenant_id": TENANTS[tenant].id,
            "plan_id": plan_of(tenant, at),
            "status": "active",
            "current_period_start": us_of_day(month),
            "current_period_end": us_of_day(next_month(month)),
            "quantity": 1,
            "discount_amount": 0.0,
            "tax_percent": float(TAX_PERCENT[tenant]),
            "created_at": INSTALLED,
            "updated_at": us_of_day(month),
        }
        for tenant in range(len(TENANTS))
    ]


def coupon_rows(at: int) -> list[Row]:
    """Return `coupons` as they stand at an instant."""
    return [
        {
            "id": demo_id("coupon", number),
            "code": coupon_code(number),
            "type": kind,
            "value": value,
            "currency": currency,
            "valid_from": valid_from,
            "valid_until": valid_until,
            "created_at": INSTALLED,
            "updated_at": INSTALLED,
        }
        for number, (kind, value, currency, valid_from, valid_until) in enumerate(COUPONS)
        if at >= INSTALLED
    ]


def coupon_code(number: int) -> str:
    return ("WELCOME-7QX4-TEN", "SORRY-9KM2-FIFTY")[number]
