"""Packages out of what Lading, syft and others list."""

import pytest

from lading.bills.audit import components
from lading.bills.audit.components import Component

LIBC = "pkg:deb/debian/libc6@2.36-9%2Bdeb12u14?arch=amd64&distro=debian-12&upstream=glibc"


def listed(purl: str, **more: object) -> dict:
    return {"type": "library", "name": "libc6", "version": "1", "purl": purl, **more}


def of(*entries: dict) -> list[Component]:
    return components.of({"bomFormat": "CycloneDX", "components": list(entries)})


@pytest.mark.parametrize(
    ("purl", "ecosystem", "source", "version"),
    [
        (LIBC, "Debian:12", "glibc", "2.36-9+deb12u14"),
        ("pkg:deb/debian/libc6@2.4-1?distro=bookworm", "Debian:12", "libc6", "2.4-1"),
        ("pkg:deb/debian/libc6@2.4-1?distro=debian-13.1", "Debian:13", "libc6", "2.4-1"),
        # Built again without a change of its source.
        ("pkg:deb/debian/libc6@2.4-1%2Bb3?distro=debian-12", "Debian:12", "libc6", "2.4-1"),
        (
            "pkg:deb/debian/libc6@2.4-1+b1?distro=debian-12&upstream=libc%2B%2B@2.4-1+x",
            "Debian:12",
            "libc++",
            "2.4-1+x",
        ),
    ],
)
def test_debian_packages_are_known_by_source_and_release(purl, ecosystem, source, version):
    (one,) = of(listed(purl))
    assert (one.ecosystem, one.key, one.judged_version) == (ecosystem, source, version)


def test_python_packages_are_known_by_their_normal_name():
    (one,) = of(listed("pkg:pypi/Jinja2@2.11.2", name="Jinja2"))
    assert (one.name, one.ecosystem, one.key) == ("Jinja2", "PyPI", "jinja2")
    assert one.judged_version == "2.11.2"


def test_licences_are_told_as_they_stand():
    (one,) = of(
        listed(
            LIBC,
            licenses=[
                {"license": {"id": "MIT"}},
                {"license": {"name": "public-domain"}},
                {"expression": "MIT OR Apache-2.0"},
                {"license": {"name": "NOASSERTION"}},
            ],
        )
    )
    assert one.licences == ("MIT", "public-domain", "MIT OR Apache-2.0")


def test_inner_packages_count_once_and_models_and_files_do_not():
    inner = listed("pkg:pypi/a@1", name="a")
    model = {"type": "machine-learning-model", "name": "model.joblib"}
    assert [x.name for x in of(listed(LIBC, components=[inner]), inner, model)] == ["a", "libc6"]


def test_spdx_is_read_too():
    package = {
        "name": "libc6",
        "versionInfo": "2.36-9+deb12u14",
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "LGPL-2.1-only",
        "externalRefs": [{"referenceType": "purl", "referenceLocator": LIBC}],
    }
    (one,) = components.of({"spdxVersion": "SPDX-2.3", "packages": [package]})
    assert (one.key, one.licences) == ("glibc", ("LGPL-2.1-only",))


def test_what_is_of_no_database_is_listed_all_the_same():
    (one,) = of(listed("pkg:generic/python@3.12.1", name="python"))
    assert (one.ecosystem, one.key) == ("", "")


def test_what_is_not_of_the_form_is_passed_over():
    assert components.of({"components": [1, {"purl": 3}, {}]}) == []
    assert components.of({}) == []


def test_what_is_built_of_debian_by_others_is_not_debians():
    (ubuntu,) = of(listed("pkg:deb/ubuntu/libc6@2.39-0ubuntu8?distro=ubuntu-24.04"))
    assert (ubuntu.name, ubuntu.version, ubuntu.ecosystem) == ("libc6", "2.39-0ubuntu8", "")
    (sid,) = of(listed("pkg:deb/debian/libc6@2.42-1"))
    assert (ubuntu.is_told_of, sid.is_told_of) == (False, False)
