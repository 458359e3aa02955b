"""Images out of a repository, into a store."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from lading.errors import RegistryError
from lading.oci import Descriptor, Image, Index, Layer, Manifest, validate
from lading.oci.config import Config
from lading.oci.location import Location
from lading.progress import Progress, amount
from lading.stores.images import DOCUMENT_BYTES
from lading.stores.registry import at_once, cosign_tags, downloads, manifests, referrers
from lading.stores.registry.described import Described
from lading.stores.registry.manifests import Stated
from lading.stores.registry.repository import Repository
from lading.stores.store import Store


@dataclass(frozen=True)
class Pull:
    """What is pulled, and from where."""

    repository: Repository
    location: Location
    platform: str

    def describe(self) -> Described:
        """The image for the platform, without its layers. Raises RegistryError."""
        root = manifests.get(self.repository, self.location.wanted)
        stated = self._chosen(root) if root.is_index else root
        with manifests.explained(self.repository.where):
            parsed = Manifest.parse(stated.raw)
        config = downloads.small(self.repository, parsed.config, DOCUMENT_BYTES)
        with manifests.explained(self.repository.where):
            self._check(Config.parse(config), parsed)
        return Described(root.descriptor, stated.descriptor, stated.raw, config)

    def run(self, store: Store, progress: Progress) -> Image:
        """Once all of it is there, the store has the image and what is attached to it."""
        task = f"pull {self.location}"
        described = self.describe()
        manifest, config = Manifest.parse(described.manifest), Config.parse(described.config)
        with store.shared():
            missing = [one for one in _once(manifest) if store.blobs.size(one.digest) != one.size]
            size = sum(one.size for one in missing)
            store.blobs.check_room(size)
            progress.start(task, size)
            self._download(missing, store, partial(progress.advance, task))
            layers = tuple(
                Layer(one, diff_id, partial(store.blobs.open, one.digest))
                for one, diff_id in zip(manifest.layers, config.diff_ids, strict=True)
            )
            image = Image(described.manifest, described.config, layers)
            self._keep(image, store)
        progress.finish(task, amount(size) if size else "cached")
        return image

    def _keep(self, image: Image, store: Store) -> None:
        attached = [
            *referrers.pull(self.repository, image.digest),
            *cosign_tags.pull(self.repository, image.descriptor),
        ]
        with manifests.explained(self.repository.where):
            validate.check(image)
        store.write(image)
        for artifact in attached:
            store.attach(artifact)

    def _chosen(self, root: Stated) -> Stated:
        with manifests.explained(self.repository.where):
            wanted = Index.parse(root.raw).manifest(self.platform)
        return manifests.get(self.repository, str(wanted.digest))

    def _check(self, config: Config, manifest: Manifest) -> None:
        came = f"{config.operating_system}/{config.architecture}"
        if came != "/".join(self.platform.split("/")[:2]):
            where = str(self.location)
            raise RegistryError("is for another platform", where, self.platform, came)
        count = len(manifest.layers)
        if len(config.diff_ids) != count:
            expected = f"{count} layers in its config"
            raise RegistryError(
                "is no image", str(self.location), expected, str(len(config.diff_ids))
            )

    def _download(self, wanted: list[Descriptor], store: Store, heard: downloads.Heard) -> None:
        # The largest first, so that it does not end alone.
        ordered = sorted(wanted, key=lambda one: -one.size)
        at_once.each(
            lambda one: downloads.download(self.repository, one, store.blobs, heard),
            ordered,
            self.repository.give_up,
        )


def _once(manifest: Manifest) -> list[Descriptor]:
    return list({one.digest: one for one in manifest.layers}.values())
