"""Recorded responses of providers cost what genai-prices said of them in August 2026.

The publisher's file has the usage that the package read out of each body and the price of its input
and output tokens, without fees per call. A body is priced for its own provider only: the file also
prices it for others that sell the same model.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from support.known_disagreements import Answer, known_disagreements, no_longer_needed, unexplained
from support.priced_events import price_events
from support.project import PINNED, Project

DISAGREEMENTS = known_disagreements("recorded_responses")
# A Saturday, when DeepSeek has no peak; before the price changes of 2026-08-17 and 2026-08-21.
PRICED_AT = "2026-08-15T12:00:00+00:00"
# The file of a recording names the host, else the maker of the model answered.
HOSTS = {
    "bedrock": "aws",
    "azure": "azure",
    "openrouter": "openrouter",
    "groq": "groq",
    "cerebras": "cerebras",
    "huggingface": None,
    "ovh": None,
    "zai": None,
}
MAKERS = {
    "claude": "anthropic",
    "gpt": "openai",
    "o1": "openai",
    "o3": "openai",
    "o4": "openai",
    "text-embedding": "openai",
    "gemini": "google",
    "mistral": "mistral",
    "magistral": "mistral",
    "deepseek": "deepseek",
}


def own_provider(file: str, model: str) -> str | None:
    """Return who answered; None for providers that the seeds do not have."""
    for host, provider in HOSTS.items():
        if host in file.lower():
            return provider
    return next((provider for maker, provider in MAKERS.items() if model.startswith(maker)), None)


def request(usage: dict[str, int]) -> dict[str, Any]:
    """Return the package's usage, whose tokens are inclusive, as columns of an event."""
    images = usage.get("output_image_tokens", 0)
    cached_audio = usage.get("cache_audio_read_tokens", 0)
    return {
        "input_tokens": usage.get("input_tokens", 0) - cached_audio,
        "cache_read_input_tokens": usage.get("cache_read_tokens", 0) - cached_audio,
        "cache_write_5m_input_tokens": usage.get("cache_write_tokens", 0),
        "audio_input_tokens": usage.get("input_audio_tokens", 0) - cached_audio,
        "output_tokens": usage.get("output_tokens", 0) - images,
        "reasoning_output_tokens": usage.get("output_reasoning_tokens", 0),
        # Tokens that are meters here.
        "other_meters": {"output_image": images, "cache_read_audio": cached_audio},
    }


@pytest.fixture(scope="module")
def answers(make_project: Callable[..., Project], shared_data: Path) -> list[Answer]:
    bodies = shared_data / "genai_prices" / "usages_flat.parquet"
    if not bodies.exists():
        pytest.skip("the recorded responses are not beside this checkout (../shared/data)")
    recorded = duckdb.execute(
        "select distinct file, body_idx, provider_id, model, usage, input_price, output_price"
        f" from '{bodies}' where input_price is not null"
        # A chat that is read as an embedding has no output.
        " and (api_flavor <> 'embeddings' or model like '%embed%') order by all"
    ).fetchall()
    own = [row for row in recorded if own_provider(row[0], row[3]) == row[2]]
    events = [
        {
            "event_id": f"body-{position}",
            "started_at": PRICED_AT,
            "provider_name": provider,
            "response_model": model,
            **request(json.loads(usage)),
        }
        for position, (_, _, provider, model, usage, *_) in enumerate(own)
    ]
    found = price_events(make_project("responses", vars=PINNED), events)
    return [
        Answer(
            provider,
            model,
            "response",
            "priced",
            Decimal(input_price) + Decimal(output_price),
            found[f"body-{position}"],
            Decimal(0),
        )
        for position, (_, _, provider, model, _, input_price, output_price) in enumerate(own)
    ]


def test_bodies_cost_what_the_publisher_says(answers: list[Answer]) -> None:
    wrong = unexplained(answers, DISAGREEMENTS)
    assert not wrong, f"{len(wrong)} of {len(answers)} bodies:\n" + "\n".join(wrong[:20])
    assert len(answers) > 600


def test_every_listed_disagreement_is_still_one(answers: list[Answer]) -> None:
    assert len(DISAGREEMENTS) > 0
    gone = no_longer_needed(answers, DISAGREEMENTS)
    assert not gone, "no body differs any more; take out:\n" + "\n".join(gone)


def test_few_bodies_differ(answers: list[Answer]) -> None:
    differing = sum(not answer.is_equal for answer in answers)
    assert differing / len(answers) <= 0.06, f"{differing} of {len(answers)}"
