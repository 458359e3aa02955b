"""What is wanted of an app, as revisions, kept in the database."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from lading.controller.messages import WantedApp, WantedService
from lading.gateway.route import Listener
from lading.releases.plan import Target
from lading.releases.revision import Revision, Spec
from lading.state.glance import LAST
from lading.state.record import Record, Want


@dataclass(frozen=True)
class Wanted:
    """Targets by service, and where the gateway answers (None before the first `up`)."""

    name: str = ""
    """Of the app, for people."""
    targets: Mapping[str, Target] = field(default_factory=dict)
    listener: Listener | None = None


class Wants:
    """Turns what `up` asks for into numbered revisions, and remembers them."""

    def __init__(self, record: Record) -> None:
        self._record = record

    def load(self) -> Wanted:
        """What was wanted when the controller last ran."""
        revisions = {(r.service, r.number): r for r in self._all()}
        targets = {
            want.service: Target(revisions[want.service, want.revision], want.replicas)
            for want in self._record.wanted()
        }
        listener = self._record.fact("listener")
        name = json.loads(self._record.fact("name") or '""')
        return Wanted(name, targets, Listener(**json.loads(listener)) if listener else None)

    def store(self, app: WantedApp) -> Wanted:
        """Number what is new, keep the numbers of what is not, and want it all from now on."""
        targets = {
            service.name: Target(self._revision(service, app.listener), service.replicas)
            for service in app.services
        }
        facts = {"name": app.name, "listener": asdict(app.listener)}
        self._record.want(
            [Want(name, t.revision.number, t.replicas) for name, t in targets.items()],
            {key: json.dumps(value) for key, value in facts.items()},
        )
        return Wanted(app.name, targets, app.listener)

    def nothing(self) -> Wanted:
        """Want no service any more. Revisions stay, and it is known what was wanted."""
        last = [[want.service, want.revision, want.replicas] for want in self._record.wanted()]
        self._record.want([], {LAST: json.dumps(last)} if last else {})
        return self.load()

    def specs(self) -> dict[tuple[str, int], Spec]:
        """Every revision there ever was, by service and number."""
        return {(r.service, r.number): r.spec for r in self._all()}

    def _revision(self, service: WantedService, listener: Listener) -> Revision:
        spec = service.spec(listener)
        for known in reversed(self._all(service.name)):
            if known.spec == spec:
                return known
        stored = self._record.add_revision(service.name, spec.to_json())
        return Revision(service.name, stored.number, spec)

    def _all(self, service: str | None = None) -> list[Revision]:
        return [
            Revision(row.service, row.number, Spec.from_json(row.content))
            for row in self._record.revisions(service)
        ]
