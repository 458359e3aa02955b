"""Our runtime beside other model servers: the same models, the same requests, the same machine.

Start reading at `peers.py`, who takes part and how it is configured; `run.py` measures one of them,
`goals.py` says what must come out. What runs inside the servers lies in `servers/`.
"""
