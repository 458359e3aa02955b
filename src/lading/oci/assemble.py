"""From settings and layers to an image: the manifest and config bytes, always the same ones."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from lading.oci import media_types
from lading.oci.image import NO_ANNOTATIONS, Descriptor, Image, Layer
from lading.oci.manifest import Manifest


def assemble(
    settings: Mapping[str, Any],
    layers: Sequence[Layer],
    annotations: Mapping[str, str] = NO_ANNOTATIONS,
) -> Image:
    """An image of `layers`, lowest first.

    `settings` is a config document (image-spec config.md) but for `rootfs`, which the layers give.
    Equal arguments give equal bytes, in whatever order a mapping has its keys.
    """
    rootfs = {"type": "layers", "diff_ids": [str(layer.diff_id) for layer in layers]}
    config = json.dumps(
        {**settings, "rootfs": rootfs}, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode()
    manifest = Manifest(
        Descriptor.of(media_types.CONFIG, config),
        tuple(layer.descriptor for layer in layers),
        annotations,
    )
    return Image(manifest.encode(), config, tuple(layers))
