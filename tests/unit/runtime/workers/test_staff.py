"""Who is replaced, when, and when to give up; the nursery is played by the test."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from lading_runtime.configuration import Configuration
from lading_runtime.workers import channel
from lading_runtime.workers.channel import Channel
from lading_runtime.workers.frames import Documents, Ended, Fork, Forked, Loaded
from lading_runtime.workers.job import Job
from lading_runtime.workers.nursery import Nursery
from lading_runtime.workers.replica import Replica
from lading_runtime.workers.staff import Staff


class Clock(asyncio.SelectorEventLoop):
    """Whatever is put off is done at once, and how long it was put off is written down."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float] = []

    def call_later(self, delay: float, callback: Any, *args: Any, **more: Any) -> Any:
        if getattr(callback, "__name__", "") == "_replace":
            self.pauses.append(delay)
            delay = 0
        return super().call_later(delay, callback, *args, **more)


class Told:
    """The keeper, who passes on what the pool would."""

    staff: Staff

    def loaded(self, replica: Replica, loaded: Loaded) -> None:
        self.staff.succeeded()

    def failed(self, replica: Replica, reason: str) -> None:
        self.staff.failed(replica, reason)

    def documents(self, documents: Documents) -> None: ...
    def finished(self, job: Job) -> None: ...
    def took(self, size: int, seconds: float) -> None: ...
    def freed(self, replica: Replica, answered: int) -> None: ...
    def told(self) -> None: ...

    def ended(self, replica: Replica) -> None:
        self.staff.ended(replica)


class Play:
    """A staff, and the other side of everything it holds."""

    def __init__(self) -> None:
        self.ours, theirs = channel.pair()
        first, self.worker = channel.pair()
        self.nursery = Channel(theirs)
        self.restarts: list[str] = []
        keeper = Told()
        started = Nursery(Configuration("reader:Reader", "reader", workers=2))
        started.channel, started.workers = self.ours, {1: first}
        self.staff = keeper.staff = Staff("reader", started, keeper, self.restarts.append)
        self.staff.start()
        self.key = 1
        self.nursery.send(Forked(1, 1001))

    async def loads(self) -> None:
        Channel(self.worker).send(Loaded(0.1, False, False))
        await turns()

    async def dies(self, status: int = 1) -> None:
        """Its channel is closed, and the nursery says why."""
        self.worker.close()
        await turns()
        self.nursery.send(Ended(self.key, status))
        await turns()

    async def replaced(self) -> None:
        message = await asyncio.to_thread(self.nursery.receive)
        assert isinstance(message, Fork)
        self.key = message.key
        self.worker = socket.socket(fileno=self.nursery.reader.take(0).detach())
        self.nursery.send(Forked(self.key, 1000 + self.key))
        await turns()

    def close(self) -> None:
        self.staff.close()
        self.staff.kill_all()
        self.worker.close()
        self.nursery.socket.close()


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0.001)


def played(story: Callable[[Play], Coroutine[Any, Any, None]]) -> Clock:
    loop = Clock()

    async def run() -> None:
        play = Play()
        try:
            await story(play)
        finally:
            play.close()
            await turns()

    try:
        loop.run_until_complete(run())
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
    return loop


def test_one_that_died_is_replaced_at_once_and_takes_its_place() -> None:
    async def story(play: Play) -> None:
        await play.loads()
        await play.dies(-signal.SIGSEGV)
        assert play.staff.trouble == ("worker_died", "the worker died, and is being replaced")
        await play.replaced()
        [replica] = play.staff.replicas
        assert (replica.key, play.staff.pid(replica)) == (2, 1002)
        await play.loads()
        assert play.staff.trouble[0] == "not_ready"
        assert play.restarts == ["died"]
        assert not play.staff.gave_up.done()

    assert played(story).pauses == [0]


def test_those_that_die_again_and_again_are_replaced_ever_more_slowly_and_then_given_up() -> None:
    async def story(play: Play) -> None:
        await play.loads()
        for _ in range(5):
            await play.dies(3)
            await play.replaced()
            await play.loads()
        await play.dies(3)
        assert play.staff.gave_up.result() == (
            "6 workers in a row ended at once, the last: the worker exited with status 3"
        )

    assert played(story).pauses == [0, 0.2, 0.4, 0.8, 1.6]


def test_one_that_answered_something_begins_the_count_anew() -> None:
    async def story(play: Play) -> None:
        await play.loads()
        for _ in range(10):
            play.staff.proved()
            await play.dies()
            await play.replaced()
            await play.loads()
        assert not play.staff.gave_up.done()

    assert played(story).pauses == [0] * 10


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (0, "the worker exited with status 0"),
        (-9, "the worker was killed by SIGKILL; out of memory, when nobody else did it"),
        (-63, "the worker was killed by signal 63"),
    ],
)
def test_the_first_that_dies_before_it_has_loaded_is_the_last(status: int, reason: str) -> None:
    async def story(play: Play) -> None:
        await play.dies(status)
        assert play.staff.gave_up.result() == reason

    assert played(story).pauses == []


def test_without_the_nursery_there_is_nothing_to_be_done() -> None:
    async def story(play: Play) -> None:
        await play.loads()
        play.nursery.socket.close()
        await turns()
        assert play.staff.gave_up.result() == "the process that starts workers is gone"

    played(story)


def test_nobody_is_replaced_once_told_to_close() -> None:
    async def story(play: Play) -> None:
        await play.loads()
        assert play.staff.present
        play.staff.close()
        await play.dies()
        assert not play.staff.present
        assert not play.staff.gave_up.done()

    assert played(story).pauses == []
