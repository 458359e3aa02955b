"""Which of the described devices are GPUs, as the makers' tools describe them."""

from __future__ import annotations

from pathlib import Path

import pytest

from lading.engines.cdi import gpus
from lading.engines.cdi.document import DeviceNode, Edits
from lading.engines.cdi.specs import Device, Found
from lading.errors import EngineError, EngineUnavailable


def device(name: str, *nodes: str, kind: str = "nvidia.com/gpu") -> Device:
    own = Edits(device_nodes=tuple(DeviceNode(f"/dev/{node}") for node in nodes))
    return Device(kind, name, Path("/etc/cdi/x.yaml"), Edits(), own)


def among(*devices: Device) -> list[str]:
    return [x.qualified for x in gpus.among(Found(devices, (), ()))]


def test_what_is_told_by_number_by_uuid_and_all_together_is_each_once():
    assert among(
        device("GPU-8836a272", "nvidia0"),
        device("GPU-1b2c", "nvidia1"),
        device("0", "nvidia0"),
        device("1", "nvidia1"),
        device("all", "nvidia0", "nvidia1"),
    ) == ["nvidia.com/gpu=0", "nvidia.com/gpu=1"]


def test_one_gpu_that_is_all_there_is_is_one():
    one = [device(name, "nvidia0") for name in ("0", "GPU-8836a272", "all")]
    assert among(*one) == ["nvidia.com/gpu=0"]
    assert among(device("all", "dxg")) == ["nvidia.com/gpu=all"]
    management = device("all", "nvidia0", "nvidiactl", kind="management.nvidia.com/gpu")
    assert among(*one, management) == ["nvidia.com/gpu=0"]


def test_parts_of_a_gpu_are_each_one():
    assert among(
        device("0:1", "nvidia0", "nvidia-caps/nvidia-cap30"),
        device("0:0", "nvidia0", "nvidia-caps/nvidia-cap21"),
        device("all", "nvidia0", "nvidia-caps/nvidia-cap21", "nvidia-caps/nvidia-cap30"),
    ) == ["nvidia.com/gpu=0:0", "nvidia.com/gpu=0:1"]


def test_a_node_that_all_share_makes_them_no_less_each_one():
    amd = [device(str(x), "kfd", f"dri/renderD{x}", kind="amd.com/gpu") for x in (0, 1)]
    assert among(*amd) == ["amd.com/gpu=0", "amd.com/gpu=1"]


def test_the_order_is_by_maker_and_number():
    devices = [device(f"gpu{x}", f"nvidia{x}") for x in (10, 2, 1)]
    intel = device("card0", "dri/card0", kind="intel.com/gpu")
    assert among(intel, device("0", "dri/card1", kind="amd.com/gpu"), *devices) == [
        "nvidia.com/gpu=gpu1",
        "nvidia.com/gpu=gpu2",
        "nvidia.com/gpu=gpu10",
        "amd.com/gpu=0",
        "intel.com/gpu=card0",
    ]


def test_other_devices_are_none():
    assert among(device("0", "infiniband/uverbs0", kind="nvidia.com/nic")) == []


def test_devices_without_nodes_are_told_apart_by_name():
    assert among(device("0"), device("1"), device("all")) == [
        "nvidia.com/gpu=0",
        "nvidia.com/gpu=1",
    ]


def test_one_container_gets_gpus_of_one_kind(tmp_path):
    for kind in ("nvidia.com/gpu", "intel.com/gpu"):
        text = f"cdiVersion: 0.5.0\nkind: {kind}\ndevices: [{{name: zero}}]\n"
        (tmp_path / f"{kind[:3]}.yaml").write_text(text)
    gpus.require(1, "x", [tmp_path])
    with pytest.raises(EngineError) as refused:
        gpus.require(2, "x", [tmp_path])
    assert str(refused.value) == (
        "x: this machine has too few GPUs: expected 2 of one kind for one container, "
        "got 2: nvidia.com/gpu=zero, intel.com/gpu=zero; lower resources.gpu"
    )


def test_where_a_file_is_wrong_that_is_why_there_is_none(tmp_path):
    (tmp_path / "nvidia.yaml").write_text("kind: nvidia.com/gpu\n")
    with pytest.raises(EngineUnavailable) as refused:
        gpus.require(1, "services.ocr", [tmp_path])
    assert str(refused.value) == (
        "services.ocr: this machine has no GPU that a container could be given: expected 1, "
        f"described by CDI files in {tmp_path}, got none; {tmp_path}/nvidia.yaml: "
        "Object missing required field `cdiVersion`; "
        "run: sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml"
    )


def test_none_wanted_none_needed(tmp_path):
    gpus.require(0, "x", [tmp_path])
