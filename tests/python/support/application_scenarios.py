"""Histories of an application, drawn at random: its calls, and what its other tables say of them.

As in `restatement_scenarios` a history is data, and many are played at once, each with ids and
months of its own. The application is the small one of `application.py`, with fewer calls.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.application import Rows, application, llm, usage, write_folder
from support.project import Project
from support.restatement_scenarios import DAYS, LOADED, Draw, Price, Step, first_day, write_seeds

Row = dict[str, Any]
# The application's clock starts when its first call may be made.
BEFORE_ALL = "1971-01-01T00:00:00Z"
PRICES = (0.000001, 0.000002, 0.000003)


@dataclass
class Application:
    """An application while its history is drawn; `changed` holds what an append load sends."""

    rows: Rows
    changed: Rows = field(default_factory=dict)
    clock: int = 0

    def put(self, table: str, row: Row) -> None:
        """Insert a row, or overwrite the one with its id."""
        others = [each for each in self.rows[table] if each["id"] != row["id"]]
        self.rows[table] = [*others, row]
        sent = [each for each in self.changed.get(table, []) if each["id"] != row["id"]]
        self.changed[table] = [*sent, row]

    def updated_at(self) -> str:
        self.clock += 1
        return (LOADED - timedelta(days=9) + timedelta(hours=self.clock)).isoformat()


Change = Callable[[Application, Draw], None]


def some(app: Application, draw: Draw, table: str) -> Row:
    """Return a copy of one row of a table."""
    return dict(draw(st.sampled_from(sorted(app.rows[table], key=lambda row: str(row["id"])))))


def new_call(app: Application, draw: Draw) -> None:
    app.clock += 1
    changes = {
        "created_at": draw(st.sampled_from(DAYS)),
        "output_tokens": draw(st.sampled_from((100, 200, -1))),
        "llm_id": draw(st.sampled_from(("l1", "l2", "nobody"))),
        "conversation_id": draw(st.sampled_from(("c1", "c2", None))),
        "workspace_id": draw(st.sampled_from(("w1", None))),
        "cost_usd": draw(st.sampled_from((0.0065, 0.0012, None))),
    }
    app.put("usage_logs", usage(f"g{app.clock}", **changes))


def call_corrected(app: Application, draw: Draw) -> None:
    tokens = draw(st.sampled_from((300, 400)))
    app.put("usage_logs", some(app, draw, "usage_logs") | {"output_tokens": tokens})


def call_moved(app: Application, draw: Draw) -> None:
    day = draw(st.sampled_from(DAYS))
    app.put("usage_logs", some(app, draw, "usage_logs") | {"created_at": day})


def call_deleted(app: Application, draw: Draw) -> None:
    gone = some(app, draw, "usage_logs")["id"]
    if len(app.rows["usage_logs"]) > 1:
        app.rows["usage_logs"] = [row for row in app.rows["usage_logs"] if row["id"] != gone]


def conversation_changes(app: Application, draw: Draw) -> None:
    place = {
        "workspace_id": draw(st.sampled_from(("w1", "w2", None))),
        "agent_id": draw(st.sampled_from(("a1", None))),
        "updated_at": app.updated_at(),
    }
    app.put("conversations", some(app, draw, "conversations") | place)


def workspace_changes(app: Application, draw: Draw) -> None:
    changes = {
        "name": draw(st.sampled_from(("Research", "Deep Research"))),
        "tenant_id": draw(st.sampled_from(("t1", "t2"))),
        "updated_at": app.updated_at(),
    }
    app.put("workspaces", some(app, draw, "workspaces") | changes)


def llm_priced_anew(app: Application, draw: Draw) -> None:
    price = draw(st.sampled_from(PRICES))
    stamp = {"updated_at": app.updated_at()} if draw(st.booleans()) else {}
    app.put("llms", some(app, draw, "llms") | {"cost_per_token_output": price} | stamp)


def llm_renamed(app: Application, draw: Draw) -> None:
    name = draw(st.sampled_from(("plain", "unlisted", "unknown")))
    app.put("llms", some(app, draw, "llms") | {"name": name, "updated_at": app.updated_at()})


def user_deleted(app: Application, draw: Draw) -> None:
    gone = some(app, draw, "users")["id"]
    if len(app.rows["users"]) > 1:
        app.rows["users"] = [row for row in app.rows["users"] if row["id"] != gone]


def nothing_new(app: Application, draw: Draw) -> None:
    """A load that says what the load before it said."""


CHANGES: tuple[Change, ...] = (
    new_call,
    new_call,
    call_corrected,
    call_moved,
    call_deleted,
    conversation_changes,
    workspace_changes,
    llm_priced_anew,
    llm_renamed,
    user_deleted,
    nothing_new,
)


def first_application() -> Rows:
    """Return the small application with one call and models of this history's price list."""
    rows = application()
    rows["usage_logs"] = [usage("g0", created_at=0)]
    rows["llms"] = [
        llm("l1", "plain", "lab", *PRICES[:2]),
        llm("l2", "unknown", "lab", *PRICES[:2]),
    ]
    for table in rows:
        for row in rows[table]:
            row |= {name: BEFORE_ALL for name in ("updated_at", "joined_at") if name in row}
            if "created_at" in row and table != "usage_logs":
                row["created_at"] = BEFORE_ALL
    return rows


@st.composite
def histories(draw: Draw, modes: Sequence[str]) -> list[Rows]:
    """Draw what is sent in each load: the whole tables, or what was inserted and overwritten."""
    app = Application(first_application())
    sent = []
    for number, mode in enumerate(modes):
        for change in draw(st.lists(st.sampled_from(CHANGES), min_size=1, max_size=3)):
            change(app, draw)
        whole = number == 0 or mode == "full"
        sent.append(copy.deepcopy(app.rows if whole else app.changed))
        app.changed = {}
    return sent


def draw_histories(count: int, modes: Sequence[str]) -> list[list[Rows]]:
    """Draw histories, the same on every run unless the profile explores."""
    drawn: list[list[Rows]] = []

    @settings(max_examples=count, suppress_health_check=list(HealthCheck), database=None)
    @given(histories(modes))
    def collect(sent: list[Rows]) -> None:
        drawn.append(sent)

    collect()
    return drawn


def named(number: int, table: str, row: Row) -> Row:
    """Return a row with the ids, model names and days of one history."""
    own = {
        name: f"ex{number}-{value}"
        for name, value in row.items()
        if (name == "id" or name.endswith("_id")) and value is not None
    }
    if table == "llms":
        own["name"] = f"ex{number}-{row['name']}"
    if table == "usage_logs":
        start = datetime.combine(first_day(number), datetime.min.time(), UTC)
        own["created_at"] = (start + timedelta(days=row["created_at"], hours=9)).isoformat()
    return row | own


def play(project: Project, sent: Sequence[Rows], number: int, mode: str) -> None:
    """Load step `number` of all histories."""
    prices = (Price("plain", None, None, 10),)
    write_seeds(project, [Step((), (), prices, False, "CC-1", ())] * len(sent))
    tables = sorted({table for rows in sent for table in rows})
    rows = {
        table: [named(n, table, row) for n, each in enumerate(sent) for row in each.get(table, [])]
        for table in tables
    }
    rows = {table: kept for table, kept in rows.items() if kept or mode == "full"}
    if rows:
        folder = write_folder(project.path / "data" / "exports" / f"{number}", rows)
        project.load_folder(folder, loaded_at=LOADED + timedelta(hours=number), load_mode=mode)
