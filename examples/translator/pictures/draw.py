"""Draws every text of texts.json: plainly, in several sizes, and as if photographed.

python3 draw.py    writes made/*.png, made/*.jpg, and made/truth.json: what stands in each
"""

import json
import random
from dataclasses import dataclass
from pathlib import Path

import numpy
from PIL import Image, ImageDraw, ImageFilter, ImageFont

HERE = Path(__file__).parent
FONTS = Path("/usr/share/fonts/truetype/dejavu")
FACES = ("DejaVuSans.ttf", "DejaVuSerif.ttf", "DejaVuSans-Bold.ttf")
SIZES = (18, 26, 40)
WIDEST = 30
"""Characters in a line, at most."""
PAPERS = ((255, 255, 255), (244, 238, 222), (214, 228, 240), (38, 44, 60))


@dataclass
class Look:
    """How a text is set."""

    face: str
    size: int
    paper: tuple[int, int, int]
    photographed: bool


def main() -> None:
    made = HERE / "made"
    made.mkdir(exist_ok=True)
    truth = {}
    for language, texts in json.loads((HERE / "texts.json").read_text("utf-8")).items():
        for number, text in enumerate(texts):
            look = look_of(number)
            name = f"{language}-{number}.{'jpg' if look.photographed else 'png'}"
            draw(text, look, f"{language}{number}").save(made / name, quality=80)
            truth[name] = {"language": language, "text": text, "photo": look.photographed}
    (made / "truth.json").write_text(json.dumps(truth, indent=1, ensure_ascii=False), "utf-8")
    print(f"drew {len(truth)} pictures", flush=True)


def look_of(number: int) -> Look:
    """Every second text is photographed; face, size and paper take turns."""
    return Look(
        FACES[number % len(FACES)],
        SIZES[(number // 2) % len(SIZES)],
        PAPERS[number % len(PAPERS)],
        photographed=number % 2 == 1,
    )


def draw(text: str, look: Look, seed: str) -> Image.Image:
    """A text on paper; the same for the same seed."""
    picture = _set(text, look)
    return _photographed(picture, random.Random(seed)) if look.photographed else picture


def _set(text: str, look: Look) -> Image.Image:
    font = ImageFont.truetype(FONTS / look.face, look.size)
    lines = "\n".join(_wrapped(part) for part in text.split("\n"))
    spacing = look.size // 2
    left, top, right, bottom = ImageDraw.Draw(Image.new("RGB", (1, 1))).multiline_textbbox(
        (0, 0), lines, font, spacing=spacing
    )
    margin = 2 * look.size
    size = (round(right - left) + 2 * margin, round(bottom - top) + 2 * margin)
    picture = Image.new("RGB", size, look.paper)
    ink = (236, 232, 220) if sum(look.paper) < 384 else (30, 30, 34)
    at = (margin - left, margin - top)
    ImageDraw.Draw(picture).multiline_text(at, lines, ink, font, spacing=spacing)
    return picture


def _wrapped(text: str) -> str:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if len(longer) <= WIDEST:
            lines[-1] = longer
        else:
            lines.append(word)
    return "\n".join(lines)


def _photographed(picture: Image.Image, chance: random.Random) -> Image.Image:
    """Held at an angle, from the side, in light that falls off, with the grain of a sensor."""
    paper = picture.getpixel((0, 0))
    turned = picture.rotate(
        chance.uniform(-8, 8), Image.Resampling.BICUBIC, expand=True, fillcolor=paper
    )
    slant = 0.06 * picture.height
    corners = [chance.uniform(-slant, slant) for _ in range(8)]
    w, h = turned.size
    quad = [0, 0, 0, h, w, h, w, 0]
    shift = [a + b for a, b in zip(quad, corners, strict=True)]
    tilted = turned.transform(
        turned.size, Image.Transform.QUAD, shift, Image.Resampling.BICUBIC, fillcolor=paper
    )
    soft = tilted.filter(ImageFilter.GaussianBlur(0.9))
    return Image.fromarray(_lit(numpy.asarray(soft, dtype=float), chance))


def _lit(pixels: numpy.ndarray, chance: random.Random) -> numpy.ndarray:
    height, width = pixels.shape[:2]
    y, x = numpy.mgrid[0:height, 0:width]
    direction = chance.uniform(0, 2 * numpy.pi)
    along = x / width * numpy.cos(direction) + y / height * numpy.sin(direction)
    falling = 1 - 0.45 * (along - along.min()) / (along.max() - along.min())
    grain = numpy.random.default_rng(chance.randrange(2**32)).normal(0, 14, pixels.shape)
    return numpy.clip(pixels * falling[..., None] + grain, 0, 255).astype(numpy.uint8)


if __name__ == "__main__":
    main()
