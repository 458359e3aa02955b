"""What a detector that others keep finds by its form, ours finds too.

Texts are made of that detector's own expressions, so that none of ours has a say in them.
"""

from __future__ import annotations

import random

import pytest
import rstr
from detect_secrets.plugins.aws import AWSKeyDetector
from detect_secrets.plugins.base import RegexBasedDetector
from detect_secrets.plugins.github_token import GitHubTokenDetector
from detect_secrets.plugins.npm import NpmDetector
from detect_secrets.plugins.sendgrid import SendGridDetector
from detect_secrets.plugins.slack import SlackDetector
from detect_secrets.plugins.square_oauth import SquareOAuthDetector
from detect_secrets.plugins.stripe import StripeDetector

from lading.building.secrets import judging, scanning

TIMES = 50
FORMS: tuple[tuple[RegexBasedDetector, int, tuple[tuple[str, str], ...]], ...] = (
    # AWS writes base 32, and has given up A3T.
    (AWSKeyDetector(), 0, (("[0-9A-Z]{16}", "[A-Z2-7]{16}"), ("A3T[A-Z0-9]|", ""))),
    # No token has an underscore, hyphen or backslash in it where these allow one.
    (GitHubTokenDetector(), 0, (("[A-Za-z0-9_]", "[A-Za-z0-9]"),)),
    (NpmDetector(), 0, (("(?:npm_[A-Za-z0-9-]{36})|", "npm_[A-Za-z0-9]{36}|"),)),
    (SquareOAuthDetector(), 0, (("\\\\", ""),)),
    # As long as they are.
    (
        SlackDetector(),
        1,
        (("T[a-zA-Z0-9_]+/B[a-zA-Z0-9_]+/[a-zA-Z0-9_]+", "T\\w{8}/B\\w{8}/\\w{24}"),),
    ),
    (SlackDetector(), 0, (("[a-z0-9]+", "[a-z0-9]{24}"), ("(?:\\d+-)+", "(?:\\d{12}-){2}"))),
    (SendGridDetector(), 0, ()),
    (StripeDetector(), 0, ()),
)
"""Of whom, which expression, and what of it its issuer does not write."""


@pytest.mark.parametrize(("detector", "number", "narrowed"), FORMS)
def test_what_its_expressions_describe_is_found(
    detector: RegexBasedDetector, number: int, narrowed: tuple[tuple[str, str], ...]
) -> None:
    pattern = list(detector.denylist)[number].pattern
    for old, new in narrowed:
        assert old in pattern
        pattern = pattern.replace(old, new)
    if isinstance(detector, NpmDetector):
        # Its second half is of variables of any value, which ours judges by their names.
        pattern = pattern.partition("|")[0]
    made = rstr.Rstr(random.Random(pattern))
    texts = [made.xeger(pattern) for _ in range(TIMES)]
    texts = [text for text in texts if judging.is_random(text)]
    assert len(texts) > TIMES // 2
    assert [text for text in texts if not scanning.scan_text(f"x = '{text}'\n", "a.py")] == []


def test_what_is_made_of_an_expression_is_what_its_detector_finds() -> None:
    """And not by chance: of another form neither finds any."""
    made = rstr.Rstr(random.Random(1))
    for text in (made.xeger(r"glorp_[a-z]{36}") for _ in range(TIMES)):
        assert not list(StripeDetector().analyze_string(text))
        assert scanning.scan_text(text, "a.py") == []
