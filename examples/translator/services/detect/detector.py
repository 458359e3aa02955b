"""Says which language a text is in."""

from dataclasses import dataclass

from py3langid.langid import MODEL_FILE, LanguageIdentifier

LANGUAGES = ["de", "en", "es", "fr", "pt"]
"""Those that can be read: fewer to choose from makes short texts easier."""


@dataclass
class Detected:
    language: str
    confidence: float
    """From 0 to 1."""
    chances: dict[str, float]


class Detector:
    def __init__(self) -> None:
        self.identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
        self.identifier.set_languages(LANGUAGES)

    def predict(self, text: str) -> Detected:
        ranked = self.identifier.rank(text)
        chances = {language: round(float(chance), 4) for language, chance in ranked}
        best, chance = next(iter(chances.items()))
        return Detected(best, chance, chances)
