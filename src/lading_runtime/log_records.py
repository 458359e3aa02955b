"""Records of Python's `logging`, written like every other line of the log."""

from __future__ import annotations

import functools
import logging
from typing import Any, Optional

from . import log

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"asctime", "message", "taskName"}
"""What every record has; anything else came as `extra=`."""


def install(service: str, level: Optional[str]) -> None:
    """Write what nothing else takes care of, from `level` on, or from warnings on without it.

    That is Python's last resort, which stands back as soon as there is any handler. But
    `logging.warning` and its like, unlike a logger's methods, make a handler of their own by
    `basicConfig()`; given no argument, it does nothing any more.
    """
    if level is not None:
        logging.getLogger().setLevel(level.upper())
    logging.lastResort = Lines(service, logging.WARNING if level is None else logging.NOTSET)
    configure = logging.basicConfig

    @functools.wraps(configure)
    def configure_if_asked(**settings: Any) -> None:
        if settings:
            configure(**settings)

    logging.basicConfig = configure_if_asked


class Lines(logging.Handler):
    """Of each record its level, logger and message, the request, what was given as `extra`, and
    the traceback; a name of the line's own is never replaced by `extra`."""

    def __init__(self, service: str, level: int) -> None:
        super().__init__(level)
        self._service = service

    def emit(self, record: logging.LogRecord) -> None:
        """What cannot be written is told on stderr by `logging` itself."""
        try:
            log.put(self._line(record))
        except Exception:
            self.handleError(record)

    def _line(self, record: logging.LogRecord) -> dict[str, Any]:
        line: dict[str, Any] = {
            "time": log.moment(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "service": self._service,
        }
        log.of_request(line)
        for name, value in vars(record).items():
            if name not in _OWN:
                line.setdefault(name, value)
        if record.exc_info and record.exc_info[1] is not None:
            line["traceback"] = log.trace(record.exc_info[1])
        if record.stack_info:
            line["stack"] = record.stack_info
        return line
