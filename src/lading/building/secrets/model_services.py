"""Keys of services that models are got from, trained, watched and asked at.

Sources: the pages on access tokens and API keys of Hugging Face, OpenAI, Anthropic, Databricks,
Groq, Replicate, Weights & Biases and Kaggle.
"""

from __future__ import annotations

from lading.building.secrets.kind import URL64, Kind, words

KINDS: tuple[Kind, ...] = (
    Kind(
        "hugging-face-token",
        "a Hugging Face token",
        words("hf_", "api_org_"),
        r"(?<!\w)(?:hf_|api_org_)[A-Za-z0-9]{34}(?!\w)",
        shown=3,
    ),
    Kind(
        "openai-key",
        "an OpenAI key",
        words("T3BlbkFJ"),
        rf"(?<!{URL64})sk-{URL64}{{20,}}T3BlbkFJ{URL64}{{20,}}",
        shown=3,
    ),
    Kind(
        "anthropic-key",
        "an Anthropic key",
        words("sk-ant-"),
        rf"(?<!{URL64})sk-ant-(?:api|admin|oat)[0-9]{{2}}-{URL64}{{80,}}",
        shown=7,
    ),
    Kind(
        "databricks-token",
        "a Databricks token",
        words("dapi"),
        r"(?<!\w)dapi[0-9a-f]{32}(?:-[0-9])?(?!\w)",
    ),
    Kind("groq-key", "a Groq key", words("gsk_"), r"(?<!\w)gsk_[A-Za-z0-9]{52}(?!\w)"),
    Kind(
        "replicate-token",
        "a Replicate token",
        words("r8_"),
        r"(?<!\w)r8_[A-Za-z0-9]{37}(?!\w)",
        shown=3,
    ),
    Kind(
        "wandb-key",
        "a Weights & Biases key",
        words("wandb"),
        r"wandb_v1_[A-Za-z0-9_]{60,}|wandb\.login\([^)\n]{0,60}\\?[\"'](?P<secret>[0-9a-f]{40})\\?[\"']",
        exact=False,
        shown=0,
    ),
    Kind(
        "kaggle-key",
        "a Kaggle key",
        words('"username"'),
        r"\"username\"\s*:\s*\"[^\"\n]+\"\s*,\s*\"key\"\s*:\s*\"(?P<secret>[0-9a-f]{32})\"",
        exact=False,
        shown=0,
    ),
)
