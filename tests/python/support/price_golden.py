"""Costs worked out by hand from published prices, in USD."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Golden:
    """A cost worked out by hand from a published price, in USD; None is unpriced."""

    provider: str
    model: str
    at: str
    tokens: tuple[int, int]
    cost: str | None
    source: str
    more: dict[str, Any] = field(default_factory=dict)


GOLDEN = (
    Golden(
        "openai",
        "gpt-4",
        "2023-11-16T12:00:00",
        (1000, 1000),
        "0.09",
        "30 and 60 USD per million: https://openai.com/index/gpt-4-research/",
    ),
    Golden("openai", "gpt-4-0613", "2023-11-16T12:00:00", (1, 1), "0.00009", "the same"),
    Golden(
        "openai",
        "gpt-4o",
        "2024-06-01T00:00:00",
        (1000, 1000),
        "0.02",
        "5 and 15 USD per million at launch: https://openai.com/index/hello-gpt-4o/",
    ),
    Golden(
        "openai",
        "gpt-4o",
        "2024-10-01T23:59:59",
        (1000, 1000),
        "0.02",
        "until the name moved on to gpt-4o-2024-08-06",
    ),
    Golden(
        "openai",
        "gpt-4o",
        "2024-10-02T00:00:00",
        (1000, 1000),
        "0.0125",
        "2.50 and 10 USD per million",
    ),
    Golden(
        "openai", "gpt-4o-2024-08-06", "2024-08-06T00:00:00", (1000, 1000), "0.0125", "the same"
    ),
    Golden(
        "openai",
        "gpt-4o-2024-05-13",
        "2026-01-01T00:00:00",
        (1000, 1000),
        "0.02",
        "5 and 15 for ever",
    ),
    Golden(
        "openai", "gpt-4o", "2024-05-12T23:59:59", (1000, 1000), None, "the day before its launch"
    ),
    Golden(
        "anthropic",
        "claude-sonnet-4-20250514",
        "2026-02-16T00:00:00",
        (200_000, 1000),
        "0.615",
        "3 and 15 USD per million up to 200,000: https://www.anthropic.com/news/1m-context",
    ),
    Golden(
        "anthropic",
        "claude-sonnet-4-20250514",
        "2026-02-16T00:00:00",
        (200_001, 1000),
        "1.222506",
        "6 and 22.50 USD per million above 200,000: the same page",
    ),
    Golden(
        "anthropic",
        "claude-sonnet-4-20250514",
        "2026-02-16T00:00:00",
        (300_000, 0),
        "1.62",
        "cache read 0.60, 5-minute write 7.50, 1-hour write 12, input 6",
        {
            "cache_read_input_tokens": 100_000,
            "cache_write_5m_input_tokens": 40_000,
            "cache_write_1h_input_tokens": 50_000,
        },
    ),
    Golden("openai", "gpt-5.4", "2026-11-18T12:00:00", (272_000, 1000), "0.695", "2.50 and 15"),
    Golden("openai", "gpt-5.4", "2026-11-18T12:00:00", (272_001, 1000), "1.382505", "5 and 22.50"),
    Golden(
        "google", "gemini-2.5-pro", "2026-11-18T12:00:00", (200_000, 1000), "0.26", "1.25 and 10"
    ),
    Golden(
        "google",
        "gemini-2.5-pro",
        "2026-11-18T12:00:00",
        (200_001, 1000),
        "0.5150025",
        "2.50 and 15",
    ),
    Golden("x-ai", "grok-4.5", "2026-11-18T12:00:00", (199_999, 1000), "0.405998", "2 and 6"),
    Golden(
        "x-ai", "grok-4.5", "2026-11-18T12:00:00", (200_000, 1000), "0.812", "4 and 12; at 200,000"
    ),
    Golden("openai", "gpt-5.6-luna", "2026-07-29T23:59:59", (100_000, 100_000), "0.7", "1 and 6"),
    Golden(
        "openai", "gpt-5.6-luna", "2026-07-30T00:00:00", (100_000, 100_000), "0.14", "0.20 and 1.20"
    ),
    Golden("openai", "gpt-5.6-sol", "2026-08-20T23:59:59", (100_000, 100_000), "3.5", "5 and 30"),
    Golden("openai", "gpt-5.6-sol", "2026-08-21T00:00:00", (100_000, 100_000), "2.4", "4 and 20"),
    Golden("openai", "o3", "2025-06-09T23:59:59", (100_000, 100_000), "5", "10 and 40"),
    Golden("openai", "o3", "2025-06-10T00:00:00", (100_000, 100_000), "1", "2 and 8"),
    Golden(
        "anthropic",
        "claude-sonnet-4-6",
        "2026-03-12T23:59:59",
        (300_000, 1000),
        "1.8225",
        "6 and 22.50",
    ),
    Golden(
        "anthropic",
        "claude-sonnet-4-6",
        "2026-03-13T00:00:00",
        (300_000, 1000),
        "0.915",
        "3 and 15",
    ),
    Golden(
        "google",
        "gemini-3.6-flash",
        "2026-12-31T23:59:59",
        (100_000, 100_000),
        "0.45",
        "0.75 and 3.75",
    ),
    Golden(
        "google",
        "gemini-3.6-flash",
        "2027-01-01T00:00:00",
        (100_000, 100_000),
        "0.9",
        "1.50 and 7.50",
    ),
    # https://api-docs.deepseek.com/quick_start/pricing: off-peak 0.15 and 0.60, peak twice that.
    Golden(
        "deepseek",
        "deepseek-v4-flash",
        "2026-11-18T03:59:59",
        (100_000, 100_000),
        "0.15",
        "Wednesday peak",
    ),
    Golden(
        "deepseek",
        "deepseek-v4-flash",
        "2026-11-18T04:00:00",
        (100_000, 100_000),
        "0.075",
        "off-peak",
    ),
    Golden(
        "deepseek",
        "deepseek-v4-flash",
        "2026-11-18T10:00:00",
        (100_000, 100_000),
        "0.075",
        "off-peak",
    ),
    Golden(
        "deepseek",
        "deepseek-v4-flash",
        "2026-11-21T02:00:00",
        (100_000, 100_000),
        "0.075",
        "Saturday",
    ),
    Golden(
        "deepseek",
        "deepseek-v4-flash",
        "2026-11-22T07:00:00",
        (100_000, 100_000),
        "0.075",
        "Sunday",
    ),
    Golden(
        "deepseek",
        "deepseek-v4-flash",
        "2026-08-26T02:00:00",
        (100_000, 100_000),
        "0.176",
        "0.44 and 1.32 in peak hours until 2026-09-10: https://github.com/pydantic/genai-prices/pull/581",
    ),
    Golden(
        "deepseek",
        "deepseek-v4-flash",
        "2026-07-15T02:00:00",
        (100_000, 100_000),
        "0.042",
        "0.14 and 0.28 at all hours until 2026-08-17",
    ),
    Golden(
        "anthropic",
        "claude-opus-4-6",
        "2026-11-18T12:00:00",
        (1000, 1000),
        "0.033",
        "US-only inference costs 1.1 times 5 and 25",
        {"region": "us"},
    ),
    Golden(
        "openai",
        "gpt-4.1",
        "2026-10-14T00:00:00",
        (100_000, 0),
        "0.1",
        "batch: input 1, and no price of its own for cache reads",
        {"service_tier": "batch", "cache_read_input_tokens": 80_000},
    ),
    Golden(
        "openai",
        "gpt-4.1",
        "2026-10-13T23:59:59",
        (100_000, 0),
        "0.1",
        "batch: input 1 as well in the second before the first date that the package has for it",
        {"service_tier": "batch"},
    ),
    Golden(
        "google",
        "gemini-2.5-pro",
        "2026-11-18T12:00:00",
        (100_000, 0),
        "0.0225",
        "batch: input 0.625, cache reads at the standard 0.125: "
        "https://github.com/pydantic/genai-prices/pull/547",
        {"service_tier": "batch", "cache_read_input_tokens": 80_000},
    ),
    Golden(
        "anthropic",
        "claude-opus-4-6",
        "2026-11-18T12:00:00",
        (1000, 1000),
        "0.03",
        "5 and 25 in any other region",
        {"region": "eu"},
    ),
)

GEMINI_PRO = (
    "https://developers.googleblog.com/en/"
    "updated-gemini-models-reduced-15-pro-pricing-increased-rate-limits-and-more/"
)
GEMINI_FLASH = (
    "https://developers.googleblog.com/en/gemini-15-flash-updates-google-ai-studio-gemini-api/"
)
DEEPSEEK = "https://api-docs.deepseek.com/quick_start/pricing"
CACHED = {"cache_read_input_tokens": 80_000}
BOTH = (100_000, 100_000)

# The founding application's twelve models, as it names them, and both sides of every change from
# 2024-07 to 2025-07: (provider, model, instant, (input, output), cost, prices and page, more).
APPLICATION = (
    ("openai", "gpt-4o-mini", "2024-07-18T00:00:00", BOTH, "0.075", "0.15 and 0.60"),
    ("openai", "gpt-4-turbo", "2024-07-01T00:00:00", BOTH, "4", "10 and 30"),
    ("openai", "gpt-3.5-turbo", "2024-07-01T00:00:00", BOTH, "0.2", "0.50 and 1.50"),
    ("anthropic", "claude-3-opus", "2024-07-01T00:00:00", BOTH, "9", "15 and 75"),
    ("anthropic", "claude-3-sonnet", "2024-07-01T00:00:00", BOTH, "1.8", "3 and 15"),
    ("anthropic", "claude-3-haiku", "2024-07-01T00:00:00", BOTH, "0.15", "0.25 and 1.25"),
    ("google", "gemini-1.5-pro", "2024-09-30T23:59:59", BOTH, "1.4", f"3.50, 10.50: {GEMINI_PRO}"),
    ("google", "gemini-1.5-pro", "2024-09-30T23:59:59", (128_000, 0), "0.448", "3.50 at 128,000"),
    ("google", "gemini-1.5-pro", "2024-09-30T23:59:59", (128_001, 1000), "0.917007", "7 and 21"),
    ("google", "gemini-1.5-pro", "2024-09-30T23:59:59", (100_000, 0), "0.14", "hit 0.875", CACHED),
    ("google", "gemini-1.5-pro", "2024-10-01T00:00:00", BOTH, "0.625", f"1.25 and 5: {GEMINI_PRO}"),
    ("google", "gemini-1.5-pro", "2024-10-01T00:00:00", (128_001, 1000), "0.3300025", "2.50, 10"),
    ("google", "gemini-1.5-pro", "2024-10-01T00:00:00", (100_000, 0), "0.05", "0.3125", CACHED),
    (
        "google",
        "gemini-1.5-flash",
        "2024-08-11T23:59:59",
        BOTH,
        "0.14",
        f"0.35, 1.05: {GEMINI_FLASH}",
    ),
    ("google", "gemini-1.5-flash", "2024-08-11T23:59:59", (128_001, 0), "0.0896007", "0.70"),
    ("google", "gemini-1.5-flash", "2024-08-12T00:00:00", BOTH, "0.0375", "0.075 and 0.30"),
    ("google", "gemini-1.5-flash", "2024-08-12T00:00:00", (128_001, 0), "0.01920015", "0.15"),
    ("xai", "grok-2", "2024-12-12T00:00:00", BOTH, "1.2", "2 and 10"),
    ("deepseek", "deepseek-chat", "2025-02-08T15:59:59", BOTH, "0.042", f"0.14, 0.28: {DEEPSEEK}"),
    ("deepseek", "deepseek-chat", "2025-02-08T15:59:59", (100_000, 0), "0.00392", "0.014", CACHED),
    ("deepseek", "deepseek-chat", "2025-02-08T16:00:00", BOTH, "0.137", "0.27 and 1.10"),
    ("deepseek", "deepseek-chat", "2025-02-08T16:00:00", (100_000, 0), "0.011", "hit 0.07", CACHED),
    ("deepseek", "deepseek-chat", "2025-02-26T16:29:59", BOTH, "0.137", "no discount yet"),
    ("deepseek", "deepseek-chat", "2025-02-26T16:30:00", BOTH, "0.0685", "half, 16:30 to 00:30"),
    ("deepseek", "deepseek-chat", "2025-07-02T00:29:59", BOTH, "0.0685", "half"),
    ("deepseek", "deepseek-chat", "2025-07-02T00:30:00", BOTH, "0.137", "0.27 and 1.10"),
    ("deepseek", "deepseek-chat", "2025-07-02T16:29:59", BOTH, "0.137", "0.27 and 1.10"),
    ("deepseek", "deepseek-chat", "2025-07-02T16:30:00", BOTH, "0.0685", "half"),
    ("deepseek", "deepseek-chat", "2025-09-05T16:00:00", BOTH, "0.224", "0.56 and 1.68"),
    ("deepseek", "deepseek-chat", "2025-09-05T23:00:00", BOTH, "0.224", "the discount is over"),
    ("deepseek", "deepseek-chat", "2025-09-29T00:00:00", BOTH, "0.07", "0.28 and 0.42"),
    ("together", "llama-3.1-405b", "2024-07-23T00:00:00", BOTH, "0.7", "3.50 and 3.50"),
)
# Names as gateways and telemetry report them.
GATEWAYS = (
    ("aws.bedrock", "us.anthropic.claude-3-5-sonnet-20241022-v2:0", BOTH, "1.8", "3 and 15"),
    ("bedrock", "bedrock/eu.anthropic.claude-sonnet-4-20250514-v1:0", BOTH, "1.8", "3 and 15"),
    ("bedrock_converse", "bedrock/converse/us.amazon.nova-pro-v1:0", BOTH, "0.4", "0.80 and 3.20"),
    ("azure.ai.openai", "gpt-4o", BOTH, "1.25", "2.50 and 10 since 2024-10-02"),
    ("azure.ai.inference", "phi-4", BOTH, "0.0625", "0.125 and 0.50"),
    ("azure", "azure/gpt-4o-mini", BOTH, "0.075", "0.15 and 0.60"),
    ("groq", "groq/llama-3.3-70b-versatile", BOTH, "0.138", "0.59 and 0.79"),
    ("cohere", "command-r-plus-08-2024", BOTH, "1.25", "2.50 and 10"),
    ("openrouter", "openrouter/anthropic/claude-3.5-sonnet", BOTH, "1.8", "3 and 15"),
    ("openrouter", "meta-llama/llama-3.3-70b-instruct:free", BOTH, "0", "free"),
    ("together_ai", "together_ai/meta-llama/Llama-3.3-70B-Instruct-Turbo", BOTH, "0.176", "0.88"),
    ("fireworks_ai", "accounts/fireworks/models/gpt-oss-120b", BOTH, "0.075", "0.15 and 0.60"),
    ("cerebras", "gpt-oss-120b", BOTH, "0.11", "0.35 and 0.75"),
)
HAIKU_CUT = "https://www.anthropic.com/news/trainium2-and-distillation"
MISTRAL_CUT = "https://mistral.ai/news/september-24-release/"
MISTRAL_MAY = "https://github.com/BerriAI/litellm/pull/3945"
MISTRAL_3 = "https://github.com/simonw/llm-prices/pull/63"
GEMINI_NAMES = "https://ai.google.dev/gemini-api/docs/changelog"
GEMINI_HITS = "https://github.com/BerriAI/litellm/pull/16354"
O1_MINI_CUT = "https://github.com/BerriAI/litellm/pull/8151"
GPT_35 = "https://openai.com/index/new-embedding-models-and-api-updates/"
OPENAI_DEV_DAY = "https://openai.com/index/new-models-and-developer-products-announced-at-devday/"
BEDROCK = "https://github.com/BerriAI/litellm/issues/42679"

# Both sides of every other edge from 2023-11 on, and what an error of a catalogue must not change.
HISTORY = (
    ("openai", "ft:gpt-3.5-turbo", "2023-11-05T23:59:59", BOTH, "2.8", "12 and 16"),
    ("openai", "ft:gpt-3.5-turbo", "2023-11-06T00:00:00", BOTH, "0.9", f"3, 6: {OPENAI_DEV_DAY}"),
    ("openai", "gpt-3.5-turbo-1106", "2023-11-06T00:00:00", BOTH, "0.3", f"1, 2: {OPENAI_DEV_DAY}"),
    ("openai", "gpt-4-1106-preview", "2023-11-06T00:00:00", BOTH, "4", f"10, 30: {OPENAI_DEV_DAY}"),
    ("openai", "gpt-3.5-turbo-16k", "2023-11-16T00:00:00", BOTH, "0.7", "3 and 4"),
    ("openai", "gpt-3.5-turbo", "2023-11-01T00:00:00", BOTH, "0.35", "1.50 and 2: the 0613"),
    ("openai", "gpt-3.5-turbo", "2024-02-15T23:59:59", BOTH, "0.35", "1.50 and 2: the 0613"),
    ("openai", "gpt-3.5-turbo", "2024-02-16T00:00:00", BOTH, "0.2", f"0.50 and 1.50: {GPT_35}"),
    ("openai", "gpt-3.5-turbo-0125", "2024-02-01T00:00:00", BOTH, "0.2", f"0.50, 1.50: {GPT_35}"),
    ("openai", "gpt-3.5-turbo-0613", "2024-03-01T00:00:00", BOTH, "0.35", "1.50, 2 for ever"),
    ("openai", "gpt-4-turbo-preview", "2024-01-25T00:00:00", BOTH, "4", "10 and 30"),
    ("openai", "o1-mini", "2024-09-11T23:59:59", BOTH, None, "the day before its launch"),
    ("openai", "o1-mini", "2024-09-12T00:00:00", BOTH, "1.5", "3 and 12"),
    ("openai", "o1-mini", "2025-01-30T23:59:59", BOTH, "1.5", "3 and 12"),
    ("openai", "o1-mini", "2025-01-30T23:59:59", (100_000, 0), "0.18", "hit 1.50", CACHED),
    ("openai", "o1-mini", "2025-01-31T00:00:00", BOTH, "0.55", f"1.10 and 4.40: {O1_MINI_CUT}"),
    ("openai", "o1-mini", "2025-01-31T00:00:00", (100_000, 0), "0.066", "hit 0.55", CACHED),
    ("anthropic", "claude-2", "2023-11-14T12:00:00", BOTH, "3.2", "8 and 24, one price"),
    ("anthropic", "claude-2", "2023-12-14T12:00:00", BOTH, "3.2", "8 and 24, one price"),
    ("anthropic", "claude-instant-1.2", "2023-11-14T12:00:00", BOTH, "0.32", "0.80 and 2.40"),
    ("anthropic", "claude-instant-1.2", "2023-12-14T12:00:00", BOTH, "0.32", "0.80 and 2.40"),
    ("anthropic", "claude-3-5-haiku-latest", "2024-11-03T23:59:59", BOTH, None, "before launch"),
    ("anthropic", "claude-3-5-haiku-latest", "2024-11-04T00:00:00", BOTH, "0.6", "1 and 5"),
    ("anthropic", "claude-3-5-haiku-latest", "2024-12-02T23:59:59", BOTH, "0.6", "1 and 5"),
    ("anthropic", "claude-3-5-haiku-latest", "2024-12-03T00:00:00", BOTH, "0.48", HAIKU_CUT),
    *(
        ("anthropic", "claude-3-5-haiku-20241022", at, (100_000, 0), cost, source, CACHED)
        for at, cost, source in (
            ("2024-12-02T23:59:59", "0.028", "hit 0.10"),
            ("2024-12-03T00:00:00", "0.0224", "hit 0.08"),
            ("2025-03-15T12:00:00", "0.0224", "hit 0.08, whatever LiteLLM 1.63.11 says"),
            ("2025-06-20T12:00:00", "0.0224", "hit 0.08"),
        )
    ),
    ("mistral", "mistral-large-latest", "2024-02-25T23:59:59", BOTH, None, "before its launch"),
    ("mistral", "mistral-large-latest", "2024-02-26T00:00:00", BOTH, "3.2", "8 and 24"),
    ("mistral", "mistral-large-latest", "2024-05-30T23:59:59", BOTH, "3.2", "8 and 24"),
    ("mistral", "mistral-large-latest", "2024-05-31T00:00:00", BOTH, "1.6", f"4: {MISTRAL_MAY}"),
    ("mistral", "mistral-large-latest", "2024-07-23T23:59:59", BOTH, "1.6", "4 and 12"),
    ("mistral", "mistral-large-latest", "2024-07-24T00:00:00", BOTH, "1.2", "3, 9: the 2407"),
    ("mistral", "mistral-large-latest", "2024-09-16T23:59:59", BOTH, "1.2", "3 and 9"),
    ("mistral", "mistral-large-latest", "2024-09-17T00:00:00", BOTH, "0.8", f"2: {MISTRAL_CUT}"),
    ("mistral", "mistral-large-latest", "2025-12-01T23:59:59", BOTH, "0.8", "2 and 6"),
    ("mistral", "mistral-large-latest", "2025-12-02T00:00:00", BOTH, "0.2", f"0.50: {MISTRAL_3}"),
    ("mistral", "mistral-large-2402", "2024-09-17T00:00:00", BOTH, "1.6", "4 and 12, no cut"),
    ("mistral", "mistral-large-2407", "2024-07-23T23:59:59", BOTH, None, "before its launch"),
    ("mistral", "mistral-large-2407", "2024-09-16T23:59:59", BOTH, "1.2", "3 and 9"),
    ("mistral", "mistral-large-2407", "2024-09-17T00:00:00", BOTH, "0.8", f"2: {MISTRAL_CUT}"),
    ("mistral", "open-mistral-nemo", "2024-07-17T23:59:59", BOTH, None, "before its launch"),
    ("mistral", "open-mistral-nemo", "2024-07-18T00:00:00", BOTH, "0.06", "0.30 and 0.30"),
    ("mistral", "open-mistral-nemo", "2024-09-16T23:59:59", BOTH, "0.06", "0.30 and 0.30"),
    ("mistral", "open-mistral-nemo", "2024-09-17T00:00:00", BOTH, "0.03", f"0.15: {MISTRAL_CUT}"),
    ("mistral", "codestral-latest", "2024-05-28T23:59:59", BOTH, None, "before its launch"),
    ("mistral", "codestral-latest", "2024-05-29T00:00:00", BOTH, "0.4", "1 and 3"),
    ("mistral", "codestral-latest", "2024-09-16T23:59:59", BOTH, "0.4", "1 and 3"),
    ("mistral", "codestral-latest", "2024-09-17T00:00:00", BOTH, "0.08", f"0.20: {MISTRAL_CUT}"),
    ("mistral", "codestral-latest", "2025-01-12T23:59:59", BOTH, "0.08", "0.20 and 0.60"),
    ("mistral", "codestral-latest", "2025-01-13T00:00:00", BOTH, "0.12", "0.30, 0.90: the 2501"),
    ("mistral", "codestral-2405", "2025-12-14T00:00:00", BOTH, "0.08", "0.20 and 0.60"),
    ("mistral", "mistral-small-latest", "2024-02-25T23:59:59", BOTH, None, "before its launch"),
    ("mistral", "mistral-small-latest", "2024-02-26T00:00:00", BOTH, "0.8", "2 and 6"),
    ("mistral", "mistral-small-latest", "2024-05-30T23:59:59", BOTH, "0.8", "2 and 6"),
    ("mistral", "mistral-small-latest", "2024-05-31T00:00:00", BOTH, "0.4", f"1: {MISTRAL_MAY}"),
    ("mistral", "mistral-small-latest", "2024-09-16T23:59:59", BOTH, "0.4", "1 and 3"),
    ("mistral", "mistral-small-latest", "2024-09-17T00:00:00", BOTH, "0.08", MISTRAL_CUT),
    ("mistral", "mistral-small-latest", "2025-01-29T23:59:59", BOTH, "0.08", "0.20 and 0.60"),
    ("mistral", "mistral-small-latest", "2025-01-30T00:00:00", BOTH, "0.04", "0.10, 0.30: the 3"),
    ("mistral", "mistral-small-latest", "2026-03-15T23:59:59", BOTH, "0.04", "0.10 and 0.30"),
    ("mistral", "mistral-small-latest", "2026-03-16T00:00:00", BOTH, "0.075", "0.15 and 0.60"),
    ("mistral", "mistral-medium-latest", "2023-12-11T00:00:00", BOTH, "1.08", "the 2312"),
    ("mistral", "mistral-medium-latest", "2025-05-06T23:59:59", BOTH, "1.08", "2.70 and 8.10"),
    ("mistral", "mistral-medium-latest", "2025-05-07T00:00:00", BOTH, "0.24", "0.40, 2: the 3"),
    ("mistral", "mistral-medium-latest", "2026-06-15T23:59:59", BOTH, "0.24", "0.40 and 2"),
    ("mistral", "mistral-medium-latest", "2026-06-16T00:00:00", BOTH, "0.9", "1.50 and 7.50"),
    ("mistral", "mistral-medium", "2025-05-06T23:59:59", BOTH, "1.08", "the 2312"),
    ("mistral", "mistral-medium", "2025-05-07T00:00:00", BOTH, "0.24", "mistral-medium-latest"),
    ("google", "gemini-flash-latest", "2026-01-20T23:59:59", BOTH, "0.28", "gemini-2.5-flash"),
    ("google", "gemini-flash-latest", "2026-01-21T00:00:00", BOTH, "0.35", GEMINI_NAMES),
    ("google", "gemini-flash-latest", "2026-05-18T23:59:59", BOTH, "0.35", "0.50 and 3"),
    ("google", "gemini-flash-latest", "2026-05-19T00:00:00", BOTH, None, "3.5 Flash is out"),
    ("google", "gemini-flash-latest", "2026-10-07T23:59:59", BOTH, None, "nobody dates the moves"),
    ("google", "gemini-flash-latest", "2026-10-08T00:00:00", BOTH, "0.45", "0.75 and 3.75"),
    ("google", "gemini-flash-lite-latest", "2026-03-02T23:59:59", BOTH, "0.05", "the 2.5"),
    ("google", "gemini-flash-lite-latest", "2026-03-03T00:00:00", BOTH, None, "3.1 is out"),
    ("google", "gemini-flash-lite-latest", "2026-11-20T00:00:00", BOTH, "0.28", "0.30 and 2.50"),
    ("google", "gemini-1.0-pro", "2024-11-28T12:00:00", BOTH, "0.2", "0.50 and 1.50 a token"),
    ("google", "gemini-pro", "2025-02-14T23:59:59", BOTH, "0.2", "until its end"),
    ("google", "gemini-pro", "2025-02-15T00:00:00", BOTH, "0.05", "0.125, 0.375: the package"),
    ("google", "gemini-pro-latest", "2026-01-20T23:59:59", BOTH, "1.125", "gemini-2.5-pro"),
    ("google", "gemini-pro-latest", "2026-01-21T00:00:00", BOTH, "1.4", GEMINI_NAMES),
    *(
        ("google", model, at, tokens, cost, source, CACHED)
        for model, tokens, before, after, source in (
            ("gemini-2.5-flash", (100_000, 0), "0.012", "0.0084", "hit 0.075, then 0.03"),
            ("gemini-2.5-flash-lite", (100_000, 0), "0.004", "0.0028", "hit 0.025, then 0.01"),
            ("gemini-2.5-pro", (100_000, 0), "0.0498", "0.035", "hit 0.31, then 0.125"),
            ("gemini-2.5-pro", (300_000, 0), "0.6", "0.57", f"0.625, then 0.25: {GEMINI_HITS}"),
        )
        for at, cost in (("2025-11-06T23:59:59", before), ("2025-11-07T00:00:00", after))
    ),
    ("xai", "grok-beta", "2024-11-03T23:59:59", BOTH, None, "the day before its launch"),
    ("xai", "grok-beta", "2024-11-04T00:00:00", BOTH, "2", "5 and 15: https://x.ai/blog/api"),
    (
        "anthropic",
        "claude-sonnet-4-5-20250929",
        "2026-04-29T23:59:59",
        (300_000, 1000),
        "1.8225",
        "6 and 22.50 above 200,000, as long as requests could be that long",
    ),
    *(
        ("aws", f"{region}anthropic.claude-sonnet-4-5-20250929-v1:0", at, tokens, cost, BEDROCK)
        for region, at, tokens, cost in (
            ("", "2026-11-18T12:00:00", (10_000, 1000), "0.0495"),
            ("us.", "2026-11-18T12:00:00", (10_000, 1000), "0.0495"),
            ("us.", "2026-11-18T12:00:00", (300_000, 2000), "1.023"),
            ("global.", "2026-11-18T12:00:00", (10_000, 1000), "0.045"),
        )
    ),
)
GOLDEN += tuple(Golden(*row) for row in APPLICATION)
GOLDEN += tuple(Golden(*row) for row in HISTORY)
GOLDEN += tuple(Golden(*row[:2], "2025-07-01T12:00:00", *row[2:]) for row in GATEWAYS)
GOLDEN += (
    Golden("azure", "gpt-4o", "2024-10-01T23:59:59", BOTH, "2", "5 and 15 for gpt-4o-2024-05-13"),
)

# Names that their provider moved to another model.
XAI = "https://docs.x.ai/developers/migration/may-15-retirement"
GROK_FAST = "grok-4-fast-reasoning"
MOVED = (
    ("x-ai", GROK_FAST, "2026-05-15T18:59:59", BOTH, "0.07", "0.20 and 0.50"),
    ("x-ai", GROK_FAST, "2026-05-15T19:00:00", BOTH, "0.375", f"1.25 and 2.50, Grok 4.3: {XAI}"),
    ("x-ai", "grok-3", "2026-11-18T12:00:00", BOTH, "0.375", "the same"),
    ("x-ai", "grok-code-fast-1", "2026-05-15T18:59:59", BOTH, "0.17", "0.20 and 1.50"),
    ("x-ai", "grok-code-fast-1", "2026-05-15T19:00:00", BOTH, "0.3", "1 and 2, Grok Build 0.1"),
)
GOLDEN += tuple(Golden(*row) for row in MOVED)
GEMINI_ALIASES = "https://ai.google.dev/gemini-api/docs/changelog"
MISTRAL = "https://docs.mistral.ai/getting-started/changelog"
# Names that moved, on both sides of each move; a day on which nobody says what it was is unpriced.
NAMES = (
    ("google", "gemini-flash-latest", "2026-01-20T23:59:59", BOTH, "0.28", "2.5 Flash: 0.30, 2.50"),
    (
        "google",
        "gemini-flash-latest",
        "2026-01-21T00:00:00",
        BOTH,
        "0.35",
        f"3 Flash preview: 0.50 and 3: {GEMINI_ALIASES}",
    ),
    ("google", "gemini-flash-latest", "2026-05-18T23:59:59", BOTH, "0.35", "the same"),
    ("google", "gemini-flash-latest", "2026-05-19T00:00:00", BOTH, None, "3.5 Flash is out"),
    ("google", "gemini-flash-latest", "2026-10-07T23:59:59", BOTH, None, "3, 3.5, 3.6, 3.7 or 3.8"),
    ("google", "gemini-flash-latest", "2026-10-08T00:00:00", BOTH, "0.45", "3.8: 0.75 and 3.75"),
    ("google", "gemini/gemini-flash-latest", "2026-01-20T23:59:59", BOTH, "0.28", "with a prefix"),
    ("google", "gemini-pro-latest", "2026-01-20T23:59:59", BOTH, "1.125", "2.5 Pro: 1.25 and 10"),
    ("google", "gemini-pro-latest", "2026-01-21T00:00:00", BOTH, "1.4", "3 Pro: 2 and 12"),
    ("google", "gemini-pro-latest", "2026-03-08T23:59:59", BOTH, "1.4", "the same"),
    ("google", "gemini-pro-latest", "2026-03-09T00:00:00", BOTH, "1.4", "3.1 Pro: 2 and 12"),
    ("google", "gemini-flash-lite-latest", "2026-03-02T23:59:59", BOTH, "0.05", "0.10 and 0.40"),
    ("google", "gemini-flash-lite-latest", "2026-03-03T00:00:00", BOTH, None, "3.1 is out"),
    ("google", "gemini-flash-lite-latest", "2026-11-20T00:00:00", BOTH, "0.28", "0.30 and 2.50"),
    ("mistral", "mistral-large-latest", "2025-12-01T23:59:59", BOTH, "0.8", "2411: 2 and 6"),
    (
        "mistral",
        "mistral/mistral-large-latest",
        "2025-12-02T00:00:00",
        BOTH,
        "0.2",
        f"2512: 0.50 and 1.50: {MISTRAL}",
    ),
    ("mistral", "mistral-medium-latest", "2025-05-06T23:59:59", BOTH, "1.08", "2312: 2.70, 8.10"),
    ("mistral", "mistral-medium-latest", "2025-05-07T00:00:00", BOTH, "0.24", "2505: 0.40 and 2"),
    ("mistral", "mistral-medium-latest", "2026-06-16T00:00:00", BOTH, "0.9", "3.5: 1.50, 7.50"),
    ("mistral", "mistral-small-latest", "2025-01-30T00:00:00", BOTH, "0.04", "2501: 0.10, 0.30"),
    ("mistral", "codestral-latest", "2025-01-13T00:00:00", BOTH, "0.12", "2501: 0.30 and 0.90"),
)
GOLDEN += tuple(Golden(*row) for row in NAMES)

OPENAI_BATCH = "https://developers.openai.com/api/docs/guides/batch"
CLAUDE_BATCH = "https://www.anthropic.com/news/message-batches-api"
CLAUDE_LONG = "https://platform.claude.com/docs/en/build-with-claude/batch-processing"
GEMINI_BATCH = "https://developers.googleblog.com/en/scale-your-ai-workloads-batch-mode-gemini-api/"
GEMINI_TIERS = "https://ai-herald.com/google-adds-flex-and-priority-tiers-to-gemini-api/"
OPENAI_FLEX = "https://thetechportal.com/2025/04/18/openai-launches-flex-processing-api-option-for-cheaper-but-slower-ai-tasks/"
OPENAI_PRIORITY = "https://openai.com/api-priority-processing/"
OPENAI_FAST = "https://github.com/vercel/ai/pull/18589"
GEMINI_EMBEDDINGS = "https://developers.googleblog.com/en/gemini-batch-api-now-supports-embeddings-and-openai-compatibility/"
MISTRAL_HITS = "https://docs.mistral.ai/studio-api/conversations/advanced/prompt-caching"
# Tiers before the package dates them, and those that it does not list: (provider, model, instant,
# tier, (input, output), cost, prices and page, more).
LONG = (300_000, 1000)
TIERS = (
    ("openai", "gpt-4", "2024-04-14T23:59:59", "batch", BOTH, None, "batch is not sold yet"),
    ("openai", "gpt-4", "2024-04-15T00:00:00", "batch", BOTH, "4.5", f"15, 30: {OPENAI_BATCH}"),
    ("openai", "gpt-4o", "2024-06-01T12:00:00", "batch", BOTH, "1", "2.50, 7.50: half of 5, 15"),
    ("openai", "gpt-4o", "2024-10-01T23:59:59", "batch", BOTH, "1", "2.50 and 7.50"),
    ("openai", "gpt-4o", "2024-10-02T00:00:00", "batch", BOTH, "0.625", "1.25 and 5"),
    ("openai", "gpt-4o", "2026-10-13T23:59:59", "batch", BOTH, "0.625", "1.25 and 5"),
    ("openai", "gpt-4o", "2026-10-14T00:00:00", "batch", BOTH, "0.625", "the package's own day"),
    ("openai", "gpt-5.6-luna", "2026-07-29T23:59:59", "batch", BOTH, "0.35", "0.50 and 3"),
    ("openai", "gpt-5.6-luna", "2026-07-30T00:00:00", "batch", BOTH, "0.07", "0.10 and 0.60"),
    ("openai", "text-embedding-3-large", "2024-07-15T23:59:59", "batch", (100_000, 0), None, ""),
    (
        "openai",
        "text-embedding-3-large",
        "2024-07-16T00:00:00",
        "batch",
        (100_000, 0),
        "0.0065",
        "0.065",
    ),
    (
        "openai",
        "text-embedding-3-small",
        "2026-11-18T12:00:00",
        "batch",
        (100_000, 0),
        "0.001",
        "0.01",
    ),
    (
        "anthropic",
        "claude-3-5-sonnet-20240620",
        "2024-10-07T23:59:59",
        "batch",
        BOTH,
        None,
        "not sold yet",
    ),
    (
        "anthropic",
        "claude-3-5-sonnet-20240620",
        "2024-10-08T00:00:00",
        "batch",
        BOTH,
        "0.9",
        f"1.50, 7.50: {CLAUDE_BATCH}",
    ),
    (
        "anthropic",
        "claude-3-5-sonnet-20241022",
        "2024-11-15T12:00:00",
        "batch",
        (100_000, 0),
        "0.042",
        "1.50, hit 0.15: https://llmindset.co.uk/posts/2024/10/anthropic-batch-pricing",
        CACHED,
    ),
    (
        "anthropic",
        "claude-3-5-haiku-20241022",
        "2024-12-02T23:59:59",
        "batch",
        BOTH,
        "0.3",
        "0.50 and 2.50",
    ),
    (
        "anthropic",
        "claude-3-5-haiku-20241022",
        "2024-12-03T00:00:00",
        "batch",
        BOTH,
        "0.24",
        "0.40 and 2",
    ),
    (
        "anthropic",
        "claude-sonnet-4-20250514",
        "2026-02-16T12:00:00",
        "batch",
        LONG,
        "0.91125",
        f"3, 11.25: {CLAUDE_LONG}",
    ),
    (
        "anthropic",
        "claude-sonnet-4-6",
        "2026-03-12T23:59:59",
        "batch",
        LONG,
        "0.91125",
        "3 and 11.25",
    ),
    (
        "anthropic",
        "claude-sonnet-4-6",
        "2026-03-13T00:00:00",
        "batch",
        LONG,
        "0.4575",
        "1.50 and 7.50",
    ),
    ("google", "gemini-2.5-pro", "2025-07-06T23:59:59", "batch", BOTH, None, "not sold yet"),
    (
        "google",
        "gemini-2.5-pro",
        "2025-08-01T12:00:00",
        "batch",
        BOTH,
        "0.5625",
        f"0.625 and 5: {GEMINI_BATCH}",
    ),
    (
        "google",
        "gemini-2.5-pro",
        "2025-08-01T12:00:00",
        "batch",
        (200_001, 1000),
        "0.25750125",
        "1.25 and 7.50",
    ),
    (
        "google",
        "gemini-2.5-pro",
        "2025-08-01T12:00:00",
        "batch",
        (100_000, 0),
        "0.0373",
        "hit at the standard 0.31",
        CACHED,
    ),
    ("google", "gemini-3-pro-preview", "2025-12-14T12:00:00", "batch", BOTH, "0.7", "1 and 6"),
    (
        "google",
        "gemini-embedding-001",
        "2025-09-09T23:59:59",
        "batch",
        (100_000, 0),
        None,
        "not sold yet",
    ),
    (
        "google",
        "gemini-embedding-001",
        "2025-09-10T00:00:00",
        "batch",
        (100_000, 0),
        "0.0075",
        f"0.075: {GEMINI_EMBEDDINGS}",
    ),
    ("google", "gemini-2.5-flash", "2026-04-01T23:59:59", "flex", BOTH, None, "not sold yet"),
    (
        "google",
        "gemini-2.5-flash",
        "2026-05-01T12:00:00",
        "flex",
        BOTH,
        "0.14",
        f"0.15 and 1.25: {GEMINI_TIERS}",
    ),
    (
        "google",
        "gemini-2.5-flash",
        "2026-05-01T12:00:00",
        "priority",
        BOTH,
        "0.504",
        "0.54 and 4.50",
    ),
    (
        "google",
        "gemini-2.5-pro",
        "2026-05-01T12:00:00",
        "priority",
        (200_001, 1000),
        "0.9270045",
        "4.50 and 27",
    ),
    ("google", "gemini-4-argon", "2026-11-30T23:59:59", "priority", BOTH, "2.16", "3.60 and 18"),
    ("google", "gemini-4-argon", "2026-12-01T00:00:00", "priority", BOTH, "4.32", "7.20 and 36"),
    ("google", "gemini-4-argon", "2026-12-01T00:00:00", "flex", BOTH, "1.2", "2 and 10"),
    ("openai", "o3", "2025-04-16T23:59:59", "flex", BOTH, None, "flex is not sold yet"),
    ("openai", "o3", "2025-05-01T12:00:00", "flex", BOTH, "2.5", f"5 and 20: {OPENAI_FLEX}"),
    ("openai", "o3", "2025-06-09T23:59:59", "flex", BOTH, "2.5", "5 and 20"),
    ("openai", "o3", "2025-06-10T00:00:00", "flex", BOTH, "0.5", "1 and 4"),
    ("openai", "o4-mini", "2025-04-17T00:00:00", "flex", BOTH, "0.275", "0.55 and 2.20"),
    ("openai", "gpt-5", "2025-12-14T12:00:00", "flex", BOTH, "0.5625", "0.625 and 5"),
    ("openai", "gpt-4o", "2025-10-10T23:59:59", "priority", BOTH, None, "nobody dates its price"),
    (
        "openai",
        "gpt-4o",
        "2025-10-11T00:00:00",
        "priority",
        BOTH,
        "2.125",
        f"4.25, 17: {OPENAI_PRIORITY}",
    ),
    ("openai", "gpt-4o", "2026-08-06T23:59:59", "fast", BOTH, None, "the name did not exist"),
    ("openai", "gpt-4o", "2026-08-07T00:00:00", "fast", BOTH, "2.125", f"priority: {OPENAI_FAST}"),
    (
        "mistral",
        "codestral-latest",
        "2026-11-19T23:59:59",
        "standard",
        (100_000, 0),
        "0.03",
        "no price of hits",
        CACHED,
    ),
    (
        "mistral",
        "codestral-latest",
        "2026-11-20T00:00:00",
        "standard",
        (100_000, 0),
        "0.0084",
        f"hit 0.03: {MISTRAL_HITS}",
        CACHED,
    ),
)
GOLDEN += tuple(
    Golden(*row[:3], *row[4:7], {"service_tier": row[3], **(row[7] if len(row) > 7 else {})})
    for row in TIERS
)
