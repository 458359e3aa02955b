"""What a hostile container leaves to be copied."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from lading.engines.embedded import Embedded
from lading.engines.engine import Phase, Workload
from lading.errors import EngineError
from tests import busybox

pytestmark = pytest.mark.live

_COPY = """
import sys
from pathlib import Path
from lading.engines.embedded import Embedded
from lading.stores.memory import Memory
data, run, to = map(Path, sys.argv[1:])
Embedded(Memory(), data, run).copy("probe", "/out", to)
"""


@pytest.fixture
def left(tmp_path, run_folder):
    busybox.need_engine()
    image = busybox.image()
    engine = Embedded(busybox.store_with(image), tmp_path / "data", run_folder)

    def leave(script: str) -> Embedded:
        writable = ("/out", "/etc")
        engine.apply(Workload("probe", image.digest, ("/bin/sh", "-c", script), writable=writable))
        list(engine.logs("probe", follow=True))
        found = engine.observe("probe")
        assert found is not None
        assert (found.phase, found.exit_code) == (Phase.EXITED, 0)
        return engine

    yield leave
    engine.remove("probe")


def test_nothing_is_set_user_id_for_whoever_copies(left, tmp_path):
    left("cat /bin/busybox > /out/x; chmod 6755 /out/x").copy("probe", "/out", tmp_path / "out")
    assert stat.S_IMODE((tmp_path / "out/x").stat().st_mode) == 0o755


def test_users_and_groups_are_not_looked_up_in_the_container(left, tmp_path, run_folder):
    # Whoever reads this /etc/passwd waits for ever.
    left("busybox mkfifo /etc/passwd /etc/group; echo 1 > /out/x")
    arguments = map(str, (tmp_path / "data", run_folder, tmp_path / "out"))
    subprocess.run([sys.executable, "-c", _COPY, *arguments], check=True, timeout=20)
    assert (tmp_path / "out/x").read_text() == "1\n"


def test_a_link_to_itself_is_a_link(left, tmp_path):
    left("ln -s self /out/self").copy("probe", "/out", tmp_path / "out")
    assert (tmp_path / "out/self").readlink() == Path("self")


def test_what_is_neither_a_file_nor_a_folder_is_refused(left, tmp_path):
    with pytest.raises(EngineError, match="probe:/out/pipe: neither a file nor a folder"):
        left("busybox mkfifo /out/pipe").copy("probe", "/out/pipe", tmp_path / "out")
    assert not (tmp_path / "out").exists()
