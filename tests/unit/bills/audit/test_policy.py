"""What passes: licences by SPDX's expressions, vulnerabilities by rating and by what is ignored."""

from datetime import date

import pytest

from lading.bills.audit.components import Component
from lading.bills.audit.licences import LicencePolicy, judge
from lading.bills.audit.policy import Ignored, Policy
from lading.bills.audit.rating import Rating
from lading.bills.audit.vulnerabilities import Vulnerability
from lading.errors import AuditError

TODAY = date(2026, 11, 21)
GCC = "GPL-3.0-or-later WITH GCC-exception-3.1"


def package(*licences: str) -> Component:
    return Component("x", "1", "PyPI", licences=licences)


def vulnerable(rating: Rating = Rating.HIGH, fixed: tuple[str, ...] = ("2",)) -> Vulnerability:
    ids = ("CVE-2026-1", "GHSA-aaaa-bbbb-cccc")
    return Vulnerability(ids[0], ids, package(), rating, fixed, "", ("digits",))


@pytest.mark.parametrize(
    ("licences", "denied", "allowed", "why"),
    [
        (("MIT",), (), (), ""),
        (("GPL-3.0-only",), ("GPL-3.0-only",), (), "denied"),
        (("gpl-3.0-only",), ("GPL-3.0-ONLY",), (), "denied"),
        (("GPL-3.0-or-later",), ("GPL-3.0-only",), (), ""),
        (("GPL-3.0-or-later",), ("GPL-*",), (), "denied"),
        # Of alternatives one has the choice.
        (("MIT OR GPL-3.0-only",), ("GPL-*",), (), ""),
        (("MIT AND GPL-3.0-only",), ("GPL-*",), (), "denied"),
        (("MIT AND (Apache-2.0 OR GPL-2.0-only)",), ("GPL-*", "Apache-2.0"), (), "denied"),
        (("MIT", "GPL-3.0-only"), ("GPL-*",), (), "denied"),
        # An exception permits more than its licence alone.
        ((GCC,), ("GPL-*",), (), "denied"),
        ((GCC,), ("GPL-*",), (GCC,), ""),
        (("MIT",), (), ("MIT", "BSD-*"), ""),
        (("Apache-2.0",), (), ("MIT", "BSD-*"), "not allowed"),
        (("Apache-2.0 OR MIT",), (), ("MIT",), ""),
        ((), (), ("MIT",), "unknown"),
        ((), ("GPL-*",), (), ""),
        (("public-domain",), (), ("MIT",), "unknown"),
        (("public-domain",), (), ("MIT", "public-domain"), ""),
        (("GPL with something of ours",), ("GPL*",), (), "denied"),
    ],
)
def test_licences(licences, denied, allowed, why):
    assert judge(package(*licences), LicencePolicy(denied, allowed)) == why


@pytest.mark.parametrize(
    ("licence", "pattern"),
    [
        ("GPL-2.0-only", "GPL-2.0"),
        ("GPL-2.0-or-later", "GPL-2.0+"),
        ("GPL-2.0-only", "gpl-2.0-only"),
        ("GPL", "GPL"),
        ("GPL", "GPL-*"),
        ("LGPL", "LGPL"),
        ("AGPL-3.0-only", "AGPL-3.0"),
        ("Odd licence of ours", "Odd licence*"),
    ],
)
def test_a_licence_is_denied_by_earlier_names_of_it_too(licence, pattern):
    one = Component("x", "1", "PyPI", licences=(licence,))
    denied = LicencePolicy(denied=(pattern,))
    denied.check([one])
    assert judge(one, denied) == "denied"
    assert judge(Component("x", "1", "PyPI", licences=("MIT",)), denied) == ""


def test_what_has_no_known_licence_may_be_allowed():
    policy = LicencePolicy(allowed=("MIT",), allow_unknown=True)
    assert judge(package(), policy) == judge(package("whatever"), policy) == ""
    assert judge(package("Apache-2.0"), policy) == "not allowed"


def test_licences_of_one_kind_of_package_alone_may_count():
    policy = LicencePolicy(("GPL-*",), only_of="PyPI")
    assert judge(package("GPL-3.0-only"), policy) == "denied"
    bash = Component("bash", "5", "Debian:12", licences=("GPL-3.0-or-later",))
    assert judge(bash, policy) == ""


@pytest.mark.parametrize(
    ("pattern", "meant"), [("GPL3", "GPL-3.0-only"), ("MTI", "MIT"), ("Apache2", "Apache-2.0")]
)
def test_what_is_no_licence_is_told_with_what_was_meant(pattern, meant):
    with pytest.raises(AuditError) as caught:
        LicencePolicy((pattern,)).check([package("MIT")])
    assert str(caught.value) == (
        f"{pattern}: no such licence: expected an identifier of SPDX, or a pattern; "
        f"did you mean {meant}?"
    )


def test_patterns_that_fit_something_are_fine():
    patterns = ("GPL-*", "mit", GCC, "public-domain")
    LicencePolicy(patterns, patterns).check([package("public-domain")])


@pytest.mark.parametrize(
    ("rating", "fail_on", "fails"),
    [
        (Rating.LOW, Rating.LOW, True),
        (Rating.MEDIUM, Rating.HIGH, False),
        (Rating.HIGH, Rating.HIGH, True),
        (Rating.CRITICAL, Rating.HIGH, True),
        (Rating.UNKNOWN, Rating.CRITICAL, True),
    ],
)
def test_what_is_rated_lower_passes_and_what_is_not_rated_never_does(rating, fail_on, fails):
    assert Policy(fail_on).fails(vulnerable(rating)) is fails


def test_what_nobody_has_mended_may_pass():
    assert Policy().fails(vulnerable(fixed=()))
    assert not Policy(only_fixed=True).fails(vulnerable(fixed=()))
    assert Policy(only_fixed=True).fails(vulnerable())


def test_what_is_ignored_is_so_by_any_of_its_names_until_its_day_is_over():
    ignored = Ignored("ghsa-AAAA-bbbb-cccc", "never parsed here", date(2026, 11, 21))
    policy = Policy(ignored=(ignored,))
    assert policy.ignores(vulnerable(), TODAY) is ignored
    assert list(policy.remarks([vulnerable()], TODAY)) == []
    later = date(2026, 11, 22)
    assert policy.ignores(vulnerable(), later) is None
    assert list(policy.remarks([vulnerable()], later)) == [
        "ghsa-AAAA-bbbb-cccc was ignored until 2026-11-21: never parsed here"
    ]


def test_what_is_ignored_in_one_package_is_not_in_another():
    policy = Policy(ignored=(Ignored("CVE-2026-1", "r", package="other"),))
    assert policy.ignores(vulnerable(), TODAY) is None
    assert list(policy.remarks([vulnerable()], TODAY)) == [
        "CVE-2026-1 in other is ignored, and no package has it: remove it"
    ]
