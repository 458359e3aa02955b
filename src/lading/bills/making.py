"""Both documents of a bill, for an image that was built."""

from __future__ import annotations

from pathlib import Path

from lading.bills import provenance, sbom
from lading.bills.bill import Bill, encoded
from lading.bills.circumstances import Circumstances
from lading.bills.git import Commit
from lading.bills.made import Made


def make(made: Made, around: Circumstances, cache: Path) -> tuple[Bill, Commit | None]:
    """Read the image's layers for what is in them, unless a record below `cache` tells; ask git.

    With the bill, what git said. Raises StoreError, DamagedBlob.
    """
    listed, commit = sbom.make(made, cache), provenance.look(made, around)
    said = provenance.statement(made, around, commit, listed)
    return Bill(made.built.image.descriptor, encoded(said), listed), commit
