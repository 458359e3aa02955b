"""What Debian's docker-registry takes and gives. It lists no referrers."""

from __future__ import annotations

import pytest

from lading.errors import AccessDenied, RegistryError
from lading.oci import Location
from lading.progress import Silent
from lading.stores.layout import Layout
from lading.stores.registry import Host, Registries
from tests.registries import PASSWORD, USER

PLATFORM = "linux/amd64"


def known(host, user=USER, password=PASSWORD):
    return {
        "LADING_REGISTRY_HOST": host,
        "LADING_REGISTRY_USER": user,
        "LADING_REGISTRY_PASSWORD": password,
    }


def there_and_back(registries, host, image, store, folder):
    place = Location(host, "team/app/web", "1")
    pushed = registries.push(image.digest, store, place)
    assert pushed.digest == image.digest
    other = Layout(folder / "other")
    assert registries.pull(place, other, PLATFORM) == image
    assert other.attached(image.digest) == store.attached(image.digest) != []
    for layer in image.layers:
        other.blobs.verify(layer.descriptor.digest)
    assert registries.resolve(place).digest == image.digest


def test_an_open_registry(open_registry, image, store, tmp_path):
    settings = {open_registry: Host(insecure=True)}
    with Registries(settings, {}, Silent()) as registries:
        there_and_back(registries, open_registry, image, store, tmp_path)
        again = registries.push(image.digest, store, Location(open_registry, "team/app/web", "2"))
        other = registries.push(image.digest, store, Location(open_registry, "team/app/more", "1"))
    assert (again.sent, again.mounted) == (0, 0)
    assert (other.sent, other.mounted) == (0, other.size)


def test_a_password_and_a_certificate_of_ones_own(
    closed_registry, own_authority, image, store, tmp_path, monkeypatch
):
    with (
        Registries({}, known(closed_registry), Silent()) as registries,
        pytest.raises(RegistryError) as caught,
    ):
        registries.resolve(Location(closed_registry, "team/app/web", "1"))
    assert str(caught.value) == (
        f"{closed_registry}: its certificate cannot be trusted: got self-signed certificate; name "
        "the authority's certificate in SSL_CERT_FILE, or write "
        f"`registries: {{{closed_registry}: {{insecure: true}}}}` into lading.yaml, or for one "
        "push or pull give --insecure"
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(own_authority.certificate))
    with Registries({}, known(closed_registry), Silent()) as registries:
        there_and_back(registries, closed_registry, image, store, tmp_path)
    for environ in ({}, known(closed_registry, password="wrong")):
        with Registries({}, environ, Silent()) as registries, pytest.raises(AccessDenied):
            registries.resolve(Location(closed_registry, "team/app/web", "1"))


def test_an_insecure_registry_may_speak_tls(closed_registry, image, store, tmp_path):
    settings = {closed_registry: Host(insecure=True)}
    with Registries(settings, known(closed_registry), Silent()) as registries:
        there_and_back(registries, closed_registry, image, store, tmp_path)


def test_tokens(token_registry, image, store, tmp_path):
    host, tokens = token_registry
    with Registries({host: Host(insecure=True)}, known(host), Silent()) as registries:
        there_and_back(registries, host, image, store, tmp_path)
    assert tokens.given[0] == "repository:team/app/web:pull,push"
    with Registries({host: Host(insecure=True)}, {}, Silent()) as registries:
        assert registries.resolve(Location(host, "team/app/web", "1")).digest == image.digest
        with pytest.raises(AccessDenied):
            registries.push(image.digest, store, Location(host, "team/app/web", "2"))
