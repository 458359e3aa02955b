"""An audit: what is in images, which of it has a vulnerability, whose licence is not allowed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from lading.bills.audit import licences
from lading.bills.audit.components import DEBIAN, PYPI, Component
from lading.bills.audit.database import Database
from lading.bills.audit.licences import Refused
from lading.bills.audit.policy import Ignored, Policy
from lading.bills.audit.vulnerabilities import Vulnerability, find

_MOST_NAMES = 5


@dataclass(frozen=True)
class Judged:
    """A vulnerability, and whether the audit fails for it."""

    found: Vulnerability
    fails: bool
    ignored: Ignored | None = None


@dataclass(frozen=True)
class Report:
    """Of one audit."""

    images: Mapping[str, Sequence[Component]]
    looked: bool
    """Whether there was a database to look for vulnerabilities in."""
    vulnerabilities: tuple[Judged, ...]
    """The worst first."""
    refused: tuple[Refused, ...]
    remarks: tuple[str, ...]
    """On the policy itself, and on what no database tells of."""

    @property
    def is_clean(self) -> bool:
        return not self.refused and not any(x.fails for x in self.vulnerabilities)

    @property
    def components(self) -> dict[Component, tuple[str, ...]]:
        """Every package, and the images that have it."""
        return _having(self.images)


def audit(
    images: Mapping[str, Sequence[Component]],
    databases: Sequence[Database],
    policy: Policy,
    today: date,
) -> Report:
    """Raises AuditError where the policy names licences that are none."""
    policy.licences.check(x for components in images.values() for x in components)
    found = find(images, databases)
    return Report(
        images,
        bool(databases),
        tuple(_judged(x, policy, today) for x in found),
        tuple(_refused(images, policy)),
        (*_untold(images, databases), *policy.remarks(found, today)) if databases else (),
    )


def _untold(
    images: Mapping[str, Sequence[Component]], databases: Sequence[Database]
) -> Iterable[str]:
    """What was not looked for: a clean audit says nothing of it."""
    every = _having(images)
    for ecosystem in (PYPI, DEBIAN):
        count = sum(x.is_told_of and x.ecosystem.partition(":")[0] == ecosystem for x in every)
        if count and not any(one.tells_of(ecosystem) for one in databases):
            packages = f"{count} package{'s' if count > 1 else ''} of {ecosystem}"
            yield f"{packages} not looked for: the databases have nothing of {ecosystem}"
    if others := [x.name for x in every if not x.is_told_of]:
        more = f" and {len(others) - _MOST_NAMES} more" if len(others) > _MOST_NAMES else ""
        names = f"{', '.join(others[:_MOST_NAMES])}{more}"
        yield f"not looked for, being neither of PyPI nor of a release of Debian: {names}"


def _judged(found: Vulnerability, policy: Policy, today: date) -> Judged:
    ignored = policy.ignores(found, today)
    return Judged(found, ignored is None and policy.fails(found), ignored)


def _refused(images: Mapping[str, Sequence[Component]], policy: Policy) -> Iterable[Refused]:
    for component, names in _having(images).items():
        if why := licences.judge(component, policy.licences):
            yield Refused(component, why, names)


def _having(images: Mapping[str, Sequence[Component]]) -> dict[Component, tuple[str, ...]]:
    having: dict[Component, list[str]] = {}
    for name, components in images.items():
        for component in components:
            having.setdefault(component, []).append(name)
    return {x: tuple(names) for x, names in sorted(having.items())}
