"""Who has which GPU, as it stands in the folders of containers."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lading.engines.embedded.container import Container
from lading.engines.embedded.gpus import claim, held
from lading.errors import EngineError


@pytest.fixture
def cdi(tmp_path: Path) -> Path:
    """Four GPUs of one kind, and one of another."""
    (tmp_path / "cdi").mkdir()
    names = ", ".join(f'{{name: "{number}"}}' for number in range(4))
    head = "cdiVersion: 0.5.0\nkind: {}\ndevices: [{}]\n"
    (tmp_path / "cdi/many.yaml").write_text(head.format("nvidia.com/gpu", names))
    (tmp_path / "cdi/one.yaml").write_text(head.format("intel.com/gpu", "{name: card0}"))
    return tmp_path / "cdi"


@pytest.fixture
def container(tmp_path: Path) -> Callable[[str], Container]:
    """container(name): one that is being made."""
    (tmp_path / "run/locks").mkdir(parents=True)

    def make(name: str) -> Container:
        folder = tmp_path / "containers" / name
        folder.mkdir(parents=True)
        return Container(name, folder, tmp_path / "run")

    return make


def test_many_at_once_get_each_another(cdi, container):
    made = [container(f"c{number}") for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        given = list(pool.map(lambda one: claim(one, 1, [cdi])[0].name, made))
    assert sorted(given) == ["0", "1", "2", "3"]


def test_several_are_of_one_kind_though_others_are_free(cdi, container):
    assert [x.qualified for x in claim(container("a"), 3, [cdi])] == [
        f"nvidia.com/gpu={number}" for number in range(3)
    ]
    with pytest.raises(EngineError) as refused:
        claim(container("b"), 2, [cdi])
    assert str(refused.value) == (
        "b: too few GPUs are free: expected 2, got 1 of 4 nvidia.com/gpu, 1 of 1 intel.com/gpu "
        "(a has nvidia.com/gpu=0, nvidia.com/gpu=1, nvidia.com/gpu=2); stop one of those, or lower "
        "resources.gpu"
    )


def test_where_the_first_kind_is_taken_another_is_given(cdi, container):
    claim(container("a"), 4, [cdi])
    assert [x.qualified for x in claim(container("b"), 1, [cdi])] == ["intel.com/gpu=card0"]


def test_what_was_left_half_made_has_its_gpu_until_it_is_cleared(cdi, container, tmp_path):
    left = container("left")
    claim(left, 1, [cdi])
    assert [x.name for x in claim(container("b"), 1, [cdi])] == ["1"]
    shutil.rmtree(left.folder)
    assert [x.by for x in held(tmp_path / "containers", tmp_path / "run")] == ["b"]
    assert [x.name for x in claim(container("c"), 1, [cdi])] == ["0"]


def test_a_folder_that_is_being_deleted_has_none(cdi, container, tmp_path):
    made = container("a")
    claim(made, 1, [cdi])
    made.folder.rename(made.folder.with_name(".a.gone"))
    assert held(tmp_path / "containers", tmp_path / "run") == []


def test_a_file_that_was_cut_off_when_the_machine_went_down_keeps_nobody_from_a_gpu(cdi, container):
    left = container("left")
    claim(left, 1, [cdi])
    (left.folder / "gpus.json").write_text("")
    assert [x.name for x in claim(container("b"), 1, [cdi])] == ["0"]
