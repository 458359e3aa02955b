"""What git knows of the source: which commit, whether it was changed, where it comes from.

git is asked only for a bill that is made; whether one is to be made at all is told by `glance.py`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

_SECONDS = 20
"""A git that takes longer, on a file system that does not answer, is not waited for."""
_ASIDE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
"""Set by git's hooks, for the repository of the hook."""
_SCP = re.compile(r"(?:[^@/:\s]+@)?(?P<host>[A-Za-z0-9.-]{2,}):/?(?P<path>[^/:\s]\S*)\Z")
"""`git@host:path`, which ssh is meant by (git-fetch(1), "GIT URLS")."""
_REACHABLE = ("https", "http", "ssh", "git")


@dataclass(frozen=True)
class Commit:
    """The commit that is checked out, and what lies beside it."""

    id: str
    branch: str
    """Empty where none is checked out."""
    repository: str
    """The remote's URL without credentials; empty where there is none that others reach."""
    author: str
    """Name alone: an address is in the commit."""
    authored: str
    """RFC 3339."""
    changed: tuple[str, ...]
    """Files asked about that are other than in the commit, or not in it; relative to the folder
    that was asked about."""
    beside: tuple[str, ...] = ()
    """Files that may come to differ, or be the commit's again, though the image stays the same:
    those that git keeps and the image does not have, and those of `changed`."""

    @property
    def is_dirty(self) -> bool:
        return bool(self.changed)


def look(folder: Path, tracked: Iterable[Path], contents: Iterable[Path]) -> Commit | None:
    """The commit, where `folder` is in a repository whose git may be asked; else None.

    Dirty is what of `tracked` (files and folders) was changed since, and what of `contents` (files
    that go into the image, and are not told by a digest of their own) git does not keep.
    """
    head = _asked(folder, "log", "-1", "--no-show-signature", "--format=%H%n%an%n%aI%n%D")
    if head is None:
        return None
    commit, author, authored, names = [*head.split("\n"), "", "", ""][:4]
    # "HEAD -> main, tag: v1, origin/main"; of a commit without a branch, "HEAD, …".
    branch = names.partition(",")[0].partition("HEAD -> ")[2].strip()
    places, mine = [str(one) for one in tracked], set(contents)
    known = {folder / one for one in _files(folder, "ls-files", "-z", "--", *places)}
    other = _files(folder, "diff", "--name-only", "-z", "--relative", "HEAD", "--", *places)
    changed = {*other, *_relative(mine - known, folder)}
    return Commit(
        commit,
        branch,
        _repository(settings(folder), branch),
        author,
        authored,
        tuple(sorted(changed)),
        tuple(sorted({*changed, *_relative(known - mine, folder)})),
    )


def without_credentials(url: str) -> str:
    """A remote as others may read it: no user, password, query; empty for a place on this machine.

    What cannot be told apart into its parts is left out as a whole.
    """
    if "://" not in url:
        match = _SCP.match(url)
        return f"ssh://{match['host']}/{match['path']}" if match else ""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if parts.scheme not in _REACHABLE or not host:
        return ""
    place = f"[{host}]" if ":" in host else host
    return urlunsplit((parts.scheme, f"{place}:{port}" if port else place, parts.path, "", ""))


def settings(folder: Path) -> dict[str, str]:
    """git's configuration there, of what a bill tells; of what is said twice, the last."""
    wanted = r"^(user\.name|remote\..*\.url|branch\..*\.remote)$"
    said = _asked(folder, "config", "-z", "--get-regexp", wanted) or ""
    return dict(one.partition("\n")[::2] for one in said.split("\0") if one)


def _repository(said: Mapping[str, str], branch: str) -> str:
    """Of the remote that the branch follows, else of `origin`."""
    remote = said.get(f"branch.{branch}.remote", "origin")
    return without_credentials(said.get(f"remote.{remote}.url", "").strip())


def _files(folder: Path, *words: str) -> list[str]:
    """Paths that git lists, relative to `folder`."""
    return [one for one in (_asked(folder, *words) or "").split("\0") if one]


def _relative(paths: Iterable[Path], folder: Path) -> Iterator[str]:
    return (os.path.relpath(one, folder) for one in paths)


def _asked(folder: Path, *words: str) -> str | None:
    """What git answered; None where it is not there, refuses, or takes too long."""
    own = {name: text for name, text in os.environ.items() if name not in _ASIDE}
    # Imported where git is asked: 8 ms.
    import subprocess

    try:
        done = subprocess.run(
            # A monitor of files would be a program of the repository's choice.
            ["git", "-c", "core.fsmonitor=false", "-C", str(folder), *words],
            env={**own, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None
