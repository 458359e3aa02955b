"""What a change of an app would do, service by service, before anything is done. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

from lading.building.contents import Contents
from lading.building.differences import Changed, Difference, differences
from lading.gateway.route import Listener
from lading.oci import Digest
from lading.releases.revision import Spec


class Outcome(Enum):
    """What becomes of a service."""

    NEW = "new"
    CHANGED = "changed"
    """Replaced by a revision that differs, or run in another number of replicas."""
    AGAIN = "made again"
    """Its image is to be made of what it was made of. It is replaced if another one comes of it."""
    STARTED = "started"
    """As it was, and not running."""
    SAME = "unchanged"
    REMOVED = "removed"


@dataclass(frozen=True)
class Asked:
    """A service as it is asked for. `image` is None while it has to be made.

    Of `spec` all but the image counts. `contents` is asked for only when the images differ; it
    gives None for an image that is not in the store any more.
    """

    spec: Spec
    replicas: int
    image: Digest | None
    contents: Callable[[], Contents | None]
    returns_to: int | None = None
    """The revision that a rollback brought back."""


@dataclass(frozen=True)
class Setting:
    """A key of lading.yaml, and its value before and after as one would write it."""

    key: str
    before: str
    after: str


@dataclass(frozen=True)
class ServiceChange:
    """What becomes of a service, and why."""

    service: str
    outcome: Outcome
    image: tuple[Difference, ...] = ()
    settings: tuple[Setting, ...] = ()
    undoes: int | None = None
    """The revision that a rollback had brought back, and that goes again."""


@dataclass(frozen=True)
class Changes:
    """Services in the order in which they are asked for, then those to be removed."""

    services: tuple[ServiceChange, ...]
    gateway: tuple[Setting, ...] = ()

    @property
    def anything(self) -> bool:
        """Whether anything is to be done."""
        return bool(self.gateway) or any(x.outcome is not Outcome.SAME for x in self.services)


def compare(
    before: Mapping[str, Asked], after: Mapping[str, Asked], running: Collection[str]
) -> tuple[ServiceChange, ...]:
    """From what was asked for to what is asked for now.

    `running` are services that have replicas, or will have them without anything being done; one
    that is not asked for any more is removed.
    `Asked.contents` may raise what reading an image raises.
    """
    stay = tuple(_compared(name, before.get(name), one, running) for name, one in after.items())
    gone = (ServiceChange(name, Outcome.REMOVED) for name in sorted(set(running) - after.keys()))
    return (*stay, *gone)


def gateway(before: Listener | None, after: Listener) -> tuple[Setting, ...]:
    """In what the gateway changes; nothing where there was none."""
    if before is None:
        return ()
    pairs = {"host": (before.host, after.host), "port": (before.port, after.port)}
    return tuple(Setting(key, str(a), str(b)) for key, (a, b) in pairs.items() if a != b)


def _compared(
    name: str, before: Asked | None, after: Asked, running: Collection[str]
) -> ServiceChange:
    if before is None:
        return ServiceChange(name, Outcome.NEW)
    image = _image(before, after)
    settings = settings_changed(before.spec, after.spec, before.replicas, after.replicas)
    back = before.returns_to
    is_another = bool(image) and after.image is not None
    if settings or is_another or any(one.is_known for one in image):
        return ServiceChange(name, Outcome.CHANGED, image, settings, back)
    if image:
        return ServiceChange(name, Outcome.AGAIN, image, (), back)
    return ServiceChange(name, Outcome.SAME if name in running else Outcome.STARTED)


def _image(before: Asked, after: Asked) -> tuple[Difference, ...]:
    if before.image == after.image:
        return ()
    if before.spec.foreign and after.spec.foreign and before.image and after.image:
        # Of what somebody else made, nothing is known that it is made of.
        which = Changed("", before.image.short, after.image.short)
        return (Difference("image", changed=(which,)),)
    was, now = before.contents(), after.contents()
    found = differences(was, now) if was and now else ()
    return found or (Difference("image"),)


def settings_changed(
    before: Spec, after: Spec, replicas_before: int = 0, replicas_after: int = 0
) -> tuple[Setting, ...]:
    """In what keys of lading.yaml two specs differ, and what runs of them."""
    return tuple(_settings(before, after, replicas_before, replicas_after))


def _settings(before: Spec, after: Spec, was_many: int, now_many: int) -> Iterator[Setting]:
    if was_many != now_many:
        yield Setting("scale.min", str(was_many), str(now_many))
    was, now = (dict(_flat("", asdict(one))) for one in (before, after))
    for path in {**was, **now}:
        if path not in SILENT and was.get(path) != now.get(path):
            key, word = WORDS.get(path, (path, _plain))
            texts = [word(x[path]) if path in x else "none" for x in (was, now)]
            if texts[0] == texts[1] and path in was and path in now:
                texts[1] = "another value"
            if texts[0] != texts[1]:
                yield Setting(key, *texts)


def _flat(above: str, document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in document.items():
        if isinstance(value, dict):
            yield from _flat(f"{above}{name}.", value)
        elif value is not None:
            yield above + name, value


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _size(count: int) -> str:
    for unit, factor in (("Gi", 1024**3), ("Mi", 1024**2), ("Ki", 1024)):
        if count and count % factor == 0:
            return f"{count // factor}{unit}"
    return str(count)


def _seconds(value: float) -> str:
    return f"{value * 1000:g}ms" if 0 < value < 1 else f"{value:g}s"


def _number(value: float) -> str:
    return f"{value:g}"


WORDS: Mapping[str, tuple[str, Callable[[Any], str]]] = {
    "limits.cpu": ("resources.cpu", _number),
    "limits.memory_bytes": ("resources.memory", _size),
    "limits.processes": ("resources.processes", str),
    "limits.gpu": ("resources.gpu", str),
    "timeout_seconds": ("timeout", _seconds),
    "max_body_bytes": ("gateway.max_body", _size),
    "batching.max_wait_seconds": ("batching.max_wait", _seconds),
    "http.port": ("port", str),
    "foreign.user": ("user", str),
    "foreign.arguments": ("command", lambda words: " ".join(words) or "its own"),
    # Without values: somebody may have written a password here.
    "foreign.env": ("env", lambda pairs: ", ".join(name for name, _ in pairs) or "none"),
    "http.health": ("health", str),
    "secrets": ("secrets", lambda names: ", ".join(names) or "none"),
}
"""Fields of a Spec that lading.yaml calls something else, and how their values are written."""
SILENT = frozenset({"image.hex", "grace_seconds"})
"""Fields of a Spec that are told of otherwise: by differences of images, and by `timeout`."""
