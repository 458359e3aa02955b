from pathlib import Path

import pytest

from lading.cli.predict import _parse
from lading.errors import UsageError


def test_values_are_json_or_else_text(tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    picture.write_bytes(b"png")
    values, files = _parse(
        ("n=3", "xs=[1, 2.5]", "name=Ada = Lovelace", 'quoted="3"', "empty=", f"image=@{picture}")
    )
    assert values == {
        "n": 3,
        "xs": [1, 2.5],
        "name": "Ada = Lovelace",
        "quoted": "3",
        "empty": "",
    }
    assert files == {"image": picture}


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (("oops",), "-i: not an input: expected name=value or name=@file, got oops"),
        (("=3",), "-i: not an input: expected name=value or name=@file, got =3"),
        (("a=1", "a=2"), "-i: 'a' is given twice"),
        (("a=@/no/such/file",), "-i a: there is no such file: got /no/such/file"),
    ],
)
def test_what_cannot_be_read_is_said(inputs: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError) as error:
        _parse(inputs)
    assert str(error.value) == message
