"""Which run of a step made a file: told by the file's digest, so that a moved file is known too.

`lading run` writes it down with what belongs to the app on this machine; a bill tells of each model
file that is there. Of a model that was trained elsewhere nothing is known.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from lading.building.layers.record import write_record

_MOST = 1000
"""Files of which it is known: the newest."""


class Run(msgspec.Struct, frozen=True, omit_defaults=True):
    """Of a step, to its end and with success."""

    step: str
    image: str
    """Digest of the image it ran from."""
    bill: str = ""
    """Digest of the provenance of that image: which commit, lock and code. Empty where there is
    none."""
    started: str = ""
    """RFC 3339, UTC; as is `finished`."""
    finished: str = ""


def known(path: Path) -> Mapping[str, Run]:
    """Runs by the SHA-256 of what they made, oldest first; nothing where the file is damaged."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Run])
    except (OSError, msgspec.MsgspecError):
        return {}


def remember(path: Path, made: Iterable[Path], run: Run) -> None:
    """Write down that a run made files, and all that lies in folders of `made`.

    Raises OSError, StoreError.
    """
    digests = [_sha256(one) for each in made for one in _files(each)]
    before = {key: one for key, one in known(path).items() if key not in digests}
    kept = [*before.items(), *((one, run) for one in digests)][-_MOST:]
    write_record(path, msgspec.json.encode(dict(kept)))


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(x for x in path.rglob("*") if x.is_file() and not x.is_symlink())
    elif path.is_file():
        yield path


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
