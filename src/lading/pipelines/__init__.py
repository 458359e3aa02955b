"""Work that runs to completion: training, evaluation, and what lies between.

`step.py` is one command in a container. May import `lading.building`, `lading.engines`,
`lading.stores`, `lading.oci`, `lading.state` and `lading.errors`. Start at `step.py`.
"""
