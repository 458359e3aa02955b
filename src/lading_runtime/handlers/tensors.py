"""A tensor that a model takes or gives, as it is told to clients."""

from __future__ import annotations

from typing import NamedTuple


class Tensor(NamedTuple):
    """Its name, its datatype in the Open Inference Protocol's words, and its shape; -1 is any."""

    name: str
    datatype: str
    shape: tuple[int, ...]
