"""`lading keygen`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from lading.cli import key_files
from lading.errors import SignatureError


@click.command()
@click.argument("name", default="lading")
def command(name: str) -> None:
    """Make a pair of keys: NAME.key, to sign images with, and NAME.pub, to verify them with.

    cosign, skopeo and podman read both. The password comes from COSIGN_PASSWORD, or is asked for.
    """
    from lading.bills.signatures import keys

    name = name.removesuffix(".key").removesuffix(".pub")
    private, public = Path(f"{name}.key"), Path(f"{name}.pub")
    if not private.parent.is_dir():
        raise SignatureError("there is no such folder", str(private.parent), todo="make it first")
    for path in (private, public):
        if path.exists():
            todo = "choose another name, or move it away"
            raise SignatureError("is there already", str(path), todo=todo)
    password = key_files.new_password()
    key = keys.generate(str(private))
    _write(private, key.encrypted(password), 0o600)
    _write(public, key.public.pem, 0o644)
    out = "version control" if name == "lading" else "version control and of images (`ignore`)"
    click.echo(f"{private}: signs; keep it out of {out}, and its password elsewhere")
    click.echo(f"{public}: verifies (key {key.public.short}); give it to everybody")


def _write(path: Path, content: bytes, mode: int) -> None:
    """Readable by nobody else from its first moment on, where `mode` says so; replaces nothing."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
