"""The one document of a gateway that nobody changes is what the running one is told in several."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from lading.gateway import binary, discovery
from lading.gateway.bootstrap import bootstrap
from lading.gateway.document import Document, encode
from lading.gateway.route import Listener, Route
from lading.gateway.static import static

FOLDER = Path("/tmp")
LISTENER = Listener("0.0.0.0", 8080, 1000)
ROUTES = [
    Route("ocr", (), ("unix:/run/services/ocr.1/http.sock", "unix:/run/services/ocr.2/http.sock")),
    Route("web", (), ("unix:/run/services/web/http.sock",), 5.0, True),
]


def managers(document: Document) -> list[Document]:
    listeners = document["static_resources"]["listeners"]
    return [x["filter_chains"][0]["filters"][0]["typed_config"] for x in listeners]


def test_it_reads_no_other_file() -> None:
    text = encode(static(LISTENER, "0.0.0.0", FOLDER, ROUTES)).decode()
    assert "path_config_source" not in text
    assert "eds" not in text


def test_listeners_and_routes_are_those_of_a_running_one() -> None:
    document = static(LISTENER, "0.0.0.0", FOLDER, ROUTES)
    (table,) = discovery.routes(ROUTES, 1000)["resources"]
    for mine, running in zip(
        managers(document), managers(bootstrap(LISTENER, "0.0.0.0", FOLDER)), strict=True
    ):
        assert mine.pop("route_config") == {k: v for k, v in table.items() if k != "@type"}
        del running["rds"]
        assert mine == running


def test_clusters_have_every_replica_and_ask_for_health_as_a_running_one() -> None:
    document = static(LISTENER, "0.0.0.0", FOLDER, ROUTES)
    running = discovery.clusters(discovery.healths(ROUTES), FOLDER)["resources"]
    ocr, web = document["static_resources"]["clusters"]
    assert [one["type"] for one in (ocr, web)] == ["STATIC", "STATIC"]
    assert [one["health_checks"] for one in (ocr, web)] == [x["health_checks"] for x in running]
    (group,) = ocr["load_assignment"]["endpoints"]
    assert [x["endpoint"]["address"]["pipe"]["path"] for x in group["lb_endpoints"]] == [
        "/run/services/ocr.1/http.sock",
        "/run/services/ocr.2/http.sock",
    ]


def test_envoy_takes_it(tmp_path: Path) -> None:
    path = tmp_path / "envoy.json"
    path.write_bytes(encode(static(LISTENER, "0.0.0.0", FOLDER, ROUTES)))
    assert json.loads(path.read_bytes())["node"]["id"] == "gateway"
    command = [binary.path(), *binary.arguments(path), "--mode", "validate"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (0, f"configuration '{path}' OK\n"), done.stderr
