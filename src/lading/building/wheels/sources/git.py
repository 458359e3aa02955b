"""A commit of a git repository, by the git of this machine and the user's own credentials.

Nothing of the repository is run: hooks are off, and a clone brings none.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from lading.building.wheels.sources.direct import without_credentials
from lading.errors import RequirementsError

_ADVICE = "Please make sure you have the correct access rights"
_COMMIT = re.compile(r"[0-9a-f]{40}")
_USER, _PASSWORD = "GIT_HELPER_USER", "GIT_HELPER_PASSWORD"
_HELPER = (
    '!f() { test "$1" = get && '
    f'printf "username=%s\\npassword=%s\\n" "${_USER}" "${_PASSWORD}"; }}; f'
)
_SSH = re.compile(r"^(?P<user>[\w.-]+@)?(?P<host>[\w.-]+):(?P<path>[^/].*)$")


@dataclass(frozen=True)
class Repository:
    """`url` may hold a credential and is not to be shown; `public` is it without."""

    url: str
    ref: str
    public: str

    @classmethod
    def parse(cls, text: str) -> Repository:
        """Of `git+https://host/path@ref` or `git@host:path`, variables replaced."""
        text = text.removeprefix("git+")
        if (ssh := _SSH.match(text)) and "://" not in text:
            text = f"ssh://{ssh['user'] or ''}{ssh['host']}/{ssh['path']}"
        parts = urlsplit(text)
        path, ref = _apart(parts.path)
        url = urlunsplit((parts.scheme, parts.netloc, path, "", ""))
        host = parts.netloc.rpartition("@")[2]
        user = f"{parts.username}@" if parts.scheme == "ssh" and parts.username else ""
        return cls(url, ref, urlunsplit((parts.scheme, f"{user}{host}", path, "", "")))


def _apart(path: str) -> tuple[str, str]:
    """A path and the ref behind its @; either may have one of its own: `a.git@lib@1.0`."""
    if ".git@" in path:
        above, _, ref = path.partition(".git@")
        return f"{above}.git", ref
    above, at, ref = path.rpartition("@")
    return (above, ref) if at else (path, "")


@dataclass(frozen=True)
class Checkout:
    """A commit's files, in `folder`. `version` is what its tags make of it."""

    folder: Path
    commit: str
    version: str


def checkout(repository: Repository, commit: str, folder: Path, where: str) -> Checkout:
    """The files of `commit`, or of the repository's ref where that is empty.

    Raises RequirementsError with `where` and git's own words, without credentials.
    """
    git = _Git(repository, folder, where)
    git.run("clone", "--quiet", "--no-checkout", repository.public, str(folder))
    found = commit or git.commit(repository.ref or "HEAD")
    git.run("-C", str(folder), "checkout", "--quiet", "--detach", found)
    git.run("-C", str(folder), "submodule", "--quiet", "update", "--init", "--recursive")
    return Checkout(folder, found, git.version())


@dataclass(frozen=True)
class _Git:
    repository: Repository
    folder: Path
    where: str

    def commit(self, ref: str) -> str:
        for name in (f"refs/remotes/origin/{ref}", f"refs/tags/{ref}", ref):
            done = self._done("-C", str(self.folder), "rev-parse", "--verify", f"{name}^{{commit}}")
            if _COMMIT.fullmatch(done.stdout.strip()):
                return done.stdout.strip()
        # Such as refs/pull/7/head, which a clone does not bring.
        self.run("-C", str(self.folder), "fetch", "--quiet", "origin", ref)
        return self.run("-C", str(self.folder), "rev-parse", "FETCH_HEAD").strip()

    def version(self) -> str:
        """For backends that ask the tags, which an archive does not have."""
        done = self._done(
            "-C", str(self.folder), "describe", "--tags", "--long", "--match", "*[0-9]*"
        )
        found = re.fullmatch(r"\D*(\d.*?)-(\d+)-g([0-9a-f]+)\s*", done.stdout)
        if found is None:
            return "0.0.0"
        tag, distance, commit = found.groups()
        return tag if distance == "0" else f"{tag}.post{distance}+g{commit}"

    def run(self, *arguments: str) -> str:
        done = self._done(*arguments)
        if done.returncode == 0:
            return done.stdout
        words = without_credentials(done.stderr.strip()).replace(str(self.folder), "…")
        raise RequirementsError(
            "git cannot fetch it",
            where=self.where,
            expected=" at ".join(x for x in (self.repository.public, self.repository.ref) if x),
            came=_telling(words.splitlines()),
            todo="check the address and the branch, tag or commit, and that `git clone` of it "
            "works here without a question",
        )

    def _done(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        program = shutil.which("git")
        if program is None:
            raise RequirementsError(
                "git is not installed, which fetches it", self.where, todo="apt-get install git"
            )
        return subprocess.run(
            [program, "-c", "core.hooksPath=/dev/null", *arguments],
            env={**os.environ, **_answers(os.environ), **self._credential()},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )

    def _credential(self) -> dict[str, str]:
        """By a helper that reads the environment (gitcredentials(7)), for this host alone.

        In a URL, the list of processes would show it: git starts another program with that.
        """
        parts = urlsplit(self.repository.url)
        if parts.scheme not in ("http", "https") or self.repository.url == self.repository.public:
            return {}
        key = f"credential.{parts.scheme}://{parts.netloc.rpartition('@')[2]}.helper"
        first = int(os.environ.get("GIT_CONFIG_COUNT") or 0)
        said = {"GIT_CONFIG_COUNT": str(first + 2), _USER: unquote(parts.username or "")}
        # An empty one takes away those of the user: what the URL says counts more.
        for number, value in enumerate(("", _HELPER), first):
            said |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
        return {**said, _PASSWORD: unquote(parts.password or "")}


def _telling(lines: Sequence[str]) -> str:
    """The line that says why: after git's advice, and what it says of every remote, it is last."""
    end = next((n for n, line in enumerate(lines) if line.startswith(_ADVICE)), len(lines))
    told = [line for line in lines[:end] if line.strip()]
    if told[1:] and "Could not read from remote" in told[-1]:
        told.pop()
    return re.sub(r"^(?:fatal|error): ", "", told[-1] if told else "nothing")


def _answers(environ: Mapping[str, str]) -> dict[str, str]:
    """Nobody is asked for a password: there may be nobody."""
    ssh = environ.get("GIT_SSH_COMMAND", "ssh -oBatchMode=yes")
    return {"GIT_TERMINAL_PROMPT": "0", "GIT_SSH_COMMAND": ssh, "LC_ALL": "C"}
