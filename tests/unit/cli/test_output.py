from datetime import UTC, datetime, timedelta

import pytest

from lading.cli.output import age, print_table, size


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (None, "-"),
        (0, "0"),
        (1023, "1023"),
        (1024, "1.0Ki"),
        (64 * 1024**2, "64.0Mi"),
        (5 * 1024**4, "5120.0Gi"),
    ],
)
def test_sizes_are_in_powers_of_1024(count: int | None, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(seconds=5), "5s"),
        (timedelta(minutes=5), "5m"),
        (timedelta(hours=5), "5h"),
        (timedelta(days=5), "5d"),
        (timedelta(seconds=-5), "0s"),
    ],
)
def test_ages_are_in_one_unit(ago: timedelta, text: str) -> None:
    assert age(datetime.now(UTC) - ago) == text
    assert age(None) == "-"


def test_columns_are_as_wide_as_their_widest_cell(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("A", "LONG"), [("wide cell", "x"), ("", "y")])
    assert capsys.readouterr().out == "A          LONG\nwide cell  x\n           y\n"
