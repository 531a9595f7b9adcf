"""The tables that are exported whole: as they stood at the instant of a load.

Instants are microseconds since 1970-01-01T00:00Z; prices are USD, the application's binary floats.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from demo_data.runtime import Execution, usage_of_workflow
from demo_data.usage import Call
from demo_data.world import (
    AGENTS,
    DAY,
    END,
    INSTALLED,
    LEFT,
    LLMS,
    MINUTE,
    OWNER_CHANGED_AT,
    TENANTS,
    WORKFLOWS,
    WORKSPACES,
    User,
    day_of,
    demo_id,
    us,
    us_of_day,
)

Row = dict[str, Any]
UPGRADED_AT = us("2025-01-01T00:00:00")
PLANS = (
    ("Starter", 0.0, 0.0, 1, 3),
    ("Team", 290.0, 2_900.0, 5, 40),
    ("Business", 890.0, 8_900.0, 20, 200),
)
STARTER = demo_id("plan", "Starter")
# (user, workspace, role before, role after, instant of the change)
ROLE_CHANGES = (
    (12, 0, "member", "admin", us("2025-02-10T10:00:00")),
    (33, 1, "guest", "member", us("2024-11-20T15:10:00")),
    (49, 3, "owner", "admin", OWNER_CHANGED_AT),
    (51, 3, "admin", "owner", OWNER_CHANGED_AT),
)
ADMINS = {(4, 0), (30, 1), (58, 3)}
GUESTS = {(5, 1), (9, 1), (26, 0)}


def secret(kind: str, name: str | int, length: int = 32) -> str:
    """Return hexadecimal digits that look like a secret and are nobody's."""
    return hashlib.sha256(f"llm-finops-demo:{kind}:{name}".encode()).hexdigest()[:length]


@dataclass
class Seen:
    """What the application has counted up to an instant."""

    until: int
    last_of_user: dict[int, int] = field(default_factory=dict)
    logins: dict[int, int] = field(default_factory=dict)
    last_of_workspace: dict[int, int] = field(default_factory=dict)
    calls_this_month: dict[int, int] = field(default_factory=dict)


def seen_until(calls: list[Call], until: int) -> Seen:
    """Count calls and logins before an instant; a login is a new day of a user."""
    seen = Seen(until)
    month = us_of_day(day_of(until).replace(day=1))
    for call in calls:
        if call.created >= until:
            break
        conversation = call.turn.conversation
        user, workspace = conversation.user.number, conversation.workspace
        if call.created // DAY > seen.last_of_user.get(user, 0) // DAY:
            seen.logins[user] = seen.logins.get(user, 0) + 1
        seen.last_of_user[user] = call.created
        if workspace is not None:
            seen.last_of_workspace[workspace] = call.created
            if call.created >= month:
                counts = seen.calls_this_month
                counts[workspace] = counts.get(workspace, 0) + 1
    return seen


def llm_rows(at: int) -> list[Row]:
    """Return `llms`: a price that was overwritten is gone, `updated_at` says when."""
    rows = []
    for llm in LLMS:
        if llm.created > at:
            continue
        since, per_input, per_output = llm.price_at(at)
        is_offered = at < llm.offered_to or llm.offered_to == END
        rows.append(
            {
                "id": llm.id,
                "name": llm.name,
                "provider": llm.provider,
                "model_version": "1",
                "cost_per_token_input": per_input,
                "cost_per_token_output": per_output,
                "max_tokens_supported": llm.max_output,
                "context_window": llm.max_input + 8_000,
                "supports_function_calling": True,
                "supports_vision": llm.name.startswith(("gpt-4o", "gemini", "claude")),
                "supports_streaming": True,
                "is_active": is_offered,
                "status": "available" if is_offered else "retired",
                "health_status": "healthy",
                "response_time_avg_ms": 400.0 + 230 * llm.speed,
                "availability_percentage": 99.5,
                "llm_metadata": json.dumps({"endpoint": f"{llm.provider} in production"}),
                "created_at": llm.created,
                "updated_at": since if is_offered else llm.offered_to,
            }
        )
    return rows


def users_at(users: list[User], at: int) -> list[User]:
    """Return the users whose account exists at an instant."""
    return [user for user in users if user.joined <= at and not 0 < user.deleted <= at]


def user_rows(users: list[User], seen: Seen) -> list[Row]:
    """Return `users`."""
    rows = []
    for user in users_at(users, seen.until):
        last = seen.last_of_user.get(user.number)
        rows.append(
            {
                "id": user.id,
                "tenant_id": TENANTS[user.tenant].id,
                "email": email(user),
                "username": user.username,
                "full_name": user.name,
                "hashed_password": f"$2b$12${secret('password', user.number, 53)}",
                "is_active": True,
                "is_verified": True,
                "is_superuser": user.number == 0,
                "profile_image_url": f"https://images.example/{secret('face', user.number, 12)}",
                "bio": biography(user),
                "status": "active",
                "user_metadata": json.dumps({"phone": phone(user)}),
                "last_login_at": last,
                "login_count": seen.logins.get(user.number, 0),
                "failed_login_attempts": user.number % 3,
                "account_locked_until": None,
                "created_at": user.joined,
                "updated_at": max(user.joined, last or 0),
            }
        )
    return rows


def email(user: User) -> str:
    return f"{user.name.lower().replace(' ', '.')}@{TENANTS[user.tenant].domain}"


def phone(user: User) -> str:
    return f"+1-555-01{user.number:02d}"


def biography(user: User) -> str:
    return f"{user.name} keeps bees and lives near the old harbour."


def tenant_rows(at: int) -> list[Row]:
    """Return `tenants`."""
    return [
        {
            "id": tenant.id,
            "name": tenant.name,
            "slug": tenant.key,
            "timezone": tenant.timezone,
            "plan_id": plan_of(number, at),
            "status": "active",
            "created_at": INSTALLED,
            "updated_at": UPGRADED_AT if number == 0 and at >= UPGRADED_AT else INSTALLED,
        }
        for number, tenant in enumerate(TENANTS)
    ]


def plan_of(tenant: int, at: int) -> str:
    """Return the id of a tenant's plan at an instant; the first tenant was upgraded once."""
    return demo_id("plan", "Business" if tenant == 0 and at >= UPGRADED_AT else "Team")


def plan_rows(at: int) -> list[Row]:
    """Return `plans`, the same at every instant."""
    return [
        {
            "id": demo_id("plan", name),
            "name": name,
            "slug": name.lower(),
            "price_monthly": monthly,
            "price_yearly": yearly,
            "max_workspaces": workspaces,
            "max_members": members,
            "is_active": True,
            "created_at": INSTALLED,
            "updated_at": INSTALLED,
        }
        for name, monthly, yearly, workspaces, members in PLANS
        if at >= INSTALLED
    ]


def workspace_rows(users: list[User], seen: Seen) -> list[Row]:
    """Return `workspaces`."""
    at = seen.until
    rows = []
    for number, workspace in enumerate(WORKSPACES):
        renamed = bool(workspace.new_name) and at >= workspace.renamed_at
        passed_on = workspace.new_owner is not None and at >= workspace.owner_changed_at
        owner = workspace.new_owner if passed_on else workspace.owner
        assert owner is not None
        members = [row for row in member_rows(users, at) if row["workspace_id"] == workspace.id]
        last = seen.last_of_workspace.get(number, INSTALLED)
        is_alone = workspace.kind == "individual"
        changes = [last, workspace.renamed_at if renamed else 0]
        changes += [workspace.owner_changed_at if passed_on else 0]
        rows.append(
            {
                "id": workspace.id,
                "tenant_id": TENANTS[workspace.tenant].id,
                "name": workspace.new_name if renamed else workspace.name,
                "slug": workspace.key,
                "type": workspace.kind,
                "owner_id": users[owner].id,
                "is_public": False,
                "is_template": False,
                "max_members": 1 if is_alone else 60,
                "member_count": sum(row["left_at"] is None for row in members),
                "status": "active",
                "plan_id": STARTER if is_alone else plan_of(workspace.tenant, at),
                "api_calls_today": 0,
                "api_calls_this_month": seen.calls_this_month.get(number, 0),
                "last_activity_at": last,
                "created_at": INSTALLED,
                "updated_at": max(changes),
            }
        )
    return rows


def role_at(user: User, workspace: int, at: int) -> tuple[str, int]:
    """Return a member's role at an instant, and since when he has it (0: from the start)."""
    for number, place, before, after, changed in ROLE_CHANGES:
        if (number, place) == (user.number, workspace):
            return (after, changed) if at >= changed else (before, 0)
    if WORKSPACES[workspace].owner == user.number:
        return "owner", 0
    if (user.number, workspace) in ADMINS:
        return "admin", 0
    return ("guest" if (user.number, workspace) in GUESTS else "member"), 0


def member_rows(users: list[User], at: int) -> list[Row]:
    """Return `workspace_members`; who was erased is gone, who left has `left_at`."""
    rows = []
    number = 0
    for user in users:
        for workspace in user.workspaces:
            number += 1
            if user not in users_at([user], at):
                continue
            role, since = role_at(user, workspace, at)
            left = LEFT.get((user.number, workspace), at)
            has_left = left < at
            rows.append(
                {
                    "id": str(number),
                    "workspace_id": WORKSPACES[workspace].id,
                    "user_id": user.id,
                    "tenant_id": TENANTS[user.tenant].id,
                    "role": role,
                    "status": "left" if has_left else "active",
                    "custom_permissions": json.dumps({"note": "may see the board papers"}),
                    "last_seen_at": None,
                    "joined_at": user.joined + 5 * MINUTE,
                    "left_at": left if has_left else None,
                    "created_at": user.joined + 5 * MINUTE,
                    "updated_at": max(user.joined + 5 * MINUTE, since, left if has_left else 0),
                }
            )
    return rows


def agent_rows(users: list[User], at: int) -> list[Row]:
    """Return `agents`, the same at every instant."""
    return [
        {
            "id": agent.id,
            "name": agent.name,
            "description": "Knows the unpublished roadmap by heart.",
            "is_active": True,
            "user_id": users[agent.owner].id,
            "workspace_id": WORKSPACES[agent.workspace].id,
            "tenant_id": TENANTS[WORKSPACES[agent.workspace].tenant].id,
            "status": "active",
            "priority": "normal",
            "version": "1.0",
            "environment": agent.environment,
            "created_at": INSTALLED + DAY,
            "updated_at": INSTALLED + DAY,
        }
        for agent in AGENTS
        if at >= INSTALLED + DAY
    ]


def workflow_rows(users: list[User], executions: list[Execution], at: int) -> list[Row]:
    """Return `workflows` with the number of their runs so far."""
    rows = []
    for workflow in WORKFLOWS:
        count, last = usage_of_workflow(executions, workflow.number, at)
        rows.append(
            {
                "id": workflow.id,
                "name": workflow.name,
                "description": "Reads the incident archive nobody else may read.",
                "definition": json.dumps({"nodes": workflow.nodes}),
                "is_active": True,
                "user_id": users[workflow.owner].id,
                "workspace_id": WORKSPACES[workflow.workspace].id,
                "tenant_id": TENANTS[WORKSPACES[workflow.workspace].tenant].id,
                "is_public": False,
                "category": "automation",
                "tags": json.dumps({"kind": "nightly" if workflow.hour is not None else "manual"}),
                "version": "1",
                "execution_count": count,
                "last_executed_at": last or None,
                "status": "published",
                "priority": "normal",
                "timeout_seconds": 900,
                "retry_count": 1,
                "created_at": INSTALLED + DAY,
                "updated_at": max(last, INSTALLED + DAY),
            }
        )
    return rows


def user_variable_rows(users: list[User], at: int) -> list[Row]:
    """Return `user_variables`: settings, and the keys of those who bring their own."""
    rows: list[Row] = []
    for user in users_at(users, at):
        settings: list[tuple[str, str, bool, int]] = []
        if user.number % 3 == 0:
            settings.append(("THEME", "dark", False, user.joined + DAY))
        if has_mail(user):
            settings.append(("SMTP_PASSWORD", smtp_password(user), True, user.joined + DAY))
        if user.own_key:
            provider, since = user.own_key
            settings.append((f"{provider.upper()}_API_KEY", api_key(user), True, since))
        for name, value, is_secret, made in settings:
            if made > at:
                continue
            rows.append(
                {
                    "id": demo_id("user_variable", f"{user.number}:{name}"),
                    "user_id": user.id,
                    "tenant_id": TENANTS[user.tenant].id,
                    "key": name,
                    "value": value,
                    "is_secret": is_secret,
                    "is_encrypted": False,
                    "is_active": True,
                    "category": "credentials" if is_secret else "appearance",
                    "description": "Set by the user in the settings page.",
                    "created_at": made,
                    "updated_at": made,
                }
            )
    return rows


def api_key(user: User) -> str:
    """Return a user's own API key, in the form in which providers issue them."""
    return f"sk-proj-{secret('api_key', user.number)}"


def has_mail(user: User) -> bool:
    return user.number % 16 == 5


def smtp_password(user: User) -> str:
    return f"mail-{secret('smtp', user.number, 16)}"
