"""The controller's end of its UNIX socket: HTTP, for its owner alone."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lading.controller import status
from lading.controller.loop import Loop
from lading.controller.messages import Problem, WantedApp
from lading.errors import LadingError


def application(loop: Loop, folder: Path) -> Starlette:
    """Routes: `GET /status`, `GET /wanted`, `POST /apply`, `POST /down`."""

    async def get_status(_request: Request) -> Response:
        return _json(status.app(loop, str(folder), os.getpid()))

    async def get_wanted(_request: Request) -> Response:
        return _json(status.wanted(loop))

    async def post_apply(request: Request) -> Response:
        try:
            wanted = msgspec.json.decode(await request.body(), type=WantedApp)
        except msgspec.ValidationError as error:
            return _json(
                _problem(LadingError("not a request of this version", came=str(error))), 400
            )
        await loop.apply(wanted)
        return _json(status.app(loop, str(folder), os.getpid()))

    async def post_down(_request: Request) -> Response:
        loop.down()
        return _json(None, 202)

    return Starlette(
        routes=[
            Route("/status", get_status),
            Route("/wanted", get_wanted),
            Route("/apply", post_apply, methods=["POST"]),
            Route("/down", post_down, methods=["POST"]),
        ],
        exception_handlers={LadingError: _refuse},
    )


async def _refuse(_request: Request, error: Exception) -> Response:
    return _json(_problem(error) if isinstance(error, LadingError) else None, 409)


def _problem(error: LadingError) -> Problem:
    return Problem(kind=type(error).__name__, **asdict(error))


def _json(value: object, status_code: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status_code, media_type="application/json")
