"""Where images live. One module per place: `layout` (on disk), `archive` (docker load), `memory`.

May import `lading.oci`, `lading.state` and `lading.errors`. Nothing else in Lading knows where an
image's bytes are. Start at `store.py`, the protocol, then `images.py`, what every place has in
common.
"""
