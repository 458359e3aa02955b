import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lading.errors import StoreError
from lading.oci import Digest, Reference, media_types
from lading.stores.layout import Layout

NAME = Reference("demo/digits", "1")
WRITER = Path(__file__).with_name("image_writer.py")


def names(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def index(layout):
    return json.loads((layout.folder / "index.json").read_bytes())


@pytest.fixture
def layout(tmp_path):
    return Layout(tmp_path / "store")


def test_the_folder_is_an_image_layout_by_the_specification(layout, images):
    image = images.image()
    layout.write(image, NAME)
    assert json.loads((layout.folder / "oci-layout").read_bytes()) == {
        "imageLayoutVersion": "1.0.0"
    }
    assert index(layout) == {
        "schemaVersion": 2,
        "mediaType": media_types.INDEX,
        "manifests": [
            {
                "mediaType": media_types.MANIFEST,
                "digest": str(image.digest),
                "size": len(image.manifest),
                "annotations": {"org.opencontainers.image.ref.name": "demo/digits:1"},
            }
        ],
    }
    held = [Digest.of(image.manifest), Digest.of(image.config)]
    held += [layer.descriptor.digest for layer in image.layers]
    assert names(layout.folder / "blobs" / "sha256") == sorted(digest.hex for digest in held)


def test_reading_makes_no_folder(layout):
    assert list(layout.references()) == []
    assert not layout.folder.exists()


def test_what_others_wrote_into_the_index_stays(layout, images):
    layout.write(images.image(), NAME)
    foreign = {"mediaType": "application/xml", "digest": "sha512:00", "size": 1}
    named = {**foreign, "annotations": {"org.opencontainers.image.ref.name": "Not Ours"}}
    document = index(layout)
    document["manifests"] += [foreign, named]
    document["annotations"] = {"com.example": "kept"}
    (layout.folder / "index.json").write_text(json.dumps(document))
    other = images.image(images.layer({"other": b"3"}))
    layout.write(other, NAME)
    assert foreign in index(layout)["manifests"]
    assert named in index(layout)["manifests"]
    assert index(layout)["annotations"] == {"com.example": "kept"}
    assert list(layout.references()) == [(NAME, other.digest)]


def test_an_image_is_listed_without_a_name_only_while_it_has_none(layout, images):
    one, other = images.image(), images.image(images.layer({"other": b"3"}))
    layout.write(one)
    layout.write(one)
    layout.write(one, NAME)
    assert len(index(layout)["manifests"]) == 1
    layout.write(other, NAME)
    bare = [entry for entry in index(layout)["manifests"] if "annotations" not in entry]
    assert [entry["digest"] for entry in bare] == [str(one.digest)]
    layout.write(one, NAME)
    assert sorted(len(entry) for entry in index(layout)["manifests"]) == [3, 4]


def test_writing_the_same_again_changes_no_file(layout, images):
    layout.write(images.image(), NAME)
    before = {path: path.stat().st_mtime_ns for path in layout.folder.rglob("*") if path.is_file()}
    layout.write(images.image(), NAME)
    after = {path: path.stat().st_mtime_ns for path in layout.folder.rglob("*") if path.is_file()}
    lock = layout.folder / "index.lock"
    assert before.keys() == after.keys()
    assert {path for path in before if before[path] != after[path]} <= {lock}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", 'index.json: not JSON: got "{"'),
        ("{}", "index.json.manifests: expected a list, got nothing"),
        ('{"manifests": [1]}', "index.json.manifests[0]: expected an object, got 1"),
    ],
)
def test_a_damaged_index_is_told_with_what_to_do(layout, images, content, message):
    layout.write(images.image(), NAME)
    (layout.folder / "index.json").write_text(content)
    with pytest.raises(StoreError) as caught:
        layout.read(NAME)
    assert str(caught.value) == (
        f"{layout.folder}/{message}; delete it, then run `lading build` to list the images again"
    )


def test_a_layout_of_another_version_is_left_alone(layout, images):
    layout.folder.mkdir()
    (layout.folder / "oci-layout").write_text('{"imageLayoutVersion": "2.0.0"}')
    with pytest.raises(StoreError) as caught:
        layout.write(images.image(), NAME)
    assert str(caught.value) == (
        f'{layout.folder}/oci-layout.imageLayoutVersion: expected "1.0.0", got "2.0.0"'
    )
    assert "index.json" not in names(layout.folder)


def test_a_file_in_place_of_the_folder_is_told(tmp_path, images):
    (tmp_path / "store").write_text("a file")
    for use in (
        lambda layout: layout.write(images.image(), NAME),
        lambda layout: layout.read(NAME),
        lambda layout: layout.blobs.writer(),
    ):
        with pytest.raises(StoreError, match="cannot be read or written: got not a directory"):
            use(Layout(tmp_path / "store"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_told(tmp_path, images):
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError) as caught:
        Layout(tmp_path / "store").write(images.image(), NAME)
    assert str(caught.value) == (
        f"{tmp_path}/store: cannot be used: got permission denied; "
        "give this user the folder, or set LADING_HOME to one of its own"
    )


def test_an_image_is_whole_or_absent_whenever_its_writer_is_killed(tmp_path, images):
    folder, moment, kills, unfinished = tmp_path / "store", random.Random(1), 0, 0
    while kills < 25 or (unfinished < 5 and kills < 200):
        kills += 1
        killed_while_writing(folder, moment.uniform(0, 0.06))
        unfinished += len(names(folder / "incomplete"))
        layout = Layout(folder)
        for name, _ in layout.references():
            for layer in layout.read(name).layers:
                layout.blobs.verify(layer.descriptor.digest)
        for blob in names(folder / "blobs" / "sha256"):
            layout.blobs.verify(Digest(blob))
    assert unfinished >= 5, "no kill came in the middle of a write"
    layout.write(images.image(), NAME)
    assert names(folder / "incomplete") == []


def writing(folder, *arguments):
    command = [sys.executable, WRITER, folder, *arguments]
    return subprocess.Popen([str(each) for each in command], stdout=subprocess.PIPE)


def killed_while_writing(folder, after_seconds):
    with writing(folder, "app", "forever", 1_500_000) as process:
        process.stdout.readline()
        time.sleep(after_seconds)
        process.kill()
        assert process.wait() == -signal.SIGKILL


def test_files_of_writers_that_live_are_not_swept(layout, images):
    with layout.blobs.writer() as writer:
        writer.write(b"slowly ")
        Layout(layout.folder).write(images.image(), NAME)
        assert len(names(layout.blobs.incomplete)) == 1
        writer.write(b"written")
        digest = writer.commit(media_types.LAYER).digest
    layout.blobs.verify(digest)


def test_no_name_is_lost_when_processes_write_at_the_same_time(tmp_path):
    processes = [writing(tmp_path, f"app{number}", 25, 1000) for number in range(4)]
    for process in processes:
        process.communicate(timeout=60)
    assert [process.returncode for process in processes] == [0] * 4
    layout = Layout(tmp_path)
    assert len(list(layout.references())) == 100
    for name, _ in layout.references():
        layout.read(name)


def test_a_full_disk_is_told_and_nothing_half_written_is_left(small_disk, images):
    layout = Layout(small_disk / "store")
    kept = images.image()
    layout.write(kept, NAME)
    large = images.image(images.layer({"large": os.urandom(2 * 1024**2)}))
    with pytest.raises(StoreError) as caught:
        layout.write(large, Reference("demo/large"))
    assert caught.value.problem == "the disk is full"
    assert str(caught.value).startswith(f"{small_disk}/store/incomplete: the disk is full: got ")
    assert str(caught.value).endswith(
        "MB free; make room there, or set LADING_HOME to a folder on a larger disk"
    )
    assert names(layout.blobs.incomplete) == []
    assert list(layout.references()) == [(NAME, kept.digest)]
    assert layout.read(NAME) == kept


def test_a_disk_that_is_full_before_the_index_is_written_keeps_the_old_index(small_disk, images):
    layout = Layout(small_disk / "store")
    kept, other = images.image(), images.image(images.layer({"other": b"3"}))
    layout.write(kept, NAME)
    layout.write(other)
    with (small_disk / "filler").open("wb", buffering=0) as filler, pytest.raises(OSError):
        while True:
            filler.write(bytes(4096))
    with pytest.raises(StoreError, match="the disk is full"):
        layout.write(other, NAME)
    assert list(layout.references()) == [(NAME, kept.digest)]
    assert names(layout.blobs.incomplete) == []
    (small_disk / "filler").unlink()
    layout.write(other, NAME)
    assert list(layout.references()) == [(NAME, other.digest)]


def test_a_disk_that_is_read_only_is_told(small_disk, images):
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(StoreError) as caught:
        Layout(small_disk / "store").write(images.image(), NAME)
    assert str(caught.value) == (
        f"{small_disk}/store: cannot be used: got read-only file system; "
        "give this user the folder, or set LADING_HOME to one of its own"
    )
