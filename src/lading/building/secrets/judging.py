"""Whether what has the form of a credential may be one: placeholders and examples are none."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections import Counter

_STANDS_FOR = (
    *("example", "sample", "dummy", "placeholder", "changeme", "change_me", "change-me"),
    *("your", "redacted", "replace", "insert", "todo", "fixme", "xxxx", "****", "....", "----"),
    *(
        "fake",
        "test",
        "foobar",
        "not-a",
        "not_a",
        "notreal",
        "abcdef",
        "012345",
        "123456",
        "sekrit",
    ),
)
"""Words of what stands in the place of a secret. In lower case."""
_PLAINLY = ("example", "placeholder", "changeme", "redacted", "your_", "your-", "xxxxx", "*****")
"""Those of them that no generator comes to by chance."""
_TEMPLATE = re.compile(
    r"\$\{|\$\(|\$[A-Z_]{2,}|\{\{|<[^>]*>|%\(|%[sd]|\{\w*\}|\[\w+\]|^\$|^@|^!|^&|^\*"
)
_LOGIN_WORDS = frozenset(
    [
        "user",
        "username",
        "usr",
        "name",
        "login",
        "me",
        "admin",
        "root",
        "guest",
        "scott",
        "sa",
        "pass",
        "passwd",
        "password",
        "pwd",
        "pw",
        "secret",
        "token",
        "key",
        "word",
        "tiger",
        "postgres",
        "mysql",
        "redis",
        "rabbitmq",
        "x",
        "a",
        "b",
        "u",
        "p",
        "anonymous",
        "foo",
        "bar",
        "baz",
        "abc",
        "hunter2",
        "credentials",
        "auth",
        "prefix",
        "none",
        "null",
        "true",
        "false",
        "value",
        "string",
        "username:password",
        "test",
        "letmein",
        "oauth2accesstoken",
        "x-access-token",
        "x-oauth-basic",
        "__token__",
        "git",
    ]
)
"""Names and words that documentation and tests use."""
_HERE = ("localhost", "127.0.0.1", "0.0.0.0", "host", "hostname", "server", "domain")
_RESERVED = re.compile(r"(?i)(?:^|\.)(?:example(?:\.\w+)?|test|invalid|localhost|local)$")
"""Names of RFC 2606 and RFC 6762, that nobody owns."""
_PUBLIC = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq",  # Azurite's own account
    "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",  # of jwt.io's first page
)


def is_placeholder(text: str) -> bool:
    """Whether it plainly stands for a secret that somebody else fills in."""
    low = text.lower()
    if any(word in low for word in _STANDS_FOR) or _TEMPLATE.search(text):
        return True
    return any(known in text for known in _PUBLIC)


def is_a_value(text: str) -> bool:
    """Whether it may be a password: any text that nothing says to be a placeholder."""
    return not is_placeholder(text) and text.lower() not in _LOGIN_WORDS


def is_random(text: str) -> bool:
    """Whether it may be made by a generator: no placeholder, and no few letters again and again."""
    low = text.lower()
    if any(word in low for word in _PLAINLY) or any(known in text for known in _PUBLIC):
        return False
    return entropy(text) >= 3.0


def is_a_login(text: str) -> bool:
    """Whether it is `name:password` in base64, as Docker's configuration has it."""
    if text.startswith("dckr_"):
        return is_random(text)
    try:
        name, colon, word = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return False
    return bool(name and colon and word.isprintable()) and is_a_value(word)


def is_a_jwt(text: str) -> bool:
    """Whether it is signed, by its first part, and not one of the examples that everybody has."""
    if any(known in text for known in _PUBLIC):
        return False
    first = text.partition(".")[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    except ValueError:
        return False
    return isinstance(header, dict) and header.get("alg", "none") != "none"


def is_a_url_token(text: str) -> bool:
    """Of `token@host`: whether it is none of a name, and of no host that has them in public."""
    token, _, host = text.rpartition("@")
    if _RESERVED.search(host) or host.endswith("sentry.io") or is_placeholder(token):
        return False
    return is_random(token) and any(one.isdigit() for one in token)


def is_an_authorization(text: str) -> bool:
    """Of `Bearer` a generated token; of `Basic` a login. Both are letters and digits."""
    if is_placeholder(text):
        return False
    return is_a_login(text) or (is_random(text) and any(one.isdigit() for one in text))


def is_a_url_login(text: str) -> bool:
    """Of `name:password@host`: whether the password lets anyone in, somewhere else than here."""
    login, _, host = text.rpartition("@")
    name, _, word = login.partition(":")
    if host.lower() in _HERE or _RESERVED.search(host):
        return False
    if is_placeholder(word) or is_placeholder(name) or word.lower() in _LOGIN_WORDS:
        return False
    return word.lower() not in (name.lower(), host.lower().partition(".")[0])


def entropy(text: str) -> float:
    """Shannon's, in bits a character."""
    counts = Counter(text).values()
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts) if text else 0.0
