"""Where a wheel came from that no index has, as a lock tells it.

As text, `kind:place#key=value&key=value`, percent-encoded as in URLs:

    sdist:docopt-0.6.2.tar.gz#sha256=49b3…
    git:https://example.org/me/lib#sha256=9c2e…&commit=8f1d…&ref=main&subdirectory=python
    folder:../lib#sha256=77aa…
    wheel:vendor/one-1.0-py3-none-any.whl#sha256=03f1…

Never in it: a credential, an index, an absolute path.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from urllib.parse import parse_qs, quote, unquote, urlencode


class Kind(Enum):
    """What a wheel was made of, or is."""

    SDIST = "sdist"
    """A source distribution of an index, by its file name."""
    ARCHIVE = "archive"
    """A source distribution on this disk."""
    FOLDER = "folder"
    """A folder with a project, as it was when it was locked."""
    GIT = "git"
    """A commit of a repository."""
    URL = "url"
    """A source distribution or a wheel at an address."""
    WHEEL = "wheel"
    """A wheel on this disk."""


@dataclass(frozen=True)
class Origin:
    """`place` is a file name, a path relative to the requirements, or a URL."""

    kind: Kind
    place: str
    sha256: str
    """Of the archive that was built, or of the wheel itself."""
    commit: str = ""
    ref: str = ""
    """The branch or tag that `commit` was; empty where none was named."""
    subdirectory: str = ""
    """Of the project inside the archive."""

    def __str__(self) -> str:
        told = {
            "sha256": self.sha256,
            "commit": self.commit,
            "ref": self.ref,
            "subdirectory": self.subdirectory,
        }
        said = urlencode({key: value for key, value in told.items() if value})
        return f"{self.kind.value}:{quote(self.place, safe='/:@+=,~')}#{said}"

    @classmethod
    def parse(cls, text: str) -> Origin:
        """Raises ValueError for what `str` did not make."""
        kind, colon, rest = text.partition(":")
        place, _, said = rest.partition("#")
        told = {key: values[0] for key, values in parse_qs(said).items()}
        if not colon or "sha256" not in told:
            raise ValueError(text)
        return cls(Kind(kind), unquote(place), **told)
