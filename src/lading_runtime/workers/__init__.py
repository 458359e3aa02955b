"""The processes that predict, and how the front speaks with them.

`pool.py` is the front's view: it hands out work, notices death and stuckness, has workers replaced.
`nursery.py` is the process that forks them. `frames.py` and `channel.py` are what goes between.
`serving.py` is the worker's own loop.
"""
