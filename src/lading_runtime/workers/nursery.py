"""The process that workers are forked from: small, of one thread, with nothing open but its own.

With more than one worker it is forked from the front before the front opens anything. It loads the
handler before it forks, so that all share its memory, and a worker that died is replaced without
loading again. One worker alone is forked from the front itself and loads the handler, which saves a
process; a nursery is started when it has to be replaced, as a new interpreter, since a front that
serves has too much open to be forked.

Threads do not survive a fork. Libraries that know this stop theirs (OpenBLAS); where some are left
after a trial fork, sharing would hang the workers, and each loads a handler of its own instead.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, NoReturn, Optional

import msgspec

from .. import log, secret_files
from ..configuration import Configuration
from .channel import Channel, ClosedError, pair
from .frames import Ended, Failed, Fork, Forked

if TYPE_CHECKING:
    from ..handlers.handler import Handler

_UNSHARED = 77
"""Exit status of a nursery that loaded what cannot be shared."""
_LEAVE_SECONDS = 0.3
"""For the process that shares, once the front is gone. While it loads, it cannot hear that."""
# The path is handed on: which packages are found first is part of what the server promises.
_PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from lading_runtime.workers.nursery import main; sys.exit(main(sys.argv[2:]))"
)


class Nursery:
    """As the front has it."""

    def __init__(self, configuration: Configuration) -> None:
        self.channel: Optional[socket.socket] = None
        """The front's end, where there is a nursery."""
        self.workers: dict[int, socket.socket] = {}
        """The front's ends of those that were forked at once, by their keys."""
        self.own: dict[int, int] = {}
        """The processes of those of them that the front forked itself."""
        self._configuration = configuration
        self._wait: Callable[[], object] = _nobody

    def open(self) -> socket.socket:
        """Start it, as a new interpreter; the front's end of its channel."""
        import subprocess

        ours, theirs = pair()
        number = theirs.fileno()
        told = msgspec.json.encode(self._configuration).decode()
        arguments = [json.dumps(sys.path), str(number), told]
        command = [sys.executable, "-c", _PROGRAM, *arguments]
        environment = secret_files.without(os.environ)
        self._wait = subprocess.Popen(command, pass_fds=[number], env=environment).wait
        theirs.close()
        self.channel = ours
        return ours

    def forked(self, pid: int, channel: socket.socket) -> None:
        self.channel = channel
        self._wait = partial(os.waitpid, pid, 0)

    def dismiss(self) -> None:
        """And all who were forked."""
        for end in self.workers.values():
            end.close()
        if self.channel is not None:
            self.channel.close()
        for pid in self.own.values():
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        self.wait()

    def wait(self) -> None:
        """Until it is gone, once its channel is closed."""
        self._wait()


def start(configuration: Configuration) -> Nursery:
    """Fork the first workers, which begin to load, by a nursery where there are more than one."""
    nursery = Nursery(configuration)
    ours, theirs = pair()
    pid = os.fork()
    if not pid:
        ours.close()
        _leave_after(_alone if configuration.workers == 1 else _run, Channel(theirs), configuration)
    theirs.close()
    if configuration.workers == 1:
        nursery.workers[1], nursery.own[1] = ours, pid
    else:
        nursery.forked(pid, ours)
        keys = range(1, configuration.workers + 1)
        nursery.workers = {key: _ask(Channel(ours), key) for key in keys}
    return nursery


def main(arguments: Sequence[str]) -> int:
    """Of the new interpreter: the descriptor of its channel, and the configuration."""
    number, told = arguments
    secret_files.take(os.environ)
    configuration = msgspec.json.decode(told, type=Configuration)
    _ignore_endings()
    return _Loop(Channel(socket.socket(fileno=int(number))), configuration, None, 0.0).run()


def _alone(channel: Channel, configuration: Configuration) -> int:
    from . import starting

    _ignore_endings()
    starting.run_and_leave(channel, configuration, None, 0.0)


def _ask(channel: Channel, key: int) -> socket.socket:
    ours, theirs = pair()
    channel.send(Fork(key), [theirs.fileno()])
    theirs.close()
    return ours


def _ignore_endings() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        # They are for the front, which closes the channel when its work is done. Not ignored: that
        # would be inherited by what the user's code starts.
        signal.signal(number, _heard)


def _run(channel: Channel, configuration: Configuration) -> int:
    _ignore_endings()
    pid = os.fork()
    if not pid:
        _leave_after(_share, channel, configuration)
    status = _outcome(pid, channel.socket)
    if status != _UNSHARED:
        return status
    return _Loop(channel, configuration, None, 0.0).run()


def _outcome(pid: int, front: socket.socket) -> int:
    """Wait for the process that shares. It does not hear while it loads that the front is gone."""
    wake, woken = _woken_by_children()
    poll = select.poll()
    poll.register(wake, select.POLLIN)
    poll.register(front, 0)  # its end alone: what it says is for the other process
    patience: Optional[float] = None
    with wake, woken:
        while True:
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                signal.set_wakeup_fd(-1)
                return exit_code(status)
            told = [number for number, _ in poll.poll(patience)]
            if wake.fileno() in told:
                wake.recv(4096)
            elif told:
                poll.unregister(front)
                patience = _LEAVE_SECONDS * 1000
            else:
                os.kill(pid, signal.SIGKILL)
                patience = None


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
        wake, woken = _woken_by_children()
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
                self._channel.send(Ended(key, exit_code(status)))


def _woken_by_children() -> tuple[socket.socket, socket.socket]:
    """The first can be read when a child has ended; the second is what tells it."""
    wake, woken = pair()
    wake.setblocking(False)
    woken.setblocking(False)
    signal.signal(signal.SIGCHLD, _heard)
    signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
    return wake, woken


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


def exit_code(status: int) -> int:
    """As subprocess has it: minus the signal's number for one that was killed."""
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def _nobody() -> None:
    """There is no nursery to wait for."""


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
