"""What an image is: digests, descriptors, manifests, configs and layers as values.

Opens nothing: no file, no socket, no process. May import only `lading.errors`. Where images live is
`lading.stores`; how one is made is `lading.building`. Start at `image.py`, then
`assemble.py` (make one) and `validate.py` (is it one).

Source: OCI image specification 1.1, https://github.com/opencontainers/image-spec.
"""

from lading.oci.artifact import Artifact
from lading.oci.assemble import assemble
from lading.oci.digest import Digest
from lading.oci.image import Descriptor, Image, Layer
from lading.oci.index import Index
from lading.oci.location import Location
from lading.oci.manifest import Manifest
from lading.oci.reference import Reference

__all__ = [
    "Artifact",
    "Descriptor",
    "Digest",
    "Image",
    "Index",
    "Layer",
    "Location",
    "Manifest",
    "Reference",
    "assemble",
]
