"""What the gateway writes down of each request, and what can be told from it.

Every request, and every call from one service to another, passes the gateway; so its log alone
gives the whole tree of a request. `format.py` is what Envoy is asked to write, `request.py` a line
of it as a value, `log.py` the files: found in, and kept bounded. `tree.py` puts requests below
those that made them, `why.py` says what became of one. All but `log.py` is pure.
"""
