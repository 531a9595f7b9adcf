"""A small application, written by hand: rows of all 21 tables of source `synapscale`."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

Rows = dict[str, list[dict[str, Any]]]

DEPLOYED_NAMES = {
    "usage_logs": "llms_usage_logs",
    "messages": "llms_messages",
    "conversations": "llms_conversations",
    "conversation_llms": "llms_conversations_turns",
    "message_feedbacks": "llms_message_feedbacks",
}
OPTIONAL_TABLES = ("tenants", "plans", "subscriptions", "coupons", "invoices")
START = "2025-01-01T00:00:00Z"
STAMPS = {"created_at": START, "updated_at": START}


def usage(row_id: str, **changes: Any) -> dict[str, Any]:
    """Return a call of gpt-4o by u1 in conversation c1: 1,000 tokens in, 100 out."""
    return {
        "id": row_id,
        "message_id": "m1",
        "user_id": "u1",
        "conversation_id": "c1",
        "llm_id": "l1",
        "workspace_id": "w1",
        "tenant_id": "t1",
        "input_tokens": 1000,
        "output_tokens": 100,
        "total_tokens": 1100,
        "cost_usd": 0.0065,
        "latency_ms": 1200,
        "api_status_code": 200,
        "user_api_key_used": False,
        "status": "success",
        "created_at": "2025-03-10T12:00:00Z",
    } | changes


def application() -> Rows:
    """Return the rows as exported on 2025-04-01."""
    return copy.deepcopy(
        {
            "llms": [
                llm("l1", "gpt-4o", "openai", 0.000005, 0.000015),
                llm("l2", "claude-3-haiku", "anthropic", 0.00000025, 0.00000125),
                llm("l3", "home-grown", "own cluster", 0.000001, 0.000002),
            ],
            "usage_logs": [
                usage("g1"),
                usage("g2", workspace_id=None, tenant_id=None, llm_id="l2", cost_usd=0.000375),
                usage("g3", conversation_id="c2", workspace_id=None, tenant_id=None, user_id="u2"),
                usage("g4", conversation_id=None, workspace_id=None, tenant_id=None, user_id=None),
                usage("g5", user_api_key_used=True, cost_usd=0.0),
                usage("g6", api_status_code=429, output_tokens=0, total_tokens=1000, cost_usd=0.0),
                usage("g7", status=" ERROR ", cost_usd=None),
                usage("g8", llm_id="nobody", workspace_id="w3", tenant_id="t2"),
                usage("g9", llm_id="l3", workspace_id="w2", tenant_id="t2", user_id="u3"),
            ],
            "conversations": [
                {"id": "c1", "user_id": "u1", "agent_id": "a1", "workspace_id": "w1", **STAMPS},
                {"id": "c2", "user_id": "u2", "agent_id": None, "workspace_id": None, **STAMPS},
            ],
            "conversation_llms": [
                {"id": "cl1", "conversation_id": "c1", "llm_id": "l1", "total_cost_usd": 0.0065},
            ],
            "messages": [
                {"id": "m1", "conversation_id": "c1", "role": "assistant", **STAMPS},
            ],
            "message_feedbacks": [
                {"id": "f1", "message_id": "m1", "rating_type": "thumbs_up", **STAMPS},
            ],
            "billing_events": [
                {"id": "b1", "event_type": "usage", "amount_usd": 0.0065, "created_at": START},
            ],
            "tags": [
                {
                    "id": "tag1",
                    "target_type": "workspace",
                    "target_id": "w1",
                    "tag_name": "team",
                    "created_at": START,
                },
            ],
            "tenants": [
                {"id": "t1", "name": "Acme", "plan_id": "p1", "timezone": "UTC", **STAMPS},
                {"id": "t2", "name": "Acme", "plan_id": "p1", "timezone": "UTC", **STAMPS},
            ],
            "plans": [{"id": "p1", "name": "Team", "price_monthly": 49.99, **STAMPS}],
            "subscriptions": [{"id": "s1", "tenant_id": "t1", "plan_id": "p1", **STAMPS}],
            "coupons": [{"id": "k1", "type": "percent", "value": 10.0, **STAMPS}],
            "invoices": [
                {
                    "id": "i1",
                    "tenant_id": "t1",
                    "invoice_number": "2025-1",
                    "total_amount": "49.99",
                    **STAMPS,
                },
            ],
            "users": [
                user("u1", "Adalina Example", "adalina", "t1"),
                user("u2", "Bertrand Example", "bertrand", "t2"),
                user("u3", "Cleonice Example", "cleonice", None),
            ],
            "workspaces": [
                workspace("w1", "Research", "collaborative", "t1", "u1"),
                workspace("w2", "Research", "collaborative", "t2", "u2"),
            ],
            "workspace_members": [
                member("1", "w1", "u1", "owner"),
                member("2", "w1", "u2", "guest"),
            ],
            "agents": [
                {"id": "a1", "name": "Helper", "workspace_id": "w1", "user_id": "u1", **STAMPS},
            ],
            "user_variables": [{"id": "v1", "user_id": "u1", "key": "OPENAI_API_KEY", **STAMPS}],
            "analytics_events": [{"id": "e1", "event_type": "login", "timestamp": START}],
            "workflows": [{"id": "x1", "name": "Digest", **STAMPS}],
            "workflow_executions": [{"id": "y1", "workflow_id": "x1", **STAMPS}],
        }
    )


def llm(row_id: str, name: str, provider: str, p_in: float, p_out: float) -> dict[str, Any]:
    return {
        "id": row_id,
        "name": name,
        "provider": provider,
        "cost_per_token_input": p_in,
        "cost_per_token_output": p_out,
        "is_active": True,
        **STAMPS,
    }


def user(row_id: str, full_name: str, username: str, tenant_id: str | None) -> dict[str, Any]:
    return {
        "id": row_id,
        "tenant_id": tenant_id,
        "email": f"{username}@example.com",
        "username": username,
        "full_name": full_name,
        "is_active": True,
        "status": "active",
        **STAMPS,
    }


def workspace(
    row_id: str, name: str, kind: str, tenant_id: str | None, owner_id: str
) -> dict[str, Any]:
    return {
        "id": row_id,
        "tenant_id": tenant_id,
        "name": name,
        "type": kind,
        "owner_id": owner_id,
        "status": "active",
        "plan_id": "p1",
        "last_activity_at": "2025-03-10T12:00:00",
        **STAMPS,
    }


def member(row_id: str, workspace_id: str, user_id: str, role: str) -> dict[str, Any]:
    return {
        "id": row_id,
        "workspace_id": workspace_id,
        "user_id": user_id,
        "role": role,
        "joined_at": START,
        "left_at": None,
        **STAMPS,
    }


def without_columns(rows: Rows, *columns: str) -> Rows:
    """Return the rows as an older version of the application has them."""
    return {
        table: [{name: row[name] for name in row if name not in columns} for row in table_rows]
        for table, table_rows in rows.items()
    }


def write_folder(
    folder: Path, rows: Rows, names: Mapping[str, str] = {}, tables: Iterable[str] | None = None
) -> Path:
    """Write one JSON Lines file per table, named by `names` where it has the table."""
    folder.mkdir(parents=True)
    for table in tables or rows:
        lines = "".join(json.dumps(row) + "\n" for row in rows[table])
        (folder / f"{names.get(table, table)}.jsonl").write_text(lines)
    return folder
