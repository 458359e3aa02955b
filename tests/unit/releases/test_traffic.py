from lading.gateway.route import Route
from lading.oci import Digest
from lading.releases.plan import Health, Replica, Target
from lading.releases.revision import ReplicaId, Revision, Spec
from lading.releases.traffic import routes

WANTED = {"ocr": Target(Revision("ocr", 2, Spec(Digest.of(b"image"), timeout_seconds=9)), 2)}
OLD, NEW, NEWER = (ReplicaId("ocr", *x) for x in ((1, 0), (2, 0), (2, 1)))
ADDRESSES = {OLD: "unix:/old", NEW: "unix:/new", NEWER: "unix:/newer"}


def test_ready_replicas_of_every_revision_answer() -> None:
    observed = [Replica(OLD, Health.READY), Replica(NEW, Health.READY)]
    assert routes(observed, WANTED, ADDRESSES) == (Route("ocr", ("unix:/old", "unix:/new"), (), 9),)


def test_replicas_of_the_wanted_revision_may_answer_soon() -> None:
    observed = [
        Replica(OLD, Health.EXITED),
        Replica(NEW, Health.STARTING),
        Replica(NEWER, Health.EXITED),
    ]
    assert routes(observed, WANTED, ADDRESSES) == (
        Route("ocr", (), ("unix:/new", "unix:/newer"), 9),
    )


def test_replicas_being_stopped_get_nothing() -> None:
    observed = [Replica(OLD, Health.READY), Replica(NEW, Health.READY)]
    assert routes(observed, WANTED, ADDRESSES, {OLD}) == (Route("ocr", ("unix:/new",), (), 9),)


def test_a_service_without_replicas_keeps_its_route() -> None:
    assert routes([], WANTED, {}) == (Route("ocr", (), (), 9),)
