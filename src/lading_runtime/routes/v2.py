"""What a method and a path ask for in the Open Inference Protocol v2, below / and below /S/."""

from __future__ import annotations

import enum
from typing import NamedTuple, Optional

from ..open_inference import VERSION
from ..problem import Problem


class Asked(enum.Enum):
    """What may be asked for; the worker answers MODEL and INFER, the front all else."""

    SERVER = "the server's metadata"
    LIVE = "whether the server lives"
    READY = "whether the server is ready"
    MODEL = "a model's metadata"
    MODEL_READY = "whether a model is ready"
    INFER = "an inference"


class Route(NamedTuple):
    """What is asked for, and by which methods it may be."""

    asked: Asked
    methods: tuple[str, ...] = ("GET", "HEAD")


_SERVER = {
    "": Route(Asked.SERVER),
    "/health/live": Route(Asked.LIVE),
    "/health/ready": Route(Asked.READY),
}
_MODEL = {
    "": Route(Asked.MODEL),
    "/ready": Route(Asked.MODEL_READY),
    "/infer": Route(Asked.INFER, ("POST",)),
}


def within(path: str, service: str) -> Optional[str]:
    """What follows `/v2` or `/S/v2` in a path; None for the path of another protocol."""
    for prefix in ("/v2", f"/{service}/v2"):
        if path == prefix or path.startswith(f"{prefix}/"):
            return path[len(prefix) :]
    return None


def find(method: str, rest: str, service: str) -> Asked:
    """Of what `within` gave. Raises Problem `not_found`, `method_not_allowed`."""
    route = _SERVER.get(rest) or _of_model(rest, service)
    if method not in route.methods:
        allowed = ", ".join(route.methods)
        detail = f"{method} is not allowed here; allowed: {allowed}"
        raise Problem("method_not_allowed", detail, headers={"allow": allowed})
    return route.asked


def _of_model(rest: str, service: str) -> Route:
    _, _, path = rest.partition("/models/")
    name, slash, verb = path.partition("/")
    if not rest.startswith("/models/") or not name:
        raise Problem("not_found", f"there is nothing at /v2{rest[:200]}")
    if name != service:
        detail = f"there is no model {name[:60]!r} here; there is {service!r}"
        raise Problem("not_found", detail)
    if verb.startswith("versions/"):
        _, _, after = verb.partition("/")
        version, slash, verb = after.partition("/")
        if version != VERSION:
            detail = f"model {service!r} has no version {version[:60]!r}; it has {VERSION!r}"
            raise Problem("not_found", detail)
    route = _MODEL.get(slash + verb)
    if route is None:
        raise Problem("not_found", f"there is nothing at /v2{rest[:200]}")
    return route
