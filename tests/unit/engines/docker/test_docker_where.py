from __future__ import annotations

import hashlib
import json

import pytest

from lading.engines.docker.where import Address, addresses
from lading.errors import EngineUnavailable


def context(folder, name, host):
    (folder / "config.json").write_text(json.dumps({"currentContext": name}))
    meta = folder / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest()
    meta.mkdir(parents=True)
    document = {"Name": name, "Endpoints": {"docker": {"Host": host}}}
    (meta / "meta.json").write_text(json.dumps(document))


def test_docker_host_is_the_only_place_where_it_is_set(tmp_path):
    context(tmp_path, "mine", "unix:///mine.sock")
    environ = {"DOCKER_HOST": "unix:///x.sock", "DOCKER_CONFIG": str(tmp_path)}
    assert addresses(environ) == [Address("unix:///x.sock", "DOCKER_HOST", chosen=True)]


@pytest.mark.parametrize("variable", [{}, {"DOCKER_CONTEXT": "mine"}])
def test_a_context_in_use_is_the_only_place(tmp_path, variable):
    context(tmp_path, "mine", "unix:///mine.sock")
    found = addresses({"DOCKER_CONFIG": str(tmp_path), **variable})
    assert found == [Address("unix:///mine.sock", "the Docker context 'mine'", chosen=True)]


def test_otherwise_dockers_sockets_come_before_podmans(tmp_path):
    found = addresses({"HOME": str(tmp_path), "XDG_RUNTIME_DIR": "/run/user/7"})
    assert [(one.host, one.chosen) for one in found] == [
        ("unix:///var/run/docker.sock", False),
        ("unix:///run/user/7/docker.sock", False),
        ("unix:///run/podman/podman.sock", False),
        ("unix:///run/user/7/podman/podman.sock", False),
    ]


def test_a_context_that_is_gone_is_named(tmp_path):
    with pytest.raises(EngineUnavailable) as raised:
        addresses({"HOME": str(tmp_path), "DOCKER_CONTEXT": "gone"})
    assert str(raised.value) == (
        "DOCKER_CONTEXT: no such Docker context: got 'gone'; see `docker context ls`, or choose "
        "with `docker context use default`"
    )


def test_a_configuration_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(EngineUnavailable, match=r"config\.json: Docker's configuration cannot be"):
        addresses({"DOCKER_CONFIG": str(tmp_path)})
