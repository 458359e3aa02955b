import io
import json
import os
import tarfile
import threading
from dataclasses import replace

import pytest

from lading.errors import DamagedBlob, StoreError
from lading.oci import Digest, Reference, media_types
from lading.stores import archive
from lading.stores.layout import Layout
from lading.stores.uncompressed import uncompressed

NAME = Reference("demo/digits", "1")


@pytest.fixture
def image(images):
    kinds = (media_types.LAYER, media_types.LAYER_GZIP, media_types.LAYER_ZSTD)
    return images.image(*(images.layer({kind[-4:]: kind.encode()}, kind) for kind in kinds))


def archived(image, name=NAME):
    stream = io.BytesIO()
    archive.write(image, name, stream)
    return stream.getvalue()


def files(raw):
    with tarfile.open(fileobj=io.BytesIO(raw)) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}


def test_docker_finds_the_config_and_plain_layers_by_manifest_json(image):
    held = files(archived(image))
    [entry] = json.loads(held["manifest.json"])
    assert entry["RepoTags"] == ["demo/digits:1"]
    assert held[entry["Config"]] == image.config
    assert [Digest.of(held[name]) for name in entry["Layers"]] == [
        layer.diff_id for layer in image.layers
    ]


def test_an_extracted_archive_is_an_image_layout(image, tmp_path):
    for name, content in files(archived(image)).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    layout = Layout(tmp_path)
    assert list(layout.references()) == [(NAME, uncompressed(image).digest)]
    assert layout.read(NAME) == uncompressed(image)
    for blob in (tmp_path / "blobs" / "sha256").iterdir():
        layout.blobs.verify(Digest(blob.name))


def test_several_images_are_in_one_archive_and_what_they_share_once(images, tmp_path):
    below, own = images.layer({"lower": b"1"}), images.layer({"own": b"2"})
    both = {
        Reference("demo/one"): images.image(below),
        Reference("demo/two"): images.image(below, own),
    }
    archive.save_all(both, tmp_path / "images.tar")
    raw = (tmp_path / "images.tar").read_bytes()
    with tarfile.open(fileobj=io.BytesIO(raw)) as tar:
        names = tar.getnames()
    assert len(names) == len(set(names))
    held = files(raw)
    described = json.loads(held["manifest.json"])
    assert [one["RepoTags"] for one in described] == [["demo/one:latest"], ["demo/two:latest"]]
    assert [held[one["Config"]] for one in described] == [one.config for one in both.values()]
    blobs = [name for name in names if name.startswith("blobs/")]
    assert len(blobs) == 2 * len(both) + 2
    (tmp_path / "layout").mkdir()
    with tarfile.open(tmp_path / "images.tar") as tar:
        tar.extractall(tmp_path / "layout")
    layout = Layout(tmp_path / "layout")
    for name, image in both.items():
        assert layout.read(name) == uncompressed(image)


@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("digits:1", "docker.io/library/digits:1"),
        ("demo/digits:1", "docker.io/demo/digits:1"),
        ("registry.example.org/digits:1", "registry.example.org/digits:1"),
        ("localhost/digits:1", "localhost/digits:1"),
    ],
)
def test_containerd_is_told_the_full_name(image, name, full):
    [entry] = json.loads(files(archived(image, Reference.parse(name)))["index.json"])["manifests"]
    assert entry["annotations"] == {
        "io.containerd.image.name": full,
        "org.opencontainers.image.ref.name": name,
    }


def test_the_same_image_gives_the_same_bytes(image):
    assert archived(image) == archived(image)


def test_a_layer_that_comes_twice_is_written_once(images):
    layer = images.layer({"a": b"1"})
    with tarfile.open(fileobj=io.BytesIO(archived(images.image(layer, layer)))) as tar:
        names = tar.getnames()
    assert len(names) == len(set(names)) == 6


def test_an_archive_is_written_to_a_pipe(image):
    reading, writing = os.pipe()
    came = []

    def read_all():
        with os.fdopen(reading, "rb") as stream:
            came.append(stream.read())

    thread = threading.Thread(target=read_all)
    thread.start()
    with os.fdopen(writing, "wb") as stream:
        archive.write(image, NAME, stream)
    thread.join()
    assert came == [archived(image)]


def test_an_archive_is_read_back(image, tmp_path):
    path = tmp_path / "image.tar"
    archive.save(image, NAME, path)
    read = archive.read(path)
    assert read.config == image.config
    layout = Layout(tmp_path / "store")
    layout.write(read, NAME)
    assert layout.read(NAME) == read
    assert [layer.diff_id for layer in read.layers] == [layer.diff_id for layer in image.layers]


def test_a_damaged_layer_is_refused_before_anything_is_written(images, tmp_path):
    lower, upper = images.layer({"a": b"1"}), images.layer({"b": b"2"})
    image = images.image(lower, replace(upper, open=lower.open))
    stream = io.BytesIO()
    with pytest.raises(DamagedBlob):
        archive.write(image, NAME, stream)
    assert stream.getvalue() == b""
    with pytest.raises(DamagedBlob):
        archive.save(image, NAME, tmp_path / "image.tar")
    assert list(tmp_path.iterdir()) == []


def test_a_layer_that_changes_while_it_is_archived_is_refused(images):
    layer, other = images.layer({"a": b"1"}), images.layer({"a": b"2"})
    contents = [other.open(), layer.open()]
    image = images.image(replace(layer, open=contents.pop))
    with pytest.raises(DamagedBlob, match="uncompressed: the bytes are damaged"):
        archived(image)


def test_a_folder_that_is_not_there_is_named(image, tmp_path):
    with pytest.raises(StoreError) as caught:
        archive.save(image, NAME, tmp_path / "none" / "image.tar")
    assert str(caught.value).startswith(f"{tmp_path}/none/")
    assert str(caught.value).endswith(": cannot be read or written: got no such file or directory")


def test_an_archive_that_does_not_fit_on_the_disk_leaves_nothing(small_disk, images):
    image = images.image(images.layer({"large": os.urandom(2 * 1024**2)}))
    with pytest.raises(StoreError) as caught:
        archive.save(image, NAME, small_disk / "image.tar")
    assert str(caught.value).startswith(f"{small_disk}: the disk is full: got ")
    assert list(small_disk.iterdir()) == []


def written(path, members):
    with tarfile.open(path, "w") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def test_an_archive_of_older_dockers_with_links_between_layers_is_read(images, tmp_path):
    layer = images.layer({"a": b"1"}, media_types.LAYER)
    image = images.image(layer, layer)
    config = f"{Digest.of(image.config).hex}.json"
    manifest = [{"Config": config, "Layers": ["one/layer.tar", "two/layer.tar"]}]
    path = tmp_path / "image.tar"
    with tarfile.open(path, "w") as tar, layer.open() as content:
        for name, held in (
            (config, image.config),
            ("one/layer.tar", content.read()),
            ("manifest.json", json.dumps(manifest).encode()),
        ):
            member = tarfile.TarInfo(name)
            member.size = len(held)
            tar.addfile(member, io.BytesIO(held))
        link = tarfile.TarInfo("two/layer.tar")
        link.type, link.linkname = tarfile.SYMTYPE, "../one/layer.tar"
        tar.addfile(link)
    layout = Layout(tmp_path / "store")
    layout.write(archive.read(path), NAME)
    assert [each.diff_id for each in layout.read(NAME).layers] == [layer.diff_id] * 2


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (
            {},
            "{}: expected an image archive as `docker save` writes it, "
            "got no file manifest.json in it",
        ),
        ({"manifest.json": b"{"}, '{}: manifest.json: not JSON: got "{{"'),
        ({"manifest.json": b"{}"}, "{}: manifest.json: expected a list, got {{}}"),
        ({"manifest.json": b"[]"}, "{}: expected one image, got 0"),
        (
            {"manifest.json": b'[{"Config":"c"}]'},
            "{}: expected an image archive as `docker save` writes it, got no file c in it",
        ),
        (
            {"manifest.json": bytes(4 * 1024**2 + 1)},
            "{}: manifest.json: expected at most 4194304 bytes, got 4194305 bytes",
        ),
    ],
)
def test_what_is_no_image_archive_is_refused(tmp_path, members, message):
    path = written(tmp_path / "image.tar", members)
    with pytest.raises(StoreError) as caught:
        archive.read(path)
    assert str(caught.value) == message.format(path)


def test_a_file_that_is_no_tar_is_refused(tmp_path):
    path = tmp_path / "image.tar"
    path.write_bytes(b"no tar" * 1000)
    with pytest.raises(StoreError, match="expected an image archive as `docker save` writes it"):
        archive.read(path)
    with pytest.raises(StoreError, match=r"missing.tar: cannot be read .*got no such file"):
        archive.read(tmp_path / "missing.tar")
