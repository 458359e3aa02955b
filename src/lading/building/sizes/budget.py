"""`max_size`: an image that grows past it is not kept, and what made it grow is named."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lading.building.recipe import Recipe
from lading.building.sizes.explaining import Explained, Part, explain
from lading.building.sizes.known import Known
from lading.errors import BuildError, ImageNotFound, StoreError
from lading.oci import Image, Reference
from lading.stores.layout import Layout

_MOST_NAMED = 4
_WORTH_NAMING = 64 * 1024


@dataclass
class OverBudgetError(BuildError):
    """An image larger than its recipe allows, and what takes the room in it."""

    explained: Explained | None = None


def check(recipe: Recipe, image: Image, store: Layout, known: Known) -> None:
    """Raise OverBudgetError for an image that is larger than its recipe allows, as it is sent."""
    most = recipe.max_size_bytes
    if most is None or image.size <= most:
        return
    now = explain(image, known)
    came = f"{_size(image.size)}, most of it {_named(now.parts)}"
    raise OverBudgetError(
        "its image would be larger than it may be",
        where=recipe.places.get("max_size", recipe.name),
        expected=f"at most {_size(most)}, compressed",
        came=f"{came}{_grown(recipe, now, store, known)}",
        todo="see `lading build --explain`, remove what is not needed, or raise `max_size`",
        explained=now,
    )


def _named(parts: Iterable[Part]) -> str:
    return ", ".join(f"{one.owner} {_size(one.packed)}" for one in list(parts)[:_MOST_NAMED])


def _grown(recipe: Recipe, now: Explained, store: Layout, known: Known) -> str:
    """What is larger than in the image that has the name now."""
    try:
        image = store.read(Reference(f"{recipe.app}/{recipe.name}"))
        before = {(x.owner.kind, x.owner.name): x.packed for x in explain(image, known).parts}
    except (ImageNotFound, StoreError):
        return ""
    rows = []
    for one in now.parts:
        was = before.get((one.owner.kind, one.owner.name), 0)
        if one.packed - was >= _WORTH_NAMING:
            rows.append((one.packed - was, f"{one.owner} +{_size(one.packed - was)}"))
    if not rows:
        return ""
    texts = [text for _, text in sorted(rows, reverse=True)[:_MOST_NAMED]]
    return f"; since the last image, of {_size(image.size)}: {', '.join(texts)}"


def _size(count: int) -> str:
    """In the unit that `max_size` is written in."""
    return f"{count / 1024**2:.1f}Mi"
