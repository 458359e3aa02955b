import json

import pytest

from lading.errors import StoreError
from lading.oci import Digest
from lading.oci.config import Config

DIFF_ID = f"sha256:{'0' * 64}"


def document(**changes):
    whole = {
        "os": "linux",
        "architecture": "arm64",
        "rootfs": {"type": "layers", "diff_ids": [DIFF_ID]},
        **changes,
    }
    return json.dumps({key: value for key, value in whole.items() if value != "absent"}).encode()


def test_what_layers_must_agree_with_is_read():
    history = [{"created_by": "a"}, {"empty_layer": True}, {"empty_layer": False}]
    config = Config.parse(document(history=history))
    assert config == Config("linux", "arm64", (Digest.parse(DIFF_ID),), filled_history=2)
    assert Config.parse(document()).filled_history is None


def test_null_stands_for_nothing_as_docker_writes_it():
    execution = {"Entrypoint": None, "Cmd": None, "Labels": None, "Volumes": None, "Env": ["A="]}
    assert Config.parse(document(config=execution, history=None)).operating_system == "linux"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"os": "absent"}, "config.os: expected text, got nothing"),
        ({"architecture": ""}, 'config.architecture: expected a name, got ""'),
        ({"rootfs": "absent"}, "config.rootfs: expected an object, got nothing"),
        (
            {"rootfs": {"type": "tree", "diff_ids": []}},
            'config.rootfs.type: expected "layers", got "tree"',
        ),
        ({"rootfs": {"type": "layers"}}, "config.rootfs.diff_ids: expected a list, got nothing"),
        (
            {"rootfs": {"type": "layers", "diff_ids": [DIFF_ID, "x"]}},
            'config.rootfs.diff_ids[1]: expected sha256: and 64 hexadecimal digits, got "x"',
        ),
        (
            {"created": "yesterday"},
            'config.created: expected a time as in RFC 3339, 1970-01-01T00:00:00Z, got "yesterday"',
        ),
        (
            {"history": [{"empty_layer": 1}]},
            "config.history[0].empty_layer: expected true or false, got 1",
        ),
        ({"history": [{"comment": 1}]}, "config.history[0].comment: expected text, got 1"),
        ({"config": {"User": 65532}}, "config.config.User: expected text, got 65532"),
        ({"config": {"Entrypoint": "run"}}, 'config.config.Entrypoint: expected a list, got "run"'),
        ({"config": {"Cmd": [1]}}, "config.config.Cmd[0]: expected text, got 1"),
        ({"config": {"Env": ["A=1", "B"]}}, 'config.config.Env[1]: expected NAME=value, got "B"'),
        ({"config": {"Env": ["=1"]}}, 'config.config.Env[0]: expected NAME=value, got "=1"'),
        ({"config": {"Labels": {"a": 1}}}, "config.config.Labels.a: expected text, got 1"),
        ({"config": {"Volumes": {"/v": 1}}}, "config.config.Volumes./v: expected an object, got 1"),
        (
            {"config": {"ExposedPorts": {"http": {}}}},
            'config.config.ExposedPorts: expected port[/tcp|udp], got "http"',
        ),
    ],
)
def test_a_field_that_is_wrong_is_named(changes, message):
    with pytest.raises(StoreError) as caught:
        Config.parse(document(**changes))
    assert str(caught.value) == message
