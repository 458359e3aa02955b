"""Which licences are allowed: SPDX expressions held against what a user denies and allows.

Source: SPDX 2.3, annex D, "SPDX license expressions". Of `A OR B` one has the choice; of `A AND B`
both hold; `A WITH E` is `A` with more permissions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING, Any

from lading.errors import AuditError

if TYPE_CHECKING:
    from license_expression import Licensing

    from lading.bills.audit.components import Component

UNKNOWN = "unknown"


@dataclass(frozen=True)
class LicencePolicy:
    """Patterns as of file names, whatever their case: "GPL-3.0-only", "AGPL-*"."""

    denied: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    """Where there is any, nothing else is; nor is what has no licence that is known."""
    allow_unknown: bool = False
    """It is, even then."""
    only_of: str = ""
    """ "PyPI" or "Debian": the packages of the other have whatever licence they have."""

    def check(self, components: Iterable[Component]) -> None:
        """Raises AuditError for a pattern that fits no licence of SPDX's, and none of these."""
        named = {x for one in components for x in one.licences} | set(_known())
        for pattern in (*self.denied, *self.allowed):
            is_one = _tree(pattern) is not None or any(_fits(pattern, x) for x in named)
            if not is_one:
                raise _no_licence(pattern)


@dataclass(frozen=True)
class Refused:
    """A package whose licence is not allowed."""

    component: Component
    why: str
    """"denied", "not allowed" or "unknown"."""
    images: tuple[str, ...]


def judge(component: Component, policy: LicencePolicy) -> str:
    """Why one of its licences is not allowed; nothing where they all are."""
    if policy.only_of not in ("", component.ecosystem.partition(":")[0]):
        return ""
    if not component.licences:
        return UNKNOWN if policy.allowed and not policy.allow_unknown else ""
    reasons = [_of_one(x, policy) for x in component.licences]
    return next((why for why in ("denied", "not allowed", UNKNOWN) if why in reasons), "")


def _of_one(licence: str, policy: LicencePolicy) -> str:
    tree = _tree(licence)
    if tree is not None:
        return _judged(tree, policy)
    # A name that is not SPDX's may still be denied or allowed as it stands.
    if _matches(policy.denied, licence):
        return "denied"
    known = not policy.allowed or policy.allow_unknown or _matches(policy.allowed, licence)
    return "" if known else UNKNOWN


def _judged(tree: Any, policy: LicencePolicy) -> str:
    from license_expression import LicenseWithExceptionSymbol

    if hasattr(tree, "args") and tree.args:
        reasons = [_judged(x, policy) for x in tree.args]
        if tree.operator == " OR ":
            return "" if "" in reasons else reasons[0]
        return next((x for x in reasons if x), "")
    if isinstance(tree, LicenseWithExceptionSymbol):
        names = [tree.render(), str(tree.license_symbol.key)]
    else:
        names = [str(tree.key)]
    if _is_denied(names, policy):
        return "denied"
    if policy.allowed and not any(_matches(policy.allowed, x) for x in names):
        return "not allowed"
    return ""


def _is_denied(names: list[str], policy: LicencePolicy) -> bool:
    """The exception counts with its licence, unless it is allowed as a whole."""
    with_exception = len(names) > 1 and _matches(policy.allowed, names[0])
    return not with_exception and any(_matches(policy.denied, x) for x in names)


def _matches(patterns: Iterable[str], name: str) -> bool:
    return any(_fits(x, name) for x in patterns)


def _fits(pattern: str, name: str) -> bool:
    return fnmatchcase(name.lower(), _meant(pattern).lower())


@cache
def _meant(pattern: str) -> str:
    """By the name that SPDX has now: GPL-2.0 is called GPL-2.0-only, in packages too."""
    tree = _tree(pattern)
    return tree.render() if tree is not None else pattern


@cache
def _tree(licence: str) -> Any:
    """None where it is no expression of licences that SPDX knows."""
    from license_expression import ExpressionError

    try:
        return _licensing().parse(licence, validate=True)
    except ExpressionError:
        return None


@cache
def _known() -> tuple[str, ...]:
    return tuple(x for x in _licensing().known_symbols if not x.startswith("LicenseRef-"))


@cache
def _licensing() -> Licensing:
    from license_expression import get_spdx_licensing

    return get_spdx_licensing()


def _no_licence(pattern: str) -> AuditError:
    from difflib import get_close_matches

    meant = _squeezed(pattern)
    squeezed = {_squeezed(x): x for x in _known()}
    longer = sorted((x for x in squeezed if x.startswith(meant)), key=len)
    close = longer or get_close_matches(meant, squeezed, 1, 0.6)
    todo = f"did you mean {squeezed[close[0]]}?" if close else "see https://spdx.org/licenses"
    return AuditError("no such licence", pattern, "an identifier of SPDX, or a pattern", todo=todo)


def _squeezed(name: str) -> str:
    """Letters and digits, as people remember them."""
    return "".join(x for x in name.lower() if x.isalnum())
