"""Over a line that cuts, answers for the registry and alters bytes, nothing corrupt is accepted.

Drawn from seeds, so that what fails can be seen to fail again.
"""

from __future__ import annotations

import random

import pytest

from lading.errors import RegistryError, StoreError
from lading.oci import Digest, Location
from lading.progress import Silent
from lading.stores.layout import Layout
from lading.stores.registry import Host, Registries
from lading.stores.registry.patience import Patience
from tests.live.registry.bad_line import bad_line

PLATFORM = "linux/amd64"
PATIENT = Patience(attempts=12, unknown_attempts=12, first_seconds=0.001, longest_seconds=0.02)
HASTY = Patience(attempts=2, unknown_attempts=2, first_seconds=0.001, longest_seconds=0.01)
SEEDS = range(8)


@pytest.fixture
def image(images, store):
    noise = random.Random(7).randbytes(1_500_000)
    made = images.image(*(images.layer({"x": noise[n:]}) for n in (0, 900_000, 1_499_000)))
    store.write(made)
    return made


def through(line, patience):
    return Registries({line.address: Host(insecure=True)}, {}, Silent(), patience)


def check(store):
    """Everything that has a name in a store is what its name says."""
    folder = store.folder / "blobs" / "sha256"
    for path in folder.iterdir() if folder.exists() else ():
        store.blobs.verify(Digest(path.name))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_push_over_a_bad_line_ends_well(open_registry, image, store, tmp_path, seed):
    name = f"line/{seed}/up"
    with bad_line(open_registry, seed, faults=8) as line:
        with through(line, PATIENT) as registries:
            registries.push(image.digest, store, Location(line.address, name, "1"))
        assert line.done
    settings = {open_registry: Host(insecure=True)}
    with Registries(settings, {}, Silent()) as registries:
        other = Layout(tmp_path / "other")
        assert registries.pull(Location(open_registry, name, "1"), other, PLATFORM) == image
    check(other)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_pull_over_a_bad_line_ends_well(open_registry, image, store, tmp_path, seed):
    place = Location(open_registry, "line/down", "1")
    with Registries({open_registry: Host(insecure=True)}, {}, Silent()) as registries:
        registries.push(image.digest, store, place)
    other = Layout(tmp_path / "other")
    with bad_line(open_registry, 1000 + seed, faults=8) as line:
        # By a tag nothing tells altered bytes from others; by a digest everything does.
        pinned = Location(line.address, "line/down").at(image.digest)
        with through(line, PATIENT) as registries:
            assert registries.pull(pinned, other, PLATFORM) == image
        assert line.done
    check(other)


@pytest.mark.parametrize("seed", SEEDS)
def test_who_gives_up_says_why_and_keeps_nothing_corrupt(
    open_registry, image, store, tmp_path, seed
):
    place = Location(open_registry, f"line/{seed}/given-up", "1")
    with Registries({open_registry: Host(insecure=True)}, {}, Silent()) as registries:
        registries.push(image.digest, store, place)
    other = Layout(tmp_path / "other")
    with bad_line(open_registry, 2000 + seed, faults=1000, wild=True) as line:
        pinned = Location(line.address, place.repository).at(image.digest)
        up = Location(line.address, place.repository, "2")
        for _ in range(3):
            with through(line, HASTY) as registries:
                try:
                    assert registries.pull(pinned, other, PLATFORM) == image
                    registries.push(image.digest, store, up)
                except (RegistryError, StoreError) as error:
                    assert line.address in str(error) and "Traceback" not in str(error)
    check(other)
    with Registries({open_registry: Host(insecure=True)}, {}, Silent()) as registries:
        assert registries.pull(place, other, PLATFORM) == image
