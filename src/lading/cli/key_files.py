"""Keys as a user names them: a file, or a variable that holds one; and the password asked for."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lading.errors import SignatureError, UsageError, WrongPassword
from lading.settings.app import App

if TYPE_CHECKING:
    from lading.bills.signatures.keys import PrivateKey, PublicKey
    from lading.bills.signatures.trust import Trust

PASSWORD = "COSIGN_PASSWORD"
"""As cosign reads it: a CI that signs with cosign has it already."""
_VARIABLE = "env://"
_MOST_BYTES = 64 * 1024


def private(named: str) -> PrivateKey:
    """The key of `--key`. Asks for its password where nothing else says it.

    Raises SignatureError, WrongPassword.
    """
    from lading.bills.signatures import keys

    content = _content(named, "`lading keygen` makes one")
    if not keys.is_encrypted(content):
        return keys.read_private(content, named)
    said = os.environ.get(PASSWORD)
    try:
        return keys.read_private(content, named, _asked(named) if said is None else said.encode())
    except WrongPassword as error:
        error.todo = f"check {PASSWORD}" if said is not None else "try again"
        raise


def public(named: Iterable[str]) -> tuple[PublicKey, ...]:
    """Keys to verify with. Raises SignatureError."""
    from lading.bills.signatures import keys

    todo = "it is the .pub that `lading keygen` wrote beside the key that signs"
    return tuple(keys.read_public(_content(one, todo), Path(one).name) for one in named)


def of_app(app: App) -> Trust | None:
    """The keys of lading.yaml; None where it names none. Raises SignatureError."""
    if not app.trusted_keys:
        return None
    from lading.bills.signatures.trust import Keys

    return Keys(public(map(str, app.trusted_keys)))


def new_password() -> bytes:
    """For a new key: from the variable, or asked for twice; empty where nobody can be asked."""
    said = os.environ.get(PASSWORD)
    if said is not None:
        return said.encode()
    if not sys.stdin.isatty():
        todo = f"set {PASSWORD}, to nothing for a key without a password"
        raise UsageError("there is no terminal to ask for a password", todo=todo)
    asked: str = click.prompt(
        "Password for the new key (may be empty)",
        hide_input=True,
        confirmation_prompt="Once more",
        default="",
        show_default=False,
        err=True,
    )
    return asked.encode()


def _asked(named: str) -> bytes:
    if not sys.stdin.isatty():
        problem = "the key is encrypted, and there is no terminal to ask for its password"
        raise SignatureError(problem, named, todo=f"set {PASSWORD}")
    prompt = f"Password for {named}"
    asked: str = click.prompt(prompt, hide_input=True, default="", show_default=False, err=True)
    return asked.encode()


def _content(named: str, todo: str) -> bytes:
    """`todo` says where a file that is not there comes from."""
    if named.startswith(_VARIABLE):
        name = named.removeprefix(_VARIABLE)
        if name not in os.environ:
            raise SignatureError("no such variable", named, todo=f"set {name} to the key, in PEM")
        return os.environ[name].encode()
    path = Path(named)
    try:
        with path.open("rb") as file:
            return file.read(_MOST_BYTES)
    except OSError as error:
        problem = f"the key cannot be read: {error.strerror or error}"
        raise SignatureError(problem, named, todo=todo) from error
