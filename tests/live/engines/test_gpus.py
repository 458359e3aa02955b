"""GPUs by CDI, harmless devices in their stead: what containers see of them, and who has which.

By the user who runs the tests; test_ordinary_user.py has them run again by others.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lading.engines.embedded import Embedded, gpus
from lading.engines.engine import Limits, Phase
from lading.errors import EngineError, EngineUnavailable
from tests import busybox
from tests.live.engines.conftest import Inside

pytestmark = pytest.mark.live
SLEEPS = "trap 'exit 0' TERM; while :; do sleep 0.05; done"
# Finds the root of the container that is being made, as hooks do: by the state on their stdin.
HOOK = """
state=$(cat)
bundle=$(echo "$state" | sed 's/.*"bundle": *"\\([^"]*\\)".*/\\1/')
root=$(sed 's/.*"root": *{"path": *"\\([^"]*\\)".*/\\1/' "$bundle/config.json")
echo "by $WHO" > "$root/etc/by-a-hook"
mkdir -p "$root/usr/lib"; ln -s libfake.so.1 "$root/usr/lib/libfake.so"
ldconfig -r "$root"
"""


def described(*devices: Mapping[str, Any], **common: Any) -> str:
    """A CDI file of GPUs of one kind; each device's own edits, numbered from 0."""
    numbered = [{"name": str(i), "containerEdits": x} for i, x in enumerate(devices)]
    document = {"cdiVersion": "0.5.0", "kind": "fake.example/gpu", "devices": numbered}
    return json.dumps({**document, "containerEdits": common})


def node(path: str, host_path: str) -> dict[str, Any]:
    return {"deviceNodes": [{"path": path, "hostPath": host_path}]}


NULL, ZERO = node("/dev/fake-gpu0", "/dev/null"), node("/dev/fake-gpu1", "/dev/zero")
TWO = described(
    {**NULL, "env": ["FAKE_VISIBLE_DEVICES=none"]}, {**ZERO, "env": ["FAKE_VISIBLE_DEVICES=zeros"]}
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where GPUs are described."""
    folder = tmp_path / "cdi"
    folder.mkdir()
    return folder


@pytest.fixture
def inside(tmp_path: Path, run_folder: Path, folder: Path) -> Iterator[Inside]:
    busybox.need_engine()
    store = busybox.store_with(busybox.image())
    engine = Embedded(store, tmp_path / "data", run_folder, (folder, tmp_path / "later"))
    yield Inside(engine, busybox.image().digest)
    for name in engine.names():
        engine.remove(name)


def asked(inside: Inside, script: str) -> str:
    return inside.ask(script, limits=Limits(gpu=1))[1]


def have(inside: Inside, *names: str) -> None:
    for name in names:
        inside.engine.apply(inside.workload(SLEEPS, name=name, limits=Limits(gpu=1)))


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(EngineError) as refused:
        act()
    return str(refused.value)


def test_a_container_sees_its_own_device_and_no_other(inside, folder):
    (folder / "fake.json").write_text(TWO)
    have(inside, "first")
    script = "dd if=/dev/fake-gpu1 bs=4 count=1 2>/dev/null | wc -c; ls /dev/fake-*; env"
    said = asked(inside, script).splitlines()
    assert said[:2] == ["4", "/dev/fake-gpu1"]
    assert "FAKE_VISIBLE_DEVICES=zeros" in said


def test_a_device_may_be_used_that_no_container_has_otherwise(inside, folder, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root can make a device node")
    made = tmp_path / "fuse"
    os.mknod(made, 0o20666, os.makedev(10, 229))
    made.chmod(0o666)
    (folder / "fake.json").write_text(described(node("/dev/fake", str(made))))
    # Whether the kernel knows such a device or not: it is not forbidden.
    assert "not permitted" not in asked(inside, "true < /dev/fake")
    written = json.loads(folder.joinpath("fake.json").read_text())
    written["devices"][0]["containerEdits"]["deviceNodes"][0]["permissions"] = "none"
    (folder / "fake.json").write_text(json.dumps(written))
    assert "not permitted" in asked(inside, "true < /dev/fake")


def test_files_are_mounted_read_only_where_it_says(inside, folder, tmp_path):
    library = tmp_path / "libfake.so.1"
    library.write_text("of the driver\n")
    mount = {"hostPath": str(library), "containerPath": "/usr/lib/fake/libfake.so.1"}
    options = ["ro", "nosuid", "nodev", "bind"]
    (folder / "fake.json").write_text(described(NULL, mounts=[{**mount, "options": options}]))
    script = "cat /usr/lib/fake/libfake.so.1; echo x > /usr/lib/fake/libfake.so.1"
    assert asked(inside, script).splitlines() == [
        "of the driver",
        "/bin/sh: can't create /usr/lib/fake/libfake.so.1: Read-only file system",
    ]
    assert library.read_text() == "of the driver\n"


def test_hooks_write_below_a_root_that_the_container_cannot_write_to(inside, folder):
    hook = {"hookName": "createContainer", "path": "/bin/sh", "args": ["sh", "-euc", HOOK]}
    hook["env"] = ["WHO=createContainer", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"]
    (folder / "fake.json").write_text(described(NULL, hooks=[hook]))
    script = "cat /etc/by-a-hook; ls -l /usr/lib/*; wc -c /etc/ld.so.cache; touch /etc/another"
    written, link, cached, refused = asked(inside, script).splitlines()
    assert written == "by createContainer"
    assert int(cached.split()[0]) > 0
    assert link.endswith("libfake.so -> libfake.so.1")
    assert refused == "touch: /etc/another: Read-only file system"
    # It wrote to that container's own files, not to the image's layers.
    assert asked(inside, "ls /usr/lib").splitlines() == ["libfake.so"]


def test_a_hook_that_fails_is_said_and_frees_the_device(inside, folder):
    hook = {"hookName": "createContainer", "path": "/bin/sh"}
    failing = {**hook, "args": ["sh", "-c", "echo no driver >&2; exit 3"]}
    (folder / "fake.json").write_text(described({**NULL, "hooks": [failing]}))
    said = refusal(lambda: have(inside, "probe"))
    assert said.startswith("probe: the container could not be created: got ")
    assert "hook #0" in said and "exit status 3" in said and "no driver" in said
    assert inside.engine.names() == []
    (folder / "fake.json").write_text(described(NULL))
    have(inside, "another")


def test_each_device_is_one_containers_until_it_is_removed(inside, folder):
    (folder / "fake.json").write_text(TWO)
    have(inside, "a", "b")
    assert refusal(lambda: have(inside, "c")) == (
        "c: too few GPUs are free: expected 1, got 0 of 2 (a has fake.example/gpu=0; "
        "b has fake.example/gpu=1); stop one of those, or lower resources.gpu"
    )
    assert inside.engine.names() == ["a", "b"]
    inside.engine.remove("a")
    have(inside, "c")
    seen = {held.by: held.name for held in gpus.held(folder.parent / "data/containers", Path())}
    assert seen == {"b": "fake.example/gpu=1", "c": "fake.example/gpu=0"}


def test_what_ended_has_no_device_any_more(inside, folder):
    (folder / "fake.json").write_text(described(NULL))
    for name in ("a", "b"):
        ends = inside.workload("exit 3", name=name, limits=Limits(gpu=1))
        inside.engine.apply(ends)
        inside.until(name, lambda found: found.phase is Phase.EXITED)
    assert inside.engine.names() == ["a", "b"]


def test_a_device_by_another_name_is_still_taken(inside, folder):
    (folder / "fake.json").write_text(described(NULL))
    have(inside, "a")
    renamed = re.sub(r'"name": "0"', '"name": "GPU-8836a272"', described(NULL))
    (folder / "fake.json").write_text(renamed)
    assert refusal(lambda: have(inside, "b")) == (
        "b: too few GPUs are free: expected 1, got 0 of 1 (a has fake.example/gpu=GPU-8836a272); "
        "stop one of those, or lower resources.gpu"
    )


def test_with_no_gpu_at_all_it_is_said_where_was_looked_and_nothing_is_left(inside, folder):
    with pytest.raises(EngineUnavailable) as refused:
        have(inside, "probe")
    assert str(refused.value) == (
        "probe: this machine has no GPU that a container could be given: expected 1, described by "
        f"CDI files in {folder} and {folder.parent}/later, got none; "
        "run: sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml"
    )
    assert inside.engine.names() == []


def test_more_than_there_are_is_refused_at_once(inside, folder):
    (folder / "fake.json").write_text(TWO)
    wanted = replace(inside.workload(SLEEPS), limits=Limits(gpu=3))
    assert refusal(lambda: inside.engine.apply(wanted)) == (
        "probe: this machine has too few GPUs: expected 3 of one kind for one container, "
        "got 2: fake.example/gpu=0, fake.example/gpu=1; lower resources.gpu"
    )


def test_a_node_that_is_closed_to_an_ordinary_user_is_refused(inside, folder, tmp_path):
    if os.geteuid() == 0:
        pytest.skip("nothing is closed to root")
    (folder / "fake.json").write_text(described(node("/dev/fake", "/dev/kmsg")))
    if os.access("/dev/kmsg", os.R_OK | os.W_OK):
        pytest.skip("this machine's /dev/kmsg is open to all")
    said = refusal(lambda: have(inside, "probe"))
    assert said.startswith("/dev/kmsg: fake.example/gpu=0 is closed to containers of this user")
    assert said.endswith("; run: sudo chmod o+rw /dev/kmsg")
