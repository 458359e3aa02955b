"""Sources brought here: one archive each, kept by its hash, and where it came from."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit

from lading.building.layers.workspace import workspace
from lading.building.places import shown
from lading.building.wheels.sources import download, git, tree
from lading.building.wheels.sources.direct import ARCHIVES, Direct
from lading.building.wheels.sources.git import Repository
from lading.building.wheels.sources.origin import Kind, Origin
from lading.errors import RequirementsError
from lading.stores.disk import explained


@dataclass(frozen=True)
class Source:
    """An archive of a project, or a wheel, below the cache."""

    path: Path
    filename: str
    origin: Origin
    version: str = ""
    """What a repository's tags say, for a backend that asks them."""

    @property
    def is_wheel(self) -> bool:
        return self.filename.endswith(".whl")


@dataclass(frozen=True)
class Sources:
    """Brings what the file of requirements `asked` names; places are told from its folder."""

    cache: Path
    asked: Path
    environ: Mapping[str, str]

    def direct(self, wanted: Direct) -> Source:
        """What a requirement by path or URL names. Raises RequirementsError."""
        kind = wanted.kind
        if kind is Kind.GIT:
            return self._git(wanted)
        if kind is Kind.URL:
            return self._url(wanted)
        path = wanted.path
        there = path.is_dir() if kind is Kind.FOLDER else path.is_file()
        if not there:
            what = "a folder with a project" if kind is Kind.FOLDER else "a file"
            came = "nothing there" if not path.exists() else "something else"
            raise RequirementsError(
                "names what is not there", wanted.where, f"{what} at {shown(path)}", came
            )
        with self._kept() as file:
            sha256 = _packed(path, file) if kind is Kind.FOLDER else _copied(path, file)
            name = path.name + (".tar" if kind is Kind.FOLDER else "")
            return self._source(file, name, Origin(kind, self.relative(path), sha256))

    def of_index(self, filename: str, url: str, sha256: str, where: str) -> Source:
        """A source distribution of an index, held to its hash where the index gives one."""
        kept = self.cache / "sources" / sha256 / filename
        if sha256 and kept.is_file():
            return Source(kept, filename, Origin(Kind.SDIST, filename, sha256))
        with self._kept() as file:
            if "://" in url and not url.startswith("file:"):
                came = download.fetch(url, self.asked, file, where)
            else:
                place = unquote(urlsplit(url).path) if url.startswith("file:") else url
                came = _copied(self.asked.parent / place, file)
            if sha256 and came != sha256:
                raise RequirementsError(
                    f"{filename} is not what the index says it is",
                    where=where,
                    expected=f"SHA-256 {sha256}",
                    came=came,
                    todo="try again; if it stays so, do not trust the index",
                )
            return self._source(file, filename, Origin(Kind.SDIST, filename, came))

    def public(self, wanted: Direct) -> str:
        """A URL as it may be told: what follows its question mark may be a signature."""
        return download.bare(wanted.url(self.environ)).partition("?")[0]

    def relative(self, path: Path) -> str:
        """From the folder of the requirements, so that it holds on other machines."""
        return Path(os.path.relpath(path, self.asked.parent.resolve())).as_posix()

    def _git(self, wanted: Direct) -> Source:
        repository = Repository.parse(wanted.url(self.environ))
        with workspace(self.cache) as folder:
            found = git.checkout(repository, wanted.kept, folder / "clone", wanted.where)
            with self._kept() as file:
                sha256 = _packed(found.folder, file)
                origin = Origin(
                    Kind.GIT,
                    repository.public,
                    sha256,
                    found.commit,
                    "" if repository.ref == found.commit else repository.ref,
                    wanted.subdirectory,
                )
                return self._source(file, "repository.tar", origin, found.version)

    def _url(self, wanted: Direct) -> Source:
        url = wanted.url(self.environ)
        filename = unquote(urlsplit(url).path).rpartition("/")[2]
        if not filename.endswith((*ARCHIVES, ".whl")):
            came = filename or "no file name"
            raise RequirementsError("is no package", wanted.where, "a wheel or an archive", came)
        with self._kept() as file:
            sha256 = download.fetch(url, self.asked, file, wanted.where)
            origin = Origin(Kind.URL, self.public(wanted), sha256, subdirectory=wanted.subdirectory)
            return self._source(file, filename, origin)

    @contextmanager
    def _kept(self) -> Iterator[IO[bytes]]:
        """A file that gets its name when its hash is known, or is gone."""
        folder = self.cache / "sources"
        with explained(folder):
            folder.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(prefix=".", dir=folder)
            os.close(descriptor)
        try:
            with Path(name).open("wb") as file:
                yield file
        finally:
            Path(name).unlink(missing_ok=True)

    def _source(self, file: IO[bytes], filename: str, origin: Origin, version: str = "") -> Source:
        path = self.cache / "sources" / origin.sha256 / filename
        with explained(path.parent):
            file.flush()
            path.parent.mkdir(exist_ok=True)
            Path(file.name).replace(path)
        return Source(path, filename, origin, version)


def _packed(folder: Path, to: IO[bytes]) -> str:
    tree.write(folder, to)
    return _hash_of(to)


def _copied(path: Path, to: IO[bytes]) -> str:
    try:
        with path.open("rb") as file:
            shutil.copyfileobj(file, to)
    except OSError as error:
        came = error.strerror or str(error)
        raise RequirementsError("cannot be read", where=shown(path), came=came) from error
    return _hash_of(to)


def _hash_of(file: IO[bytes]) -> str:
    file.flush()
    with Path(file.name).open("rb") as written:
        return hashlib.file_digest(written, "sha256").hexdigest()
