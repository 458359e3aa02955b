"""An app as a Compose file: one container for each replica, and the gateway's.

Source: Compose Specification. Nothing but the gateway has a network, unless a service has egress:
requests and calls go through sockets in volumes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from lading.exports import containers, gateway, names, replicas
from lading.exports.containers import Document
from lading.exports.replicas import Around, Exported
from lading.gateway.route import Listener

_HEAD = """\
# Made by `lading export compose`. Each image is named after the digest of its content.
"""


def document(listener: Listener, exported: Sequence[Exported], around: Around) -> Document:
    """The file's content. `listener.host` is an IP address."""
    every = [name for one in exported for name in names.replicas(one.name, one.replicas)]
    services: Document = {}
    for one in exported:
        services |= replicas.services(one, around)
    services[around.gateway] = gateway.container(listener, exported, around)
    networks = [around.gateway, *(one.name for one in exported if one.spec.egress)]
    secrets: Document = {}
    for one in exported:
        secrets |= replicas.secrets(one)
    return {
        "name": around.app,
        "services": services,
        "volumes": {name: containers.socket_volume() for name in (around.gateway, *every)},
        # One for each, so that those with a network do not reach one another.
        "networks": {name: {} for name in networks},
        **({"secrets": secrets} if secrets else {}),
    }


def encode(content: Document) -> str:
    """As text: the same for the same content."""
    return _HEAD + yaml.dump(
        _literal(content), Dumper=_Plain, sort_keys=False, allow_unicode=True, width=100
    )


class _Plain(yaml.SafeDumper):
    """Writes what is the same twice rather than a reference to the first."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _as_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Programs line by line."""
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_Plain.add_representer(str, _as_text)


def _literal(value: Any) -> Any:
    """With every `$` doubled: Compose would put a variable in its place."""
    match value:
        case str():
            return value.replace("$", "$$")
        case dict():
            return {key: _literal(one) for key, one in value.items()}
        case list():
            return [_literal(one) for one in value]
        case _:
            return value
