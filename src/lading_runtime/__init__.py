"""The server that goes into every image: loads a handler, validates, answers.

Imports nothing of `lading`, and runs on every Python from 3.9. `handler.py` loads the user's code
and `signature.py` reads its type hints; `dataplane.py` validates, predicts and encodes; `worker.py`
is the one thread that touches the handler; `application.py` maps requests to it; `connection.py`
and `incoming.py` speak HTTP/1.1; `server.py` listens and drains. Start reading at `server.py`. A
transport imports the data plane, never the other way round.
"""

TYPE_CHECKING = False  # typing's, without importing it
if TYPE_CHECKING:
    from lading_runtime.client import service as service


def __getattr__(name: str) -> object:
    """`service`, imported by those who call one: a server's start does not pay for it."""
    if name == "service":
        from lading_runtime.client import service

        return service
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
