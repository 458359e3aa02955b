"""`lading`: the commands, imported when they are called, and how errors leave the process."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from typing import Any

import click

from lading import __version__
from lading.errors import LadingError, UsageError

COMMANDS = {
    "init": "Start an app in this folder from a template.",
    "lock": "Resolve every package to a version and a hash, into lading.lock.",
    "build": "Assemble the images from the lock.",
    "verify": "Build images anew, and compare them with those in the store.",
    "images": "Show what images there are, and what each adds.",
    "bill": "Show what images are made of: who built them, when, of which commit.",
    "keygen": "Make a pair of keys, to sign images with and to verify them.",
    "sign": "Sign images that are built, and their bills.",
    "push": "Put images that are built into a registry.",
    "pull": "Get images that were pushed from a registry.",
    "prune": "Remove images that nothing needs any more.",
    "audit": "Look for vulnerabilities and licences in what is in images.",
    "up": "Build, start or update the app, and keep it running.",
    "down": "Stop the app.",
    "ps": "Show what runs.",
    "history": "Show the revisions of services: when, who, why.",
    "diff": "Show what differs between two revisions of a service.",
    "rollback": "Run an earlier revision of a service again.",
    "logs": "Show what services wrote.",
    "trace": "Show a request and the calls made for it.",
    "predict": "Ask a service for a prediction.",
    "run": "Run a step to completion and keep its outputs.",
    "export": "Write an image or the app for other tools: an archive, a Compose file.",
    "ci": "Write a pipeline for GitHub or GitLab that builds, verifies and pushes the app.",
    "doctor": "Say what this machine has and lacks, and how to mend it.",
}


class Commands(click.Group):
    """A group whose commands are modules of this package with a `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        # What is imported stays: looking through it for garbage, again and again, takes 10 ms.
        gc.disable()
        module = importlib.import_module(f"lading.cli.{cmd_name}")
        gc.freeze()
        gc.enable()
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(_unknown(args[0]), ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        # The commands' own modules stay unimported: help is the most used command.
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="lading")
def cli() -> None:
    """Take a machine-learning app from its source folder to running, versioned containers."""


def main() -> None:
    """The entry point. Exit codes: 0 done, 1 failed, 2 usage, 130 interrupted."""
    sys.exit(_run(sys.argv[1:]))


def _run(arguments: list[str]) -> int:
    try:
        result: Any = cli.main(arguments, prog_name="lading", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.exceptions.Abort:
        return _say("interrupted", 130)
    except BrokenPipeError:
        # Whoever read our output has gone; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (click.ClickException, LadingError, OSError) as error:
        return _refuse(error)


def _refuse(error: click.ClickException | LadingError | OSError) -> int:
    match error:
        case click.UsageError():
            error.show()
            return 2
        case click.ClickException():
            return _say(error.format_message(), 1)
        case LadingError():
            return _say(str(error), 2 if isinstance(error, UsageError) else 1)
        case OSError():
            where = f" ({error.filename})" if error.filename else ""
            return _say(f"{error.strerror or error}{where}", 1)


def _say(text: str, code: int) -> int:
    # A file's name may hold what a terminal obeys.
    plain = "".join(x if x.isprintable() or x in "\n\t" else repr(x)[1:-1] for x in text)
    click.echo(f"lading: {plain}", err=True)
    return code


def _unknown(name: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, COMMANDS, 1)
    hint = f" Did you mean '{close[0]}'?" if close else ""
    return f"No such command '{name}'.{hint}"
