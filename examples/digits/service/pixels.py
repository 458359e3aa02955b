"""How a picture becomes what the model knows: the same for training and for answering."""

import io

import numpy
from PIL import Image, UnidentifiedImageError

SIDE = 8
"""The model sees 8 × 8 pixels."""
WHITE = 16
"""From 0, black, to 16, as in scikit-learn's digits."""


def read(image: bytes) -> numpy.ndarray:
    """A white digit on black, in any size and format Pillow reads, as one row of 64 numbers."""
    try:
        picture = Image.open(io.BytesIO(image)).convert("L")
    except (UnidentifiedImageError, OSError) as error:
        raise ValueError("not a picture that can be read") from error
    small = picture.resize((SIDE, SIDE), Image.Resampling.BOX)
    return numpy.asarray(small, dtype=float).reshape(1, -1) * WHITE / 255
