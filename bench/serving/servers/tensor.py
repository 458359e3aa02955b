"""The handler to which a tensor is sent, as binary and as JSON."""

from __future__ import annotations

import numpy as np


class Total:
    def predict(self, tensor: np.ndarray) -> float:
        return float(tensor.sum())
