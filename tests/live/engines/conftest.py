"""An engine of the user who runs the tests, and a way to ask from inside a container."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from lading.engines.embedded import Embedded, cgroups
from lading.engines.embedded.identity import Identity
from lading.engines.engine import Observed, Phase, Workload
from tests import busybox


@dataclass(frozen=True)
class Inside:
    """Runs scripts in containers of an engine."""

    engine: Embedded
    image: object

    def workload(self, script: str, **changed: object) -> Workload:
        command = ("/bin/sh", "-c", script)
        return replace(Workload("probe", self.image, command, grace_seconds=0.2), **changed)

    def ask(self, script: str, **changed: object) -> tuple[Observed, str]:
        """Run a script to its end; how it ended and all that it wrote."""
        workload = self.workload(script, **changed)
        self.engine.apply(workload)
        text = "\n".join(line.text for line in self.engine.logs(workload.name, follow=True))
        ended = self.until(workload.name, lambda found: found.phase is Phase.EXITED)
        self.engine.remove(workload.name)
        return ended, text

    def until(self, name: str, true: Callable[[Observed], bool]) -> Observed:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            found = self.engine.observe(name)
            if found and true(found):
                return found
            time.sleep(0.01)
        raise AssertionError(f"in 20 s, {name} never became so: {found}")


@pytest.fixture
def inside(tmp_path: Path, run_folder: Path) -> Iterator[Inside]:
    busybox.need_engine()
    store = busybox.store_with(busybox.image())
    engine = Embedded(store, tmp_path / "data", run_folder)
    yield Inside(engine, busybox.image().digest)
    for name in engine.names():
        engine.remove(name)


@pytest.fixture
def limited() -> None:
    identity = Identity.current()
    if lacking := cgroups.detect(identity.root, identity.uid).unenforced:
        pytest.skip(f"nobody delegated limits to this user: {', '.join(lacking)}")
