"""The agent runtime: runs of workflows, and their LLM calls in the contract of `events`.

It reports what the application's own log does not: cache buckets, the model that answered, tools.
Instants are microseconds since 1970-01-01T00:00Z. Costs that its gateway reports are exact decimals
in USD, from the gateway's own price list below.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from generate_events import WEEKDAYS, spread

from demo_data.usage import log_normal
from demo_data.world import (
    AGENTS,
    DAYS,
    FIRST_DAY,
    HOUR,
    MINUTE,
    SECOND,
    TENANTS,
    WORKFLOWS,
    WORKSPACES,
    User,
    Workflow,
    demo_id,
    draws,
    pick,
    us,
    us_of_day,
)

Row = dict[str, Any]
INSTANCE = "agent_runtime"
UNKNOWN_MODEL = "atlas-mini-preview"
# Prompt caching: https://openai.com/index/api-prompt-caching/ and, for Anthropic,
# https://www.anthropic.com/news/prompt-caching.
OPENAI_CACHE_FROM, ANTHROPIC_CACHE_FROM = us("2024-10-02"), us("2024-08-15")
MINI_FROM, GEMINI_FROM, SEARCH_FROM = us("2024-07-19"), us("2024-10-02"), us("2025-03-12")
GPT_4O_MOVED = us("2024-10-02")
# USD per million tokens as the gateway knows them: input, cache read, 5-minute write, output.
GATEWAY_PRICES = {
    "gpt-4o-2024-05-13": ("5", "5", "0", "15"),
    "gpt-4o-2024-08-06": ("2.5", "1.25", "0", "10"),
    "gpt-4o-mini-2024-07-18": ("0.15", "0.075", "0", "0.6"),
    "claude-3-haiku-20240307": ("0.25", "0.03", "0.3", "1.25"),
    "gemini-1.5-flash-002": ("0.075", "0.01875", "0", "0.3"),
}


@dataclass
class Execution:
    """A run of a workflow and the events in it."""

    number: int
    workflow: Workflow
    user: User
    started: int
    ended: int = 0
    failed_nodes: int = 0
    total_nodes: int = 0
    events: list[Row] = field(default_factory=list)

    @property
    def id(self) -> str:
        return demo_id("workflow_execution", self.number)


def model_at(wish: str, at: int) -> tuple[str, str, str]:
    """Return provider, name asked for and name that answers for a workflow's wish at an instant."""
    if wish == "gemini-1.5-flash" and at >= GEMINI_FROM:
        return "google", wish, "gemini-1.5-flash-002"
    if wish == "claude-3-haiku":
        return "anthropic", wish, "claude-3-haiku-20240307"
    if wish != "gpt-4o" and at >= MINI_FROM:
        return "openai", "gpt-4o-mini", "gpt-4o-mini-2024-07-18"
    snapshot = "gpt-4o-2024-08-06" if at >= GPT_4O_MOVED else "gpt-4o-2024-05-13"
    return "openai", "gpt-4o", snapshot


def gateway_cost(model: str, plain: int, read: int, written: int, output: int) -> Decimal:
    """Return what the gateway says that disjoint token counts cost, USD, exact."""
    counts = (plain, read, written, output)
    prices = map(Decimal, GATEWAY_PRICES[model])
    return sum((n * price for n, price in zip(counts, prices, strict=True)), Decimal(0)) / 1_000_000


def plain_text(value: Decimal) -> str:
    """Return a decimal without exponent and trailing zeros."""
    return f"{value.normalize():f}"


class RuntimeGenerator:
    """Draws the runs of workflows and their calls, exactly `rows` of them."""

    def __init__(self, users: list[User], rows: int) -> None:
        self.users = users
        self.rows = rows
        self.rng = draws("runtime")
        self.executions: list[Execution] = []
        self.made = 0
        self.unknown_every = max(20, rows // 12)

    @cached_property
    def events(self) -> list[Row]:
        """All events, in order of their end."""
        rows = [row for execution in self.executions for row in execution.events]
        return sorted(rows, key=lambda row: (row["ended_at"], row["event_id"]))

    def run(self) -> None:
        """Draw every day's runs; one in twelve is stopped before it calls an LLM."""
        weights = [
            WEEKDAYS[(FIRST_DAY + timedelta(days=day)).weekday()] * (DAYS + 2 * day)
            for day in range(DAYS)
        ]
        left = 0
        for day, budget in enumerate(spread(self.rows, weights)):
            left += budget
            start = us_of_day(FIRST_DAY + timedelta(days=day))
            while left > 0:
                execution = self.start(start)
                if self.rng.random() < 1 / 12:
                    execution.total_nodes = execution.workflow.nodes
                    execution.ended = execution.started + 2 * SECOND
                else:
                    left -= self.execute(execution, left)
        self.executions.sort(key=lambda execution: (execution.started, execution.number))

    def start(self, start: int) -> Execution:
        """Start one run on the day that begins at `start`."""
        rng = self.rng
        workflow = WORKFLOWS[pick(rng, [workflow.share for workflow in WORKFLOWS])]
        home = WORKSPACES[workflow.workspace]
        hour = workflow.hour
        user = self.users[workflow.owner]
        if hour is None:
            hour = (9 + int(rng.random() * 8) - TENANTS[home.tenant].offset) % 24
            colleagues = [
                each
                for each in self.users
                if workflow.workspace in each.workspaces and each.joined <= start < each.stops
            ]
            user = colleagues[int(rng.random() ** 2 * len(colleagues))]
        at = start + hour * HOUR + int(rng.random() * 50 * MINUTE)
        execution = Execution(len(self.executions), workflow, user, at)
        self.executions.append(execution)
        return execution

    def execute(self, execution: Execution, room: int) -> int:
        """Make the calls of one run, one a node and a second where the first fails."""
        rng, workflow = self.rng, execution.workflow
        nodes = max(1, min(room, workflow.nodes + int(rng.random() * 4) - 1))
        at = execution.started + 400_000
        made = 0
        for node in range(nodes):
            if made >= room:
                break
            wish = workflow.llms[node % len(workflow.llms)]
            failure = rng.random()
            event_id = f"{execution.id}-{node}"
            execution.total_nodes += 1
            if failure < 0.02:
                at = self.event(execution, event_id, 1, wish, at, failed=True)
                made += 1
                if made >= room or failure < 0.004:
                    execution.failed_nodes += 1
                    break
                at = self.event(execution, event_id, 2, wish, at + 600_000, failed=False)
            else:
                at = self.event(execution, event_id, 1, wish, at, failed=False)
            made += 1
        execution.ended = at + 250_000
        return made

    def event(
        self, execution: Execution, event_id: str, attempt: int, wish: str, at: int, *, failed: bool
    ) -> int:
        """Add one call that starts at `at` and return its end."""
        rng, workflow = self.rng, execution.workflow
        self.made += 1
        provider, asked, answered = model_at(wish, at)
        if self.made % self.unknown_every == 0:
            provider, asked, answered = "openai", UNKNOWN_MODEL, UNKNOWN_MODEL
        agent, home = AGENTS[workflow.agent], WORKSPACES[workflow.workspace]
        known = asked != UNKNOWN_MODEL
        fresh = 40 + log_normal(rng, 400 if known else 60, 0.8)
        output = 0 if failed else 1 + log_normal(rng, 180 if known else 30, 0.7)
        read, written = self.cached(provider if known else "", workflow.nodes, at)
        first_token = 200 + int(rng.random() * 500)
        latency = first_token + output * (7 + int(rng.random() * 9)) if output else first_token
        started = at + int(rng.random() * 900)
        ended = started + latency * 1_000
        own_key = execution.user.uses_own_key(provider, at)
        exclusive = provider == "anthropic"
        searches = 0
        if workflow.number == 1 and asked == "gpt-4o" and at >= SEARCH_FROM and not failed:
            searches = int(rng.random() * 1.4) * (1 + int(rng.random() * 3))
        reports = known and not failed and not searches and rng.random() < 0.7
        cost = gateway_cost(answered, fresh, read, written, output) if reports else Decimal(0)
        streams = workflow.hour is None and rng.random() < 0.6
        by_clock = workflow.hour is not None and rng.random() < 0.1
        tags = {"feature": workflow.name.lower().replace(" ", "_"), "team": home.key}
        execution.events.append(
            {
                "event_id": event_id,
                "source_instance": INSTANCE,
                "attempt_number": attempt,
                "started_at": started,
                "ended_at": ended,
                "source_updated_at": ended,
                "provider_name": provider,
                "request_model": asked,
                "response_model": None if failed else answered,
                "service_tier": "default" if provider == "openai" else None,
                "region": None,
                "environment": agent.environment,
                "input_tokens": fresh if exclusive else fresh + read + written,
                "input_semantics": "exclusive" if exclusive else "inclusive",
                "cache_read_input_tokens": read,
                "cache_write_5m_input_tokens": written,
                "cache_write_1h_input_tokens": None,
                "audio_input_tokens": None,
                "output_tokens": output,
                "reasoning_output_tokens": None,
                "audio_output_tokens": None,
                "other_meters": json.dumps({"web_search": searches}) if searches else None,
                "tenant_id": TENANTS[home.tenant].id,
                "workspace_id": home.id,
                "user_id": None if by_clock else execution.user.id,
                "agent_id": agent.id,
                "conversation_id": None,
                "message_id": None,
                "workflow_execution_id": execution.id,
                "api_key_ref": f"key-of-{home.key}",
                "credential_owner": "customer" if own_key else "platform",
                "status": "error" if failed else "success",
                "is_stream": streams,
                "response_cache_hit": False,
                "latency_ms": latency,
                "time_to_first_token_ms": first_token if output else None,
                "reported_cost": plain_text(Decimal(0) if own_key else cost) if reports else None,
                "reported_currency": "USD" if reports else None,
                "reported_cost_kind": "gateway" if reports else None,
                "tags": json.dumps(tags),
            }
        )
        return ended

    def cached(self, provider: str, nodes: int, at: int) -> tuple[int, int]:
        """Draw how many input tokens are read from a prompt cache and how many are written."""
        rng = self.rng
        size, is_hit = 128 * (8 + int(rng.random() * 6 * nodes)), rng.random() < 0.65
        if provider == "anthropic" and at >= ANTHROPIC_CACHE_FROM:
            return (size, 0) if is_hit else (0, size)
        if provider == "openai" and at >= OPENAI_CACHE_FROM:
            return (size, 0) if is_hit else (0, 0)
        if provider == "google" and is_hit:
            return size, 0
        return 0, 0


def execution_rows(executions: list[Execution], since: int, until: int) -> list[Row]:
    """Return the `workflow_executions` that ended within a load's window."""
    rows = []
    for execution in executions:
        if not since <= execution.ended < until:
            continue
        workflow = execution.workflow
        status = "completed" if execution.events else "cancelled"
        if execution.failed_nodes:
            status = "failed"
        done = execution.total_nodes - execution.failed_nodes if execution.events else 0
        rows.append(
            {
                "id": execution.id,
                "execution_id": f"run-{execution.number + 1:05d}",
                "workflow_id": workflow.id,
                "user_id": execution.user.id,
                "tenant_id": TENANTS[WORKSPACES[workflow.workspace].tenant].id,
                "status": status,
                "priority": "normal",
                "input_data": '{"query": "the patient file of case 1047"}',
                "output_data": '{"summary": "confidential findings of the run"}',
                "total_nodes": execution.total_nodes,
                "completed_nodes": done,
                "failed_nodes": execution.failed_nodes,
                "started_at": execution.started,
                "completed_at": execution.ended,
                "estimated_duration": float(workflow.nodes * 3),
                "actual_duration": (execution.ended - execution.started) / SECOND,
                "error_message": "provider refused the call" if status == "failed" else None,
                "retry_count": sum(row["attempt_number"] > 1 for row in execution.events),
                "execution_metadata": '{"trigger": "a clock or a person"}',
                "created_at": execution.started,
                "updated_at": execution.ended,
            }
        )
    return rows


def usage_of_workflow(executions: list[Execution], workflow: int, until: int) -> tuple[int, int]:
    """Return how often a workflow had run before an instant, and when last (0: never)."""
    ends = [each.ended for each in executions if each.workflow.number == workflow]
    ends = [end for end in ends if end < until]
    return len(ends), max(ends, default=0)
