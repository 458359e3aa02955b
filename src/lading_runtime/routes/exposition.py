"""Prometheus' text format, version 0.0.4: families, samples, histograms.

Written by https://prometheus.io/docs/instrumenting/exposition_formats/.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Union

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Number = Union[int, float]


class Histogram:
    """Counts by bucket, plain numbers in a list: what one observation changes is one of them."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[Number]) -> None:
        self.bounds = tuple(bounds)
        """Upper ends of the buckets, rising; each belongs to its own bucket."""
        self.counts = [0] * (len(self.bounds) + 1)
        """Of each bucket alone, the last one being for what is past every bound."""
        self.total: Number = 0

    def observe(self, value: Number) -> None:
        """Counts one value, of the histogram's unit."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


def label(name: str, value: str) -> str:
    """`name="value"`, the value escaped."""
    escaped = value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return f'{name}="{escaped}"'


def labels(*pairs: str) -> str:
    """What stands between the braces, of labels as `label` gives them; empty ones are left out."""
    return ",".join(pair for pair in pairs if pair)


class Page:
    """What is answered to a scrape, family by family."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._family = ""

    def family(self, name: str, kind: str, meaning: str) -> None:
        """Begins a family of `kind` counter, gauge or histogram; its samples follow."""
        self._family = name
        self._lines.append(f"# HELP {name} {meaning}")
        self._lines.append(f"# TYPE {name} {kind}")

    def sample(self, given: str, value: Number, suffix: str = "") -> None:
        """One line of the family; `given` are its labels, as `labels` gives them."""
        inside = f"{{{given}}}" if given else ""
        self._lines.append(f"{self._family}{suffix}{inside} {value!r}")

    def histogram(self, given: str, of: Histogram) -> None:
        """Its buckets, summed up from below as the format wants them, its sum and its count."""
        below = 0
        for bound, count in zip(of.bounds, of.counts):  # noqa: B905 - one count more
            below += count
            self.sample(labels(given, label("le", repr(float(bound)))), below, "_bucket")
        below += of.counts[-1]
        self.sample(labels(given, 'le="+Inf"'), below, "_bucket")
        self.sample(given, of.total, "_sum")
        self.sample(given, below, "_count")

    def encode(self) -> bytes:
        """The page's bytes."""
        return ("\n".join(self._lines) + "\n").encode()
