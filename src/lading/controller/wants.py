"""What is wanted of an app, as revisions, kept in the database."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field

from lading.controller.copy import Copy
from lading.controller.messages import WantedApp, WantedService
from lading.errors import StateAway
from lading.gateway.route import Listener
from lading.releases.plan import Target
from lading.releases.revision import Occasion, Revision, Spec
from lading.state.glance import LAST
from lading.state.record import NewRevision, Record
from lading.state.rows import StoredRevision, Want


@dataclass(frozen=True)
class Wanted:
    """Targets by service, and where the gateway answers (None before the first `up`)."""

    name: str = ""
    """Of the app, for people."""
    targets: Mapping[str, Target] = field(default_factory=dict)
    listener: Listener | None = None

    @classmethod
    def of(cls, app: WantedApp) -> Wanted:
        """As it was asked for, where every service has its revision: the inverse of `asked`."""
        targets = {
            one.name: Target(
                Revision(one.name, one.revision, one.spec(app.listener), one.occasion),
                one.replicas,
            )
            for one in app.services
            if one.revision is not None
        }
        return cls(app.name, targets, app.listener)

    def asked(self) -> WantedApp | None:
        """As it would be asked for; None before anything was."""
        if self.listener is None:
            return None
        services = tuple(map(WantedService.of, self.targets.values()))
        return WantedApp(self.name, self.listener, services)


class Wants:
    """Turns what `up` asks for into numbered revisions, and remembers them."""

    def __init__(self, record: Record, copy: Copy | None = None) -> None:
        """With a `copy` it is known what is wanted while the database does not answer."""
        self._record = record
        self._copy = copy

    def load(self) -> Wanted:
        """What was wanted when the controller last ran. Raises StateAway where nobody can tell."""
        try:
            wanted = self._recorded()
        except StateAway:
            if copied := self._copy.read() if self._copy else None:
                return Wanted.of(copied)
            raise
        self._keep(wanted)
        return wanted

    def _recorded(self) -> Wanted:
        wants = self._record.wanted()
        rows = self._record.revisions((want.service, want.revision) for want in wants)
        revisions = {(row.service, row.number): Revision.of(row) for row in rows}
        targets = {
            want.service: Target(revisions[want.service, want.revision], want.replicas)
            for want in wants
        }
        listener = self._record.fact("listener")
        name = json.loads(self._record.fact("name") or '""')
        return Wanted(name, targets, Listener(**json.loads(listener)) if listener else None)

    def store(self, app: WantedApp, now: Wanted) -> Wanted:
        """Want it all from now on, of which `now` is wanted already.

        What is as it was keeps its number; anything else is a revision of its own, also when it was
        so once before: numbers tell what ran when. Where nothing changes, nothing is written.
        """
        targets = {
            service.name: Target(self._revision(service, app.listener, now), service.replicas)
            for service in app.services
        }
        wanted = Wanted(app.name, targets, app.listener)
        if wanted != now:
            facts = {
                "name": app.name,
                "listener": asdict(app.listener),
                "host": socket.gethostname(),
            }
            self._record.want(
                [Want(name, t.revision.number, t.replicas) for name, t in targets.items()],
                {key: json.dumps(value) for key, value in facts.items()},
            )
            self._keep(wanted)
        return wanted

    def nothing(self) -> None:
        """Want no service any more. Revisions stay, and it is known what was wanted.

        Of this the copy knows nothing: an app that is down is not taken up by it.
        """
        last = [[want.service, want.revision, want.replicas] for want in self._record.wanted()]
        self._record.want([], {LAST: json.dumps(last)} if last else {})

    def ready(self, revision: Revision) -> None:
        """Remember that all replicas of a revision answer."""
        self._record.ready(revision.service, revision.number)

    def specs(self, wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Spec]:
        """Of these revisions, by service and number, as far as there are such."""
        rows = self._record.revisions(wanted)
        return {(row.service, row.number): Spec.from_json(row.content) for row in rows}

    def _keep(self, wanted: Wanted) -> None:
        """What cannot be copied now is missed only where the database does not answer later."""
        asked = wanted.asked()
        if self._copy and asked:
            with suppress(OSError):
                self._copy.write(asked)

    def _revision(self, service: WantedService, listener: Listener, now: Wanted) -> Revision:
        spec = service.spec(listener)
        current = now.targets.get(service.name)
        known: Revision | None = None
        if service.revision is not None:
            known = self._named(service.name, service.revision, current)
        elif service.occasion.returns_to is None:
            known = current.revision if current else self._last(service.name)
        if known and known.spec == spec:
            return known
        # What was told of another revision is not told of this one.
        told = service.occasion if service.revision is None else Occasion()
        return self._new(service.name, spec, told)

    def _named(self, service: str, number: int, current: Target | None) -> Revision | None:
        if current and current.revision.number == number:
            return current.revision
        return next(map(Revision.of, self._record.revisions([(service, number)])), None)

    def _last(self, service: str) -> Revision | None:
        """What the service was before the app went down."""
        last = json.loads(self._record.fact(LAST) or "[]")
        numbers = [(name, number) for name, number, _ in last if name == service]
        return next(map(Revision.of, self._record.revisions(numbers)), None)

    def _new(self, service: str, spec: Spec, told: Occasion) -> Revision:
        def is_same(newest: StoredRevision) -> bool:
            # As on another machine, or tried before: a rollback is always one of its own.
            return told.returns_to is None and Spec.from_json(newest.content) == spec

        new = NewRevision(service, str(spec.image), spec.to_json(), told.to_json())
        return Revision.of(self._record.add_revision(new, is_same))
