"""The Docker Engine API, as docker-py speaks it, in values of our own.

Nothing else knows docker-py: what it returns has no types, and what it raises says nothing to a
user. Source: Docker Engine API 1.41, which Podman's compatible one follows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, BinaryIO

import docker
import requests
from docker.errors import APIError, DockerException

from lading.engines.docker.streams import Frame, PullStream, frames
from lading.errors import EngineError, EngineUnavailable

_SECONDS = 120.0
"""Of silence from the daemon: it unpacks large layers without a word."""
_CONFLICT = 409
_NOT_FOUND = 404
_GONE = "no such container"
_GO_SYMLINK = 1 << 27
"""Go's io/fs.ModeSymlink, in the modes of files that the daemon sends."""


@dataclass(frozen=True)
class Seen:
    """A container as the daemon describes it."""

    id: str
    image: str
    """The daemon's own name of the image: the digest of its config, `sha256:…`."""
    status: str
    """"created", "running", "exited" and others."""
    running: bool
    pid: int
    """0 when it does not run."""
    exit_code: int
    out_of_memory: bool
    started_at: datetime
    labels: Mapping[str, str]
    log: str
    """The file that its output is kept in; empty when the daemon does not say."""


@dataclass(frozen=True)
class Listed:
    """A container in a list."""

    id: str
    status: str
    labels: Mapping[str, str]


@dataclass(frozen=True)
class LocalImage:
    """An image that the daemon has. `layers` are diff IDs, lowest first."""

    id: str
    layers: tuple[str, ...]


@dataclass(frozen=True)
class Held:
    """A name of an image that the daemon has."""

    name: str
    own_bytes: int
    """Of what no other image has."""
    containers: int
    """Running or not."""


class Api:
    """A daemon at one address. Every method may be called from several threads at once.

    All raise EngineUnavailable when it does not answer, EngineError with its words when it refuses.
    """

    def __init__(self, host: str) -> None:
        self.host = host
        with self._explained():
            # What it returns is declared in part only, and not always as it is.
            self._client: Any = docker.APIClient(host, version="auto", timeout=int(_SECONDS))

    def about(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """What `/info` and `/version` say."""
        with self._explained():
            return dict(self._client.info()), dict(self._client.version())

    def inspect(self, name: str) -> Seen | None:
        """A container by name or ID; None when there is none."""
        found = self._unless([_NOT_FOUND], self._client.inspect_container, name)
        return _seen(found) if found else None

    def listed(self, labels: Mapping[str, str]) -> list[Listed]:
        """Every container, whatever its state, that has all of these labels."""
        wanted = [f"{name}={value}" for name, value in labels.items()]
        list_all = partial(self._client.containers, all=True, filters={"label": wanted})
        # Podman finds nothing at all when one of them goes while it looks.
        while (found := self._unless([_NOT_FOUND], list_all)) is None:
            continue
        return [Listed(x["Id"], x["State"], x.get("Labels") or {}) for x in found]

    def create(self, name: str, document: Mapping[str, Any]) -> str:
        """The ID of a new container; `document` is the request's body."""
        with self._explained():
            return str(self._client.create_container_from_config(dict(document), name)["Id"])

    def start(self, container: str) -> None:
        with self._explained():
            self._client.start(container)

    def signal(self, container: str, name: str) -> None:
        """Send a signal; nothing happens when it does not run, or is gone."""
        self._unless([_NOT_FOUND, _CONFLICT], self._client.kill, container, name)

    def remove(self, container: str) -> None:
        """Kill and forget a container with its nameless volumes; nothing when it is gone."""
        remove = partial(self._client.remove_container, v=True, force=True)
        # A conflict: somebody else is removing it already.
        self._unless([_NOT_FOUND, _CONFLICT], remove, container)

    def logs(self, container: str, follow: bool) -> Iterator[Frame]:
        """What it wrote, each piece with its time in front; with `follow` until it ends."""
        wanted = {"stdout": 1, "stderr": 1, "timestamps": 1, "follow": int(follow)}
        # docker-py's own `logs` does not tell the two streams apart.
        url = f"{self._client.base_url}/v{self._client.api_version}/containers/{container}/logs"
        with self._explained():
            timeout = (_SECONDS, None if follow else _SECONDS)
            answer = self._client.get(url, params=wanted, stream=True, timeout=timeout)
            answer.raise_for_status()
        return frames(answer)

    def image(self, image_id: str) -> LocalImage | None:
        """An image by ID or name; None when the daemon does not have it."""
        found = self._unless([_NOT_FOUND], self._client.inspect_image, image_id)
        if found is None:
            return None
        layers = (found.get("RootFS") or {}).get("Layers") or ()
        return LocalImage(_digest(found["Id"]), tuple(layers))

    def images(self, pattern: str) -> list[str]:
        """IDs of images that have a name like this."""
        with self._explained():
            found = self._client.images(filters={"reference": pattern})
            return [_digest(image["Id"]) for image in found]

    def held(self) -> list[Held]:
        """Every name of an image."""
        with self._explained():
            # Podman tells names in the one, and sizes in the other.
            use = {_digest(one["Id"]): one for one in self._client.df().get("Images") or ()}
            return [
                Held(name, max(0, one["Size"] - one["SharedSize"]), one["Containers"])
                for image in self._client.images()
                if (one := use.get(_digest(image["Id"])))
                for name in image.get("RepoTags") or ()
            ]

    def forget(self, image: str) -> None:
        """Take a name away, and with the last one the image; nothing where a container has it."""
        self._unless([_NOT_FOUND, _CONFLICT], self._client.remove_image, image)

    def load(self, archive: Iterable[bytes]) -> None:
        """Take an archive, as `docker load` does, while it is being made."""
        with self._explained():
            for said in self._client.load_image(archive, quiet=False):
                if problem := said.get("error"):
                    raise EngineError("the image was refused", self.host, came=str(problem))

    def put(self, container: str, path: str, tar: bytes) -> None:
        """Unpack a tar at a path of a container that is not running."""
        with self._explained():
            self._client.put_archive(container, path, tar)

    def get(self, container: str, path: str) -> tuple[BinaryIO, str] | None:
        """A path as a tar, and where it leads when it is a link; None when there is none."""
        found = self._unless([_NOT_FOUND], self._client.get_archive, container, path)
        if found is None:
            return None
        pieces, stat = found
        is_link = stat and int(stat["mode"]) & _GO_SYMLINK
        return PullStream(pieces).buffered(), str(stat["linkTarget"]) if is_link else ""

    def _unless(self, spared: Sequence[int], verb: Callable[..., Any], *arguments: str) -> Any:
        """What a verb of docker-py returns; None when it is refused with one of these statuses."""
        with self._explained():
            try:
                return verb(*arguments)
            except APIError as error:
                if _status(error) in spared:
                    return None
                raise

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Put what docker-py raises into words."""
        try:
            yield
        except APIError as error:
            raise EngineError("the daemon refused", self.host, came=_said(error)) from error
        except requests.HTTPError as error:
            raise EngineError("the daemon refused", self.host, came=str(error)) from error
        except requests.Timeout as error:
            raise EngineUnavailable("does not answer in time", self.host) from error
        except (requests.ConnectionError, DockerException) as error:
            todo = "start it again; `lading doctor` says where else one is looked for"
            came = _reason(error)
            raise EngineUnavailable("does not answer", self.host, came=came, todo=todo) from error


def _status(error: APIError) -> int:
    """Podman calls it an error of its own when a container goes while it is asked about it."""
    return _NOT_FOUND if _GONE in _said(error) else error.status_code or 0


def _said(error: APIError) -> str:
    said: object = error.explanation or str(error)
    return (said.decode(errors="replace") if isinstance(said, bytes) else str(said)).strip()


def _seen(found: Mapping[str, Any]) -> Seen:
    state: Mapping[str, Any] = found["State"]
    return Seen(
        id=found["Id"],
        image=_digest(found["Image"]),
        status=str(state["Status"]),
        running=bool(state["Running"]),
        pid=int(state["Pid"]),
        exit_code=int(state["ExitCode"]),
        out_of_memory=bool(state["OOMKilled"]),
        started_at=_moment(state["StartedAt"]),
        labels=found["Config"].get("Labels") or {},
        log=str(found.get("LogPath") or ""),
    )


def _digest(text: str) -> str:
    """Podman leaves the algorithm out at times."""
    return text if ":" in text else f"sha256:{text}"


def _moment(text: str) -> datetime:
    """RFC 3339 with nanoseconds; datetime keeps six of the nine digits."""
    return datetime.fromisoformat(text).astimezone(UTC)


def _reason(error: BaseException) -> str:
    """The operating system's own words, below what libraries wrap around them."""
    seen: BaseException | None = error
    while seen is not None:
        for one in (seen, *getattr(seen, "args", ())):
            if isinstance(one, OSError) and one.strerror:
                return one.strerror.lower()
        inner = [one for one in getattr(seen, "args", ()) if isinstance(one, BaseException)]
        seen = inner[0] if inner else seen.__cause__ or seen.__context__
    return str(error)
