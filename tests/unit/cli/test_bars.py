from __future__ import annotations

import pytest

from lading.cli.bars import bars


def test_brackets_in_a_name_are_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    """Rich would refuse an end without a beginning, in the middle of a build."""
    task = "model: weights[/old].bin"
    with bars() as progress:
        progress.start(task, 100)
        progress.advance(task, 50)
        progress.finish(task, "3 kB [red]")
        progress.start("base")
        progress.finish("base", "cached")
    assert "✓ model: weights[/old].bin 3 kB [red]\n" in capsys.readouterr().err
