from __future__ import annotations

import os

import pytest

from lading.engines.docker.daemon import describe, find, look
from lading.engines.docker.where import Address
from lading.errors import EngineUnavailable

HERE = {"KernelVersion": os.uname().release, "Name": os.uname().nodename}


class Says:
    """Stands in for a daemon's address: all that `describe` reads of one."""

    host = "unix:///x.sock"

    def __init__(self, info, version):
        self.answers = info, version

    def about(self):
        return self.answers


def test_what_a_daemon_is_follows_from_what_it_says():
    info = {
        **HERE,
        "SecurityOptions": ["name=seccomp,profile=default", "name=rootless", "name=selinux"],
        "DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]],
        "MemoryLimit": True,
        "CpuCfsQuota": False,
        "PidsLimit": False,
    }
    version = {"Version": "5.4.0-dev", "Components": [{"Name": "Podman Engine"}]}
    found = describe(Says(info, version))
    assert (found.podman, found.version, found.name) == (True, (5, 4, 0), "Podman 5.4.0")
    assert found.rootless and found.selinux and found.keeps_archives
    assert found.unenforced == ("cpu", "processes")


@pytest.mark.parametrize(
    ("info", "came"),
    [
        (HERE | {"OperatingSystem": "Docker Desktop"}, "the virtual machine of Docker Desktop"),
        (HERE | {"Name": "other"}, f"Linux {os.uname().release} on other; this is "),
        (HERE | {"KernelVersion": "1.2.3"}, f"Linux 1.2.3 on {os.uname().nodename}; this is "),
    ],
)
def test_a_daemon_of_another_machine_is_refused(info, came):
    with pytest.raises(EngineUnavailable) as raised:
        describe(Says(info, {}))
    said = str(raised.value)
    assert said.startswith(
        "unix:///x.sock: its containers are on another machine: expected a daemon of this machine, "
        f"got {came}"
    )
    assert said.endswith("; `lading export compose` writes a file with which it runs there")


@pytest.mark.parametrize("host", ["tcp://10.0.0.7:2376", "ssh://user@other"])
def test_an_address_of_another_machine_is_refused_without_asking(host):
    with pytest.raises(EngineUnavailable, match="got an address of another machine"):
        look(host)


def test_where_nothing_answers_every_place_is_told(tmp_path):
    there = tmp_path / "y.sock"
    there.touch()
    places = [Address(f"unix://{tmp_path}/x.sock", "Docker"), Address(f"unix://{there}", "Podman")]
    with pytest.raises(EngineUnavailable) as raised:
        find(places)
    assert str(raised.value) == (
        f"no Docker Engine or Podman answers: got unix://{tmp_path}/x.sock: no such socket; "
        f"unix://{there}: connection refused; start one (sudo systemctl start docker), or name its "
        "address in DOCKER_HOST"
    )


def test_a_daemon_that_was_chosen_is_told_by_who_chose_it(tmp_path):
    with pytest.raises(EngineUnavailable) as raised:
        find([Address(f"unix://{tmp_path}/x.sock", "DOCKER_HOST", chosen=True)])
    assert str(raised.value) == (
        f"DOCKER_HOST: unix://{tmp_path}/x.sock: nothing answers: got no such socket; start it, or "
        "choose another by DOCKER_HOST or `docker context use`"
    )
