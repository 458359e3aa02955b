"""When, where and by whom a build was done, and what its folder was: what no image tells."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lading.bills.runs import Run

RUNS = "runs.json"
"""In `Folders.app`: which run of a step made which file."""


@dataclass(frozen=True)
class Circumstances:
    """Of one command, however many images it builds. What takes long is asked when it is needed."""

    folder: Path
    """The app's: where lading.yaml and lading.lock lie."""
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    runs: Path | None = None
    """Where `runs.py` reads which run of a step made which file."""

    @cached_property
    def glance(self) -> str:
        """Differs when the commit, what git keeps, lock, settings, who builds or Lading does.

        Starts no process.
        """
        from lading import __version__
        from lading.bills import glance

        told = (glance.at(self.folder), self.lock, self.settings)
        return "\n".join((*told, f"{self.user}@{self.host}", __version__))

    @cached_property
    def lock(self) -> str:
        """SHA-256 of lading.lock, in hexadecimal; empty where there is none."""
        return _sha256(self.folder / "lading.lock")

    @cached_property
    def settings(self) -> str:
        """SHA-256 of lading.yaml, likewise."""
        return _sha256(self.folder / "lading.yaml")

    @cached_property
    def made_by(self) -> Mapping[str, Run]:
        """Runs of steps by the SHA-256 of what they made here."""
        from lading.bills import runs

        return runs.known(self.runs) if self.runs else {}

    @cached_property
    def user(self) -> str:
        """The account's name, else its number."""
        import pwd

        try:
            return pwd.getpwuid(os.getuid()).pw_name
        except KeyError:
            return str(os.getuid())

    @cached_property
    def name(self) -> str:
        """A person's, as git was told it; empty where it was not."""
        from lading.bills import git

        return git.settings(self.folder).get("user.name", "").strip()

    @property
    def host(self) -> str:
        """The machine's name."""
        return os.uname().nodename

    @cached_property
    def invocation(self) -> str:
        """A URI: the run of a CI service where one says it, else a name of this command's own."""
        if url := _run_of_ci(self.environ):
            return url
        import uuid

        return uuid.uuid4().urn


def _run_of_ci(environ: Mapping[str, str]) -> str:
    """By the variables that GitHub's and GitLab's runners, and Jenkins, set for each job."""
    names = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
    server, repository, run = (environ.get(name, "") for name in names)
    if server and repository and run:
        attempt = environ.get("GITHUB_RUN_ATTEMPT", "1")
        return f"{server}/{repository}/actions/runs/{run}/attempts/{attempt}"
    return environ.get("CI_JOB_URL") or environ.get("BUILD_URL") or ""


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
