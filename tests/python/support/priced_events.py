"""Events priced the whole way: loader, `dbt run`, `fct_llm_usage`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from support.project import Project


@dataclass(frozen=True)
class Priced:
    """What the fact says of one event: the model that was priced, and its cost in USD."""

    provider_id: str
    model_id: str
    cost: Decimal | None
    status: str


def price_events(project: Project, events: Sequence[Mapping[str, Any]]) -> dict[str, Priced]:
    """Load events, build the fact and return what it says of each event id."""
    project.load(events, loaded_at="2027-06-01T00:00:00+00:00")
    project.build_fact()
    found = project.query(
        "select event_id, provider_id, model_id, list_cost, pricing_status from marts.fct_llm_usage"
    )
    assert len(found) == len(events)
    return {event_id: Priced(*columns) for event_id, *columns in found}
