"""Whether values of one type can be given where another is wanted.

Only what surely fails is a misfit: an Optional fits where its value does, and Unknown everywhere.
The rules are those by which the server decodes JSON: whole numbers are floats too, and nothing
else is converted.
"""

from __future__ import annotations

from dataclasses import dataclass

from lading.building.contracts.types import (
    BYTES,
    FILE,
    FLOAT,
    INT,
    STR,
    TEXT,
    Exactly,
    Listed,
    Mapped,
    OneOf,
    Opaque,
    Plain,
    Record,
    Row,
    Type,
    Unknown,
    forms,
    plain,
)


@dataclass(frozen=True)
class Misfit:
    """Two types that do not go together. `path` leads to them: `.words[0]`; empty for the whole."""

    path: str
    given: str
    wanted: str

    def below(self, step: str) -> Misfit:
        return Misfit(f"{step}{self.path}", self.given, self.wanted)


def misfit(given: Type, wanted: Type) -> Misfit | None:
    """What surely is wrong with giving a value of one type where the other is wanted."""
    if isinstance(given, Unknown) or isinstance(wanted, Unknown):
        return None
    whole = Misfit("", str(given), str(wanted))
    if isinstance(given, OneOf):
        return whole if all(misfit(member, wanted) for member in given.members) else None
    if isinstance(wanted, OneOf):
        return whole if all(misfit(given, member) for member in wanted.members) else None
    if isinstance(given, Listed | Row) and isinstance(wanted, Listed | Row):
        return _of_arrays(given, wanted)
    if isinstance(given, Mapped | Record) and isinstance(wanted, Mapped | Record):
        return _of_objects(given, wanted)
    return None if _whole_fits(given, wanted) else whole


def _whole_fits(given: Type, wanted: Type) -> bool:
    """Of two that have no parts, or not the same kind of parts."""
    if isinstance(given, Opaque):
        return bool(given.forms & _taken(wanted))
    if isinstance(wanted, Opaque):
        return bool(forms(given) & wanted.forms)
    single = isinstance(given, Plain | Exactly) and isinstance(wanted, Plain | Exactly)
    return single and _single_fits(given, wanted)


def _taken(wanted: Type) -> frozenset[str]:
    """Forms in which a wanted type may come: bytes as text, too."""
    known = forms(wanted)
    return known | {TEXT} if FILE in known else known


def _single_fits(given: Type, wanted: Type) -> bool:
    if isinstance(given, Exactly):
        if isinstance(wanted, Exactly):
            return any(type(x) is type(y) and x == y for x in given.values for y in wanted.values)
        return any(_plain_fits(plain(one), wanted) for one in given.values)
    if isinstance(wanted, Exactly):
        return any(plain(one) == given for one in wanted.values)
    return _plain_fits(given, wanted)


def _plain_fits(given: Type, wanted: Type) -> bool:
    return given == wanted or (given, wanted) in ((INT, FLOAT), (STR, BYTES))


def _of_arrays(given: Listed | Row, wanted: Listed | Row) -> Misfit | None:
    if isinstance(given, Row) and isinstance(wanted, Row):
        if len(given.items) != len(wanted.items):
            return Misfit("", str(given), str(wanted))
        pairs = list(zip(given.items, wanted.items, strict=True))
    elif isinstance(given, Row):
        assert isinstance(wanted, Listed)
        pairs = [(item, wanted.item) for item in given.items]
    elif isinstance(wanted, Row):
        pairs = [(given.item, item) for item in wanted.items]
    else:
        found = misfit(given.item, wanted.item)
        return found.below("[*]") if found else None
    for place, (one, other) in enumerate(pairs):
        if found := misfit(one, other):
            return found.below(f"[{place}]")
    return None


def _of_objects(given: Mapped | Record, wanted: Mapped | Record) -> Misfit | None:
    if isinstance(given, Mapped) and isinstance(wanted, Mapped):
        found = misfit(given.value, wanted.value)
        return found.below(".*") if found else None
    if isinstance(given, Record) and isinstance(wanted, Record):
        return _of_records(given, wanted)
    if isinstance(given, Record):
        assert isinstance(wanted, Mapped)
        there = {name: (one.type, wanted.value) for name, one in given.fields.items()
                 if one.required}  # fmt: skip
    else:
        assert isinstance(wanted, Record)
        there = {name: (given.value, one.type) for name, one in wanted.fields.items()
                 if one.required and not wanted.is_lax}  # fmt: skip
    for name, (one, other) in there.items():
        if found := misfit(one, other):
            return found.below(f".{name}")
    return None


def _of_records(given: Record, wanted: Record) -> Misfit | None:
    for name, asked in wanted.fields.items():
        came = given.fields.get(name)
        if came is None and asked.required:
            return Misfit(
                "", f"{given}, which has no {name}", f"{wanted}, whose {name} is required"
            )
        if came is None or not came.required or wanted.is_lax:
            continue
        if found := misfit(came.type, asked.type):
            return found.below(f".{name}")
    return None
