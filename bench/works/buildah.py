"""The other peer: buildah, which needs no daemon, as Lading needs none."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from bench.app import App
from bench.figure import Figure, ratio
from bench.peer import BASE, Peer
from bench.programs import MeasurementError, call
from bench.registry import Registry
from bench.sample import by_turns, seconds


@dataclass(frozen=True)
class Buildah:
    """Builds the peer's context on a base that lies in a registry; keeps all below `root`."""

    peer: Peer
    registry: Registry
    root: Path

    @property
    def name(self) -> str:
        return f"{self.registry.address}/buildah/digits"

    def build(self, *options: str) -> None:
        base = f"--build-arg=base={base_at(self.registry)}"
        # chroot, since containers of its own need no daemon either but more of the kernel.
        self("bud", "--quiet", "--layers", "--isolation=chroot", "--network=host", base, *options,
             "--tls-verify=false", "--tag", self.name, str(self.peer.context))  # fmt: skip

    def push(self) -> None:
        self("push", "--quiet", "--tls-verify=false", self.name)

    def __call__(self, *arguments: str) -> str:
        places = ("--root", str(self.root), "--runroot", str(self.root / "run"))
        # overlay on this machine's own disk, as Docker has it.
        return call("buildah", *places, "--storage-driver=overlay", *arguments)

    def forget(self) -> None:
        """Delete all of it, mounts included."""
        self("rmi", "--all", "--force")
        shutil.rmtree(self.root, ignore_errors=True)


def is_here() -> bool:
    return shutil.which("buildah") is not None


def base_at(registry: Registry) -> str:
    """Where the peer's base lies in a registry."""
    return f"{registry.address}/base"


def put_base(peer: Peer, registry: Registry) -> None:
    """Push the peer's base to where a build of buildah takes it from."""
    base = base_at(registry)
    peer.docker("tag", BASE, base)
    peer.docker("push", "--quiet", base)
    peer.docker("image", "rm", "--force", base)


def first_image(app: App, peer: Peer, registry: Registry, folder: Path, times: int) -> list[Figure]:
    """The first image on a machine that has nothing, as `first_image.py` measures it of Docker.

    Raises MeasurementError where there is no buildah.
    """
    if not is_here():
        raise MeasurementError("no buildah is here")
    put_base(peer, registry)
    homes = [app.at(folder / f"first{number}") for number in range(times)]
    roots = [Buildah(peer, registry, folder / f"buildah{number}") for number in range(times)]
    ours, theirs = iter(homes), iter(roots)
    taken = by_turns(
        times,
        {
            "lading": lambda: seconds(lambda: next(ours).lading("build")),
            "buildah": lambda: seconds(lambda: next(theirs).build()),
        },
    )
    for home in homes:
        home.forget()
    for root in roots:
        root.forget()
    return [
        ratio(
            "first image, empty cache, beside buildah", taken["lading"], taken["buildah"], None,
            "`lading build` from the lock, everything downloaded; `buildah bud` with `pip install` "
            "of the same versions, its base pulled from a registry on loopback",
        )
    ]  # fmt: skip
