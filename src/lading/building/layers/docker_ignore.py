"""Patterns of .dockerignore: not those of git.

Every pattern is relative to the folder of the file, whether it has a slash or not; what lies below
a folder that matches is meant too; and `!` may bring back a file out of a folder that is left out.
Source: Docker's "Build context", section ".dockerignore files", and Go's path/filepath, `Match` and
`Clean`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from lading.building.layers.ignore import Rule
from lading.errors import BuildError

_TOKEN = re.compile(
    r"(?P<any>\*\*/?)|(?P<star>\*)|(?P<one>\?)|(?P<set>\[\^?(?:\\.|[^\]\\])+\])|\\(?P<escaped>.)"
    r"|(?P<plain>[^\[\\])",
    re.DOTALL,
)
_SPECIAL = re.compile(r"(?<!^)\^|[\[&~|]")
_EXPRESSIONS = {"star": "[^/]*", "one": "[^/]"}


def rules(text: str, where: str) -> Iterator[Rule]:
    """The rules of a file's text. `where` is the file, for messages. Raises BuildError."""
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        if line.startswith("#") or not (pattern := line.strip()):
            continue
        if keeps := pattern.startswith("!"):
            pattern = pattern[1:].strip()
        pattern = posixpath.normpath(pattern).lstrip("/") if pattern else ""
        if pattern == ".":
            continue  # the folder itself, which Docker leaves alone as well
        expression = _translated(pattern)
        if not pattern or expression is None:
            raise BuildError(
                where=f"{where}:{number}",
                expected="a pattern as Docker has them",
                came=line.strip(),
                todo="correct it, or remove the line",
            )
        matcher = re.compile(f"{expression}(?:/.*)?", re.DOTALL)
        yield Rule(matcher, folders_only=False, keeps=keeps, brings_back=_literal(pattern))


def _translated(pattern: str) -> str | None:
    """As a regular expression; None for what is no pattern."""
    found, at = [], 0
    while at < len(pattern):
        token = _TOKEN.match(pattern, at)
        if token is None:
            return None
        at = token.end()
        kind = token.lastgroup or "plain"
        if kind == "any":
            found.append(".*" if at == len(pattern) else "(?:.*/)?")
        elif kind == "set":
            body = _SPECIAL.sub(_escaped, token["set"][1:-1])
            found.append(f"(?!/)[{body}]")
        else:
            found.append(_EXPRESSIONS.get(kind) or re.escape(token[kind]))
    return "".join(found)


def _escaped(match: re.Match[str]) -> str:
    return f"\\{match[0]}"


def _literal(pattern: str) -> str:
    """What every path that it matches begins with."""
    return re.split(r"[*?\[\\]", pattern, maxsplit=1)[0]
