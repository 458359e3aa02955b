"""Debian's files about packages: dpkg's records, and copyright files.

Source of the formats: deb-control(5), and Debian's "Machine-readable debian/copyright file" 1.0.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator
from typing import Any

from lading.bills.inside.facts import Copyright, Deb, Debs, Os
from lading.building.debian import relations

_COMMON = re.compile(r"/usr/share/common-licenses/([A-Za-z]+(?:-[0-9.]+)*[0-9A-Za-z]?)")
_FORMAT = re.compile(r"\AFormat(?:-Specification)?:", re.IGNORECASE)
_MOST_LICENCES = 40
"""Of one package: some list each file of each of their authors."""


def packages(text: str) -> Debs:
    """Of a status file, or of one of status.d."""
    return Debs(tuple(_packages(text)))


def _packages(text: str) -> Iterator[Deb]:
    for paragraph in re.split(r"\n\s*\n", text):
        fields = _fields(paragraph)
        status = fields.get("status", "install ok installed").split()
        if "package" in fields and "version" in fields and status[-1] == "installed":
            yield _package(fields)


def _package(fields: dict[str, str]) -> Deb:
    source, _, version = fields.get("source", "").partition(" (")
    wanted = ", ".join(fields[key] for key in ("pre-depends", "depends") if fields.get(key))
    return Deb(
        fields["package"],
        fields["version"],
        fields.get("architecture", ""),
        source.strip(),
        version.rstrip(") "),
        fields.get("maintainer", ""),
        fields.get("homepage", ""),
        tuple(tuple(one.name for one in group) for group in relations.groups(wanted)),
        tuple(one[0].name for one in relations.groups(fields.get("provides", "")) if one),
    )


def _fields(paragraph: str) -> dict[str, str]:
    """By lower-case name; of a field of several lines, the first."""
    lines = (line.partition(":") for line in paragraph.split("\n") if line[:1].strip())
    return {name.lower(): value.strip() for name, colon, value in lines if colon}


def copyright_of(text: str) -> Copyright:
    """The licences that a copyright file names, each once, in its order."""
    if _FORMAT.match(text) and (named := _declared(text)):
        return Copyright(tuple(dict.fromkeys(named))[:_MOST_LICENCES], declared=True)
    common = (one.rstrip(".-") for one in _COMMON.findall(text))
    return Copyright(tuple(dict.fromkeys(common))[:_MOST_LICENCES])


def _declared(text: str) -> list[str]:
    from debian.copyright import Copyright as Document
    from debian.copyright import NotMachineReadableError

    # It tells of what it mends.
    logging.getLogger("debian.copyright").setLevel(logging.ERROR)
    try:
        # What is not quite by the book it warns of, and reads.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            document = Document(text.splitlines(), strict=False)
            told: list[Any] = [document.header, *document.all_files_paragraphs()]
            return [one.license.synopsis for one in told if one.license and one.license.synopsis]
    except (NotMachineReadableError, ValueError, TypeError):
        return []


def release(text: str) -> Os:
    """Of /etc/os-release."""
    lines = (line.partition("=") for line in text.splitlines())
    said = {key: value.strip().strip("\"'") for key, _, value in lines}
    return Os(said.get("ID", "linux"), said.get("VERSION_ID", ""), said.get("PRETTY_NAME", ""))
