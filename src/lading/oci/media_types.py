"""Media types of OCI image specification 1.1, of Docker, and of what is attached to images."""

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
LAYER_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip"
LAYER_ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd"

DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
"""Docker's own of these (Image Manifest Version 2, Schema 2): the same documents by other types."""
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar"
DOCKER_LAYER_GZIP = "application/vnd.docker.image.rootfs.diff.tar.gzip"

MANIFESTS = (MANIFEST, DOCKER_MANIFEST)
CONFIGS = (CONFIG, DOCKER_CONFIG)
PLAIN_LAYERS = (LAYER, DOCKER_LAYER)

EMPTY = "application/vnd.oci.empty.v1+json"
"""The config of what is no image: `{}` (manifest.md, "Guidance for an empty descriptor")."""

IN_TOTO = "application/vnd.in-toto+json"
"""An in-toto statement (in-toto attestation framework, v1)."""
CYCLONEDX = "application/vnd.cyclonedx+json"
SPDX = "application/spdx+json"
