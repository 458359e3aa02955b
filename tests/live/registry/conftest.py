"""Registries as people run them: open, with passwords, with tokens and TLS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lading.oci import Artifact, Image
from lading.stores.layout import Layout
from tests import registries
from tests.conftest import Images
from tests.live.registry import authority
from tests.live.registry.authority import Pair, Tokens


@pytest.fixture(scope="session")
def open_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One that is open to all, by plain HTTP."""
    with registries.running(tmp_path_factory.mktemp("open")) as host:
        yield host


@pytest.fixture(scope="session")
def own_authority(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return authority.pair(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def closed_registry(tmp_path_factory: pytest.TempPathFactory, own_authority: Pair) -> Iterator[str]:
    """One with a password, by TLS with a certificate of one's own authority."""
    folder = tmp_path_factory.mktemp("closed")
    (folder / "htpasswd").write_text(registries.HTPASSWD)
    auth = f"auth: {{htpasswd: {{realm: tests, path: {folder}/htpasswd}}}}"
    tls = f"{{certificate: {own_authority.certificate}, key: {own_authority.key}}}"
    with registries.running(folder, auth, {"tls": tls}) as host:
        yield host


@pytest.fixture
def token_registry(tmp_path: Path, own_authority: Pair) -> Iterator[tuple[str, Tokens]]:
    """One that wants tokens, and who gives them."""
    with authority.giving(Tokens(own_authority)) as tokens:
        auth = (
            f"auth: {{token: {{realm: '{tokens.address}', service: tests, issuer: tests, "
            f"rootcertbundle: {own_authority.certificate}}}}}"
        )
        with registries.running(tmp_path / "registry", auth) as host:
            yield host, tokens


@pytest.fixture
def store(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "store")


@pytest.fixture
def image(images: Images, store: Layout) -> Image:
    """With layers large and small, and a document about it."""
    noise = b"".join(n.to_bytes(4, "big") * 3 for n in range(60_000))
    made = images.image(images.layer({"noise": noise}), images.layer({"small": b"1"}))
    store.write(made)
    store.attach(Artifact.of(made.descriptor, "application/vnd.in-toto+json", b'{"a": 1}'))
    return made
