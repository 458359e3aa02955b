from __future__ import annotations

import pytest

from lading.engines.docker.daemon import Daemon
from lading.engines.docker.devices import choose, explained, requests
from lading.errors import EngineError, EngineUnavailable

DOCKER = Daemon("unix:///x", False, (28, 2, 2), False, False, (), False)
OLD_PODMAN = Daemon("unix:///x", True, (4, 3, 1), False, False, (), False)
PODMAN = Daemon("unix:///x", True, (5, 4, 0), False, False, (), False)
SPEC = """
{"cdiVersion": "0.6.0", "kind": "nvidia.com/gpu", "containerEdits": {}, "devices": [
  {"name": "0", "containerEdits": {"deviceNodes": [{"path": "/dev/null"}]}},
  {"name": "1", "containerEdits": {"deviceNodes": [{"path": "/dev/zero"}]}}]}
"""


@pytest.fixture
def described(tmp_path):
    (tmp_path / "nvidia.json").write_text(SPEC)
    return [tmp_path]


def test_a_gpu_that_another_has_is_not_chosen(described):
    assert choose(1, DOCKER, {"nvidia.com/gpu=0"}, "a", described) == ("nvidia.com/gpu=1",)
    with pytest.raises(EngineError, match=r"^a: too few GPUs are free: expected 2, got 1 of 2; "):
        choose(2, PODMAN, {"nvidia.com/gpu=0"}, "a", described)


def test_docker_chooses_itself_where_none_is_described(tmp_path):
    assert choose(1, DOCKER, (), "a", [tmp_path]) == ()
    with pytest.raises(EngineUnavailable, match="this machine has no GPU"):
        choose(1, PODMAN, (), "a", [tmp_path])


def test_an_early_podman_is_refused(described):
    with pytest.raises(EngineUnavailable) as raised:
        choose(1, OLD_PODMAN, (), "a", described)
    assert str(raised.value) == (
        "a: Podman 4.3.1 takes no GPUs through the Docker API: expected Podman 5.4 or newer, or "
        "Docker Engine; use another, or `engine: embedded`"
    )


def test_each_daemon_is_asked_in_its_own_way():
    names = ("nvidia.com/gpu=0", "nvidia.com/gpu=GPU-1")
    assert requests(0, DOCKER, ()) == []
    assert requests(2, PODMAN, names) == [{"Driver": "cdi", "DeviceIDs": list(names)}]
    asked = {"Driver": "", "Capabilities": [["gpu"]]}
    assert requests(2, DOCKER, names) == [{**asked, "DeviceIDs": ["0", "GPU-1"]}]
    assert requests(2, DOCKER, ()) == [{**asked, "Count": 2}]


def test_a_daemon_without_a_runtime_for_gpus_is_told_with_what_to_do():
    came = 'could not select device driver "" with capabilities: [[gpu]]'
    refused = EngineError("the daemon refused", "unix:///x", came=came)
    assert explained(refused, 0, DOCKER, "a") is refused
    assert str(explained(refused, 1, DOCKER, "a")) == (
        f"a: Docker Engine 28.2.2 has no runtime for GPUs: got {came}; install "
        "nvidia-container-toolkit, run `sudo nvidia-ctk runtime configure --runtime=docker`, and "
        "restart Docker"
    )
