"""Registries: images out of them and into them, by the OCI distribution specification 1.1.

May import what `lading.stores` may. Start at `registries.py`, then `repository.py`, `pulling.py`
and `pushing.py`. What is heavy to import is imported by what needs it.
"""

from lading.stores.registry.described import Described, Pushed
from lading.stores.registry.hosts import Host, Hosts
from lading.stores.registry.registries import Registries

__all__ = ["Described", "Host", "Hosts", "Pushed", "Registries"]
