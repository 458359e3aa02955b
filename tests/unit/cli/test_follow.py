from datetime import UTC, datetime, timedelta
from pathlib import Path

from lading.cli.follow import past
from lading.controller.history import History
from lading.controller.place import Place
from lading.engines.engine import LogLine
from lading.state.folders import Folders

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
DUMP = ["node:internal/modules:1", "  throw err;", "  ^", "", "Error: no module", "    at load"]


def test_lines_of_one_time_stay_as_they_were_written(tmp_path: Path) -> None:
    at = Place(tmp_path, Folders(tmp_path / "data", tmp_path / "cache", tmp_path / "run"))
    history = History(at.history)
    history.keep("web", "2.0", [LogLine(NOON, "stderr", text) for text in DUMP])
    earlier = NOON - timedelta(seconds=1)
    history.keep("other", "1.0", [LogLine(earlier, "stdout", "z"), LogLine(NOON, "stdout", "a")])
    lines = past(at, ["web", "other"])
    assert [line.text for _, line in lines] == ["z", *DUMP, "a"]
