"""From what uv prints to what a user is told: which requirement, why, and what to do."""

from __future__ import annotations

import re
from pathlib import Path

from lading.building.lockfile import Wheel
from lading.building.places import shown
from lading.building.wheels import requirements
from lading.building.wheels.target import Target
from lading.errors import RequirementsError

_CREDENTIAL = re.compile(r"(?<=://)[^/\s@]+@")
_SOURCE_ONLY = re.compile(r"Wheels are required for `([^`]+)`")
_UNKNOWN = re.compile(r"(\S+) was not found in the (?:package registry|provided package locations)")
_UNFIT = re.compile(r"([A-Za-z0-9._-]+?)(?:[=<>!~]=?\S+)? has no wheels with a matching")
_CONCLUSION = re.compile(r",? ?we can conclude that your requirements are unsatisfiable\.?")
_UNPARSED = re.compile(
    r"(?:Couldn't\s+parse\s+requirement|(?:Invalid|Unsupported)\s+\w+)\s+in\s+`([^`]*)`"
    r"\s+at\s+position\s+(\d+)\s*"
)
"""uv breaks long lines."""
_AT_LINE = re.compile(r":? (\S+):(\d+):\d+\s*$")
_MOST_CHARACTERS = 700


class SourceOnlyError(RequirementsError):
    """Of all that satisfies, nothing of `package` is a wheel for the image."""

    package: str = ""


def failure(printed: str, path: Path, target: Target) -> RequirementsError:
    """The error for what uv printed when it could not resolve `path`."""
    text = _CREDENTIAL.sub("", printed)
    if match := _UNKNOWN.search(text):
        return RequirementsError(
            f"no index has a package of the name {match[1]}",
            where=place(path, match[1]),
            todo="check the spelling, and the index that pip and uv are set to",
        )
    if match := _SOURCE_ONLY.search(text) or _UNFIT.search(text):
        return source_only(match[1], path, target, _cause(text))
    if "No solution found" in text:
        named = re.search(r"you require ([A-Za-z0-9._-]+)", text)
        return RequirementsError(
            "the requirements cannot be met together",
            where=place(path, named[1] if named else ""),
            came=_cause(text),
            todo="change one of the versions named here",
        )
    if unread := _unread(text, path):
        return unread
    if "Failed to fetch" in text:
        return RequirementsError(
            "the index cannot be reached",
            where=shown(path),
            came=_cause(text),
            todo="check the network, and the index that pip and uv are set to",
        )
    return RequirementsError("cannot be resolved", where=shown(path), came=_cause(text))


def _unread(text: str, path: Path) -> RequirementsError | None:
    """For a line that uv cannot read, if that is what it says."""
    if match := _UNPARSED.search(text):
        came = _cause(text[match.end() :])
        where = _unparsed(path, Path(match[1]), int(match[2]))
    elif match := _AT_LINE.search(text.strip()):
        came = _cause(text.strip()[: match.start()])
        where = _written(path, Path(match[1]), int(match[2]))
    else:
        return None
    return RequirementsError("is no requirement", where, came=came, todo="correct the line")


def source_only(name: str, path: Path, target: Target, cause: str = "") -> SourceOnlyError:
    """For a package that has no wheel for the image, and no source that could be built."""
    error = SourceOnlyError(
        f"{name} has no wheel for this image",
        where=place(path, name),
        expected=f"a wheel for Python {target.python} on {target.machine}, glibc "
        f"{target.glibc[0]}.{target.glibc[1]}",
        came=cause or "other wheels, and no source",
        todo="choose a version that has a wheel, or build one into a folder that find-links names",
    )
    error.package = name
    return error


def other_hash(path: Path, wheel: Wheel) -> RequirementsError:
    """For a wheel of another hash than the requirements give."""
    return RequirementsError(
        f"{wheel.name} {wheel.version} has another hash than is asked for",
        where=place(path, wheel.name),
        expected="a wheel of a hash that stands there",
        came=f"{wheel.filename}, sha256:{wheel.sha256}",
        todo="add its hash, if the index can be trusted, or write all hashes anew",
    )


def clash(path: Path | None, name: str, version: str, runtime: str) -> RequirementsError:
    """For a package that the user's set has in a version the runtime cannot work with."""
    return RequirementsError(
        f"{name} {version} is outside what Lading's own server works with",
        where=place(path, name) if path else name,
        expected=f"{runtime} (lading_runtime)",
        came=f"{name}=={version} (yours)",
        todo=f"choose another version of {name}",
    )


def place(path: Path, name: str) -> str:
    """Where `path` asks for a package; `path` itself where something else needs it."""
    try:
        line = requirements.line_of(path, name) if name else None
    except RequirementsError:
        line = None
    return f"{shown(line.file)}:{line.number}" if line else shown(path)


def _unparsed(path: Path, named: Path, position: int) -> str:
    """Where a byte of a file stands that uv read, which may be one that was made of `path`."""
    try:
        number = (path.parent / named).read_bytes()[:position].count(b"\n") + 1
    except OSError:
        return shown(path)
    return _written(path, named, number)


def _written(path: Path, named: Path, number: int) -> str:
    """The line of the user's that a line of a file is, which uv read."""
    read = path.parent / named
    every = requirements.lines(path)
    if read.resolve() not in {line.file.resolve() for line in every}:
        text = read.read_text().splitlines()[number - 1]
        line = next((one for one in every if one.text == text), None)
        return f"{shown(line.file)}:{line.number}" if line else shown(path)
    return f"{shown(read)}:{number}"


def _cause(text: str) -> str:
    """uv's own explanation on one line, without its prefixes, hints and the obvious."""
    body = re.split(r"\n\s*hint:", text.strip())[0]
    body = re.sub(r"(?m)^\s*(error|warning|cause|\s*×|\s*╰─▶|\s*├─▶|\s*│):? ?", "", body)
    body = body.replace("No solution found when resolving dependencies", "")
    body = _CONCLUSION.sub("", re.sub(r"\s+", " ", body)).strip(" .,")
    if len(body) > _MOST_CHARACTERS:
        body = body[:_MOST_CHARACTERS].rsplit(" ", 1)[0] + " …"
    return body
