"""Reads the text in a picture, and says where it stands."""

import itertools
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy
import picture
from picture import Levelled
from PIL import Image
from tesseract import Tesseract, Word

MODELS = {"de": "deu", "en": "eng", "es": "spa", "fr": "fra", "pt": "por"}
"""Tesseract's name of each language."""
_SPECK = 0.2
"""What is read with less confidence is no word."""


@dataclass
class Box:
    """Pixels of the picture, once it is turned about its centre until its lines are level."""

    x: int
    y: int
    width: int
    height: int


@dataclass
class Line:
    text: str
    box: Box
    confidence: float


@dataclass
class Paragraph:
    text: str
    box: Box
    confidence: float
    lines: list[Line]
    paper: str
    """The colour behind the text, as in CSS; `ink` is that of the letters."""
    ink: str


@dataclass
class Page:
    text: str
    """The paragraphs, an empty line between two."""
    confidence: float
    """From 0 to 1, the mean over all words."""
    width: int
    height: int
    angle: float
    """Degrees clockwise by which the lines fall in the picture."""
    paragraphs: list[Paragraph]


class Reader:
    def __init__(self) -> None:
        _tesseract(None)

    def predict(
        self, image: Image.Image, language: Literal["de", "en", "es", "fr", "pt"] | None = None
    ) -> Page:
        """A picture whose language is known is read by that language's model alone, and better."""
        opened = picture.upright(image)
        levelled = picture.level(opened)
        words = [x for x in _tesseract(language).words(levelled.gray) if x.confidence > _SPECK]
        paragraphs = [
            _paragraph(list(group), levelled)
            for _, group in itertools.groupby(words, key=lambda word: word.paragraph)
        ]
        return Page(
            "\n\n".join(x.text for x in paragraphs),
            _confidence(words),
            *opened.size,
            levelled.angle,
            paragraphs,
        )


@cache
def _tesseract(language: str | None) -> Tesseract:
    return Tesseract(MODELS[language] if language else "+".join(MODELS.values()))


def _paragraph(words: list[Word], levelled: Levelled) -> Paragraph:
    lines = [
        _line(list(group), levelled)
        for _, group in itertools.groupby(words, key=lambda word: word.line)
    ]
    text = "\n".join(line.text for line in lines)
    box = _around([line.box for line in lines])
    return Paragraph(text, box, _confidence(words), lines, *_colors(box, levelled))


def _line(words: list[Word], levelled: Levelled) -> Line:
    boxes = [_placed(word, levelled) for word in words]
    return Line(" ".join(word.text for word in words), _around(boxes), _confidence(words))


def _placed(word: Word, levelled: Levelled) -> Box:
    scale = levelled.scale
    return Box(
        word.left // scale - levelled.left,
        word.top // scale - levelled.top,
        -(-word.width // scale),
        -(-word.height // scale),
    )


def _around(boxes: list[Box]) -> Box:
    left, top = min(box.x for box in boxes), min(box.y for box in boxes)
    right = max(box.x + box.width for box in boxes)
    bottom = max(box.y + box.height for box in boxes)
    return Box(left, top, right - left, bottom - top)


def _confidence(words: list[Word]) -> float:
    return round(sum(word.confidence for word in words) / len(words), 3) if words else 0.0


def _colors(box: Box, levelled: Levelled) -> tuple[str, str]:
    """Of a box: what most of it is, and what differs most from that."""
    left, top = box.x + levelled.left, box.y + levelled.top
    cut = levelled.color.crop((left, top, left + max(1, box.width), top + max(1, box.height)))
    pixels = numpy.asarray(cut).reshape(-1, 3).astype(float)
    paper = numpy.median(pixels, axis=0)
    away = numpy.abs(pixels - paper).sum(axis=1)
    ink = numpy.median(pixels[away >= numpy.quantile(away, 0.95)], axis=0)
    return _css(paper), _css(ink)


def _css(color: numpy.ndarray) -> str:
    return "#" + "".join(f"{round(float(part)):02x}" for part in color)
