"""`python -m lading_runtime`: options on the command line, or LADING_* in the environment."""

# ruff: noqa: PTH100
from __future__ import annotations

import gc
import io
import os
import sys
from dataclasses import replace

from .configuration import Configuration, ConfigurationError, read

USAGE = 2


def main() -> int:
    """Returns the exit code; 2 is a setting that cannot be used."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What the user's code prints belongs in the log when it is printed.
        sys.stdout.reconfigure(line_buffering=True)
    environment = dict(os.environ)
    if len(sys.argv) > 1:
        from .options import parse

        environment.update(parse(sys.argv[1:]))
    try:
        configuration = _at_source(read(environment))
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        return USAGE
    # Before anything large is imported: workers begin to load while the front is still starting,
    # and are forked from a process that is small and has nothing open.
    from .workers import nursery

    gc.freeze()  # looking through what is shared would make it everybody's own
    workers = nursery.start(configuration)
    from . import server

    return server.run(configuration, workers)


def _at_source(configuration: Configuration) -> Configuration:
    """The source becomes the working folder, as it is in an image."""
    source = os.path.abspath(configuration.source)
    path = configuration.socket and os.path.abspath(configuration.socket)
    try:
        os.chdir(source)
    except OSError as error:
        raise ConfigurationError(
            f"LADING_SOURCE: expected a folder, got {source!r}: {error.strerror}"
        ) from error
    return replace(configuration, source=source, socket=path)


if __name__ == "__main__":
    sys.exit(main())
