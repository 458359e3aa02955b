"""Containers on this machine, with no daemon: runc under conmon, on overlayfs.

`engine.py` has the verbs. `layers.py` keeps unpacked layers, `bundle.py` writes what runc reads,
`starting.py` puts a container together, `namespace.py` and `monitor.py` start conmon in namespaces
of its own, `container.py` is what lies on disk of each container and `cgroups.py` where its limits
are. What this machine lacks is said by `doctor.py`.
"""

from lading.engines.embedded.doctor import Finding, check
from lading.engines.embedded.engine import Embedded

__all__ = ["Embedded", "Finding", "check"]
