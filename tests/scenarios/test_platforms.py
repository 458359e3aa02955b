"""Images for a machine that is not here, of packages that are only unpacked."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from lading.oci import Image, Index, Reference
from lading.oci.platforms import of_this_machine
from lading.stores.layout import Layout
from lading.stores.uncompressed import tar_of
from tests.scenarios.conftest import HOME, App

NAME = Reference("platforms/probe")
BOTH = ("linux/amd64", "linux/arm64")
OTHER = next(one for one in BOTH if one != of_this_machine())
MACHINES = {"linux/amd64": 62, "linux/arm64": 183}
"""e_machine of an ELF header: EM_X86_64, EM_AARCH64."""


@pytest.fixture(scope="module")
def app(make_app: Callable[..., App]) -> App:
    """Built for both; with a wheel that is compiled, and Debian packages beyond the base."""
    app = make_app("platforms")
    (app.folder / "requirements.txt").write_text("markupsafe==3.0.2\n")
    app.change("    resources:", "    packages: [jq]\n    resources:")
    app.change("gateway:", "platforms: [linux/amd64, linux/arm64]\ngateway:")
    app.ok("lock")
    app.ok("build")
    return app


def store(app: App) -> Layout:
    return Layout(Path(app.environ.get("LADING_HOME", HOME)) / "data/store")


def index(app: App) -> Index:
    found = store(app).index(NAME)
    assert found is not None
    return found


def image(app: App, platform: str) -> Image:
    return store(app).read(index(app).manifest(platform).digest)


def files(image: Image, kind: str) -> dict[str, bytes]:
    """Regular files of the layers whose kind begins so."""
    found = {}
    for layer in image.layers:
        if layer.descriptor.annotations["io.lading.layer.kind"].startswith(kind):
            with tar_of(layer) as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
                for member in tar:
                    content = tar.extractfile(member) if member.isfile() else None
                    if content:
                        found[member.name] = content.read()
    return found


def test_one_name_leads_to_an_image_for_each_platform(app: App) -> None:
    assert tuple(index(app).manifests) == BOTH
    for platform in BOTH:
        settings = image(app, platform).settings
        assert f"{settings['os']}/{settings['architecture']}" == platform
    assert store(app).read(NAME) == image(app, of_this_machine())
    (told,) = app.json("build")
    assert told["digest"] == str(index(app).digest)
    assert told["platforms"][OTHER]["digest"] == str(image(app, OTHER).digest)
    assert all(layer["cached"] for layer in told["platforms"][OTHER]["layers"])


def test_every_program_and_library_is_of_its_platform(app: App) -> None:
    for platform in BOTH:
        programs = {
            path: content
            for path, content in files(image(app, platform), "").items()
            if content[:4] == b"\x7fELF"
        }
        assert len(programs) > 100
        assert {"usr/bin/python3.11", "usr/bin/jq"} <= programs.keys()
        assert any("markupsafe/_speedups" in path for path in programs)
        # e_machine stands at 18 of an ELF header, little endian here.
        machines = {int.from_bytes(content[18:20], "little") for content in programs.values()}
        assert machines == {MACHINES[platform]}


def test_bytecode_is_the_same_bytes_on_every_platform(app: App) -> None:
    mine, other = (files(image(app, one), "") for one in (of_this_machine(), OTHER))
    compiled = {path for path in mine.keys() & other.keys() if path.endswith(".pyc")}
    sources = {path: path.replace("__pycache__/", "").split(".")[0] + ".py" for path in compiled}
    same = [path for path in compiled if mine.get(sources[path]) == other.get(sources[path])]
    assert len(same) > 600
    assert [path for path in same if mine[path] != other[path]] == []
    code = [files(image(app, one), "code") for one in BOTH]
    assert code[0] == code[1]
    assert "app/__pycache__/probe.cpython-311.pyc" in code[0]


def test_what_is_up_keeps_the_name_of_both(app: App) -> None:
    before = index(app).digest
    app.ok("up", "-d")
    assert app.ask("echo", text="hello") == "1:hello"
    app.ok("down")
    assert index(app).digest == before


def test_an_image_for_another_machine_is_verified_too(app: App) -> None:
    (found,) = app.json("verify", "--platform", OTHER, "--trust-uv")
    assert (found["platform"], found["same"]) == (OTHER, True)
    assert found["digest"] == str(image(app, OTHER).digest)


def test_a_platform_that_is_not_locked_is_said_with_what_to_do(
    make_app: Callable[..., App],
) -> None:
    app = make_app("unlocked")
    app.ok("lock")
    assert app.refused("build", "--platform", OTHER) == (
        f"lading: {app.folder}: lading.lock is out of date for probe: it is not locked for "
        f"{OTHER}; run `lading lock --platform {OTHER}`\n"
    )
    assert app.refused("build", "--platform", "linux/s390x,linux/amd64", code=2) == (
        "lading: --platform: expected linux/amd64 or linux/arm64, got linux/s390x\n"
    )
