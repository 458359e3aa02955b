"""`signatures:` and `audit:`: whom to believe, and what of an image is let pass."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from lading.bills.audit.licences import LicencePolicy
from lading.bills.audit.policy import Audit, Ignored, Policy
from lading.bills.audit.rating import Rating
from lading.settings.compounds import Key, Keys, Many, Section
from lading.settings.document import Node, Scalar
from lading.settings.faults import Faults, Place
from lading.settings.kinds import Choice, Schema, Switch, Text, refuse

_RATINGS = tuple(x.word for x in Rating if x is not Rating.UNKNOWN)


_PACKAGES = {"all": "", "python": "PyPI", "debian": "Debian"}


@dataclass(frozen=True)
class Day:
    """A day: 2027-01-31."""

    expected: str = "a day, such as 2027-01-31"

    def read(self, node: Node, place: Place, faults: Faults) -> date | None:
        try:
            return date.fromisoformat(node.text if isinstance(node, Scalar) else "")
        except ValueError:
            return refuse(faults, place, self.expected, node)

    def schema(self) -> Schema:
        return {"type": "string", "format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$"}


SIGNATURES = Keys(
    "signatures",
    {
        "keys": Key(
            Many(
                "a public key's file, or a list of them",
                Text("a path", longest=1024),
                alone=True,
                least=1,
            ),
            "Files of public keys, relative to lading.yaml or absolute, one of which must have "
            "signed: `lading pull` refuses an image that none of them signed, and "
            "`lading verify --signatures` holds images and bills against them.",
            required=True,
        )
    },
)

_IGNORED = Keys(
    "what is ignored",
    {
        "id": Key(
            Text("a vulnerability, such as CVE-2024-12345", r"[A-Za-z0-9][A-Za-z0-9:._-]*", 64),
            "Any of the vulnerability's names.",
            required=True,
        ),
        "reason": Key(Text("a reason"), "Why it does no harm here.", required=True),
        "until": Key(Day(), "The last day on which it is ignored.", "for ever"),
        "package": Key(Text("a package's name", longest=200), "Only in this package.", "in any"),
    },
)


def _licences(meaning: str, default: str) -> Key:
    what = "a list of licences, such as [GPL-3.0-only, AGPL-*]"
    return Key(Many(what, Text("an SPDX licence, or a pattern", longest=100)), meaning, default)


AUDIT = Keys(
    "audit",
    {
        "osv": Key(
            Many("a path, or a list of them", Text("a path", longest=1024), alone=True, least=1),
            "Where OSV's files of vulnerabilities are: a zip as OSV publishes it for an ecosystem, "
            "or a folder of such zips or of their files.",
            "what `lading audit --osv` names",
        ),
        "fail_on": Key(
            Choice(_RATINGS),
            "The least rating for which an audit fails. What has no rating fails always.",
            "low",
        ),
        "only_fixed": Key(Switch(), "Whether what nobody has mended yet is let pass.", "false"),
        "deny_licences": _licences("Licences that no package may have.", "none"),
        "allow_licences": _licences("The only licences that packages may have.", "any"),
        "allow_unknown_licences": Key(
            Switch(),
            "Whether a package without a known licence is let pass where `allow_licences` is "
            "written.",
            "false",
        ),
        "licences_of": Key(
            Choice(tuple(_PACKAGES)),
            "Whose licences count: those of `python` packages, of `debian` ones (among which are "
            "some under the GPL in every image), or of `all`.",
            "all",
        ),
        "ignore": Key(
            Many("a list of vulnerabilities to ignore", _IGNORED),
            "Vulnerabilities that somebody has looked at: they are shown and let pass.",
            "none",
        ),
    },
)


def packages(word: str) -> str:
    """The ecosystem by which databases call what `licences_of` names; nothing for all."""
    return _PACKAGES[word]


def audit(written: Section) -> Audit:
    """What `lading audit` goes by."""
    usual = Policy()
    word = written.get("fail_on")
    licences = LicencePolicy(
        written.get("deny_licences", ()),
        written.get("allow_licences", ()),
        written.get("allow_unknown_licences", False),
        packages(written.get("licences_of", "all")),
    )
    ignored = tuple(
        Ignored(x.get("id", ""), x.get("reason", ""), x.get("until"), x.get("package", ""))
        for x in written.get("ignore", ())
    )
    fail_on = Rating[word.upper()] if word else usual.fail_on
    only_fixed = written.get("only_fixed", usual.only_fixed)
    return Audit(Policy(fail_on, only_fixed, licences, ignored), written.get("osv", ()))
