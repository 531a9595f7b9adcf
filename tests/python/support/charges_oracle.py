"""What usage is bought and sold for, computed a second time.

It reads the seeds and the rows as they are loaded, never a model, and follows docs/price_books.md
call by call in plain `Decimal` arithmetic. Prices of a region's own and of hours of the week are
left out: no call that it is asked about has one.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]
NOBODY = "unattributed"
LIST, ANY = "list", "*"
EVER, NEVER = date(1970, 1, 1), date.max


@dataclass(frozen=True)
class Price:
    """A price in its book's currency per unit, and the rule that it follows from."""

    per_unit: Decimal | None
    rule: str

    @property
    def stands_in(self) -> bool:
        """Whether it is the price of a parent, such as the input's for cache reads."""
        return self.rule == "stand-in"


@dataclass
class Charge:
    """Units of a meter on a day, and what they cost; a cost is None from the first unknown on."""

    quantity: int = 0
    costs: list[Decimal | None] = field(default_factory=lambda: [Decimal(0)] * 3)

    def add(self, quantity: int, costs: Sequence[Decimal | None]) -> None:
        """Add a call's units, and its list, contracted and billable cost."""
        self.quantity += quantity
        self.costs = [
            None if known is None or cost is None else known + cost
            for known, cost in zip(self.costs, costs, strict=True)
        ]


@dataclass(frozen=True)
class ChargeKey:
    """What is added up: as the fact names its columns, days in ISO format."""

    usage_date: str
    tenant_id: str
    workspace_id: str
    user_id: str
    llm_id: str
    meter: str
    contract_book: str | None
    resale_book: str | None
    billing_currency: str


class Oracle:
    """Charges calls by the seeds of a project and the application's tables."""

    def __init__(self, seeds: Path, application: Mapping[str, Sequence[Row]]) -> None:
        self.parents = {
            row["component"]: row["parent_component"]
            for row in read_seed(seeds / "pricing" / "llm_price_components.csv")
        }
        self.models = {
            (row["provider_id"], row["model_id"])
            for row in read_seed(seeds / "pricing" / "llm_models.csv")
        }
        self.prices = prices_that_count(read_seed(seeds / "pricing" / "llm_prices.csv"))
        self.agreements = read_seed(seeds / "billing" / "price_agreements.csv")
        self.factors = read_seed(seeds / "billing" / "price_factors.csv")
        names = {plan["id"]: plan["name"].lower() for plan in application["plans"]}
        self.plans = {
            kind: plans_held(application[table], names)
            for kind, table in (("workspace", "workspaces"), ("tenant", "tenants"))
        }
        self.rules: Counter[str] = Counter()

    def charge(self, events: Iterable[Row]) -> dict[ChargeKey, Charge]:
        """Return the charges of all calls, each a row of `llm_usage_events`."""
        charges: defaultdict[ChargeKey, Charge] = defaultdict(Charge)
        for event in events:
            for key, quantity, costs in self.charges_of(event):
                charges[key].add(quantity, costs)
        return dict(charges)

    def charges_of(
        self, event: Row
    ) -> Iterator[tuple[ChargeKey, int, tuple[Decimal | None, Decimal | None, Decimal | None]]]:
        """Yield each meter of a call with its units and its three costs."""
        at = event["started_at"].astimezone(UTC)
        tenant = event.get("tenant_id") or NOBODY
        workspace = event.get("workspace_id") or NOBODY
        contract = self.agreement("contract", tenant, workspace, at.date())
        resale = self.agreement("resale", tenant, workspace, at.date())
        currency = ((resale or {}).get("billing_currency") or "USD").upper()
        books: list[str | None] = [row["price_book"] if row else None for row in (contract, resale)]
        for meter, quantity in meters_of(event):
            listed = self.price_in_book(LIST, event, meter, at)
            bought = self.agreed_price(books[0], "USD", listed, event, meter, at)
            sold = self.agreed_price(books[1], currency, listed, event, meter, at)
            billable = quantity if is_billable(event) else 0
            self.count_rules(bought, sold, currency, billable)
            key = ChargeKey(
                at.date().isoformat(),
                tenant,
                workspace,
                event.get("user_id") or NOBODY,
                f"{event['provider_name']}/{event['response_model']}",
                meter,
                books[0],
                books[1],
                currency,
            )
            costs = (cost(quantity, listed), cost(billable, bought), cost(billable, sold))
            yield key, quantity, costs

    def count_rules(self, bought: Price, sold: Price, currency: str, billable: int) -> None:
        """Count which rules decided, of what is billable; of the rest that it is not."""
        if not billable:
            self.rules["not billable"] += 1
            return
        self.rules[f"bought: {bought.rule}"] += 1
        self.rules[f"sold in {currency}: {sold.rule}"] += 1

    def agreement(self, kind: str, tenant: str, workspace: str, day: date) -> Row | None:
        """Return the agreement that counts on a day: the most particular, that of a plan last."""
        in_force = [
            row
            for row in self.agreements
            if row["price_book"].startswith(f"{kind}:") and holds_on(row, day)
        ]
        plans = [self.plan("workspace", workspace, day), self.plan("tenant", tenant, day)]
        holders: dict[str, Callable[[Row], bool]] = {
            "workspace": lambda row: (
                row["workspace_id"] == workspace and row["tenant_id"] in ("", tenant)
            ),
            "tenant": lambda row: not row["workspace_id"] and row["tenant_id"] == tenant,
            "workspace's plan": lambda row: row["plan"].lower() == plans[0],
            "tenant's plan": lambda row: row["plan"].lower() == plans[1],
        }
        held = []
        for holder, is_meant in holders.items():
            found = [row for row in in_force if is_meant(row)]
            assert len(found) <= 1, f"which agreement holds would be chance: {found}"
            held += [(holder, row) for row in found]
        if not held:
            return None
        (holder, first), *others = held
        self.rules.update([f"{kind} of its {holder}"])
        self.rules.update(
            f"{kind} of its {holder} before its {other}"
            for other, row in others
            if row["price_book"] != first["price_book"]
        )
        return first

    def plan(self, kind: str, holder: str, day: date) -> str | None:
        """Return the plan of a workspace or tenant on a day, in lower case."""
        return next(
            (plan for start, plan in reversed(self.plans[kind].get(holder, [])) if start <= day),
            None,
        )

    def agreed_price(
        self, book: str | None, currency: str, listed: Price, event: Row, meter: str, at: datetime
    ) -> Price:
        """Return the price of a unit in a book, or of the list where there is no book."""
        if book:
            own = self.price_in_book(book, event, meter, at)
            list_has_none = listed.per_unit is None or listed.stands_in
            if own.per_unit is not None and (list_has_none or not own.stands_in):
                return own
            factor = self.factor(book, event, at.date())
            if factor is not None:
                number, rank = factor
                if listed.per_unit is None:
                    return Price(None, "factor of nothing")
                return Price(listed.per_unit * number, f"factor {rank}")
        if currency != "USD":
            return Price(None, "no price")
        return Price(listed.per_unit, "list" if listed.per_unit is not None else "no price")

    def factor(self, book: str, event: Row, day: date) -> tuple[Decimal, str] | None:
        """Return a book's factor of a call's model on a day, the most particular, and its rank."""
        llm = (event["provider_name"], event["response_model"])
        if llm not in self.models:
            return None
        ranks = {llm: "of its model", (llm[0], ANY): "of its provider", (ANY, ANY): "of all"}
        for (provider, model), rank in ranks.items():
            for row in self.factors:
                named = (row["price_book"], row["provider_id"], row["model_id"])
                if named == (book, provider, model) and holds_on(row, day):
                    return Decimal(row["factor"]), rank
        return None

    def price_in_book(self, book: str, event: Row, meter: str, at: datetime) -> Price:
        """Return a book's own price of a meter, else its parent's."""
        component: str | None = meter
        while component:
            found = self.own_price(book, event, component, at)
            if found is not None:
                return Price(found, "own" if component == meter else "stand-in")
            component = self.parents.get(component)
        return Price(None, "no price")

    def own_price(self, book: str, event: Row, component: str, at: datetime) -> Decimal | None:
        """Return the price of the highest context band that the call's input reaches."""
        tier = event.get("service_tier") or "standard"
        llm = (event["provider_name"], event["response_model"])
        reached = [
            (int(row["ctx_min"]), Decimal(row["usd_per_unit"]))
            for row in self.prices.get((book, *llm, component, tier), [])
            if int(row["ctx_min"]) <= event["input_tokens"] and holds_at(row, at)
        ]
        assert len(reached) == len({band for band, _ in reached}), reached
        return max(reached)[1] if reached else None


def read_seed(file: Path) -> list[dict[str, str]]:
    """Return a seed's rows, an empty cell as an empty text."""
    with file.open(newline="") as opened:
        return list(csv.DictReader(opened))


def prices_that_count(rows: Iterable[Row]) -> dict[tuple[str, ...], list[Row]]:
    """Return the prices by book, model, component and tier: of each the highest revision."""
    newest: dict[tuple[str, ...], Row] = {}
    for row in rows:
        if row["region_class"] != ANY or row["dow"] or row["tod_from"]:
            continue
        key = (*price_key(row), row["ctx_min"], row["valid_from"])
        if key not in newest or int(row["revision"]) > int(newest[key]["revision"]):
            newest[key] = row
    prices: defaultdict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in newest.values():
        if row["status"] != "cancelled":
            prices[price_key(row)].append(row)
    return dict(prices)


def price_key(row: Row) -> tuple[str, ...]:
    """Return what a price is of, its band and dates left out."""
    names = ("price_book", "provider_id", "model_id", "component", "service_tier")
    return tuple(row[name] for name in names)


def plans_held(rows: Iterable[Row], names: Mapping[str, str]) -> dict[str, list[tuple[date, str]]]:
    """Return each holder's plans and their first days: the first one's is the beginning of time."""
    held: defaultdict[str, list[tuple[date, str]]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row["updated_at"]):
        changed = datetime.fromisoformat(row["updated_at"]).astimezone(UTC).date()
        start = changed + timedelta(days=1) if held[row["id"]] else EVER
        held[row["id"]].append((start, names[row["plan_id"]]))
    return dict(held)


def holds_on(row: Row, day: date) -> bool:
    """Whether a day is in a row's period, its end exclusive."""
    end = date.fromisoformat(row["valid_to"]) if row["valid_to"] else NEVER
    return date.fromisoformat(row["valid_from"]) <= day < end


def holds_at(row: Row, at: datetime) -> bool:
    """Whether an instant is in a price's period, its end exclusive."""
    instant = at.strftime("%Y-%m-%d %H:%M:%S")
    return bool(row["valid_from"] <= instant and (not row["valid_to"] or instant < row["valid_to"]))


def meters_of(event: Row) -> Iterator[tuple[str, int]]:
    """Yield what a call counts: kinds of tokens, disjoint, and other meters; none of 0."""
    read, write_5m, write_1h = (
        event.get(f"{bucket}_input_tokens") or 0
        for bucket in ("cache_read", "cache_write_5m", "cache_write_1h")
    )
    reasoning = event.get("reasoning_output_tokens") or 0
    counted = {
        "input": event["input_tokens"] - read - write_5m - write_1h,
        "cache_read": read,
        "cache_write_5m": write_5m,
        "cache_write_1h": write_1h,
        "output": event["output_tokens"] - reasoning,
        "reasoning": reasoning,
        **(event.get("other_meters") or {}),
    }
    yield from ((meter, quantity) for meter, quantity in counted.items() if quantity)


def is_billable(event: Row) -> bool:
    """Whether a call is charged: not with a customer's own key, from a cache, or failed in vain."""
    failed = event.get("status") == "error" and not event["output_tokens"]
    owned = event.get("credential_owner") == "customer"
    return not (failed or owned or event.get("response_cache_hit"))


def cost(quantity: int, price: Price) -> Decimal | None:
    """Return what units cost: 0 where there are none, None where their price is unknown."""
    if not quantity:
        return Decimal(0)
    return None if price.per_unit is None else quantity * price.per_unit
