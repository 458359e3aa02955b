"""What is left when somebody is killed: the caller, the container, its monitor."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lading.engines.embedded import Embedded
from lading.engines.embedded.processes import mentioning
from lading.engines.engine import Phase, Workload
from lading.errors import EngineError
from tests import busybox

pytestmark = pytest.mark.live
RUNS = "echo begun; while :; do sleep 0.1; done"


@pytest.fixture
def places(tmp_path, run_folder):
    busybox.need_engine()
    return tmp_path / "data", run_folder


@pytest.fixture
def engine(places):
    made = Embedded(busybox.store_with(busybox.image()), *places)
    yield made
    for name in made.names():
        made.remove(name)


def applying(places: tuple[Path, Path], script: str, *port: str) -> subprocess.Popen[str]:
    here = Path(__file__).parent
    path = os.pathsep.join([str(here.parents[2]), *filter(None, sys.path)])
    return subprocess.Popen(
        [sys.executable, str(here / "applying.py"), *map(str, places), script, *port],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def nothing_is_left(places: tuple[Path, Path]) -> None:
    data, run = places
    assert list((data / "containers").iterdir()) == []
    assert list((run / "c").iterdir()) == []
    assert list((run / "runc").iterdir()) == []
    assert list((run / "a").iterdir()) == []
    assert mentioning(str(data / "containers/probe/bundle")) == []
    assert str(data) not in Path("/proc/mounts").read_text()


def test_a_container_outlives_its_caller_and_is_adopted(places, engine):
    caller = applying(places, RUNS)
    assert caller.stdout.readline() + caller.stdout.readline() == "begins\napplied\n"
    kill(caller)
    found = engine.observe("probe")
    assert found is not None and found.phase is Phase.RUNNING
    command = ("/bin/sh", "-c", RUNS)
    again = engine.apply(Workload("probe", busybox.image().digest, command))
    assert again.pid == found.pid
    os.kill(found.pid, signal.SIGKILL)
    assert [line.text for line in engine.logs("probe", follow=True)] == ["begun"]
    assert engine.observe("probe").exit_code == 137
    engine.remove("probe")
    nothing_is_left(places)


@pytest.mark.parametrize("milliseconds", [0, 1, 2, 4, 6, 8, 10, 13, 16, 20, 24, 28, 32, 40])
def test_a_caller_killed_at_any_moment_leaves_what_can_be_applied_or_removed(
    places, engine, milliseconds
):
    for _ in range(2):
        caller = applying(places, RUNS)
        assert caller.stdout.readline() == "begins\n"
        time.sleep(milliseconds / 1000)
        kill(caller)
        applied = engine.apply(
            Workload("probe", busybox.image().digest, ("/bin/sh", "-c", RUNS), grace_seconds=0.2)
        )
        assert applied.phase is Phase.RUNNING
        assert len(mentioning(str(places[0] / "containers/probe/bundle"))) >= 2
        engine.remove("probe")
        nothing_is_left(places)
        caller = applying(places, RUNS)
        assert caller.stdout.readline() == "begins\n"
        time.sleep(milliseconds / 1000)
        kill(caller)
        engine.remove("probe")
        nothing_is_left(places)


def test_the_way_to_a_port_outlives_its_caller_and_ends_with_its_container(places, engine):
    caller = applying(places, RUNS, "3000")
    assert caller.stdout.readline() + caller.stdout.readline() == "begins\napplied\n"
    kill(caller)
    found = engine.observe("probe")
    path = found.address.removeprefix("unix:")
    (bridge,) = mentioning(path)
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
    os.kill(found.pid, signal.SIGKILL)
    assert bridge.wait(5)
    assert not Path(path).exists()
    engine.remove("probe")
    nothing_is_left(places)


@pytest.mark.parametrize("milliseconds", [60, 110, 160])
def test_a_caller_killed_while_it_opens_a_port_leaves_nothing(places, engine, milliseconds):
    engine.apply(Workload("first", busybox.image().digest))
    engine.remove("first")
    caller = applying(places, RUNS, "3000")
    assert caller.stdout.readline() == "begins\n"
    time.sleep(milliseconds / 1000)
    kill(caller)
    engine.remove("probe")
    nothing_is_left(places)
    for left in mentioning(str(places[1])):
        assert left.wait(5)


def test_a_container_without_its_monitor_is_still_seen_and_removed(places, engine):
    command = ("/bin/sh", "-c", RUNS)
    applied = engine.apply(Workload("probe", busybox.image().digest, command, grace_seconds=0.2))
    monitor = int((places[0] / "containers/probe/monitor").read_text())
    os.kill(monitor, signal.SIGKILL)
    assert engine.observe("probe").pid == applied.pid
    engine.remove("probe")
    assert not Path(f"/proc/{applied.pid}/cmdline").exists() or not (
        Path(f"/proc/{applied.pid}/cmdline").read_bytes()
    )
    nothing_is_left(places)


def test_a_number_that_is_another_process_now_is_not_the_container(places, engine):
    command = ("/bin/sh", "-c", "exit 0")
    engine.apply(Workload("probe", busybox.image().digest, command))
    list(engine.logs("probe", follow=True))
    record = places[0] / "containers/probe/started.json"
    exited = engine.observe("probe")
    (places[0] / "containers/probe/exit").rename(places[0] / "containers/probe/lost")
    data = json.loads(record.read_text())
    data["process"] = {"pid": os.getpid(), "ticks": 1, "boot": data["monitor"]["boot"]}
    record.write_text(json.dumps(data))
    found = engine.observe("probe")
    assert (found.phase, found.pid, found.exit_code) == (Phase.EXITED, None, None)
    assert exited.exit_code == 0


def test_many_layers_are_stacked(places):
    busybox.need_engine()
    image = busybox.image(layers=60)
    engine = Embedded(busybox.store_with(image), *places)
    try:
        engine.apply(Workload("probe", image.digest, ("/bin/sh", "-c", "ls /below | wc -l")))
        assert [x.text for x in engine.logs("probe", follow=True)] == ["59"]
    finally:
        engine.remove("probe")


def test_a_copy_out_of_what_runs_cannot_be_led_astray(engine, tmp_path):
    script = "ln -s /etc/passwd /out/link; ln -s / /out/root; echo x > /out/x; sleep 60"
    engine.apply(
        Workload(
            "probe",
            busybox.image().digest,
            ("/bin/sh", "-c", script),
            writable=("/out",),
            grace_seconds=0.2,
        )
    )
    time.sleep(0.2)
    engine.copy("probe", "/out/x", tmp_path / "x")
    assert (tmp_path / "x").read_text() == "x\n"
    with pytest.raises(EngineError, match="a link leads out of what is copied"):
        engine.copy("probe", "/out", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with pytest.raises(EngineError, match="no such path"):
        engine.copy("probe", "/out/root" + str(tmp_path), tmp_path / "out")


def test_a_container_that_nobody_can_reach_any_more_has_ended(places, engine):
    wanted = Workload("probe", busybox.image().digest, ("/bin/sh", "-c", RUNS), port=3000)
    before = engine.apply(wanted)
    (bridge,) = mentioning(before.address.removeprefix("unix:"))
    assert before.phase is Phase.RUNNING
    bridge.signal(signal.SIGKILL)
    assert bridge.wait(5)
    found = engine.observe("probe")
    assert (found.phase, found.pid, found.exit_code) == (Phase.EXITED, None, None)
    engine.remove("probe")
    nothing_is_left(places)
    assert engine.apply(wanted).phase is Phase.RUNNING
