"""Plants the defects of `--dirty` in usage: what real files carry, and what must become of it.

Every row is a copy of an ordinary one with something wrong in it. Instants are microseconds since
1970-01-01T00:00Z.
"""

from __future__ import annotations

from itertools import cycle
from typing import Any

from demo_data.answer_key import Defect, Replay
from demo_data.defect_plans import EVENT_PLANS, USAGE_PLANS
from demo_data.facts import ACCEPTED, DUPLICATE, REJECTED, SUPERSEDED, Ledger
from demo_data.files import EVENTS, SYNAPSCALE, USAGE_TABLE, Load
from demo_data.world import (
    HOUR,
    INSTALLED,
    LLM_NUMBER,
    LLMS,
    MINUTE,
    SECOND,
    TENANTS,
    WORKSPACES,
    Llm,
    demo_id,
    us,
)

Row = dict[str, Any]

TENANT_OF = {place.id: TENANTS[place.tenant].id for place in WORKSPACES}
EXTRA_LLMS = (
    Llm("Anthropic", "Claude-3-Haiku", LLMS[LLM_NUMBER["claude-3-haiku"]].prices, 0, 8, 1, 1),
    Llm("openai", "openai/gpt-4o-mini", LLMS[LLM_NUMBER["gpt-4o-mini"]].prices, 0, 8, 1, 1),
    Llm("openai", "gpt-4o ", LLMS[LLM_NUMBER["gpt-4o"]].prices, 0, 12, 1, 1),
    Llm("in-house", "house-model-7b", ((INSTALLED, 0.0000001, 0.0000002),), 0, 5, 1, 1),
)


class Planter:
    """Adds defects to the loads, their facts to the ledger, and keeps the list of defects."""

    def __init__(self, loads: list[Load], ledger: Ledger) -> None:
        self.loads = loads
        self.ledger = ledger
        self.defects: list[Defect] = []
        self.replays: list[Replay] = []
        places = [(source, load.number) for source in (EVENTS, SYNAPSCALE) for load in loads[1:]]
        self.ordinary = {place: self.ordinary_rows(*place) for place in places}
        # Received rows are used once, copies with an id of their own as often as needed.
        self.received = {place: iter(rows) for place, rows in self.ordinary.items()}
        self.templates = {place: cycle(rows) for place, rows in self.ordinary.items()}

    def rows(self, source: str, load: Load) -> list[Row]:
        return load.parts[source, "append"][USAGE_TABLE[source]]

    def ordinary_rows(self, source: str, load: int) -> list[Row]:
        """Return copies of a load's rows about which nothing is special."""
        found = []
        for row in self.rows(source, self.loads[load]):
            if source == SYNAPSCALE:
                own_key, named = row["user_api_key_used"], row["workspace_id"] and row["user_id"]
                usable = row["cost_usd"] > 0
            else:
                own_key, named = row["credential_owner"] == "customer", row["user_id"]
                usable = row["request_model"] == "gpt-4o" and not row["other_meters"]
            is_good = row["status"] == "success" and row["output_tokens"] > 60
            if is_good and usable and named and not own_key:
                found.append(dict(row))
        return found

    def take(self, source: str, load: int) -> Row:
        """Return a received row that no defect has touched yet."""
        return dict(next(self.received[source, load]))

    def start(
        self, name: str, source: str, outcome: str, reason: str, note: str, table: str = ""
    ) -> Defect:
        """Open a defect, under which rows are then put."""
        defect = Defect(name, source, table or USAGE_TABLE[source], outcome, reason, note)
        self.defects.append(defect)
        return defect

    def put(self, defect: Defect, load: int, row: Row, outcome: str = "", reason: str = "") -> None:
        """Add a row to a load's usage; its own outcome where it differs from the defect's."""
        rows = self.rows(defect.source, self.loads[load])
        row = {name: row.get(name) for name in rows[0]}
        rows.append(row)
        self.note(defect, load, row["id" if defect.source == SYNAPSCALE else "event_id"])
        shown = dict(row) | {"tenant_id": row.get("tenant_id")}
        outcome, reason = outcome or defect.outcome, reason or defect.reason
        self.ledger.add(defect.source, shown, outcome, "" if outcome != REJECTED else reason)

    def note(self, defect: Defect, load: int, record_id: str | None) -> None:
        defect.ids.append(record_id)
        if load not in defect.loads:
            defect.loads.append(load)

    def fresh(self, source: str, load: int, name: str, **changes: Any) -> Row:
        """Return a copy of a received row under an id of its own."""
        column = "id" if source == SYNAPSCALE else "event_id"
        row = next(self.templates[source, load])
        return row | {column: demo_id(f"defect_{source}", name)} | changes

    def run(self) -> None:
        for plans, source in ((USAGE_PLANS, SYNAPSCALE), (EVENT_PLANS, EVENTS)):
            for name, outcome, reason, changes, note in plans:
                defect = self.start(name, source, outcome, reason, note)
                self.put(defect, 2, self.fresh(source, 2, name, **changes))
        for source in (SYNAPSCALE, EVENTS):
            self.duplicates(source)
            self.conflicts(source)
            self.late_rows(source)
        self.usage_corrections()
        self.event_corrections()
        self.names_of_llms()
        self.at_borders_of_time()
        self.second_instance()
        self.replays.append(Replay(self.loads[2].at, self.loads[1], EVENTS, "llm_usage_events"))
        self.replays.append(Replay(self.loads[3].at, self.loads[2], SYNAPSCALE, "usage_logs"))

    def duplicates(self, source: str) -> None:
        """Repeat rows: in one file, in a later file, with a blank behind the id, refused ones."""
        defect = self.start("twice_in_one_file", source, DUPLICATE, "", "counted once")
        for _ in range(3):
            self.put(defect, 2, self.take(source, 2))
        defect = self.start("again_in_a_later_file", source, DUPLICATE, "", "counted once")
        for _ in range(3):
            self.put(defect, 3, self.take(source, 2))
        defect = self.start("again_with_a_blank", source, DUPLICATE, "", "blanks do not count")
        column = "id" if source == SYNAPSCALE else "event_id"
        row = self.take(source, 2)
        blanks = {column: f"{row[column]} ", "workspace_id": f" {row['workspace_id']}"}
        self.put(defect, 3, row | blanks)
        defect = self.start(
            "again_under_a_new_id", source, ACCEPTED, "", "nothing here tells it from another call"
        )
        self.put(defect, 3, self.fresh(source, 2, "again_under_a_new_id"))
        defect = self.start(
            "refused_twice", source, REJECTED, "negative_tokens", "each received row is reported"
        )
        row = self.fresh(source, 2, "refused_twice", output_tokens=-3)
        for load in (2, 2, 3):
            self.put(defect, load, row)

    def conflicts(self, source: str) -> None:
        """Two payloads claim one moment in one file: nothing says which is true."""
        why = "conflicting_versions"
        defect = self.start("two_payloads_in_one_file", source, REJECTED, why, "both are refused")
        for number in range(2):
            row = self.fresh(source, 2, f"two_payloads:{number}")
            self.put(defect, 2, row)
            self.put(defect, 2, row | {"output_tokens": row["output_tokens"] + 1})
        defect = self.start(
            "conflict_after_accepted", source, REJECTED, why, "the version accepted before stays"
        )
        row = self.take(source, 1)
        later = {"source_updated_at": row.get("source_updated_at", 0) + HOUR}
        self.put(defect, 2, row | later | {"output_tokens": row["output_tokens"] + 1})
        self.put(defect, 2, row | later | {"output_tokens": row["output_tokens"] + 2})
        defect = self.start(
            "bad_beside_good_in_one_file",
            source,
            REJECTED,
            why,
            "the good one contradicts the bad one, which has its own reason",
        )
        row = self.fresh(source, 2, "bad_beside_good")
        self.put(defect, 2, row)
        self.put(defect, 2, row | {"output_tokens": -1}, REJECTED, "negative_tokens")

    def late_rows(self, source: str) -> None:
        """Rows of an early month that arrive with the last load."""
        defect = self.start("a_year_late", source, ACCEPTED, "", "counted in its own month")
        for number in range(3):
            self.put(defect, 3, self.fresh(source, 1, f"late:{number}"))

    def recount(self, row: Row, more: int) -> Row:
        """Return a call with more output tokens, total and cost as the application has them."""
        _, per_input, per_output = self.ledger.maker.llms[row["llm_id"]].price_at(row["created_at"])
        inputs, outputs = row["input_tokens"], row["output_tokens"] + more
        return row | {
            "output_tokens": outputs,
            "total_tokens": inputs + outputs,
            "cost_usd": inputs * per_input + outputs * per_output,
        }

    def usage_corrections(self) -> None:
        """Later files say otherwise; the application keeps no instant of change."""
        source = SYNAPSCALE
        defect = self.start("corrected_later", source, ACCEPTED, "", "the later file counts")
        for _ in range(3):
            row = self.take(source, 1)
            self.put(defect, 2, self.recount(row, 40))
        defect = self.start("corrected_and_back", source, ACCEPTED, "", "the newest file counts")
        row = self.take(source, 1)
        self.put(defect, 2, self.recount(row, 9))
        self.put(defect, 3, row)
        defect = self.start(
            "corrected_to_nonsense", source, REJECTED, "negative_tokens", "the one before stays"
        )
        self.put(defect, 2, self.take(source, 1) | {"input_tokens": -400})
        defect = self.start(
            "again_after_an_upgrade", source, DUPLICATE, "", "now with its tenant, the same call"
        )
        row = self.take(source, 1)
        self.put(defect, 2, row | {"tenant_id": TENANT_OF[row["workspace_id"]]})

    def event_corrections(self) -> None:
        """Versions with an instant of change: later ones replace, earlier ones change nothing."""
        source = EVENTS
        defect = self.start("corrected_later", source, ACCEPTED, "", "the later change counts")
        for _ in range(3):
            row = self.take(source, 1)
            later = row["source_updated_at"] + HOUR
            change = {"output_tokens": row["output_tokens"] + 40, "source_updated_at": later}
            self.put(defect, 2, row | change)
        defect = self.start("older_comes_late", source, SUPERSEDED, "", "kept, changes nothing")
        row = self.take(source, 1)
        earlier = row["source_updated_at"] - HOUR
        self.put(defect, 2, row | {"output_tokens": 7, "source_updated_at": earlier})
        defect = self.start(
            "streamed_in_growing_rows", source, ACCEPTED, "", "the last of the growing counts stays"
        )
        row = self.fresh(source, 2, "growing")
        for step in range(3):
            change = {
                "output_tokens": 20 * (step + 1),
                "source_updated_at": row["source_updated_at"] + step * SECOND,
            }
            self.put(defect, 2, row | change)
        defect = self.start(
            "corrected_to_nonsense", source, REJECTED, "negative_tokens", "the one before stays"
        )
        row = self.take(source, 1)
        later = row["source_updated_at"] + HOUR
        self.put(defect, 2, row | {"input_tokens": -1, "source_updated_at": later})

    def names_of_llms(self) -> None:
        """The application lists LLMs under other people's names, and one nobody else knows."""
        for load in self.loads:
            rows = load.parts[SYNAPSCALE, "full"]["llms"]
            for llm in EXTRA_LLMS:
                if llm.created > load.at:
                    continue
                _, per_input, per_output = llm.price_at(load.at)
                changes = {
                    "id": llm.id,
                    "name": llm.name,
                    "provider": llm.provider,
                    "cost_per_token_input": per_input,
                    "cost_per_token_output": per_output,
                    "created_at": llm.created,
                    "updated_at": llm.price_at(load.at)[0],
                }
                rows.append(rows[0] | changes)
        notes = ("capitals", "a prefix", "a blank, and a name twice", "no list price")
        for llm, note in zip(EXTRA_LLMS, notes, strict=True):
            name = f"llm_named_{llm.name.strip()}"
            self.ledger.maker.llms[llm.id] = llm
            defect = self.start(name, SYNAPSCALE, ACCEPTED, "", note)
            self.put(defect, 2, self.recount(self.fresh(SYNAPSCALE, 2, name, llm_id=llm.id), 0))

    def at_borders_of_time(self) -> None:
        """Calls at the last and the first instant of a price, of a month, of a repeated hour."""
        source, llm = SYNAPSCALE, LLMS[LLM_NUMBER["gpt-4o"]]
        for name, load, at in (
            ("last_instant_of_a_price", 1, us("2024-10-02") - 1),
            ("first_instant_of_a_price", 1, us("2024-10-02")),
            ("hour_before_the_clocks_go_back", 1, us("2024-11-03T05:30:00")),
            ("the_same_hour_again", 1, us("2024-11-03T06:30:00")),
            ("last_instant_of_a_month", 2, us("2025-01-01") - 1),
            ("first_instant_of_a_month", 2, us("2025-01-01")),
        ):
            defect = self.start(name, source, ACCEPTED, "", "dated to the microsecond, in UTC")
            row = self.fresh(source, load, name, llm_id=llm.id, created_at=at)
            self.put(defect, load, self.recount(row, 0))

    def second_instance(self) -> None:
        """One id in two installations is two calls, and so are two attempts."""
        defect = self.start("same_id_elsewhere", EVENTS, ACCEPTED, "", "two calls")
        row = self.take(EVENTS, 2)
        self.put(defect, 2, row | {"source_instance": "us"})
        self.put(defect, 2, row | {"attempt_number": 9, "started_at": row["started_at"] + MINUTE})
