"""A change of code on its way to a registry: built and pushed, in seconds and bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from bench.app import App
from bench.figure import Figure, ratio, spread
from bench.peer import Peer
from bench.registry import Registry
from bench.sample import Sample, by_turns, seconds
from bench.works import buildah
from bench.works.buildah import Buildah

_BUILD = "one line of code changed, built and pushed to a registry on loopback"


@dataclass
class Sides:
    """What each side does, and how many bytes it sent."""

    app: App
    peer: Peer
    registry: Registry
    folder: Path
    sent: dict[str, list[float]] = field(default_factory=dict)
    numbers: count[int] = field(default_factory=count)

    def lading(self) -> None:
        self.app.lading("build")
        self.app.lading("push", "--to", f"{self.registry.address}/ours", "--insecure")

    def docker(self) -> None:
        name = f"{self.registry.address}/docker/digits"
        self.peer.build()
        self.peer.docker("tag", self.peer.tag, name)
        self.peer.docker("push", "--quiet", name)

    def buildah(self) -> None:
        made = Buildah(self.peer, self.registry, self.folder / "buildah")
        made.build()
        made.push()

    def measured(self, name: str, work: Callable[[], None]) -> Callable[[], float]:
        """Seconds of a change, and beside it the bytes by which the registry grew."""

        def once() -> float:
            self.app.change(next(self.numbers))
            self.peer.take(self.app)
            before = self.registry.stored_bytes()
            taken = seconds(work)
            self.sent.setdefault(name, []).append(self.registry.stored_bytes() - before)
            return taken

        return once


def measure(app: App, peer: Peer, registry: Registry, folder: Path, times: int) -> list[Figure]:
    """All that does not change is in the registry before."""
    sides = Sides(app, peer, registry, folder)
    works = {"lading": sides.lading, "docker": sides.docker}
    if buildah.is_here():
        buildah.put_base(peer, registry)
        works["buildah"] = sides.buildah
    for work in works.values():
        work()
    taken = by_turns(times, {name: sides.measured(name, work) for name, work in works.items()})
    sent = {name: Sample(tuple(values)) for name, values in sides.sent.items()}
    peer.docker("image", "rm", "--force", f"{registry.address}/docker/digits")
    if "buildah" in works:
        Buildah(peer, registry, folder / "buildah").forget()
    return list(_figures(taken, sent))


def _size(count: float) -> str:
    return f"{count / 1e3:.1f} kB"


def _figures(taken: dict[str, Sample], sent: dict[str, Sample]) -> list[Figure]:
    figures = [
        ratio(
            "a change of code, built and pushed", taken["lading"], taken["docker"], 1.0,
            f"`lading build` and `lading push`; `docker build` and `docker push`; {_BUILD}",
        ),
        Figure(
            "… bytes sent", spread(sent["lading"], _size), spread(sent["docker"], _size),
            "", "", None, "growth of the registry's storage; ours has the bill and the SBOM in it",
        ),
    ]  # fmt: skip
    if "buildah" in taken:
        figures.append(
            ratio(
                "… beside buildah", taken["lading"], taken["buildah"], None,
                f"`lading build` and `lading push`; `buildah bud --layers` and `buildah push`; "
                f"{_BUILD}",
            )
        )  # fmt: skip
    return figures
