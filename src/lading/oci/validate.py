"""Whether an image is what the OCI image specification 1.1 calls one."""

from __future__ import annotations

from lading.errors import StoreError
from lading.oci import media_types
from lading.oci.config import Config
from lading.oci.image import Descriptor, Image
from lading.oci.manifest import Manifest

LAYER_TYPES = (media_types.LAYER, media_types.LAYER_GZIP, media_types.LAYER_ZSTD)
_KNOWN_LAYERS = (*LAYER_TYPES, media_types.DOCKER_LAYER, media_types.DOCKER_LAYER_GZIP)


def check(image: Image) -> None:
    """Raise StoreError, with expected and got, where manifest, config and layers disagree.

    Opens no layer: whether a layer's bytes have its digest and diff ID is known only to who reads
    them.
    """
    manifest, config = Manifest.parse(image.manifest), Config.parse(image.config)
    config_type = manifest.config.media_type
    if config_type not in media_types.CONFIGS:
        _same("manifest.config.mediaType", media_types.CONFIG, config_type)
    _same_content("manifest.config", Descriptor.of(config_type, image.config), manifest.config)
    if not manifest.layers:
        raise StoreError(where="manifest.layers", expected="a layer or more", came="none")
    _check_layers(image, manifest, config)
    if config.filled_history is not None and config.filled_history != len(manifest.layers):
        raise StoreError(
            where="config.history",
            expected=f"{len(manifest.layers)} entries without empty_layer, one for each layer",
            came=str(config.filled_history),
        )


def _check_layers(image: Image, manifest: Manifest, config: Config) -> None:
    count = len(manifest.layers)
    _same("config.rootfs.diff_ids: count", count, len(config.diff_ids))
    _same("image.layers: count", count, len(image.layers))
    for number, (descriptor, layer) in enumerate(zip(manifest.layers, image.layers, strict=True)):
        path = f"manifest.layers[{number}]"
        if descriptor.media_type not in _KNOWN_LAYERS:
            raise StoreError(
                where=f"{path}.mediaType",
                expected="one of " + ", ".join(LAYER_TYPES),
                came=descriptor.media_type,
            )
        _same(f"{path}.mediaType", layer.descriptor.media_type, descriptor.media_type)
        _same_content(path, layer.descriptor, descriptor)
        _same(f"config.rootfs.diff_ids[{number}]", layer.diff_id, config.diff_ids[number])


def _same_content(path: str, expected: Descriptor, came: Descriptor) -> None:
    _same(f"{path}.digest", expected.digest, came.digest)
    _same(f"{path}.size", expected.size, came.size)


def _same(path: str, expected: object, came: object) -> None:
    if expected != came:
        raise StoreError(where=path, expected=str(expected), came=str(came))
