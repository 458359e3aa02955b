"""Containers by a daemon: Docker Engine, or Podman through the same API.

`where.py` finds a daemon, `api.py` is the only module that knows docker-py, `daemon.py` what kind
of daemon it is. `configuration.py` says what a container is to be, `starting.py` brings it up,
`engine.py` has the verbs. What belongs to the kernel and to no engine (processes, control groups,
system calls) is taken from `lading.engines.embedded`. Nothing is imported here: docker-py takes
0.2 s, which only those who use it should wait.
"""
