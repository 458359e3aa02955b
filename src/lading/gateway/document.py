"""An Envoy document: the JSON form of a protobuf message."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

Document = dict[str, Any]

_TYPES = "type.googleapis.com/envoy."


def typed(message: str, **fields: Any) -> Document:
    """A google.protobuf.Any; `message` is its name without the leading `envoy.`."""
    return {"@type": _TYPES + message, **fields}


def duration(seconds: float) -> str:
    """A google.protobuf.Duration, to the millisecond."""
    return f"{seconds:.3f}s"


def discovery(resources: Sequence[Document]) -> Document:
    """A DiscoveryResponse whose version is the digest of what it holds."""
    version = hashlib.sha256(encode({"resources": list(resources)})).hexdigest()[:16]
    return {"version_info": version, "resources": list(resources)}


def encode(document: Document) -> bytes:
    """Equal documents give equal bytes."""
    return json.dumps(document, sort_keys=True, indent=1).encode()
