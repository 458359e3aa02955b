"""The bill of lading: what is in an image, who built it, when, and from what.

Two documents, attached to each image that is built: its provenance, an in-toto statement by SLSA,
and its SBOM, by CycloneDX. What varies from build to build stands in them, never in the image.

May import `lading.building`, `lading.stores`, `lading.oci` and `lading.state`. Start at `bill.py`;
`keeping.py` is what a build calls. What libraries the SBOM needs are imported when one is made.
"""

from lading.bills.bill import Bill, Origin, attach, earlier, of

__all__ = ["Bill", "Origin", "attach", "earlier", "of"]
