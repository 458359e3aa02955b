"""`python -m lading_runtime`: options on the command line, or LADING_* in the environment."""

# ruff: noqa: PTH100
from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Mapping
from dataclasses import replace

from . import secret_files
from .configuration import Configuration, ConfigurationError, read

USAGE = 2


def main() -> int:
    """Returns the exit code; 2 is a setting that cannot be used."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What the user's code prints belongs in the log when it is printed.
        sys.stdout.reconfigure(line_buffering=True)
    try:
        secret_files.take(os.environ)
    except ConfigurationError as error:
        return _refuse(error, {})
    given = {}
    if len(sys.argv) > 1:
        from .options import parse

        given = parse(sys.argv[1:])
    try:
        configuration = _at_source(read({**os.environ, **given}))
        configuration = replace(configuration, by_options=bool(given))
    except ConfigurationError as error:
        return _refuse(error, given)
    # Before anything large is imported: workers begin to load while the front is still starting,
    # and are forked from a process that is small and has nothing open.
    from .workers import nursery

    gc.freeze()  # looking through what is shared would make it everybody's own
    workers = nursery.start(configuration)
    from . import server

    return server.run(configuration, workers)


def _refuse(error: ConfigurationError, given: Mapping[str, str]) -> int:
    """Say it by the name that the user gave, or would give: an option's or a variable's."""
    by_option = error.variable in given or (given and error.variable not in os.environ)
    if not (by_option and error.variable):
        sys.stderr.write(f"{error}\n")
        return USAGE
    from .options import option

    sys.stderr.write(f"{option(error.variable)}: {error.problem}\n")
    return USAGE


def _at_source(configuration: Configuration) -> Configuration:
    """The source becomes the working folder, as it is in an image."""
    source = os.path.abspath(configuration.source)
    path = configuration.socket and os.path.abspath(configuration.socket)
    try:
        os.chdir(source)
    except OSError as error:
        raise ConfigurationError(
            f"expected a folder, got {source!r}: {error.strerror}", "LADING_SOURCE"
        ) from error
    return replace(configuration, source=source, socket=path)


if __name__ == "__main__":
    sys.exit(main())
