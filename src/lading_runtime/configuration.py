"""What the server is told, from the environment or the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

from . import access, log


class ConfigurationError(Exception):
    """A setting that cannot be used: its variable, what was expected and what came.

    Without `variable`, nothing says what to serve.
    """

    def __init__(self, problem: str, variable: str = "") -> None:
        super().__init__(f"{variable}: {problem}" if variable else problem)
        self.problem, self.variable = problem, variable


@dataclass(frozen=True)
class Limits:
    """Bounds that keep one client from harming the others. Sizes in bytes, times in seconds."""

    body_bytes: int = 64 * 1024**2
    target_bytes: int = 8 * 1024
    head_bytes: int = 32 * 1024
    head_fields: int = 100
    waiting: int = 64
    """Predictions that may wait for the worker."""
    request_seconds: float = 60.0
    """From a whole request to its answer. A worker busy longer than this is not ready."""
    head_seconds: float = 10.0
    body_seconds: float = 60.0
    idle_seconds: float = 3700.0
    """A kept connection; longer than any gateway keeps its own."""
    linger_seconds: float = 0.5
    """How long a kept connection may still send a request once the server is told to stop."""


@dataclass(frozen=True)
class Configuration:
    """Where to listen and what to serve. `socket` is a path; without it, `host` and `port` hold."""

    handler: str
    """`module:attribute`; empty where a flavour serves `model`, or a graph is served."""
    service: str
    source: str = "/app"
    flavour: str = ""
    model: str = ""
    """Path of the model's file or folder, inside `source` when it is relative."""
    graph: str = ""
    """Path of a graph.json, likewise."""
    workers: int = 1
    batch_size: int = 64
    batch_wait_seconds: float = 0.002
    grpc: str = ""
    """`host:port` or `unix:/path` where gRPC is served too."""
    socket: Optional[str] = None
    host: str = "0.0.0.0"
    port: int = 8080
    grace_seconds: float = 30.0
    limits: Limits = field(default_factory=Limits)
    by_options: bool = False
    """Whether the command line says what to serve, not an image that lading.yaml describes."""

    def load_failure(self, reason: str) -> str:
        """For people: what cannot be loaded, by the option or the key that names it, and why."""
        served = {"handler": self.handler, "model": self.model, "graph": self.graph}
        key, value = next(one for one in served.items() if one[1])
        where = f"--{key} {value}" if self.by_options else f"services.{self.service}.{key}: {value}"
        for repeated, instead in ((f"{value}: ", ""), (f"{value} ", "it ")):
            if reason.startswith(repeated):
                reason = instead + reason[len(repeated) :]
        return f"{where} failed to load: {reason}"

    @property
    def address(self) -> str:
        """For people: `unix:/path` or `host:port`."""
        return f"unix:{self.socket}" if self.socket else f"{self.host}:{self.port}"


def read(environment: Mapping[str, str]) -> Configuration:
    """From LADING_* variables. Raises ConfigurationError."""
    number = _Numbers(environment)
    graph = environment.get("LADING_GRAPH", "")
    handler, flavour, model = ("", "", "") if graph else _served(environment)
    if graph and (environment.get("LADING_HANDLER") or environment.get("LADING_FLAVOUR")):
        raise ConfigurationError("expected one thing to serve, got two", "LADING_GRAPH")
    module = handler.partition(":")[0]
    service = (
        environment.get("LADING_SERVICE") or module.rpartition(".")[2] or _stem(model or graph)
    )
    if "/" in service:
        raise ConfigurationError(f"expected a name without '/', got {service!r}", "LADING_SERVICE")
    _choice(environment, "LADING_LOG_LEVEL", log.LEVELS)
    _choice(environment, "LADING_ACCESS_LOG", access.KINDS)
    return Configuration(
        handler=handler,
        flavour=flavour,
        model=model,
        graph=graph,
        service=service,
        workers=number.whole("LADING_WORKERS", 1, 1000, least=1),
        batch_size=number.whole("LADING_BATCH_SIZE", Configuration.batch_size, 10000, least=1),
        batch_wait_seconds=number.seconds("LADING_BATCH_WAIT", Configuration.batch_wait_seconds),
        grpc=environment.get("LADING_GRPC") or "",
        source=environment.get("LADING_SOURCE") or "/app",
        socket=environment.get("LADING_SOCKET") or None,
        host=environment.get("LADING_HOST") or "0.0.0.0",
        port=number.whole("LADING_PORT", 8080, 65535),
        grace_seconds=number.seconds("LADING_GRACE", 30.0),
        limits=Limits(
            body_bytes=number.whole("LADING_MAX_BODY", Limits.body_bytes, 2**40),
            waiting=number.whole("LADING_QUEUE", Limits.waiting, 2**20),
            request_seconds=number.seconds("LADING_REQUEST_TIMEOUT", Limits.request_seconds),
            head_seconds=number.seconds("LADING_HEADER_TIMEOUT", Limits.head_seconds),
            body_seconds=number.seconds("LADING_BODY_TIMEOUT", Limits.body_seconds),
            idle_seconds=number.seconds("LADING_IDLE_TIMEOUT", Limits.idle_seconds),
        ),
    )


def _served(environment: Mapping[str, str]) -> tuple[str, str, str]:
    """Handler, flavour, model: the first, or the other two."""
    handler = environment.get("LADING_HANDLER", "")
    flavour = environment.get("LADING_FLAVOUR", "")
    model = environment.get("LADING_MODEL", "")
    if flavour and handler:
        raise ConfigurationError("expected a handler or a flavour, got both", "LADING_FLAVOUR")
    if flavour and not model:
        problem = "expected the path of the flavour's model, got none"
        raise ConfigurationError(problem, "LADING_MODEL")
    if flavour:
        return "", flavour, model
    if model and not handler:
        problem = "expected what made the model, such as sklearn, got none"
        raise ConfigurationError(problem, "LADING_FLAVOUR")
    _check_handler(handler)
    return handler, "", ""


def _check_handler(handler: str) -> None:
    if not handler:
        raise ConfigurationError(
            "nothing to serve; give --handler module:Class, or --model FILE with --flavour, or set "
            "LADING_HANDLER"
        )
    module, _, attribute = handler.partition(":")
    if not (module and attribute):
        raise ConfigurationError(
            f"expected module:Class or module:function, got {handler!r}", "LADING_HANDLER"
        )
    if module.endswith(".py") or "/" in module:
        folder, _, name = module.rpartition("/")
        advice = f"write {name[:-3] if name.endswith('.py') else name}:{attribute}"
        advice += f", with {folder!r} as the source" if folder else ""
        problem = f"expected a module's name, not its file, got {handler!r}; {advice}"
        raise ConfigurationError(problem, "LADING_HANDLER")


def _stem(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2].partition(".")[0] or "model"


def _choice(environment: Mapping[str, str], name: str, known: Iterable[str]) -> None:
    """What is read where it is used (`log.py`, `access.py`) is checked here."""
    given = environment.get(name, "")
    if given and given.lower() not in known:
        expected = ", ".join(known)
        raise ConfigurationError(f"expected one of {expected}, got {given!r}", name)


class _Numbers:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def whole(self, name: str, default: int, most: int, least: int = 0) -> int:
        value = self._read(name, default, int)
        if value is None or not least <= value <= most:
            raise self._error(name, f"a whole number from {least} to {most}")
        return int(value)

    def seconds(self, name: str, default: float) -> float:
        value = self._read(name, default, float)
        if value is None or not 0 <= value <= 86400:
            raise self._error(name, "seconds from 0 to 86400")
        return float(value)

    def _read(self, name: str, default: Any, convert: Callable[[str], Any]) -> Any:
        """None where the text is not a number."""
        text = self._environment.get(name)
        try:
            return convert(text) if text else default
        except ValueError:
            return None

    def _error(self, name: str, expected: str) -> ConfigurationError:
        return ConfigurationError(f"expected {expected}, got {self._environment[name]!r}", name)
