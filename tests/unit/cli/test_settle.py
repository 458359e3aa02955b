import time
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lading.cli.settle import Awaited, settle
from lading.controller.messages import AppStatus, GatewayStatus, ReplicaStatus, ServiceStatus
from lading.errors import NotReady

IMAGE = "sha256:" + "0" * 64


def service(name: str, says: str) -> ServiceStatus:
    replica = ReplicaStatus(
        name=f"{name}.1.0",
        revision=1,
        image=IMAGE,
        state="starting" if says else "ready",
        pid=7,
        started_at=None,
        restarts=0,
        failures=0,
        last_end="",
        memory_bytes=None,
        memory_limit_bytes=0,
        says=says,
    )
    return ServiceStatus(name, IMAGE, 1, 1, 0 if says else 1, (replica,))


def status(*services: ServiceStatus) -> AppStatus:
    return AppStatus("app", "/app", 1, GatewayStatus("127.0.0.1", 1, 1, 0), services)


def test_what_is_waited_for_is_told_once_and_after_ten_minutes_no_more(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seconds = count()
    monkeypatch.setattr(time, "monotonic", lambda: float(next(seconds)))
    monkeypatch.setattr(time, "sleep", lambda _: None)
    app = status(service("a", ""), service("b", "/up is answered with 500"))
    client = cast(Any, SimpleNamespace(status=lambda: app))
    with pytest.raises(NotReady) as caught:
        settle(client, cast(Any, Path()), Awaited({"a", "b"}, {"a", "b"}))
    assert capsys.readouterr().err == ("b: not ready yet: /up is answered with 500\n")
    assert str(caught.value) == (
        "not ready within 10 minutes: got b: /up is answered with 500; see `lading logs`"
    )
    assert caught.value.services == {"b"}
