"""The translator: what of a picture's way through its models is ours, and whose memory it takes."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.app import App, free_port, kept
from bench.client import Connection, answered, prediction
from bench.figure import Figure, duration, size, spread
from bench.programs import ROOT, MeasurementError
from bench.sample import Sample

OURS_SECONDS = 0.003
PICTURE = "images/bread.jpg"
_WARM = 3
_SUM = re.compile(rb"^lading_batch_duration_seconds_sum\S* (\S+)$", re.MULTILINE)
_PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)


def measure(folder: Path, times: int) -> list[Figure]:
    with _app(folder / "translator") as app:
        app.lading("up", "--detach")
        return [*_pipeline(app, times), *_memory(app)]


def _pipeline(app: App, times: int) -> list[Figure]:
    """Ours is all but the handlers of the models: gateway, servers, the calling handler."""
    request = prediction("/translator/predict", (app.folder / PICTURE).read_bytes())
    connection = Connection(f"127.0.0.1:{app.port}", timeout_seconds=60)
    wholes: list[float] = []
    asked, calls = _asked(connection, request)
    by_model: dict[str, list[float]] = {name: [] for name in asked}
    for number in range(_WARM + times):
        before = {name: _handled(app, name) for name in asked}
        begun = time.perf_counter()
        connection.ask(request)
        whole = time.perf_counter() - begun
        if number < _WARM:
            continue
        wholes.append(whole)
        for name in asked:
            by_model[name].append(_handled(app, name) - before[name])
    connection.close()
    models = {name: Sample(tuple(taken)) for name, taken in by_model.items()}
    ours = Sample(tuple(wholes))
    for sample in models.values():
        ours = ours.less(sample)
    stages = ", ".join(f"{name} {duration(sample.median)}" for name, sample in models.items())
    share = ours.median / Sample(tuple(wholes)).median
    return [
        Figure(
            "one picture through the translator", spread(Sample(tuple(wholes))), stages, "", "",
            None, f"{PICTURE}, one client; beside it the models' handlers, by their own metrics",
        ),
        Figure(
            f"of it ours, {calls} calls", spread(ours), "", f"{share:.1%} of the whole",
            f"≤ {duration(OURS_SECONDS)}", ours.median <= OURS_SECONDS,
            "the whole less the models' handlers: gateway, servers, client, and the Python of the "
            "handler that calls",
        ),
    ]  # fmt: skip


def _asked(connection: Connection, request: bytes) -> tuple[list[str], int]:
    """The services that have a part in a picture's translation, and how often any is asked."""
    status, body = connection.ask(request)
    answer = json.loads(body)
    if status != 200 or not answer["translation"]:
        raise MeasurementError(f"the translator answered {status}: {body[:300]!r}")
    stages = [one["service"] for one in answer["stages"]]
    # A pair that was tried and is not there has no handler.
    there = [x for x in stages if not x.startswith("translate-") or x in answer["pairs"]]
    return list(dict.fromkeys(there)), len(stages)


def _handled(app: App, service: str) -> float:
    """Seconds that a service's handler has worked so far."""
    request = f"GET /{service}/metrics HTTP/1.1\r\nHost: bench\r\n\r\n".encode()
    page = answered(f"127.0.0.1:{app.port}", request)
    found = _SUM.search(page or b"")
    if found is None:
        raise MeasurementError(f"{service} tells no time of its handler")
    return float(found[1])


def _memory(app: App) -> list[Figure]:
    """PSS. A server's first process is our front; what it starts holds a model."""
    status = json.loads(app.lading("ps", "--json"))
    controller, gateway = _pss(status["pid"]), _pss(status["gateway"]["pid"])
    fronts = models = others = 0
    for service in status["services"]:
        for replica in service["replicas"]:
            below = sum(_pss(pid) for pid in _descendants(replica["pid"]))
            if service["name"] == "render":
                others += _pss(replica["pid"]) + below
            else:
                fronts += _pss(replica["pid"])
                models += below
    ours = controller + gateway + fronts
    return [
        Figure(
            "memory of ours beside the models'", size(ours), size(models + others),
            f"controller {size(controller)}, gateway {size(gateway)}, "
            f"{len(status['services']) - 1} fronts {size(fronts)}",
            "", None, "PSS after the pictures; a model's process has the runtime's worker in it",
        )
    ]  # fmt: skip


def _pss(pid: int) -> int:
    found = _PSS.search(Path(f"/proc/{pid}/smaps_rollup").read_text())
    return int(found[1]) * 1024 if found else 0


def _descendants(pid: int) -> Sequence[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            found += [child, *_descendants(child)]
    return found


@contextmanager
def _app(folder: Path) -> Iterator[App]:
    """A copy of the example, built; nothing of it runs afterwards."""
    shutil.copytree(ROOT / "examples" / "translator", folder)
    app = App(folder, folder.parent / "translator-home", free_port())
    settings = folder / "lading.yaml"
    text, changed = re.subn(r"port: \d+}", f"port: {app.port}}}", settings.read_text())
    if changed != 1:
        raise MeasurementError("the example's gateway has no port to change")
    settings.write_text(text)
    with kept(app, ("lock",), ("build",)):
        yield app
