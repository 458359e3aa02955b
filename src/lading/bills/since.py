"""What has changed since an image was built, by its bill: why it may not come out the same."""

from __future__ import annotations

from collections.abc import Iterator

from lading.bills import provenance
from lading.bills.bill import Bill, Origin, encoded
from lading.bills.circumstances import Circumstances
from lading.bills.made import Made

_COMMIT = 12
"""Hexadecimal digits of a commit."""
_DOCUMENTS = ("lading.lock", "lading.yaml")


def since(bill: Bill | None, made: Made, around: Circumstances) -> tuple[str, ...]:
    """Sentences for people, the likeliest reason first. `made` is the image as it comes out now."""
    if bill is None or not bill.provenance:
        return ("no bill says what it was built from",)
    statement = encoded(provenance.statement(made, around, provenance.look(made, around), b""))
    now = Bill(made.built.image.descriptor, statement, b"")
    return tuple(told(bill, now))


def told(before: Bill, now: Bill) -> Iterator[str]:
    """The sentences of `since`, of two bills."""
    changed = list(_changed(_digests(before), _digests(now)))
    if changed:
        yield f"changed since it was built: {', '.join(changed)}"
    else:
        same = "what lock, settings, code and models hold is the same"
        yield f"by its bill nothing has changed since: {same}"
    yield from _commits(before.origin, now.origin)
    if before.origin.builder != now.origin.builder:
        was, came = before.origin.builder or "an unknown Lading", now.origin.builder
        yield f"it was built by {was}; this is {came}"


def _digests(bill: Bill) -> dict[str, object]:
    """Of the user's own files, in words for people, in the order in which they are told."""
    found: dict[str, object] = dict.fromkeys(_DOCUMENTS)
    for one in bill.dependencies:
        name, kind = one.get("name"), (one.get("annotations") or {}).get("kind")
        if name in _DOCUMENTS:
            found[name] = one.get("digest")
        elif kind == "code":
            found["the code"] = one.get("digest")
        elif kind == "model":
            found[f"the model {name}"] = one.get("digest")
    return found


def _changed(before: dict[str, object], now: dict[str, object]) -> Iterator[str]:
    for name in dict.fromkeys([*before, *now]):
        if before.get(name) != now.get(name):
            yield name


def _commits(before: Origin, now: Origin) -> Iterator[str]:
    if not before.commit:
        return
    uncommitted = ", with changes that were not committed" if before.dirty else ""
    if before.commit != now.commit:
        here = f"; this is commit {now.commit[:_COMMIT]}" if now.commit else ""
        yield f"it was built of commit {before.commit[:_COMMIT]}{uncommitted}{here}"
    elif before.dirty:
        yield f"it was built of this commit{uncommitted}"
    elif now.dirty:
        yield "it was built of this commit as it is; here are changes that were not committed"
