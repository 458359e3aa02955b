from __future__ import annotations

import os

import pytest

from lading.engines.embedded import Embedded, check, doctor, programs
from lading.engines.embedded.identity import Identity
from lading.engines.engine import Workload
from lading.errors import EngineUnavailable
from lading.oci import Digest
from lading.stores.memory import Memory


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """A machine where nothing is installed."""
    monkeypatch.setattr(programs, "_SURPLUS", ())
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))


def test_what_is_missing_is_named_with_what_brings_it(bare):
    found = {finding.name: finding for finding in check(Identity(0, 0, root=True))}
    for name, package in (("runc", "runc"), ("conmon", "conmon"), ("unshare", "util-linux")):
        assert (found[name].ok, found[name].required) == (False, True)
        assert found[name].detail == f"{name} is not installed"
        assert found[name].mend == f"run: sudo apt-get install -y {package}"
    assert not found["slirp4netns"].required


def test_without_runc_nothing_is_begun(bare, tmp_path):
    engine = Embedded(Memory(), tmp_path / "data", tmp_path / "run")
    expected = "^runc and conmon are not installed; run: sudo apt-get install -y runc conmon$"
    with pytest.raises(EngineUnavailable, match=expected):
        engine.apply(Workload("digits", Digest.of(b"")))
    assert not (tmp_path / "data").exists()


def test_a_run_folder_too_long_for_sockets_is_refused(tmp_path, images):
    if programs.find("runc") is None or programs.find("conmon") is None:
        pytest.skip("runc and conmon are not installed")
    store, image = Memory(), images.image()
    store.write(image)
    run = tmp_path / ("long" * 25)
    engine = Embedded(store, tmp_path / "data", run)
    with pytest.raises(EngineUnavailable) as caught:
        engine.apply(Workload("digits", image.digest))
    assert str(caught.value) == (
        f"{run}: no room for the names of sockets: expected paths of 107 bytes at most, "
        f"got {len(str(run)) + 31}; set XDG_RUNTIME_DIR to a shorter folder"
    )
    assert not run.exists()


@pytest.mark.parametrize(("file", "bad", "good"), doctor._SYSCTLS)
def test_the_setting_that_forbids_user_namespaces_is_found(tmp_path, file, bad, good):
    path = tmp_path / file
    path.parent.mkdir()
    path.write_text(f"{bad}\n")
    assert doctor._mend_namespaces(tmp_path) == f"run: sudo sysctl -w {good}"
    path.write_text("7\n")
    assert doctor._mend_namespaces(tmp_path).startswith("run as root")


def test_every_finding_that_is_not_ok_says_how_to_mend_it():
    findings = check(Identity(os.getuid() or 12345, 12345, root=False))
    assert {"user namespaces", "ids", "limits: memory"} <= {x.name for x in findings}
    for finding in findings:
        assert finding.detail
        assert finding.ok or finding.mend


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "cdi").mkdir()
    (tmp_path / "dev").mkdir()
    return tmp_path / "cdi"


def gpus(folder):
    return doctor.gpus((folder,), folder.parent / "dev")


def test_a_machine_without_a_gpu_lacks_nothing(folder):
    found = gpus(folder)
    assert (found.ok, found.required) == (True, False)
    assert found.detail == f"no GPUs described in {folder}"


def test_gpus_are_counted_and_named(folder):
    text = "cdiVersion: 0.5.0\nkind: a.example/gpu\ndevices: [{name: zero}, {name: one}]\n"
    (folder / "a.yaml").write_text(text)
    found = gpus(folder)
    assert (found.ok, found.required) == (True, False)
    assert found.detail == f"2 GPUs described in {folder}: a.example/gpu=one, a.example/gpu=zero"


def test_a_driver_whose_gpus_nobody_described_is_said_with_what_does(folder):
    (folder.parent / "dev/nvidiactl").touch()
    found = gpus(folder)
    assert (found.ok, found.required) == (False, False)
    assert found.detail == (
        f"no GPUs described in {folder}, but there is {folder.parent}/dev/nvidiactl"
    )
    assert found.mend == "run: sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml"


def test_a_file_that_is_not_used_is_said_with_its_reason(folder):
    (folder / "a.json").write_text("[]")
    found = gpus(folder)
    assert not found.ok
    assert found.detail == (
        f"no GPUs described in {folder}; {folder}/a.json: Expected `object`, got `array`"
    )
