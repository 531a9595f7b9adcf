"""What litellm's calculator charges for given requests; run by the Python of .venv-litellm.

Reads one JSON object from standard input: `at`, the instant of all requests (ISO, with its zone),
`names`, the model names that are wanted per provider, and `shapes`, the columns of a usage event
per mode of a model and shape. Writes the version and the answers to standard output, and its
progress to standard error. Asks no network: the price list is the one that came with the package.

Usage: python litellm_costs.py < REQUESTS.json > ANSWERS.json
Exit codes: 0 answered, 1 litellm knows none of the names.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from importlib.metadata import version
from typing import Any

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm
from litellm import cost_per_token
from litellm._internal_context import pinned_billing_time
from litellm.cost_calculator import batch_cost_calculator
from litellm.types.utils import (
    CacheCreationTokenDetails,
    CompletionTokensDetailsWrapper,
    PromptTokensDetailsWrapper,
    Usage,
)

# Google's models under their API names; Vertex AI repeats most of them.
PROVIDERS = {
    "anthropic": ("anthropic",),
    "aws": ("bedrock", "bedrock_converse"),
    "azure": ("azure", "azure_ai"),
    "cerebras": ("cerebras",),
    "cohere": ("cohere", "cohere_chat"),
    "deepseek": ("deepseek",),
    "fireworks": ("fireworks_ai",),
    "google": ("gemini",),
    "groq": ("groq",),
    "mistral": ("mistral",),
    "openai": ("openai", "text-completion-openai"),
    "openrouter": ("openrouter",),
    "together": ("together_ai",),
    "x-ai": ("xai",),
}
# How litellm's price list marks the prices of a tier.
TIER_KEYS = {"batch": "_batches", "flex": "_flex", "priority": "_priority"}


def usage_of(shape: dict[str, Any]) -> Usage:
    """Return the columns of a usage event, whose input is inclusive, as litellm takes them."""
    read = shape.get("cache_read_input_tokens", 0)
    short = shape.get("cache_write_5m_input_tokens", 0)
    long = shape.get("cache_write_1h_input_tokens", 0)
    return Usage(
        prompt_tokens=shape["input_tokens"],
        completion_tokens=shape["output_tokens"],
        total_tokens=shape["input_tokens"] + shape["output_tokens"],
        prompt_tokens_details=PromptTokensDetailsWrapper(
            cached_tokens=read,
            cache_creation_tokens=short + long,
            cache_creation_token_details=CacheCreationTokenDetails(
                ephemeral_5m_input_tokens=short, ephemeral_1h_input_tokens=long
            ),
        ),
        completion_tokens_details=CompletionTokensDetailsWrapper(
            reasoning_tokens=shape.get("reasoning_output_tokens", 0)
        ),
    )


def cost(key: str, provider: str, shape: dict[str, Any]) -> float | None:
    """Return the cost in USD; None where litellm has no answer, which it may write as 0."""
    usage = usage_of(shape)
    tier = shape.get("service_tier")
    try:
        if tier == "batch":
            parts = batch_cost_calculator(usage=usage, model=key, custom_llm_provider=provider)
        else:
            parts = cost_per_token(
                model=key, custom_llm_provider=provider, usage_object=usage, service_tier=tier
            )
    except Exception:  # litellm raises its own kinds for a model that it cannot price
        return None
    return sum(parts) or None


def has_tier(prices: dict[str, Any], tier: str | None) -> bool:
    """Whether the price list has a price of the tier's own; without one, litellm takes another."""
    return tier is None or any(
        key.startswith(("input_cost_per_token", "output_cost_per_token"))
        and TIER_KEYS[tier] in key
        and price is not None
        for key, price in prices.items()
    )


def known_as(key: str, names: set[str]) -> str | None:
    """Return the wanted name that a key of litellm's means: the whole key, else its last part."""
    candidates = (key.lower(), key.split("/", 1)[-1].lower())
    return next((name for name in candidates if name in names), None)


def wanted_keys(
    names: dict[str, list[str]], modes: Iterable[str]
) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Yield provider, wanted name, litellm's key and its prices."""
    wanted = {provider: set(found) for provider, found in names.items()}
    providers = {theirs: ours for ours, found in PROVIDERS.items() for theirs in found}
    for key, prices in litellm.model_cost.items():
        provider = providers.get(prices.get("litellm_provider"))
        name = known_as(key, wanted.get(provider or "", set()))
        if provider and name and prices.get("mode") in modes:
            yield provider, name, key, prices


def answers(requests: dict[str, Any]) -> list[dict[str, Any]]:
    """Return an answer per provider, name and shape; a name's whole key goes before a part."""
    shapes = requests["shapes"]
    wanted = sorted(
        wanted_keys(requests["names"], shapes),
        key=lambda found: (found[0], found[1], found[2].lower() != found[1], found[2]),
    )
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for done, (provider, name, key, prices) in enumerate(wanted, start=1):
        if sys.stderr.isatty():
            print(f"\r  {done:,} of {len(wanted):,} names", end="", file=sys.stderr)
        for shape_name, shape in shapes[prices["mode"]].items():
            if (provider, name, shape_name) in found:
                continue
            amount = cost(key, prices["litellm_provider"], shape)
            found[provider, name, shape_name] = {
                "provider_id": provider,
                "model_name": name,
                "shape": shape_name,
                "mode": prices["mode"],
                "has_tier": has_tier(prices, shape.get("service_tier")),
                "cost": None if amount is None else repr(amount),
            }
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return list(found.values())


def main() -> int:
    requests = json.load(sys.stdin)
    with pinned_billing_time(datetime.fromisoformat(requests["at"])):
        found = answers(requests)
    json.dump({"version": version("litellm"), "answers": found}, sys.stdout)
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main())
