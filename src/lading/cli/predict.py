"""`lading predict`."""

from __future__ import annotations

import json
import mimetypes
from pathlib import Path
from typing import Any

import click
import httpx
import msgspec

from lading.cli import place
from lading.cli.names import unknown
from lading.cli.output import printable
from lading.cli.stopping import left_behind, not_up
from lading.controller.client import Client
from lading.controller.place import Place
from lading.errors import AppNotUp, PredictionFailed, UsageError
from lading.settings.app import App

_ID = "x-request-id"
_SHOWN_CHARACTERS = 200
"""Of an answer that is not what was expected."""


_Part = tuple[str, tuple[str | None, bytes, str | None]]
"""A part of a form: its name, then file name, content and media type."""


@click.command()
@click.argument("service")
@click.option(
    "-i",
    "--input",
    "inputs",
    multiple=True,
    metavar="NAME=VALUE|NAME=@FILE",
    help="An argument: JSON, or text where its type is text; @FILE sends a file. Repeatable.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0, 86400, min_open=True),
    default=60.0,
    show_default=True,
    help="Seconds to wait.",
)
@click.option("--trace", "traced", is_flag=True, help="Show the calls made for it, on stderr.")
def command(service: str, inputs: tuple[str, ...], timeout: float, traced: bool) -> None:
    """Ask SERVICE for a prediction through the gateway, and print its answer as JSON."""
    app, at = place.here(sources=False)
    asked = app.service(service)
    if asked is None:
        raise unknown("service", service, [one.name for one in app.services])
    if asked.http is not None:
        todo = f"ask it as it wants to be asked, such as: curl {_url(app, service)}/"
        raise UsageError("has a command, whose arguments nobody knows", service, todo=todo)
    values, files = _parse(inputs)
    _require_up(at)
    answer = _ask(app, service, values, files, timeout)
    try:
        if not answer.is_success:
            raise _failed(service, answer)
        click.echo(json.dumps(_prediction(service, answer), indent=2, ensure_ascii=False))
    finally:
        if traced:
            _show_trace(at, answer.headers.get(_ID, ""))


def _require_up(at: Place) -> None:
    """Another app may answer at the same port, and for a service of the same name.

    Raises AppNotUp. What a controller that was killed left behind answers on.
    """
    if not Client(at.socket).answers() and not left_behind(at):
        raise not_up(at)


def _show_trace(at: Place, request_id: str) -> None:
    from lading.cli import trace  # takes long to import

    for line in trace.of_request(at, request_id):
        click.echo(line, err=True)


def _parse(inputs: tuple[str, ...]) -> tuple[dict[str, str], dict[str, Path]]:
    values: dict[str, str] = {}
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
            values[name] = text
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


def _ask(
    app: App, service: str, values: dict[str, str], files: dict[str, Path], timeout: float
) -> httpx.Response:
    url = f"{_url(app, service)}/predict"
    try:
        with httpx.Client(timeout=timeout, trust_env=False) as client:
            if not values and not files:
                return client.post(url, json={})
            # A form: the service knows which of its arguments are text, and which are JSON.
            form = [*map(_field, values.items()), *map(_part, files.items())]
            return client.post(url, files=form)
    except httpx.TimeoutException as error:
        raise PredictionFailed("no answer in time", service, came=f"{timeout:g} s") from error
    except httpx.TransportError as error:
        raise AppNotUp("nothing answers", url, todo="start the app with `lading up`") from error


def _url(app: App, service: str) -> str:
    host = f"[{app.listener.host}]" if ":" in app.listener.host else app.listener.host
    return f"http://{host}:{app.listener.port}/{service}"


def _field(named: tuple[str, str]) -> _Part:
    name, text = named
    return name, (None, text.encode(), None)


def _part(named: tuple[str, Path]) -> _Part:
    name, path = named
    return name, (path.name, path.read_bytes(), mimetypes.guess_type(path.name)[0])


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
    code = f"{answer.status_code} {problem.code}".rstrip()
    if fields:
        return PredictionFailed(f"{code}{fields}", service)
    request_id = printable(problem.request_id or answer.headers.get(_ID, ""))
    said = _with_command(problem.detail or problem.title, request_id)
    known_as = f" (request {request_id})" if request_id and request_id not in said else ""
    return PredictionFailed(f"{code}: {said}{known_as}", service)


def _with_command(detail: str, request_id: str) -> str:
    """A sentence that points to the log, with the command that shows what is meant."""
    if not request_id:
        return detail
    shows = f"`lading trace {request_id} --logs` shows why"
    for points in (f"the log says why, under request id {request_id}", "the log says why"):
        if points in detail:
            return detail.replace(points, shows)
    return detail
