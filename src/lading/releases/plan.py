"""From what runs to what is wanted, as a list of actions. Pure.

A rolling release: replicas of the wanted revision are started beside the earlier ones, and the
earlier ones are stopped once as many as wanted are ready. A revision that never gets ready thus
never takes the place of one that works; and one that was still starting when another was wanted
instead is stopped, so that they do not pile up.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from lading.releases.revision import ReplicaId, Revision


class Health(Enum):
    """A replica as its container and its own readiness answer show it."""

    STARTING = "starting"
    """Runs, and has not answered yet that it is ready."""
    READY = "ready"
    UNREADY = "unready"
    """Was ready, and does not answer so now."""
    EXITED = "exited"


@dataclass(frozen=True)
class Replica:
    """A container that belongs to the app."""

    id: ReplicaId
    health: Health


@dataclass(frozen=True)
class Target:
    """What is wanted of a service."""

    revision: Revision
    replicas: int


@dataclass(frozen=True)
class Start:
    """Start a replica that is not there."""

    id: ReplicaId


@dataclass(frozen=True)
class Restart:
    """Put a fresh container in the place of one that exited."""

    id: ReplicaId


@dataclass(frozen=True)
class Stop:
    """Take a replica out of the gateway, let it finish, and remove it."""

    id: ReplicaId


Action = Start | Restart | Stop


def plan(
    observed: Sequence[Replica],
    wanted: Mapping[str, Target],
    held: Collection[ReplicaId] = (),
) -> list[Action]:
    """The actions that lead from `observed` towards `wanted`, by service and slot.

    `held` are replicas not to be touched now: an action on them is under way, or they wait before
    they are started again. Called again after every change, it leads to a list that is empty.
    """
    actions: list[Action] = []
    for service in sorted({*wanted, *(replica.id.service for replica in observed)}):
        mine = [replica for replica in observed if replica.id.service == service]
        actions += _plan_service(mine, wanted.get(service))
    return [action for action in actions if action.id not in held]


def _plan_service(mine: Sequence[Replica], target: Target | None) -> list[Action]:
    if target is None:
        return [Stop(replica.id) for replica in sorted(mine, key=lambda replica: replica.id)]
    by_id = {replica.id: replica for replica in mine}
    slots = [
        ReplicaId(target.revision.service, target.revision.number, slot)
        for slot in range(target.replicas)
    ]
    actions: list[Action] = []
    for slot in slots:
        if slot not in by_id:
            actions.append(Start(slot))
        elif by_id[slot].health is Health.EXITED:
            actions.append(Restart(slot))
    arrived = all(slot in by_id and by_id[slot].health is Health.READY for slot in slots)
    for surplus in sorted(set(by_id) - set(slots)):
        # One that exited helps nobody; any other answers until all that is wanted can.
        exited = by_id[surplus].health is Health.EXITED
        if arrived or exited or _is_superseded(by_id[surplus], mine, target):
            actions.append(Stop(surplus))
    return actions


def _is_superseded(one: Replica, mine: Sequence[Replica], target: Target) -> bool:
    """Whether it never got ready, and all of an earlier revision answers in its place.

    Not one of that revision itself: seen for the first time, all are still to be asked.
    """
    revisions = {other.id.revision for other in mine} - {one.id.revision, target.revision.number}
    answering = any(
        all(other.health is Health.READY for other in mine if other.id.revision == revision)
        for revision in revisions
    )
    surplus = one.id.revision != target.revision.number
    return surplus and one.health is Health.STARTING and answering
