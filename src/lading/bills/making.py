"""Both documents of a bill, for an image that was built."""

from __future__ import annotations

from pathlib import Path

from lading.bills import provenance, sbom
from lading.bills.bill import Bill, encoded
from lading.bills.circumstances import Circumstances
from lading.bills.made import Made


def make(made: Made, around: Circumstances, cache: Path) -> Bill:
    """Read the image's layers for what is in them, unless a record below `cache` tells; ask git.

    Raises StoreError, DamagedBlob.
    """
    listed = sbom.make(made, cache)
    said = provenance.statement(made, around, listed)
    return Bill(made.built.image.descriptor, encoded(said), listed)
