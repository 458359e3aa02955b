"""`platforms:`, and what asks for platforms on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from lading.cli import platforms
from lading.errors import SettingsError, UsageError
from lading.oci.platforms import of_this_machine
from lading.settings import read
from lading.settings.app import App

SETTINGS = 'app: a\nservices:\n  s: {source: ., handler: "m:H"}\n'


def app(folder: Path, written: str = "") -> App:
    (folder / "lading.yaml").write_text(SETTINGS + written)
    (folder / "m.py").write_text("class H: ...\n")
    return read(folder)


def test_images_are_for_this_machine_unless_said_otherwise(tmp_path: Path) -> None:
    assert app(tmp_path).platforms == ()
    assert platforms.chosen(app(tmp_path), ()) == [of_this_machine()]


def test_what_is_asked_takes_the_place_of_what_is_written(tmp_path: Path) -> None:
    written = app(tmp_path, "platforms: [linux/arm64, linux/amd64]\n")
    assert platforms.chosen(written, ()) == ["linux/amd64", "linux/arm64"]
    assert platforms.chosen(written, ["linux/arm64"]) == ["linux/arm64"]


def test_platforms_are_named_with_commas_or_one_by_one() -> None:
    both = ["linux/amd64", "linux/arm64"]
    assert platforms.told(["linux/arm64, linux/amd64,"]) == both
    assert platforms.told(["linux/arm64", "linux/amd64", "linux/arm64"]) == both


def test_a_platform_that_nothing_is_built_for_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        platforms.told(["linux/amd64,windows/amd64"])
    assert str(caught.value) == (
        "--platform: expected linux/amd64 or linux/arm64, got windows/amd64"
    )


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("[linux/s390x]", '[0]: expected "linux/amd64" or "linux/arm64", got "linux/s390x"'),
        ("[]", ": expected a list of at least one platform, got a list"),
        ("linux/arm64", ': expected a list of at least one platform, got "linux/arm64"'),
    ],
)
def test_what_is_no_list_of_platforms_is_refused(
    tmp_path: Path, written: str, message: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        app(tmp_path, f"platforms: {written}\n")
    assert str(caught.value) == f"lading.yaml:4: platforms{message}"
