"""Which vulnerabilities the packages of images have, by a database of OSV's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lading.bills.audit import osv
from lading.bills.audit.components import DEBIAN, PYPI, Component
from lading.bills.audit.database import Database
from lading.bills.audit.osv import Affected, Entry
from lading.bills.audit.rating import Rating
from lading.bills.audit.severity import rating

_PREFERRED = ("CVE-", "GHSA-", "PYSEC-")
_TRACKED = "DEBIAN-CVE-"


@dataclass(frozen=True)
class Vulnerability:
    """Of one package. Entries that are aliases of one another are one vulnerability."""

    id: str
    """The CVE's number where it has one."""
    ids: tuple[str, ...]
    """All that databases call it by, sorted."""
    component: Component
    rating: Rating
    fixed: tuple[str, ...]
    """Versions that mend it, the next one first; empty where there is none yet."""
    summary: str
    images: tuple[str, ...]
    """Whose package it is, sorted."""

    @property
    def rank(self) -> tuple[int, str, str]:
        """The worst first."""
        return -self.rating, self.component.name, self.id


@dataclass(frozen=True)
class _Hit:
    entry: Entry
    affected: Affected

    @property
    def names(self) -> set[str]:
        """By which it is the same as others. Debian calls what it follows upstream, not alias."""
        own = {self.entry.id, *self.entry.aliases}
        return own | set(self.entry.upstream if self.entry.id.startswith(_TRACKED) else ())


def find(
    images: Mapping[str, Iterable[Component]], databases: Sequence[Database]
) -> list[Vulnerability]:
    """Those of the packages of `images`, by name; the worst first."""
    having: dict[Component, list[str]] = {}
    for name, components in images.items():
        for component in components:
            having.setdefault(component, []).append(name)
    known = _known(having, databases)
    found = [
        one
        for component, names in having.items()
        for one in _of(component, known, tuple(sorted(set(names))))
    ]
    return sorted(found, key=lambda x: x.rank)


def _known(
    components: Iterable[Component], databases: Sequence[Database]
) -> dict[tuple[str, str], list[Entry]]:
    """Entries by kind of ecosystem and name of package."""
    wanted: dict[str, set[str]] = {PYPI: set(), DEBIAN: set()}
    for one in components:
        if one.ecosystem:
            wanted[one.ecosystem.partition(":")[0]].add(one.key)
    known: dict[tuple[str, str], list[Entry]] = {}
    for database in databases:
        for ecosystem, names in wanted.items():
            for name, entries in database.of(ecosystem, names).items():
                known.setdefault((ecosystem, name), []).extend(entries)
    return known


def _of(
    component: Component, known: Mapping[tuple[str, str], list[Entry]], images: tuple[str, ...]
) -> Iterator[Vulnerability]:
    ecosystem = component.ecosystem.partition(":")[0]
    hits = [
        _Hit(entry, affected)
        for entry in known.get((ecosystem, component.key), ())
        for affected in entry.affected
        if affected.package.ecosystem in (component.ecosystem, ecosystem)
        and osv.is_affected(affected, component.judged_version)
    ]
    grouped = _grouped(hits)
    told = {name for group in grouped for hit in group for name in hit.names}
    for group in grouped:
        if not all(_is_told(hit.entry, told) for hit in group):
            yield _one(component, group, images)


def _is_told(entry: Entry, told: set[str]) -> bool:
    """Whether an advisory (DSA-1-1) is of vulnerabilities (CVE-…) that are all found themselves."""
    return bool(entry.upstream) and not entry.id.startswith(_TRACKED) and told >= {*entry.upstream}


def _grouped(hits: Sequence[_Hit]) -> list[list[_Hit]]:
    """Together what shares a name, also by way of others."""
    groups: list[tuple[set[str], list[_Hit]]] = []
    for hit in hits:
        names, members = set(hit.names), [hit]
        apart = []
        for other in groups:
            if other[0] & names:
                names |= other[0]
                members = [*other[1], *members]
            else:
                apart.append(other)
        groups = [*apart, (names, members)]
    return [members for _, members in groups]


def _one(component: Component, group: Sequence[_Hit], images: tuple[str, ...]) -> Vulnerability:
    names = sorted({name for hit in group for name in hit.names})
    version = component.judged_version
    order = osv.order_of(component.ecosystem)
    fixed = {x for hit in group for x in osv.fixes(hit.affected, version)}
    return Vulnerability(
        _shown(names),
        tuple(names),
        component,
        max(rating(hit.entry, hit.affected) for hit in group),
        tuple(sorted(fixed, key=order)),
        next((hit.entry.summary for hit in group if hit.entry.summary), ""),
        images,
    )


def _shown(names: Sequence[str]) -> str:
    for prefix in _PREFERRED:
        for name in names:
            if name.startswith(prefix):
                return name
    return names[0]
