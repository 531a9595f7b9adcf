"""Which dates a run computes again, and what `usage_restatements` says of it, told by hand.

One story of a warehouse, run after run. A call of gpt-4o with 100 input and 10 output tokens costs
100 × 0.0000025 + 10 × 0.00001 = 0.00035 USD.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from support.dbt_process import DbtProcess
from support.project import PINNED, Project, utc

CALL = Decimal("0.00035")


def call(event_id: str, day: str, model: str = "gpt-4o", **columns: Any) -> dict[str, Any]:
    """Return a call of 100 input and 10 output tokens on a day of 2026."""
    return {
        "event_id": event_id,
        "started_at": utc(f"2026-{day}T09:00:00"),
        "provider_name": "openai",
        "request_model": model,
        "input_tokens": 100,
        "output_tokens": 10,
        "workspace_id": "w",
    } | columns


@dataclass
class Story:
    """A project copy, and after each run what that run computed and wrote down."""

    project: Project
    dbt: DbtProcess
    runs: int = 0
    told: list[dict[str, Any]] = field(default_factory=list)
    # Days that the last run computed again, with the reason it gave.
    restated: dict[str, str] = field(default_factory=dict)

    def run(self, *rows: dict[str, Any], arguments: tuple[str, ...] = ()) -> None:
        """Load rows, if any, as one file, and build."""
        self.runs += 1
        if rows:
            self.project.load(list(rows), loaded_at=utc(f"2026-10-{self.runs:02d}T00:00:00"))
        self.build(*arguments)

    def build(self, *arguments: str) -> None:
        known = len(self.told)
        self.dbt.build(*arguments)
        stamps = self.project.query(
            "select max(restated_at) from marts.fct_llm_usage"
            " union all select max(restated_at) from marts.usage_restatements"
        )
        written = self.project.records(
            "select usage_date::varchar as day, restatement_reason as reason, requests_delta,"
            " list_cost_before, list_cost_after, priced_components_cost_delta, restated_at"
            " from marts.usage_restatements order by restated_at, usage_date"
        )
        assert stamps
        self.told = written
        self.restated = {row["day"][5:]: row["reason"] for row in written[known:]}

    def deltas(self) -> dict[str, tuple[int, Decimal]]:
        """Return requests and known cost that the last run added to each day it computed."""
        return {
            row["day"][5:]: (row["requests_delta"], row["priced_components_cost_delta"].normalize())
            for row in self.told[len(self.told) - len(self.restated) :]
        }

    def stamps(self, mart: str, date: str) -> dict[str, Any]:
        """Return when each date or month of a mart was computed."""
        return dict(
            self.project.query(
                f"select {date}::varchar, max(restated_at) from marts.{mart} group by 1"
            )
        )


@pytest.fixture(scope="module")
def story(make_project: Callable[..., Project]) -> Story:
    project = make_project("restatement", vars=PINNED)
    dbt = DbtProcess(project)
    story = Story(project, dbt)
    story.run(call("a", "03-10"), call("b", "03-11"), call("c", "04-20"), call("d", "05-05", "o3"))
    return story


# The tests below are one story and run in this order.


def test_a_first_build_writes_every_date_down(story: Story) -> None:
    assert story.restated == dict.fromkeys(("03-10", "03-11", "04-20", "05-05"), "first_build")
    assert story.deltas()["03-10"] == (1, CALL)


def test_a_run_without_anything_new_computes_nothing(story: Story) -> None:
    before = story.stamps("fct_llm_usage", "usage_date")
    story.run()
    assert story.restated == {}
    assert story.stamps("fct_llm_usage", "usage_date") == before


def test_a_new_day_and_a_replay_compute_the_new_day_alone(story: Story) -> None:
    before = story.stamps("cost_per_token", "usage_month")
    story.run(call("e", "05-06"), call("a", "03-10"))
    assert story.restated == {"05-06": "new_usage"}
    after = story.stamps("cost_per_token", "usage_month")
    assert {month for month in after if after[month] != before.get(month)} == {"2026-05-01"}


def test_a_correction_that_moves_computes_the_day_it_leaves_too(story: Story) -> None:
    story.run(call("b", "03-12", output_tokens=110))
    assert story.restated == dict.fromkeys(("03-11", "03-12"), "corrected_usage")
    assert story.deltas() == {"03-11": (-1, -CALL), "03-12": (1, CALL + 100 * Decimal("0.00001"))}
    assert story.project.query(
        "select usage_date::varchar from marts.fct_llm_usage where event_id = 'b'"
    ) == [("2026-03-12",)]


def test_a_version_older_than_the_one_that_counts_computes_nothing(story: Story) -> None:
    story.run(call("c", "04-20", output_tokens=20, source_updated_at=utc("2026-04-21T00:00:00")))
    assert story.restated == {"04-20": "corrected_usage"}
    story.run(call("c", "04-20", output_tokens=30, source_updated_at=utc("2026-04-20T12:00:00")))
    assert story.restated == {}


def test_a_refused_version_leaves_the_day_and_its_mend_computes_it(story: Story) -> None:
    story.run(call("a", "03-10", output_tokens=-1))
    assert story.restated == {}
    assert story.project.query("select count(*) from marts.rejected_llm_usage") == [(1,)]
    story.run(call("a", "03-10", output_tokens=20))
    assert story.restated == {"03-10": "corrected_usage"}


def test_a_corrected_price_computes_the_days_it_prices(story: Story) -> None:
    before = story.project.query("select list_cost from marts.fct_llm_usage where event_id = 'd'")
    story.project.correct_price(Decimal("0.0001"), revision=2)
    story.run()
    assert story.restated == {"05-05": "price_changed"}
    after = story.project.query("select list_cost from marts.fct_llm_usage where event_id = 'd'")
    assert after[0][0] - before[0][0] == story.deltas()["05-05"][1] != 0


def test_a_name_that_is_known_later_prices_the_days_it_was_used(story: Story) -> None:
    story.run(call("f", "02-01", "nobody-knows-it"))
    assert story.project.query(
        "select list_cost from marts.fct_llm_usage where event_id = 'f'"
    ) == [(None,)]
    alias = {
        "provider_id": "openai", "model_name": "nobody-knows-it", "model_id": "gpt-4o",
        "valid_from": "1970-01-01 00:00:00", "source": "curated", "source_ref": "a test",
    }  # fmt: skip
    story.project.append_to_seed("llm_model_aliases", [alias])
    story.run()
    assert story.restated == {"02-01": "name_changed"}
    assert story.deltas() == {"02-01": (0, CALL)}


def test_a_requested_date_is_computed_whatever_has_changed(story: Story) -> None:
    story.dbt = DbtProcess(story.project, {"restate_dates": ["2026-03-10"]})
    story.run()
    assert story.restated == {"03-10": "requested"}
    assert story.deltas() == {"03-10": (0, Decimal(0))}


def test_a_batch_that_is_gone_takes_its_usage_with_it(story: Story) -> None:
    story.dbt = DbtProcess(story.project)
    (batch,) = story.project.query("select batch_id from marts.fct_llm_usage where event_id = 'e'")
    for file in story.project.raw_dir.rglob(f"*{batch[0]}.parquet"):
        file.unlink()
    story.run()
    assert story.restated["05-06"] == "removed_batch"
    assert story.deltas()["05-06"] == (-1, -CALL)
    assert story.project.query(
        "select count(*) from marts.fct_llm_usage_daily where usage_date = date '2026-05-06'"
    ) == [(0,)]


def test_a_full_refresh_keeps_what_was_written_down(story: Story) -> None:
    written = story.told
    story.run(arguments=("--full-refresh",))
    assert story.told[: len(written)] == written
    assert set(story.restated.values()) == {"full_refresh"}
    assert {delta for _, delta in story.deltas().values()} == {Decimal(0)}


@pytest.mark.parametrize(
    ("rule", "value", "effect", "expected"),
    [
        (
            "reporting_timezone",
            "Pacific/Honolulu",
            "select count(*) from marts.fct_llm_usage where reporting_date < usage_date",
            "select count(*) from marts.fct_llm_usage",
        ),
        (
            "earliest_usage_date",
            "2026-04-01",
            "select min(usage_date) from marts.fct_llm_usage_daily",
            "select date '2026-04-20'",
        ),
        ("max_tokens_per_request", 50, "select count(*) from marts.fct_llm_usage", "select 0"),
    ],
)
def test_a_rule_that_changes_computes_every_date(
    story: Story, rule: str, value: Any, effect: str, expected: str
) -> None:
    story.dbt = DbtProcess(story.project)
    story.run()
    days = {day[5:] for day in story.stamps("fct_llm_usage_daily", "usage_date")}
    assert len(days) > 3
    story.dbt = DbtProcess(story.project, {rule: value})
    story.run()
    assert story.project.query(effect) == story.project.query(expected)
    assert story.restated == dict.fromkeys(days, "changed_rules")
