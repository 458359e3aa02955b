"""From where this Lading was installed, as pip is to be told of it on another machine.

Source of the format: PEP 610, direct_url.json, which is missing where an index was asked.
"""

from __future__ import annotations

import importlib.metadata
import json
from typing import Any

from lading import __version__
from lading.errors import UsageError

_NAME = "lading"


def requirement() -> str:
    """Raises UsageError where it came from a folder or file of this machine."""
    try:
        text = importlib.metadata.distribution(_NAME).read_text("direct_url.json")
    except importlib.metadata.PackageNotFoundError:
        text = ""
    return of(json.loads(text) if text else None)


def of(direct: dict[str, Any] | None) -> str:
    """The requirement that a `direct_url.json` stands for; an index's where there is none."""
    if direct is None:
        return f"{_NAME}=={__version__}"
    url, vcs = direct["url"], direct.get("vcs_info")
    if url.startswith("file:"):
        raise UsageError(
            "this Lading was installed from a folder of this machine, which no other one has",
            "--lading",
            expected="what pip is to install it from",
            todo='say it: --lading "git+https://git.example.org/lading@COMMIT", or the path of a '
            "wheel in the repository",
        )
    if vcs:
        return f"{_NAME} @ {vcs['vcs']}+{url}@{vcs['commit_id']}"
    sha256 = direct.get("archive_info", {}).get("hashes", {}).get("sha256")
    return f"{_NAME} @ {url}" + (f"#sha256={sha256}" if sha256 else "")
