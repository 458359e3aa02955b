"""The process that workers are forked from: small, of one thread, with nothing open but its own.

It is forked from the front before the front opens anything. With one worker, that worker loads the
handler itself. With more, the nursery loads it before it forks, so that all share its memory, and
a worker that died is replaced without loading again.

Threads do not survive a fork. Libraries that know this stop theirs (OpenBLAS); where some are left
after a trial fork, sharing would hang the workers, and each loads a handler of its own instead.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, NoReturn, Optional

from .. import log
from ..configuration import Configuration
from .channel import Channel, ClosedError, pair
from .frames import Ended, Failed, Fork, Forked

if TYPE_CHECKING:
    from ..handlers.handler import Handler

_UNSHARED = 77
"""Exit status of a nursery that loaded what cannot be shared."""


class Nursery(NamedTuple):
    """As the front has it."""

    pid: int
    channel: socket.socket
    """The front's end."""
    workers: dict[int, socket.socket]
    """The front's ends of those that were forked at once, by their keys."""

    def dismiss(self) -> None:
        """And all whom it forked."""
        for end in (self.channel, *self.workers.values()):
            end.close()
        self.wait()

    def wait(self) -> None:
        """Until it is gone, once its channel is closed."""
        os.waitpid(self.pid, 0)


def start(configuration: Configuration) -> Nursery:
    """Fork the nursery, and have it fork the first workers, which begin to load."""
    ours, theirs = pair()
    pid = os.fork()
    if not pid:
        ours.close()
        _leave_after(_run, Channel(theirs), configuration)
    theirs.close()
    workers = {key: _ask(Channel(ours), key) for key in range(1, configuration.workers + 1)}
    return Nursery(pid, ours, workers)


def _ask(channel: Channel, key: int) -> socket.socket:
    ours, theirs = pair()
    channel.send(Fork(key), [theirs.fileno()])
    theirs.close()
    return ours


def _run(channel: Channel, configuration: Configuration) -> int:
    for number in (signal.SIGINT, signal.SIGTERM):
        # They are for the front, which closes the channel when its work is done. Not ignored: that
        # would be inherited by what the user's code starts.
        signal.signal(number, _heard)
    if configuration.workers > 1:
        pid = os.fork()
        if not pid:
            _leave_after(_share, channel, configuration)
        status = _exit_code(os.waitpid(pid, 0)[1])
        if status != _UNSHARED:
            return status
    return _Loop(channel, configuration, None, 0.0).run()


def _share(channel: Channel, configuration: Configuration) -> int:
    from . import starting

    log.install(configuration.service)
    begun = time.monotonic()
    try:
        handler = starting.load(configuration)
    except BaseException as failure:
        channel.send(Failed(starting.reason(configuration, failure)))
        return 1
    threads = _threads_after_a_fork()
    if threads:
        log.write(
            "warning", "loading started threads, which forks do not share: each worker loads alone",
            service=configuration.service, threads=threads,
        )  # fmt: skip
        return _UNSHARED
    gc.collect()
    gc.freeze()
    return _Loop(channel, configuration, handler, time.monotonic() - begun).run()


class _Loop:
    def __init__(
        self,
        channel: Channel,
        configuration: Configuration,
        handler: Optional[Handler],
        seconds: float,
    ) -> None:
        self._channel = channel
        self._configuration = configuration
        self._handler = handler
        self._seconds = seconds
        self._keys: dict[int, int] = {}

    def run(self) -> int:
        """Until the front closes the channel; then no worker outlives it."""
        wake, woken = pair()
        wake.setblocking(False)
        woken.setblocking(False)
        signal.signal(signal.SIGCHLD, _heard)
        signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
        with wake, woken, self._channel.socket:
            try:
                while True:
                    self._turn(wake, woken)
            except ClosedError:
                signal.set_wakeup_fd(-1)
                for pid in self._keys:
                    os.kill(pid, signal.SIGKILL)
                return 0

    def _turn(self, wake: socket.socket, woken: socket.socket) -> None:
        readable, _, _ = select.select([self._channel.socket, wake], [], [])
        if wake in readable:
            wake.recv(4096)
            self._reap()
        if self._channel.socket in readable:
            message = self._channel.receive()
            if isinstance(message, Fork):
                self._fork(message.key, wake, woken)

    def _fork(self, key: int, wake: socket.socket, woken: socket.socket) -> None:
        end = socket.socket(fileno=self._channel.reader.take(0).detach())
        pid = os.fork()
        if not pid:
            from . import starting

            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for inherited in (wake, woken, self._channel.socket):
                inherited.close()
            configuration = self._configuration
            starting.run_and_leave(Channel(end), configuration, self._handler, self._seconds)
        end.close()
        self._keys[pid] = key
        self._channel.send(Forked(key, pid))

    def _reap(self) -> None:
        for pid, key in list(self._keys.items()):
            # Only our own: what the user's code started has its own parent to wait for it.
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                del self._keys[pid]
                self._channel.send(Ended(key, _exit_code(status)))


def _threads_after_a_fork() -> int:
    pid = os.fork()
    if not pid:
        os._exit(0)
    os.waitpid(pid, 0)
    try:
        return len(os.listdir("/proc/self/task")) - 1  # noqa: PTH208
    except FileNotFoundError:
        import threading

        return threading.active_count() - 1


def _exit_code(status: int) -> int:
    """As subprocess has it: minus the signal's number for one that was killed."""
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def _heard(number: int, frame: object) -> None:
    """The wake-up descriptor has told already."""


def _leave_after(
    run: Callable[[Channel, Configuration], int], channel: Channel, configuration: Configuration
) -> NoReturn:
    """A forked process never returns to what its parent was doing."""
    status = 1
    try:
        status = run(channel, configuration)
    except BaseException as error:
        log.write("error", "nursery failed", error, service=configuration.service)
    finally:
        os._exit(status)
