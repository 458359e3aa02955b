"""An image's way into the daemon: no registry, and only the layers that the daemon lacks.

Source: Docker Image Specification 1.2, "Combined Image JSON + Filesystem Changeset Format".
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

from lading.engines.docker.api import Api, LocalImage
from lading.engines.docker.daemon import Daemon
from lading.errors import EngineError, LadingError, StoreError
from lading.oci import Digest, Image, Reference
from lading.stores import archive
from lading.stores.archive import Lacking, Sink

# A registry of this name is never asked for anything, so that nobody else's image comes instead.
_REPOSITORY = "localhost/lading"
_TITLE = "org.opencontainers.image.title"
_PIECE_BYTES = 1024 * 1024


def ensure(api: Api, daemon: Daemon, image: Image) -> str:
    """The daemon's name of an image, which it has from here on.

    Raises EngineError when what it has afterwards is not that image; DamagedBlob.
    """
    wanted = str(Digest.of(image.config))
    if not _is(api.image(str(name(image))), daemon, image):
        present = frozenset() if daemon.keeps_archives else _present(api, image)
        try:
            _load(api, daemon, image, present)
        except EngineError:
            # A layer may have been deleted since it was looked for.
            if not present:
                raise
            _load(api, daemon, image, frozenset())
    found = api.image(str(name(image)))
    if found and _is(found, daemon, image):
        return found.id
    raise EngineError(
        "the daemon does not have the image it was given",
        api.host,
        expected=f"{wanted} of {len(image.layers)} layers",
        came=f"{found.id} of {len(found.layers)}" if found else "none",
    )


def name(image: Image) -> Reference:
    """What people see in `docker images`: the app and service, and which image of theirs."""
    labels = (image.settings.get("config") or {}).get("Labels") or {}
    tag = Digest.of(image.config).hex[:12]
    with suppress(StoreError):
        return Reference(f"{_REPOSITORY}/{labels.get(_TITLE) or 'image'}".lower(), tag)
    # Somebody else's image is called as they like: "Ubuntu Base".
    return Reference(f"{_REPOSITORY}/image", tag)


def _is(found: LocalImage | None, daemon: Daemon, image: Image) -> bool:
    """By the digest of its config, which names all that is in its layers and how it is run.

    A daemon that keeps archives goes by another digest; there the layers must do.
    """
    if found is None:
        return False
    if daemon.keeps_archives:
        return found.layers == tuple(str(layer.diff_id) for layer in image.layers)
    return found.id == str(Digest.of(image.config))


def _present(api: Api, image: Image) -> frozenset[Digest]:
    """Layers that the daemon has: as the lowest ones of some other image of ours."""
    wanted = [str(layer.diff_id) for layer in image.layers]
    shared = 0
    for other in api.images(f"{_REPOSITORY}/*/*") + api.images(f"{_REPOSITORY}/*"):
        found = api.image(other)
        shared = max(shared, _alike(wanted, found) if found else 0)
    return frozenset(layer.diff_id for layer in image.layers[:shared])


def _alike(wanted: list[str], found: LocalImage) -> int:
    """How many of the lowest layers are the same."""
    pairs = enumerate(zip(wanted, found.layers, strict=False))
    return next(
        (number for number, (one, other) in pairs if one != other),
        min(len(wanted), len(found.layers)),
    )


def _load(api: Api, daemon: Daemon, image: Image, present: frozenset[Digest]) -> None:
    lacking = Lacking(present, empty=daemon.podman)
    whole = partial(archive.write, image, name(image))
    rest = partial(archive.write_rest, image, name(image), lacking=lacking)
    with _Sent(rest if present else whole) as sent:
        api.load(sent.pieces())


class _Sent:
    """An archive that is written on one side, by a thread, while it is read on the other."""

    def __init__(self, write: Callable[[Sink], None]) -> None:
        self._write = write
        self._problem: BaseException | None = None
        self._out, self._in = os.pipe()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> _Sent:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._out)
        self._thread.join()
        if isinstance(self._problem, LadingError):
            # What could not be read says more than what the daemon made of half of it.
            raise self._problem

    def pieces(self) -> Iterator[bytes]:
        while piece := os.read(self._out, _PIECE_BYTES):
            yield piece
        if self._problem:
            raise self._problem

    def _run(self) -> None:
        try:
            with open(self._in, "wb", buffering=_PIECE_BYTES) as sink:  # noqa: PTH123 (a descriptor)
                self._write(sink)
        except BrokenPipeError:
            pass  # The daemon has said no, and its words are on their way.
        except BaseException as problem:
            self._problem = problem
