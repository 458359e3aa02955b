import pytest

from lading.building.progress import amount


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (812, "812 B"), (4200, "4.2 kB"), (17_550_000, "17.6 MB"), (3 * 10**9, "3.0 GB")],
)
def test_amounts_have_a_few_digits(size: int, text: str) -> None:
    assert amount(size) == text
