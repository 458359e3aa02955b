"""What every engine promises, over all of them.

The embedded engine is that of the user who runs the tests; tests/live/engines has them run again
by ordinary users.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lading.engines.docker.engine import Docker
from lading.engines.embedded import Embedded
from lading.engines.engine import Engine, Limits, Observed, Phase, Workload
from lading.engines.memory import Behaviour, Memory
from lading.errors import EngineError, ImageNotFound, WorkloadNotFound
from lading.oci import Digest, Image, assemble
from tests import busybox, daemons


def script(text: str) -> tuple[str, ...]:
    return ("/bin/sh", "-c", text)


SERVES = script("trap 'exit 0' TERM; while :; do sleep 0.05; done")
IGNORES = script("trap '' TERM; while :; do sleep 0.05; done")
SLEEPS = ("/bin/sleep", "600")
SPEAKS = script("echo one; echo two; echo wrong >&2; exit 3")
WRITES = script("mkdir -p /out/deep; echo content > /out/deep/file; echo top > /out/top")
READS = script(
    "cat /run/secrets/KEY; cat /run/secrets/KEY >&2; echo x > /run/secrets/KEY || exit 4"
)
EATS = script("dd if=/dev/zero of=/dev/null bs=200M count=1; exit 5")
LINGERS = script("dd if=/dev/zero of=/dev/null bs=200M count=1; sleep 0.5; exit 5")
BEHAVIOURS = {
    SERVES: Behaviour(),
    IGNORES: Behaviour(),
    SLEEPS: Behaviour(),
    SPEAKS: Behaviour(3, lines=(("stdout", "one"), ("stdout", "two"), ("stderr", "wrong"))),
    WRITES: Behaviour(0, files={"/out/deep/file": b"content\n", "/out/top": b"top\n"}),
    READS: Behaviour(4, lines=(("stdout", "its value"), ("stderr", "its value"))),
    EATS: Behaviour(5, out_of_memory=True),
}


REAL = [pytest.param(x, marks=pytest.mark.live) for x in ("embedded", *daemons.ALL)]
"""Engines whose containers really run."""


@pytest.fixture(params=["memory", *REAL])
def engine(request: pytest.FixtureRequest, tmp_path: Path, run_folder: Path) -> Iterator[Engine]:
    yield from opened(request.param, (tmp_path, run_folder))


def opened(kind: str, places: tuple[Path, Path], held: Image | None = None) -> Iterator[Engine]:
    """An engine of that kind, with folders for data and sockets, that has an image; afterwards
    nothing is left in it."""
    store = busybox.store_with(held or image())
    made: Engine
    match kind:
        case "memory":
            made = Memory(store, lambda workload: BEHAVIOURS[workload.command or ()])
        case "embedded":
            busybox.need_engine()
            made = Embedded(store, *places)
        case _:
            made = Docker(store, daemons.need(kind).host, *places)
    yield made
    for name in made.names():
        made.remove(name)


def image():
    busybox.need_engine()
    return busybox.image()


@pytest.fixture
def wanted() -> Workload:
    return Workload("digits-1", image().digest, SERVES, labels={"service": "digits"})


def until(engine: Engine, name: str, true: Callable[[Observed], bool]) -> Observed:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found = engine.observe(name)
        if found and true(found):
            return found
        time.sleep(0.01)
    raise AssertionError(f"in 20 s, {name} never became so: {found}")


def exited(engine: Engine, name: str) -> Observed:
    return until(engine, name, lambda found: found.phase is Phase.EXITED)


def test_what_is_applied_runs_and_is_observed(engine, wanted):
    applied = engine.apply(wanted)
    assert applied.phase is Phase.RUNNING
    observed = engine.observe("digits-1")
    assert observed is not None
    assert (observed.name, observed.image) == ("digits-1", wanted.image)
    assert observed.labels == {"service": "digits"}
    assert observed.address.startswith("unix:/")
    assert len(observed.address.removeprefix("unix:").encode()) <= 107
    assert observed.pid == applied.pid and observed.pid is not None
    assert observed.exit_code is None and not observed.out_of_memory
    assert observed.started_at == applied.started_at


def test_applying_again_does_nothing(engine, wanted):
    first = engine.apply(wanted)
    second = engine.apply(replace(wanted, env={"IGNORED": "1"}))
    assert (second.pid, second.started_at) == (first.pid, first.started_at)


def test_many_at_once_are_one_container_a_name(engine, wanted):
    pids = []
    threads = [
        threading.Thread(target=lambda: pids.append(engine.apply(wanted).pid)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(pids) == 4 and len(set(pids)) == 1


def test_an_exit_code_is_kept_and_nothing_starts_again(engine, wanted):
    engine.apply(replace(wanted, command=SPEAKS))
    ended = exited(engine, "digits-1")
    assert (ended.exit_code, ended.pid, ended.memory_bytes) == (3, None, None)
    assert engine.apply(replace(wanted, command=SPEAKS)).phase is Phase.EXITED


def test_a_secret_is_a_file_that_is_read_and_not_written(engine, wanted, tmp_path):
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o700)
    (folder / "KEY").write_text("its value\n")
    (folder / "KEY").chmod(0o444)
    engine.apply(replace(wanted, command=READS, secrets={"KEY": folder / "KEY"}))
    assert exited(engine, "digits-1").exit_code == 4
    said = {(line.stream, line.text) for line in engine.logs("digits-1")}
    assert {("stdout", "its value"), ("stderr", "its value")} <= said
    assert (folder / "KEY").read_text() == "its value\n"


def test_names_are_sorted(engine, wanted):
    assert engine.names() == []
    for name in ("b", "a-2", "a.1"):
        engine.apply(replace(wanted, name=name))
    assert engine.names() == ["a-2", "a.1", "b"]


def test_what_is_not_there_is_none_and_can_be_removed(engine):
    assert engine.observe("nothing") is None
    engine.remove("nothing")
    with pytest.raises(WorkloadNotFound, match=r"^nothing: no such workload$"):
        engine.logs("nothing")
    with pytest.raises(WorkloadNotFound, match=r"^nothing: no such workload$"):
        engine.copy("nothing", "/out", Path("/nonexistent/out"))


def test_a_name_that_is_a_path_is_nothing(engine):
    assert engine.observe("../digits") is None
    engine.remove("../digits")


def test_removing_forgets_everything(engine, wanted):
    first = engine.apply(wanted)
    engine.remove("digits-1")
    assert engine.observe("digits-1") is None and engine.names() == []
    with pytest.raises(WorkloadNotFound):
        engine.logs("digits-1")
    assert engine.apply(wanted).pid != first.pid


def test_what_ignores_sigterm_is_killed_after_its_grace(engine, wanted):
    engine.apply(replace(wanted, command=IGNORES, grace_seconds=0.3))
    time.sleep(0.2)
    before = time.monotonic()
    engine.remove("digits-1")
    assert time.monotonic() - before < 5
    assert engine.names() == []


def test_what_sigterm_would_end_elsewhere_does_not_use_up_its_grace(engine, wanted):
    engine.apply(replace(wanted, command=SLEEPS))
    before = time.monotonic()
    engine.remove("digits-1")
    assert time.monotonic() - before < 5


def test_logs_have_both_streams_with_times(engine, wanted):
    applied = engine.apply(replace(wanted, command=SPEAKS))
    exited(engine, "digits-1")
    lines = list(engine.logs("digits-1"))
    assert [line.text for line in lines if line.stream == "stdout"] == ["one", "two"]
    assert [line.text for line in lines if line.stream == "stderr"] == ["wrong"]
    for line in lines:
        assert line.time.utcoffset() is not None
        assert abs((line.time - applied.started_at).total_seconds()) < 20


def test_following_logs_ends_when_the_container_does(engine, wanted):
    engine.apply(replace(wanted, command=SPEAKS))
    assert {line.text for line in engine.logs("digits-1", follow=True)} == {"one", "two", "wrong"}


def test_following_logs_ends_when_the_container_is_removed(engine, wanted):
    engine.apply(wanted)
    timer = threading.Timer(0.2, engine.remove, ["digits-1"])
    timer.start()
    assert list(engine.logs("digits-1", follow=True)) == []
    timer.join()


def test_a_folder_is_copied_out_after_the_end(engine, wanted, tmp_path):
    engine.apply(replace(wanted, command=WRITES, writable=("/out",)))
    assert exited(engine, "digits-1").exit_code == 0
    target = tmp_path / "results"
    target.mkdir()
    (target / "stale").write_text("old")
    engine.copy("digits-1", "/out", target)
    assert (target / "deep/file").read_text() == "content\n"
    assert sorted(x.name for x in target.iterdir()) == ["deep", "top"]


def test_what_cannot_be_copied_changes_nothing(engine, wanted, tmp_path):
    engine.apply(replace(wanted, command=WRITES, writable=("/out",)))
    exited(engine, "digits-1")
    (tmp_path / "results").mkdir()
    (tmp_path / "results/stale").write_text("old")
    with pytest.raises(EngineError, match=r"^digits-1:/out/none: no such path$"):
        engine.copy("digits-1", "/out/none", tmp_path / "results")
    assert (tmp_path / "results/stale").read_text() == "old"


def test_past_its_memory_a_process_is_killed_and_it_is_said(engine, wanted, request):
    # Podman does not always notice by itself: it is enough to be looked at meanwhile.
    command = LINGERS if request.node.callspec.params["engine"] == "podman" else EATS
    applied = engine.apply(
        replace(wanted, command=command, limits=Limits(memory_bytes=64 * 1024**2))
    )
    if "memory" in applied.unenforced:
        engine.remove("digits-1")
        pytest.skip("this user has no delegated control groups")
    ended = exited(engine, "digits-1")
    assert (ended.exit_code, ended.out_of_memory) == (5, True)


def test_an_image_that_is_not_there_is_refused(engine, wanted):
    with pytest.raises(ImageNotFound):
        engine.apply(replace(wanted, image=Digest.of(b"nothing")))
    assert engine.names() == []


def test_what_was_made_of_an_image_is_forgotten_once_nobody_needs_it(engine, wanted, images):
    # Of layers that no other image of a daemon has: what is shared with one takes no room.
    shared = image()
    settings = {name: value for name, value in shared.settings.items() if name != "rootfs"}
    own = assemble(settings, (images.layer({"own": os.urandom(5000)}), *shared.layers))
    engine._store.write(own)
    wanted = replace(wanted, image=own.digest)
    engine.apply(wanted)
    # What a container is made of stays, whoever says that its image is not kept.
    assert engine.prune([]) == 0
    assert engine.observe("digits-1").phase is Phase.RUNNING
    engine.remove("digits-1")
    assert engine.prune([wanted.image]) == 0
    gained = engine.prune([], dry_run=True)
    assert gained > 0
    assert engine.prune([]) == gained
    assert engine.prune([]) == 0
    engine.apply(wanted)
    assert engine.observe("digits-1").phase is Phase.RUNNING
