"""Models that are pickled Python objects, and the versions of scikit-learn that pickled them.

Whoever can write such a file can run code here: it is as trusted as the image's own code.
"""

from __future__ import annotations

import re
import warnings
from typing import Any

from ..handlers.handler import HandlerError
from . import cores
from .libraries import differs, needed

ENDINGS = (".joblib", ".pkl", ".pickle", ".skops")
# scikit-learn before 1.3 tells the two versions in its message alone.
_STARTS = (b"\x80", b"\x1f\x8b", b"\x78", b"BZh", b"\xfd7zXZ", b"\x5d\x00", b"\x04\x22\x4d\x18")
"""Of a pickle since protocol 2, and of joblib's compressions: gzip, zlib, bz2, xz, lzma, lz4."""
_OF_THE_PROGRAM = re.compile(r"Can't get attribute '([^']+)' on <module '(?:[^']*\.)?__main__'")
_OLD = re.compile(r"from version (\S+) when using version (\S+?)\.? ")


class UnreadableError(Exception):
    """Why a file is no model that can be unpickled here, and what to do."""


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


def load_threaded(path: str) -> Any:
    """The same, for an estimator with threads of its own: as many as it may use."""
    model = load(path)
    if hasattr(model, "set_params"):
        model.set_params(n_jobs=cores.threads())
    return model


def _pickle(path: str) -> Any:
    """Raises UnreadableError for what is no pickle, and what unpickling raises."""
    joblib = needed("joblib", "joblib")
    with open(path, "rb") as file:  # noqa: PTH123
        start = file.read(16)
    if not start:
        raise UnreadableError("the file is empty; save the model anew")
    try:
        return joblib.load(path)
    except AttributeError as error:
        own = _OF_THE_PROGRAM.search(str(error))
        if own is None:
            raise
        raise UnreadableError(
            f"its {own[1]} was defined in the program that saved it (__main__); define it in a "
            "module of the source, import it from there, and save the model anew"
        ) from error
    except Exception as error:
        if start.startswith(_STARTS):
            raise
        # The instructions of a pickle of old are letters: any text is read as some of them.
        raise UnreadableError(
            f"expected a pickle, as joblib and pickle write them, got a file that begins {start!r}"
        ) from error


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
