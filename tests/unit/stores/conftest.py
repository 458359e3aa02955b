import os
import subprocess

import pytest


@pytest.fixture
def small_disk(tmp_path):
    """A real file system with room for 1 MiB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a tmpfs needs root")
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "lading-test", str(folder)]
    if subprocess.run(mount, check=False).returncode:
        pytest.skip("this machine does not let its root mount a tmpfs")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
