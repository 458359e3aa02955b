"""A requirement that says where its package lies, by path or URL, and no index is asked for it.

Source: PEP 508, and what pip takes besides:
https://pip.pypa.io/en/stable/topics/vcs-support/.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from lading.building.wheels.requirements import Line
from lading.building.wheels.sources.origin import Kind
from lading.errors import RequirementsError

_EDITABLE = re.compile(r"^(?:-e|--editable)(?:\s+|=)")
_NAMED = re.compile(
    r"^(?P<name>[A-Za-z0-9][\w.-]*)\s*(?P<extras>\[[^\]]*\])?\s*@\s*(?P<place>\S.*)$"
)
_URL = re.compile(r"^[A-Za-z][\w+.-]*:")
_PATH = re.compile(r"^(?:\.{0,2}/|~|\.{1,2}$)")
_FILE = re.compile(r"^[^\s\[@=<>!~;]+(?:\.whl|\.tar\.gz|\.zip)(?:\[|$)")
_EXTRAS = re.compile(r"^(?P<place>.*[^\]])(?P<extras>\[[\w., -]+\])$")
_MARKER = re.compile(r"\s*;\s*(?=[(\s]*(?:python|sys|os|platform|implementation|extra)\w*)")
_OPTIONS = re.compile(r"\s+--(?:hash|config-settings|global-option)\b.*$")
_VARIABLE = re.compile(r"\$\{([A-Za-z_]\w*)\}")
_CREDENTIAL = re.compile(r"(?<=://)[^/\s@]+@")
ARCHIVES = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".zip")


@dataclass(frozen=True)
class Direct:
    """What a requirement by path or URL says. `place` is as written, with `${NAME}` in it."""

    line: Line
    place: str
    name: str = ""
    """Normalised; empty where the package has to say it itself."""
    extras: str = ""
    """ "[fast,small]"."""
    marker: str = ""
    kept: str = ""
    """A git repository's commit to keep to, where it is locked already."""

    @property
    def kind(self) -> Kind:
        """Raises RequirementsError for a version control that is not git."""
        if self.place.startswith(("git+", "git@")):
            return Kind.GIT
        if self.place.startswith(("http://", "https://")):
            return Kind.GIT if urlsplit(self.place).path.endswith(".git") else Kind.URL
        if _URL.match(self.place) and not self.place.startswith("file:"):
            todo = "name a git repository, git+https://…, a file, or a folder"
            came = without_credentials(self.place)
            raise RequirementsError("cannot be fetched", self.where, came=came, todo=todo)
        if self.place.endswith(".whl"):
            return Kind.WHEEL
        return Kind.ARCHIVE if self.place.endswith(ARCHIVES) else Kind.FOLDER

    @property
    def where(self) -> str:
        return self.line.where

    @property
    def label(self) -> str:
        """What to call it before it has said its name."""
        place = urlsplit(self.place).path if "://" in self.place else self.path.name
        return self.name or place.partition("@")[0].rpartition("/")[2].removesuffix(".git")

    @property
    def path(self) -> Path:
        """Of what lies on this disk; told from the file that names it."""
        place = self.place.partition("#")[0]
        if place.startswith("file:"):
            place = unquote(urlsplit(place).path)
        return (self.line.file.parent / Path(place).expanduser()).resolve()

    @property
    def subdirectory(self) -> str:
        return parse_qs(self.place.partition("#")[2]).get("subdirectory", [""])[0].strip("/")

    def url(self, environ: Mapping[str, str]) -> str:
        """Without `#…`, and with the values of its variables: nothing to show or keep."""
        return expanded(self.place.partition("#")[0], environ)


def find(line: Line) -> Direct | None:
    """What `line` says, where it is a requirement by path or URL; None where it is not."""
    text = _OPTIONS.sub("", line.text)
    text = _EDITABLE.sub("", text) if (editable := _EDITABLE.match(text)) else text
    if text.startswith("-"):
        return None
    text, *markers = _MARKER.split(text, maxsplit=1)
    marker = markers[0].strip() if markers else ""
    if named := _NAMED.match(text):
        from packaging.utils import canonicalize_name

        name = canonicalize_name(named["name"])
        return Direct(line, named["place"].strip(), name, named["extras"] or "", marker)
    if not (editable or _URL.match(text) or _PATH.match(text) or _FILE.match(text)):
        return None
    extras = _EXTRAS.match(text)
    place = extras["place"] if extras else text
    return Direct(line, place.strip(), _egg(place), extras["extras"] if extras else "", marker)


def expanded(text: str, environ: Mapping[str, str]) -> str:
    """`${NAME}` by its value, as pip and uv do it; one that is not set stays."""
    return _VARIABLE.sub(lambda found: environ.get(found[1], found[0]), text)


def without_credentials(text: str) -> str:
    """URLs in `text` without user and password; `git@` of SSH is no secret."""
    return _CREDENTIAL.sub(lambda found: "git@" if found[0] == "git@" else "", text)


def _egg(place: str) -> str:
    """The name that pip's older form says: `git+https://…#egg=one[fast]`."""
    from packaging.utils import canonicalize_name

    said = parse_qs(place.partition("#")[2]).get("egg", [""])[0]
    return canonicalize_name(said.partition("[")[0]) if said else ""
