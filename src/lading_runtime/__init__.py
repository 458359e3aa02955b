"""The server that goes into every image: loads a handler, validates, answers.

Imports nothing of `lading`, and runs on every Python from 3.9. `handler.py` loads and describes the
user's code, `dataplane.py` validates and predicts, `transport.py` speaks HTTP. A transport imports
the data plane, never the other way round.
"""
