"""Licences by SPDX's names, of what packages write.

Source of the names: https://spdx.org/licenses, through CycloneDX's library, and for Debian's the
table of its "Machine-readable debian/copyright file" 1.0. What is no name of SPDX's stays as it was
written: nothing is guessed.
"""

from __future__ import annotations

import re
from functools import cache

from cyclonedx.spdx import fixup_id, is_expression

from lading.bills.inside.facts import Wheel

_GNU = re.compile(r"(AGPL|LGPL|GPL|GFDL)-(?:v)?(\d)(?:\.(\d))?(\+)?\Z", re.IGNORECASE)
_WORDS = re.compile(r"\s+(and|or)\s+", re.IGNORECASE)
_OPERATORS = re.compile(r" AND | OR | WITH [A-Za-z0-9.-]+")
_ALIASES = {
    "expat": "MIT",
    "mit license": "MIT",
    "the mit license": "MIT",
    "the mit license (mit)": "MIT",
    "mit/x11": "MIT",
    "apache": "Apache-2.0",
    "apache-2": "Apache-2.0",
    "apache 2": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache software license 2.0": "Apache-2.0",
    "apache license version 2.0": "Apache-2.0",
    "bsd 3-clause": "BSD-3-Clause",
    "bsd 3-clause license": "BSD-3-Clause",
    "3-clause bsd": "BSD-3-Clause",
    "3-clause bsd license": "BSD-3-Clause",
    "new bsd": "BSD-3-Clause",
    "new bsd license": "BSD-3-Clause",
    "modified bsd license": "BSD-3-Clause",
    "bsd 2-clause": "BSD-2-Clause",
    "bsd 2-clause license": "BSD-2-Clause",
    "simplified bsd": "BSD-2-Clause",
    "artistic": "Artistic-1.0-Perl",
    "mpl 2.0": "MPL-2.0",
    "psf": "PSF-2.0",
    "psfl": "PSF-2.0",
    "psf-2": "PSF-2.0",
    "the unlicense (unlicense)": "Unlicense",
    "gplv2": "GPL-2.0-only",
    "gplv3": "GPL-3.0-only",
    "gplv3+": "GPL-3.0-or-later",
    "lgplv3": "LGPL-3.0-only",
}
_CLASSIFIERS = {
    "MIT License": "MIT",
    "MIT No Attribution License (MIT-0)": "MIT-0",
    "Apache Software License": "Apache-2.0",
    "ISC License (ISCL)": "ISC",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "GNU General Public License v2 (GPLv2)": "GPL-2.0-only",
    "GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "GNU General Public License v3 (GPLv3)": "GPL-3.0-only",
    "GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.0-or-later",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
    "GNU Affero General Public License v3": "AGPL-3.0-only",
    "GNU Affero General Public License v3 or later (AGPLv3+)": "AGPL-3.0-or-later",
    "The Unlicense (Unlicense)": "Unlicense",
    "zlib/libpng License": "Zlib",
    "Historical Permission Notice and Disclaimer (HPND)": "HPND",
    "Boost Software License 1.0 (BSL-1.0)": "BSL-1.0",
    "Universal Permissive License (UPL)": "UPL-1.0",
    "Eclipse Public License 2.0 (EPL-2.0)": "EPL-2.0",
}
"""What of PyPI's classifiers is one licence; "BSD License" may be any of several."""


def of_wheel(wheel: Wheel) -> tuple[str, ...]:
    """What its METADATA says, the surest field first (PEP 639)."""
    if wheel.expression:
        return (named(wheel.expression),)
    if wheel.licence and is_known(name := named(wheel.licence)):
        return (name,)
    classified = [one.rpartition(" :: ")[2] for one in wheel.classifiers]
    told = [_CLASSIFIERS.get(one, one) for one in classified if one != "OSI Approved"]
    return tuple(dict.fromkeys(told)) or ((wheel.licence,) if wheel.licence else ())


@cache
def named(written: str) -> str:
    """As SPDX writes it: a name, or an expression; as it was written where SPDX has none."""
    text = " ".join(written.split())
    if one := _one(text):
        return one
    words = _WORDS.split(text)
    if len(words) > 1:
        joined = " ".join(
            part.upper() if place % 2 else _one(part.strip(" ,")) or part
            for place, part in enumerate(words)
        )
        return joined if is_compound(joined) else text
    return text


def is_known(name: str) -> bool:
    """Whether it is SPDX's: the name of a licence, or an expression of such."""
    return is_id(name) or is_compound(name)


def is_id(name: str) -> bool:
    """Whether it is the name of one licence, as SPDX writes it."""
    return fixup_id(name) == name


def is_compound(name: str) -> bool:
    """Whether it is an expression of SPDX's of more than a name."""
    words = _OPERATORS.split(name)
    # The library knows other names too, and would let "GPL" pass.
    known = all(is_id(one.strip("() ").rstrip("+")) for one in words if one.strip("() "))
    return len(words) > 1 and known and is_expression(name)


def _one(text: str) -> str | None:
    if match := _GNU.match(text):
        family, major, minor, later = match.groups()
        version = f"{major}.{minor or '0'}"
        return fixup_id(f"{family}-{version}-{'or-later' if later else 'only'}")
    return _ALIASES.get(text.lower()) or fixup_id(text)
