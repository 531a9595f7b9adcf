"""How many calls a second litellm prices; run by the Python of .venv-litellm, not by dbt's.

Usage: python litellm_rate.py CALLS.json      (prints the rate)
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

# The price list that came with the package; without this it asks the network for a newer one.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

from litellm import cost_per_token


def main() -> int:
    calls = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    priced = 0
    started = time.monotonic()
    for provider, model, input_tokens, read, written, output_tokens, _ in calls:
        try:
            cost_per_token(
                model=model,
                custom_llm_provider="xai" if provider == "x-ai" else provider,
                prompt_tokens=input_tokens,
                completion_tokens=output_tokens,
                cache_read_input_tokens=read,
                cache_creation_input_tokens=written,
            )
            priced += 1
        except Exception:  # litellm raises its own kinds for a model that it does not know
            continue
    print(priced / (time.monotonic() - started))
    return 0


if __name__ == "__main__":
    sys.exit(main())
