"""Writes images into a layout: `image_writer.py FOLDER NAME TAGS LAYER_BYTES`.

TAGS tags, from 0 on; "forever" writes three tags over and over, until it is killed.
"""

import io
import itertools
import os
import sys
from pathlib import Path

from lading.oci import Descriptor, Digest, Layer, Reference, assemble, media_types
from lading.stores.layout import Layout

PLATFORM = {"os": "linux", "architecture": "amd64"}
FOLDER, NAME, TAGS, LAYER_BYTES = sys.argv[1:]


def layer() -> Layer:
    content = os.urandom(int(LAYER_BYTES))
    descriptor = Descriptor.of(media_types.LAYER, content)
    return Layer(descriptor, Digest.of(content), lambda: io.BytesIO(content))


store = Layout(Path(FOLDER))
sys.stdout.write("writing\n")
sys.stdout.flush()
for number in itertools.cycle(range(3)) if TAGS == "forever" else range(int(TAGS)):
    store.write(assemble(PLATFORM, [layer(), layer()]), Reference(NAME, str(number)))
