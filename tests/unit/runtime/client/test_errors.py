"""One tree of errors, each with fields and a message that says what to do."""

from __future__ import annotations

import inspect
import pickle
import re
from pathlib import Path

import pytest

from lading_runtime import client
from lading_runtime.client import errors
from lading_runtime.client.errors import Failure, ServiceError
from lading_runtime.problem import Fault

PAGE = Path(__file__).parents[4] / "docs" / "reference" / "calling-services.md"


def test_the_tree_is_drawn_whole_and_exported() -> None:
    drawn = re.findall(r"^[├└]── (\w+)", errors.__doc__ or "", re.MULTILINE)
    defined = [x.__name__ for x in ServiceError.__subclasses__()]
    assert sorted(drawn) == sorted(defined)
    assert {"ServiceError", *defined} <= set(client.__all__)
    assert all(hasattr(client, name) for name in client.__all__)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, client.RequestRefused),
        (404, client.NotFound),
        (413, client.RequestRefused),
        (422, client.InvalidArgument),
        (429, client.TooManyRequests),
        (500, client.InternalError),
        (501, client.InternalError),
        (502, client.ServiceUnavailable),
        (503, client.ServiceUnavailable),
        (504, client.DeadlineExceeded),
        (302, client.UnexpectedAnswer),
    ],
)
def test_every_status_has_its_error(status: int, kind: type[ServiceError]) -> None:
    assert type(errors.of_answer(Failure("ocr", "why", status))) is kind


def test_an_error_names_the_service_what_came_and_what_to_do() -> None:
    error = client.ServiceUnavailable(Failure("ocr", "it is loading", 503, "not_ready", "r-1"))
    assert str(error) == (
        "service 'ocr': 503 not_ready: it is loading; look whether the service was started and is"
        " ready (request r-1)"
    )
    assert (error.service, error.status, error.code) == ("ocr", 503, "not_ready")
    assert (error.detail, error.request_id) == ("it is loading", "r-1")
    assert str(client.ConnectionFailed(Failure("ocr", "unix:/s: gone"))).startswith(
        "service 'ocr': unix:/s: gone; look whether the gateway runs"
    )


def test_an_error_survives_the_way_between_processes() -> None:
    faults = (Fault("image", "bytes", "nothing"),)
    error = client.InvalidArgument(Failure("ocr", "image", 422, "invalid_argument", None, faults))
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.failure, again.faults) == (type(error), error.failure, faults)


def test_every_error_parameter_and_call_is_told() -> None:
    rows = set(
        re.findall(r"^\| `(?:await |(?:async )?for value in )?\.?(\w+)", PAGE.read_text(), re.M)
    )
    parameters = inspect.signature(client.service).parameters
    calls = [x for x in vars(client.Service) if x.startswith(("predict", "stream"))]
    kinds = [x.__name__ for x in ServiceError.__subclasses__()]
    assert rows == {*kinds, *parameters, *calls, "LADING_GATEWAY"}
