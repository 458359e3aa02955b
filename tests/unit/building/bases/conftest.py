"""Images of a few files, with all that a layer's tar may hold."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from lading.building.bases import unpacked
from lading.building.bases.unpacked import Unpacked
from lading.oci import Descriptor, Digest, Image, Layer, media_types
from tests.conftest import Images

Make = Callable[..., Unpacked]


def layer(files: Mapping[str, str | bytes | None]) -> Layer:
    """Bytes are a file's, None is a folder, `-> x` a link to x and `= x` a hard link."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.mode = 0o755
            if content is None:
                member.type, member.mode = tarfile.DIRTYPE, 0o1777
            elif isinstance(content, str):
                kind, _, member.linkname = content.partition(" ")
                member.type = tarfile.SYMTYPE if kind == "->" else tarfile.LNKTYPE
            else:
                member.size = len(content)
            tar.addfile(member, io.BytesIO(content) if isinstance(content, bytes) else None)
    raw = buffer.getvalue()
    return Layer(Descriptor.of(media_types.LAYER, raw), Digest.of(raw), lambda: io.BytesIO(raw))


@pytest.fixture
def made(tmp_path: Path) -> Make:
    """made({...}, {...}, User="x"): an image of layers, looked into."""

    def make(*layers: Mapping[str, str | bytes | None], **config: object) -> Unpacked:
        return unpacked.of(image(*layers, **config), tmp_path / "cache")

    return make


def image(*layers: Mapping[str, str | bytes | None], **config: object) -> Image:
    return Images().image(*map(layer, layers), **config)
