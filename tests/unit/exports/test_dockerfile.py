"""What the Dockerfile says, for each kind of service."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from lading.building.base_image import BaseImage
from lading.building.graph import Graph
from lading.building.lockfile import Deb, LockedEnvironment, Wheel
from lading.building.recipe import Environment, Recipe
from lading.building.wheels.making.kept import Kept
from lading.exports import build_context
from lading.exports.build_context import Context
from lading.exports.indexes import Indexes

HASH = "a" * 64
PYTHON = Deb("python3.11", "3.11.2-6", "amd64", "http://deb.debian.org/debian", "p", HASH, 1)
NODE = Deb("nodejs", "18.20", "amd64", "http://deb.debian.org/debian", "n", HASH, 1)
NUMPY = Wheel("numpy", "2.1.0", "numpy-2.1.0-cp311-manylinux.whl", HASH, 1)
MSGSPEC = Wheel("msgspec", "0.19.0", "msgspec-0.19.0-cp311-manylinux.whl", HASH, 1)


def locked(wheels: tuple[Wheel, ...] = (), packages: tuple[Deb, ...] = ()) -> LockedEnvironment:
    return LockedEnvironment(
        *("3.11", "bookworm", "linux/amd64", "inputs"),
        base=(PYTHON,),
        packages=packages,
        runtime=(MSGSPEC,),
        wheels=wheels,
    )


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    (folder / "weights").mkdir(parents=True)
    (folder / "weights" / "model.bin").write_bytes(b"weights")
    (folder / "reader.py").write_text("def read(text: str) -> str:\n    return text\n")
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "run.sh").chmod(0o775)
    (folder / "link").symlink_to("reader.py")
    (folder / ".env").write_text("TOKEN=1\n")
    return folder


def recipe(source: Path, **changes: object) -> Recipe:
    environment = Environment("reader", "3.11", None)
    values = {"app": "reading", "name": "reader", "handler": "reader:read", **changes}
    return Recipe(environment=environment, source=source, **values)


def written(recipe: Recipe, locked: LockedEnvironment, folder: Path) -> dict[str, str]:
    Context(recipe, locked, folder.parent / "cache").write(folder)
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "lading_runtime" not in path.parts
    }


def test_a_handler_is_served_by_the_runtime_with_locked_wheels(source, tmp_path):
    files = written(recipe(source), locked((NUMPY,)), tmp_path / "out")
    assert files["requirements/app.txt"] == f"numpy==2.1.0 --hash=sha256:{HASH}\n"
    assert files["requirements/runtime.txt"] == f"msgspec==0.19.0 --hash=sha256:{HASH}\n"
    assert files["debian/packages"] == "python3.11\n"
    assert files["debian/preferences"] == (
        "Package: python3.11\nPin: version 3.11.2-6\nPin-Priority: 1001\n\n"
    )
    text = files["Dockerfile"]
    assert "FROM debian:bookworm-slim AS base\n" in text
    assert "-r /tmp/requirements/app.txt\n" in text
    assert "--target /opt/lading/runtime -r /tmp/requirements/runtime.txt\n" in text
    assert text.endswith(
        "WORKDIR /app\nUSER 65532:65532\nSTOPSIGNAL SIGTERM\nEXPOSE 8080/tcp\n"
        'ENTRYPOINT ["/usr/bin/python3.11", "/opt/lading/launch.py"]\nCMD []\n'
    )


def test_what_is_ignored_is_not_in_the_context_and_the_rest_is_as_it_was(source, tmp_path):
    out = tmp_path / "out"
    files = written(recipe(source), locked(), out)
    assert sorted(name for name in files if name.startswith("app/")) == [
        "app/link",
        "app/reader.py",
        "app/run.sh",
        "app/weights/model.bin",
    ]
    assert (out / "app" / "link").readlink() == Path("reader.py")
    assert (out / "app" / "run.sh").stat().st_mode & 0o777 == 0o755
    assert (out / "app" / "reader.py").stat().st_mode & 0o777 == 0o644


def test_model_files_are_copied_by_an_instruction_of_their_own(source, tmp_path):
    files = written(recipe(source, models=(Path("weights"),)), locked(), tmp_path / "out")
    assert files["model/weights/model.bin"] == "weights"
    text = files["Dockerfile"]
    assert text.index("COPY model /app\n") < text.index("COPY app /app\n")


def test_a_command_gets_no_runtime_and_its_debian_packages(source, tmp_path):
    node = recipe(source, handler=None, command=("node", 'a "b".js'))
    files = written(node, locked(packages=(NODE,)), tmp_path / "out")
    assert files["debian/packages"] == "nodejs\npython3.11\n"
    text = files["Dockerfile"]
    assert "wheels" not in text.split("FROM debian", 1)[1]
    assert text.endswith('ENTRYPOINT ["node", "a \\"b\\".js"]\nCMD []\n')
    assert not (tmp_path / "out" / "lading").exists()


def test_a_graph_has_its_document_alone(source, tmp_path):
    graph = recipe(source, handler=None, graph=Graph('{"steps": []}'))
    files = written(graph, locked(), tmp_path / "out")
    assert files["app/graph.json"] == '{"steps": []}'
    assert "app/reader.py" not in files


def test_values_mean_nothing_but_themselves(source, tmp_path):
    odd = recipe(source, env={"ODD": 'a "b" $HOME \\n'})
    text = written(odd, locked(), tmp_path / "out")["Dockerfile"]
    assert 'ODD="a \\"b\\" \\$HOME \\\\n"' in text


def test_a_value_of_several_lines_is_told_where_lines_can_be(source, tmp_path):
    odd = recipe(source, env={"ODD": "one\ntwo $HOME", "PLAIN": "x"})
    text = written(odd, locked(), tmp_path / "out")["Dockerfile"]
    assert "ODD" not in text.partition("ENTRYPOINT")[0]
    assert 'ENTRYPOINT ["/usr/bin/env", "ODD=one\\ntwo $HOME", "/usr/bin/python3.11", ' in text


def test_everybody_may_read_what_is_copied_whatever_the_umask_is(source, tmp_path):
    before = os.umask(0o077)
    try:
        written(recipe(source), locked((NUMPY,)), tmp_path / "out")
    finally:
        os.umask(before)
    modes = {p.stat().st_mode & 0o777 for p in (tmp_path / "out").rglob("*") if not p.is_symlink()}
    assert modes == {0o755, 0o644}


def test_secrets_of_indexes_are_mounted_where_the_app_names_an_index(source, tmp_path):
    private = Indexes(("--extra-index-url https://me:${TOKEN}@example.org/simple",))
    context = Context(recipe(source), locked((NUMPY,)), tmp_path / "cache", private)
    context.write(tmp_path / "out")
    text = (tmp_path / "out" / "Dockerfile").read_text()
    mounts = "".join(f"--mount=type=secret,id={x} " for x in ("netrc", "pip.conf", "TOKEN"))
    files = "NETRC=/run/secrets/netrc PIP_CONFIG_FILE=/run/secrets/pip.conf "
    told = f'RUN {mounts}{files}TOKEN="$(cat /run/secrets/TOKEN)" /usr/bin/python3.11 -m pip '
    assert text.count(told) == 2
    assert (
        "#   DOCKER_BUILDKIT=1 docker build --platform linux/amd64"
        " --secret id=netrc,src=$HOME/.netrc --secret id=pip.conf,src=$HOME/.config/pip/pip.conf"
        " --secret id=TOKEN,env=TOKEN --tag reading/reader .\n"
    ) in text
    assert (tmp_path / "out" / "requirements" / "app.txt").read_text().splitlines() == [
        "--extra-index-url https://me:${TOKEN}@example.org/simple",
        f"numpy==2.1.0 --hash=sha256:{HASH}",
    ]
    # BuildKit alone knows of mounts, and nothing else is in need of it.
    assert "--mount" not in written(recipe(source), locked((NUMPY,)), tmp_path / "b")["Dockerfile"]


def test_a_context_is_written_anew_and_nothing_else_is_deleted(source, tmp_path):
    out = tmp_path / "out"
    written(recipe(source), locked(), out)
    (source / "run.sh").unlink()
    assert "app/run.sh" not in written(recipe(source), locked(), out)
    other = tmp_path / "other"
    assert build_context.is_ours(other)
    other.mkdir()
    assert build_context.is_ours(other)
    (other / "precious").touch()
    assert build_context.is_ours(out)
    assert not build_context.is_ours(other)


def test_a_wheel_that_no_index_has_is_brought_along(source, tmp_path):
    made = Wheel("own", "1.0", "own-1.0-py3-none-any.whl", HASH, 1, origin="file ./own")
    path = Kept(tmp_path / "cache").path(made)
    path.parent.mkdir(parents=True)
    path.write_text("a wheel")
    files = written(recipe(source), locked((made, NUMPY)), tmp_path / "out")
    assert files["requirements/wheels/own-1.0-py3-none-any.whl"] == "a wheel"
    assert f"own==1.0 --hash=sha256:{HASH}\n" in files["requirements/app.txt"]
    assert "--find-links /tmp/requirements/wheels" in files["Dockerfile"]


def test_an_image_of_somebody_elses_is_built_on_by_digest(source, tmp_path):
    image = BaseImage(
        "python:3.12-slim",
        f"sha256:{HASH}",
        env=("PATH=/usr/local/bin:/usr/bin",),
        python="/usr/local/bin/python3",
        site="/usr/local/lib/python3.12/site-packages",
    )
    stands = replace(locked((NUMPY,)), python="3.12", suite="", base=(), image=image)
    files = written(recipe(source), stands, tmp_path / "out")
    text = files["Dockerfile"]
    assert f"FROM python:3.12-slim@sha256:{HASH} AS base\nUSER root\n" in text
    assert "COPY way /usr/local/lib/python3.12/site-packages\n" in text
    assert "xargs" not in text
    assert "--target /opt/lading/site -r /tmp/requirements/app.txt \\\n" in text
    assert "\nCOPY --from=wheels /opt/lading /opt/lading\nCOPY --from=wheels /staged /\n" in text
    assert 'ENTRYPOINT ["/usr/local/bin/python3", "/opt/lading/launch.py"]' in text
    assert sorted(name for name in files if name.startswith("way/")) == [
        "way/_lading_packages.pth",
        "way/_lading_packages.py",
    ]
