"""A server on a port, and what joins it to sockets, in one container.

Source: OCI image specification 1.1, config.md. The bridge of another container would share that
one's network, which Docker cannot put together again when either of the two is started anew, nor
when both are after a reboot.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from lading.building.assemble import CREATED
from lading.building.layers import blob, entry
from lading.engines import inside
from lading.engines.engine import Workload
from lading.errors import BuildError
from lading.oci import Descriptor, Image, Layer, Manifest, assemble
from lading.oci.annotations import KIND, TITLE, UNPACKED
from lading.stores.layout import Layout

MEMORY_BYTES = 32 * 1024**2
"""What it is given beside the server's own."""
PROCESSES = 8
_PATH = "/opt/lading/bridge.py"
_KIND = "bridge"
_PACKAGE = "lading_runtime"


def bridged(image: Image, store: Layout) -> Image:
    """The image with the bridge as one layer more, which is put into `store`."""
    made = blob.compressed(store, [entry.file(_PATH.lstrip("/"), _program())], lambda _: None)
    bare = made.descriptor
    said = {KIND: _KIND, TITLE: "1 file", UNPACKED: str(made.unpacked_size)}
    layer = Layer(
        Descriptor(bare.media_type, bare.digest, bare.size, said),
        made.diff_id,
        partial(store.blobs.open, bare.digest),
    )
    settings = {name: value for name, value in image.settings.items() if name != "rootfs"}
    if "history" in settings:
        added = {"created": CREATED, "created_by": f"lading: {_KIND}"}
        settings["history"] = [*settings["history"], added]
    return assemble(settings, [*image.layers, layer], Manifest.parse(image.manifest).annotations)


def entrypoint(workload: Workload, command: Sequence[str], python: str) -> list[str]:
    """Starts the bridge, which starts `command` and ends with it; `python` is a path."""
    bridge = [python, "-I", _PATH]
    bridge += ["--socket", inside.SOCKET, "--port", str(workload.port)]
    if workload.health:
        bridge += ["--health", workload.health]
    bridge += ["--gateway", inside.GATEWAY_SOCKET]
    bridge += ["--gateway-port", str(inside.gateway_port(workload))]
    return [*bridge, "--", *command]


def _program() -> Path:
    """Found, never imported; it needs the standard library alone."""
    spec = find_spec(_PACKAGE)
    for folder in (spec and spec.submodule_search_locations) or ():
        if os.access(path := Path(folder, Path(_PATH).name), os.R_OK):
            return path
    raise BuildError(f"{_PACKAGE} is not installed beside lading", todo="install lading anew")
