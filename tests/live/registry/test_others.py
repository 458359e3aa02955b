"""Other people's tools read what is pushed, and push what is read; they log us in, too."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile

import pytest

from lading.oci import Digest, Location, media_types
from lading.progress import Silent
from lading.stores.layout import Layout
from lading.stores.registry import Host, Registries
from tests import busybox, registries

PLATFORM = "linux/amd64"


def skopeo(*arguments, **environ):
    command = [registries.need("skopeo"), *map(str, arguments)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **environ}
    )
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout


@pytest.fixture
def there(open_registry):
    with Registries({open_registry: Host(insecure=True)}, {}, Silent()) as opened:
        yield opened


def test_skopeo_copies_what_was_pushed(open_registry, there, image, store, tmp_path):
    there.push(image.digest, store, Location(open_registry, "others/pushed", "1"))
    name = f"docker://{open_registry}/others/pushed:1"
    seen = json.loads(skopeo("inspect", "--tls-verify=false", name))
    assert seen["Digest"] == str(image.digest)
    assert seen["Layers"] == [str(one.descriptor.digest) for one in image.layers]
    layout = f"oci:{tmp_path}/layout:1"
    skopeo("copy", "--src-tls-verify=false", "--preserve-digests", name, layout)
    index = json.loads((tmp_path / "layout" / "index.json").read_text())
    assert index["manifests"][0]["digest"] == str(image.digest)


@pytest.mark.parametrize("form", ["oci", "v2s2"])
def test_what_skopeo_pushed_is_pulled(open_registry, there, images, store, tmp_path, form):
    image = images.image(images.layer({"x": b"1"}, media_types.LAYER_GZIP))
    store.write(image)
    there.push(image.digest, store, Location(open_registry, "others/source", "1"))
    place = f"docker://{open_registry}/others/{form}:1"
    tls = ("--src-tls-verify=false", "--dest-tls-verify=false")
    source = f"docker://{open_registry}/others/source:1"
    skopeo("copy", *tls, "--format", form, source, place)
    wanted = json.loads(skopeo("inspect", "--tls-verify=false", place))["Digest"]
    other = Layout(tmp_path / "other")
    pulled = there.pull(Location(open_registry, f"others/{form}", "1"), other, PLATFORM)
    assert str(pulled.digest) == wanted
    assert (pulled.digest == image.digest) == (form == "oci")
    assert [x.diff_id for x in other.read(pulled.digest).layers] == [
        x.diff_id for x in image.layers
    ]


def test_a_login_of_skopeos_is_ours_too(closed_registry, image, store, tmp_path, own_authority):
    auth = tmp_path / "auth.json"
    login = ("login", "--tls-verify=false", "-u", registries.USER, "-p", registries.PASSWORD)
    skopeo(*login, closed_registry, REGISTRY_AUTH_FILE=str(auth))
    assert registries.PASSWORD not in auth.read_text()
    settings = {closed_registry: Host(insecure=True)}
    with Registries(settings, {"REGISTRY_AUTH_FILE": str(auth)}, Silent()) as opened:
        pushed = opened.push(image.digest, store, Location(closed_registry, "others/login", "1"))
    assert pushed.digest == image.digest


def test_docker_runs_what_was_pushed(docker, open_registry, there, store):
    busybox.need_engine()
    image = busybox.image()
    store.write(image)
    there.push(image.digest, store, Location(open_registry, "others/docker", "1"))
    name = f"{open_registry}/others/docker@{image.digest}"
    docker("pull", name)
    docker.loaded.append(name)
    assert docker("run", "--rm", "--network=none", name) == "from the image\n"


@pytest.fixture
def short_folder():
    """Podman refuses a folder of more than 50 characters."""
    with tempfile.TemporaryDirectory(prefix="lading-", dir="/tmp") as folder:
        yield folder


def test_podman_pulls_what_was_pushed(open_registry, there, image, store, short_folder):
    there.push(image.digest, store, Location(open_registry, "others/podman", "1"))
    podman = registries.need("podman")
    folders = ("--root", f"{short_folder}/root", "--runroot", f"{short_folder}/run")
    name = f"{open_registry}/others/podman:1"
    command = [
        podman,
        *folders,
        "--storage-driver",
        "vfs",
        "pull",
        "-q",
        "--tls-verify=false",
        name,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == Digest.of(image.config).hex
