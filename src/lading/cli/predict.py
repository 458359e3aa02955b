"""`lading predict`."""

from __future__ import annotations

import json
import mimetypes
import secrets
from pathlib import Path
from typing import Any

import click
import httpx
import msgspec

from lading.cli import place
from lading.cli.names import unknown
from lading.errors import AppNotUp, PredictionFailed, UsageError
from lading.settings.app import App

_SHOWN_CHARACTERS = 200
"""Of an answer that is not what was expected."""


@click.command()
@click.argument("service")
@click.option(
    "-i",
    "--input",
    "inputs",
    multiple=True,
    metavar="NAME=VALUE|NAME=@FILE",
    help="An argument: JSON, or else text; @FILE sends a file's bytes. May be repeated.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0, 86400, min_open=True),
    default=60.0,
    show_default=True,
    help="Seconds to wait.",
)
def command(service: str, inputs: tuple[str, ...], timeout: float) -> None:
    """Ask SERVICE for a prediction through the gateway, and print its answer as JSON."""
    app, _ = place.here()
    if app.service(service) is None:
        raise unknown("service", service, [one.name for one in app.services])
    values, files = _parse(inputs)
    answer = _ask(app, service, values, files, timeout)
    if not answer.is_success:
        raise _failed(service, answer)
    click.echo(json.dumps(_prediction(service, answer), indent=2, ensure_ascii=False))


def _parse(inputs: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, Path]]:
    values: dict[str, Any] = {}
    files: dict[str, Path] = {}
    for one in inputs:
        name, equals, text = one.partition("=")
        if not equals or not name or not _is_unicode(one):
            raise UsageError("not an input", "-i", expected="name=value or name=@file", came=one)
        if name in values or name in files:
            raise UsageError(f"{name!r} is given twice", "-i")
        if text.startswith("@"):
            files[name] = _file(name, text[1:])
        else:
            values[name] = _value(text)
    return values, files


def _file(name: str, text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise UsageError("there is no such file", f"-i {name}", came=text)
    return path


def _is_unicode(text: str) -> bool:
    """Whether a command line's bytes were UTF-8: others come as surrogates, which JSON has not."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _value(text: str) -> Any:
    try:
        value = json.loads(text)
        # Neither NaN nor Infinity, nor a number that is only read as one (RFC 8259, section 6).
        json.dumps(value, allow_nan=False)
    except (ValueError, RecursionError):
        return text
    return value


def _ask(
    app: App, service: str, values: dict[str, Any], files: dict[str, Path], timeout: float
) -> httpx.Response:
    url = f"http://{app.listener.host}:{app.listener.port}/{service}/predict"
    # A person repeats a prediction that got lost anyway, so the gateway may as well.
    headers = {"Idempotency-Key": secrets.token_hex(16)}
    try:
        with httpx.Client(timeout=timeout, trust_env=False, headers=headers) as client:
            if not files:
                return client.post(url, json=values)
            parts = {
                name: (path.name, path.read_bytes(), mimetypes.guess_type(path.name)[0])
                for name, path in files.items()
            }
            fields = {
                name: value if isinstance(value, str) else json.dumps(value)
                for name, value in values.items()
            }
            return client.post(url, data=fields, files=parts)
    except httpx.TimeoutException as error:
        raise PredictionFailed("no answer in time", service, came=f"{timeout:g} s") from error
    except httpx.TransportError as error:
        raise AppNotUp("nothing answers", url, todo="start the app with `lading up`") from error


def _prediction(service: str, answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError as error:
        came = repr(answer.text[:_SHOWN_CHARACTERS])
        raise PredictionFailed("no prediction", service, "JSON", came) from error


class _Fault(msgspec.Struct):
    field: str
    expected: str
    came: str


class _Problem(msgspec.Struct):
    """A problem document (RFC 9457), as Lading's servers and gateway write it."""

    title: str = ""
    detail: str = ""
    code: str = ""
    request_id: str = ""
    errors: list[_Fault] = []


def _failed(service: str, answer: httpx.Response) -> PredictionFailed:
    """What the problem document says, or a line for each wrong field."""
    try:
        problem = msgspec.json.decode(answer.content, type=_Problem)
    except msgspec.DecodeError:
        # Something else listens there, or answers for itself.
        problem = _Problem(detail=answer.text[:_SHOWN_CHARACTERS])
    fields = "".join(
        f"\n  {error.field}: expected {error.expected}, got {error.came}"
        for error in problem.errors
    )
    said = fields or f": {problem.detail or problem.title}"
    known_as = f" ({problem.request_id})" if problem.request_id else ""
    code = f"{answer.status_code} {problem.code}".rstrip()
    return PredictionFailed(f"{code}{said}{known_as if not fields else ''}", service)
