"""From layers to what they say, each read once."""

from __future__ import annotations

import posixpath
import re
import tarfile
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from lading.bills.inside.facts import Copyright, Fact, Facts
from lading.building.layers.record import write_record
from lading.oci import Layer
from lading.stores.uncompressed import tar_of

_FORMAT = 2
"""Of a record. Raise it when other files are read, or are read otherwise."""
_MOST_BYTES = 4 * 1024**2
"""A larger file is no document."""
_WHITEOUT, _OPAQUE = ".wh.", ".wh..wh..opq"
_DECODER = msgspec.json.Decoder(Facts)


def _status(content: bytes) -> Fact:
    from lading.bills.inside import debian

    return debian.packages(_text(content))


def _copyright(content: bytes) -> Fact:
    from lading.bills.inside import debian

    return debian.copyright_of(_text(content))


def _release(content: bytes) -> Fact:
    from lading.bills.inside import debian

    return debian.release(_text(content))


def _wheel(content: bytes) -> Fact | None:
    from lading.bills.inside import python

    return python.package(content)


def _bundled(content: bytes) -> Fact | None:
    from lading.bills.inside import bundled

    return bundled.listed(content)


def _interpreter(content: bytes) -> Fact | None:
    from lading.bills.inside import python

    return python.interpreter(_text(content))


# Their modules are imported where there is something for them: most layers of code have nothing.
_READERS: tuple[tuple[re.Pattern[str], Callable[[bytes], Fact | None]], ...] = (
    (re.compile(r"var/lib/dpkg/status(?:\.d/(?!.*\.md5sums$)[^/]+)?$"), _status),
    (re.compile(r"usr/share/doc/[^/]+/copyright$"), _copyright),
    (re.compile(r".*\.dist-info/METADATA$|.*\.egg-info/PKG-INFO$"), _wheel),
    (re.compile(r".*\.dist-info/sboms/[^/]+\.json$"), _bundled),
    (re.compile(r"(?:etc|usr/lib)/os-release$"), _release),
    (re.compile(r"usr/local/include/python3\.\d+/patchlevel\.h$"), _interpreter),
)
_DOC = re.compile(r"usr/share/doc/([^/]+)(?:/copyright)?$")


def said(layers: Iterable[Layer], cache: Path) -> dict[str, Fact]:
    """What the layers of an image say, lowest first, by path. Raises StoreError, DamagedBlob."""
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda layer: _remembered(layer, cache), layers))
    whole: dict[str, Fact] = {}
    for facts in found:
        for gone in facts.gone:
            below = f"{gone}/" if gone else ""
            whole = {x: y for x, y in whole.items() if x != gone and not x.startswith(below)}
        whole.update(facts.said)
    return whole


def _remembered(layer: Layer, cache: Path) -> Facts:
    record = cache / "inside" / f"{_FORMAT}-{layer.diff_id.hex}.json"
    try:
        return _DECODER.decode(record.read_bytes())
    except (OSError, msgspec.MsgspecError):
        facts = read(layer)
        write_record(record, msgspec.json.encode(facts))
        return facts


def read(layer: Layer) -> Facts:
    """What one layer says. Reads all of it. Raises StoreError, DamagedBlob."""
    found: dict[str, Fact] = {}
    gone: list[str] = []
    with tar_of(layer) as stream, tarfile.open(fileobj=stream, mode="r|", bufsize=1 << 20) as tar:
        for member in tar:
            path = member.name.removeprefix("./").rstrip("/")
            folder, _, name = path.rpartition("/")
            if name.startswith(_WHITEOUT):
                is_whole = name == _OPAQUE
                gone.append(folder if is_whole else f"{folder}/{name.removeprefix(_WHITEOUT)}")
            elif fact := _fact(tar, member, path):
                found[path] = fact
    return Facts(found, tuple(one.lstrip("/") for one in gone))


def _fact(tar: tarfile.TarFile, member: tarfile.TarInfo, path: str) -> Fact | None:
    if member.issym() or member.islnk():
        return _link(path, member.linkname, member.issym())
    if not member.isfile() or member.size > _MOST_BYTES:
        return None
    for pattern, reader in _READERS:
        if pattern.match(path):
            content = tar.extractfile(member)
            return reader(content.read()) if content else None
    return None


def _link(path: str, target: str, is_soft: bool) -> Fact | None:
    """A package's folder of documents, or its copyright file, that is another's."""
    match = _DOC.match(path)
    if not match:
        return None
    full = (
        posixpath.normpath(posixpath.join("/", posixpath.dirname(path), target))
        if is_soft
        else target
    )
    leads = _DOC.match(full.strip("/"))
    return Copyright(link=leads[1]) if leads and leads[1] != match[1] else None


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def licences_of(name: str, found: Mapping[str, Fact]) -> Copyright:
    """What the copyright file of a Debian package says, links between packages followed."""
    for _ in range(8):
        paths = (f"usr/share/doc/{name}/copyright", f"usr/share/doc/{name}")
        fact = next((found[path] for path in paths if path in found), None)
        if not isinstance(fact, Copyright):
            return Copyright()
        if not fact.link:
            return fact
        name = fact.link
    return Copyright()
