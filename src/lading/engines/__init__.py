"""Where containers run: desired state in, observed state out.

`engine.py` is the protocol and the values that cross it; `memory.py` and `embedded/` satisfy it. No
type of a container runtime crosses the line. May import `lading.stores`, `lading.oci`,
`lading.state` and `lading.errors`; knows nothing of building or gateways. Start at `engine.py`.
"""
