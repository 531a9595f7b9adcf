"""Defects of `--dirty` in the tables beside usage: orphans, repeats, names that are not unique."""

from __future__ import annotations

from typing import Any

from demo_data.answer_key import Defect
from demo_data.defect_plans import PLANTED_EMAIL
from demo_data.facts import ACCEPTED, DUPLICATE
from demo_data.files import SYNAPSCALE, Load
from demo_data.world import demo_id

Row = dict[str, Any]
NOWHERE = "of-nowhere"
# (table, mode, what is changed in an ordinary row, name, what it shows)
PLANS: tuple[tuple[str, str, Row, str, str], ...] = (
    ("message_feedbacks", "append", {"message_id": f"message-{NOWHERE}"}, "feedback_orphan",
     "about a message that was never received"),
    ("message_feedbacks", "append", {"rating_type": "heart", "rating_value": None},
     "rating_of_nobody", "a word of the application's own, no value"),
    ("tags", "append", {"target_id": f"target-{NOWHERE}"}, "tag_orphan",
     "on something that was never received"),
    ("tags", "append", {"target_type": "planet"}, "tag_on_a_planet", "a type nobody knows"),
    ("conversations", "append", {"user_id": None, "agent_id": f"agent-{NOWHERE}"},
     "conversation_of_nobody", "no user, an agent that was never received"),
    ("conversations", "append", {"title": f"mail {PLANTED_EMAIL}"}, "email_in_a_title",
     "a column that is never stored"),
    ("billing_events", "append", {"related_usage_log_id": f"call-{NOWHERE}"},
     "billing_event_orphan", "for a call that was never received"),
    ("billing_events", "append", {"amount_usd": float("nan")}, "amount_nan", "no amount"),
    ("messages", "append", {"content": f"please write to {PLANTED_EMAIL}"}, "email_in_a_message",
     "a column that is never stored"),
    ("users", "full", {"tenant_id": None, "email": PLANTED_EMAIL}, "user_without_tenant",
     "a user of no tenant, named like another"),
    ("workspace_members", "full", {"user_id": f"user-{NOWHERE}", "role": "overlord"},
     "member_unknown", "an unknown user with a role nobody knows"),
    ("workspaces", "full", {"tenant_id": None, "owner_id": f"user-{NOWHERE}", "type": "shared"},
     "workspace_without_tenant", "a third workspace of that name, of no tenant, type unknown"),
)  # fmt: skip


def plant_beside_usage(loads: list[Load]) -> list[Defect]:
    """Add rows to the other tables of the second load (and of the third where it is whole)."""
    defects = []
    for table, mode, changes, name, note in PLANS:
        defect = Defect(name, SYNAPSCALE, table, ACCEPTED, "", note)
        for load in loads[2:] if mode == "full" else loads[2:3]:
            rows = load.parts[SYNAPSCALE, mode][table]
            row = rows[0] | {"id": demo_id("defect", name)} | changes
            rows.append(row)
            defect.loads.append(load.number)
            defect.ids.append(row["id"])
        defects.append(defect)
    for table, mode in (("message_feedbacks", "append"), ("users", "full"), ("tags", "append")):
        defect = Defect(f"{table}_twice", SYNAPSCALE, table, DUPLICATE, "", "one row in the end")
        rows = loads[2].parts[SYNAPSCALE, mode][table]
        rows.append(dict(rows[1]))
        defect.loads.append(2)
        defect.ids.append(rows[1]["id"])
        defects.append(defect)
    return defects
