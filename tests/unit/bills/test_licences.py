"""Licences by SPDX's names, and nothing guessed."""

from __future__ import annotations

import pytest

from lading.bills import licences
from lading.bills.inside.debian import copyright_of
from lading.bills.inside.facts import Wheel


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("MIT", "MIT"),
        ("mit license", "MIT"),
        ("Expat", "MIT"),
        ("GPL-2", "GPL-2.0-only"),
        ("GPL-2+", "GPL-2.0-or-later"),
        ("LGPL-2.1+", "LGPL-2.1-or-later"),
        ("GFDL-1.3+", "GFDL-1.3-or-later"),
        ("BSD-3-clause", "BSD-3-Clause"),
        ("Artistic or GPL-1+", "Artistic-1.0-Perl OR GPL-1.0-or-later"),
        ("MIT AND (Apache-2.0 OR BSD-2-Clause)", "MIT AND (Apache-2.0 OR BSD-2-Clause)"),
        ("GPL-3.0-or-later WITH GCC-exception-3.1",) * 2,
        ("GPL", "GPL"),
        ("public-domain", "public-domain"),
        ("GPL-2+ with OpenSSL exception", "GPL-2+ with OpenSSL exception"),
        ("some words  and\n more", "some words and more"),
    ],
)
def test_a_licence_has_its_name_of_spdx_where_there_is_one(written: str, name: str) -> None:
    assert licences.named(written) == name


def wheel(**fields: object) -> Wheel:
    return Wheel("a", "1", **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "names"),
    [
        (wheel(expression="MIT OR Apache-2.0", licence="BSD"), ("MIT OR Apache-2.0",)),
        (wheel(licence="Apache 2.0"), ("Apache-2.0",)),
        (wheel(licence="BSD", classifiers=("License :: OSI Approved :: MIT License",)), ("MIT",)),
        (wheel(classifiers=("License :: OSI Approved :: BSD License",)), ("BSD License",)),
        (wheel(licence="Proprietary"), ("Proprietary",)),
        (wheel(classifiers=("License :: OSI Approved",)), ()),
        (wheel(), ()),
    ],
)
def test_of_a_wheel_the_surest_field_counts(said: Wheel, names: tuple[str, ...]) -> None:
    assert licences.of_wheel(said) == names


def test_a_copyright_file_that_is_no_form_tells_of_the_texts_it_refers_to() -> None:
    folder = "/usr/share/common-licenses"
    text = f"It is free.\nSee {folder}/GPL-2, or\n{folder}/LGPL-2.1."
    found = copyright_of(text)
    assert found.licences == ("GPL-2", "LGPL-2.1")
    assert not found.declared


def test_a_form_that_cannot_be_read_is_no_error() -> None:
    assert copyright_of("Format: nonsense\n\nFiles\n\x00").licences == ()
