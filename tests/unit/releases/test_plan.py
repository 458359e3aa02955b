"""Exact plans, from what is observed and what is wanted."""

from hypothesis import given
from hypothesis import strategies as st

from lading.oci import Digest
from lading.releases.plan import Health, Replica, Restart, Start, Stop, Target, plan
from lading.releases.revision import ReplicaId, Revision, Spec

IMAGE = Digest.of(b"image")


def wanted(revision: int = 1, replicas: int = 1, service: str = "ocr") -> dict[str, Target]:
    return {service: Target(Revision(service, revision, Spec(IMAGE)), replicas)}


def seen(revision: int, slot: int, health: Health = Health.READY, service: str = "ocr") -> Replica:
    return Replica(ReplicaId(service, revision, slot), health)


def test_what_is_missing_is_started() -> None:
    assert plan([seen(1, 0)], wanted(replicas=3)) == [
        Start(ReplicaId("ocr", 1, 1)),
        Start(ReplicaId("ocr", 1, 2)),
    ]


def test_nothing_is_done_when_all_is_as_wanted() -> None:
    assert plan([seen(1, 0), seen(1, 1, Health.STARTING)], wanted(replicas=2)) == []


def test_a_replica_that_exited_is_restarted() -> None:
    assert plan([seen(1, 0, Health.EXITED)], wanted()) == [Restart(ReplicaId("ocr", 1, 0))]


def test_an_unready_replica_is_left_alone() -> None:
    assert plan([seen(1, 0, Health.UNREADY)], wanted()) == []


def test_a_new_revision_is_started_beside_the_earlier_one() -> None:
    assert plan([seen(1, 0)], wanted(revision=2)) == [Start(ReplicaId("ocr", 2, 0))]


def test_the_earlier_revision_stays_until_all_of_the_new_one_is_ready() -> None:
    halfway = [seen(1, 0), seen(1, 1), seen(2, 0), seen(2, 1, Health.STARTING)]
    assert plan(halfway, wanted(revision=2, replicas=2)) == []


def test_the_earlier_revision_is_stopped_once_the_new_one_is_ready() -> None:
    assert plan([seen(1, 0), seen(2, 0)], wanted(revision=2)) == [Stop(ReplicaId("ocr", 1, 0))]


def test_an_earlier_replica_that_exited_is_stopped_not_restarted() -> None:
    observed = [seen(1, 0, Health.EXITED), seen(2, 0, Health.STARTING)]
    assert plan(observed, wanted(revision=2)) == [Stop(ReplicaId("ocr", 1, 0))]


def test_a_revision_still_starting_is_stopped_when_another_is_wanted_in_its_place() -> None:
    observed = [seen(1, 0), seen(2, 0, Health.STARTING)]
    assert plan(observed, wanted(revision=3)) == [
        Start(ReplicaId("ocr", 3, 0)),
        Stop(ReplicaId("ocr", 2, 0)),
    ]


def test_it_is_not_while_nothing_else_may_answer_in_its_place() -> None:
    first = [seen(1, 0, Health.STARTING), seen(2, 0, Health.STARTING)]
    assert plan(first, wanted(revision=3)) == [Start(ReplicaId("ocr", 3, 0))]
    adopted = [seen(1, 0), seen(1, 1, Health.STARTING), seen(2, 0, Health.STARTING)]
    assert plan(adopted, wanted(revision=2)) == []


def test_fewer_replicas_stop_the_highest_slots() -> None:
    assert plan([seen(1, 0), seen(1, 1), seen(1, 2)], wanted(replicas=1)) == [
        Stop(ReplicaId("ocr", 1, 1)),
        Stop(ReplicaId("ocr", 1, 2)),
    ]


def test_a_service_no_longer_wanted_is_stopped_and_others_are_not() -> None:
    observed = [seen(1, 0, service="detect"), seen(1, 0)]
    assert plan(observed, wanted()) == [Stop(ReplicaId("detect", 1, 0))]


def test_held_replicas_are_not_touched() -> None:
    replica = ReplicaId("ocr", 1, 0)
    assert plan([seen(1, 0, Health.EXITED)], wanted(), {replica}) == []


replicas = st.builds(
    Replica,
    st.builds(ReplicaId, st.sampled_from(["a", "b"]), st.integers(1, 3), st.integers(0, 3)),
    st.sampled_from(Health),
)


@given(
    st.lists(replicas, unique_by=lambda replica: replica.id),
    st.integers(1, 3),
    st.integers(0, 3),
)
def test_every_plan_carried_out_leads_to_what_is_wanted(
    observed: list[Replica], revision: int, count: int
) -> None:
    """Starts arrive, restarts and unready ones become ready, stops vanish: then nothing is left."""
    target = wanted(revision, count, "a")
    for _ in range(6):
        state = {replica.id: replica for replica in observed}
        for action in plan(observed, target):
            if isinstance(action, Stop):
                del state[action.id]
            else:
                state[action.id] = Replica(action.id, Health.STARTING)
        observed = [
            replica if replica.health is Health.EXITED else Replica(replica.id, Health.READY)
            for replica in state.values()
        ]
    assert plan(observed, target) == []
    assert {r.id for r in observed} == {ReplicaId("a", revision, slot) for slot in range(count)}


@given(st.lists(replicas, unique_by=lambda replica: replica.id), st.integers(1, 3))
def test_no_ready_replica_is_stopped_before_another_can_answer(
    observed: list[Replica], revision: int
) -> None:
    actions = plan(observed, wanted(revision, 1, "a"))
    stopped = {action.id for action in actions if isinstance(action, Stop)}
    ready = {r.id for r in observed if r.health is Health.READY and r.id.service == "a"}
    assert not ready or ready - stopped
