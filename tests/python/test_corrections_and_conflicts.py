"""What a version of an attempt does to what was received before it.

All histories go into one build: some told by hand, many drawn at random and judged by an oracle
that plays the batches one by one, as a person would.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.project import PINNED, Project, utc

FIRST, SECOND, THIRD = (utc(f"2026-11-{day:02d}T06:00:00") for day in (3, 4, 5))
EARLY, LATE = utc("2026-11-02T10:00:00"), utc("2026-11-02T11:00:00")


def version(event_id: str, output_tokens: int = 10, **columns: Any) -> dict[str, Any]:
    """Return a call of gpt-4o with 100 input tokens: 0.00025 USD and 0.00001 per output token."""
    return {
        "event_id": event_id,
        "started_at": utc("2026-11-02T09:00:00"),
        "provider_name": "openai",
        "request_model": "gpt-4o",
        "input_tokens": 100,
        "output_tokens": output_tokens,
        "workspace_id": event_id,
    } | columns


# Each file that arrived, by the instant it was loaded.
RECEIVED: dict[datetime, list[dict[str, Any]]] = {
    FIRST: [
        version("replayed"),
        version("replayed-in-another-zone"),
        version("twice-in-one-file"),
        version("twice-in-one-file"),
        version("corrected-by-source-clock", 10, source_updated_at=EARLY),
        version("corrected-without-clock", 10),
        version("corrected-at-the-same-clock", 10, source_updated_at=EARLY),
        version("earlier-payload-returns", 10),
        version("older-comes-late", 20, source_updated_at=LATE),
        version("undated-comes-late", 20, source_updated_at=EARLY),
        version("two-versions-in-one-file", 20, source_updated_at=LATE),
        version("two-versions-in-one-file", 10, source_updated_at=EARLY),
        version("conflict", 10),
        version("conflict", 20),
        version("conflict-after-accepted", 5),
        version("conflict-mended", 10),
        version("conflict-mended", 20),
        version("bad-newest", 10),
        version("bad-mended", -1),
        version("moved-to-another-day", 10),
        version("same-id-in-two-instances", 10, source_instance="eu"),
        version("same-id-in-two-instances", 20, source_instance="us"),
        version("same-id-two-attempts", 10, attempt_number=1),
        version("same-id-two-attempts", 20, attempt_number=2),
    ],
    SECOND: [
        version("replayed"),
        version("replayed-in-another-zone", started_at="2026-11-02T11:00:00+02:00"),
        version("corrected-by-source-clock", 20, source_updated_at=LATE),
        version("corrected-without-clock", 20),
        version("corrected-at-the-same-clock", 20, source_updated_at=EARLY),
        version("earlier-payload-returns", 20),
        version("older-comes-late", 10, source_updated_at=EARLY),
        version("undated-comes-late", 10),
        version("conflict-after-accepted", 10),
        version("conflict-after-accepted", 20),
        version("conflict-mended", 30),
        version("bad-newest", -1),
        version("bad-mended", 10),
        version("moved-to-another-day", 10, started_at=utc("2026-10-31T09:00:00")),
    ],
    THIRD: [
        version("earlier-payload-returns", 10),
        version("replayed"),
    ],
}

# Event -> output tokens in the fact, duplicates, first load; None where nothing is accepted.
ACCEPTED: dict[str, tuple[int, int, datetime] | None] = {
    "replayed": (10, 2, FIRST),
    "replayed-in-another-zone": (10, 1, FIRST),
    "twice-in-one-file": (10, 1, FIRST),
    "corrected-by-source-clock": (20, 0, FIRST),
    "corrected-without-clock": (20, 0, FIRST),
    "corrected-at-the-same-clock": (20, 0, FIRST),
    "earlier-payload-returns": (10, 0, FIRST),
    "older-comes-late": (20, 0, FIRST),
    "undated-comes-late": (20, 0, FIRST),
    "two-versions-in-one-file": (20, 0, FIRST),
    "conflict": None,
    "conflict-after-accepted": (5, 0, FIRST),
    "conflict-mended": (30, 0, SECOND),
    "bad-newest": (10, 0, FIRST),
    "bad-mended": (10, 0, SECOND),
    "moved-to-another-day": (10, 0, FIRST),
}
REFUSED: dict[str, Counter[tuple[str, str]]] = {
    "conflict": Counter({("conflicting_versions", "10"): 1, ("conflicting_versions", "20"): 1}),
    "conflict-after-accepted": Counter(
        {("conflicting_versions", "10"): 1, ("conflicting_versions", "20"): 1}
    ),
    "conflict-mended": Counter(
        {("conflicting_versions", "10"): 1, ("conflicting_versions", "20"): 1}
    ),
    "bad-newest": Counter({("negative_tokens", "-1"): 1}),
    "bad-mended": Counter({("negative_tokens", "-1"): 1}),
}

# ---- histories drawn at random ------------------------------------------------------------------

BATCHES = {
    "drawn_a": utc("2026-11-10T00:00:00"),
    # Two batches of one instant: their ids order them.
    "drawn_b": utc("2026-11-11T00:00:00"),
    "drawn_c": utc("2026-11-11T00:00:00"),
    "drawn_d": utc("2026-11-12T00:00:00"),
}
PAYLOADS: list[dict[str, Any]] = [
    {"output_tokens": 1},
    {"output_tokens": 2},
    {"output_tokens": 3, "started_at": utc("2026-11-01T00:00:00")},
    {"output_tokens": -4},
    {"output_tokens": 60_000_000},
]
REASON = {3: "negative_tokens", 4: "absurd_tokens"}


@dataclass(frozen=True)
class Row:
    """One received row of an attempt: its batch, the source's clock, an index of `PAYLOADS`."""

    batch_id: str
    source_updated_at: datetime | None
    payload: int


@dataclass(frozen=True)
class Verdict:
    """What must stand in the warehouse for one attempt."""

    payload: int | None
    duplicates: int
    first_loaded_at: datetime | None
    refused: frozenset[tuple[tuple[str, int], int]]


def clock(row: Row) -> tuple[bool, datetime]:
    """Order of the source's clock: a row without one is the oldest."""
    return row.source_updated_at is not None, row.source_updated_at or EARLY


def oracle(rows: list[Row]) -> Verdict:
    """Judge one attempt's rows by playing its batches in the order in which they arrived."""
    newest: Row | None = None
    accepted: list[Row] = []
    refused: Counter[tuple[str, int]] = Counter()
    for batch_id in BATCHES:
        claims: dict[datetime | None, list[Row]] = defaultdict(list)
        for row in rows:
            if row.batch_id == batch_id:
                claims[row.source_updated_at].append(row)
        for claim in claims.values():
            disputed = len({row.payload for row in claim}) > 1
            for row in claim:
                if row.payload in REASON:
                    refused[REASON[row.payload], row.payload] += 1
                elif disputed:
                    refused["conflicting_versions", row.payload] += 1
                else:
                    accepted.append(row)
                    if newest is None or clock(row) >= clock(newest):
                        newest = row
    # A duplicate repeats what the same clock said last, whenever it arrived.
    said: dict[datetime | None, int] = {}
    duplicates = 0
    for row in accepted:
        duplicates += said.get(row.source_updated_at) == row.payload
        said[row.source_updated_at] = row.payload
    return Verdict(
        payload=newest.payload if newest else None,
        duplicates=duplicates,
        first_loaded_at=min((BATCHES[row.batch_id] for row in accepted), default=None),
        refused=frozenset(refused.items()),
    )


def draw_histories(count: int) -> list[list[Row]]:
    """Draw random histories, the same on every run."""
    drawn: list[list[Row]] = []
    row = st.builds(
        Row,
        batch_id=st.sampled_from(list(BATCHES)),
        source_updated_at=st.sampled_from([None, EARLY, LATE]),
        # Good payloads more often than bad ones.
        payload=st.sampled_from([0, 0, 1, 1, 2, 3, 4]),
    )

    @settings(max_examples=count, suppress_health_check=list(HealthCheck), database=None)
    @given(st.lists(row, min_size=1, max_size=7))
    def collect(rows: list[Row]) -> None:
        drawn.append(rows)

    collect()
    return drawn


@dataclass(frozen=True)
class Built:
    """The built project and the histories that went into it."""

    project: Project
    histories: Mapping[str, list[Row]]


@pytest.fixture(scope="module")
def built(make_project: Callable[..., Project]) -> Built:
    project = make_project("corrections", vars=PINNED)
    for number, (loaded_at, rows) in enumerate(RECEIVED.items()):
        project.write_batch(rows, batch_id=f"told_{number}", loaded_at=loaded_at)
    histories = {f"drawn-{n:04d}": rows for n, rows in enumerate(draw_histories(500))}
    for batch_id, loaded_at in BATCHES.items():
        project.write_batch(
            [
                version(event_id, source_updated_at=row.source_updated_at) | PAYLOADS[row.payload]
                for event_id, rows in histories.items()
                for row in rows
                if row.batch_id == batch_id
            ],
            batch_id=batch_id,
            loaded_at=loaded_at,
        )
    project.build(all_tests=True)
    return Built(project, histories)


# How often the version that counts, or one before it, was received again.
DUPLICATES = (
    "(select count(*) from intermediate.int_llm_usage_judged as judged"
    " where judged.usage_key = facts.usage_key and version_status = 'duplicate')"
)


def accepted_versions(project: Project) -> dict[str, dict[str, Any]]:
    """Return the fact's rows by event; fails where an event has more than one."""
    rows = project.records(
        f"select event_id, output_tokens, {DUPLICATES} as duplicates, list_cost, usage_date,"
        " first_loaded_at at time zone 'UTC' as first_loaded_at from marts.fct_llm_usage as facts"
        " where event_id not like 'same-id-%'"
    )
    found = {row["event_id"]: row for row in rows}
    assert len(found) == len(rows)
    return found


def refused_versions(project: Project) -> dict[str, Counter[tuple[str, str]]]:
    """Return reason and output tokens, as text, of the refused rows by event."""
    found: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for record_id, reason, output_tokens in project.query(
        "select source_record_id, rejection_reason, reported_output_tokens"
        " from marts.rejected_llm_usage"
    ):
        found[record_id.removesuffix("#1")][reason, output_tokens] += 1
    return found


@pytest.mark.parametrize("event_id", ACCEPTED)
def test_each_history_ends_as_told(built: Built, event_id: str) -> None:
    found = accepted_versions(built.project).get(event_id)
    expected = ACCEPTED[event_id]
    if expected is None:
        assert found is None
    else:
        assert found is not None
        assert (
            found["output_tokens"],
            found["duplicates"],
            found["first_loaded_at"],
        ) == expected
        assert found["list_cost"] == Decimal("0.00025") + expected[0] * Decimal("0.00001")
    assert refused_versions(built.project).get(event_id, Counter()) == REFUSED.get(
        event_id, Counter()
    )


def test_a_moved_attempt_leaves_its_old_day(built: Built) -> None:
    assert built.project.query(
        "select usage_date::varchar, sum(requests), sum(output_tokens)"
        " from marts.fct_llm_usage_daily where workspace_id = 'moved-to-another-day' group by 1"
    ) == [("2026-10-31", 1, 10)]


def test_one_id_in_two_instances_or_attempts_is_two_calls(built: Built) -> None:
    assert built.project.query(
        f"select event_id, source_instance, attempt_number, output_tokens, {DUPLICATES}"
        " from marts.fct_llm_usage as facts where event_id like 'same-id-%' order by 1, 2, 3"
    ) == [
        ("same-id-in-two-instances", "eu", 1, 10, 0),
        ("same-id-in-two-instances", "us", 1, 20, 0),
        ("same-id-two-attempts", "default", 1, 10, 0),
        ("same-id-two-attempts", "default", 2, 20, 0),
    ]


def test_the_drawn_histories_reach_every_rule(built: Built) -> None:
    verdicts = [oracle(rows) for rows in built.histories.values()]
    reasons = {reason for verdict in verdicts for (reason, _), _ in verdict.refused}
    assert reasons == {"conflicting_versions", *REASON.values()}
    assert sum(verdict.payload is None for verdict in verdicts) > 20
    assert sum(verdict.duplicates > 0 for verdict in verdicts) > 20
    assert sum(verdict.payload is not None and bool(verdict.refused) for verdict in verdicts) > 20


def test_every_drawn_history_ends_as_the_oracle_says(built: Built) -> None:
    accepted, refused = accepted_versions(built.project), refused_versions(built.project)
    wrong = []
    for event_id, rows in built.histories.items():
        row = accepted.get(event_id)
        output_tokens = [payload["output_tokens"] for payload in PAYLOADS]
        found = Verdict(
            payload=output_tokens.index(row["output_tokens"]) if row else None,
            duplicates=row["duplicates"] if row else 0,
            first_loaded_at=row["first_loaded_at"] if row else None,
            refused=frozenset(
                ((reason, output_tokens.index(int(tokens))), count)
                for (reason, tokens), count in refused.get(event_id, Counter()).items()
            ),
        )
        if found != oracle(rows):
            wrong.append((event_id, rows, oracle(rows), found))
    assert not wrong, f"{len(wrong)} of {len(built.histories)}, the first: {wrong[0]}"
