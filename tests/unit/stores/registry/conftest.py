"""A registry in this process, and who talks to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pytest

from lading.oci import Artifact, Image
from lading.progress import Silent
from lading.stores.memory import Memory
from lading.stores.registry import Host, Registries
from tests.conftest import Images
from tests.registry_server import Registry, serving
from tests.unit.stores.registry.talking import LAYER, QUICK

Open = Callable[..., Registries]


@pytest.fixture
def registry() -> Iterator[Registry]:
    with serving() as one:
        yield one


@pytest.fixture
def opened() -> Iterator[Open]:
    """opened(registry, environ={}, **settings): closed when the test ends."""
    made: list[Registries] = []

    def one(
        registry: Registry, environ: Mapping[str, str] | None = None, **settings: Host
    ) -> Registries:
        hosts = {registry.host: Host(insecure=True), **settings}
        made.append(Registries(hosts, environ or {}, Silent(), QUICK))
        return made[-1]

    yield one
    for each in made:
        with each:
            pass


@pytest.fixture
def store() -> Memory:
    return Memory()


@pytest.fixture
def image(images: Images, store: Memory) -> Image:
    """Two layers, one of them too large for one request, and a document about it all."""
    noise = bytes(range(256)) * 1200
    made = images.image(images.layer({"large": noise}, LAYER), images.layer({"small": b"1"}))
    store.write(made)
    store.attach(Artifact.of(made.descriptor, "application/vnd.in-toto+json", b'{"a": 1}'))
    return made
