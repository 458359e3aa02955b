"""What long work tells its caller: `lading.progress`, under the name that builders know it by."""

from lading.progress import Named, Progress, Silent, Stoppable, amount

__all__ = ["Named", "Progress", "Silent", "Stoppable", "amount"]
