"""Models that are served with no handler: each flavour makes a Handler of a file.

May import `handlers` and what is below it. A library is imported only once a model of it is loaded.
Start at `loading.py`; `tabular.py` and `networks.py` hold what flavours have in common.
"""

from .loading import load

__all__ = ["load"]
