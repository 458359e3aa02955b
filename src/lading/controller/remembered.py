"""What an app was asked to be when its controller last ran. Changes nothing."""

from __future__ import annotations

import json

from lading.controller.copy import Copy
from lading.controller.messages import WantedApp, WantedService
from lading.controller.place import Place
from lading.errors import StateAway
from lading.gateway.route import Listener
from lading.releases.plan import Target
from lading.releases.revision import Occasion, Revision, Spec
from lading.state.glance import Seen, glance


def remembered(place: Place) -> WantedApp | None:
    """As it was before the app went down; None when it never was up, or nobody can tell.

    Raises StateAway where the database does not answer, and nothing is known here.
    """
    try:
        seen = glance(place.state)
    except StateAway:
        copy = Copy.of(place)
        if copied := copy.read() if copy else None:
            return copied
        raise
    if seen is None or "listener" not in seen.facts:
        return None
    name = json.loads(seen.facts.get("name", '""'))
    listener = Listener(**json.loads(seen.facts["listener"]))
    return WantedApp(name, listener, tuple(map(_service, seen.services)))


def _service(seen: Seen) -> WantedService:
    told = Occasion.from_json(seen.told)
    revision = Revision(seen.service, seen.revision, Spec.from_json(seen.content), told)
    return WantedService.of(Target(revision, seen.replicas))
