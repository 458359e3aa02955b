"""From what a build wrote to what a user is told: what is missing, and what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from lading.building.places import shown
from lading.building.wheels.making.needs import Missing
from lading.building.wheels.making.workshop import Worked
from lading.errors import RequirementsError

_HEADER = re.compile(
    r"fatal error: '?([\w./+-]+\.(?:h|hpp|hh))'?(?:: No such file| file not found)"
)
_LIBRARY = re.compile(r"cannot find -l([\w.+-]+)")
_PROGRAM = re.compile(
    r"(?:No such file or directory: '([\w.+-]+)'|"
    r"([\w.+-]+)(?::| executable) (?:command )?not found|"
    r"(?:[Uu]nable to find|could not find|CMAKE_\w+_COMPILER:?\s*|requires?) `?'?"
    r"(cmake|ninja|cargo|rustc?|gfortran|swig|pg_config|mysql_config|nvcc|git)\b)"
)
_CRATES = re.compile(r"find Rust compiler|crates\.io|failed to get `\S+` as a dependency")
_DEVELOPMENT = re.compile(
    r"((?:lib[\w-]+)(?:(?:, | and )lib[\w-]+)*) development packages? (?:are|is) installed"
)
_NAME = re.compile(r"lib([\w-]+)")
_MODULE = re.compile(r"ModuleNotFoundError: No module named '([\w.]+)'")
_NETWORK = re.compile(
    r"Temporary failure in name resolution|Could not resolve|Network is unreachable|"
    r"Name or service not known|Failed to establish a new connection"
)
_COMPILER = re.compile(r"\b(?:gcc|g\+\+|cc|c\+\+|make|compiler)\b", re.IGNORECASE)
_OF_COMPILER = re.compile(r":\d+: (?:fatal )?error: ")
_TELLING = re.compile(r"\berror\b|Error\b|not found|No such|cannot", re.IGNORECASE)

_PACKAGES: Mapping[str, str] = {
    **dict.fromkeys(("libxml", "xml2-config", "xml2"), "libxml2-dev"),
    **dict.fromkeys(("libxslt", "xslt-config", "xslt"), "libxslt1-dev"),
    **dict.fromkeys(("openssl", "ssl", "crypto"), "libssl-dev"),
    **dict.fromkeys(("libpq-fe.h", "pg_config", "pq"), "libpq-dev"),
    **dict.fromkeys(("mysql.h", "mysql_config", "mysqlclient"), "default-libmysqlclient-dev"),
    **dict.fromkeys(("leptonica", "lept", "allheaders.h"), "libleptonica-dev"),
    **dict.fromkeys(("tesseract",), "libtesseract-dev"),
    **dict.fromkeys(("cblas.h", "blas", "lapack", "openblas"), "libopenblas-dev"),
    **dict.fromkeys(("geos_c.h", "geos_c"), "libgeos-dev"),
    **dict.fromkeys(("hdf5.h", "hdf5"), "libhdf5-dev"),
    **dict.fromkeys(("cargo", "rustc", "rust"), "cargo"),
    **dict.fromkeys(("curl", "curl-config"), "libcurl4-openssl-dev"),
    **dict.fromkeys(("Eigen",), "libeigen3-dev"),
    **dict.fromkeys(("boost",), "libboost-dev"),
    "alsa": "libasound2-dev",
    "bzlib.h": "libbz2-dev",
    "cairo.h": "libcairo2-dev",
    "cmake": "cmake",
    "ffi.h": "libffi-dev",
    "ft2build.h": "libfreetype-dev",
    "gdal.h": "libgdal-dev",
    "gfortran": "gfortran",
    "git": "git",
    "gmp.h": "libgmp-dev",
    "jpeglib.h": "libjpeg-dev",
    "lber.h": "libldap-dev",
    "ldap.h": "libldap-dev",
    "lzma.h": "liblzma-dev",
    "ninja": "ninja-build",
    "png.h": "libpng-dev",
    "poppler": "libpoppler-cpp-dev",
    "portaudio.h": "portaudio19-dev",
    "proj.h": "libproj-dev",
    "sndfile.h": "libsndfile1-dev",
    "sqlite3.h": "libsqlite3-dev",
    "swig": "swig",
    "tiffio.h": "libtiff-dev",
    "uuid": "uuid-dev",
    "webp": "libwebp-dev",
    "yaml.h": "libyaml-dev",
    "zlib.h": "zlib1g-dev",
    "zmq.h": "libzmq3-dev",
}
"""Debian packages by a header, its first folder, a library or a program."""


def failed(
    label: str,
    where: str,
    worked: Worked,
    log: Path,
    minutes: float,
    used: Sequence[str] = (),
) -> RequirementsError:
    """The error for a build that left no wheel. `log` is where all that it wrote is kept, `used`
    what it was built with: "cython 3.3.1"."""
    whole = f"; all that it wrote is in {shown(log)}"
    if worked.timed_out:
        return RequirementsError(
            f"{label} was not built in {minutes:g} minutes",
            where=where,
            came=_last(worked),
            todo="give it more with LADING_WHEEL_MINUTES, or build it into a wheel elsewhere and "
            f"name that{whole}",
        )
    if worked.out_of_memory:
        return RequirementsError(
            f"{label} needs more memory to be built than this machine gives",
            where=where,
            came=_last(worked),
            todo=f"build it on a larger machine, or choose a version that has a wheel{whole}",
        )
    came, todo = _reason("\n".join(worked.log)) or (_last(worked), _else(used))
    return RequirementsError(f"{label} cannot be built", where, came=came, todo=todo + whole)


def wants_tools(worked: Worked) -> bool:
    """Whether a build without compilers may have failed for want of them."""
    log = "\n".join(worked.log)
    known = _HEADER.search(log) or _LIBRARY.search(log) or _PROGRAM.search(log)
    return not worked.timed_out and bool(known or _COMPILER.search(log))


def lacking(label: str, where: str, found: Missing) -> RequirementsError:
    """For a wheel that needs a library which the image does not have."""
    return RequirementsError(
        f"{label} needs the library {found.library}, which the image does not have",
        where=where,
        came=f"{found.asked_by} in its wheel",
        todo=f"add {found.package} to `packages`"
        if found.package
        else "add the Debian package that has it to `packages`",
    )


def without_crates(label: str, where: str) -> RequirementsError:
    """For a project in Rust that does not bring what it is made of."""
    came, todo = _CRATES_LACK
    return RequirementsError(f"{label} cannot be built", where, came=came, todo=todo)


_CRATES_LACK = (
    "it is written in Rust, whose crates come from a network, which a build has none of",
    "choose a version that has a wheel, or build it into a wheel elsewhere and name that",
)
_MOST_USED = 4


def _else(used: Sequence[str]) -> str:
    """A source of some age may not go together with the newest of what builds it."""
    todo = "mend the source, choose a version that has a wheel"
    if not used:
        return todo.replace(", ", ", or ")
    named = ", ".join(used[:_MOST_USED]) + (", …" if used[_MOST_USED:] else "")
    return (
        f"{todo}, or name older ones of what it was built with ({named}) in a file for "
        "UV_BUILD_CONSTRAINT"
    )


def _reason(log: str) -> tuple[str, str] | None:
    """What came, and what to do about it."""
    found = ((told, pattern.search(log)) for pattern, told in _REASONS)
    return next((told(match) for told, match in found if match), None)


def _header(found: re.Match[str]) -> tuple[str, str]:
    return f"no header {found[1]}", _adding(found[1], "the Debian package that has it")


def _library(found: re.Match[str]) -> tuple[str, str]:
    return f"no library {found[1]} to link with", _adding(found[1], f"lib{found[1]}-dev")


def _headers(found: re.Match[str]) -> tuple[str, str]:
    named = [_PACKAGES.get(one, f"lib{one}-dev") for one in _NAME.findall(found[1])]
    return f"no headers of {found[1]}", _adding("", " and ".join(named))


def _network(_: re.Match[str]) -> tuple[str, str]:
    todo = "choose a version that brings all it needs, or build it into a wheel elsewhere"
    return "it asks for the network, which a build has none of", todo


def _module(found: re.Match[str]) -> tuple[str, str]:
    came = f"its build imports {found[1]}, which its [build-system] does not require"
    todo = "choose a version that says what it is built with, or say it in uv's settings, under "
    return came, f"{todo}`extra-build-dependencies`"


def _program(found: re.Match[str]) -> tuple[str, str]:
    program = found[1] or found[2] or found[3]
    return f"no program {program}", _adding(program, "the Debian package that has it")


_REASONS: Sequence[tuple[re.Pattern[str], Callable[[re.Match[str]], tuple[str, str]]]] = (
    (_HEADER, _header),
    (_LIBRARY, _library),
    (_DEVELOPMENT, _headers),
    (_CRATES, lambda _: _CRATES_LACK),
    (_NETWORK, _network),
    (_MODULE, _module),
    (_PROGRAM, _program),
)


def _adding(wanted: str, otherwise: str) -> str:
    known = _PACKAGES.get(wanted) or _PACKAGES.get(wanted.partition("/")[0])
    return f"add {known or otherwise} to `build_packages`"


def _last(worked: Worked) -> str:
    """The line that says most, which is hardly ever the last."""
    lines = [line.strip() for line in worked.log if line.strip()]
    if compiling := next((line for line in lines if _OF_COMPILER.search(line)), ""):
        return compiling[:300]
    telling = [line for line in lines if _TELLING.search(line) and "Traceback" not in line]
    return (telling or lines or ["nothing written"])[-1][-300:]
