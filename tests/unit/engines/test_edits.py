"""What of a device goes into a container's configuration, for root and for an ordinary user."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from lading.engines.cdi.document import DeviceNode, Edits, Hook, Mount
from lading.engines.cdi.specs import Device
from lading.engines.embedded.edits import applied
from lading.engines.embedded.identity import Identity, SubIds
from lading.errors import EngineError

ROOT = Identity(0, 0, root=True)
LENT = Identity(1000, 1000, root=False, sub_ids=SubIds(100000, 100000, 65536))
DENY = {"allow": False, "access": "rwm"}


def configuration() -> dict[str, Any]:
    """What of a configuration edits touch."""
    return {
        "process": {"env": ["PATH=/bin", "COLOUR=red"], "user": {"uid": 65532, "gid": 65532}},
        "mounts": [
            {"destination": "/dev", "source": "tmpfs", "type": "tmpfs", "options": []},
            {"destination": "/run/lading", "source": "/s", "type": "bind", "options": ["bind"]},
        ],
        "linux": {"resources": {"devices": [DENY]}},
    }


def device(own: Edits, common: Edits = Edits(), name: str = "0") -> Device:  # noqa: B008 (frozen)
    return Device("a.example/gpu", name, Path("/etc/cdi/a.json"), common, own)


def given(own: Edits, identity: Identity = ROOT) -> dict[str, Any]:
    return applied(configuration(), [device(own)], identity)


def destinations(document: dict[str, Any]) -> list[str]:
    return [mount["destination"] for mount in document["mounts"]]


def test_root_makes_the_node_and_lets_the_container_read_and_write_it():
    linux = given(Edits(device_nodes=(DeviceNode("/dev/gpu", "/dev/zero"),)))["linux"]
    owner = {"uid": 65532, "gid": 65532}
    assert linux["devices"] == [{"path": "/dev/gpu", "type": "c", "major": 1, "minor": 5, **owner}]
    rule = {"allow": True, "type": "c", "major": 1, "minor": 5, "access": "rw"}
    assert linux["resources"]["devices"] == [DENY, rule]


def test_what_a_file_says_of_a_node_goes_before_what_is_there():
    node = DeviceNode("/dev/gpu", "/nonexistent", "b", 8, 3, 0o640, "r", 5, 6)
    linux = given(Edits(device_nodes=(node,)))["linux"]
    owner = {"uid": 5, "gid": 6, "fileMode": 0o640}
    assert linux["devices"] == [{"path": "/dev/gpu", "type": "b", "major": 8, "minor": 3, **owner}]
    assert linux["resources"]["devices"][1]["access"] == "r"


def test_a_node_without_permissions_is_there_and_closed():
    linux = given(Edits(device_nodes=(DeviceNode("/dev/zero", permissions="none"),)))["linux"]
    assert [x["path"] for x in linux["devices"]] == ["/dev/zero"]
    assert linux["resources"]["devices"] == [DENY]


def test_for_an_ordinary_user_the_machines_own_node_is_mounted():
    document = given(Edits(device_nodes=(DeviceNode("/dev/gpu", "/dev/zero"),)), LENT)
    assert document["linux"] == configuration()["linux"]
    assert document["mounts"][-1] == {
        "destination": "/dev/gpu",
        "source": "/dev/zero",
        "type": "bind",
        "options": ["bind", "rw", "nosuid", "noexec"],
    }


def test_a_node_closed_to_lent_ids_is_refused_with_what_opens_it(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root can make a device node")
    os.mknod(tmp_path / "gpu", 0o20660, os.makedev(1, 3))
    (tmp_path / "gpu").chmod(0o660)
    with pytest.raises(EngineError) as refused:
        given(Edits(device_nodes=(DeviceNode("/dev/gpu", str(tmp_path / "gpu")),)), LENT)
    assert str(refused.value) == (
        f"{tmp_path}/gpu: a.example/gpu=0 is closed to containers of this user: expected a device "
        f"node that others may read and write, got crw-rw----; run: sudo chmod o+rw {tmp_path}/gpu"
    )


def test_variables_replace_and_are_added():
    env = given(Edits(env=("COLOUR=blue", "VISIBLE=0=1")))["process"]["env"]
    assert env == ["PATH=/bin", "COLOUR=blue", "VISIBLE=0=1"]


def test_groups_are_roots_to_give():
    edits = Edits(additional_gids=(44, 0, 27))
    assert given(edits)["process"]["user"]["additionalGids"] == [27, 44]
    assert "additionalGids" not in given(edits, LENT)["process"]["user"]


def test_a_mount_replaces_one_of_the_same_place_and_deeper_ones_come_later(tmp_path):
    mounts = (
        Mount(str(tmp_path), "/run/lading", options=("ro", "rbind")),
        Mount(str(tmp_path), "/run"),
        Mount("tmpfs", "/opt/scratch", "tmpfs", ("size=1m",)),
    )
    document = given(Edits(mounts=mounts))
    assert destinations(document) == ["/dev", "/run", "/run/lading", "/opt/scratch"]
    assert document["mounts"][2]["options"] == ["ro", "rbind"]
    assert (document["mounts"][1]["type"], document["mounts"][1]["options"]) == ("bind", ["bind"])
    assert document["mounts"][3]["type"] == "tmpfs"


def test_flags_that_a_user_namespace_may_not_lift_are_kept():
    mounted = [line.split() for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    flagged = [x for x in mounted if "nosuid" in x[5].split(",") and os.access(x[4], os.R_OK)]
    if not flagged:
        pytest.skip("nothing here is mounted nosuid")
    source, flags = flagged[-1][4], set(flagged[-1][5].split(","))
    document = given(Edits(mounts=(Mount(source, "/opt/it", options=("bind",)),)), LENT)
    kept = {"bind", *flags & {"ro", "nosuid", "nodev", "noexec"}}
    assert set(document["mounts"][-1]["options"]) == kept
    assert given(Edits(mounts=(Mount(source, "/opt/it"),)))["mounts"][-1]["options"] == ["bind"]


def test_edits_of_a_file_are_made_once_and_before_a_devices_own():
    common = Edits(hooks=(Hook("createContainer", "/bin/sh", ("sh", "1")),), env=("A=common",))
    own = Edits(hooks=(Hook("createContainer", "/bin/sh", ("sh", "2"), ("X=1",), 5),))
    devices = [device(own, common), device(Edits(env=("A=own",)), common, "1")]
    document = applied(configuration(), devices, ROOT)
    assert document["hooks"] == {
        "createContainer": [
            {"path": "/bin/sh", "args": ["sh", "1"]},
            {"path": "/bin/sh", "args": ["sh", "2"], "env": ["X=1"], "timeout": 5},
        ]
    }
    assert document["process"]["env"][-1] == "A=own"


def test_cache_classes_are_handed_on():
    assert given(Edits(intel_rdt={"closID": "gold"}))["linux"]["intelRdt"] == {"closID": "gold"}


@pytest.mark.parametrize(
    ("edits", "what"),
    [
        (Edits(device_nodes=(DeviceNode("/nonexistent/x"),)), "device node"),
        (Edits(mounts=(Mount("/nonexistent/x", "/x"),)), "mount"),
        (Edits(hooks=(Hook("createRuntime", "/nonexistent/x"),)), "hook"),
    ],
)
@pytest.mark.parametrize("identity", [ROOT, LENT], ids=["root", "lent"])
def test_what_is_not_on_this_machine_is_named(edits, what, identity):
    with pytest.raises(EngineError) as refused:
        given(edits, identity)
    assert str(refused.value) == (
        f"/etc/cdi/a.json: the {what} of a.example/gpu=0 is not on this machine: expected "
        "/nonexistent/x, got nothing; write the file anew with the maker's tool"
    )


def test_a_hook_inside_the_container_is_not_looked_for_outside():
    hook = Hook("startContainer", "/nonexistent/x")
    assert given(Edits(hooks=(hook,)))["hooks"] == {"startContainer": [{"path": "/nonexistent/x"}]}


def test_what_is_no_device_node_is_refused():
    with pytest.raises(EngineError, match=r"^/etc/passwd: not a device node: expected one of a"):
        given(Edits(device_nodes=(DeviceNode("/dev/gpu", "/etc/passwd"),)))


def test_nothing_else_is_changed():
    before = configuration()
    given(Edits(device_nodes=(DeviceNode("/dev/zero"),), env=("A=1",)))
    assert before == configuration()
