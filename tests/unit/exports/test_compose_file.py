"""What the Compose file says: of every container, of the gateway's, of volumes and networks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml

from lading.engines.engine import Limits
from lading.exports import compose, names
from lading.exports.replicas import Around, Exported, route
from lading.gateway.route import Listener, Route
from lading.oci import Image
from lading.releases.revision import Http, Spec
from tests.conftest import Images

LISTENER = Listener("127.0.0.1", 8080, 1000)
AROUND = Around(
    "reading", "gateway", "localhost/lading/reading/lading.gateway:sha256-9", "/usr/bin/python3.11"
)
MEBIBYTE = 1024**2


@pytest.fixture
def image(images: Images) -> Image:
    return images.image(Env=["PATH=/usr/bin", "HOME=/tmp"], Entrypoint=["node", "server.js"])


@pytest.fixture
def ocr(image: Image) -> Exported:
    spec = Spec(
        image.digest, Limits(0.5, 64 * MEBIBYTE, 10), timeout_seconds=20, max_body_bytes=1000
    )
    return Exported(
        "ocr", image, "localhost/lading/reading/ocr:sha256-1", spec, 1, "/usr/bin/python3.11"
    )


def written(*exported: Exported, around: Around = AROUND) -> dict[str, Any]:
    text = compose.encode(compose.document(LISTENER, exported, around))
    return dict(yaml.safe_load(text))


def test_a_container_may_do_what_it_must_and_no_more(ocr: Exported) -> None:
    container = written(ocr)["services"]["ocr"]
    program = container["healthcheck"]["test"].pop()
    assert container == {
        "image": "localhost/lading/reading/ocr:sha256-1",
        "pull_policy": "never",
        "user": "65532:65532",
        "restart": "unless-stopped",
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true", "seccomp:seccomp.json", "label:disable"],
        "ipc": "private",
        "cgroup": "private",
        "ulimits": {"core": 0},
        "logging": {"driver": "json-file", "options": {"max-size": "32m", "max-file": "2"}},
        "stop_grace_period": "32s",
        "cpus": 0.5,
        "mem_limit": 67108864,
        "memswap_limit": 67108864,
        "pids_limit": 10,
        "shm_size": 33554432,
        "tmpfs": ["/tmp:rw,exec,nosuid,nodev,mode=1777,size=33554432"],
        "network_mode": "none",
        "environment": {
            "LADING_BATCH_SIZE": "64",
            "LADING_BATCH_WAIT": "0.002",
            "LADING_GATEWAY": "unix:/run/gateway/http.sock",
            "LADING_GRACE": "30",
            "LADING_MAX_BODY": "1000",
            "LADING_REQUEST_TIMEOUT": "20",
            "LADING_SOCKET": "/run/lading/http.sock",
            "LADING_WORKERS": "1",
        },
        "volumes": [
            mount("ocr", "/run/lading", read_only=False),
            mount("gateway", "/run/gateway", read_only=True),
        ],
        "healthcheck": {
            "test": ["CMD", "/usr/bin/python3.11", "-I", "-S", "-c"],
            "interval": "5s",
            "timeout": "5s",
            "retries": 3,
            "start_period": "120s",
        },
        "labels": {"io.lading.app": "reading", "io.lading.service": "ocr"},
    }
    assert "connect('/run/lading/http.sock')" in program
    assert "GET /ocr/readyz HTTP/1.1" in program


def mount(source: str, target: str, read_only: bool) -> dict[str, Any]:
    return {
        "type": "volume",
        "source": source,
        "target": target,
        "read_only": read_only,
        "volume": {"nocopy": True},
    }


def test_the_gateway_alone_has_a_port_and_a_socket_of_every_replica(ocr: Exported) -> None:
    document = written(replace(ocr, replicas=2))
    gateway = document["services"]["gateway"]
    assert gateway["ports"] == [
        {"target": 8080, "published": "8080", "host_ip": "127.0.0.1", "protocol": "tcp"}
    ]
    assert gateway["networks"] == ["gateway"]
    assert gateway["volumes"] == [
        mount("gateway", "/tmp/inside", read_only=False),
        mount("ocr.1", "/run/services/ocr.1", read_only=True),
        mount("ocr.2", "/run/services/ocr.2", read_only=True),
    ]
    assert gateway["depends_on"] == ["ocr.1", "ocr.2"]
    others = [one for name, one in document["services"].items() if name != "gateway"]
    assert [one.keys() & {"ports", "networks"} for one in others] == [set(), set()]


def test_the_gateway_looks_for_replicas_where_it_has_them(ocr: Exported) -> None:
    assert route(replace(ocr, replicas=2)) == Route(
        "ocr", (), ("unix:/run/services/ocr.1/http.sock", "unix:/run/services/ocr.2/http.sock"), 20
    )
    web = replace(ocr, spec=replace(ocr.spec, http=Http(3000, "/up")))
    assert route(web).foreign


def test_a_socket_is_in_memory_and_its_users_alone(ocr: Exported) -> None:
    options = "uid=65532,gid=65532,mode=0700,size=64k,nosuid,nodev,noexec"
    opts = {"type": "tmpfs", "device": "tmpfs", "o": options}
    volume = {"driver": "local", "driver_opts": opts}
    document = written(replace(ocr, replicas=2))
    assert document["volumes"] == {"gateway": volume, "ocr.1": volume, "ocr.2": volume}
    assert document["networks"] == {"gateway": {}}


def test_a_server_on_a_port_is_started_by_the_bridge_which_has_its_own_memory(
    ocr: Exported,
) -> None:
    web = replace(ocr, spec=replace(ocr.spec, http=Http(7878, "/healthy?is=$it")))
    container = written(web)["services"]["ocr"]
    assert container["entrypoint"] == [
        *("/usr/bin/python3.11", "-I", "/opt/lading/bridge.py"),
        *("--socket", "/run/lading/http.sock", "--port", "7878"),
        *("--health", "/healthy?is=$$it"),
        *("--gateway", "/run/gateway/http.sock", "--gateway-port", "7879"),
        *("--", "node", "server.js"),
    ]
    assert container["init"] is True
    assert (container["mem_limit"], container["pids_limit"]) == ((64 + 32) * MEBIBYTE, 18)
    environment = container["environment"]
    assert environment["PORT"] == "7878"
    assert environment["LADING_GATEWAY"] == "http://127.0.0.1:7879"
    assert "LADING_SOCKET" not in environment


def test_a_low_port_is_open_to_who_is_not_root(ocr: Exported) -> None:
    low, high = (
        replace(ocr, spec=replace(ocr.spec, http=Http(port, "/up"))) for port in (80, 3000)
    )
    assert written(low)["services"]["ocr"]["sysctls"] == {
        "net.ipv4.ip_unprivileged_port_start": "80"
    }
    assert "sysctls" not in written(high)["services"]["ocr"]


def test_no_variable_of_composes_own_is_put_in_place_of_a_text(ocr: Exported) -> None:
    web = replace(ocr, spec=replace(ocr.spec, http=Http(3000, "/healthy?is=$it")))
    container = written(web)["services"]["ocr"]
    assert "/healthy?is=$$it" in container["entrypoint"]
    assert "GET /.lading/ready HTTP/1.1" in container["healthcheck"]["test"][-1]


def test_egress_is_a_network_of_its_own(ocr: Exported) -> None:
    out = replace(ocr, spec=replace(ocr.spec, egress=True))
    document = written(out, replace(ocr, name="other"))
    assert document["services"]["ocr"]["networks"] == ["ocr"]
    assert "network_mode" not in document["services"]["ocr"]
    assert document["services"]["other"]["network_mode"] == "none"
    assert document["networks"] == {"gateway": {}, "ocr": {}}


def test_gpus_are_reserved(ocr: Exported) -> None:
    with_two = replace(ocr, spec=replace(ocr.spec, limits=Limits(gpu=2)))
    assert written(with_two)["services"]["ocr"]["deploy"] == {
        "resources": {"reservations": {"devices": [{"count": 2, "capabilities": ["gpu"]}]}}
    }


def test_an_image_of_a_registry_may_be_pulled(ocr: Exported) -> None:
    pulled = replace(ocr, called="registry.example.org/reading/ocr@sha256:1")
    assert written(pulled)["services"]["ocr"]["pull_policy"] == "missing"


def test_nothing_in_the_file_refers_to_another_part_of_it(ocr: Exported) -> None:
    text = compose.encode(compose.document(LISTENER, [replace(ocr, replicas=3)], AROUND))
    assert "&id" not in text
    assert text.startswith("# Made by `lading export compose`.")


def test_a_service_may_be_called_gateway() -> None:
    assert names.gateway(["ocr", "web"]) == "gateway"
    assert names.gateway(["ocr", "gateway"]) == "lading.gateway"


def test_secrets_are_files_beside_it_and_no_value_is_in_it(ocr: Exported) -> None:
    given = replace(ocr, spec=replace(ocr.spec, secrets=("API_KEY",)))
    said = written(given)
    assert said["secrets"] == {"ocr-API_KEY": {"file": "./secrets/ocr/API_KEY"}}
    container = said["services"]["ocr"]
    assert container["secrets"] == [{"source": "ocr-API_KEY", "target": "API_KEY"}]
    assert container["environment"]["LADING_SECRETS"] == "API_KEY"
    assert "secrets" not in written(ocr)
