"""What a user says is no secret, or may be in the image all the same: `allow_secrets`.

tests/fixture.pem          a file, or a folder with all that is in it; patterns as in `ignore`
config.py:jwt              one kind of finding in it
env.DB_PASSWORD            a setting
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lading.building.layers.ignore import Patterns
from lading.building.secrets.assignments import KIND
from lading.building.secrets.finding import Finding
from lading.building.secrets.kinds import KINDS

_KINDS = frozenset((KIND, *(kind.name for kind in KINDS)))


@dataclass(frozen=True)
class _Pattern:
    text: str
    patterns: Patterns
    kind: str
    """Empty for any."""

    def __call__(self, finding: Finding) -> bool:
        if self.kind not in ("", finding.kind):
            return False
        if finding.path == self.text:
            return True
        parts = finding.path.split("/")
        above = ("/".join(parts[:count]) for count in range(1, len(parts)))
        return self.patterns(finding.path, False) or any(self.patterns(x, True) for x in above)


@dataclass(frozen=True)
class Allowed:
    """Whether a finding is among what was allowed."""

    patterns: Sequence[_Pattern]

    @classmethod
    def of(cls, written: Iterable[str]) -> Allowed:
        return cls([_pattern(one) for one in written])

    def __call__(self, finding: Finding) -> bool:
        return any(pattern(finding) for pattern in self.patterns)


def _pattern(written: str) -> _Pattern:
    path, colon, kind = written.rpartition(":")
    if not colon or kind not in _KINDS:
        path, kind = written, ""
    return _Pattern(path, Patterns([path]), kind)
