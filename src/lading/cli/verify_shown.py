"""What `lading verify` prints of what it found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import click

from lading.building.comparing.values import Comparison, Fact, FileDifference, LayerDifference
from lading.cli import output
from lading.cli.verifying import Verified

_MOST_FILES = 100
"""Of a layer, in JSON; how many there are is told besides."""


def show(found: Iterable[Verified]) -> None:
    """For people: a line for each image that is the same, and for others the first difference."""
    for one in found:
        if one.comparison.is_same:
            count = len(one.target.image.layers)
            click.echo(f"{one.name}: the same, {one.comparison.built}")
            click.echo(f"  {count} layers, made again in {one.seconds:.1f} s")
        else:
            click.echo("\n".join([f"{one.name}: NOT the same", *_different(one)]))


def document(one: Verified) -> dict[str, object]:
    """For programs."""
    found = one.comparison
    return {
        "name": one.target.recipe.name,
        "platform": one.target.platform,
        "same": found.is_same,
        "digest": str(found.built),
        "rebuilt": str(found.rebuilt),
        "layers": len(one.target.image.layers),
        "seconds": round(one.seconds, 2),
        "since": list(one.since),
        "differences": [_layer_document(layer) for layer in found.layers],
        "config": [_fact_document(fact) for fact in found.config],
    }


def _different(one: Verified) -> Iterator[str]:
    found = one.comparison
    yield from (f"  {text}" for text in one.since)
    yield f"  in the store  {found.built}"
    yield f"  made again    {found.rebuilt}"
    if found.layers:
        yield from _layer(found.layers[0])
        yield from _more(found)
    for fact in found.config:
        yield f"  config: {_fact(fact)}"


def _layer(layer: LayerDifference) -> Iterator[str]:
    title = f" ({output.printable(layer.title)})" if layer.title else ""
    where = f"  {layer.kind or 'a'} layer{title}"
    if layer.built is None or layer.rebuilt is None:
        missing = "the image has no such layer" if layer.built is None else "not made again"
        yield f"{where}: {missing}"
    elif layer.files:
        first = layer.files[0]
        yield f"{where}: /{output.printable(first.path)}"
        yield from (f"    {_fact(fact)}" for fact in first.facts)
        yield from (f"      {line}" for line in layer.diff)
    else:
        yield f"{where}: {layer.note}"


def _more(found: Comparison) -> Iterator[str]:
    files, layers = len(found.layers[0].files) - 1, len(found.layers) - 1
    if files > 0:
        others = [output.printable(one.path) for one in found.layers[0].files[1:4]]
        rest = ", …" if files > len(others) else ""
        yield f"  {_count(files, 'more file')} in this layer: /{', /'.join(others)}{rest}"
    if layers > 0:
        kinds = ", ".join(f"{one.kind} ({output.printable(one.title)})" for one in found.layers[1:])
        yield f"  {_count(layers, 'more layer')}: {kinds}"


def _count(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _fact(fact: Fact) -> str:
    built, rebuilt = output.printable(fact.built), output.printable(fact.rebuilt)
    if fact.what == "there":
        return f"{built} that is not made again" if built else f"{rebuilt} that the image lacks"
    if built == rebuilt:
        return f"{fact.what}: another value"
    return f"{fact.what}: {built or 'nothing'} in the image, {rebuilt or 'nothing'} made again"


def _layer_document(layer: LayerDifference) -> dict[str, object]:
    return {
        "kind": layer.kind,
        "title": layer.title,
        "built": str(layer.built) if layer.built else None,
        "rebuilt": str(layer.rebuilt) if layer.rebuilt else None,
        "note": layer.note,
        "file_count": len(layer.files),
        "files": [_file_document(one) for one in layer.files[:_MOST_FILES]],
        "diff": list(layer.diff),
    }


def _file_document(one: FileDifference) -> dict[str, object]:
    return {"path": one.path, "facts": [_fact_document(fact) for fact in one.facts]}


def _fact_document(fact: Fact) -> dict[str, str]:
    return {"what": fact.what, "built": fact.built, "rebuilt": fact.rebuilt}
