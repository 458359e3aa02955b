"""gRPC for those who ask for it: a process of its own that passes inferences on to the server.

`LADING_GRPC` opens it. It speaks gRPC with clients, by the package grpcio, and HTTP with the
server's own socket, so that queue, batches, limits and metrics are the server's and a request is
the same by either way. `starting.py` is the server's side of it; `serving.py` is the process;
`service.py` has the methods, `translation.py` makes REST of their messages and `wire.py` reads
those from bytes.
"""
