"""The service that the others call."""


class Words:
    def predict(self, text: str) -> list[str]:
        return text.split()
