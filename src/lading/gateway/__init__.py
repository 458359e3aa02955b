"""The way in: Envoy, configured by files it watches.

`route.py` holds the values, `configuration.py` turns them into Envoy's documents, `envoy.py` runs
the process. May import `lading.state` and `lading.errors`; knows nothing of engines or images.
"""
