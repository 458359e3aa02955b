"""A wheel as its backend made it, packed anew: the same files are the same bytes.

Order, times and permissions are ours, and nothing is compressed, since compressors differ. Of
RECORD only the order of its lines changes.
"""

from __future__ import annotations

import csv
import io
import zipfile

_EPOCH = (1980, 1, 1, 0, 0, 0)


def repacked(content: bytes) -> bytes:
    """Raises zipfile.BadZipFile for what is no archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as wheel, zipfile.ZipFile(out, "w") as anew:
        for one in sorted(wheel.infolist(), key=_order):
            if not one.is_dir():
                member = zipfile.ZipInfo(one.filename, _EPOCH)
                member.external_attr = (0o755 if one.external_attr >> 16 & 0o100 else 0o644) << 16
                member.create_system = 3
                anew.writestr(member, _told(one.filename, wheel.read(one)))
    return out.getvalue()


def _order(one: zipfile.ZipInfo) -> tuple[bool, str]:
    """A wheel's own metadata come last, as the format recommends."""
    return ".dist-info/" in one.filename, one.filename


def _told(name: str, content: bytes) -> bytes:
    if not name.endswith(".dist-info/RECORD"):
        return content
    rows = sorted(csv.reader(io.StringIO(content.decode())))
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
