"""The program of a command is found as the kernel will find it, or missed when it is built."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from lading.building.layers import source
from lading.building.layers.ignore import Ignored
from lading.building.layers.wanted import LayerKind
from lading.building.program import Command
from lading.building.recipe import Environment, Recipe
from lading.errors import BuildError
from lading.oci import Descriptor, Digest, Layer, media_types

PATH = "/usr/local/bin:/usr/bin:/bin"
BASE: dict[str, int | str] = {
    "usr/bin/python3.11": 0o755,
    "usr/bin/python3": "python3.11",
    "usr/bin/readme": 0o644,
    "bin": "usr/bin",
}
NODE: dict[str, int | str] = {"usr/bin/node": 0o755, "etc/alternatives/js": "/usr/bin/node"}
LINKED: dict[str, int | str] = {"usr/bin/js": "/etc/alternatives/js", "usr/bin/dangling": "nowhere"}

Check = Callable[..., None]


def layer(files: dict[str, int | str]) -> Layer:
    """Files by mode, symlinks by target."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, what in files.items():
            member = tarfile.TarInfo(name)
            if isinstance(what, str):
                member.type, member.linkname = tarfile.SYMTYPE, what
            else:
                member.mode = what
            tar.addfile(member)
    content = buffer.getvalue()
    descriptor = Descriptor.of(media_types.LAYER, content)
    return Layer(descriptor, Digest.of(content), lambda: io.BytesIO(content))


@pytest.fixture
def check(tmp_path: Path) -> Check:
    folder = tmp_path / "source"
    folder.mkdir()

    def checked(*command: str, path: str = PATH, **files: str) -> None:
        for name, content in files.items():
            (folder / name).write_text(content)
            (folder / name).chmod(0o644 if name.startswith("plain") else 0o755)
        recipe = Recipe(
            "app", "legacy", Environment("legacy", "3.11", None), folder, command=command
        )
        layers = [
            (LayerKind.BASE, layer(BASE)),
            (LayerKind.PACKAGES, layer(NODE | LINKED)),
        ]
        found = source.walk(folder, Ignored((), ()))
        Command(recipe, {"PATH": path}, found, layers, tmp_path / "cache").check()

    return checked


def refused(check: Check, *command: str, **more: str) -> str:
    with pytest.raises(BuildError) as caught:
        check(*command, **more)
    return str(caught.value)


@pytest.mark.parametrize(
    "program", ["node", "python3.11", "/usr/bin/node", "/bin/node", "js", "../usr/bin/node"]
)
def test_a_program_of_the_layers_is_found(check: Check, program: str) -> None:
    check(program, "server.js")
    check(program, "server.js")  # as it is remembered


def test_a_program_of_the_source_is_found(check: Check) -> None:
    check("./serve", serve="\x7fELF")
    check("/app/serve")
    check("serve", path="/usr/bin:.")


def test_one_that_is_nowhere_is_named_with_the_package_that_has_it(check: Check) -> None:
    assert refused(check, "ruby", "server.rb") == (
        "legacy: the image has no program ruby; add `packages: [ruby]`"
    )


@pytest.mark.parametrize("program", ["serverd", "./serverd", "dangling", "/usr/bin/serverd"])
def test_one_of_which_no_package_is_known(check: Check, program: str) -> None:
    for _ in range(2):
        assert refused(check, program) == (
            f"legacy: the image has no program {program};"
            " add the Debian package that has it to `packages`, or the file to `source`"
        )


def test_where_python_is_called_python3_alone_that_is_said(check: Check) -> None:
    assert refused(check, "python", "train.py") == (
        "legacy: the image has no program python; write `python3`, as this image calls it"
    )


def test_one_that_may_not_be_run_is_told_how_it_could_be(check: Check) -> None:
    assert refused(check, "./plain", plain="#!/bin/node") == (
        "legacy: the program of its command is not executable: got ./plain; run: chmod +x ./plain"
    )


def test_a_script_needs_what_its_first_line_names(check: Check) -> None:
    check("./serve", serve="#!/usr/bin/node\n")
    check("./other", other="#! /bin/node --flag\n")
    assert refused(check, "./shell", shell="#!/bin/sh\nexec node server.js\n") == (
        "legacy: the image has no program /bin/sh, and ./shell begins with #!/bin/sh;"
        " add `packages: [dash]`"
    )
    assert refused(check, "./by_env", by_env="#!/usr/bin/env node\n").startswith(
        "legacy: the image has no program /usr/bin/env, and"
    )


def test_what_serves_itself_has_no_command_to_check(tmp_path: Path) -> None:
    environment = Environment("legacy", "3.11", None)
    recipe = Recipe("app", "legacy", environment, tmp_path, handler="a:b")
    Command(recipe, {}, [], [], tmp_path).check()
