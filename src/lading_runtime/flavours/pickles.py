"""Models that are pickled Python objects, and the versions of scikit-learn that pickled them.

Whoever can write such a file can run code here: it is as trusted as the image's own code.
"""

from __future__ import annotations

import re
import warnings
from typing import Any

from ..handlers.handler import HandlerError
from .libraries import differs, needed

ENDINGS = (".joblib", ".pkl", ".pickle", ".skops")
# scikit-learn before 1.3 tells the two versions in its message alone.
_OLD = re.compile(r"from version (\S+) when using version (\S+?)\.? ")


def load(path: str) -> Any:
    """The object in a file by joblib, pickle, cloudpickle or skops; warns of another version."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = _skops(path) if path.endswith(".skops") else _pickle(path)
    found: dict[str, tuple[str, str]] = {}
    for warning in caught:
        versions = _versions(warning.message)
        if versions is None:
            warnings.warn_explicit(
                warning.message, warning.category, warning.filename, warning.lineno
            )
        else:
            found["scikit-learn"] = versions
    differs(path, found)
    return model


def _pickle(path: str) -> Any:
    return needed("joblib", "joblib").load(path)


def _skops(path: str) -> Any:
    skops = needed("skops.io", "skops")
    untrusted = skops.get_untrusted_types(file=path)
    if untrusted:
        raise HandlerError(f"{path} has types that skops does not trust: {', '.join(untrusted)}")
    return skops.load(path)


def _versions(message: Any) -> "tuple[str, str] | None":
    """Saved with and installed."""
    saved = getattr(message, "original_sklearn_version", None)
    if saved is not None:
        return saved, message.current_sklearn_version
    match = _OLD.search(f"{message} ")
    return (match.group(1), match.group(2)) if match else None
