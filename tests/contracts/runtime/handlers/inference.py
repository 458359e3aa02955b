"""What the tests of the Open Inference Protocol serve; written as for Python 3.9."""

# ruff: noqa: UP006, UP035, UP045

from __future__ import annotations

import time
from typing import Any, Dict, List, Optional

import numpy as np


class Echo:
    def predict(
        self,
        tensor: Optional[np.ndarray] = None,
        words: Optional[List[bytes]] = None,
        seconds: float = 0.0,
        fails: bool = False,
    ) -> Dict[str, Any]:
        time.sleep(seconds)
        if fails:
            raise RuntimeError("a secret of the handler")
        given = {"tensor": tensor, "words": words}
        return {name: value for name, value in given.items() if value is not None}


def doubled(x: np.ndarray) -> np.ndarray:
    x *= 2  # in place: an argument is the handler's own
    return x
