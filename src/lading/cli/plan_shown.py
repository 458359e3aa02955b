"""A plan as a person reads it: a mark for each service, and why."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

import click

from lading.building.differences import Changed, Difference
from lading.engines import select
from lading.releases.changes import Changes, Outcome, ServiceChange, Setting

_MARKS = {
    Outcome.NEW: ("+", "green"),
    Outcome.STARTED: ("+", "green"),
    Outcome.CHANGED: ("~", "yellow"),
    Outcome.AGAIN: ("~", "yellow"),
    Outcome.REMOVED: ("-", "red"),
    Outcome.SAME: ("=", "blue"),
}
_COLUMNS = 80
_MOST_NAMED = 4


def show(changes: Changes, left: Sequence[str] = ()) -> None:
    """Print it; `left` are services that were not asked about and stay as they are."""
    for text in lines(changes, left):
        mark = text[2:3]
        colour = next((colour for one, colour in _MARKS.values() if one == mark), None)
        click.echo(f"{text[:2]}{click.style(mark, fg=colour, bold=True)}{text[3:]}")


def show_engine(name: str) -> None:
    """Print what is to run the containers, unless it is what runs them everywhere."""
    if name != select.EMBEDDED:
        click.echo(f"engine: {name}")


def lines(changes: Changes, left: Sequence[str] = ()) -> Iterator[str]:
    """The plan in lines of 80 columns; what stays is one of them."""
    told = [one for one in changes.services if one.outcome is not Outcome.SAME]
    same = [one.service for one in changes.services if one.outcome is Outcome.SAME]
    width = max((len(one.service) for one in told), default=0)
    if changes.gateway:
        width = max(width, len("gateway"))
    for one in told:
        yield from _told(_MARKS[one.outcome][0], one.service.ljust(width), _reasons(one))
    if changes.gateway:
        yield from _told("~", "gateway".ljust(width), list(map(_setting, changes.gateway)))
    if same:
        yield from _folded(f"{len(same)} unchanged", same)
    if left:
        yield from _folded(f"{len(left)} not asked for", left)


def _told(mark: str, name: str, reasons: Sequence[str]) -> Iterator[str]:
    first = f"  {mark} {name}  "
    for number, reason in enumerate(reasons):
        indent = first if number == 0 else " " * len(first)
        yield from textwrap.wrap(
            reason,
            max(_COLUMNS, len(first) + 30),
            initial_indent=indent,
            subsequent_indent=" " * (len(first) + 2),
            break_long_words=False,
            break_on_hyphens=False,
        )


def _folded(what: str, names: Sequence[str]) -> Iterator[str]:
    text = f"  = {what}: {', '.join(names)}"
    yield from textwrap.wrap(text, _COLUMNS, subsequent_indent="    ", break_on_hyphens=False)


def _reasons(change: ServiceChange) -> list[str]:
    match change.outcome:
        case Outcome.NEW:
            return ["new"]
        case Outcome.STARTED:
            return ["starts, as it was"]
        case Outcome.REMOVED:
            return ["removed"]
        case Outcome.AGAIN:
            layers = ", ".join(one.what for one in change.image)
            made = f"made again ({layers}); replaced if another image comes of it"
            return [*_undone(change), made]
    return [*_undone(change), *_image(change.image), *map(_setting, change.settings)]


def _undone(change: ServiceChange) -> Iterator[str]:
    if change.undoes is not None:
        yield f"undoes the rollback to revision {change.undoes}"


def _image(differences: Sequence[Difference]) -> Iterator[str]:
    """A line each; of a service that a graph takes the place of, what its files were is one."""
    texts = {one.what: one.changed[0] for one in differences if one.changed}
    handler, graph = texts.get("handler"), texts.get("graph")
    swapped = handler and graph and bool(handler.before) == bool(graph.after) != bool(graph.before)
    if handler and swapped:
        yield (
            f"handler {handler.before} → a graph"
            if handler.before
            else (f"a graph → handler {handler.after}")
        )
    for one in differences:
        if not (swapped and one.what in ("handler", "graph", "code")):
            yield _difference(one)


def _difference(one: Difference) -> str:
    if not one.is_known:
        return {"runtime": "runtime: another version of Lading"}.get(one.what, f"{one.what}: other")
    parts = [_changed(part) for part in one.changed]
    parts += [f"+ {name}" for name in one.added] + [f"- {name}" for name in one.removed]
    named = ", ".join(parts[:_MOST_NAMED])
    more = f" and {len(parts) - _MOST_NAMED} more" if len(parts) > _MOST_NAMED else ""
    return f"{one.what}: {named}{more}"


def _changed(part: Changed) -> str:
    if not (part.before or part.after):
        return part.name
    return f"{part.name} {part.before or 'none'} → {part.after or 'none'}".strip()


def _setting(one: Setting) -> str:
    return f"{one.key}: {one.before} → {one.after}"
