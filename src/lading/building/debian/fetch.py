"""Download Debian packages, hold each to its SHA-256, and keep it under that name."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx

from lading.building.debian import mirrors
from lading.building.lockfile import Deb
from lading.building.progress import Progress, amount
from lading.errors import ArchiveError

TASK = "debian packages"
"""The name under which Progress hears of a download, in bytes."""
AT_ONCE = 8


def fetch(debs: Iterable[Deb], cache: Path, progress: Progress) -> dict[Deb, Path]:
    """The .deb of each package below `cache`, downloaded where it is not there yet.

    A file that is there is checked by its size alone; who reads it checks the hash. Raises
    ArchiveError for a package that no mirror has, or whose bytes have another hash or size: then
    nothing of it is left on disk.
    """
    folder = cache / "debs"
    folder.mkdir(parents=True, exist_ok=True)
    paths = {deb: folder / f"{deb.sha256}.deb" for deb in debs}
    missing = [deb for deb, path in paths.items() if not _is_kept(deb, path)]
    if missing:
        progress.start(TASK, sum(deb.size for deb in missing))
        with mirrors.client() as client, ThreadPoolExecutor(AT_ONCE) as pool:
            download = _Download(client, progress)
            for _ in pool.map(lambda deb: download.keep(deb, paths[deb]), missing):
                pass
        progress.finish(TASK, amount(sum(deb.size for deb in missing)))
    return paths


def _is_kept(deb: Deb, path: Path) -> bool:
    try:
        return path.stat().st_size == deb.size
    except FileNotFoundError:
        return False


@dataclass(frozen=True)
class _Download:
    client: httpx.Client
    progress: Progress

    def keep(self, deb: Deb, path: Path) -> None:
        """Download to a temporary name beside `path`, check, sync and rename."""
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            temporary = Path(file.name)
            try:
                self._first_answer(deb, temporary)
                os.fsync(file.fileno())
                temporary.chmod(0o644)
                temporary.replace(path)
            except OSError as error:
                raise ArchiveError(
                    "cannot be written", where=str(path), came=error.strerror or str(error)
                ) from error
            finally:
                temporary.unlink(missing_ok=True)

    def _first_answer(self, deb: Deb, temporary: Path) -> None:
        urls = mirrors.urls(deb.archive, deb.path)
        for attempt in range(mirrors.ATTEMPTS):
            time.sleep(0.2 * attempt)
            failures = []
            for url in urls:
                try:
                    return self._download(deb, url, temporary)
                except httpx.HTTPError as error:
                    failures.append(_explained(deb, urls, error))
                except ArchiveError as error:
                    failures.append(error)
            if all(failure.problem == _GONE for failure in failures):
                break
        # What the last one said counts: it is the archive itself.
        raise failures[-1]

    def _download(self, deb: Deb, url: str, temporary: Path) -> None:
        seen, got = hashlib.sha256(), 0
        with self.client.stream("GET", url) as answer, temporary.open("wb") as file:
            answer.raise_for_status()
            for chunk in answer.iter_raw(1 << 18):
                file.write(chunk)
                seen.update(chunk)
                got += len(chunk)
                self.progress.advance(TASK, len(chunk))
        if seen.hexdigest() != deb.sha256:
            self.progress.advance(TASK, -got)
            raise ArchiveError(
                f"bytes from {mirrors.without_credentials(url)} are not the locked ones",
                where=_label(deb),
                expected=f"SHA-256 {deb.sha256} of {deb.size} bytes",
                came=f"{seen.hexdigest()} of {got} bytes",
                todo="try again, or name another mirror in " + mirrors.MIRROR,
            )


_GONE = "is no longer in the archive"


def _explained(deb: Deb, urls: tuple[str, ...], error: httpx.HTTPError) -> ArchiveError:
    if not isinstance(error, httpx.HTTPStatusError):
        return mirrors.unreachable(_label(deb), urls, str(error) or type(error).__name__)
    status = f"HTTP status {error.response.status_code}"
    if error.response.status_code not in (404, 410):
        return mirrors.unreachable(_label(deb), urls, status)
    return ArchiveError(
        _GONE,
        where=_label(deb),
        expected=" or ".join(mirrors.without_credentials(url) for url in urls),
        came=status,
        todo="run `lading lock --upgrade`, or set LADING_DEBIAN_MIRROR to a day it was there, "
        "such as https://snapshot.debian.org/archive/debian/20260101T000000Z",
    )


def _label(deb: Deb) -> str:
    return f"{deb.name} {deb.version} ({deb.architecture})"
