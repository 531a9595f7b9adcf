"""What people do in the application: conversations, messages, feedback, tags, page views.

Instants are microseconds since 1970-01-01T00:00Z, costs USD as the application's binary floats.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from demo_data.usage import (
    Call,
    Conversation,
    Turn,
    answer_id,
    conversation_id,
    place_id,
    usage_log_id,
)
from demo_data.world import (
    AGENTS,
    DAY,
    END,
    LLMS,
    MINUTE,
    SECOND,
    TENANTS,
    demo_id,
    draws,
    iso,
)

Row = dict[str, Any]
ARCHIVED_AFTER = 60 * DAY
# Texts as people write them; none of them may ever leave the raw files' unloaded columns.
QUESTIONS = (
    "Please summarise the confidential term sheet for Project Falcon",
    "Draft a reply to the landlord about my late rent",
    "Why does my daughter's blood test show low ferritin",
    "Rewrite this performance review so that it sounds kinder",
    "Translate the custody agreement into plain English",
    "Find the bug in the payroll export of the Lisbon office",
    "Compare the three acquisition offers in the attached memo",
    "Write a speech for my father's seventieth birthday",
    "Explain the side effects listed in the trial protocol",
    "Turn these salary figures into a table by team",
)
ANSWERS = (
    "Here is a short summary of what you shared",
    "I would suggest the following wording instead",
    "The figures you pasted add up differently",
    "There are three points to watch in this document",
    "Below is the corrected version of your text",
)
FEEDBACK_TEXTS = ("Saved me an hour before the board call", "Wrong about my diagnosis, be careful")
FEEDBACK_CATEGORIES = ("helpful", "accurate", "creative", "inaccurate", "too_long")
TAG_NAMES = (
    ("project", ("apollo", "borealis", "cascade"), "work"),
    ("topic", ("finance", "legal", "medicine", "code"), "content"),
    ("priority", ("high", "low"), "work"),
    ("reviewed", (None,), "process"),
)
# Addresses that documentation may use: RFC 5737.
NETWORKS = ("203.0.113", "198.51.100")


@dataclass(frozen=True)
class Window:
    """What a load brings: what happened from `since` until before `until`."""

    since: int
    until: int

    def __contains__(self, at: int) -> bool:
        return self.since <= at < self.until


def tenant_id(conversation: Conversation) -> str:
    return TENANTS[conversation.user.tenant].id


def question_id(turn: Turn) -> str:
    return demo_id("question", turn.number)


def usage_log_rows(calls: Iterable[Call], window: Window) -> list[Row]:
    """Return the `usage_logs` written within a window."""
    return [usage_log_row(call) for call in calls if call.created in window]


def usage_log_row(call: Call) -> Row:
    """Return one row of `usage_logs`."""
    turn, llm = call.turn, LLMS[call.llm]
    conversation = turn.conversation
    failed = call.status != "success"
    return {
        "id": usage_log_id(call),
        "message_id": answer_id(turn),
        "user_id": conversation.user.id,
        "conversation_id": conversation_id(conversation),
        "llm_id": llm.id,
        "workspace_id": place_id(conversation) if call.names_workspace else None,
        "tenant_id": tenant_id(conversation),
        "input_tokens": call.input_tokens,
        "output_tokens": call.output_tokens,
        "total_tokens": call.input_tokens + call.output_tokens,
        "cost_usd": call.cost,
        "latency_ms": call.latency_ms,
        "api_status_code": call.code,
        "user_api_key_used": call.own_key,
        "status": call.status,
        "error_message": f"refused for {conversation.user.name}" if failed else None,
        "api_request_payload": f'{{"prompt": "{question(turn)}"}}',
        "api_response_metadata": '{"finish_reason": "error"}' if failed else None,
        "model_settings": '{"temperature": 0.7}',
        "created_at": call.created,
    }


def question(turn: Turn) -> str:
    return f"{QUESTIONS[turn.number * 7 % len(QUESTIONS)]}, part {turn.number}."


def answer(turn: Turn) -> str:
    return f"{ANSWERS[turn.number * 3 % len(ANSWERS)]}, number {turn.number}."


def is_answered(turn: Turn) -> bool:
    return turn.calls[-1].status == "success"


def message_rows(turns: Iterable[Turn], window: Window) -> list[Row]:
    """Return the `messages` written within a window: each turn's question and answer."""
    rows = []
    for turn in turns:
        if turn.asked in window:
            rows.append(message_row(turn, "user", question(turn), turn.asked))
        if turn.answered in window:
            last = turn.calls[-1]
            llm = LLMS[last.llm]
            row = message_row(turn, "assistant", answer(turn), turn.answered)
            row["model_used"], row["model_provider"] = llm.name, llm.provider
            row["tokens_used"] = sum(c.input_tokens + c.output_tokens for c in turn.calls)
            row["processing_time_ms"] = (turn.answered - turn.asked) // 1_000
            row["temperature"], row["max_tokens"] = 0.7, llm.max_output
            if not is_answered(turn):
                row["status"], row["content"] = "error", ""
                row["error_message"] = f"no answer for {turn.conversation.user.name}"
            rows.append(row)
    return rows


def message_row(turn: Turn, role: str, content: str, at: int) -> Row:
    return {
        "id": question_id(turn) if role == "user" else answer_id(turn),
        "conversation_id": conversation_id(turn.conversation),
        "tenant_id": tenant_id(turn.conversation),
        "role": role,
        "content": content,
        "model_used": None,
        "model_provider": None,
        "tokens_used": None,
        "processing_time_ms": None,
        "temperature": None,
        "max_tokens": None,
        "status": "read" if role == "user" else "delivered",
        "error_message": None,
        "created_at": at,
        "updated_at": at,
    }


def conversation_rows(conversations: Iterable[Conversation], window: Window) -> list[Row]:
    """Return the `conversations` that changed within a window, as they stand at its end."""
    rows = []
    for conversation in conversations:
        asked = [turn for turn in conversation.turns if turn.asked < window.until]
        if not asked:
            continue
        answered = [turn for turn in asked if turn.answered < window.until]
        last = max(turn.asked for turn in asked)
        last = max([last, *(turn.answered for turn in answered)])
        archived = last + ARCHIVED_AFTER
        is_archived = conversation.number % 5 == 0 and archived < window.until
        changed = archived if is_archived else last
        if changed not in window:
            continue
        rows.append(
            {
                "id": conversation_id(conversation),
                "user_id": conversation.user.id,
                "agent_id": None if conversation.agent is None else AGENTS[conversation.agent].id,
                "workspace_id": place_id(conversation),
                "tenant_id": tenant_id(conversation),
                "title": question(conversation.turns[0]),
                "status": "archived" if is_archived else "active",
                "message_count": len(asked) + len(answered),
                "total_tokens_used": sum(
                    call.input_tokens + call.output_tokens
                    for turn in answered
                    for call in turn.calls
                ),
                "context": f'{{"memory": "{conversation.user.name} is on sick leave"}}',
                "settings": '{"language": "en"}',
                "last_message_at": last,
                "created_at": conversation.created,
                "updated_at": changed,
            }
        )
    return rows


def conversation_llm_rows(conversations: Iterable[Conversation], window: Window) -> list[Row]:
    """Return the `conversation_llms` that changed within a window, summed up to its end."""
    rows = []
    for conversation in conversations:
        by_llm: dict[int, list[Call]] = {}
        for turn in conversation.turns:
            if turn.answered < window.until:
                for call in turn.calls:
                    by_llm.setdefault(call.llm, []).append(call)
        for llm, calls in by_llm.items():
            last = max(call.created for call in calls)
            if last not in window:
                continue
            rows.append(
                {
                    "id": demo_id("conversation_llm", f"{conversation.number}:{llm}"),
                    "conversation_id": conversation_id(conversation),
                    "llm_id": LLMS[llm].id,
                    "tenant_id": tenant_id(conversation),
                    "first_used_at": min(call.created for call in calls),
                    "last_used_at": last,
                    "message_count": sum(call.status == "success" for call in calls),
                    "total_input_tokens": sum(call.input_tokens for call in calls),
                    "total_output_tokens": sum(call.output_tokens for call in calls),
                    "total_cost_usd": sum(call.cost for call in calls),
                }
            )
    return rows


def feedback_rows(turns: list[Turn], window: Window) -> list[Row]:
    """Return the `message_feedbacks` given or changed within a window."""
    rng = draws("feedback")
    rows = []
    for turn in turns:
        wants, kind, minutes, regrets = (rng.random() for _ in range(4))
        if wants > 0.045 or not is_answered(turn):
            continue
        given = turn.answered + SECOND + int(minutes * 30 * MINUTE)
        changed = given + 3 * DAY if regrets < 0.03 else given
        if given >= END or not (given in window or changed in window):
            continue
        is_changed = changed < window.until and changed != given
        is_liked = (kind * 10 % 1 < 0.78) != is_changed
        word, value = ("thumbs_up", 1) if is_liked else ("thumbs_down", -1)
        if kind < 0.3:
            word, value = "star_rating", (4 if is_liked else 1) + int(kind * 100) % 2
        category = FEEDBACK_CATEGORIES[(turn.number + (0 if is_liked else 3)) % 5]
        rows.append(
            {
                "id": demo_id("feedback", turn.number),
                "message_id": answer_id(turn),
                "user_id": turn.conversation.user.id,
                "tenant_id": tenant_id(turn.conversation),
                "rating_type": word,
                "rating_value": value,
                "feedback_text": FEEDBACK_TEXTS[0 if is_liked else 1],
                "feedback_category": category,
                "improvement_suggestions": "Never mention my sister again",
                "is_public": False,
                "feedback_metadata": None,
                "created_at": given,
                "updated_at": changed if is_changed else given,
            }
        )
    return rows


def tag_rows(conversations: list[Conversation], turns: list[Turn], window: Window) -> list[Row]:
    """Return the `tags` set within a window on conversations, messages, users and workspaces."""
    rng = draws("tags")
    rows = []

    def tag(kind: str, target: str, owner: Conversation, at: int, wanted: float) -> None:
        draw, value, automatic = rng.random(), rng.random(), rng.random()
        if draw >= wanted or at not in window or at >= END:
            return
        name, values, category = TAG_NAMES[int(draw / wanted * len(TAG_NAMES))]
        is_automatic = automatic < 0.4
        rows.append(
            {
                "id": demo_id("tag", f"{kind}:{target}:{name}"),
                "target_type": kind,
                "target_id": target,
                "tenant_id": tenant_id(owner),
                "tag_name": name,
                "tag_value": values[int(value * len(values))],
                "tag_category": category,
                "is_system_tag": is_automatic,
                "created_by_user_id": None if is_automatic else owner.user.id,
                "auto_generated": is_automatic,
                "confidence_score": round(automatic * 2, 3) if is_automatic else None,
                "tag_metadata": None,
                "created_at": at,
            }
        )

    users, workspaces = set(), set()
    for conversation in conversations:
        at = conversation.created + 2 * MINUTE
        tag("conversation", conversation_id(conversation), conversation, at, 0.25)
        if conversation.user.number not in users:
            users.add(conversation.user.number)
            tag("user", conversation.user.id, conversation, at, 0.4)
        place = place_id(conversation)
        if place is not None and place not in workspaces:
            workspaces.add(place)
            tag("workspace", place, conversation, at, 1.0)
    for turn in turns:
        tag("message", answer_id(turn), turn.conversation, turn.answered + MINUTE, 0.02)
    return rows


def analytics_rows(conversations: Iterable[Conversation], window: Window) -> list[Row]:
    """Return the `analytics_events` of a window: what the browser told when a chat was opened."""
    rng = draws("analytics")
    rows = []
    for conversation in conversations:
        draw, user, at = rng.random(), conversation.user, conversation.created - 9 * SECOND
        if draw > 0.4 or at not in window:
            continue
        kind = ("page_view", "chat_opened", "login", "search")[int(draw * 10)]
        tenant = TENANTS[user.tenant]
        rows.append(
            {
                "id": demo_id("analytics_row", conversation.number),
                "event_id": demo_id("analytics", conversation.number),
                "event_type": kind,
                "category": "navigation",
                "action": "open",
                "label": f"{user.name} opened the app",
                "user_id": user.id,
                "session_id": f"session-{conversation.number}",
                "anonymous_id": demo_id("visitor", user.number),
                "ip_address": ip_address(user.number),
                "user_agent": f"Mozilla/5.0 (build {user.number})",
                "referrer": "https://intranet.example/people/private",
                "page_url": f"https://app.example/chat?at={iso(at)}",
                "properties": '{"screen": "1920x1080"}',
                "value": 1.0,
                "workspace_id": place_id(conversation),
                "tenant_id": tenant.id,
                "project_id": None,
                "workflow_id": None,
                "country": "US" if user.tenant == 0 else "DE",
                "region": "New York" if user.tenant == 0 else "Hamburg",
                "city": "Brooklyn Heights" if user.tenant == 0 else "Altona",
                "timezone": tenant.timezone,
                "device_type": ("desktop", "mobile")[user.number % 2],
                "os": ("macOS", "Windows", "Android")[user.number % 3],
                "browser": ("Firefox", "Chrome")[user.number % 2],
                "timestamp": at,
                "created_at": at,
            }
        )
    return rows


def ip_address(user: int) -> str:
    return f"{NETWORKS[user % 2]}.{10 + user}"
