"""The service that the others call."""

import time


class Words:
    def predict(self, text: str, seconds: float = 0.0) -> list[str]:
        time.sleep(seconds)
        return text.split()
