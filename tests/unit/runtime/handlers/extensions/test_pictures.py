"""Pillow's pictures in every form that a caller may send or ask for."""

from __future__ import annotations

import base64
import io

import msgspec
import pytest
from PIL import Image

from tests.unit.runtime.dataplane.calls import call, faults, form, plane

RED = Image.new("RGB", (3, 2), (255, 0, 0))


def invert(picture: Image.Image, others: list[Image.Image] = []) -> Image.Image:  # noqa: B006
    return picture


def file(kind: str = "PNG") -> bytes:
    written = io.BytesIO()
    RED.save(written, kind)
    return written.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_a_picture_is_a_file_in_a_form_the_whole_body_or_base64(kind: str) -> None:
    body = file(kind)
    quoted = msgspec.json.encode({"picture": body, "others": [body]})
    for given in (form(("picture", body), file=True), call(body, "application/octet-stream")):
        picture = plane(invert).read(given)["picture"]
        assert (picture.format, picture.size) == (kind, (3, 2))
    arguments = plane(invert).read(call(quoted))
    assert arguments["others"][0].tobytes() == arguments["picture"].tobytes()
    several = form(("picture", body), ("others", body), ("others", body), file=True)
    assert len(plane(invert).read(several)["others"]) == 2


def test_a_result_is_base64_in_json_or_png_when_asked_for() -> None:
    served = plane(invert)
    quoted = msgspec.json.decode(served.write(RED, call()).body)
    assert Image.open(io.BytesIO(base64.b64decode(quoted))).tobytes() == RED.tobytes()
    answer = served.write(RED.convert("CMYK"), call(accept="image/*;q=0.9, application/json;q=.1"))
    assert answer.media_type == "image/png"
    assert Image.open(io.BytesIO(answer.body)).tobytes() == RED.tobytes()
    read = Image.open(io.BytesIO(file()))  # a kind of picture of its own
    assert served.write(read, call(accept="image/png")).media_type == "image/png"


def test_what_is_no_picture_is_said() -> None:
    expected = "a picture (PNG, JPEG, WebP, …)"
    for broken in (b"", b"hello", file()[:40], b"%!PS-Adobe-3.0 EPSF-3.0\n"):
        assert faults(plane(invert), form(("picture", broken), file=True)) == [
            ("picture", expected, f"{len(broken)} bytes that are none")
        ]
    assert faults(plane(invert), call(b'{"picture": "*", "others": [1]}')) == [
        ("picture", "a picture in base64", '"*"'),
        ("others[0]", "a picture", "int"),
    ]


def test_a_picture_of_too_many_pixels_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 2)
    (fault,) = faults(plane(invert), form(("picture", file()), file=True))
    assert fault[2].endswith("with too many pixels")
