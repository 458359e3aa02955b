"""Registries: what is in them, into a store and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from lading.errors import RegistryError
from lading.oci import Descriptor, Digest, Image
from lading.oci.location import Location
from lading.progress import Progress
from lading.stores.registry.described import Described, Pushed
from lading.stores.registry.hosts import Host, Hosts
from lading.stores.store import Store

if TYPE_CHECKING:
    from lading.stores.registry.endpoint import Endpoint
    from lading.stores.registry.patience import Patience
    from lading.stores.registry.repository import Repository

_T = TypeVar("_T")


class Registries:
    """All registries, for one command. May be used from several threads; `with` ends connections.

    Nothing is asked, and no credentials are looked for, before something is wanted. Everything
    raises AccessDenied, NotInRegistry and other RegistryErrors; then what was there before is as
    it was.
    """

    def __init__(
        self,
        settings: Hosts,
        environ: Mapping[str, str],
        progress: Progress,
        patience: Patience | None = None,
    ) -> None:
        """`settings` are `registries:` of lading.yaml; `environ` tells where credentials are."""
        self._settings = settings
        self._environ = environ
        self._progress = progress
        self._patience = patience
        self._endpoints: dict[str, Endpoint] = {}
        self._known: dict[str, dict[Digest, str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        for endpoint in self._endpoints.values():
            endpoint.close()

    def resolve(self, location: Location) -> Descriptor:
        """What a name leads to now: an image's manifest, or an index."""
        from lading.stores.registry import manifests

        return self._first(location, lambda one: manifests.get(one, location.wanted).descriptor)

    def describe(self, location: Location, platform: str) -> Described:
        """The image for a platform ("linux/amd64") without its layers."""
        from lading.stores.registry.pulling import Pull

        return self._first(location, lambda one: Pull(one, location, platform).describe())

    def pull(self, location: Location, store: Store, platform: str) -> Image:
        """Put the image for a platform into `store`, with all that is attached to it.

        Manifest, config and layers keep their bytes, and so their digests, Docker's too. It gets no
        name there. Layers that the store has are not fetched. Raises StoreError too.
        """
        from lading.stores.registry.pulling import Pull

        # Layers come one by one, and no image has them until the last is there.
        with store.shared():
            return self._first(
                location, lambda one: Pull(one, location, platform).run(store, self._progress)
            )

    def push(self, digest: Digest, store: Store, location: Location) -> Pushed:
        """Put an image or an index of `store` into a registry, with all that is attached.

        By the tag of `location` ("latest" where it has none), by its digest alone where it has
        only one. Sent is what the repository lacks and no repository of this registry that was
        pushed to before is known to have. Raises StoreError too.
        """
        from lading.stores.registry.pushing import Push

        repository = self._repository(location.host, location.repository, "pull,push")
        known = self._known.setdefault(location.host, {})
        task = f"push {location}"
        return Push(repository, store, location, known, task, self._progress).run(digest)

    def _first(self, location: Location, work: Callable[[Repository], _T]) -> _T:
        """Of the first place that has it: mirrors, then the registry, whose word is the last."""
        *mirrors, own = self._places(location)
        for host, name in mirrors:
            try:
                return work(self._repository(host, name, "pull"))
            except RegistryError:
                continue
        return work(self._repository(*own, "pull"))

    def _places(self, location: Location) -> Iterator[tuple[str, str]]:
        for mirror in self._settings.get(location.host, Host()).mirrors:
            host, _, path = mirror.partition("/")
            yield host, f"{path.strip('/')}/{location.repository}".lstrip("/")
        yield location.host, location.repository

    def _repository(self, host: str, name: str, actions: str) -> Repository:
        from lading.stores.registry.credentials import Keyring
        from lading.stores.registry.endpoint import Endpoint
        from lading.stores.registry.patience import Patience
        from lading.stores.registry.repository import Repository

        if host not in self._endpoints:
            insecure = self._settings.get(host, Host()).insecure
            self._endpoints[host] = Endpoint(host, insecure, self._patience or Patience())
        return Repository(self._endpoints[host], name, actions, Keyring(self._environ))
