"""An image as a build leaves it in a store, of layers that the tests write."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from lading.bills.made import Made
from lading.building.build import Built, BuiltLayer
from lading.building.layers import blob, entry
from lading.building.layers.entry import Entry
from lading.building.lockfile import Deb, LockedEnvironment, Wheel
from lading.building.recipe import Environment, Recipe
from lading.oci import Layer, Reference, assemble
from lading.stores.layout import Layout

LIBC = """\
Package: libc6
Status: install ok installed
Source: glibc
Version: 2.36-9+deb12u14
Architecture: amd64
Maintainer: GNU Libc Maintainers <debian-glibc@lists.debian.org>
Homepage: https://www.gnu.org/software/libc/libc.html
Depends: libgcc-s1, libcrypt1 (>= 1:4.4.10)
"""
LIBGCC = """\
Package: libgcc-s1
Version: 12.2.0-14+b1
Source: gcc-12 (12.2.0-14)
Architecture: amd64
Provides: libgcc1
Depends: libc6 (>= 2.35)
"""
COPYRIGHT = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
Copyright: 1991 Somebody
License: LGPL-2.1+

Files: debian/*
Copyright: 1991 Somebody
License: GPL-2 or Expat
"""
WHEEL = """\
Metadata-Version: 2.4
Name: Flask_Like
Version: 3.0
License-Expression: BSD-3-Clause
Author: Ada Lovelace
Requires-Dist: markupsafe>=2
Requires-Dist: colour; sys_platform == "win32"
Requires-Dist: pytest; extra == "test"
"""
SITE = "usr/local/lib/python3.11/dist-packages"
BASE: Mapping[str, str] = {
    "etc/os-release": 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
    "var/lib/dpkg/status.d/libc6": LIBC,
    "var/lib/dpkg/status.d/libc6.md5sums": "d41d8cd98f00b204e9800998ecf8427e  usr/lib/libc.so.6\n",
    "var/lib/dpkg/status.d/libgcc-s1": LIBGCC,
    "usr/share/doc/libc6/copyright": COPYRIGHT,
}
WHEELS: Mapping[str, str] = {
    f"{SITE}/Flask_Like-3.0.dist-info/METADATA": WHEEL,
    f"{SITE}/MarkupSafe-2.1.dist-info/METADATA": "Name: MarkupSafe\nVersion: 2.1\nLicense: MIT\n",
}
LOCKED = LockedEnvironment(
    python="3.11",
    suite="bookworm",
    platform="linux/amd64",
    inputs="",
    base=(
        Deb(
            "libc6",
            "2.36-9+deb12u14",
            "amd64",
            "http://u:p@deb.example.org/debian",
            "pool/c.deb",
            "c" * 64,
            1,
        ),
    ),
    packages=(),
    runtime=(),
    wheels=(Wheel("flask-like", "3.0", "flask_like-3.0-py3-none-any.whl", "f" * 64, 1),),
)


@dataclass(frozen=True)
class Workshop:
    """A folder with an app, a store and a cache."""

    folder: Path

    @property
    def store(self) -> Layout:
        return Layout(self.folder / "store")

    @property
    def cache(self) -> Path:
        return self.folder / "cache"

    @property
    def app(self) -> Path:
        return self.folder / "app"

    def layer(self, kind: str, files: Mapping[str, str], *more: Entry) -> tuple[BuiltLayer, Layer]:
        entries = [*(entry.file(path, text.encode()) for path, text in files.items()), *more]
        made = blob.compressed(self.store, entries, lambda _: None)
        told = {
            path.removeprefix("app/"): f"644  {hashlib.sha256(text.encode()).hexdigest()}"
            for path, text in files.items()
        }
        opened = partial(self.store.blobs.open, made.descriptor.digest)
        return (
            BuiltLayer(kind, kind, made.descriptor, made.unpacked_size, False, lambda: told),
            Layer(made.descriptor, made.diff_id, opened),
        )

    def made(self, code: str = "x = 1\n", base: Mapping[str, str] = BASE) -> Made:
        """An image of a base, wheels, a model and code; the source lies in the app's folder."""
        source = self.app / "service"
        source.mkdir(parents=True, exist_ok=True)
        (source / "handler.py").write_text(code)
        (self.app / "lading.yaml").write_text("app: digits\n")
        (self.app / "lading.lock").write_text("{}\n")
        pairs = [
            self.layer("base", base, entry.symlink("usr/share/doc/libgcc-s1", "libc6")),
            self.layer("wheels", WHEELS),
            self.layer("model", {"app/model.bin": "weights"}),
            self.layer("code", {"app/handler.py": code}),
        ]
        image = assemble(
            {"os": "linux", "architecture": "amd64", "config": {}}, [layer for _, layer in pairs]
        )
        self.store.write(image, Reference("digits/ocr"))
        recipe = Recipe(
            "digits", "ocr", Environment("ocr", "3.11", None), source, "handler:Handler"
        )
        built = Built(image, tuple(one for one, _ in pairs))
        return Made(recipe, LOCKED, built, datetime(2026, 1, 1, tzinfo=UTC))
