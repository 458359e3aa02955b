"""What of an image is other than it was, in the user's words. Pure, but for layers it opens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lading.building.contents import Contents, LayerContents, Parts
from lading.building.layers.wanted import LayerKind

_ENV_OF_OURS = {
    "LADING_HANDLER": "handler",
    "LADING_FLAVOUR": "flavour",
    "LADING_MODEL": "model",
    "LADING_GRAPH": "graph",
}
"""Variables that a key of lading.yaml sets; any other is shown as `env`, without its value."""
_LABELS = {"io.lading.python": "python", "io.lading.app": "app"}


@dataclass(frozen=True)
class Changed:
    """A part that is there before and after. The texts may be empty: then they say nothing."""

    name: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Difference:
    """In what an image differs: a kind of layer, or a key of lading.yaml that is in the image.

    With nothing added, removed or changed it is made again of the same parts, as far as can be
    told.
    """

    what: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[Changed, ...] = ()

    @property
    def is_known(self) -> bool:
        """Whether a part differs; if not, the same layer may come of it."""
        return bool(self.added or self.removed or self.changed)


def differences(before: Contents, after: Contents) -> tuple[Difference, ...]:
    """Settings first, then layers from the lowest up; empty when the images are the same.

    Layers that are made again only because something below or beside them changed are left out.
    """
    found = [*_settings(before.execution, after.execution), *_layers(before, after)]
    known = tuple(one for one in found if one.is_known)
    return known or tuple(found)


def _settings(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    labels = before.get("Labels") or {}, after.get("Labels") or {}
    for label, key in _LABELS.items():
        yield from _text(key, *(one.get(label, "") for one in labels))
    was, now = (_env(execution) for execution in (before, after))
    for variable, key in _ENV_OF_OURS.items():
        yield from _text(key, was.pop(variable, ""), now.pop(variable, ""))
    yield from _text("command", _command(before), _command(after))
    # Values are left out: somebody may have written a password here.
    yield from _by_name("env", was, now, say=False)


def _command(execution: Mapping[str, Any]) -> str:
    """Empty where the runtime's server is started, which is ours to say how."""
    ours = _ENV_OF_OURS.keys() & _env(execution).keys()
    return "" if ours else " ".join(execution.get("Entrypoint") or [])


def _env(execution: Mapping[str, Any]) -> dict[str, str]:
    return dict(one.partition("=")[::2] for one in execution.get("Env") or [])


def _text(key: str, before: str, after: str) -> Iterator[Difference]:
    if before != after:
        yield Difference(key, changed=(Changed("", before, after),))


def _layers(before: Contents, after: Contents) -> Iterator[Difference]:
    for kind in (one.value for one in LayerKind):
        was, now = before.layers.get(kind), after.layers.get(kind)
        if was == now:
            continue
        then, there = _parts(was), _parts(now)
        if then is None and not all((there or {}).values()):
            yield Difference(kind)
        elif there is not None and then is None:
            # Too large to be looked through: any of the files may be another.
            yield Difference(kind, changed=tuple(map(Changed, there)))
        else:
            files = kind in (LayerKind.CODE.value, LayerKind.MODEL.value)
            found = tuple(_by_name(kind, then or {}, there or {}, say=not files))
            yield from found or (Difference(kind),)


def _parts(layer: LayerContents | None) -> Parts | None:
    return layer.parts() if layer else {}


def _by_name(what: str, before: Parts, after: Parts, say: bool) -> Iterator[Difference]:
    """With `say` the texts of parts are for people."""
    changed = tuple(
        Changed(name, before[name] if say else "", after[name] if say else "")
        for name in sorted(before.keys() & after.keys())
        if before[name] != after[name]
    )
    added = tuple(f"{x} {after[x]}" if say else x for x in sorted(after.keys() - before.keys()))
    removed = tuple(f"{x} {before[x]}" if say else x for x in sorted(before.keys() - after.keys()))
    if added or removed or changed:
        yield Difference(what, added, removed, changed)
