"""The gateway's container: the only one with a port."""

from __future__ import annotations

from collections.abc import Sequence

from lading.exports import containers, names, probes
from lading.exports.containers import Document
from lading.exports.gateway_image import FOLDER, PORT
from lading.exports.gateway_program import GRACE_SECONDS
from lading.exports.replicas import Around, Exported, socket_folder
from lading.gateway.bootstrap import inside
from lading.gateway.route import Listener

_GRACE_SECONDS = GRACE_SECONDS + 5
_TEMPORARY_BYTES = 16 * 1024**2


def container(listener: Listener, exported: Sequence[Exported], around: Around) -> Document:
    """It reaches every replica by its socket, and no other way."""
    replicas = [name for one in exported for name in names.replicas(one.name, one.replicas)]
    published = {
        "target": PORT,
        "published": str(listener.port),
        "host_ip": listener.host,
        "protocol": "tcp",
    }
    return {
        **containers.confined(around.gateway_image, _GRACE_SECONDS),
        "tmpfs": [containers.temporary(_TEMPORARY_BYTES)],
        "networks": [around.gateway],
        "ports": [published],
        "volumes": [
            containers.mounted(around.gateway, str(inside(FOLDER))),
            *(containers.mounted(x, socket_folder(x), read_only=True) for x in replicas),
        ],
        "healthcheck": probes.by_port(around.gateway_python, "/healthz", PORT),
        "depends_on": replicas,
        "labels": {"io.lading.app": around.app},
    }
