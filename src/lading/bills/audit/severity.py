"""How bad: CVSS vectors, and the words of databases that have none, as one of four ratings."""

from __future__ import annotations

from collections.abc import Iterable

from lading.bills.audit.osv import Affected, Entry, Severity, Specific
from lading.bills.audit.rating import Rating

_WORDS = {
    "unimportant": Rating.LOW,
    "low": Rating.LOW,
    "moderate": Rating.MEDIUM,
    "medium": Rating.MEDIUM,
    "high": Rating.HIGH,
    "important": Rating.HIGH,
    "critical": Rating.CRITICAL,
}


def rating(entry: Entry, affected: Affected) -> Rating:
    """The package's own rating, else the entry's; malicious packages are critical."""
    if entry.id.startswith("MAL-"):
        return Rating.CRITICAL
    own = affected.ecosystem_specific
    # Debian's security team knows better than a vector what concerns its packages.
    if own and own.urgency == "unimportant":
        return Rating.LOW
    scored = _scored(affected.severity) or _scored(entry.severity)
    return scored or _said(own, affected.database_specific, entry.database_specific)


def _scored(severities: Iterable[Severity]) -> Rating:
    """The highest of the vectors that can be read."""
    return max((_of_vector(x) for x in severities), default=Rating.UNKNOWN)


def _of_vector(severity: Severity) -> Rating:
    from cvss import CVSS2, CVSS3, CVSS4
    from cvss.exceptions import CVSSError

    kinds = {"CVSS_V2": CVSS2, "CVSS_V3": CVSS3, "CVSS_V4": CVSS4}
    if severity.type not in kinds:
        return _WORDS.get(severity.score.lower(), Rating.UNKNOWN)
    try:
        score = float(kinds[severity.type](severity.score).base_score)
    except CVSSError:
        return Rating.UNKNOWN
    bands = ((9.0, Rating.CRITICAL), (7.0, Rating.HIGH), (4.0, Rating.MEDIUM), (0.1, Rating.LOW))
    return next((word for least, word in bands if score >= least), Rating.UNKNOWN)


def _said(*specific: Specific | None) -> Rating:
    words = [x for one in specific if one for x in (one.severity, one.urgency)]
    known = (_WORDS.get(x.lower(), Rating.UNKNOWN) for x in words if isinstance(x, str))
    return max(known, default=Rating.UNKNOWN)
