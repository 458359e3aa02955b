import json

from lading.engines.engine import Limits
from lading.oci import Digest
from lading.releases.revision import Batching, ReplicaId, Spec, replicas_of, workload

SPEC = Spec(
    Digest.of(b"image"),
    Limits(0.5, 64 * 1024**2, 32),
    True,
    5.0,
    3.0,
    workers=2,
    batching=Batching(8, 0.0005),
)


def test_a_spec_survives_json() -> None:
    assert Spec.from_json(SPEC.to_json()) == SPEC


def test_a_spec_of_an_earlier_version_has_what_was_usual_then() -> None:
    document = json.loads(Spec(SPEC.image).to_json())
    del document["workers"], document["batching"]
    assert Spec.from_json(json.dumps(document)) == Spec(SPEC.image)


def test_replicas_are_found_again_by_their_workloads_names() -> None:
    replica = ReplicaId("translate-en-de", 12, 3)
    name = replica.workload_name("my-app-0a1b2c")
    assert name == "my-app-0a1b2c.translate-en-de.12.3"
    assert replicas_of("my-app-0a1b2c", [name]) == [replica]


def test_steps_and_other_apps_are_no_replicas() -> None:
    names = ["", "app", "app.ocr.1", "app.ocr.one.0", "app.step.train.1-ab", "other-app.ocr.1.0"]
    assert replicas_of("app", names) == []
    assert replicas_of("app", ["app.step.1.0"]) == [ReplicaId("step", 1, 0)]


def test_a_workload_carries_the_specs_limits_and_gives_the_server_time_to_drain() -> None:
    made = workload("app-1", ReplicaId("ocr", 1, 0), SPEC, None)
    assert (made.limits, made.egress, made.image) == (SPEC.limits, True, SPEC.image)
    assert made.env == {
        "LADING_GRACE": "3",
        "LADING_REQUEST_TIMEOUT": "5",
        "LADING_MAX_BODY": "67108864",
        "LADING_WORKERS": "2",
        "LADING_BATCH_SIZE": "8",
        "LADING_BATCH_WAIT": "0.0005",
    }
    assert made.grace_seconds > SPEC.grace_seconds
