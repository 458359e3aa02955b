"""Reads a picture, finds its language and translates it, each by a service that is asked by name.

What cannot be done is said in `missing`; the answer has everything up to there.
"""

import time
from dataclasses import dataclass, field
from typing import Any, Literal

from lading_runtime import service
from lading_runtime.client import NotFound, ServiceError

Language = Literal["de", "en", "es", "fr", "pt"]
HUB = "es"
"""Pairs that do not exist are bridged by this language, where both halves do."""
SECONDS = {"ocr": 30.0, "detect": 5.0}
SECONDS_A_PAIR = 10.0


@dataclass
class Stage:
    """A call to another service, in the order of calls."""

    service: str
    milliseconds: float


@dataclass
class Missing:
    """A service that was needed and did not answer."""

    service: str
    reason: str


@dataclass
class Passage:
    """A paragraph of the picture and where it stands, as the service `ocr` says it."""

    text: str
    translation: str | None
    box: dict[str, int]
    lines: int
    paper: str
    ink: str


@dataclass
class Answer:
    to: Language
    text: str = ""
    reading_confidence: float = 0.0
    language: str | None = None
    language_confidence: float = 0.0
    translation: str | None = None
    """None where it could not be made: `missing` says why."""
    pairs: list[str] = field(default_factory=list)
    """The services that translated, one after the other."""
    missing: list[Missing] = field(default_factory=list)
    stages: list[Stage] = field(default_factory=list)
    width: int = 0
    height: int = 0
    angle: float = 0.0
    passages: list[Passage] = field(default_factory=list)


class Translator:
    async def predict(
        self, image: bytes, to: Language = "en", language: Language | None = None
    ) -> Answer:
        """`language` is that of the picture, where it is known."""
        answer = Answer(to)
        page = await _ask(answer, "ocr", image=image, language=language)
        language = language or await _language(answer, page["text"])
        if language and not answer.language:
            answer.language, answer.language_confidence = language, 1.0
        elif language:
            # One language's model alone reads better than all of them together.
            page = await _ask(answer, "ocr", image=image, language=language)
        _fill(answer, page)
        if language and answer.passages:
            await _translate(answer, language)
        return answer


async def _ask(answer: Answer, name: str, **arguments: Any) -> Any:
    """Another service's prediction. Raises ServiceError."""
    begun = time.perf_counter()
    try:
        asked = service(name, timeout=SECONDS.get(name, SECONDS_A_PAIR), idempotent=True)
        return await asked.predict_async(**arguments)
    finally:
        answer.stages.append(Stage(name, round((time.perf_counter() - begun) * 1000, 1)))


async def _language(answer: Answer, text: str) -> Language | None:
    if not text:
        return None
    try:
        detected = await _ask(answer, "detect", text=text)
    except ServiceError as error:
        answer.missing.append(Missing("detect", error.detail))
        return None
    answer.language, answer.language_confidence = detected["language"], detected["confidence"]
    return answer.language


def _fill(answer: Answer, page: dict[str, Any]) -> None:
    answer.text, answer.reading_confidence = page["text"], page["confidence"]
    answer.width, answer.height, answer.angle = page["width"], page["height"], page["angle"]
    answer.passages = [
        Passage(x["text"], None, x["box"], len(x["lines"]), x["paper"], x["ink"])
        for x in page["paragraphs"]
    ]


async def _translate(answer: Answer, language: Language) -> None:
    """By the first route whose services all answer."""
    unknown = []
    for route in routes(language, answer.to):
        texts = [passage.text for passage in answer.passages]
        try:
            for pair in route:
                texts = await _ask(answer, pair, texts=texts)
        except NotFound:
            unknown.append(Missing(pair, "there is no such service"))
        except ServiceError as error:
            answer.missing.append(Missing(pair, error.detail))
        else:
            for passage, text in zip(answer.passages, texts, strict=True):
                passage.translation = text
            answer.translation, answer.pairs = "\n\n".join(texts), route
            return
    answer.missing += unknown


def routes(language: str, to: str) -> list[list[str]]:
    """The services that lead from one language to another: directly, and by the hub."""
    if language == to:
        return [[]]
    if HUB in (language, to):
        return [[f"translate-{language}-{to}"]]
    return [
        [f"translate-{language}-{to}"],
        [f"translate-{language}-{HUB}", f"translate-{HUB}-{to}"],
    ]
