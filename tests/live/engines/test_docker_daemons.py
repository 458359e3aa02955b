"""What containers on Docker and Podman cannot do, tried from inside; what crashes leave there."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from lading.engines.docker import loading
from lading.engines.docker.api import Api
from lading.engines.docker.container import Part
from lading.engines.docker.daemon import Daemon
from lading.engines.docker.engine import Docker
from lading.engines.engine import Limits, Observed, Phase, Workload
from lading.errors import EngineUnavailable
from lading.oci import Digest
from tests import busybox, daemons

pytestmark = pytest.mark.live


@dataclass(frozen=True)
class Place:
    """An engine on a daemon, in a folder of its own."""

    daemon: Daemon
    data: Path
    run: Path

    @property
    def engine(self) -> Docker:
        store = busybox.store_with(busybox.image())
        return Docker(store, self.daemon.host, self.data, self.run)

    def workload(self, script: str, **changed: object) -> Workload:
        command = ("/bin/sh", "-c", script)
        made = Workload("probe", busybox.image().digest, command, grace_seconds=0.2)
        return replace(made, **changed)

    def ask(self, script: str, **changed: object) -> tuple[Observed, list[str]]:
        """Run a script to its end; how it ended and the lines that it wrote."""
        engine = self.engine
        engine.apply(self.workload(script, **changed))
        lines = [line.text for line in engine.logs("probe", follow=True)]
        ended = engine.observe("probe")
        while ended and ended.phase is Phase.RUNNING:
            time.sleep(0.01)
            ended = engine.observe("probe")
        engine.remove("probe")
        assert ended
        return ended, lines


@pytest.fixture(params=daemons.ALL)
def place(request: pytest.FixtureRequest, tmp_path: Path, run_folder: Path) -> Iterator[Place]:
    busybox.need_engine()
    made = Place(daemons.need(request.param), tmp_path / "data", run_folder)
    yield made
    for name in made.engine.names():
        made.engine.remove(name)


def test_it_is_as_confined_as_on_the_embedded_engine(place):
    _, said = place.ask(
        "id -u; cat /proc/net/dev | wc -l; for x in / /etc /work /proc/sys; do"
        "  touch $x/x 2>/dev/null && echo $x is open; done;"
        "grep -E '^(CapBnd|CapEff|NoNewPrivs|Seccomp):' /proc/self/status;"
        "unshare -m true 2>/dev/null && echo unshares; mount -t tmpfs x /tmp 2>/dev/null && echo m;"
        "grep -E ' (/|/tmp) ' /proc/self/mounts | cut -d ' ' -f 2,4 | cut -d , -f 1;"
        "ps | wc -l; hostname"
    )
    assert said[:2] == ["65532", "3"]  # Two lines of heading and the loopback.
    status = dict(line.split(":\t") for line in said[2:6])
    assert int(status["CapBnd"], 16) == int(status["CapEff"], 16) == 0
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    assert said[6:8] == ["/ ro", "/tmp rw"]
    assert int(said[8]) <= 5 and said[9] == "probe"


def test_folders_that_may_be_written_to_are_the_users_and_keep_what_the_image_has(place):
    ended, said = place.ask(
        "echo a > /work/a && echo b > /bin/b && echo c > /fresh/deep/c && cat /work/a /bin/b;"
        "test -e /bin/busybox && echo kept; touch /etc/x 2>&1",
        writable=("/work", "/bin", "/fresh/deep"),
    )
    assert said[:3] == ["a", "b", "kept"]
    assert "Read-only file system" in said[3] and ended.exit_code != 0


def test_its_limits_hold(place):
    groups = (
        "cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null;"
        "cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null;"
        "cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu.max 2>/dev/null | cut -d' ' -f1"
    )
    limits = Limits(cpu=0.5, memory_bytes=64 * 1024**2, processes=30)
    _, said = place.ask(f"{groups}; ulimit -c", limits=limits)
    assert said == [str(64 * 1024**2), "30", "50000", "0"]


def test_memory_in_use_is_told_without_asking_the_daemon(place):
    engine = place.engine
    engine.apply(place.workload("exec sleep 600"))
    seen = engine.observe("probe")
    assert 0 < seen.memory_bytes < 64 * 1024**2
    begun = time.monotonic()
    for _ in range(100):
        engine.observe("probe")
    assert time.monotonic() - begun < 1


def test_what_runs_is_the_image_by_the_digest_of_its_config(place):
    engine = place.engine
    engine.apply(place.workload("exec sleep 600"))
    api = Api(place.daemon.host)
    seen = api.inspect(engine._container("probe").called(Part.MAIN))
    assert seen.image == str(Digest.of(busybox.image().config))


def test_what_a_killed_caller_left_is_listed_and_cleared(place):
    engine, api = place.engine, Api(place.daemon.host)
    made = engine._container("probe")
    document = {"Image": _any_image(place, api), "Entrypoint": ["/bin/true"]}
    for part in Part:
        api.create(made.called(part), {**document, "Labels": made.labels | {"a": part.value}})
    assert engine.names() == ["probe"] and engine.observe("probe") is None
    assert engine.apply(place.workload("exec sleep 600")).phase is Phase.RUNNING
    assert [one.status for one in api.listed(made.labels)] == ["running"]
    engine.remove("probe")
    assert api.listed(made.labels) == [] and not made.runtime.exists()


def test_another_homes_containers_are_not_seen_and_not_touched(place):
    other = replace(place, data=place.data / "other", run=place.run / "other").engine
    other.apply(place.workload("exec sleep 600"))
    try:
        assert place.engine.names() == []
        place.engine.remove("probe")
        assert other.observe("probe").phase is Phase.RUNNING
    finally:
        other.remove("probe")


def test_only_layers_that_are_missing_are_sent(place, images):
    sent = []

    class Counting(Api):
        def load(self, archive: Iterable[bytes]) -> None:
            pieces = list(archive)
            sent.append(sum(map(len, pieces)))
            super().load(iter(pieces))

    api, below = Counting(place.daemon.host), busybox.image()
    loading.ensure(api, place.daemon, below)
    fresh = images.layer({"fresh": place.data.as_posix().encode() + os.urandom(8)})
    image = images.image(*below.layers, fresh)
    for _ in range(2):
        assert loading.ensure(api, place.daemon, image) == str(Digest.of(image.config))
    assert sum(layer.descriptor.size for layer in image.layers) > 1_000_000
    assert sent[-1] < 50_000 and len(sent) <= 2


def test_a_gpu_where_there_is_none_is_refused(place):
    with pytest.raises(EngineUnavailable) as raised:
        place.engine.apply(place.workload("true", limits=Limits(gpu=1)))
    expected = "takes no GPUs" if place.daemon.podman else "has no runtime for GPUs"
    assert expected in raised.value.problem
    assert place.engine.names() == []


def _any_image(place: Place, api: Api) -> str:
    return loading.ensure(api, place.daemon, busybox.image())
