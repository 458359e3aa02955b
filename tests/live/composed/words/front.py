"""Calls another service, and tells what it sees of networks."""

import socket
from pathlib import Path

from lading_runtime.client import service


class Front:
    def predict(self, text: str) -> dict[str, object]:
        return {
            "words": service("words").predict(text=text),
            "interfaces": sorted(name for _, name in socket.if_nameindex()),
            "writes": _writes(),
        }


def _writes() -> str:
    try:
        Path("/app/new").write_text("")
    except OSError as error:
        return type(error).__name__
    return "written"
