"""Requests through the pool to real workers, forked by a real nursery, and back."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lading_runtime import shared
from lading_runtime.call import Body, Operation
from lading_runtime.configuration import Configuration, Limits
from lading_runtime.problem import Problem
from lading_runtime.workers import nursery
from lading_runtime.workers.frames import Reply
from lading_runtime.workers.job import Job
from lading_runtime.workers.pool import Pool

HANDLERS = Path(__file__).parents[3] / "contracts/runtime/handlers"


class Asked(Job):
    """A request that writes down what becomes of it."""

    def __init__(self, body: bytes | shared.Shared, **headers: str) -> None:
        super().__init__(Operation.PREDICT, "id", headers, body)
        self.outcomes: list[Any] = []
        self.over = asyncio.get_running_loop().create_future()

    def answered(self, reply: Reply, body: Body, now: float) -> None:
        self._tell((reply.status, bytes(body)))

    def failed(self, code: str, detail: str, *, started: bool) -> None:
        self._tell((code, started))

    def event(self, data: bytes) -> bool:
        self.outcomes.append(data)
        return True

    def ended(self, problem: bytes, code: str) -> None:
        self._tell(("ended", code))

    def _tell(self, outcome: Any) -> None:
        self.outcomes.append(outcome)
        self.over.set_result(outcome)


class Counts:
    """The observer."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.restarts: list[str] = []

    def queued(self, seconds: float) -> None: ...
    def loaded(self, seconds: float) -> None: ...

    def batch(self, size: int, seconds: float) -> None:
        self.sizes.append(size)

    def worker_restarted(self, reason: str) -> None:
        self.restarts.append(reason)


def played(handler: str, story: Callable[[Pool, Counts], Awaitable[None]], **settings: Any) -> None:
    configuration = Configuration(handler, "handlers", str(HANDLERS), **settings)
    started = nursery.start(configuration)

    async def run() -> None:
        counts = Counts()
        pool = Pool(configuration, started, counts)
        pool.staff.start()
        try:
            await asyncio.wait_for(asyncio.shield(pool.has_loaded), 20)
            await asyncio.wait_for(story(pool, counts), 30)
            assert pool.in_flight == pool.waiting == 0
        finally:
            pool.staff.close()
            while pool.staff.present:
                await asyncio.sleep(0.002)
            pool.staff.kill_all()

    asyncio.run(run())
    started.wait()


def number(value: object) -> Asked:
    return Asked(msgspec.json.encode({"number": value}))


async def until(happened: Callable[[], object]) -> None:
    while not happened():
        await asyncio.sleep(0.002)


def test_each_gets_its_own_answer_and_batches_stay_within_their_size() -> None:
    async def story(pool: Pool, counts: Counts) -> None:
        asked = [number(n) for n in range(20, 50)]
        for one in asked:
            pool.submit(one)
        for n, one in zip(range(20, 50), asked, strict=True):
            status, body = await one.over
            assert (status, msgspec.json.decode(body)[0]) == (200, n * n)
        assert 1 < max(counts.sizes) <= 8

    played("batches:Squares", story, batch_size=8)


def test_past_the_line_a_request_is_refused_and_one_that_leaves_makes_room() -> None:
    async def story(pool: Pool, counts: Counts) -> None:
        first, second, third = (Asked(b'{"seconds": 0.2}') for _ in range(3))
        pool.submit(first)
        pool.submit(second)
        with pytest.raises(Problem, match="1 predictions are waiting already"):
            pool.submit(third)
        pool.abandon(second)
        pool.submit(third)
        assert (await first.over, await third.over) == ((200, b"0"), (200, b"0"))
        assert second.outcomes == []

    played("handlers:slow", story, limits=Limits(waiting=1))


def test_a_worker_that_dies_fails_what_it_had_and_the_next_takes_what_waits() -> None:
    async def story(pool: Pool, counts: Counts) -> None:
        deadly, after = number(0), number(2)
        pool.submit(deadly)
        pool.submit(after)
        assert await deadly.over == ("worker_died", True)
        assert await after.over == (200, b"2")
        assert counts.restarts == ["died"]

    played("batches:DiesAndLoadsSlowly", story)


def test_what_waited_behind_one_that_died_goes_to_a_worker_that_is_free() -> None:
    async def story(pool: Pool, counts: Counts) -> None:
        await until(lambda: [state for state, _ in pool.states()] == ["ready", "ready"])
        for n in range(1, 61):  # it learns how quick the handler is
            pool.submit(quick := number(n))
            await quick.over
        first, second, deadly, after = number(-1), number(-20), number(0), number(5)
        for one in (first, second, deadly, after):
            pool.submit(one)
        assert await deadly.over == ("worker_died", True)
        assert await after.over == (200, b"5")
        assert [state for state, _ in pool.states()].count("loading") == 1

    played("batches:DiesAndLoadsAlone", story, workers=2)


def test_a_stuck_worker_is_replaced_and_what_waited_too_long_is_told() -> None:
    async def story(pool: Pool, counts: Counts) -> None:
        stuck, waiting = Asked(b'{"seconds": 30}'), Asked(b'{"seconds": 30}')
        pool.submit(stuck)
        pool.submit(waiting)
        assert await stuck.over == ("deadline_exceeded", True)
        assert (await waiting.over)[0] in {"deadline_exceeded", 504}
        await until(lambda: counts.restarts and pool.states()[0][0] == "ready")
        again = Asked(b'{"seconds": 0, "tag": 7}')
        pool.submit(again)
        assert await again.over == (200, b"7")
        assert counts.restarts == ["stuck"]
        await pool.require_pong()

    played("handlers:slow", story, limits=Limits(request_seconds=0.3))


def test_an_idle_worker_that_says_nothing_is_stuck_once_however_many_ask(
    capfd: pytest.CaptureFixture[str],
) -> None:
    async def story(pool: Pool, counts: Counts) -> None:
        os.kill(pool.states()[0][1], signal.SIGSTOP)
        for restarts in ([], ["stuck"]):  # once may be the machine's fault
            assert counts.restarts == []
            asked = [pool.require_pong() for _ in range(3)]
            told = await asyncio.gather(*asked, return_exceptions=True)
            assert [one.code for one in told if isinstance(one, Problem)] == ["worker_stuck"] * 3
            await until(lambda expected=restarts: counts.restarts == expected)
        await until(lambda: pool.states()[0][0] == "ready")
        await pool.require_pong()
        assert counts.restarts == ["stuck"]

    played("handlers:square", story)
    assert capfd.readouterr().err.count("worker is stuck") == 1


@pytest.mark.parametrize("handler", ["batches:counts", "batches:counts_async"])
def test_a_stream_is_told_item_by_item_and_ends_once(handler: str) -> None:
    async def story(pool: Pool, counts: Counts) -> None:
        good, bad = Asked(b'{"to": 100}'), Asked(b'{"to": 3, "fails_at": 2}')
        pool.submit(good)
        pool.submit(bad)
        await asyncio.gather(good.over, bad.over)
        assert good.outcomes == [*(b"%d" % n for n in range(100)), ("ended", "")]
        assert bad.outcomes == [b"0", b"1", ("ended", "internal_error")]

    played(handler, story)


def test_one_that_leaves_its_stream_hears_no_more_and_the_worker_is_free() -> None:
    async def story(pool: Pool, counts: Counts) -> None:
        endless, next_one = Asked(b'{"to": 100000, "seconds": 0.002}'), Asked(b'{"to": 1}')
        pool.submit(endless)
        pool.submit(next_one)
        await until(lambda: endless.outcomes)
        pool.abandon(endless)
        heard = len(endless.outcomes)
        await next_one.over
        assert len(endless.outcomes) == heard

    played("batches:counts", story)


def test_a_large_body_goes_with_the_one_that_leaves_the_line() -> None:
    async def story(pool: Pool, counts: Counts) -> None:
        first, second, third = (Asked(b'{"seconds": 0.1}') for _ in range(3))
        gone = Asked(shared.create())
        for one in (first, second, gone, third):
            pool.submit(one)
        pool.abandon(gone)
        assert isinstance(gone.body, shared.Shared)
        assert gone.body.fd == -1
        assert [await one.over for one in (first, second, third)] == [(200, b"0")] * 3

    played("handlers:slow", story)


def test_large_bodies_go_both_ways() -> None:
    octets = "application/octet-stream"

    async def story(pool: Pool, counts: Counts) -> None:
        for size in (shared.FROM_BYTES, 1_000_000):
            body = shared.create()
            body.write(b"x" * size)
            one = Asked(body, accept=octets, **{"content-type": octets})
            pool.submit(one)
            assert await one.over == (200, b"x" * size)
            assert body.fd == -1

    played("batches:mirror", story)


def test_several_workers_work_at_a_time() -> None:
    async def story(pool: Pool, counts: Counts) -> None:
        await until(lambda: [state for state, _ in pool.states()] == ["ready"] * 3)
        seen: set[bytes] = set()
        while len(seen) < 3:
            asked = [number(n) for n in range(6)]
            for one in asked:
                pool.submit(one)
            seen |= {(await one.over)[1] for one in asked}
        assert {int(pid) for pid in seen} == {pid for _, pid in pool.states()}

    played("batches:process", story, workers=3)
