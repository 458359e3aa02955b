"""Passwords and tokens of no form of their own, told by the names that they are given.

`password = "…"` in Python, JSON, YAML or an .ini file. Of the variables of such names most hold no
secret at all (`token = "comma"`), so only what looks generated counts: measured on 180 MB of other
people's code (docs/decisions/0044).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from lading.building.secrets import judging

KIND = "password"
WHAT = "a password or key"
WORDS = (b"passw", b"pwd", b"secret", b"token", b"key", b"credential")
"""One of them is in every match, in lower case."""
# The end of a name: what stands before it is not looked at, for that would take ten times as long.
_NAME = (
    r"(?P<name>password|passw(?:d|ort)|pwd|secret(?:[_-]?key)?|token|api[_-]?key|access[_-]?key"
    r"|(?:auth|private|encryption)[_-]?key|credentials?)"
)
_QUOTED = (
    rf"(?i){_NAME}(?:\\?[\"'])?\]?\s{{0,4}}(?::=|=>|:\s{{0,2}}[\w.\[\]]{{1,20}}\s{{0,2}}=|=(?!=)|:)"
    r"\s{0,4}[bru]{0,2}\\?[\"'](?P<secret>[^\s\"'\\]{8,200})\\?[\"']"
)
_BARE = (
    rf"(?im)^[ \t]*(?:export\s+|-\s+|ENV\s+)?[\"']?[\w.-]{{0,60}}?{_NAME}[\"']?"
    r"\s{0,4}[=:]\s{0,4}"
    r"(?P<secret>[^\s\"'#;,(){}\[\]]{8,200})\s*(?:[#;].*)?$"
)
_BARE_IN = re.compile(
    r"(?i)(?:.*\.(?:ini|cfg|conf|cnf|properties|env|ya?ml|sh|tfvars|pypirc|s3cfg)|.*\.env\..+"
    r"|\.?(?:env|envrc|pypirc|kubeconfig|boto|my\.cnf|pgpass|credentials|config|npmrc|condarc|kaggle)|Dockerfile)"
)
"""Files where a text needs no quotation marks."""
_FIXED = re.compile(
    r"(?i)^(?:[a-z]+[_.-])*[a-z]+$|^/|^\.{0,2}/|://|^\w:\\|^[\d.,:-]+$|^#[0-9a-f]+$"
)
"""Words, paths, URLs, numbers and colours."""
_LEAST_BITS = 3.0


@dataclass(frozen=True)
class Assignment:
    """Where in a text, from and to, a value begins that may be a secret."""

    start: int
    end: int


def found(content: bytes, name: str) -> Iterator[Assignment]:
    """In the file called `name`. Look for `WORDS` first."""
    for match in _quoted().finditer(content):
        if _may_be(match["secret"].decode("utf-8", "replace")):
            yield Assignment(match.start("name"), match.end())
    if _BARE_IN.fullmatch(name):
        for match in _bare().finditer(content):
            if _may_be(match["secret"].decode("utf-8", "replace")):
                yield Assignment(match.start("name"), match.end())


def in_variable(name: str, value: str) -> bool:
    """Whether an environment variable is given a secret: its author names it, so less will do."""
    if not is_secret(name) or judging.is_placeholder(value):
        return False
    return (
        len(value) >= 4
        and not (_FIXED.search(value) and (len(value) < 8 or "/" in value))
        and (value.lower() not in ("none", "null", "true", "false", "auto", "default", "disabled"))
        and not value.replace(".", "").isdigit()
    )


def is_secret(name: str) -> bool:
    """Whether a variable of that name is one that holds a secret."""
    return bool(_variable().search(name))


def _may_be(text: str) -> bool:
    """Letters and digits in no order, as generators make them: no word, path, name or number."""
    if judging.is_placeholder(text) or _FIXED.search(text):
        return False
    has_digit = any(one.isdigit() for one in text)
    has_upper = any(one.isupper() for one in text)
    has_lower = any(one.islower() for one in text)
    has_mark = any(not one.isalnum() and one not in "_-./:" for one in text)
    if "{" in text and "}" in text:
        return False
    sorts = has_digit + has_upper + has_lower + has_mark
    if not has_digit or not (has_upper or has_lower):
        return False
    if sorts < 3 and len(text) < 16:
        return False
    return judging.entropy(text) >= _LEAST_BITS - (0.4 if sorts >= 3 else 0)


@lru_cache
def _quoted() -> re.Pattern[bytes]:
    return re.compile(_QUOTED.encode())


@lru_cache
def _bare() -> re.Pattern[bytes]:
    return re.compile(_BARE.encode())


@lru_cache
def _variable() -> re.Pattern[str]:
    return re.compile(
        r"(?i)(?:^|_)(?:password|passwd|pwd|pass|secret|token|apikey|api_?key|access_?key|secret_?key"
        r"|private_?key|encryption_?key|auth_?key|credentials?)$"
    )
