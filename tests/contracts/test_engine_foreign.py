"""What every engine promises of an image of somebody else's, over those that really run it."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from lading.engines.engine import BRIDGE, Engine, Workload
from lading.oci import Descriptor, Digest, Image, Layer, assemble, media_types
from tests import busybox, daemons
from tests.contracts.test_engine import REAL, exited, opened, script
from tests.contracts.test_engine_ports import asked

USER = "1234:1234"
HTTPD = script("cd /data; echo content > index.html; exec httpd -f -p 127.0.0.1:$PORT")


@cache
def image() -> Image:
    """Without Python, with a folder that anybody may write to, and a name that is no reference."""
    busybox.need_engine()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        member = tarfile.TarInfo("data")
        member.type, member.mode = tarfile.DIRTYPE, 0o777
        tar.addfile(member)
    content = buffer.getvalue()
    layer = Layer(
        Descriptor.of(media_types.LAYER, content), Digest.of(content), lambda: io.BytesIO(content)
    )
    ours = busybox.image()
    settings = {name: value for name, value in ours.settings.items() if name != "rootfs"}
    named = {"org.opencontainers.image.title": "Of the Team, 2nd"}
    settings["config"] = {**settings["config"], "Labels": named}
    return assemble(settings, (*ours.layers, layer))


@pytest.fixture(params=REAL)
def engine(request: pytest.FixtureRequest, tmp_path: Path, run_folder: Path) -> Iterator[Engine]:
    for made in opened(request.param, (tmp_path, run_folder), image()):
        if request.param in daemons.ALL:
            made._store.write(busybox.image(python=True), BRIDGE)  # type: ignore[attr-defined]
        yield made


@pytest.fixture
def wanted() -> Workload:
    return Workload("web-1", image().digest, foreign=True, user=USER)


def said(engine: Engine, name: str) -> list[str]:
    return [line.text for line in engine.logs(name)]


def test_its_entrypoint_is_told_other_arguments(engine, wanted):
    engine.apply(replace(wanted, arguments=("from", "lading.yaml")))
    exited(engine, "web-1")
    assert said(engine, "web-1") == ["from lading.yaml"]


def test_without_arguments_it_is_told_its_own(engine, wanted):
    engine.apply(wanted)
    exited(engine, "web-1")
    assert said(engine, "web-1") == ["from the image"]


def test_it_writes_where_its_image_lets_the_user_and_nobody_keeps_it(engine, wanted):
    writes = script("id -u; ls /data; echo x > /data/file && ls /data")
    for _ in range(2):
        engine.apply(replace(wanted, command=writes))
        assert exited(engine, "web-1").exit_code == 0
        assert said(engine, "web-1") == ["1234", "file"]
        engine.remove("web-1")


def test_an_image_of_ours_writes_nothing_there(engine, wanted):
    writes = script("echo x > /data/file")
    engine.apply(replace(wanted, command=writes, foreign=False))
    assert exited(engine, "web-1").exit_code == 1
    assert "Read-only file system" in said(engine, "web-1")[0]


def test_its_port_is_reached_although_it_has_no_python(engine, wanted):
    served = engine.apply(replace(wanted, command=HTTPD, port=3000, grace_seconds=0.5))
    assert asked(served.address, "/index.html")[0::2] == (200, "content\n")


def test_root_named_in_the_place_of_its_user_is_nobody(engine, wanted):
    engine.apply(replace(wanted, command=script("id -u"), user="0:0"))
    exited(engine, "web-1")
    assert said(engine, "web-1") == ["65532"]
