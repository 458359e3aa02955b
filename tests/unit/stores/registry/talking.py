"""What tests of registries say alike."""

from __future__ import annotations

from lading.oci import Location
from lading.stores.registry.patience import Patience
from tests.registry_server import Registry

QUICK = Patience(attempts=4, unknown_attempts=2, first_seconds=0.001, obeyed_seconds=2)
PLATFORM = "linux/amd64"
LAYER = "application/vnd.oci.image.layer.v1.tar"


def place(registry: Registry, name: str = "team/app/web", tag: str = "1") -> Location:
    return Location(registry.host, name, tag)
