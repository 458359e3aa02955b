"""The Open Inference Protocol v2 with binary tensor data, over bytes and headers.

`inference.py` is where to start: `request.py` finds the tensors of a body, `arguments.py` makes
them a handler's arguments, `results.py` makes tensors of what it gave and `response.py` the answer.
"""

from .inference import V2

__all__ = ["V2"]
