"""Programs that keep credentials: `docker-credential-*`, as Docker calls them.

Source of the protocol: https://github.com/docker/docker-credential-helpers. `get` is given the
registry on standard input, and answers with JSON, or with words and an exit code.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping

from lading.errors import RegistryError

PREFIX = "docker-credential-"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_SECONDS = 60
_UNKNOWN = "credentials not found"


def get(name: str, server: str, source: str, environ: Mapping[str, str]) -> tuple[str, str] | None:
    """User and secret of `server`; None where the helper has none. Raises RegistryError.

    `source` is the file that names the helper. Users without a name are called `<token>`.
    """
    program = f"{PREFIX}{name}"
    path = (
        shutil.which(program, path=environ.get("PATH", os.defpath)) if _NAME.match(name) else None
    )
    if path is None:
        problem = f"names the program {program}, which is not installed"
        todo = f"install it, or log in to {server} without it"
        raise RegistryError(problem, source, todo=todo)
    try:
        done = subprocess.run(
            [path, "get"],
            input=server.encode(),
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            env=dict(environ),
        )
    except subprocess.TimeoutExpired:
        raise RegistryError("does not answer", program, came=f"{_SECONDS} s of silence") from None
    except OSError as error:
        came = (error.strerror or "").lower()
        raise RegistryError("cannot be run", program, came=came) from error
    if done.returncode:
        said = (done.stdout + done.stderr).decode("utf-8", "replace").strip()
        if said.startswith(_UNKNOWN) or not said:
            return None
        raise RegistryError(f"has no credentials for {server}", program, came=_line(said))
    return _answer(done.stdout, program)


def _answer(raw: bytes, program: str) -> tuple[str, str] | None:
    # Nothing of the answer is shown: it holds a password.
    try:
        document = json.loads(raw)
        user, secret = document["Username"], document["Secret"]
    except (ValueError, KeyError, TypeError):
        expected = "JSON with Username and Secret"
        raise RegistryError("cannot be understood", program, expected, "something else") from None
    if not isinstance(user, str) or not isinstance(secret, str) or not secret:
        return None
    return user, secret


def _line(text: str) -> str:
    return "".join(x if x.isprintable() else " " for x in text.splitlines()[0])[:200]
