from __future__ import annotations

from dataclasses import replace

import pytest

from lading.building.base_image import BaseImage
from lading.building.layers import compiler
from lading.building.lockfile import Deb, LockedEnvironment
from lading.errors import BuildError
from lading.oci.platforms import of_this_machine
from tests.unit.building.layers.conftest import LOCKED

OTHER = "linux/riscv64"


def of(platform: str, version: str) -> LockedEnvironment:
    deb = Deb("python3.11-minimal", version, "any", "http://x.test", "pool/x.deb", "0" * 64, 1)
    return replace(LOCKED, platform=platform, base=(deb,))


def test_an_image_for_this_machine_is_compiled_by_its_own_python() -> None:
    mine = of(of_this_machine(), "3.11.2-6")
    assert compiler.chosen(mine, None) is mine
    assert compiler.chosen(mine, of(of_this_machine(), "3.11.2-7")) is mine


def test_an_image_for_another_machine_is_compiled_by_this_ones_python() -> None:
    here = of(of_this_machine(), "3.11.2-6+deb12u6")
    assert compiler.chosen(of(OTHER, "3.11.2-6+deb12u6"), here) is here


def test_a_package_that_was_only_built_again_is_the_same_python() -> None:
    here = of(of_this_machine(), "3.11.2-6+deb12u6")
    assert compiler.chosen(of(OTHER, "3.11.2-6+deb12u6+b11"), here) is here


def test_another_python_may_not_compile() -> None:
    here = of(of_this_machine(), "3.11.2-6+deb12u6")
    with pytest.raises(BuildError) as caught:
        compiler.chosen(of(OTHER, "3.11.2-6+deb12u7"), here)
    assert str(caught.value) == (
        f"an image for {OTHER}: the lock has another Python for {of_this_machine()}, which is to "
        "compile for it: expected Python 3.11.2-6+deb12u7, got Python 3.11.2-6+deb12u6; run "
        "`lading lock --upgrade`; where the two stay apart, Debian has built the new one for one "
        "architecture only: try again later, or build on such a machine"
    )


def test_without_a_lock_for_this_machine_its_own_python_is_to_compile() -> None:
    other = of(OTHER, "3.11.2-6")
    assert compiler.chosen(other, None) is other


def test_two_images_of_one_name_may_have_another_python() -> None:
    def on(platform: str, version: str) -> LockedEnvironment:
        image = BaseImage("python:3.12", "sha256:" + "0" * 64, (f"PYTHON_VERSION={version}",))
        return replace(LOCKED, python="3.12", platform=platform, base=(), image=image)

    here = on(of_this_machine(), "3.12.8")
    assert compiler.chosen(on(OTHER, "3.12.8"), here) is here
    with pytest.raises(BuildError, match=r"expected Python 3\.12\.9 of python:3\.12, got Python 3"):
        compiler.chosen(on(OTHER, "3.12.9"), here)
