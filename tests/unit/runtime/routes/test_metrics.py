"""What a scrape is told, read by Prometheus' own parser."""

from __future__ import annotations

import os
import re
import timeit
from pathlib import Path

import prometheus_client
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from lading_runtime.routes.exposition import Histogram, Page
from lading_runtime.routes.metrics import SECONDS, SIZES, Metrics, Readings, WorkerState

REFERENCE = Path(__file__).parents[4] / "docs" / "reference" / "metrics.md"
WORKERS = [WorkerState("ready", os.getpid()), WorkerState("loading", 0)]


def used(service: str = "ocr") -> Metrics:
    """With something counted in every family."""
    metrics = Metrics(service)
    metrics.watch(Readings(lambda: 3, lambda: 4, lambda: 5, lambda: WORKERS))
    metrics.answered("predict", 200, "", 0.0003)
    metrics.answered("predict", 200, "", 0.0001)
    metrics.answered("predict", 422, "invalid_argument", 61.0)
    metrics.answered("describe", 200, "", 0.004)
    metrics.queued(0.002)
    metrics.batch(8, 0.02)
    metrics.loaded(1.5)
    metrics.worker_restarted("died")
    return metrics


def read(metrics: Metrics) -> dict[str, Metric]:
    """The families by their names."""
    text = metrics.expose().decode()
    assert text.endswith("\n")
    families = list(text_string_to_metric_families(text))
    assert len({x.name for x in families}) == len(families) == text.count("# TYPE")
    return {x.name: x for x in families}


def value(family: Metric, suffix: str = "", **labels: str) -> float:
    """Of the one sample with these labels, besides the service's."""
    wanted = {"service": "ocr", **labels}
    [found] = [
        x.value for x in family.samples if x.labels == wanted and x.name.endswith(suffix or x.name)
    ]
    return found


def test_requests_are_counted_by_operation_status_and_code() -> None:
    families = read(used())
    requests = families["lading_requests"]
    assert value(requests, operation="predict", status="200") == 2
    assert value(requests, operation="predict", status="422") == 1
    assert value(requests, operation="describe", status="200") == 1
    assert value(families["lading_request_errors"], code="invalid_argument") == 1


def test_times_stand_in_the_buckets_they_belong_to() -> None:
    family = read(used())["lading_request_duration_seconds"]
    assert value(family, "_bucket", operation="predict", le="0.0001") == 1
    assert value(family, "_bucket", operation="predict", le="0.00025") == 1
    assert value(family, "_bucket", operation="predict", le="0.0005") == 2
    assert value(family, "_bucket", operation="predict", le="60.0") == 2
    assert value(family, "_bucket", operation="predict", le="+Inf") == 3
    assert value(family, "_count", operation="predict") == 3
    assert value(family, "_sum", operation="predict") == pytest.approx(61.0004)


def test_states_are_asked_for_at_each_scrape() -> None:
    metrics, waiting = Metrics("ocr"), [1]
    metrics.watch(Readings(lambda: len(waiting), lambda: 4, lambda: 5, lambda: WORKERS))
    assert value(read(metrics)["lading_queue_length"]) == 1
    waiting.append(2)
    families = read(metrics)
    assert value(families["lading_queue_length"]) == 2
    assert value(families["lading_requests_in_flight"]) == 4
    assert value(families["lading_connections"]) == 5


def test_workers_are_told_by_state_and_each_by_its_process() -> None:
    families = read(used())
    told = {x.labels["state"]: x.value for x in families["lading_workers"].samples}
    assert told == {"loading": 1, "ready": 1, "stuck": 0}
    assert value(families["lading_worker_restarts"], reason="died") == 1
    processes = {x.labels["process"] for x in families["process_resident_memory_bytes"].samples}
    assert processes == {"front", "worker-0"}


def test_a_server_that_has_done_nothing_tells_every_family() -> None:
    assert read(Metrics("ocr")).keys() == read(used()).keys()


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_name_of_a_service_comes_back_as_it_was(service: str) -> None:
    for sample in read(used(service))["lading_requests"].samples:
        assert sample.labels["service"] == service


@given(
    st.sampled_from([SECONDS, SIZES]),
    st.lists(st.floats(0, 100) | st.sampled_from([*SECONDS, *SIZES])),
)
def test_histograms_agree_with_those_of_the_official_client(
    bounds: tuple[float, ...], values: list[float]
) -> None:
    theirs = prometheus_client.Histogram("x", "x", buckets=bounds, registry=None)
    ours, page = Histogram(bounds), Page()
    for one in values:
        theirs.observe(one)
        ours.observe(one)
    page.family("x", "histogram", "x")
    page.histogram("", ours)
    [read_back] = text_string_to_metric_families(page.encode().decode())
    [expected] = theirs.collect()
    wanted = {
        (x.name, *x.labels.values()): x.value
        for x in expected.samples
        if not x.name.endswith("_created")
    }
    assert {(x.name, *x.labels.values()): x.value for x in read_back.samples} == wanted


def test_names_follow_the_conventions() -> None:
    """As `promtool check metrics` has them."""
    for line in used().expose().decode().splitlines():
        if line.startswith("# TYPE"):
            _, _, name, kind = line.split()
            assert re.fullmatch(r"(lading|process)(_[a-z]+)+", name)
            assert name.endswith("_total") == (kind == "counter"), name
            assert not re.search(r"_(count|sum|bucket|gauge|histogram|counter)$", name), name
            assert not re.search(r"milli|micro|nano|minutes|hours|kilo|mega|percent", name), name
        elif line.startswith("# HELP"):
            assert re.fullmatch(r"# HELP \w+ [A-Z][^\n]+[a-z0-9.]", line), line
        else:
            names = re.findall(r'(\w+)="', line)
            assert names.count("service") == 1, line
            assert ("le" in names) == ("_bucket{" in line), line


def test_every_metric_is_in_the_reference_and_no_other() -> None:
    page = REFERENCE.read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| ([^|]*)\|", page, re.MULTILINE)
    documented = {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}
    told = {}
    for family in read(used()).values():
        name = family.name + ("_total" if family.type == "counter" else "")
        labels = {label for x in family.samples for label in x.labels} - {"service", "le"}
        told[name] = (family.type, labels)
    assert documented == told


def test_the_accounting_of_a_prediction_costs_less_than_a_microsecond() -> None:
    metrics = used()

    def account() -> None:
        metrics.answered("predict", 200, "", 0.0003)
        metrics.queued(0.0001)

    assert min(timeit.repeat(account, number=1000, repeat=50)) / 1000 < 1e-6
