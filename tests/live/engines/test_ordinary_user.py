"""The contract and the isolation again, as users without any rights: with lent ids and without."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lading.engines.embedded import cgroups
from tests import busybox

pytestmark = pytest.mark.live
REPOSITORY = Path(__file__).parents[3]
SUITES = (
    "tests/contracts/test_engine.py",
    "tests/contracts/test_engine_ports.py",
    "tests/live/engines/test_isolation.py",
    "tests/live/engines/test_gpus.py",
)
VERSION_2 = Path("/sys/fs/cgroup/cgroup.controllers")
HERE = "not (docker or podman)"
"""Of them what an ordinary user has: daemons here are root's."""
# The interpreter and this repository may lie where nobody else may look, so they are mounted where
# the user can; as is the way to the network, which most machines leave open.
MOUNTS = """
cd "$0"; mkdir -p base repository packages work; chmod 1777 work
mount --bind "$2" base; mount --bind "$3" repository; mount --bind "$4" packages
mknod -m 666 tun c 10 200; mount --bind tun /dev/net/tun 2>/dev/null || true
user="$1"; shift 4; cd repository
exec setpriv --reuid "$user" --regid "$user" --clear-groups env -i "$@"
"""


@dataclass(frozen=True)
class User:
    name: str
    home: Path
    kind: str

    def python(
        self, *arguments: str, around: tuple[str, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run Python as the user, with this repository and its packages."""
        place = str(self.home / "place")
        interpreter = f"{place}/base/bin/python{sys.version_info[0]}.{sys.version_info[1]}"
        variables = {
            "HOME": str(self.home),
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": f"{place}/repository/src:{place}/repository:{place}/packages",
            "PYTHONDONTWRITEBYTECODE": "1",
            "LADING_TEST_ENGINE": os.environ.get("LADING_TEST_ENGINE", ""),
        }
        settings = [f"{name}={value}" for name, value in variables.items()]
        packages = sysconfig.get_paths()["purelib"]
        return subprocess.run(
            [
                *("unshare", "-m", "sh", "-euc", MOUNTS, place, self.name),
                *(sys.base_prefix, str(REPOSITORY), packages),
                *(*settings, *around, interpreter, *arguments),
            ],
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(params=["lent", "alone", "lent-limits"])
def user(request: pytest.FixtureRequest) -> Iterator[User]:
    """A new user of this machine: with ids lent to them, without, and with limits delegated."""
    busybox.need_engine()
    if os.geteuid() != 0 or not shutil.which("useradd", path="/usr/sbin:/sbin"):
        pytest.skip("only root can make another user")
    name = f"l{os.getpid()}"
    home = Path("/tmp") / name
    count = "0" if request.param == "alone" else "65536"
    made = ["useradd", "-m", "-d", str(home), "-K", f"SUB_UID_COUNT={count}"]
    subprocess.run([*made, "-K", f"SUB_GID_COUNT={count}", name], check=True)
    (home / "place").mkdir()
    home.chmod(0o755)
    groups = delegated(name) if request.param == "lent-limits" else []
    yield User(name, home, request.param)
    for group in groups:
        group.rmdir()
    subprocess.run(["userdel", name], check=True)
    shutil.rmtree(home)


def delegated(name: str) -> list[Path]:
    """Run the command that the doctor gives, where control groups are of version 1."""
    if VERSION_2.exists():
        pytest.skip("a new user has no session to delegate to on version 2")
    uid = pwd.getpwnam(name).pw_uid
    command = cgroups.delegating(uid, 1).removeprefix("run: ").replace("sudo ", "")
    subprocess.run(["sh", "-euc", command], check=True)
    return [Path(f"/sys/fs/cgroup/{controller}/lading-{uid}") for controller in cgroups.LIMITS]


def test_all_that_holds_for_root_holds_for_an_ordinary_user(user):
    base = f"{user.home}/place/work/t"
    options = ("-q", "-p", "no:cacheprovider", f"--basetemp={base}", "-k", HERE)
    # Where limits can be delegated, all else is asked of who has them and ids besides.
    suites = SUITES[:1] if user.kind == "lent" and not VERSION_2.exists() else SUITES
    ran = user.python("-m", "pytest", *options, *suites)
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
    assert " passed" in ran.stdout
    if "limits" in user.kind:
        assert "delegated" not in ran.stdout


def test_ids_inside_are_lent_ones_where_there_are_any(user):
    program = "from lading.engines.embedded.identity import Identity; print(Identity.current())"
    said = user.python("-c", program).stdout
    assert "root=False" in said
    assert ("sub_ids=SubIds(" in said) == ("lent" in user.kind)


def test_without_user_namespaces_it_is_said_how_to_allow_them(user):
    program = (
        "from tests import busybox; from pathlib import Path\n"
        "from lading.engines.embedded import Embedded\n"
        "from lading.engines.engine import Workload\n"
        "from lading.errors import EngineUnavailable\n"
        "image = busybox.image()\n"
        f"place = Path('{user.home}')\n"
        "engine = Embedded(busybox.store_with(image), place / 'data', place / 'run')\n"
        "try: engine.apply(Workload('probe', image.digest))\n"
        "except EngineUnavailable as problem: print(problem)\n"
        "print(engine.names())\n"
    )
    forbid = 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"'
    around = ("unshare", "-Ur", "sh", "-euc", forbid, "sh")
    ran = user.python("-c", program, around=around)
    assert ran.stdout.splitlines() == [
        "an ordinary user may not make user namespaces; "
        "run: sudo sysctl -w user.max_user_namespaces=15000",
        "[]",
    ], ran.stderr
