"""One process per running app: keeps what runs as it is wanted, and answers the CLI.

`process.py` starts it and `serve.py` is what it does: `loop.py` is its heart, `watch.py` what it
knows of each replica; `server.py` and `client.py` are the two ends of its UNIX socket,
`messages.py` what crosses it, `place.py` where its files are. May import everything but
`lading.cli`. Start at `loop.py`.
"""
