"""Circles among things that need one another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter


class CircleError(Exception):
    """`names` go round: each needs the one after it, and the last is the first."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(" ".join(names))
        self.names = names


def ordered(needs: Mapping[str, Iterable[str]]) -> list[str]:
    """What is needed comes before what needs it. Raises CircleError, begun at the first name."""
    try:
        return list(TopologicalSorter(needs).static_order())
    except CycleError as error:
        circle = [str(name) for name in reversed(error.args[1])][:-1]
    names = list(needs)
    first = min(range(len(circle)), key=lambda place: names.index(circle[place]))
    raise CircleError([*circle[first:], *circle[: first + 1]])
