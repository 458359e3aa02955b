"""A picture made fit to be read: dark on white, evenly lit, its lines level."""

from dataclasses import dataclass

import numpy
from PIL import Image, ImageOps
from scipy import ndimage

_SMALL = 1000
"""Pictures whose longer side is shorter are enlarged: Tesseract wants letters 20 pixels high."""
_FAINTEST = 30.0
"""What is less dark than that, of 255, is no ink on evenly lit paper."""
_LEVELLING_SIDE = 600
_STEEPEST_DEGREES = 15.0


@dataclass
class Levelled:
    """What is read, `gray`, and what leads from a point of it back to the picture."""

    color: Image.Image
    """The picture turned as `gray` is, in its own size."""
    gray: numpy.ndarray
    scale: int
    left: int
    top: int
    """By how much turning it has moved its upper left corner, in pixels of the picture."""
    angle: float
    """Degrees clockwise by which its lines fall in the picture."""


def upright(picture: Image.Image) -> Image.Image:
    """The picture as the camera was held, in colour."""
    return ImageOps.exif_transpose(picture).convert("RGB")


def level(picture: Image.Image) -> Levelled:
    """The picture as it is read best."""
    gray = evenly_lit(numpy.asarray(picture.convert("L"), dtype=numpy.float32))
    angle = falling(gray)
    turned, color = Image.fromarray(gray), picture
    if angle:
        how = {"resample": Image.Resampling.BICUBIC, "expand": True}
        turned = turned.rotate(angle, fillcolor=255, **how)
        color = color.rotate(angle, fillcolor=color.getpixel((0, 0)), **how)
    left, top = (turned.width - picture.width) // 2, (turned.height - picture.height) // 2
    scale = 2 if max(turned.size) < _SMALL else 1
    if scale > 1:
        turned = turned.resize(
            (turned.width * scale, turned.height * scale), Image.Resampling.LANCZOS
        )
    return Levelled(color, numpy.asarray(turned), scale, left, top, angle)


def evenly_lit(gray: numpy.ndarray) -> numpy.ndarray:
    """Bytes, the paper white everywhere: each point is divided by the paper around it."""
    if numpy.median(gray) < 110:
        gray = 255 - gray
    # The paper fills in for the letters on it; four times smaller is near enough for light.
    small = ndimage.uniform_filter(gray, 4)[::4, ::4]
    reach = max(9, min(small.shape) // 4)
    paper = ndimage.gaussian_filter(ndimage.grey_closing(small, reach), reach / 3)
    whole = ndimage.zoom(
        paper, [a / b for a, b in zip(gray.shape, paper.shape, strict=True)], order=1
    )
    return numpy.clip(gray / numpy.maximum(whole, 1) * 255, 0, 255).astype(numpy.uint8)


def falling(gray: numpy.ndarray) -> float:
    """Degrees clockwise by which lines of text fall; 0 where there is nothing to tell it by.

    Level lines make rows that are full or empty: the sum over rows, along the angle that is tried,
    then differs most from row to row.
    """
    step = max(1, max(gray.shape) // _LEVELLING_SIDE)
    dark = 255.0 - ndimage.uniform_filter(gray, 3)[::step, ::step]  # grain is no ink
    y, x = numpy.nonzero(dark > max(_FAINTEST, dark.mean() + 2 * dark.std()))
    if len(y) < 50:
        return 0.0
    coarse = numpy.arange(-_STEEPEST_DEGREES, _STEEPEST_DEGREES + 0.5, 0.5)
    best = max(coarse, key=lambda angle: _sharpness(x, y, angle))
    fine = best + numpy.arange(-0.4, 0.5, 0.1)
    angle = float(max(fine, key=lambda angle: _sharpness(x, y, angle)))
    return round(angle, 1) if abs(angle) >= 0.5 else 0.0


def _sharpness(x: numpy.ndarray, y: numpy.ndarray, degrees: float) -> float:
    turn = numpy.deg2rad(degrees)
    rows = numpy.round(y * numpy.cos(turn) - x * numpy.sin(turn)).astype(int)
    filled = numpy.bincount(rows - rows.min())
    return float((numpy.diff(filled) ** 2).sum())
