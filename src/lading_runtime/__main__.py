"""`python -m lading_runtime`: options on the command line, or LADING_* in the environment."""

# ruff: noqa: PTH100
from __future__ import annotations

import io
import os
import sys

from . import server
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
    return server.run(configuration)


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
    values = {**configuration.__dict__, "source": source, "socket": path}
    return Configuration(**values)


if __name__ == "__main__":
    sys.exit(main())
