"""A registry that means harm costs bounded time, memory and disk, and is told of in words."""

from __future__ import annotations

import gzip
import json
import threading
import time
from dataclasses import replace

import pytest

from lading.errors import RegistryError, StoreError
from lading.oci import Artifact
from lading.progress import Silent
from lading.stores.layout import Layout
from lading.stores.memory import Memory
from lading.stores.registry import Host, Registries, referrers
from lading.stores.registry.patience import InVainError, PassingError, Patience, Tries
from lading.stores.registry.tokens import Proof
from tests.registry_server import digest_of
from tests.unit.stores.registry.talking import PLATFORM, QUICK, place

SLOW = replace(QUICK, attempts=2, slow_seconds=0.2, slow_bytes=1000)


@pytest.fixture
def pushed(registry, opened, store, image):
    """The registry has the image."""
    with Registries({registry.host: Host(insecure=True)}, {}, Silent(), QUICK) as there:
        there.push(image.digest, store, place(registry))
    return image


def endless(handler, chunk, pause=0.0):
    """Answer with bytes until whoever asked has had enough; how many they took."""
    handler.send_response(200)
    handler.end_headers()
    handler.close_connection = True
    taken = 0
    try:
        while taken < 200_000_000:
            handler.wfile.write(chunk)
            taken += len(chunk)
            if pause:
                handler.wfile.flush()
                time.sleep(pause)
    except OSError:
        pass
    return taken


def test_a_body_that_comes_by_single_bytes_is_given_up(registry, pushed):
    large = str(max(pushed.layers, key=lambda one: one.descriptor.size).descriptor.digest)

    def trickle(handler):
        if large not in handler.path or handler.command != "GET":
            return False
        endless(handler, b"x", 0.01)
        return True

    registry.before = trickle
    with Registries({registry.host: Host(insecure=True)}, {}, Silent(), SLOW) as there:
        other = Memory()
        with pytest.raises(RegistryError, match=r"given up after 2 tries: got \d+ bytes in 0 s"):
            there.pull(place(registry), other, PLATFORM)
    assert not other.blobs.has(pushed.digest)


def test_a_document_that_comes_by_single_bytes_is_given_up(registry, opened):
    registry.before = lambda handler: endless(handler, b" ", 0.01) > 0
    given_up = pytest.raises(RegistryError, match=r"given up after 2 tries: got \d+ bytes in 0 s")
    with Registries({registry.host: Host(insecure=True)}, {}, Silent(), SLOW) as there, given_up:
        there.resolve(place(registry))


def test_no_more_of_a_refusal_is_read_than_explains_it(registry, opened, store, image):
    taken = []

    def talkative(handler):
        if handler.command != "PATCH":
            return False
        handler.body()
        handler.send_response(403)
        handler.end_headers()
        handler.close_connection = True
        try:
            for _ in range(2000):
                handler.wfile.write(b"[" * 65536)
                taken.append(65536)
        except OSError:
            pass
        return True

    registry.before = talkative
    with pytest.raises(RegistryError, match="may not push: got HTTP status 403; ask for"):
        opened(registry).push(image.digest, store, place(registry))
    assert sum(taken) < 50_000_000


def test_a_refusal_that_is_compressed_is_not_unpacked(registry, opened, store, image):
    bomb = gzip.compress(b'{"errors": ' * 1_000_000)

    def packed(handler):
        handler.body()
        handler.answer(404, bomb, Content_Encoding="gzip")
        return True

    registry.before = packed
    with pytest.raises(RegistryError, match=r"it is not there: got HTTP status 404$"):
        opened(registry).resolve(place(registry))


def test_a_length_that_is_no_number_is_told(registry, opened, store, image):
    def odd(handler):
        if handler.command != "PATCH":
            return False
        handler.body()
        handler.answer(202, b"", Content_Length="many")
        handler.close_connection = True
        return True

    registry.before = odd
    with pytest.raises(RegistryError, match="given up after 4 tries"):
        opened(registry).push(image.digest, store, place(registry))


def test_attached_documents_are_bounded_in_all(registry, opened, store, image, monkeypatch):
    monkeypatch.setattr(referrers, "_MOST_BYTES", 5000)
    for number in range(3):
        store.attach(Artifact.of(image.descriptor, "text/x", bytes([number]) * 2000))
    opened(registry).push(image.digest, store, place(registry))
    with pytest.raises(RegistryError, match="is too much to pull: expected at most 5000 bytes of"):
        opened(registry).pull(place(registry), Memory(), PLATFORM)


def test_a_list_of_attached_documents_has_an_end(registry, opened, pushed):
    asked = []

    def pages(handler):
        if "/referrers/" not in handler.path:
            return False
        asked.append(handler.path)
        entry = {"mediaType": "text/x", "size": 1}
        entries = [{**entry, "digest": digest_of(b"%d %d" % (len(asked), x))} for x in range(300)]
        path = handler.path.partition("?")[0]
        handler.answer(
            200,
            json.dumps({"schemaVersion": 2, "manifests": entries}).encode(),
            Link=f'<{path}?page={len(asked)}>; rel="next"',
            Content_Type="application/json",
        )
        return True

    registry.before = pages
    with pytest.raises(RegistryError, match="expected at most 500 attached documents, got more"):
        opened(registry).pull(place(registry), Memory(), PLATFORM)
    assert len(asked) == 2


def test_a_tag_of_signatures_has_an_end(registry, opened, pushed):
    payload = "application/vnd.dev.cosign.simplesigning.v1+json"
    layer = {
        "mediaType": payload,
        "size": 1,
        "digest": digest_of(b"x"),
        "annotations": {"dev.cosignproject.cosign/signature": "eA=="},
    }
    config = {"mediaType": "application/vnd.oci.image.config.v1+json", **{"size": 2}}
    document = {
        "schemaVersion": 2,
        "config": {**config, "digest": digest_of(b"{}")},
        "layers": [layer] * 501,
    }
    kind = "application/vnd.oci.image.manifest.v1+json"
    tag = f"sha256-{pushed.digest.hex}.sig"
    registry.manifests["team/app/web", tag] = (kind, json.dumps(document).encode())
    with pytest.raises(RegistryError, match="expected at most 500 signatures, got more"):
        opened(registry).pull(place(registry), Memory(), PLATFORM)


@pytest.mark.parametrize(
    "answer",
    [b"[" * 100_000, b'{"token": "x", "expires_in": 1' + b"0" * 400 + b"}"],
    ids=["deep", "never"],
)
def test_an_answer_for_a_token_that_cannot_be_read_is_told(registry, opened, answer):
    def wants_token(handler):
        if handler.path.startswith("/token"):
            handler.answer(200, answer)
            return True
        realm = f'Bearer realm="http://{registry.host}/token"'
        handler.fail(401, "UNAUTHORIZED", WWW_Authenticate=realm)
        return True

    registry.before = wants_token
    with pytest.raises(RegistryError, match="gives no token: expected a token, got none"):
        opened(registry).resolve(place(registry))


@pytest.mark.parametrize("host", [f"{'a' * 70}.example.org", "a..example.org"])
def test_a_place_whose_name_cannot_be_one_is_told(registry, opened, pushed, host):
    def moved(handler):
        if "/blobs/" not in handler.path:
            return False
        handler.answer(307, Location=f"http://{host}/x")
        return True

    registry.before = moved
    with pytest.raises(RegistryError):
        opened(registry).pull(place(registry), Memory(), PLATFORM)


@pytest.mark.parametrize("pause", [0.05, 30])
def test_when_one_blob_fails_the_others_end_too(registry, store, images, pause):
    """Not when they are through, which may take an hour, nor when they time out."""
    layers = [images.layer({"x": bytes([n]) * 3_000_000}) for n in range(3)]
    image = images.image(*layers)
    store.write(image)
    began = threading.Event()
    refused, *slow = (str(one.descriptor.digest) for one in layers)

    def one_is_refused(handler):
        if handler.command == "GET" and refused in handler.path:
            began.wait(5)
            handler.fail(403, "DENIED")
            return True
        if handler.command == "GET" and "/blobs/" in handler.path:
            digest = handler.path.rpartition("/")[2]
            if digest in slow:
                slowly(handler, registry.blobs["team/app/web", digest], began, pause)
                return True
        return False

    with Registries({registry.host: Host(insecure=True)}, {}, Silent(), QUICK) as there:
        there.push(image.digest, store, place(registry))
        registry.before = one_is_refused
        begun = time.monotonic()
        with pytest.raises(RegistryError, match=f"may not pull {refused}"):
            there.pull(place(registry), Memory(), PLATFORM)
    assert time.monotonic() - begun < 5


def slowly(handler, content, began, pause):
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.close_connection = True
    try:
        for at in range(len(content)):
            handler.wfile.write(content[at : at + 1])
            began.set()
            time.sleep(pause)
    except OSError:
        pass


def test_who_waits_to_ask_again_need_not_when_it_is_in_vain(registry, opened, store, image):
    vain = threading.Event()
    tries = Tries(Patience(), "anything", lambda: True, vain)
    threading.Timer(0.05, vain.set).start()
    begun = time.monotonic()
    with pytest.raises(InVainError):
        tries.wait(PassingError("HTTP status 429", 100))
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    "realm", ["http://169.254.169.254/t", "https://localhost/", "http://[::1]/"]
)
def test_no_token_is_asked_of_this_machine_because_a_registry_elsewhere_says_so(realm):
    asked = []
    proof = Proof("registry.example.org", [], lambda: None, asked.append, insecure=True)
    with pytest.raises(RegistryError, match="names no place for tokens: expected a place of its"):
        proof.renew([f'Bearer realm="{realm}"'], None)
    assert asked == []


def test_what_the_disk_has_no_room_for_is_not_begun(registry, opened, pushed, tmp_path):
    kind, content = registry.manifests["team/app/web", "1"]
    document = json.loads(content)
    document["layers"][0]["size"] = 10**17
    registry.manifests["team/app/web", "1"] = (kind, json.dumps(document).encode())
    registry.asked.clear()
    with pytest.raises(StoreError) as caught:
        opened(registry).pull(place(registry), Layout(tmp_path / "store"), PLATFORM)
    assert "the disk has too little room: expected 93132257.5Gi, got " in str(caught.value)
    assert "free; make room there, or set LADING_HOME to a folder on a larger disk" in str(
        caught.value
    )
    # Its config is there, and none of its layers was asked for.
    assert registry.count("GET", "/blobs/") == 1
