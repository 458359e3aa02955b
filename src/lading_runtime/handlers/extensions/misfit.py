"""A value that does not fit an extension's type, in more detail than one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from ...problem import Fault


class Refusal(Fault):
    """What the user's own code said of a value: `expected` holds its words as they are."""


class Misfit(ValueError):  # noqa: N818 - it is the value that is one
    """`faults` have paths that begin at the value, such as `.rows[2]`; the value itself is ``."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{x.field}: expected {x.expected}" for x in faults))
        self.faults = tuple(faults)


def misfit(expected: str, came: str) -> Misfit:
    """Of the value as a whole."""
    return Misfit([Fault("", expected, came)])
