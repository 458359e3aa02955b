"""The command line for development; imported only when there are arguments."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

_OPTIONS = {
    "source": ("LADING_SOURCE", "folder of the handler's code"),
    "handler": ("LADING_HANDLER", "module:Class or module:function"),
    "service": ("LADING_SERVICE", "name in the URL; default: the module's name"),
    "socket": ("LADING_SOCKET", "UNIX socket to listen on"),
    "host": ("LADING_HOST", "address to listen on; default: 127.0.0.1"),
    "port": ("LADING_PORT", "TCP port to listen on; default: 8000"),
}


def parse(arguments: Sequence[str]) -> dict[str, str]:
    """The variables that the options stand for. Exits with 2 when they cannot be used."""
    parser = argparse.ArgumentParser(
        prog="lading_runtime", description="Serves a handler over HTTP."
    )
    for name, (_, explanation) in _OPTIONS.items():
        parser.add_argument(f"--{name}", help=explanation)
    parser.set_defaults(source=".", host="127.0.0.1", port="8000")
    given = vars(parser.parse_args(arguments))
    return {_OPTIONS[name][0]: value for name, value in given.items() if value is not None}
