"""`graph:` of a service: read, checked against those that it calls, written as graph.json.

`expressions.py`, `inputs.py` and `nodes.py` say what may be written, as kinds do; `keys.py` is the
key. Once all services are known, `app.py` checks every graph: who calls whom, then, by `steps.py`,
`nodes_checked.py` and `values_checked.py`, what refers to what and whether its type fits. Start at
`app.py`.
"""
