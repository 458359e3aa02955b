"""The Envoy process: killed, found again, refused a port, stopped."""

from __future__ import annotations

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from lading.errors import GatewayError
from lading.gateway.envoy import Envoy
from lading.gateway.route import Listener, Route
from tests.live.gateway.replicas import Replica
from tests.load import Load

pytestmark = pytest.mark.live
Make = Callable[..., Replica]


def test_a_killed_envoy_is_back_within_two_seconds(
    envoy: Envoy, listener: Listener, replica: Make, url: str
) -> None:
    routes = [Route("digits", (replica().address,))]
    envoy.start(listener, routes)
    with Load(f"{url}/digits/predict", requests_a_second=100) as load:
        time.sleep(0.5)
        killed = time.monotonic()
        os.kill(envoy.pid or 0, signal.SIGKILL)
        while envoy.alive():
            time.sleep(0.01)
        envoy.start(listener, routes)
        back = time.monotonic()
        time.sleep(0.5)
    assert back - killed < 2
    assert {a.status for a in load.answers if a.began > back} == {200}


def test_another_process_finds_it_and_goes_on_with_it(
    envoy: Envoy, listener: Listener, replica: Make, url: str
) -> None:
    first, second = replica(), replica()
    script = (
        "import sys; from pathlib import Path; from lading.gateway.envoy import Envoy;"
        "from lading.gateway.route import Listener, Route;"
        "Envoy(Path(sys.argv[1])).start(Listener(port=int(sys.argv[2])),"
        " [Route('digits', (sys.argv[3],))])"
    )
    arguments = [envoy.folder, str(listener.port), first.address]
    subprocess.run([sys.executable, "-c", script, *arguments], check=True)
    assert not envoy.alive()
    assert envoy.adopt()
    assert envoy.listener == Listener(port=listener.port)
    pid = envoy.pid
    envoy.start(Listener(port=listener.port), [Route("digits", (second.address,))])
    assert httpx.get(f"{url}/digits/x").json()["pid"] == second.processes[0].pid
    assert envoy.pid == pid
    os.kill(pid or 0, signal.SIGKILL)
    deadline = time.monotonic() + 2
    while envoy.alive():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_nothing_is_adopted_where_nothing_runs(envoy: Envoy, tmp_path: Path) -> None:
    assert not envoy.adopt()
    assert envoy.pid is None
    assert envoy.listener is None


def test_an_envoy_for_another_folder_is_not_adopted(
    envoy: Envoy, listener: Listener, folder: Path
) -> None:
    envoy.start(listener, [])
    assert not Envoy(folder / "gateway2").adopt()
    assert not Envoy(folder).adopt()


def test_another_listener_starts_another_envoy(envoy: Envoy, listener: Listener, url: str) -> None:
    envoy.start(Listener(port=listener.port, max_body_bytes=10), [])
    pid = envoy.pid
    envoy.start(listener, [])
    assert envoy.pid != pid
    assert httpx.get(f"{url}/healthz").status_code == 200


def test_a_taken_port_is_named_with_who_has_it(envoy: Envoy) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(GatewayError) as caught:
            envoy.start(Listener(port=port), [])
    name = Path("/proc/self/comm").read_text().strip()
    assert str(caught.value) == (
        f"127.0.0.1:{port}: the port is already taken by {name} (process {os.getpid()});"
        " stop that, or set gateway.port in lading.yaml to another"
    )
    assert not envoy.adopt()


def test_a_port_taken_at_the_last_moment_is_told_from_what_envoy_says(
    envoy: Envoy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lading.gateway.port.require_free", lambda listener, ip: None)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(GatewayError, match=rf"^127.0.0.1:{port}: the port is already taken"):
            envoy.start(Listener(port=port), [])
    assert not envoy.alive()


def test_a_gateway_that_cannot_move_to_another_port_stays_where_it_is(
    envoy: Envoy, listener: Listener, url: str
) -> None:
    envoy.start(listener, [])
    pid = envoy.pid
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(GatewayError):
        envoy.start(Listener(port=other.getsockname()[1]), [])
    assert envoy.pid == pid
    assert httpx.get(f"{url}/healthz").status_code == 200
    assert envoy.listener == listener


def test_two_gateways_do_not_share_a_port(envoy: Envoy, listener: Listener, folder: Path) -> None:
    envoy.start(listener, [])
    with pytest.raises(GatewayError, match=r"taken by envoy \(process \d+\)"):
        Envoy(folder / "second").start(listener, [])


def test_an_address_of_another_machine_is_refused(envoy: Envoy) -> None:
    with pytest.raises(GatewayError) as caught:
        envoy.start(Listener(host="192.0.2.1"), [])
    assert str(caught.value) == (
        "192.0.2.1:8080: cannot be listened on: Cannot assign requested address;"
        " set gateway.host in lading.yaml to an address of this machine"
    )


def test_stop_answers_what_is_in_flight_and_ends(
    envoy: Envoy, listener: Listener, replica: Make, url: str
) -> None:
    envoy.start(listener, [Route("digits", (replica().address,))])
    pid = envoy.pid
    answers: list[int] = []
    slow = threading.Thread(
        target=lambda: answers.append(httpx.get(f"{url}/digits/x?ms=1000").status_code)
    )
    slow.start()
    time.sleep(0.3)
    envoy.stop()
    slow.join(5)
    assert answers == [200]
    assert not envoy.alive()
    assert not Path(f"/proc/{pid}").exists()
    envoy.stop()


def test_stop_waits_no_longer_than_it_was_told(
    envoy: Envoy, listener: Listener, replica: Make, url: str
) -> None:
    envoy.start(listener, [Route("digits", (replica().address,))])
    with Load(f"{url}/digits/x?ms=20000", requests_a_second=5, timeout_seconds=10):
        time.sleep(0.5)
        began = time.monotonic()
        envoy.stop(grace_seconds=0.5)
        assert time.monotonic() - began < 2.5


def test_listens_on_loopback_alone_and_keeps_its_folder_to_itself(
    envoy: Envoy, listener: Listener
) -> None:
    envoy.start(listener, [])
    tables = [Path("/proc/net", name).read_text() for name in ("tcp", "tcp6")]
    listening = re.findall(rf"(\w+):{listener.port:04X} \w+:0000 0A ", "".join(tables))
    assert listening == ["0100007F"]
    assert stat.S_IMODE(envoy.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((envoy.folder / "admin.sock").stat().st_mode) == 0o600


def test_an_update_of_nothing_that_runs_is_refused(envoy: Envoy) -> None:
    with pytest.raises(GatewayError, match=r"Envoy does not run$"):
        envoy.update([])


def test_services_come_and_go(envoy: Envoy, listener: Listener, replica: Make, url: str) -> None:
    address = replica("b").address
    envoy.start(listener, [Route("a", ())])
    envoy.update([Route("a", ()), Route("b", (address,))])
    assert httpx.get(f"{url}/b/x").status_code == 200
    envoy.update([Route("b", (address,))])
    assert httpx.get(f"{url}/a/x").status_code == 404
    assert sorted(path.name for path in (envoy.folder / "endpoints").iterdir()) == ["b.json"]
    envoy.update([])
    assert httpx.get(f"{url}/b/x").json()["detail"] == "no service answers /b/x; there is none yet"


def test_a_replica_that_hangs_does_not_keep_the_others_from_being_served(
    envoy: Envoy, listener: Listener, replica: Make, url: str
) -> None:
    able, stuck = replica("able"), replica("stuck")
    stuck.processes[-1].send_signal(signal.SIGSTOP)
    routes = [Route("able", (able.address,)), Route("stuck", (), (stuck.address,))]
    began = time.monotonic()
    envoy.start(listener, routes)
    assert time.monotonic() - began < 2
    assert httpx.get(f"{url}/able/x").status_code == 200
    envoy.update(routes[:1])
    began = time.monotonic()
    envoy.update(routes)
    assert time.monotonic() - began < 2
    assert httpx.get(f"{url}/able/x").status_code == 200
