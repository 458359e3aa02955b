"""Daemons that speak the Docker Engine API, for tests that need one."""

from __future__ import annotations

import os
from functools import cache

import pytest

from lading.engines.docker.daemon import Daemon, look
from lading.errors import EngineUnavailable

ALL = ("docker", "podman")
_ADDRESSES = {
    "docker": (
        os.environ.get("DOCKER_HOST", ""),
        "unix:///var/run/docker.sock",
        "unix:///run/lading-ci/docker.sock",
    ),
    "podman": (
        os.environ.get("LADING_TEST_PODMAN_HOST", ""),
        "unix:///run/lading-ci-podman/podman.sock",
        "unix:///run/podman/podman.sock",
    ),
}
_PROMISES = {"docker": "LADING_TEST_DOCKER", "podman": "LADING_TEST_PODMAN"}


def need(kind: str) -> Daemon:
    """A "docker" or "podman" that answers: skips where none does, fails where it is promised."""
    found = _answering(kind)
    if isinstance(found, Daemon):
        return found
    if os.environ.get(_PROMISES[kind]) == "1":
        pytest.fail(f"{_PROMISES[kind]}=1, but {found}")
    pytest.skip(found)


@cache
def _answering(kind: str) -> Daemon | str:
    """It, or why there is none."""
    tried = []
    for host in filter(None, _ADDRESSES[kind]):
        try:
            daemon = look(host)
        except EngineUnavailable as problem:
            tried.append(f"{host}: {problem.came or problem.problem}")
            continue
        if daemon.podman == (kind == "podman"):
            return daemon
        tried.append(f"{host}: {daemon.name}")
    return f"no {kind} answers ({'; '.join(tried)}); `.ci/{kind} start` starts one"
