"""What a registry wants before it answers: its WWW-Authenticate header (RFC 9110, 11.6.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.request import parse_http_list

_PARAMETER = re.compile(
    r"(?:(?P<scheme>[!#$%&'*+.^_`|~\w-]+)\s+)?(?P<name>[\w-]+)\s*=\s*(?P<value>.*)\Z", re.A | re.S
)
_SCHEME = re.compile(r"[!#$%&'*+.^_`|~\w-]+\Z", re.A)


@dataclass(frozen=True)
class Challenge:
    """One scheme, in lower case, with its parameters, their names in lower case."""

    scheme: str
    parameters: Mapping[str, str] = field(default_factory=dict)


def parse(headers: Iterable[str]) -> list[Challenge]:
    """The challenges of all such headers of an answer. What is not by the grammar is left out."""
    found: list[tuple[str, dict[str, str]]] = []
    for header in headers:
        for item in parse_http_list(header):
            if match := _PARAMETER.match(item):
                if match["scheme"]:
                    found.append((match["scheme"].lower(), {}))
                if found:
                    found[-1][1].setdefault(match["name"].lower(), _unquoted(match["value"]))
            elif _SCHEME.match(item.strip()):
                found.append((item.strip().lower(), {}))
    return [Challenge(scheme, parameters) for scheme, parameters in found]


def _unquoted(text: str) -> str:
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.S)
    return text
