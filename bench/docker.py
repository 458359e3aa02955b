"""The peer: a stock Docker Engine with BuildKit, from Debian."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bench.programs import PATH, ROOT, call, say

_CI = ROOT / ".ci" / "docker"
_STARTED_HERE = Path("/run/lading-ci/data")


@dataclass(frozen=True)
class Docker:
    """Calls the `docker` command of Debian against the engine at `host`."""

    host: str

    @property
    def environment(self) -> dict[str, str]:
        # Debian's own command first: it needs no plugin for BuildKit.
        return {
            **os.environ,
            "PATH": f"{PATH}:{os.environ.get('PATH', '')}",
            "DOCKER_HOST": self.host,
            "DOCKER_BUILDKIT": "1",
        }

    def __call__(self, *arguments: str | Path) -> str:
        return call(self.program, *arguments, env=self.environment)

    @property
    def program(self) -> str:
        return "/usr/bin/docker" if Path("/usr/bin/docker").exists() else "docker"

    def build(self, context: Path, tag: str, *options: str) -> None:
        """The network is the host's: an engine without packet filters has no other."""
        self("build", "--quiet", "--network", "host", *options, "--tag", tag, context)

    def inspect(self, name: str) -> Any:
        return json.loads(self("inspect", name))[0]

    def remove(self, *names: str) -> None:
        """Containers, with all they wrote."""
        if names:
            self("rm", "--force", "--volumes", *names)

    def api(self) -> httpx.Client:
        """The engine's HTTP interface, without the command."""
        transport = httpx.HTTPTransport(uds=self.host.removeprefix("unix://"))
        return httpx.Client(transport=transport, base_url="http://docker", timeout=60)


@contextmanager
def engine() -> Iterator[Docker]:
    """A Docker Engine: the one that answers already, else one for as long as the block runs."""
    there = _STARTED_HERE.exists()
    docker = Docker(call(_CI, "start").strip())
    say(f"Docker Engine at {docker.host}")
    try:
        yield docker
    finally:
        if _STARTED_HERE.exists() and not there:
            call(_CI, "stop")
