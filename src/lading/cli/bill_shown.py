"""How a bill is told to a person, and to a program."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import click

from lading import bills
from lading.bills.audit import components
from lading.bills.audit.components import Component
from lading.bills.bill import Bill, Origin
from lading.cli import output
from lading.cli.output import printable
from lading.oci import Image
from lading.stores.layout import Layout

_SHORT = 12
"""Digits of a digest, or commit: `lading bill --json` has all."""
_MOST_LICENCES = 6
_MOST_FILES = 3
_TITLE = "org.opencontainers.image.title"


@dataclass(frozen=True)
class Told:
    """An image by its name, and its bill."""

    name: str
    bill: Bill
    is_attached: bool
    """Whether any of it is: else it was read of the layers now."""


def title(image: Image, otherwise: str) -> str:
    """What an image calls itself."""
    labels = (image.settings.get("config") or {}).get("Labels") or {}
    return str(labels.get(_TITLE) or otherwise)


def document(store: Layout, told: Told) -> dict[str, object]:
    """Both documents as they are, and what there is besides."""
    return {
        "name": told.name,
        "digest": str(told.bill.subject.digest),
        "attached": told.is_attached,
        "builds": len(bills.earlier(store, told.bill.subject.digest)),
        "provenance": told.bill.statement or None,
        "sbom": told.bill.components or None,
    }


def show(store: Layout, told: Told, packages: bool) -> None:
    """The bill in some ten lines, and the list of packages where it is asked for."""
    bill = told.bill
    click.echo(f"{printable(told.name)}  {bill.subject.digest}")
    listed = components.of(bill.components)
    lines = [*_origin(told), *_earlier(store, bill), *_made_of(bill), *_listed(listed)]
    width = max(len(word) for word, _ in lines)
    for word, text in lines:
        click.echo(f"  {word.ljust(width)}  {printable(text)}")
    if packages and listed:
        rows = [
            (one.name, one.version, _kind(one), ", ".join(one.licences) or "-") for one in listed
        ]
        click.echo()
        cells = [tuple(map(printable, row)) for row in rows]
        output.print_table(("PACKAGE", "VERSION", "OF", "LICENCE"), cells)


def _origin(told: Told) -> Iterator[tuple[str, str]]:
    if not told.bill.provenance:
        why = "nobody attached a provenance" if told.is_attached else "no bill is attached"
        yield "built", f"{why}; what is in it was read of its layers"
        return
    origin = told.bill.origin
    place = f"{origin.account}@{origin.host}" if origin.host else origin.account
    who = f"{origin.user} ({place})" if origin.user != origin.account else place
    when = origin.finished.replace("T", " ").replace("Z", " UTC")
    by = [f"by {who}" if who else "", f"with {origin.builder}" if origin.builder else ""]
    yield "built", " ".join(one for one in (when, _lasted(origin), *by) if one)
    if origin.invocation.startswith("http"):
        yield "run", origin.invocation
    yield "commit", _commit(told.bill)
    if origin.repository:
        yield "source", origin.repository


def _commit(bill: Bill) -> str:
    origin = bill.origin
    if not origin.commit:
        return "none: its source was in no git repository, or git was not there"
    branch = f" on {origin.branch}" if origin.branch else ""
    return f"{origin.commit[:_SHORT]}{branch}, {_state(bill)}"


def _state(bill: Bill) -> str:
    if bill.origin.dirty is None:
        return "whether it was changed is not known"
    if not bill.origin.dirty:
        return "unchanged"
    notes = _notes(_named(bill, "source"))
    files = [str(one) for one in notes.get("changed", ())]
    count = notes.get("changed_count", len(files))
    rest = f" and {count - _MOST_FILES} more" if count > _MOST_FILES else ""
    return f"with changes: {', '.join(files[:_MOST_FILES])}{rest}"


def _lasted(origin: Origin) -> str:
    try:
        begun, ended = map(datetime.fromisoformat, (origin.started, origin.finished))
    except ValueError:
        return ""
    return f"in {(ended - begun).total_seconds():.0f} s"


def _earlier(store: Layout, bill: Bill) -> Iterator[tuple[str, str]]:
    every = bills.earlier(store, bill.subject.digest)
    if len(every) > 1:
        # A revision keeps the bill it began with, which later builds of its image came after.
        is_newest = bill.provenance == every[-1].provenance
        when, end = ("first", every[0]) if is_newest else ("newest", every[-1])
        of = f" of {end.origin.commit[:_SHORT]}" if end.origin.commit else ""
        day = end.origin.finished.partition("T")[0]
        others = len(every) - 1
        count = f"{others} other build" if others == 1 else f"{others} other builds"
        told = f"{count} gave the same image, the {when}{of} on {day}"
        yield "before" if is_newest else "besides", told


def _made_of(bill: Bill) -> Iterator[tuple[str, str]]:
    """The lines that are told of what it was made from."""
    for entry in _of_kind(bill, "base"):
        yield "base", f"{entry.get('name')}@{_digest(entry)}"
    lock = _named(bill, "lading.lock")
    if lock:
        yield "lock", _digest(lock)
    code = _named(bill, "code")
    if code:
        files = _notes(code).get("files")
        yield "code", f"{_digest(code)}, {'1 file' if files == 1 else f'{files} files'}"
    for entry in _of_kind(bill, "model"):
        yield "model", f"{_digest(entry)}  {entry.get('name')}{_run(entry)}"


def _run(model: Mapping[str, Any]) -> str:
    """Which run of a step made it."""
    run = _notes(model).get("run")
    if not isinstance(run, dict):
        return ""
    when = str(run.get("finishedOn", "")).replace("T", " ").replace("Z", " UTC")
    image = str(run.get("image", "")).removeprefix("sha256:")[:_SHORT]
    return f", made by step {run.get('step')} {when} from {image}"


def _listed(listed: Sequence[Component]) -> Iterator[tuple[str, str]]:
    kinds = Counter(_kind(one) for one in listed)
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    yield "packages", told or "none"
    licences = Counter(one for x in listed for one in x.licences)
    shown = [f"{name} ({count})" for name, count in licences.most_common(_MOST_LICENCES)]
    if rest := len(licences) - len(shown):
        shown.append(f"{rest} more")
    if shown:
        yield "licences", ", ".join(shown)


def _kind(component: Component) -> str:
    family = component.ecosystem.partition(":")[0]
    return {"PyPI": "Python", "Debian": "Debian"}.get(family, "other")


def _named(bill: Bill, name: str) -> Mapping[str, Any]:
    return next((one for one in bill.dependencies if one.get("name") == name), {})


def _of_kind(bill: Bill, kind: str) -> list[Mapping[str, Any]]:
    return [one for one in bill.dependencies if _notes(one).get("kind") == kind]


def _notes(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    notes = entry.get("annotations")
    return notes if isinstance(notes, dict) else {}


def _digest(entry: Mapping[str, Any]) -> str:
    """ "sha256:6089cee78010": shortened, of whatever algorithm."""
    digests = entry.get("digest")
    pairs = digests.items() if isinstance(digests, dict) else ()
    return next((f"{name}:{str(text)[:_SHORT]}" for name, text in pairs), "no digest")
