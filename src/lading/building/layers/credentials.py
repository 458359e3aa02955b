"""Refuses source files that hold a credential: what lies in an image, its every reader has."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lading.building.layers import regular
from lading.building.layers.source import Found
from lading.errors import BuildError

_ASKING = re.compile(r"(requirements|constraints)[^/]*\.(txt|in)|[^/]+\.toml|uv\.lock|pip\.conf")
"""Names of files that say what packages are wanted, and where from."""
_CREDENTIAL = re.compile(rb"\bhttps?://(?P<who>[^/\s@\"'<>]+)@")
_VARIABLE = re.compile(rb"\$\{\w+\}")
_PUBLIC = {b"git", b"oauth2accesstoken", b"VssSessionToken", b"__token__"}
"""User names that say how to log in, and nothing that lets anyone in."""


def check(files: Iterable[Found]) -> None:
    """Raise BuildError where one asks for packages at a URL with a password or token in it."""
    for one in files:
        if not one.is_file or not _ASKING.fullmatch(one.path.rpartition("/")[2]):
            continue
        try:
            content = regular.read(one.full)
        except OSError:
            continue  # said when it is read for its layer
        for match in _CREDENTIAL.finditer(content):
            if _lets_in(match["who"]):
                line = content.count(b"\n", 0, match.start()) + 1
                raise BuildError(
                    "a URL holds a credential, and the file would be in the image",
                    where=f"{one.full}:{line}",
                    todo="keep the credential in ~/.netrc or in the settings of pip or uv, or add "
                    "the file to `ignore`",
                )


def _lets_in(who: bytes) -> bool:
    """Whether `user:password` says more than a name and where its password is."""
    _, _, password = who.partition(b":")
    if password and not _VARIABLE.sub(b"", password):
        return False
    return _VARIABLE.sub(b"", who).strip(b":") not in {b"", *_PUBLIC}
