from __future__ import annotations

import json
import re

import pytest

from lading.errors import DamagedBlob, NotInRegistry, RegistryError
from lading.oci import Artifact, Digest, Index, Location
from lading.stores.memory import Memory
from tests.registry_server import digest_of
from tests.unit.stores.registry.talking import PLATFORM, place


def large(image):
    return str(image.layers[0].descriptor.digest)


def once(change):
    """A `before` that acts on the first request it says yes to, and lets all others pass."""
    done = []

    def before(handler):
        if done or not change(handler):
            return False
        done.append(True)
        return True

    return before


def test_what_was_pushed_is_pulled_again_with_what_is_attached(registry, opened, store, image):
    there = opened(registry)
    pushed = there.push(image.digest, store, place(registry))
    assert str(pushed.location) == f"{registry.host}/team/app/web:1@{image.digest}"
    assert pushed.sent == pushed.size and pushed.attached == 1
    other = Memory()
    assert there.pull(place(registry), other, PLATFORM) == image
    assert other.read(image.digest) == image
    assert other.attached(image.digest) == store.attached(image.digest)
    for layer in image.layers:
        other.blobs.verify(layer.descriptor.digest)


def test_what_is_attached_is_pulled_in_the_order_in_which_it_was_made(
    registry, opened, store, image
):
    kind, made = "application/vnd.in-toto+json", "org.opencontainers.image.created"
    before = store.attached(image.digest)
    told = [
        Artifact.of(image.descriptor, kind, b"%d" % day, {made: f"2026-01-0{day}T00:00:00Z"})
        for day in (1, 2, 3)
    ]
    for one in (told[2], told[0], told[1]):
        store.attach(one)
    opened(registry).push(image.digest, store, place(registry))
    other = Memory()
    opened(registry).pull(place(registry), other, PLATFORM)
    assert other.attached(image.digest) == [*before, *told]


def test_what_is_there_is_not_sent_again(registry, opened, store, image):
    opened(registry).push(image.digest, store, place(registry))
    before = registry.count("PATCH", "/") + registry.count("PUT", "/blobs/")
    pushed = opened(registry).push(image.digest, store, place(registry, tag="2"))
    assert pushed.sent == 0
    assert registry.count("PATCH", "/") + registry.count("PUT", "/blobs/") == before
    assert ("team/app/web", "2") in registry.manifests


def test_the_tag_moves_last(registry, opened, store, image):
    opened(registry).push(image.digest, store, place(registry))
    changes = [path for method, path in registry.asked if method in ("PUT", "POST", "PATCH")]
    assert changes[-1].endswith("/manifests/1")
    assert sum(path.endswith("/manifests/1") for path in changes) == 1


def test_a_blob_that_another_repository_has_is_mounted(registry, opened, store, image):
    there = opened(registry)
    there.push(image.digest, store, place(registry))
    pushed = there.push(image.digest, store, place(registry, "team/app/other"))
    assert (pushed.sent, pushed.mounted) == (0, pushed.size)


def test_what_is_not_there_is_said_to_be_not_there(registry, opened, store):
    with pytest.raises(NotInRegistry) as caught:
        opened(registry).pull(place(registry), store, PLATFORM)
    assert str(caught.value) == (
        f"{registry.host}/team/app/web: cannot pull 1: it is not there: got HTTP status 404, "
        "MANIFEST_UNKNOWN: manifest unknown"
    )


def test_an_upload_that_broke_goes_on_where_it_broke(registry, opened, store, image):
    def cut(handler):
        if handler.command != "PATCH":
            return False
        session = handler.path.rpartition("/")[2]
        registry.uploads[session] += handler.rfile.read(100_000)
        handler.drop()
        return True

    registry.before = once(cut)
    opened(registry).push(image.digest, store, place(registry))
    resumed = [x["content-range"] for x in registry.sent if "content-range" in x]
    size = image.layers[0].descriptor.size
    assert resumed == [f"100000-{size - 1}"]
    assert digest_of(registry.blobs["team/app/web", large(image)]) == large(image)


def test_an_upload_whose_session_is_gone_begins_anew(registry, opened, store, image):
    def cut(handler):
        if handler.command != "PATCH":
            return False
        registry.uploads.clear()
        handler.drop()
        return True

    registry.before = once(cut)
    pushed = opened(registry).push(image.digest, store, place(registry))
    assert digest_of(registry.blobs["team/app/web", large(image)]) == large(image)
    assert pushed.sent == pushed.size


def test_a_registry_without_parts_gets_a_blob_at_once(registry, opened, store, image):
    def refuse(handler):
        if handler.command != "PATCH":
            return False
        handler.body()
        handler.fail(405, "UNSUPPORTED")
        return True

    registry.before = refuse
    opened(registry).push(image.digest, store, place(registry))
    assert digest_of(registry.blobs["team/app/web", large(image)]) == large(image)


def test_bytes_altered_on_the_way_up_are_sent_again(registry, opened, store, image):
    def alter(handler):
        if handler.command != "PATCH":
            return False
        session = handler.path.rpartition("/")[2]
        body = bytearray(handler.body())
        body[1000] ^= 1
        registry.uploads[session] += body
        handler.accepted("team/app/web", session, 202)
        return True

    registry.before = once(alter)
    opened(registry).push(image.digest, store, place(registry))
    assert digest_of(registry.blobs["team/app/web", large(image)]) == large(image)


def test_a_layer_that_is_damaged_in_the_store_is_not_pushed(registry, opened, store, image):
    digest = image.layers[0].descriptor.digest
    store.blobs.contents[digest] = b"x" * image.layers[0].descriptor.size
    with pytest.raises(DamagedBlob, match=r"^a layer in the store: the bytes are damaged"):
        opened(registry).push(image.digest, store, place(registry))
    assert ("team/app/web", "1") not in registry.manifests


def test_a_download_that_broke_goes_on_where_it_broke(registry, opened, store, image):
    there = opened(registry)
    there.push(image.digest, store, place(registry))

    def cut(handler):
        if handler.command != "GET" or large(image) not in handler.path:
            return False
        content = registry.blobs["team/app/web", large(image)]
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content[:100_000])
        handler.drop()
        return True

    registry.before = once(cut)
    other = Memory()
    there.pull(place(registry), other, PLATFORM)
    other.blobs.verify(image.layers[0].descriptor.digest)
    assert "bytes=100000-" in [x.get("range") for x in registry.sent]


def test_a_registry_without_ranges_is_asked_for_all_of_it(registry, opened, store, image):
    there = opened(registry)
    there.push(image.digest, store, place(registry))
    asked = []

    def whole(handler):
        if handler.command != "GET" or large(image) not in handler.path:
            return False
        content = registry.blobs["team/app/web", large(image)]
        asked.append(True)
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content if len(asked) > 1 else content[:100_000])
        if len(asked) == 1:
            handler.drop()
        return True

    registry.before = whole
    other = Memory()
    there.pull(place(registry), other, PLATFORM)
    other.blobs.verify(image.layers[0].descriptor.digest)


@pytest.mark.parametrize("kind", ["altered", "short", "long"])
def test_other_bytes_than_those_asked_for_are_never_kept(registry, opened, store, image, kind):
    there = opened(registry)
    there.push(image.digest, store, place(registry))
    content = registry.blobs["team/app/web", large(image)]
    wrong = {
        "altered": b"\0" + content[1:],
        "short": content[:-1],
        "long": content + b"\0",
    }[kind]
    registry.blobs["team/app/web", large(image)] = wrong
    other = Memory()
    with pytest.raises(RegistryError) as caught:
        there.pull(place(registry), other, PLATFORM)
    said = {
        "altered": f"given up after 4 tries: got bytes whose digest is {digest_of(wrong)}",
        "short": "given up after 4 tries: got",
        "long": f"the blob is too large: expected {len(content)} bytes, got more",
    }[kind]
    assert f"{registry.host}/team/app/web@{large(image)}: {said}" in str(caught.value)
    assert not other.blobs.has(image.layers[0].descriptor.digest)
    assert not other.blobs.has(image.digest)
    assert Digest.parse(digest_of(wrong)) not in other.blobs.contents


def test_a_manifest_of_another_digest_than_asked_for_is_refused(registry, opened, store, image):
    there = opened(registry)
    there.push(image.digest, store, place(registry))
    kind, content = registry.manifests["team/app/web", str(image.digest)]
    registry.manifests["team/app/web", str(image.digest)] = (kind, content + b" ")
    pinned = Location(registry.host, "team/app/web").at(image.digest)
    with pytest.raises(RegistryError, match=rf"bytes whose digest is .*, not {image.digest}"):
        there.pull(pinned, Memory(), PLATFORM)


def test_a_huge_manifest_is_not_read_to_its_end(registry, opened, store):
    registry.manifests["team/app/web", "1"] = ("application/json", b" " * 5_000_000)
    with pytest.raises(RegistryError, match="the answer is too large: expected at most 4194304"):
        opened(registry).pull(place(registry), store, PLATFORM)


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_what_passes_is_waited_for(registry, opened, store, image, status):
    failed = []

    def busy(handler):
        key = (handler.command, re.sub(r"/[0-9a-f]{32}\b.*", "", handler.path))
        if key in failed:
            return False
        failed.append(key)
        handler.body()
        handler.fail(status, "BUSY", Retry_After="0")
        return True

    registry.before = busy
    opened(registry).push(image.digest, store, place(registry))
    assert digest_of(registry.blobs["team/app/web", large(image)]) == large(image)


def test_a_registry_that_stays_busy_is_given_up(registry, opened, store, image):
    def busy(handler):
        handler.body()
        handler.fail(503, "BUSY")
        return True

    registry.before = busy
    with pytest.raises(RegistryError) as caught:
        opened(registry).push(image.digest, store, place(registry))
    assert str(caught.value) == (
        f"{registry.host}/team/app/web: given up after 4 tries: got HTTP status 503; "
        "try again later; what was transferred is kept"
    )


def test_a_registry_that_asks_for_too_long_a_wait_is_given_up_at_once(registry, opened, store):
    def busy(handler):
        handler.fail(429, "TOOMANYREQUESTS", Retry_After="3600")
        return True

    registry.before = busy
    with pytest.raises(RegistryError, match="HTTP status 429, to be asked again in 3600 s; try"):
        opened(registry).resolve(place(registry))
    assert len(registry.asked) == 1


def test_an_index_is_pushed_with_its_images_and_pulled_by_platform(registry, opened, store, images):
    arm = images.image(images.layer({"arm": b"3"}), images.layer({"x": b"4"}))
    config = json.loads(arm.config) | {"architecture": "arm64"}
    from lading.oci import assemble

    arm = assemble({x: y for x, y in config.items() if x != "rootfs"}, arm.layers)
    amd = images.image()
    for one in (arm, amd):
        store.write(one)
    index = Index.of({PLATFORM: amd.descriptor, "linux/arm64": arm.descriptor})
    store.write_index(index)
    store.attach(Artifact.of(index.descriptor, "application/vnd.in-toto+json", b"{}"))
    there = opened(registry)
    pushed = there.push(index.digest, store, place(registry))
    assert pushed.digest == index.digest and pushed.attached == 1
    assert there.resolve(place(registry)) == index.descriptor
    for platform, wanted in ((PLATFORM, amd), ("linux/arm64", arm)):
        other = Memory()
        assert there.pull(place(registry), other, platform) == wanted
        assert there.describe(place(registry), platform).descriptor.digest == wanted.digest
    with pytest.raises(RegistryError, match="no image for linux/riscv64: expected linux/riscv64"):
        there.pull(place(registry), Memory(), "linux/riscv64")


def test_an_image_for_another_platform_is_refused(registry, opened, store, image):
    there = opened(registry)
    there.push(image.digest, store, place(registry))
    with pytest.raises(RegistryError) as caught:
        there.pull(place(registry), Memory(), "linux/arm64")
    assert str(caught.value) == (
        f"{place(registry)}: is for another platform: expected linux/arm64, got linux/amd64"
    )


def test_without_the_api_what_is_attached_is_listed_under_a_tag(registry, opened, store, image):
    registry.referrers = False
    there = opened(registry)
    there.push(image.digest, store, place(registry))
    tag = f"sha256-{image.digest.hex}"
    (entry,) = json.loads(registry.manifests["team/app/web", tag][1])["manifests"]
    assert entry["artifactType"] == "application/vnd.in-toto+json"
    assert entry["digest"] == str(store.attached(image.digest)[0].digest)
    more = Artifact.of(image.descriptor, "application/vnd.cyclonedx+json", b"{}", {"a": "b"})
    store.attach(more)
    there.push(image.digest, store, place(registry))
    listed = json.loads(registry.manifests["team/app/web", tag][1])["manifests"]
    assert [x["digest"] for x in listed] == [entry["digest"], str(more.digest)]
    assert listed[1]["annotations"] == {"a": "b"}
    other = Memory()
    there.pull(place(registry), other, PLATFORM)
    assert other.attached(image.digest) == store.attached(image.digest)


def test_images_in_dockers_own_form_keep_their_digests(registry, opened, store, images):
    made = images.image(images.layer({"x": b"1"}, "application/vnd.oci.image.layer.v1.tar+gzip"))
    text = made.manifest.decode()
    for mine, dockers in (
        ("oci.image.manifest.v1+json", "docker.distribution.manifest.v2+json"),
        ("oci.image.config.v1+json", "docker.container.image.v1+json"),
        ("oci.image.layer.v1.tar+gzip", "docker.image.rootfs.diff.tar.gzip"),
    ):
        text = text.replace(mine, dockers)
    document = json.loads(text)
    del document["annotations"]
    raw = json.dumps(document, indent=3).encode()
    kind = document["mediaType"]
    registry.manifests["library/x", "1"] = registry.manifests["library/x", digest_of(raw)] = (
        kind,
        raw,
    )
    registry.blobs["library/x", document["config"]["digest"]] = made.config
    with made.layers[0].open() as stream:
        registry.blobs["library/x", document["layers"][0]["digest"]] = stream.read()
    there = opened(registry)
    pulled = there.pull(place(registry, "library/x"), store, PLATFORM)
    assert pulled.manifest == raw and store.read(pulled.digest).manifest == raw
    there.push(pulled.digest, store, place(registry, "library/y"))
    assert registry.manifests["library/y", "1"] == (kind, raw)


def test_dockers_oldest_form_is_refused_by_name(registry, opened, store):
    raw = b'{"schemaVersion": 1, "name": "x", "fsLayers": []}'
    registry.manifests["library/x", "1"] = ("application/json", raw)
    with pytest.raises(RegistryError, match="is in Docker's old form, schema 1"):
        opened(registry).pull(place(registry, "library/x"), store, PLATFORM)


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{}", b"<html>", b'{"schemaVersion": 2, "layers": 3}']
)
def test_what_is_no_manifest_is_refused_in_words(registry, opened, store, raw):
    registry.manifests["team/app/web", "1"] = ("text/html", raw)
    with pytest.raises(RegistryError) as caught:
        opened(registry).pull(place(registry), store, PLATFORM)
    assert str(caught.value).startswith(f"{registry.host}/team/app/web")
    assert not re.search("Traceback|0x", str(caught.value))
    assert not store.blobs.contents
