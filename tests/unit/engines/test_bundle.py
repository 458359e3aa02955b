from __future__ import annotations

import errno
from pathlib import Path

import pytest

from lading.engines.embedded import bundle, seccomp
from lading.engines.embedded.cgroups import Cgroups
from lading.engines.embedded.identity import Identity, SubIds, sub_ids
from lading.engines.engine import Limits, Workload
from lading.errors import EngineError
from lading.oci import Digest

ROOT = Identity(0, 0, root=True)
LENT = Identity(1000, 1000, root=False, sub_ids=SubIds(100000, 100000, 65536))
ALONE = Identity(1000, 1000, root=False)
PLACE = bundle.Place("key", Path("/root-of"), Path("/sockets"))
IMAGE = Digest.of(b"image")


def made(images, identity=ROOT, groups=None, **changed):
    settings = {"Cmd": ["x"], **changed.pop("settings", {})}
    workload = Workload("digits", IMAGE, **changed)
    folders = {x: Path("/nowhere") / x for x in ("memory", "cpu", "pids")}
    limits = groups or Cgroups(2, folders, by_runtime=True)
    return bundle.configuration(workload, images.image(**settings), PLACE, identity, limits)


def test_limits_are_what_was_asked_for(images):
    document = made(images, limits=Limits(cpu=0.5, memory_bytes=1000, processes=9))
    assert document["linux"]["cgroupsPath"] == "/lading/key"
    resources = document["linux"]["resources"]
    assert resources["memory"] == {"limit": 1000, "swap": 1000}
    assert resources["cpu"] == {"period": 100_000, "quota": 50_000}
    assert resources["pids"] == {"limit": 9}
    assert resources["devices"] == [{"allow": False, "access": "rwm"}]


@pytest.mark.parametrize("asks", ["NVIDIA_VISIBLE_DEVICES=all", "CUDA_VERSION=12.4.1"])
def test_an_image_of_cuda_gets_no_gpu_that_nobody_asked_for(images, asks):
    settings = {"Env": ["LD_LIBRARY_PATH=/usr/local/nvidia/lib", asks]}
    env = made(images, settings=settings)["process"]["env"]
    assert "NVIDIA_VISIBLE_DEVICES=void" in env and "NVIDIA_VISIBLE_DEVICES=all" not in env
    assert "LD_LIBRARY_PATH=/usr/local/nvidia/lib" in env
    env = made(images, settings=settings, limits=Limits(gpu=1))["process"]["env"]
    assert "NVIDIA_VISIBLE_DEVICES=void" not in env and asks in env


def test_an_ordinary_user_asks_the_runtime_for_no_limits(images):
    document = made(images, ALONE, Cgroups(2, counts_processes=True))
    assert "resources" not in document["linux"] and "cgroupsPath" not in document["linux"]
    limits = {x["type"]: x["soft"] for x in document["process"]["rlimits"]}
    assert limits["RLIMIT_NPROC"] == 512


@pytest.mark.parametrize(
    ("identity", "image_user", "ids"),
    [
        (ROOT, "", (65532, 65532)),
        (ROOT, "nonroot", (65532, 65532)),
        (ROOT, "0:0", (65532, 65532)),
        (ROOT, "0", (65532, 65532)),
        (ROOT, "1000:100", (1000, 100)),
        (LENT, "65532:65532", (65532, 65532)),
        (ALONE, "65532:65532", (0, 0)),
    ],
)
def test_nobody_runs_as_root(images, identity, image_user, ids):
    user = made(images, identity, settings={"User": image_user})["process"]["user"]
    assert (user["uid"], user["gid"]) == ids


def test_with_a_lent_id_others_may_connect_to_its_socket(images):
    assert made(images, LENT)["process"]["user"]["umask"] == 0
    assert "umask" not in made(images, ROOT)["process"]["user"]


def test_the_socket_cannot_be_renamed_by_an_environment(images):
    env = made(images, env={"LADING_SOCKET": "/tmp/x"})["process"]["env"]
    assert [x for x in env if x.startswith("LADING_SOCKET=")] == [
        "LADING_SOCKET=/run/lading/http.sock"
    ]


def test_a_command_replaces_entrypoint_and_arguments(images):
    settings = {"Entrypoint": ["e"], "Cmd": ["c"]}
    assert made(images, settings=settings)["process"]["args"] == ["e", "c"]
    assert made(images, settings=settings, command=("x", "y"))["process"]["args"] == ["x", "y"]


@pytest.mark.parametrize("name", ["", "A", "a/b", "../a", "a..b", "-a", "a" * 129])
def test_a_name_that_cannot_be_a_file_is_refused(name):
    with pytest.raises(EngineError, match="not a workload's name: expected lower-case letters"):
        Workload(name, IMAGE)


@pytest.mark.parametrize("folder", ["out", "/", "/a/../b", ""])
def test_what_cannot_be_writable_is_refused(folder):
    with pytest.raises(EngineError, match="cannot be writable: expected an absolute folder"):
        Workload("digits", IMAGE, writable=(folder,))


def test_system_calls_are_refused_unless_listed():
    profile = seccomp.profile()
    assert profile["defaultAction"] == "SCMP_ACT_ERRNO"
    assert profile["defaultErrnoRet"] == errno.EPERM
    listed = {name for rule in profile["syscalls"] for name in rule["names"]}
    never = "bpf init_module kexec_load keyctl mount perf_event_open pivot_root ptrace reboot "
    never += "setns swapon umount2 unshare userfaultfd io_uring_setup process_vm_readv open_tree"
    assert not listed & set(never.split())
    (clone3,) = (rule for rule in profile["syscalls"] if rule["names"] == ["clone3"])
    assert (clone3["action"], clone3["errnoRet"]) == ("SCMP_ACT_ERRNO", errno.ENOSYS)
    (clone,) = (rule for rule in profile["syscalls"] if rule["names"] == ["clone"])
    assert clone["args"] == [{"index": 0, "value": 0x7E020000, "op": "SCMP_CMP_MASKED_EQ"}]


def test_lent_ids_are_read_for_users_by_name_or_number(tmp_path):
    (tmp_path / "subuid").write_text("somebody:1:70000\n4242:200000:65536\n")
    (tmp_path / "subgid").write_text("4242:300000:70000\n")
    assert sub_ids(tmp_path, 4242) == SubIds(200000, 300000, 65536)
    (tmp_path / "subgid").write_text("4242:300000:100\n")
    assert sub_ids(tmp_path, 4242) is None
    assert sub_ids(tmp_path / "none", 4242) is None
