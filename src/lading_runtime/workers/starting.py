"""A worker's life: load the handler, say so, serve, leave."""

from __future__ import annotations

import atexit
import faulthandler
import gc
import os
import sys
import time
from typing import NoReturn, Optional

from .. import log
from ..configuration import Configuration
from ..dataplane.plane import DataPlane
from ..handlers.handler import Handler, HandlerError
from .answering import Answering
from .channel import Channel, ClosedError
from .frames import Documents, Failed, Loaded


def load(configuration: Configuration) -> Handler:
    """Raises HandlerError, and whatever the user's code raises."""
    if configuration.flavour:
        from .. import flavours

        return flavours.load(configuration.flavour, configuration.model)
    if configuration.graph:
        from .. import graphs

        return graphs.load(configuration.graph)
    from ..handlers import loading

    return loading.load(configuration.handler, configuration.source)


def reason(configuration: Configuration, failure: BaseException) -> str:
    """Why the handler cannot be loaded, in one line; the log gets the traceback of user code."""
    if isinstance(failure, HandlerError):
        return str(failure)
    log.write("error", "handler failed to load", failure, service=configuration.service)
    return f"{type(failure).__name__}: {failure}"


def run(
    channel: Channel, configuration: Configuration, loaded: Optional[Handler], seconds: float
) -> None:
    """Serve until the front closes the channel. `loaded` was inherited, in `seconds`."""
    log.install(configuration.service)
    faulthandler.enable()  # where a worker was when it crashed, or was ended for being stuck
    try:
        if loaded is None:
            begun = time.monotonic()
            loaded = load(configuration)
            seconds = time.monotonic() - begun
        plane = _plane(configuration)(configuration.service, loaded)
        documents = Documents(bytes(plane.describe().body), bytes(plane.metadata().body))
    except BaseException as failure:
        channel.send(Failed(reason(configuration, failure)))
        return
    channel.send(documents)  # first: who is ready can be described, too
    batches = loaded.predict_batch is not None and not loaded.streams
    channel.send(Loaded(seconds, batches, loaded.asynchronous))
    answering = Answering(configuration.service, plane)
    # What was made by loading stays; looking through it again and again finds nothing to free. Not
    # even once: with a large library it takes as long as a tenth of importing it.
    gc.freeze()
    if loaded.asynchronous:
        from .serving_async import serve
    else:
        from .serving import serve
    serve(channel, answering)


def _plane(configuration: Configuration) -> type[DataPlane]:
    if not configuration.graph:
        return DataPlane
    from .. import graphs

    return graphs.GraphPlane


def run_and_leave(
    channel: Channel, configuration: Configuration, loaded: Optional[Handler], seconds: float
) -> NoReturn:
    """In a process just forked, which never returns to what its parent was doing."""
    status = 0
    try:
        run(channel, configuration, loaded, seconds)
    except ClosedError:
        pass
    except BaseException as error:
        log.write("error", "worker failed", error, service=configuration.service)
        status = 1
    finally:
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                continue
        os._exit(status)
