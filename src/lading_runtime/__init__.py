"""The server that goes into every image: loads a handler or a model, validates, answers.

Imports nothing of `lading`, and runs on every Python from 3.9. Two kinds of processes: the *front*
(`server.py`, `transport/`, `routes/`, `batching/`) speaks HTTP and never sees the user's code; the
*workers* (`dataplane/`, `handlers/`, `flavours/`) predict; `workers/` is both ends of what lies
between them. `client/` calls other services, `grpc_door/` is another way in. Start reading at
`server.py`, or at docs/architecture/05-serving.md.
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
