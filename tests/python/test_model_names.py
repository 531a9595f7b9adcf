"""Each form of a name that usage reports, what it is read as, and what it costs.

Exact names only: a name that differs by one character from a known one has no price, never its
neighbour's. All calls have 100,000 input and 100,000 output tokens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from support.project import ON_EACH_ENGINE, PINNED, Project, utc

TOKENS = 100_000
ACCOUNT = "arn:aws:bedrock:us-east-1:123456789012"


@dataclass(frozen=True)
class Name:
    """A name as reported, the LLM that it is read as, and the call's cost, None if unpriced."""

    provider: str
    model: str
    llm_id: str
    cost: str | None
    at: str = "2026-11-18T12:00:00"
    response: str | None = None


LLAMA = "meta-llama/Meta-Llama-3.1-405B-Instruct-Turbo"
SONNET = "aws/regional.anthropic.claude-sonnet-4-5-20250929-v1:0"
GLOBAL_SONNET = "aws/global.anthropic.claude-sonnet-4-5-20250929-v1:0"
NAMES = (
    # 3.30 and 16.50 USD per million in a region, 3 and 15 of the global profile.
    Name("bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", SONNET, "1.98"),
    Name("bedrock", "global.anthropic.claude-sonnet-4-5-20250929-v1:0", GLOBAL_SONNET, "1.8"),
    Name("bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0", SONNET, "1.98"),
    Name(
        "aws.bedrock",
        f"{ACCOUNT}:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        SONNET,
        "1.98",
    ),
    Name(
        "bedrock",
        f"bedrock/{ACCOUNT}:inference-profile/global.anthropic.claude-sonnet-4-5-20250929-v1:0",
        GLOBAL_SONNET,
        "1.8",
    ),
    # LiteLLM's ways to call Bedrock; the price is that of the profile.
    Name(
        "bedrock",
        "bedrock/converse/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        SONNET,
        "1.98",
    ),
    Name(
        "bedrock",
        "bedrock/invoke/global.anthropic.claude-sonnet-4-5-20250929-v1:0",
        GLOBAL_SONNET,
        "1.8",
    ),
    # GovCloud costs a fifth more, and no catalogue has its prices.
    Name(
        "bedrock",
        "arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:inference-profile/"
        "us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "aws/us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0",
        None,
    ),
    # A foundation model costs the same in every region of the United States, and Claude everywhere.
    Name(
        "bedrock",
        "arn:aws:bedrock:us-west-2::foundation-model/anthropic.claude-3-haiku-20240307-v1:0",
        "aws/regional.anthropic.claude-3-haiku-20240307-v1:0",
        "0.15",
    ),
    Name(
        "bedrock",
        "bedrock/eu-central-1/anthropic.claude-3-haiku-20240307-v1:0",
        "aws/regional.anthropic.claude-3-haiku-20240307-v1:0",
        "0.15",
    ),
    Name(
        "bedrock",
        "bedrock/arn:aws:bedrock:us-east-1::foundation-model/meta.llama3-70b-instruct-v1:0",
        "aws/meta.llama3-70b-instruct-v1:0",
        "0.615",
    ),
    Name(
        "bedrock",
        "arn:aws:bedrock:eu-west-2::foundation-model/meta.llama3-70b-instruct-v1:0",
        "aws/bedrock/eu-west-2/meta.llama3-70b-instruct-v1:0",
        None,
    ),
    Name(
        "bedrock",
        "arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/"
        "anthropic.claude-3-haiku-20240307-v1:0",
        "aws/bedrock/us-gov-west-1/anthropic.claude-3-haiku-20240307-v1:0",
        None,
    ),
    # In Europe Nova costs three tenths more than its plain id says.
    Name("bedrock", "eu.amazon.nova-lite-v1:0", "aws/eu.amazon.nova-lite-v1:0", None),
    Name("bedrock", "us.amazon.nova-lite-v1:0", "aws/amazon.nova-lite-v1:0", "0.03"),
    # Its context length is part of a provisioned model's id, which is billed by the hour.
    Name(
        "bedrock",
        "anthropic.claude-3-haiku-20240307-v1:0:48k",
        "aws/anthropic.claude-3-haiku-20240307-v1:0:48k",
        None,
    ),
    # Vertex.
    Name("vertex_ai", "claude-sonnet-4-5@20250929", "google/claude-sonnet-4-5", "1.8"),
    Name("google-vertex", "vertex_ai/claude-opus-4-6@default", "google/claude-opus-4-6", "3"),
    Name(
        "gcp.vertex_ai",
        "publishers/anthropic/models/claude-sonnet-4-5@20250929",
        "google/claude-sonnet-4-5",
        "1.8",
    ),
    Name(
        "gcp.vertex_ai",
        "projects/acme-prod/locations/us-central1/publishers/google/models/gemini-2.5-flash",
        "google/gemini-2.5-flash",
        "0.28",
    ),
    Name(
        "gcp.vertex_ai",
        "Projects/acme-prod/locations/global/publishers/google/models/gemini-3.8-flash",
        "google/gemini-3.8-flash",
        "0.45",
    ),
    # A tenth more outside `global`, and nobody tells us since when.
    Name(
        "gcp.vertex_ai",
        "projects/acme-prod/locations/europe-west1/publishers/google/models/gemini-3.8-flash",
        "google/locations/europe-west1/publishers/google/models/gemini-3.8-flash",
        None,
    ),
    Name(
        "gcp.vertex_ai",
        "projects/123/locations/us-central1/endpoints/456",
        "google/projects/123/locations/us-central1/endpoints/456",
        None,
    ),
    # Its searches cost another fee than those of gpt-4o-mini.
    Name("openai", "gpt-4o-mini-search-preview", "openai/gpt-4o-mini-search-preview", "0.075"),
    # A global deployment costs what the plain name costs, a data zone a tenth more: not listed.
    Name("azure", "azure/global-standard/gpt-4o-mini", "azure/gpt-4o-mini", "0.075"),
    Name("azure", "azure/eu/gpt-4o-mini", "azure/azure/eu/gpt-4o-mini", None),
    Name("azure", "gpt-4o-mini-search-preview", "azure/gpt-4o-mini-search-preview", None),
    # OpenRouter: a variant of the catalogue has a price, one that steers the routing has none.
    Name(
        "openrouter",
        "anthropic/claude-4.5-sonnet-20250929",
        "openrouter/anthropic/claude-sonnet-4.5",
        "1.8",
    ),
    Name(
        "openrouter",
        "meta-llama/llama-3.3-70b-instruct:free",
        "openrouter/meta-llama/llama-3.3-70b-instruct:free",
        "0",
    ),
    Name("openrouter", "openai/gpt-4o:extended", "openrouter/openai/gpt-4o:extended", "2.4"),
    Name("openrouter", "openai/gpt-4o:nitro", "openrouter/openai/gpt-4o:nitro", None),
    Name("openrouter", "openai/gpt-4o:floor", "openrouter/openai/gpt-4o:floor", None),
    Name("openrouter", "openai/gpt-4o:online", "openrouter/openai/gpt-4o:online", None),
    Name("openrouter", "openrouter/auto", "openrouter/openrouter/auto", None),
    Name(
        "bedrock",
        "us-gov.anthropic.claude-sonnet-5",
        "aws/us-gov.anthropic.claude-sonnet-5",
        None,
    ),
    # Only the customer knows what these are.
    Name(
        "bedrock",
        f"{ACCOUNT}:application-inference-profile/abc123def456",
        f"aws/{ACCOUNT}:application-inference-profile/abc123def456",
        None,
    ),
    Name(
        "bedrock",
        f"{ACCOUNT}:provisioned-model/abc123def456",
        f"aws/{ACCOUNT}:provisioned-model/abc123def456",
        None,
    ),
)
DEPLOYMENTS = (
    # A deployment may be named like a model and hold another one.
    ("azure", "gpt-4o", "azure", "gpt-4o-mini", "2026-02-01 00:00:00", "2026-03-01 00:00:00"),
    ("Azure", "Chat-Prod", "azure", "gpt-4o", "", "2026-02-01 00:00:00"),
    ("azure", "chat-prod", "azure", "gpt-4o-mini", "2026-02-01 00:00:00", ""),
    ("bedrock", f"{ACCOUNT}:application-inference-profile/ours", "aws", SONNET[4:], "", ""),
    ("openai", "ft:gpt-4o-2024-08-06:acme::a1b2c3", "openai", "ft:gpt-4o", "", ""),
    ("vllm", "our-llama", "together", LLAMA, "", ""),
)
DEPLOYED = (
    Name("azure", "gpt-4o", "azure/gpt-4o", "1.25", "2026-01-31T23:59:59"),
    Name("azure", "gpt-4o", "azure/gpt-4o-mini", "0.075", "2026-02-01T00:00:00"),
    Name("azure", "gpt-4o", "azure/gpt-4o-mini", "0.075", "2026-02-28T23:59:59"),
    Name("azure", "gpt-4o", "azure/gpt-4o", "1.25", "2026-03-01T00:00:00"),
    # Another way to report Azure is another name.
    Name("azure_openai", "gpt-4o", "azure/gpt-4o", "1.25", "2026-02-15T00:00:00"),
    Name("azure", "CHAT-prod", "azure/gpt-4o", "1.25", "2026-01-31T23:59:59"),
    Name("azure", "chat-prod", "azure/gpt-4o-mini", "0.075", "2026-02-01T00:00:00"),
    # What the response says it was stands before the deployment that was asked.
    Name("azure", "chat-prod", "azure/gpt-4o", "1.25", "2026-02-01T00:00:00", "gpt-4o-2024-08-06"),
    Name("bedrock", f"{ACCOUNT}:application-inference-profile/ours", SONNET, "1.98"),
    Name(
        "bedrock",
        f"{ACCOUNT}:application-inference-profile/theirs",
        f"aws/{ACCOUNT}:application-inference-profile/theirs",
        None,
    ),
    # 3.75 and 15 USD per million.
    Name("openai", "ft:gpt-4o-2024-08-06:acme::a1b2c3", "openai/ft:gpt-4o", "1.875"),
    Name(
        "openai",
        "ft:gpt-4o-2024-08-06:acme::a1b2c4",
        "openai/ft:gpt-4o-2024-08-06:acme::a1b2c4",
        None,
    ),
    Name("vllm", "our-llama", f"together/{LLAMA}", "0.7"),
)


# A name one character off, and the LLM that its suggestions must hold.
MISSPELT = (
    ("openai", "gpt-4o-mni", "openai/gpt-4o-mini"),
    ("openai", "gpt-4o-2024-08-07", "openai/gpt-4o"),
    ("anthropic", "claude-sonet-4-5", "anthropic/claude-sonnet-4-5"),
    ("bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:1", SONNET),
    ("vertex_ai", "gemini-2.5-pr", "google/gemini-2.5-pro"),
    ("mistral", "mistral-large-2411x", "mistral/mistral-large"),
    # Reported under a provider that nobody knows.
    ("our-proxy", "anthropic/claude-opus-4-6x", "anthropic/claude-opus-4-6"),
)
LIKE_NONE = ("azure", "qx7-prod")
KNOWN = ("openai", "gpt-4o-mini")
# Each with more tokens than the one before, and than any other name without a price.
UNKNOWN = [*((provider, name) for provider, name, _ in MISSPELT), LIKE_NONE]
MORE_THAN_OTHERS = 100


def call(event_id: str, name: Name) -> dict[str, Any]:
    return {
        "event_id": event_id,
        "started_at": utc(name.at),
        "provider_name": name.provider,
        "request_model": name.model,
        "response_model": name.response,
        "input_tokens": TOKENS,
        "output_tokens": TOKENS,
    }


def deployment(*values: str) -> dict[str, str]:
    columns = (
        "provider_name", "deployment_name", "provider_id", "model_id", "valid_from", "valid_to",
    )  # fmt: skip
    return dict(zip(columns, values, strict=True))


@pytest.fixture(scope="module", params=ON_EACH_ENGINE)
def named_project(make_project: Callable[..., Project], request: pytest.FixtureRequest) -> Project:
    """A build of all names with an empty llm_deployments.csv, and a second one with rows in it."""
    project = make_project("names", engine=request.param, vars=PINNED)
    rows = [call(f"name-{position}", name) for position, name in enumerate(NAMES)]
    rows += [call(f"deployed-{position}", name) for position, name in enumerate(DEPLOYED)]
    rows += [
        call(f"other-{position}", Name(*name, "", None))
        | {"input_tokens": TOKENS * (position + MORE_THAN_OTHERS)}
        for position, name in enumerate([*UNKNOWN, KNOWN])
    ]
    project.load(rows, loaded_at="2026-11-19T00:00:00+00:00")
    project.build()
    project.append_to_seed("llm_deployments", [deployment(*row) for row in DEPLOYMENTS])
    project.build()
    return project


def read(project: Project, prefix: str) -> dict[str, tuple[str, Decimal | None]]:
    """Return what each call was read as and what it costs."""
    found = project.query(
        "select event_id, provider_id || '/' || model_id, list_cost from marts.fct_llm_usage"
        f" where event_id like '{prefix}-%'"
    )
    assert found
    return {event_id: (llm_id, cost) for event_id, llm_id, cost in found}


def expected(prefix: str, names: tuple[Name, ...]) -> dict[str, tuple[str, Decimal | None]]:
    return {
        f"{prefix}-{position}": (name.llm_id, None if name.cost is None else Decimal(name.cost))
        for position, name in enumerate(names)
    }


def test_each_form_of_a_name_is_read_as_its_model(named_project: Project) -> None:
    assert read(named_project, "name") == expected("name", NAMES)


def test_a_deployment_is_what_the_customer_says_it_is(named_project: Project) -> None:
    assert read(named_project, "deployed") == expected("deployed", DEPLOYED)


def test_a_deployment_added_later_restates_its_own_dates_alone(named_project: Project) -> None:
    restated = named_project.query(
        "select cast(usage_date as varchar(10)), restatement_reason from marts.usage_restatements"
        " where restatement_reason <> 'first_build' order by 1"
    )
    # 11-18: the profile, the fine-tuned model and the one that the customer runs.
    days = ("2026-01-31", "2026-02-01", "2026-02-28", "2026-11-18")
    assert restated == [(day, "name_changed") for day in days]


def test_a_deployment_of_an_unknown_model_stops_the_build_before_the_facts(
    make_project: Callable[..., Project],
) -> None:
    project = make_project("unknown_model", vars=PINNED)
    project.load([call("1", NAMES[0])], loaded_at="2026-11-19T00:00:00+00:00")
    project.append_to_seed(
        "llm_deployments", [deployment("azure", "Chat-Prod", "azure", "gpt-4oo", "", "")]
    )
    result = project.build(check=False)
    assert result.returncode == 1
    assert "llm_deployments.csv: azure chat-prod names azure/gpt-4oo" in result.stdout
    assert "mend the spelling or add the model" in result.stdout
    assert project.statuses()["model.llm_finops.fct_llm_usage"] == "skipped"


def coverage(project: Project) -> dict[tuple[str, str], dict[str, Any]]:
    rows = project.records("select * from marts.pricing_coverage")
    return {(row["provider_name"], row["reported_model"]): row for row in rows}


def test_a_name_one_character_off_is_unpriced_and_the_right_one_is_suggested(
    named_project: Project,
) -> None:
    found = coverage(named_project)
    for *name, right in MISSPELT:
        row = found[name[0], name[1]]
        assert row["list_cost"] is None, name
        assert row["is_unknown_model"], name
        assert right in row["suggested_llm_ids"].split(", "), row
        assert len(row["suggested_llm_ids"].split(", ")) <= 3
        likest = row["suggested_llm_ids"].split(", ")[0].split("/", 1)
        assert row["suggested_deployment"] == ",".join([*name, *likest, "", ""])


def test_a_known_name_and_one_like_none_get_no_suggestion(named_project: Project) -> None:
    found = coverage(named_project)
    for name in (LIKE_NONE, KNOWN):
        assert found[name]["suggested_llm_ids"] is None
        assert found[name]["suggested_deployment"] is None


def test_unpriced_names_are_ranked_by_their_tokens(named_project: Project) -> None:
    found = coverage(named_project)
    ranks = [found[name]["unpriced_token_rank"] for name in reversed(UNKNOWN)]
    assert ranks == list(range(1, len(UNKNOWN) + 1))
    assert found[KNOWN]["unpriced_token_rank"] is None
