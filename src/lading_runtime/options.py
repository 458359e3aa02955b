"""The command line for development; imported only when there are arguments."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

_OPTIONS = {
    "source": ("LADING_SOURCE", "folder of the handler's code"),
    "handler": ("LADING_HANDLER", "module:Class or module:function"),
    "model": ("LADING_MODEL", "a model's file or folder, served without a handler"),
    "flavour": (
        "LADING_FLAVOUR",
        "what made the model: sklearn, xgboost, lightgbm, onnx, torchscript or mlflow",
    ),
    "graph": ("LADING_GRAPH", "a graph.json, as `lading build` makes of `graph:`"),
    "service": ("LADING_SERVICE", "name in the URL; default: the module's or the model's name"),
    "socket": ("LADING_SOCKET", "UNIX socket to listen on"),
    "host": ("LADING_HOST", "address to listen on; default: 127.0.0.1"),
    "port": ("LADING_PORT", "TCP port to listen on; default: 8000"),
    "workers": ("LADING_WORKERS", "processes that predict; default: 1"),
    "batch-size": ("LADING_BATCH_SIZE", "most requests that are predicted together; default: 64"),
    "batch-wait": (
        "LADING_BATCH_WAIT",
        "most seconds a request waits for others; default: 0.002",
    ),
    "grpc": ("LADING_GRPC", "host:port or unix:PATH where gRPC is served too"),
}


def option(variable: str) -> str:
    """The option that stands for a variable; the variable itself where there is none."""
    names = [name for name, (known, _) in _OPTIONS.items() if known == variable]
    return f"--{names[0]}" if names else variable


def parse(arguments: Sequence[str]) -> dict[str, str]:
    """The variables that the options stand for. Exits with 2 when they cannot be used."""
    parser = argparse.ArgumentParser(
        prog="lading_runtime", description="Serves a handler over HTTP."
    )
    for name, (_, explanation) in _OPTIONS.items():
        parser.add_argument(f"--{name}", dest=name, help=explanation)
    parser.set_defaults(source=".", host="127.0.0.1", port="8000")
    given = vars(parser.parse_args(arguments))
    return {_OPTIONS[name][0]: value for name, value in given.items() if value is not None}
