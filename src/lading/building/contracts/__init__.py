"""What a service takes and gives, as far as it is known before anything runs.

`types.py` holds types as they are on the wire, `fitting.py` says where one surely does not fit
another, `inside.py` what lies inside one, `schemas.py` writes one as JSON Schema, `contract.py` is
all of a service. What cannot be known is Unknown, and fits everything. Start at `types.py`.
"""

from lading.building.contracts.contract import Argument, Contract

__all__ = ["Argument", "Contract"]
