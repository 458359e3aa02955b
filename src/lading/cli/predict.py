"""`lading predict`."""

from __future__ import annotations

import json
import mimetypes
import secrets
from pathlib import Path
from typing import Any

import click
import httpx

from lading.cli import place
from lading.cli.names import unknown
from lading.errors import AppNotUp, PredictionFailed, UsageError
from lading.settings.app import App


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
@click.option("--timeout", default=60.0, show_default=True, help="Seconds to wait.")
def command(service: str, inputs: tuple[str, ...], timeout: float) -> None:
    """Ask SERVICE for a prediction through the gateway, and print its answer as JSON."""
    app, _ = place.here()
    if app.service(service) is None:
        raise unknown("service", service, [one.name for one in app.services])
    values, files = _parse(inputs)
    answer = _ask(app, service, values, files, timeout)
    if not answer.is_success:
        raise _failed(service, answer)
    click.echo(json.dumps(answer.json(), indent=2, ensure_ascii=False))


def _parse(inputs: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, Path]]:
    values: dict[str, Any] = {}
    files: dict[str, Path] = {}
    for one in inputs:
        name, equals, text = one.partition("=")
        if not equals or not name:
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


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


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


def _failed(service: str, answer: httpx.Response) -> PredictionFailed:
    """What the problem document says (RFC 9457), or a line for each wrong field."""
    try:
        problem = answer.json()
    except ValueError:
        problem = {"detail": answer.text[:200]}
    fields = "".join(
        f"\n  {error.get('field')}: expected {error.get('expected')}, got {error.get('came')}"
        for error in problem.get("errors", [])
    )
    said = fields or f": {problem.get('detail') or problem.get('title', '')}"
    known_as = f" ({request_id})" if (request_id := problem.get("request_id")) else ""
    code = f"{answer.status_code} {problem.get('code', '')}".rstrip()
    return PredictionFailed(f"{code}{said}{known_as if not fields else ''}", service)
