"""What lading.yaml says of registries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from lading.settings.compounds import Key, Keys, Many, Named, Section
from lading.settings.kinds import Switch, Text
from lading.stores.registry.naming import EXAMPLE, HOST, PLACE

if TYPE_CHECKING:
    from lading.stores.registry.hosts import Hosts

REGISTRY = Key(
    Text(f'a host, and a path or none, such as "{EXAMPLE}"', PLACE, 255),
    "Where `lading push` puts images, and `lading pull` finds them: as `registry/app/service:tag`. "
    "[Registries](registries.md) tells how to log in.",
    "none",
)
REGISTRIES = Key(
    Named(
        "a mapping from registries to what is said of them",
        Keys(
            "a registry",
            {
                "mirrors": Key(
                    Many(
                        "a list of registries",
                        Text(
                            'a host, and a path or none, such as "mirror.example.org"', PLACE, 255
                        ),
                        alone=True,
                    ),
                    "Asked in its place, in this order, when something is pulled; where none has "
                    "it, the registry itself is.",
                    "none",
                ),
                "insecure": Key(
                    Switch(),
                    "Whether it may be asked by plain HTTP, and by TLS with a certificate that "
                    "proves nothing.",
                    "false",
                ),
            },
        ),
        "a host as in the names of images, such as docker.io or localhost:5000",
        HOST,
        longest=255,
    ),
    "What has to be said of some registries, by host: the host of `registry`, of a `base`, of an "
    "`image`. Rarely needed.",
    "none",
)


def hosts(written: Mapping[str, Section]) -> Hosts:
    """What was read under `registries`, as registries want it."""
    if not written:
        return {}
    from lading.stores.registry.hosts import Host

    return {
        host: Host(tuple(one.get("mirrors", ())), one.get("insecure", False))
        for host, one in written.items()
    }
