"""The heart of the controller: look, ask, plan, act, many times a second.

Everything it knows is looked up anew in every pass, so it may be killed at any moment: the next one
adopts what runs. Only this loop changes what is watched; actions run in threads and report back by
what the next look shows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from lading.controller.copy import Copy
from lading.controller.entrance import Entrance
from lading.controller.history import History
from lading.controller.journal import Journal
from lading.controller.known import Known
from lading.controller.messages import WantedApp
from lading.controller.probe import why_not
from lading.controller.telling import Telling, written_if_possible
from lading.controller.wants import Wanted, Wants
from lading.controller.watch import PROBE_STARTING_SECONDS, Watched, monotonic
from lading.engines.engine import Engine, Observed, Phase
from lading.errors import EngineError, LadingError
from lading.gateway.envoy import Envoy
from lading.gateway.route import FOREIGN_HEALTH, Route
from lading.releases.execute import Hands, execute
from lading.releases.plan import Action, Health, Stop, plan
from lading.releases.revision import ReplicaId, Spec, replicas_of
from lading.releases.traffic import routes
from lading.state.record import Record

PASS_SECONDS = 0.1
"""The longest until the next pass; less where something is known to have happened."""
_REST_SECONDS = 0.01
"""The shortest: what happens at once is seen at once."""
_CLOSELY_SECONDS = 0.02
_CLOSELY_AT_MOST = 20
"""So many replicas that start are asked this often; more of them would ask too much of us."""


class Loop:
    """Keeps one app as it is wanted.

    `app` is its unique name in the engine; all containers named `app.…` are its own.
    """

    def __init__(
        self,
        app: str,
        engine: Engine,
        envoy: Envoy,
        record: Record,
        history: History,
        copy: Copy | None = None,
    ) -> None:
        self.app = app
        self.secrets: Path | None = None
        """The folder with the secrets of each service."""
        self.watched: dict[ReplicaId, Watched] = {}
        self._engine = engine
        self._journal = Journal(record)
        self._telling = Telling(app, engine, history, self._journal)
        self._gateway = Entrance(envoy, self._routes, self._telling.of_gateway)
        self._wants = Wants(record, copy)
        self.wanted: Wanted = self._wants.load()
        self._known = Known(self._wants, self._journal)
        self._known.take(self.wanted)
        self._tasks: set[asyncio.Task[None]] = set()
        self._leaving = asyncio.Event()
        self._happened = asyncio.Event()
        self._applying = asyncio.Lock()

    @property
    def gateway_pid(self) -> int | None:
        return self._gateway.envoy.pid

    @property
    def gateway_restarts(self) -> int:
        return self._gateway.restarts

    @property
    def trouble(self) -> str:
        """Why nothing can be written down now; empty where it can."""
        return self._journal.trouble

    def spec(self, replica: ReplicaId) -> Spec | None:
        return self._known.spec(replica)

    async def run(self) -> None:
        """Until `down` has been asked for and nothing is left."""
        try:
            await self._run()
        finally:
            self._journal.close()

    async def _run(self) -> None:
        await self._gateway.adopt()
        # What an earlier controller left is known only after the first look.
        while not await self._pass():
            await asyncio.sleep(PASS_SECONDS)
        while not (self._leaving.is_set() and not self.watched and not self._tasks):
            await self._rest()
            await self._pass()
        await self._gateway.stop()

    async def _rest(self) -> None:
        await asyncio.sleep(_REST_SECONDS)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._happened.wait(), PASS_SECONDS - _REST_SECONDS)
        self._happened.clear()

    async def apply(self, app: WantedApp) -> None:
        """Want this from now on. Raises GatewayError when its port cannot be had."""
        if app.listener != self.wanted.listener or not self._gateway.envoy.alive():
            await self._gateway.open(app.listener)
        self._leaving.clear()
        async with self._applying:
            self.wanted = await asyncio.to_thread(self._wants.store, app, self.wanted)
            self._leaving.clear()
        self._known.take(self.wanted)
        self._happened.set()

    def down(self) -> None:
        """Want nothing, and end once nothing is left: also where that cannot be written down."""
        self.wanted = replace(self.wanted, targets={})
        self._leaving.set()
        self._spawn(self._forget())
        self._happened.set()

    async def _forget(self) -> None:
        async with self._applying:
            if not self.wanted.targets:  # else it was asked for again
                with written_if_possible():
                    await asyncio.to_thread(self._wants.nothing)

    async def _pass(self) -> bool:
        """Whether the engine answered: while it does not, nothing is known and nothing is done."""
        try:
            seen = await asyncio.to_thread(self._look)
        except EngineError as error:
            self._telling.of_engine(str(error))
            return False
        self._telling.of_engine("")
        self._see(seen)
        if strangers := self._known.strangers(self.watched):
            await asyncio.to_thread(self._known.learn, strangers)
        self._known.see(self.wanted.targets.values(), self.watched)
        self._ask()
        present = [w.replica() for w in self.watched.values() if w.observed and not w.stopping]
        actions = plan(present, self.wanted.targets, self._held())
        for action in actions:
            watched = self.watched.setdefault(action.id, Watched(action.id))
            watched.busy, watched.stopping = True, isinstance(action, Stop)
        routed = await self._gateway.tend(self.wanted.listener, lambda: bool(self.wanted.targets))
        for action in actions:
            # What the gateway may still send to is not stopped; the next pass tries again.
            if routed or not isinstance(action, Stop):
                self._spawn(self._act(action))
            else:
                self.watched[action.id].busy = self.watched[action.id].stopping = False
        return True

    def _look(self) -> Mapping[ReplicaId, Observed]:
        mine = replicas_of(self.app, self._engine.names())
        seen = {one: self._engine.observe(one.workload_name(self.app)) for one in mine}
        return {replica: observed for replica, observed in seen.items() if observed}

    def _see(self, seen: Mapping[ReplicaId, Observed]) -> None:
        now = monotonic()
        for replica in seen:
            if replica not in self.watched:
                self.watched[replica] = Watched(replica)
        for replica, watched in list(self.watched.items()):
            if watched.see(seen.get(replica), now) and not watched.stopping:
                self._telling.tell(replica, watched.last_end)
            gone = watched.observed is None and not watched.busy
            if gone and (watched.stopping or not self._is_wanted(replica)):
                del self.watched[replica]

    def _is_wanted(self, replica: ReplicaId) -> bool:
        target = self.wanted.targets.get(replica.service)
        return (
            target is not None
            and replica.revision == target.revision.number
            and replica.slot < target.replicas
        )

    def _ask(self) -> None:
        now = monotonic()
        starting = [w for w in self.watched.values() if w.health is Health.STARTING]
        closely = len(starting) <= _CLOSELY_AT_MOST
        for watched in self.watched.values():
            observed = watched.observed
            if observed and observed.phase is Phase.RUNNING and now >= watched.next_probe:
                watched.next_probe = float("inf")
                often = closely and watched.health is Health.STARTING
                self._spawn(self._probe(watched, observed, PROBE_STARTING_SECONDS if often else 0))

    async def _probe(self, watched: Watched, observed: Observed, seconds: float) -> None:
        """Ask once, or again and again for so long until it is ready."""
        spec = self.spec(watched.id)
        own = f"/{watched.id.service}/readyz"
        path = FOREIGN_HEALTH if spec and spec.http else own
        until = monotonic() + seconds
        while (says := await why_not(observed.address, path)) and monotonic() < until:
            await asyncio.sleep(_CLOSELY_SECONDS)
        now_seen = watched.observed
        # An answer that comes after its container was replaced says nothing of the new one.
        same = now_seen is not None and now_seen.started_at == observed.started_at
        if same and watched.answer(says, monotonic()):
            self._telling.tell(watched.id, watched.health.value)
            self._happened.set()

    def _held(self) -> set[ReplicaId]:
        now = monotonic()
        return {w.id for w in self.watched.values() if w.busy or not w.backoff.may_start(now)}

    async def _act(self, action: Action) -> None:
        hands = Hands(
            self.app,
            self._engine,
            self._known.specs,
            self._telling.tell,
            self._telling.keep_log,
            self._gateway.envoy.inside,
            self.secrets,
        )
        watched = self.watched[action.id]
        try:
            await asyncio.to_thread(execute, action, hands)
        except (LadingError, OSError) as error:
            watched.last_end, watched.stopping = str(error), False
            watched.backoff = watched.backoff.ended(monotonic(), was_ready=False)
            self._telling.tell(action.id, f"failed: {error}")
        finally:
            watched.busy = False
            self._happened.set()

    def _routes(self) -> tuple[Route, ...]:
        watched = self.watched.values()
        return routes(
            [w.replica() for w in watched if w.address and w.may_answer],
            self.wanted.targets,
            {w.id: w.address for w in watched},
            {w.id for w in watched if w.stopping},
        )

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
