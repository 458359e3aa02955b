"""Two images, layer by layer: in what the one that was built differs from its rebuilt twin."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from lading.building.comparing import configs, tars
from lading.building.comparing.values import Comparison, Fact, LayerDifference
from lading.oci import Digest, Image, Layer, Manifest
from lading.oci.annotations import KIND, TITLE

Heard = Callable[[str], None]
"""Told of each layer before it is read."""


def compare(built: Image, rebuilt: Image, heard: Heard = lambda _: None) -> Comparison:
    """Nothing is read of layers whose digests are equal. Raises DamagedBlob, StoreError."""
    if built.digest == rebuilt.digest:
        return Comparison(built.digest, rebuilt.digest)
    layers = []
    for was, now in _paired(built.layers, rebuilt.layers):
        if was and now and was.descriptor.digest == now.descriptor.digest:
            continue
        heard(_title(was or now))
        layers.append(_layer(was, now))
    facts = configs.differences(built, rebuilt) or (() if layers else (_form(built, rebuilt),))
    return Comparison(built.digest, rebuilt.digest, tuple(layers), facts)


def _paired(
    built: Sequence[Layer], rebuilt: Sequence[Layer]
) -> Iterator[tuple[Layer | None, Layer | None]]:
    """By what they say they are; what stands between such pairs, by place."""
    if len(built) == len(rebuilt) and [*map(_kind, built)] == [*map(_kind, rebuilt)]:
        yield from zip(built, rebuilt, strict=True)
        return
    before, after = ([(_kind(one), _title(one)) for one in x] for x in (built, rebuilt))
    for _, i, i_end, j, j_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        was, now = [*built[i:i_end]], [*rebuilt[j:j_end]]
        for place in range(max(len(was), len(now))):
            yield (
                was[place] if place < len(was) else None,
                (now[place] if place < len(now) else None),
            )


def _layer(built: Layer | None, rebuilt: Layer | None) -> LayerDifference:
    one = rebuilt or built
    found = LayerDifference(_kind(one), _title(one), _digest(built), _digest(rebuilt))
    if built is None or rebuilt is None:
        return found
    if built.diff_id == rebuilt.diff_id:
        return replace(found, note=_packing(built, rebuilt))
    was, now = tars.read(built), tars.read(rebuilt)
    files = tuple(tars.differences(was, now))
    if not files:
        ordered = list(was) == list(now)
        how = "packed otherwise" if ordered else "in another order"
        return replace(found, note=f"the same files, {how}")
    is_text = any(fact.what == "content" for fact in files[0].facts)
    diff = tars.lines(files[0].path, built, rebuilt) if is_text else ()
    return replace(found, files=files, diff=diff)


def _digest(layer: Layer | None) -> Digest | None:
    return layer.descriptor.digest if layer else None


def _packing(built: Layer, rebuilt: Layer) -> str:
    """How two layers of one tar differ."""
    sizes = [
        f"{one.descriptor.media_type}, {one.descriptor.size} bytes" for one in (built, rebuilt)
    ]
    return f"the same files, compressed otherwise: {sizes[0]}, rebuilt {sizes[1]}"


def _form(built: Image, rebuilt: Image) -> Fact:
    """Where the documents say the same and are other bytes."""
    told = [
        [dict(one.annotations) for one in Manifest.parse(x.manifest).layers]
        for x in (built, rebuilt)
    ]
    what = "what the manifest says of its layers" if told[0] != told[1] else "how it is written"
    return Fact(what, f"{len(built.manifest)} bytes", f"{len(rebuilt.manifest)} bytes")


def _kind(layer: Layer | None) -> str:
    return layer.descriptor.annotations.get(KIND, "") if layer else ""


def _title(layer: Layer | None) -> str:
    return layer.descriptor.annotations.get(TITLE, "") if layer else ""
