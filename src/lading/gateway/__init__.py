"""The way in: Envoy, configured by files it watches.

`route.py` holds the values. `bootstrap.py` (what is fixed while Envoy runs), `discovery.py` (what
changes), `retries.py` and `problems.py` turn them into Envoy's documents and touch nothing.
`envoy.py` writes these and runs the process. May import `lading.state` and `lading.errors`; knows
nothing of engines or images.
"""
