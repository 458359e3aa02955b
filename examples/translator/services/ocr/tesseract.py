"""Tesseract by its C interface: the models are loaded once, not once a picture.

Source of the functions and of the TSV's columns: tesseract/capi.h and tesseract(1).
"""

import ctypes
from dataclasses import dataclass

import numpy

_LIBRARY = "libtesseract.so.5"
_LSTM_ONLY = 1
_AUTOMATIC, _SPARSE = 3, 11
"""Page segmentation: whole paragraphs; or single words wherever they are."""
_WORD = 5
_USUAL_RESOLUTION = 150


@dataclass
class Word:
    """One word, and which paragraph and line it stands in. The box is in pixels."""

    paragraph: tuple[int, int]
    line: int
    left: int
    top: int
    width: int
    height: int
    confidence: float
    """From 0 to 1."""
    text: str


class Tesseract:
    """Reads pictures of the languages it was made for. One picture at a time."""

    def __init__(self, languages: str, data: str | None = None) -> None:
        """`languages` as Tesseract names them: "deu+eng". `data` is the folder of the models."""
        self._library = _library()
        self._handle = self._library.TessBaseAPICreate()
        folder = data.encode() if data else None
        if self._library.TessBaseAPIInit2(self._handle, folder, languages.encode(), _LSTM_ONLY):
            raise RuntimeError(f"Tesseract has no models for {languages}")

    def words(self, gray: numpy.ndarray) -> list[Word]:
        """The words of a picture, in reading order: rows of bytes, 0 black, 255 white."""
        found = self._read(gray, _AUTOMATIC)
        return found or self._read(gray, _SPARSE)

    def _read(self, gray: numpy.ndarray, segmentation: int) -> list[Word]:
        pixels = numpy.ascontiguousarray(gray, dtype=numpy.uint8)
        height, width = pixels.shape
        api, handle = self._library, self._handle
        api.TessBaseAPISetPageSegMode(handle, segmentation)
        api.TessBaseAPISetImage(handle, pixels.ctypes.data, width, height, 1, width)
        api.TessBaseAPISetSourceResolution(handle, _USUAL_RESOLUTION)
        try:
            if api.TessBaseAPIRecognize(handle, None):
                raise RuntimeError("Tesseract gave up on the picture")
            table = api.TessBaseAPIGetTsvText(handle, 0)
            try:
                text = ctypes.string_at(table).decode("utf-8", "replace")
            finally:
                api.TessDeleteText(table)
        finally:
            api.TessBaseAPIClear(handle)
        return [word for row in text.splitlines() if (word := _word(row)) is not None]


def _word(row: str) -> Word | None:
    """None for rows of pages, blocks, paragraphs and lines, and for words of nothing but space."""
    columns = row.split("\t", 11)
    if len(columns) < 12 or columns[0] != str(_WORD) or not columns[11].strip():
        return None
    _, _, block, paragraph, line, _, left, top, width, height = map(int, columns[:10])
    confidence = max(0.0, float(columns[10])) / 100
    place = (left, top, width, height)
    return Word((block, paragraph), line, *place, confidence, columns[11].strip())


def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(_LIBRARY)
    handle, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    # The texts are freed by hand, so they are taken as addresses.
    signatures = {
        "TessBaseAPICreate": (handle, ()),
        "TessBaseAPIInit2": (number, (handle, text, text, number)),
        "TessBaseAPISetPageSegMode": (None, (handle, number)),
        "TessBaseAPISetImage": (None, (handle, ctypes.c_void_p, *[number] * 4)),
        "TessBaseAPISetSourceResolution": (None, (handle, number)),
        "TessBaseAPIRecognize": (number, (handle, ctypes.c_void_p)),
        "TessBaseAPIGetTsvText": (ctypes.c_void_p, (handle, number)),
        "TessBaseAPIClear": (None, (handle,)),
        "TessDeleteText": (None, (ctypes.c_void_p,)),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library
