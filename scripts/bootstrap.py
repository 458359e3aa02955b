"""Sets up a checkout: uv from PyPI, a virtual environment with `lading`, Debian's packages.

Needs nothing but a Python 3.11 without pip or venv. Does only what is not done yet; when nothing is
left to do, it takes a fraction of a second. Proxies and certificates come from the usual variables
(https_proxy, SSL_CERT_FILE), another index from UV_DEFAULT_INDEX or PIP_INDEX_URL.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV = ROOT / ".tools" / "uv"
STAMP = ROOT / ".venv" / ".set-up"

UV_VERSION = "0.13.8"
UV_WHEELS = {
    "x86_64": "e18a57b8b352eb7c8feb317b9f6f533c8f0ad9673fd6cf34bbe3cf1a9f6a8984",
    "aarch64": "0b3e8b1a4f5e405e31e2ff33de8af4744831e9f7338539671efbd8c3c94e791d",
}
"""SHA-256 of the manylinux_2_17 wheel, by machine."""

PROGRAMS = {
    "runc": "runc",
    "conmon": "conmon",
    "slirp4netns": "slirp4netns",
    "newuidmap": "uidmap",
}
"""What the embedded engine starts, and the Debian packages it takes."""

TEST_PROGRAMS = {"busybox": "busybox-static", "faketime": "faketime", "git": "git"}
"""What tests start besides."""

CI_PROGRAMS = {"chromium": "chromium", "cc": "gcc libc6-dev"}
"""What they start where everything is promised; large, and so not asked of a laptop."""


class SetupFailed(Exception):  # noqa: N818
    """Said to the user as it is."""


def main() -> int:
    try:
        if sys.version_info < (3, 11):  # noqa: UP036 - it is run before anything is installed
            raise SetupFailed(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}")
        environment()
        debian_packages(PROGRAMS | (test_programs() if "--tests" in sys.argv else {}))
    except SetupFailed as failure:
        print(f"setup: {failure}", file=sys.stderr)
        return 1
    return 0


def test_programs() -> dict[str, str]:
    """What tests start, on this machine."""
    return TEST_PROGRAMS | (CI_PROGRAMS if os.environ.get("LADING_TEST_BROWSER") == "1" else {})


def environment() -> None:
    """Make .venv what uv.lock says, unless it is already."""
    inputs = (ROOT / "uv.lock", ROOT / "pyproject.toml", Path(__file__))
    wanted = hashlib.sha256(b"".join(x.read_bytes() for x in inputs)).hexdigest()
    ready = (ROOT / ".venv" / "bin" / "lading").exists()
    if ready and STAMP.exists() and STAMP.read_text() == wanted:
        return
    # PyPI and Debian's archive are the only places anything comes from: no Python from elsewhere.
    own = {"UV_PYTHON_DOWNLOADS": "never", "UV_PROJECT_ENVIRONMENT": str(ROOT / ".venv")}
    said = {x: y for x, y in os.environ.items() if x != "VIRTUAL_ENV"}
    command = [uv(), "sync", "--frozen", "--python", sys.executable]
    print("setup: making .venv", flush=True)
    if subprocess.run(command, cwd=ROOT, env={**said, **own}, check=False).returncode:
        raise SetupFailed("uv could not make .venv; what it said stands above")
    STAMP.write_text(wanted)


def uv() -> str:
    """The pinned uv, fetched if need be; on a machine it is not pinned for, the one on the path."""
    digest = UV_WHEELS.get(platform.machine()) if sys.platform == "linux" else None
    if digest is None:
        if found := shutil.which("uv"):
            return found
        raise SetupFailed("install uv first: https://docs.astral.sh/uv/")
    stamp = UV.with_name(f"uv-{digest[:16]}")
    if UV.exists() and stamp.exists():
        return str(UV)
    print(f"setup: fetching uv {UV_VERSION}", flush=True)
    content = wheel(digest)
    UV.parent.mkdir(parents=True, exist_ok=True)
    unfinished = UV.with_name(f".uv-{os.getpid()}")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        unfinished.write_bytes(archive.read(f"uv-{UV_VERSION}.data/scripts/uv"))
    unfinished.chmod(0o755)
    unfinished.replace(UV)
    stamp.touch()
    return str(UV)


def wheel(digest: str) -> bytes:
    """The wheel of that SHA-256, found by it on the index and checked against it."""
    index = os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("PIP_INDEX_URL")
    page = (index or "https://pypi.org/simple").rstrip("/") + "/uv/"
    content = fetch(wheel_url(page, fetch(page).decode(), digest))
    came = hashlib.sha256(content).hexdigest()
    if came != digest:
        raise SetupFailed(f"uv's wheel has the SHA-256 {came}, expected {digest}; not used")
    return content


def wheel_url(page: str, content: str, digest: str) -> str:
    """Where the wheel lies, from an index page in JSON (PEP 691) or HTML (PEP 503)."""
    if content.lstrip().startswith("{"):
        files = json.loads(content).get("files", ())
        found: list[str] = [x["url"] for x in files if x.get("hashes", {}).get("sha256") == digest]
    else:
        found = list[str](re.findall(rf'href="([^"#]+)#sha256={digest}"', content))
    if not found:
        raise SetupFailed(f"{page} has no wheel of uv {UV_VERSION} with the SHA-256 {digest}")
    return urllib.parse.urljoin(page, found[0])


def fetch(url: str) -> bytes:
    accept = "application/vnd.pypi.simple.v1+json, text/html;q=0.5, */*;q=0.1"
    request = urllib.request.Request(url, headers={"Accept": accept, "User-Agent": "lading-setup"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            content: bytes = answer.read()
            return content
    except OSError as error:  # urllib's own errors included
        if isinstance(error, urllib.error.HTTPError):
            error.close()
        reason = getattr(error, "reason", None) or error
        raise SetupFailed(f"{url} cannot be fetched: {reason}") from None


def debian_packages(programs: dict[str, str]) -> None:
    """Install the packages of those programs that are missing."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    missing = [
        package
        for program, packages in programs.items()
        if not shutil.which(program, path=path)
        for package in packages.split()
    ]
    if not missing or sys.platform != "linux":
        return
    by_hand = f"apt-get install {' '.join(missing)}"
    if not shutil.which("apt-get", path=path):
        print(f"setup: not a Debian machine; install these yourself: {' '.join(missing)}")
        return
    print(f"setup: installing {' '.join(missing)}", flush=True)
    for arguments in (
        ["update", "-qq"],
        ["install", "-qq", "-y", "--no-install-recommends", *missing],
    ):
        if subprocess.run([*as_root(by_hand), "apt-get", *arguments], check=False).returncode:
            raise SetupFailed(f"apt-get failed; as root, run: {by_hand}")


def as_root(by_hand: str) -> list[str]:
    """What to put before a command that root must run."""
    kept = [f"{x}={os.environ[x]}" for x in ("http_proxy", "https_proxy") if x in os.environ]
    settings = ["env", "DEBIAN_FRONTEND=noninteractive", *kept]
    if os.geteuid() == 0:
        return settings
    if not shutil.which("sudo"):
        raise SetupFailed(f"neither root nor sudo; as root, run: {by_hand}")
    return ["sudo", *([] if sys.stdin.isatty() else ["-n"]), *settings]


if __name__ == "__main__":
    sys.exit(main())
