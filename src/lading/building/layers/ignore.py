"""Which files of a source folder stay out of its image.

Source of the patterns' meaning: gitignore(5), "PATTERN FORMAT". Translated here because the usual
library takes longer to import than a build with nothing to do may last.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

SECRET = re.compile(
    r"\.env(\..+)?|[._]netrc|\.pypirc|\.pgpass|\.git-credentials|\.ssh|\.gnupg|\.aws|\.azure|\.kube"
    r"|\.docker|\.kaggle"
)
"""Names of what holds credentials; in no image, whatever the patterns say."""
EXAMPLES = {".env.example", ".env.sample", ".env.template"}
DEFAULT = (
    *(".git", ".hg", ".svn", ".jj", ".gitignore", ".gitattributes", ".gitmodules"),
    *(".dockerignore", ".ladingignore"),
    *("__pycache__", "*.pyc", "*.pyo", ".ipynb_checkpoints"),
    *(".venv", "venv", "node_modules", ".tox", ".nox", ".direnv"),
    *(".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".coverage"),
    *(".idea", ".vscode", ".DS_Store", "Thumbs.db", "*.swp", "*~"),
    # They say how the image is made and are no part of it: another route is not another image.
    *("/lading.yaml", "/lading.lock", "/.github", "/.gitlab-ci.yml", "/.lading"),
    # What `lading keygen` writes: neither is for whoever runs the image.
    *("/lading.key", "/lading.pub"),
)
"""Left out unless a pattern of the user's own says otherwise: `!node_modules`."""


@dataclass(frozen=True)
class Rule:
    """A pattern, ready to match a path relative to the source folder."""

    matcher: re.Pattern[str]
    folders_only: bool
    keeps: bool
    """It began with "!"."""
    brings_back: str | None = None
    """Of .dockerignore's, which may keep what is in a folder that is left out: how all that it
    matches begins."""


class Ignored:
    """Default patterns, then `of_file`, a file's own, then the user's; the last that matches
    decides.

    `models` are paths the user asked for by name: only the defaults hold for what is in them.
    """

    def __init__(
        self,
        patterns: Iterable[str] = (),
        models: Iterable[str] = (),
        of_file: Iterable[Rule] = (),
    ) -> None:
        self._rules = [*_beside(list(of_file)), *_rules(patterns)]
        self._models = tuple(models)

    def __call__(self, path: str, is_folder: bool) -> bool:
        """Whether `path` stays out. Ask first for the folders above it, as git does."""
        name = path.rpartition("/")[2]
        if SECRET.fullmatch(name) and name not in EXAMPLES:
            return True
        if any(model.startswith(f"{path}/") for model in self._models):
            return False
        if any(f"{path}/".startswith(f"{model}/") for model in self._models):
            return _ruled(_defaults(), path, is_folder)
        return _ruled(self._rules, path, is_folder) or self._is_beside_a_model(path)

    def enters(self, path: str) -> bool:
        """Whether a folder that stays out may have something in it that does not."""
        if SECRET.fullmatch(path.rpartition("/")[2]):
            return False
        decided = _deciding(self._rules, path, True)
        if decided is None or decided.brings_back is None:
            return False
        kept = (one.brings_back for one in self._rules if one.keeps)
        return any(
            start is not None and (start.startswith(f"{path}/") or f"{path}/".startswith(start))
            for start in kept
        )

    def _is_beside_a_model(self, path: str) -> bool:
        """Whether it lies in an ignored folder that was entered for a model's sake alone."""
        if not self._models:
            return False
        folders = [path[:at] for at, letter in enumerate(path) if letter == "/"]
        return any(_ruled(self._rules, folder, True) for folder in folders)


class Patterns:
    """Patterns as in .gitignore and nothing besides; the last that matches decides."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._rules = _rules(patterns)

    def __call__(self, path: str, is_folder: bool) -> bool:
        """Whether `path` itself is meant."""
        return _ruled(self._rules, path, is_folder)


def _ruled(rules: Sequence[Rule], path: str, is_folder: bool) -> bool:
    decided = _deciding(rules, path, is_folder)
    return decided is not None and not decided.keeps


def _deciding(rules: Sequence[Rule], path: str, is_folder: bool) -> Rule | None:
    for rule in reversed(rules):
        if (is_folder or not rule.folders_only) and rule.matcher.fullmatch(path):
            return rule
    return None


def _beside(of_file: list[Rule]) -> list[Rule]:
    """The defaults and a file's rules, in their order.

    Docker's `!src` brings back all of src, and means none of the bytecode in it; so those come
    first, and only what they name themselves is taken out of the defaults.
    """
    named = [x.brings_back for x in of_file if x.keeps and x.brings_back]
    if all(rule.brings_back is None for rule in of_file):
        return [*_defaults(), *of_file]
    names = [one.rpartition("/")[2] for one in named]
    return [*of_file, *(x for x in _defaults() if not any(map(x.matcher.fullmatch, names)))]


def rules(text: str) -> list[Rule]:
    """Of a file of patterns as in .gitignore."""
    return _rules(text.removeprefix("\ufeff").splitlines())


@lru_cache
def _defaults() -> tuple[Rule, ...]:
    return tuple(_rules(DEFAULT))


def _rules(patterns: Iterable[str]) -> list[Rule]:
    return [rule for pattern in patterns if (rule := _rule(pattern))]


def _rule(pattern: str) -> Rule | None:
    """None for an empty line or a comment."""
    text = re.sub(r"(?<!\\)[ \t\r\n]+\Z", "", pattern)
    if not text or text.startswith("#"):
        return None
    if keeps := text.startswith("!"):
        text = text[1:]
    if folders_only := text.endswith("/"):
        text = text.rstrip("/")
    # A slash at the start or within ties a pattern to the source folder itself.
    anchored = "/" in text
    text = text.lstrip("/")
    start = "" if anchored or text.startswith("**/") else "(?:.*/)?"
    return Rule(re.compile(start + _translated(text), re.S), folders_only, keeps) if text else None


_TOKEN = re.compile(
    r"(?P<start>\A\*\*/)|(?P<middle>/\*\*(?=/))|(?P<end>/\*\*\Z)|(?P<star>\*+)|(?P<one>\?)"
    r"|(?P<set>\[[!^]?\]?(?:\\.|\[:\w+:\]|[^\]])*\])|\\(?P<escaped>.)|(?P<plain>.)",
    re.S,
)
_EXPRESSIONS = {
    "start": "(?:.*/)?",
    "middle": "(?:/.*)?",
    "end": "/.+",
    "star": "[^/]*",
    "one": "[^/]",
}


def _translated(text: str) -> str:
    found = []
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup or "plain"
        if kind in _EXPRESSIONS:
            found.append(_EXPRESSIONS[kind])
        elif kind == "set":
            found.append(_set(token["set"]))
        else:
            found.append(re.escape(token[kind]))
    return "".join(found)


def _set(text: str) -> str:
    """`[a-c]`, `[!x]`: never a slash. `[:digit:]` and its like are read as Python's own."""
    body = text[1:-1]
    negated = body[:1] in ("!", "^")
    body = body[1:] if negated else body
    for name, same in (("digit", "0-9"), ("alpha", "a-zA-Z"), ("alnum", "a-zA-Z0-9")):
        body = body.replace(f"[:{name}:]", same)
    body = re.sub(r"\\?([\[\]^&~|])", r"\\\1", body)
    return f"(?!/)[{'^' if negated else ''}{body}]"
