"""What long work tells its caller: `lading.progress`, under the name that builders know it by."""

from lading.progress import Named, Progress, Silent, amount

__all__ = ["Named", "Progress", "Silent", "amount"]
