"""What an audit lets pass. A part of an app's settings, so that it imports little."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from lading.bills.audit.licences import LicencePolicy
from lading.bills.audit.rating import Rating

if TYPE_CHECKING:
    from lading.bills.audit.vulnerabilities import Vulnerability


@dataclass(frozen=True)
class Ignored:
    """A vulnerability that somebody has looked at."""

    id: str
    """Any of its names."""
    reason: str
    until: date | None = None
    """The last day on which it is ignored."""
    package: str = ""
    """Only of this package; of any where none is named."""

    def has_ended(self, today: date) -> bool:
        return self.until is not None and today > self.until

    def is_of(self, found: Vulnerability) -> bool:
        package = found.component
        named = self.package in ("", package.name, package.source)
        return named and self.id.lower() in (x.lower() for x in found.ids)


@dataclass(frozen=True)
class Policy:
    """Of lading.yaml and the command line together."""

    fail_on: Rating = Rating.LOW
    """What is rated lower passes; what is not rated never does."""
    only_fixed: bool = False
    """Whether what nobody has mended yet passes."""
    licences: LicencePolicy = field(default_factory=LicencePolicy)
    ignored: tuple[Ignored, ...] = ()

    def fails(self, found: Vulnerability) -> bool:
        """Whether an audit fails for it, were it not ignored."""
        if self.only_fixed and not found.fixed:
            return False
        return found.rating is Rating.UNKNOWN or found.rating >= self.fail_on

    def ignores(self, found: Vulnerability, today: date) -> Ignored | None:
        """What says that it is to be ignored; None where nothing does any more."""
        fitting = (x for x in self.ignored if x.is_of(found))
        return next((x for x in fitting if not x.has_ended(today)), None)

    def remarks(self, found: Sequence[Vulnerability], today: date) -> Iterator[str]:
        """On what is to be ignored and is not there, or is ignored no longer."""
        for one in self.ignored:
            package = f" in {one.package}" if one.package else ""
            if not _is_there(one, found):
                yield f"{one.id}{package} is ignored, and no package has it: remove it"
            elif one.has_ended(today):
                yield f"{one.id}{package} was ignored until {one.until}: {one.reason}"


@dataclass(frozen=True)
class Audit:
    """`audit:` of lading.yaml."""

    policy: Policy = field(default_factory=Policy)
    databases: tuple[str, ...] = ()
    """Paths of OSV's files, relative to the app's folder where they are not absolute."""


def _is_there(ignored: Ignored, found: Iterable[Vulnerability]) -> bool:
    return any(ignored.is_of(x) for x in found)
