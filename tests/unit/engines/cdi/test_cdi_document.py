"""What a CDI file may say, and what is said of one that is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lading.engines.cdi.document import DeviceNode, Edits, Hook, Mount, parse

NVIDIA = """\
---
cdiVersion: 0.5.0
kind: nvidia.com/gpu
containerEdits:
  deviceNodes:
  - path: /dev/nvidiactl
  env:
  - NVIDIA_VISIBLE_DEVICES=void
  hooks:
  - hookName: createContainer
    path: /usr/bin/nvidia-cdi-hook
    args: [nvidia-cdi-hook, update-ldcache, --folder, /usr/lib/x86_64-linux-gnu]
    env: [NVIDIA_CTK_DEBUG=false]
    timeout: 5
  mounts:
  - hostPath: /usr/lib/x86_64-linux-gnu/libcuda.so.575
    containerPath: /usr/lib/x86_64-linux-gnu/libcuda.so.575
    options: [ro, nosuid, nodev, bind]
devices:
- name: "0"
  containerEdits:
    deviceNodes:
    - path: /dev/nvidia0
      hostPath: /run/nvidia/dev/nvidia0
      fileMode: 0660
      uid: 7
      gid: 8
- name: all
  annotations: {note: both}
"""


def document(**changed: Any) -> str:
    usual = {"cdiVersion": "0.8.0", "kind": "a.example/gpu", "devices": [{"name": "0"}]}
    return json.dumps({key: x for key, x in (usual | changed).items() if x is not None})


def device(**edits: Any) -> str:
    return document(devices=[{"name": "0", "containerEdits": edits}])


def test_everything_in_a_file_is_read():
    read = parse(NVIDIA, is_json=False)
    assert (read.cdi_version, read.kind) == ("0.5.0", "nvidia.com/gpu")
    library = "/usr/lib/x86_64-linux-gnu/libcuda.so.575"
    folder = "/usr/lib/x86_64-linux-gnu"
    update = ("nvidia-cdi-hook", "update-ldcache", "--folder", folder)
    hook = ("createContainer", "/usr/bin/nvidia-cdi-hook", update, ("NVIDIA_CTK_DEBUG=false",), 5)
    assert read.container_edits == Edits(
        env=("NVIDIA_VISIBLE_DEVICES=void",),
        device_nodes=(DeviceNode("/dev/nvidiactl"),),
        hooks=(Hook(*hook),),
        mounts=(Mount(library, library, options=("ro", "nosuid", "nodev", "bind")),),
    )
    first, both = read.devices
    assert first.container_edits.device_nodes == (
        DeviceNode("/dev/nvidia0", "/run/nvidia/dev/nvidia0", file_mode=0o660, uid=7, gid=8),
    )
    assert (both.name, both.container_edits, both.annotations) == ("all", Edits(), {"note": "both"})


def test_json_says_the_same_as_yaml():
    edits = {"additionalGids": [5], "intelRdt": {"closID": "gold"}}
    text = device(**edits)
    assert parse(text, is_json=True) == parse(text, is_json=False)
    read = parse(text, is_json=True).devices[0].container_edits
    assert (read.groups, read.intel_rdt) == ((5,), {"closID": "gold"})
    assert parse(device(additionalGIDs=[5]), True).devices[0].container_edits.groups == (5,)


@pytest.mark.parametrize("version", ["0.3.0", "0.8.0", "1.0.0", "v1.1.0"])
def test_versions_that_are_known(version):
    assert parse(document(cdiVersion=version), is_json=True).cdi_version == version


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Expected `object`, got `null`"),
        ("[]", "Expected `object`, got `array`"),
        (document(kind=None), "Object missing required field `kind`"),
        (document(other=1), "Object contains unknown field `other`"),
        (document(devices=[]), "devices: expected at least one, got none"),
        (document(devices=[{}]), "devices[0]: Object missing required field `name`"),
        (
            device(netDevices=[]),
            "devices[0].containerEdits: Object contains unknown field `netDevices`",
        ),
        (
            document(cdiVersion="0.2.0"),
            "cdiVersion: expected a version from 0.3.0 to 1.1.0, got '0.2.0'",
        ),
        (
            document(cdiVersion="2.0.0"),
            "cdiVersion: expected a version from 0.3.0 to 1.1.0, got '2.0.0'",
        ),
        (
            document(kind="gpu"),
            "kind: expected a vendor and a class as in \"nvidia.com/gpu\", got 'gpu'",
        ),
        (
            document(devices=[{"name": "-0"}]),
            "devices[0].name: expected letters, digits, '_', '.', ':' and '-' between letters or "
            "digits, got '-0'",
        ),
        (
            document(devices=[{"name": "0"}, {"name": "0"}]),
            "devices[1].name: '0' is there twice",
        ),
        (
            device(env=["=x"]),
            "devices[0].containerEdits.env[0]: expected NAME=VALUE, got '=x'",
        ),
        (
            device(deviceNodes=[{"path": "dev/x"}]),
            "devices[0].containerEdits.deviceNodes[0].path: expected an absolute path, got 'dev/x'",
        ),
        (
            device(deviceNodes=[{"path": "/dev/x", "type": "d"}]),
            'devices[0].containerEdits.deviceNodes[0].type: expected "b", "c", "u" or "p", '
            "got 'd'",
        ),
        (
            device(deviceNodes=[{"path": "/dev/x", "major": -1}]),
            "devices[0].containerEdits.deviceNodes[0]: expected numbers from 0, got -1:0",
        ),
        (
            device(deviceNodes=[{"path": "/dev/x", "permissions": "rx"}]),
            'devices[0].containerEdits.deviceNodes[0].permissions: expected letters of "rwm", '
            "got 'rx'",
        ),
        (
            document(containerEdits={"mounts": [{"hostPath": "/x", "containerPath": "x"}]}),
            "containerEdits.mounts[0].containerPath: expected an absolute path, got 'x'",
        ),
        (
            document(containerEdits={"hooks": [{"hookName": "poststop", "path": "/x"}]}),
            "containerEdits.hooks[0].hookName: expected one of prestart, createRuntime, "
            "createContainer, startContainer, poststart, got 'poststop'",
        ),
        (
            document(containerEdits={"hooks": [{"hookName": "prestart", "path": "x"}]}),
            "containerEdits.hooks[0].path: expected an absolute path, got 'x'",
        ),
        (
            document(
                containerEdits={"hooks": [{"hookName": "prestart", "path": "/x", "timeout": 0}]}
            ),
            "containerEdits.hooks[0].timeout: expected seconds from 1, got 0",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text, said):
    with pytest.raises(ValueError) as refused:
        parse(text, is_json=False)
    assert str(refused.value) == said


def test_what_is_no_document_at_all_is_said():
    with pytest.raises(ValueError, match=r"^not JSON: Expecting value: line 1 column 1"):
        parse("nothing", is_json=True)
    with pytest.raises(ValueError, match=r"^not YAML: while parsing a flow node"):
        parse("{", is_json=False)


def test_what_is_nested_too_deep_is_refused_as_any_other_fault():
    with pytest.raises(ValueError, match=r"^nested too deeply$"):
        parse('{"devices":' + "[" * 100_000, is_json=True)
