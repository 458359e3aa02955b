"""How long history and a controller's start take after many revisions.

Fills a database by the app's own code, then runs the commands as a user would. Not part of
`make bench`: `python -m bench.many_revisions [COUNT]`, with LADING_DATABASE for a PostgreSQL.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from lading.cli import states
from lading.controller.place import Place
from lading.controller.wants import Wants
from lading.engines.engine import Limits
from lading.oci import Digest
from lading.releases.revision import Occasion, Spec
from lading.state import database
from lading.state.address import Address
from lading.state.folders import Folders
from lading.state.record import NewRevision, Record
from lading.state.rows import Want

SERVICES = 10
COUNT = 10_000
SETTINGS = "app: {}\nservices:\n  s0: {{source: ., command: [sh], port: 8000}}\n"
LADING = Path(sys.executable).with_name("lading")


def fill(address: Address, count: int) -> float:
    """Seconds that it took to add `count` revisions, of ten services, one at a time."""
    engine = database.opened(address)
    record = Record(engine, address.app, address.site)
    begun = time.perf_counter()
    for number in range(count):
        service, spec = f"s{number % SERVICES}", Spec(Digest.of(str(number).encode()), Limits())
        told = Occasion("ann@m1", f"change {number}", "Ann", "0123456789abcdef", size=123_456_789)
        record.add_revision(NewRevision(service, str(spec.image), spec.to_json(), told.to_json()))
    taken = time.perf_counter() - begun
    newest = [record.newest(f"s{number}") for number in range(SERVICES)]
    record.want([Want(x.service, x.number, 1) for x in newest if x], {})
    engine.dispose()
    return taken


def loaded(address: Address) -> None:
    """What a controller does first: all that grows with the number of revisions."""
    engine = database.opened(address)
    Wants(Record(engine, address.app, address.site)).load()
    engine.dispose()


def seconds(work: Callable[[], object], times: int = 5) -> float:
    """The median."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return sorted(taken)[times // 2]


def measured(count: int, folder: Path) -> Mapping[str, float]:
    """Seconds by what was done."""
    # Its own revisions alone, also in a database that others use.
    (folder / "lading.yaml").write_text(SETTINGS.format(f"many-{time.time_ns()}"))
    environ = {**os.environ, "LADING_HOME": str(folder / "home")}
    os.environ["LADING_HOME"] = environ["LADING_HOME"]
    at = Place(folder, Folders.of_user())
    address = states.of(at)

    def run(*words: str) -> None:
        command = [str(LADING), *words]
        subprocess.run(command, cwd=folder, env=environ, check=True, stdout=subprocess.DEVNULL)

    return {
        "add one": fill(address, count) / count,
        "history": seconds(lambda: run("history")),
        "history --all": seconds(lambda: run("history", "--all"), 3),
        "history --all --json": seconds(lambda: run("history", "--all", "--json"), 3),
        "history s0": seconds(lambda: run("history", "s0")),
        "controller's load": seconds(lambda: loaded(address)),
    }


def main() -> None:
    """Print a table: the count, and half of it, to see how the cost grows."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    for each in (count // 2, count):
        with tempfile.TemporaryDirectory() as folder:
            print(f"{each} revisions of {SERVICES} services")
            for what, took in measured(each, Path(folder)).items():
                print(f"  {what:24} {took * 1000:9.1f} ms")


if __name__ == "__main__":
    main()
