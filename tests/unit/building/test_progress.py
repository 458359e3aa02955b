import pytest

from lading.building.progress import Named, amount
from lading.cli.progress import Lines


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (812, "812 B"), (4200, "4.1Ki"), (17_550_000, "16.7Mi"), (3 * 1024**3, "3.0Gi")],
)
def test_amounts_have_a_few_digits(size: int, text: str) -> None:
    assert amount(size) == text


def test_of_several_images_a_task_says_whose_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    told = [Named(lines, name) for name in ("ocr", "words")]
    for one in told:
        one.start("code: 1 file")
    for one in told:
        one.finish("code: 1 file", "812 B")
    assert capsys.readouterr().err == (
        "ocr: code: 1 file: 812 B (0.0 s)\nwords: code: 1 file: 812 B (0.0 s)\n"
    )
